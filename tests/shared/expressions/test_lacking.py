"""What rows of a frame lack for an expression to be true of them: each thing said is so, and the nearest is said."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from shared.expressions import Type, Value, parse, sentences
from shared.expressions.lacking import lacks
from shared.messages import Catalogue
from tests.shared.expressions.test_meaning import SCHEMA, SLOW, check, parsed
from tests.shared.expressions.written import PARAMETERS, Written, conditions, rows

COLUMNS: dict[str, Type] = {"pay": "number", "days": "number", "poor": "boolean", "kind": "text", "on": "date"}
LINES: dict[str, Value] = {"low": 5000.0, "high": 20000.0}


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(conditions(), rows)
def test_what_is_lacking_is_so(written: Written, row: dict[str, Any]) -> None:
    if len(written.text) > 2000:
        return
    found = lacks(parsed(written.text).tree, PARAMETERS, {}, {})
    frame = pl.DataFrame([row], schema=SCHEMA)
    for one in found:
        fails, value = frame.select(one.fails.alias("fails"), one.value.alias("value")).row(0)
        assert fails is not None
        assert not (fails and written.means(row) is True), "nothing lacks where it is true"
        if fails and (value is not None or one.said.operator == "is null"):
            check(replace(one.said, value=value))


def said(when: str, known: dict[str, Value | None] | None = None, language: Any = "en", **row: Any) -> str | None:
    expression = parse(when, COLUMNS, LINES)
    frame = pl.DataFrame([row], schema=dict.fromkeys(row))
    text = sentences(expression.lacks(LINES, known or {}, {"pay": "paid"}), Catalogue(), language)
    return frame.select(text.alias("said")).item()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("when", "row", "expected"),
    [
        ("pay >= :low", {"pay": 3200.0}, "paid is 3200, below 5000 (parameter low)"),
        ("pay >= :low", {"pay": 0.5}, "paid is 0.5, below 5000 (parameter low)"),
        ("pay >= :low", {"pay": 5000.0}, None),
        ("pay >= :low", {"pay": None}, "there is no paid"),
        (":low <= pay", {"pay": 3.0}, "paid is 3, below 5000 (parameter low)"),
        ("pay >= :high OR pay >= :low", {"pay": 3.0}, "paid is 3, below 5000 (parameter low)"),
        ("pay >= :high OR pay >= :low AND days > 2", {"pay": 6000.0, "days": 2}, "{high}; days is 2, at most 2"),
        ("days < 3 OR days < 9", {"days": 10}, "days is 10, at least 9"),
        ("kind = 'a' OR kind = 'b'", {"kind": "c"}, "kind is c, not a; kind is c, not b"),
        ("kind IN ('a', 'b')", {"kind": "c"}, "kind is c, none of a, b"),
        ("poor = TRUE", {"poor": False}, "poor is no"),
        ("NOT poor", {"poor": True}, "poor: yes"),
        ("on >= DATE '2026-03-01'", {"on": date(2026, 2, 1)}, "on is 2026-02-01, below 2026-03-01"),
        ("kind IS NULL", {"kind": "c"}, "kind is c"),
        ("kind IS NOT NULL", {"kind": None}, "there is no kind"),
    ],
)
def test_sentences(when: str, row: dict[str, Any], expected: str | None) -> None:
    high = "paid is 6000, below 20000 (parameter high)"
    assert said(when, **row) == (expected.format(high=high) if expected else None)


def test_what_is_known_beforehand_is_no_lack() -> None:
    """The condition that others decide is not told, whichever way they do."""
    when = "pay >= :low AND poor OR pay >= :high"
    assert said(when, {"poor": True}, "zh", pay=3.0) == "paid为 3，低于 5000（参数 low）"
    assert said(when, {"poor": False}, "zh", pay=3.0) == "paid为 3，低于 5000（参数 low）"
    assert said("pay >= CASE WHEN poor THEN 10 ELSE 20 END", {"poor": False}, pay=3.0) == "paid is 3, below 20"
    assert said("poor", {"poor": False}, pay=3.0) is None
