"""What grade rules say of a household, one by one and as a frame, and what follows from it. Pure."""

import dataclasses
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, get_args, get_type_hints
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.directory.rules.policies import check_body
from services.households.queries.household_facts import SCHEMA
from services.households.rules.grading import (
    Change,
    Current,
    Judged,
    Override,
    Rules,
    grade_column,
    judge,
    judge_frame,
    settle,
)
from services.households.rules.household_facts import FACT_FIELDS, Facts
from shared.contracts.grade_policies import GradeRules
from shared.errors import InvalidInput
from tests.households.conftest import BAMBOO, PINE, POLICIES
from tests.shipped import DEFAULTS

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
EARLIER = NOW - timedelta(days=20)
SHIPPED = DEFAULTS["grade-rules"]
RULES = Rules.of(ONE, 1, GradeRules.model_validate(POLICIES["grade-rules"]))
NATIONAL = Rules.of(TWO, 2, GradeRules.model_validate(SHIPPED))
HINTS = get_type_hints(Facts)

BLANK: dict[str, Any] = {
    name: None if NoneType in get_args(HINTS[name]) else 0 if field.type == "number" else PINE
    for name, field in FACT_FIELDS.items()
} | {"household_id": str(ONE), "household_class": "ordinary"}


def facts(**known: Any) -> dict[str, Any]:
    """A household of which nothing else is known."""
    assert known.keys() <= BLANK.keys()
    return {**BLANK, **known}


@pytest.mark.parametrize(
    ("known", "grade", "codes"),
    [
        ({}, "green", []),
        ({"dwelling_level": "D"}, "red", ["dwelling"]),
        ({"dwelling_level": "D", "only_home": False}, "green", []),
        ({"dwelling_level": "B", "only_home": True}, "green", []),
        ({"self_paid": 42300, "net_income": 71000}, "red", ["self-paid"]),
        ({"self_paid": 35500, "net_income": 71000}, "green", []),
        ({"self_paid": 1, "net_income": 0}, "red", ["self-paid"]),
        ({"self_paid": 1, "net_income": None}, "green", []),
        ({"self_paid": 42300, "net_income": 71000, "dwelling_level": "C"}, "red", ["dwelling", "self-paid"]),
        ({"days_since_confirmed": 90}, "red", ["confirmed"]),
        ({"days_since_confirmed": 91}, "green", []),
        ({"safe_water": False}, "yellow", ["water"]),
        ({"safe_water": True}, "green", []),
        ({"safe_water": False, "dwelling_level": "D"}, "red", ["dwelling"]),
        ({"open_severity": "low"}, "green", []),
        ({"open_severity": "high", "safe_water": False}, "yellow", ["open-check", "water"]),
    ],
)
def test_which_grade(known: dict[str, Any], grade: str, codes: list[str]) -> None:
    judged = judge(RULES, facts(**known))
    assert (judged.grade, [one["code"] for one in judged.reasons]) == (grade, codes)


def test_every_condition_that_is_shipped_is_told_in_a_sentence() -> None:
    conditions = [one for _, level in NATIONAL.levels for one in level]
    assert [one.code for one in conditions if one.of.text is None] == []


@pytest.mark.parametrize(("days", "code"), [(0, "confirmed-today"), (1, "confirmed"), (90, "confirmed")])
def test_what_was_confirmed_today_was_not_confirmed_0_days_ago(days: int, code: str) -> None:
    [reason] = judge(NATIONAL, facts(days_since_confirmed=days)).reasons
    assert reason["code"] == code


def test_a_reason_keeps_the_facts_it_is_told_by() -> None:
    judged = judge(RULES, facts(self_paid=42300.0, net_income=71000.5))
    assert judged.reasons == ({"code": "self-paid", "values": {"net_income": 71000.5, "self_paid": 42300}},)


@pytest.mark.parametrize(
    ("known", "grade"),
    [
        ({}, "green"),
        ({"reference_per_head": 8699, "income_line": 8700}, "red"),
        ({"reference_per_head": 8700, "income_line": 8700}, "yellow"),
        ({"reference_per_head": 13050, "income_line": 8700}, "green"),
        ({"self_paid": 6000, "net_income": 11000}, "red"),
        ({"self_paid": 4000, "net_income": 5000}, "green"),
        ({"self_paid": 6000, "net_income": 15000}, "yellow"),
        ({"schooling_met": False}, "red"),
        ({"dropouts": 1}, "yellow"),
        ({"people": 2, "labour_none": 2}, "yellow"),
        ({"people": 2, "labour_none": 1, "labour_unknown": 1}, "green"),
        ({"ill_serious": 1, "uninsured": 1}, "yellow"),
        ({"dwelling_level": "C", "only_home": False}, "yellow"),
        ({"monitoring_state": "monitored", "monitoring_class": "edge", "risks": ",01,"}, "green"),
    ],
)
def test_the_national_default(known: dict[str, Any], grade: str) -> None:
    """The last line: a national case colours nobody, or clearing yellow would press on the case."""
    assert judge(NATIONAL, facts(**known)).grade == grade


def values_of(name: str) -> st.SearchStrategy[Any]:
    """What a fact may be; numbers near the thresholds."""
    field = FACT_FIELDS[name]
    number = st.one_of(st.integers(-1, 100), st.sampled_from([0.5, 8699.99, 8700, 13050, 5000, 42300, 71000.25]))
    texts = {
        "dwelling_level": ["A", "B", "C", "D"],
        "open_severity": ["low", "medium", "high"],
        "risks": [",01,", ",0201,09,"],
        "open_families": [",medical,", ",education,medical,"],
    }
    known = {
        "number": number,
        "boolean": st.booleans(),
        "text": st.sampled_from(texts.get(name, ["ordinary", "monitored", PINE])),
        "date": st.dates(),
    }[field.type]
    return st.one_of(st.none(), known) if NoneType in get_args(HINTS[name]) else known


HOUSEHOLDS = st.fixed_dictionaries({name: values_of(name) for name in FACT_FIELDS})


@settings(max_examples=60, deadline=None)
@given(st.lists(HOUSEHOLDS, min_size=1, max_size=12), st.sampled_from([RULES, NATIONAL]))
def test_one_by_one_and_by_night_alike(rows: list[dict[str, Any]], rules: Rules) -> None:
    frame = pl.DataFrame([{"household_id": str(ONE), **row} for row in rows], schema=SCHEMA, strict=False)
    singles = [judge(rules, row) for row in rows]
    assert judge_frame(rules, frame) == singles
    assert frame.select(grade_column(rules).alias("g"))["g"].to_list() == [one.grade for one in singles]


def test_a_frame_of_nobody() -> None:
    assert judge_frame(RULES, pl.DataFrame(schema=SCHEMA)) == []


def at(body: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    """A copy of the shipped rules with one thing changed."""
    changed = GradeRules.model_validate(body).model_dump(mode="json", exclude_none=True)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


FIRST = ("levels", 0, "conditions", 0)


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        ((*FIRST, "when"), "dweling_level = 'D'", "body.levels.0.conditions.0.when", "expression-field-unknown"),
        ((*FIRST, "when"), "people = 'D'", "body.levels.0.conditions.0.when", "expression-types-differ"),
        ((*FIRST, "when"), "people + 1", "body.levels.0.conditions.0.when", "expression-not-boolean"),
        ((*FIRST, "when"), "people > :most", "body.levels.0.conditions.0.when", "expression-parameter-unknown"),
        ((*FIRST, "when"), "people >", "body.levels.0.conditions.0.when", "expression-syntax"),
        ((*FIRST, "text"), {"zh": "{x}", "en": "x"}, "body.levels.0.conditions.0.text.zh", "grade-text-names"),
        ((*FIRST, "text"), {"zh": "x", "en": "{people"}, "body.levels.0.conditions.0.text.en", "grade-text-names"),
        ((*FIRST, "text"), {"zh": "x", "en": "{people!r}"}, "body.levels.0.conditions.0.text.en", "grade-text-names"),
        ((*FIRST, "code"), "open-check", "body.levels.1.conditions.0.code", "grade-condition-twice"),
        (("levels", 0, "grade"), "yellow", "body.levels", "grade-levels-order"),
        (("levels", 0, "grade"), "green", "body.levels.0.grade", "choice-invalid"),
        (("parameters", "people"), 3, "body.parameters.people", "grade-parameter-fact"),
        (("parameters", "Big One"), 3, "body.parameters", "rule-parameter-name"),
        (("override", "max_days"), 0, "body.override.max_days", "number-out-of-range"),
    ],
)
def test_what_is_not_published(path: tuple[Any, ...], value: Any, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_body("grade-rules", at(POLICIES["grade-rules"], *path, value=value))
    assert (field, code) in [(fault.field, fault.code) for fault in refused.value.faults]


def test_the_place_of_a_mistake_is_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_body("grade-rules", at(POLICIES["grade-rules"], *FIRST, "when", value="people > 1\n AND foo"))
    [fault] = refused.value.faults
    assert fault.params == {"position": 17, "line": 2, "column": 6}


def test_the_shipped_rules_can_be_published() -> None:
    assert check_body("grade-rules", SHIPPED)["levels"][0]["grade"] == "red"
    with pytest.raises(ValidationError):
        GradeRules.model_validate({**SHIPPED, "colour": "red"})


STANDING = Current("green", EARLIER, "green", EARLIER, (), ONE, None, PINE)
RED = Judged("red", ({"code": "dwelling", "values": {"dwelling_level": "D"}},))
YELLOW, GREEN = Judged("yellow", ({"code": "water", "values": {"safe_water": False}},)), Judged("green", ())


def step(
    current: Current | None,
    judged: Judged,
    *,
    before: Judged | None = None,
    override: Override | None = None,
    **more: Any,
) -> Any:
    """What follows, at NOW in PINE."""
    asked = {"area_code": PINE, "cause": "fact", "re_entered": False, "now": NOW, **more}
    return settle(current, judged, before, RULES, override, **asked)


def standing(judged: Judged, **more: Any) -> Current:
    """It has been so for a while."""
    same = {"grade": judged.grade, "calculated": judged.grade, "reasons": judged.reasons}
    return dataclasses.replace(STANDING, **{**same, **more})


@pytest.mark.parametrize(
    ("current", "judged", "more", "kinds"),
    [
        (None, GREEN, {}, ["registered"]),
        (None, RED, {"cause": "correction"}, ["registered"]),
        (STANDING, GREEN, {}, None),
        (STANDING, RED, {}, ["new"]),
        (STANDING, RED, {"re_entered": True}, ["re_entered"]),
        (STANDING, RED, {"re_entered": True, "cause": "correction"}, ["correction"]),
        (standing(RED), YELLOW, {}, ["reclassified"]),
        (standing(YELLOW), RED, {"re_entered": True}, ["reclassified"]),
        (standing(RED), GREEN, {}, ["cleared"]),
        (standing(RED), GREEN, {"cause": "correction"}, ["correction"]),
        (standing(RED), RED, {}, None),
        (standing(RED), RED, {"area_code": BAMBOO}, ["moved"]),
        (standing(RED), GREEN, {"area_code": BAMBOO}, ["moved", "cleared"]),
        (standing(GREEN, policy_id=TWO), RED, {"before": GREEN}, ["rule"]),
        (standing(GREEN, policy_id=TWO), RED, {"before": RED}, ["new"]),
        (standing(GREEN, policy_id=TWO), RED, {"before": YELLOW}, ["new"]),
        (STANDING, GREEN, {"override": Override(THREE, "red")}, ["override"]),
        (STANDING, RED, {"override": Override(THREE, "green")}, []),
        (standing(RED, grade="green", override_id=THREE), RED, {}, ["override"]),
        (standing(RED, grade="green", override_id=THREE), RED, {"override": Override(THREE, "green")}, None),
    ],
)
def test_what_follows(current: Current | None, judged: Judged, more: dict[str, Any], kinds: list[str] | None) -> None:
    found = step(current, judged, **more)
    assert (None if found is None else [one.kind for one in found.changes]) == kinds


def test_since_when() -> None:
    found = step(standing(RED), YELLOW)
    assert found.state == Current("yellow", NOW, "yellow", NOW, YELLOW.reasons, ONE, None, PINE)
    assert found.changes == (Change("reclassified", "red", PINE, "yellow", PINE),)
    other = dataclasses.replace(RED, reasons=({"code": "confirmed", "values": {}},))
    kept = step(standing(RED), other)
    assert (kept.state.since, kept.state.reasons, kept.changes) == (EARLIER, other.reasons, ())
    by_hand = step(standing(RED), YELLOW, override=Override(THREE, "red"))
    assert (by_hand.state.grade, by_hand.state.since) == ("red", EARLIER)
    assert (by_hand.state.calculated, by_hand.state.calculated_since, by_hand.changes) == ("yellow", NOW, ())
    advanced = step(standing(RED, policy_id=TWO), RED, before=RED)
    assert (advanced.state.policy_id, advanced.changes) == (ONE, ())
