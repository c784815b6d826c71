"""Comparisons as sentences: what is equal is told once, what is computed with its formula."""

from typing import Any

import pytest

from shared.expressions import Value, parse, sentence
from shared.messages import Catalogue, Language

FIELDS = {"insured": "boolean", "people": "number", "before": "number", "level": "text"}


@pytest.mark.parametrize(
    ("when", "row", "zh", "en"),
    [
        ("insured = FALSE", {"insured": False}, "参保为否", "参保 is no"),
        ("insured <> TRUE", {"insured": False}, "参保为否", "参保 is no"),
        ("people = 0", {"people": 0.0}, "人数为0", "人数 is 0"),
        ("level = 'D'", {"level": "D"}, "等级为D", "等级 is D"),
        ("people = :none", {"people": 0.0}, "人数为0（参数 none）", "人数 is 0 (parameter none)"),
        ("people <> 0", {"people": 2.0}, "人数为2，不是0", "人数 is 2, not 0"),
        ("people < :least * before", {"people": 3.0, "before": 8.0}, "人数为 3，低于 4（即 :least * 上年人数）", None),
        ("people < before", {"people": 3.0, "before": 8.0}, "人数为 3，低于 8（即 上年人数）", None),
        ("level IN ('C', 'D')", {"level": "D"}, "等级为D，属于C、D", "等级 is D, one of C, D"),
        ("coalesce(level, 'A') <> 'B'", {"level": "D"}, "等级为D，不是B", "等级 is D, not B"),
    ],
)
def test_a_comparison_in_words(when: str, row: dict[str, Any], zh: str, en: str | None) -> None:
    titles = {"insured": "参保", "people": "人数", "before": "上年人数", "level": "等级"}
    known: dict[str, Value] = {"none": 0.0, "least": 0.5}
    [reason] = parse(when, FIELDS, known).holding(row, known, titles)  # type: ignore[arg-type]
    languages: tuple[Language, Language] = ("zh", "en")
    told = [sentence(reason, Catalogue(), one) for one in languages]
    assert told == [zh, en or told[1]]
