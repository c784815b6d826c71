"""Comparisons as sentences: what is equal is told once."""

from typing import Any

import pytest

from shared.expressions import Value, parse, sentence
from shared.messages import Catalogue, Language

FIELDS = {"insured": "boolean", "people": "number", "level": "text"}


@pytest.mark.parametrize(
    ("when", "row", "zh", "en"),
    [
        ("insured = FALSE", {"insured": False}, "参保为否", "参保 is no"),
        ("insured <> TRUE", {"insured": False}, "参保为否", "参保 is no"),
        ("people = 0", {"people": 0.0}, "人数为0", "人数 is 0"),
        ("level = 'D'", {"level": "D"}, "等级为D", "等级 is D"),
        ("people = :none", {"people": 0.0}, "人数为0（参数 none）", "人数 is 0 (parameter none)"),
        ("people <> 0", {"people": 2.0}, "人数为 2，不等于 0", "人数 is 2, not 0"),
    ],
)
def test_equals_are_told_once(when: str, row: dict[str, Any], zh: str, en: str) -> None:
    titles = {"insured": "参保", "people": "人数", "level": "等级"}
    known: dict[str, Value] = {"none": 0.0}
    [reason] = parse(when, FIELDS, known).holding(row, known, titles)  # type: ignore[arg-type]
    languages: tuple[Language, Language] = ("zh", "en")
    assert [sentence(reason, Catalogue(), one) for one in languages] == [zh, en]
