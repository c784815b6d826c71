"""What an expression means: the same over a frame, over a single row, and by a slow reference."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.expressions import Comparison, Expression, parse, plain
from shared.expressions.columns import DTYPES
from tests.shared.expressions.written import FIELDS, PARAMETERS, Written, conditions, rows

SCHEMA = {name: DTYPES[type_] for name, type_ in FIELDS.items()}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
RULE = "self_pay >= :line AND insured OR self_pay >= 4 * :line"


def parsed(text: str, **parameters: Any) -> Expression:
    return parse(text, FIELDS, {**PARAMETERS, **parameters})


def over_frame(expression: Expression, table: list[dict[str, Any]]) -> list[bool | None]:
    frame = pl.DataFrame(table, schema=SCHEMA)
    return frame.with_columns(holds=expression.polars(PARAMETERS))["holds"].to_list()


def value(text: str, **row: Any) -> bool | None:
    """What it is for one row, by both roads."""
    one = dict.fromkeys(FIELDS) | row
    expression = parsed(text)
    by_row = expression.bound(PARAMETERS)(one)
    assert over_frame(expression, [one]) == [by_row]
    return by_row


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(conditions(), st.lists(rows, min_size=1, max_size=6))
def test_frame_row_and_reference_agree(written: Written, table: list[dict[str, Any]]) -> None:
    if len(written.text) > 2000:
        return
    expression = parsed(written.text)
    expected = [written.means(row) for row in table]
    one = expression.bound(PARAMETERS)
    assert [one(row) for row in table] == expected
    assert over_frame(expression, table) == expected


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(conditions(), rows, st.frozensets(st.sampled_from(sorted(FIELDS))))
def test_fields_known_beforehand_change_nothing(written: Written, row: dict[str, Any], known: frozenset[str]) -> None:
    if len(written.text) > 2000:
        return
    bound = parsed(written.text).bound(PARAMETERS, {name: row[name] for name in known})
    assert bound({name: value for name, value in row.items() if name not in known}) == written.means(row)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(conditions(), rows)
def test_reasons_are_given_for_what_holds_and_hold_themselves(written: Written, row: dict[str, Any]) -> None:
    if len(written.text) > 2000:
        return
    expression = parsed(written.text)
    reasons = expression.holding(row, PARAMETERS)
    if written.means(row) is not True:
        assert reasons == []
    for reason in reasons:
        assert set(reason.fields) <= expression.fields
        assert reason.parameter is None or reason.parameter in expression.parameters
        check(reason)


def check(reason: Comparison) -> None:
    """What is said holds."""
    a, b = reason.value, reason.threshold
    match reason.operator:
        case "is null":
            assert a is None
        case "is not null":
            assert a is not None
        case "is true" | "is false":
            assert a is (reason.operator == "is true")
        case "in" | "not in":
            assert isinstance(b, tuple)
            assert (a in b) == (reason.operator == "in")
        case "like" | "not like":
            assert (_likes(str(a), str(b))) == (reason.operator == "like")
        case operator:
            held: Any = {"=": "__eq__", "<>": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
            left, right = (float(x) if type(x) is int else x for x in (a, b))
            assert getattr(left, held[operator])(right) is True, reason


def _likes(value: str, pattern: str) -> bool:
    inner = pattern.strip("%")
    if pattern.startswith("%"):
        return inner in value if pattern.endswith("%") else value.endswith(inner)
    return value.startswith(inner) if pattern.endswith("%") else value == inner


def test_the_rule_of_the_domain() -> None:
    assert value(RULE, self_pay=5000, insured=True) is True
    assert value(RULE, self_pay=5000, insured=False) is False
    assert value(RULE, self_pay=5000) is None, "not known whether insured"
    assert value(RULE, self_pay=20_000) is True, "whether insured or not"
    assert value(RULE, self_pay=4999.99) is False, "insured or not, too little"
    assert value(RULE, insured=True) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self_pay / 0 > 1", None),
        ("self_pay / (total - total) IS NULL", True),
        ("self_pay * 1e300 > 1", None),
        ("0.1 + 0.2 = 0.3", False),
        ("1 / 3 * 3 = 1", True),
        ("occurred_on - seen_on = 30", True),
        ("DAYS_BETWEEN(seen_on, occurred_on) = 30", True),
        ("occurred_on >= '2026-03-02'", True),
        ("'2026-03-02' = occurred_on", True),
        ("occurred_on BETWEEN '2026-03-01' AND '2026-03-02'", True),
        ("occurred_on IN ('2026-03-02', DATE '2026-01-01')", True),
        ("period >= '2026-01' AND period LIKE '2026%'", True),
        ("LENGTH(type) = 2", True),
        ("GREATEST(self_pay, total, 3) = :line", None),
        ("LEAST(self_pay, 3) = 3", True),
        ("COALESCE(total, 7) = 7", True),
        ("NOT insured", None),
        ("insured OR true", True),
        ("insured AND false", False),
        ("CASE WHEN insured THEN false ELSE true END", True),
        ("CASE WHEN self_pay > 1 THEN type ELSE period END = '中文'", True),
        ("self_pay > 1 -- why\nAND true", True),
        ("total IS NULL AND total IS NOT NULL", False),
    ],
)
def test_single_things(text: str, expected: bool | None) -> None:
    row = {"self_pay": 1e10, "type": "中文", "period": "2026-02", "total": None}
    assert value(text, occurred_on=date(2026, 3, 2), seen_on=date(2026, 1, 31), **row) is expected


def test_values_as_json_has_them_and_values_of_another_type() -> None:
    rule = parsed("self_pay > 1 AND seen_on < '2026-01-02'").bound(PARAMETERS)
    assert rule({"self_pay": 2, "seen_on": "2026-01-01"}) is True
    assert rule({"self_pay": Decimal("1.5"), "seen_on": date(2026, 1, 1)}) is True
    for wrong in ("2", True, float("nan"), float("inf"), 10**400, [2], None):
        assert rule({"self_pay": wrong, "seen_on": "2026-01-01"}) is None
    for wrong in ("2026-1-1", "20260101", "2026-02-30", 20260101, True):
        assert rule({"self_pay": 2, "seen_on": wrong}) is None
    assert parsed("type = 'a' AND insured").bound(PARAMETERS)({"type": 1, "insured": 1}) is None


def test_numbers_of_a_frame_that_are_none() -> None:
    frame = pl.DataFrame({"self_pay": [float("nan"), float("inf"), None, 1e9]})
    assert frame.select(parsed("self_pay > 5").polars(PARAMETERS))["self_pay"].to_list() == [None, None, None, True]
    counted = pl.DataFrame({"self_pay": [2**62, 4]}, schema={"self_pay": pl.Int64})
    assert counted.filter(parsed("self_pay * 4 > 5000").polars(PARAMETERS)).height == 1, "no overflow of 64 bits"


def test_known_fields_need_no_column() -> None:
    rule = parse("self_pay >= :line AND is_poor", {"self_pay": "number", "is_poor": "boolean"}, {"line": 5})
    frame = pl.DataFrame({"self_pay": [4.0, 5.0]})
    for poor, expected in ((True, [False, True]), (False, [False, False]), (None, [False, None])):
        assert frame.with_columns(x=rule.polars({"line": 5}, {"is_poor": poor}))["x"].to_list() == expected


def test_parameters_are_asked_for_when_used() -> None:
    rule = parsed(RULE)
    assert rule.parameters == {"line"}
    assert rule.fields == {"self_pay", "insured"}
    assert rule.bound({"line": 5000})({"self_pay": 6000, "insured": True}) is True
    assert rule.bound({"line": 7000})({"self_pay": 6000, "insured": True}) is False


def reasons(text: str, **row: Any) -> list[Comparison]:
    return parsed(text).holding(row, PARAMETERS)


def test_reasons_name_value_threshold_and_parameter() -> None:
    row = {"self_pay": 21_000, "insured": True}
    assert reasons(RULE, **row) == [
        Comparison("self_pay", ("self_pay",), ">=", 21_000.0, 5000.0, "line"),
        Comparison("insured", ("insured",), "is true", True, None, None),
        Comparison("self_pay", ("self_pay",), ">=", 21_000.0, 20_000.0, "line"),
    ]
    assert [r.threshold for r in reasons(RULE, self_pay=21_000, insured=False)] == [20_000.0]
    assert reasons(RULE, self_pay=1) == []


def test_reasons_of_turned_and_reckoned_comparisons() -> None:
    assert reasons("NOT :line > self_pay", self_pay=6000) == [
        Comparison("self_pay", ("self_pay",), ">=", 6000.0, 5000.0, "line")
    ]
    (share,) = reasons("self_pay / total > :share", self_pay=3, total=4)
    assert share == Comparison("self_pay / total", ("self_pay", "total"), ">", 0.75, 0.5, "share")
    assert [r.operator for r in reasons("NOT (type LIKE 'a%' OR type IN ('b'))", type="c")] == ["not like", "not in"]
    assert [r.operator for r in reasons("total IS NULL AND insured IS NOT TRUE", insured=False)] == [
        "is null",
        "is false",
    ]
    (chosen,) = reasons("CASE WHEN insured THEN self_pay > 1 ELSE total > 1 END", insured=False, total=2)
    assert chosen.field == "total"


def test_plain_values() -> None:
    assert [plain(v) for v in (5000.0, 0.5, date(2026, 3, 2), "x")] == ["5000", "0.5", "2026-03-02", "x"]
