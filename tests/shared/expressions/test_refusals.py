"""What is no expression is refused with a code and a place, whatever the text."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import Fault
from shared.expressions import ExpressionInvalid, Reason, parse
from shared.expressions.tokens import DEEPEST, LONGEST
from shared.messages import Catalogue
from tests.shared.expressions.written import FIELDS, PARAMETERS

WORDS = [
    *("AND", "OR", "NOT", "BETWEEN", "IN", "IS", "LIKE", "NULL", "TRUE", "DATE", "CASE", "WHEN", "THEN", "ELSE", "END"),
    *("(", ")", ",", "+", "-", "*", "/", "=", "<>", "!=", "<=", ":", ":line", "::", ".", ";", "%", "||", "'", '"'),
    *("1", "0.5", "1e999", "'a'", "'%a'", "'2026-01-01'", "self_pay", "type", "insured", "seen_on", "nobody"),
    *("ABS", "abs(", "COALESCE(", "LENGTH(", "DAYS_BETWEEN(", "CAST(", "SELECT", "FROM", "EXISTS", "XOR", "ANY"),
    *("--", "/*", "*/", "{{", "}}", "{%", "@x", "$1", "?", "#", "[", "]", "\\", "`", "N'a'", "x'41'", "0x1F", "²", "٣"),
    *("INTERVAL", "COLLATE", "ESCAPE", "DISTINCT", "ROW", "GLOB", "RLIKE", "ILIKE", "->", "=>", "?|", "\n", "\u3000"),
]


def refused(text: str, **parameters: Any) -> ExpressionInvalid:
    with pytest.raises(ExpressionInvalid) as caught:
        parse(text, FIELDS, {**PARAMETERS, **parameters})
    return caught.value


def check(text: str) -> None:
    """It is an expression, or it is refused at a place within it."""
    try:
        expression = parse(text, FIELDS, PARAMETERS)
    except ExpressionInvalid as refused_with:
        invalid = refused_with
    else:
        assert expression.bound(PARAMETERS)({}) in (True, False, None)
        return
    assert 1 <= invalid.position <= len(text) + 1
    assert invalid.column >= 1
    (fault,) = invalid.faults
    assert fault.params.keys() <= {"position", "line", "column", "most", "words", "expected"}, "nothing of the text"


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("type = 'zz'", 8),
        ("'zz' <> type", 1),
        ("insured OR type IN ('a', 'zz')", 26),
        ("coalesce(type, 'else') IN ('a', 'else', 'zz')", 41),
        ("type = 'b' OR coalesce(type, 'else') = 'else' OR type LIKE 'z%' OR type > 'zz' OR length(type) = 9", None),
    ],
)
def test_a_word_that_a_field_never_is(text: str, position: int | None) -> None:
    """Silently never true is the worst that a condition can be."""
    choices = {"type": ("a", "b")}
    if position is None:
        parse(text, FIELDS, PARAMETERS, choices)
        return
    with pytest.raises(ExpressionInvalid) as caught:
        parse(text, FIELDS, PARAMETERS, choices)
    assert (caught.value.reason, caught.value.position) == ("expression-choice-unknown", position)
    assert caught.value.faults[0].params["expected"].startswith("a, b")
    parse(text, FIELDS, PARAMETERS)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_soup_of_words_never_crashes(text: str) -> None:
    check(text)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_any_text_never_crashes(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "expression-empty", 1),
        (" \n ", "expression-empty", 1),
        ("-- only a remark", "expression-empty", 1),
        ("self_pay >", "expression-syntax", 10),
        ("self_pay > 1 AND AND insured", "expression-syntax", 18),
        ("self_pay 1", "expression-syntax", 10),
        ("insured insured", "expression-syntax", 9),
        ("type = 'x", "expression-syntax", 8),
        ("self_pay > : line", "expression-syntax", 12),
        ("nobody > 1", "expression-field-unknown", 1),
        ("insured OR\n  nobody > 1", "expression-field-unknown", 14),
        ('insured AND "no field" = 1', "expression-field-unknown", 13),
        ("self_pay > :nobody", "expression-parameter-unknown", 12),
        ("upper(type) = 'X'", "expression-function-unknown", 1),
        ("self_pay > count(*)", "expression-function-unknown", 12),
        ("self_pay > (SELECT 1)", "expression-forbidden", 13),
        ("self_pay > 1; DROP TABLE alert", "expression-forbidden", 13),
        ("self_pay::text = 'x'", "expression-forbidden", 9),
        ("self_pay IN (total)", "expression-forbidden", 14),
        ("self_pay ≥ 3", "expression-forbidden", 10),
        ("type || type = 'x'", "expression-forbidden", 6),
        ("type.period = 'x'", "expression-forbidden", 5),
        ("CASE type WHEN 'a' THEN true END", "expression-forbidden", 6),
        ("insured\x00", "expression-forbidden", 8),
        ("abs() > 1", "expression-arguments", 1),
        ("1 < abs(self_pay, total)", "expression-arguments", 5),
        ("self_pay", "expression-not-boolean", 1),
        ("insured AND self_pay + 1", "expression-not-boolean", 13),
        ("1 < abs(type)", "expression-not-number", 9),
        ("1 + insured > 2", "expression-not-number", 5),
        ("1 < length(self_pay)", "expression-not-text", 12),
        ("seen_on > '2026-02-30'", "expression-not-date", 11),
        ("seen_on > 'soon'", "expression-not-date", 11),
        ("DATE '2026-2-3' = seen_on", "expression-not-date", 6),
        ("seen_on - self_pay > 1", "expression-not-date", 11),
        ("self_pay > 'x'", "expression-types-differ", 12),
        ("self_pay = insured", "expression-types-differ", 12),
        ("COALESCE(self_pay, type) = 1", "expression-types-differ", 20),
        ("type LIKE 'a_c'", "expression-pattern", 11),
        ("type LIKE 'a%c'", "expression-pattern", 11),
        ("type LIKE '%'", "expression-pattern", 11),
        ("type LIKE period", "expression-pattern", 11),
        ("self_pay > 1e400", "expression-number-range", 12),
    ],
)
def test_each_mistake_has_its_code_and_place(text: str, reason: Reason, position: int) -> None:
    invalid = refused(text)
    assert (invalid.reason, invalid.position) == (reason, position)


def test_line_and_column_are_an_editors() -> None:
    invalid = refused("insured\nOR  nobody")
    assert (invalid.line, invalid.column, invalid.position) == (2, 5, 13)
    place = {"position": 13, "line": 2, "column": 5}
    assert list(invalid.faults) == [Fault("expression", "expression-field-unknown", place)]
    assert invalid.status == 422


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "insured" + ")" * 5000,
        "(" * 900 + "insured" + ")" * 900,
        "NOT " * 400 + "insured",
        "- " * 400 + "1 > 1",
        "CASE WHEN insured THEN " * 60 + "true" + " END" * 60,
        "1" + " + 1" * 240 + " > 1",
        "abs(" * 100 + "1" + ")" * 100 + " > 1",
        "insured = " * 120 + "insured",
    ],
)
def test_depth_and_length_have_an_end(text: str) -> None:
    begun = time.process_time()
    assert refused(text).reason in ("expression-too-deep", "expression-too-long")
    assert time.process_time() - begun < 5, "refusing does not take the more the deeper it is"


def test_within_the_limits_all_is_well() -> None:
    parse(" AND ".join(["insured"] * 160), FIELDS, PARAMETERS)
    parse("(" * DEEPEST + "insured" + ")" * DEEPEST, FIELDS, PARAMETERS)
    parse("1" + " + 1" * 50 + " > 1", FIELDS, PARAMETERS)
    text = "insured" + " " * LONGEST
    assert refused(text).reason == "expression-too-long"
    parse(text[:LONGEST], FIELDS, PARAMETERS)


def test_fields_may_be_called_like_words_of_sql() -> None:
    fields = dict.fromkeys(["date", "level", "status", "type", "row", "year", "value", "select", "from"], "number")
    parse(" + ".join(fields) + " > 1", fields, {})  # type: ignore[arg-type]
    assert parse('"end" > 1 AND "and" > 1', {"end": "number", "and": "number"}, {}).fields == {"end", "and"}


def test_every_code_has_its_text_in_both_languages() -> None:
    texts = Catalogue().codes()
    for reason in (*Reason.__args__, ExpressionInvalid.code):  # type: ignore[attr-defined]
        assert set(texts[reason]) == {"zh", "en"}
