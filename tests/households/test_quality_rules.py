"""The audit rules: each with a household that breaks it and a near miss, its words, and what they all keep to."""

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.households
from services.households.models import Household, Member
from services.households.rules.months import add_months, months_between
from services.households.rules.quality.audit import RULES, SUBJECTS, RuleSet
from services.households.rules.quality.record import HouseholdRecord
from services.households.rules.quality.rule import Finding
from shared.clock import age_on
from shared.messages import Catalogue
from tests.households.quality_cases import PAIRS
from tests.households.quality_households import (
    BODY,
    NUMBERS,
    ON,
    daughter,
    eliminated,
    head,
    home,
    income,
    lifted_out,
    measure,
    monitored,
    seen,
    son,
    wife,
    worker,
)

ALL = RuleSet.of(NUMBERS)
FOLDER = Path(services.households.__file__).parent
CATALOGUE = Catalogue(FOLDER, FOLDER / "rules" / "quality")
FIELD = (FOLDER.parents[1] / "docs" / "field.md").read_text(encoding="utf-8")
HEADINGS = "|".join(re.findall(r"^## ([A-Z][a-z ]+) ·", FIELD, re.MULTILINE))


def found(record: HouseholdRecord) -> dict[str, list[Finding]]:
    """What is found, by rule."""
    by_rule: dict[str, list[Finding]] = {}
    for one in ALL.audit(record):
        by_rule.setdefault(one.rule, []).append(one)
    return by_rule


@pytest.mark.parametrize(("rule", "broken", "near"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_a_rule_finds_what_breaks_it_and_not_the_near_miss(
    rule: str, broken: HouseholdRecord, near: HouseholdRecord
) -> None:
    hits = found(broken).get(rule)
    assert hits, f"{rule} does not find it"
    assert hits[0].severity == RULES[rule].severity
    assert hits[0].field == RULES[rule].fields[0]
    assert rule not in found(near), f"{rule} finds the near miss"


def test_every_rule_has_its_pair() -> None:
    assert len(RULES) == sum(len(rules) for rules in SUBJECTS.values()), "two rules have one code"
    assert {pair[0] for pair in PAIRS} == RULES.keys()
    assert len(PAIRS) == len(RULES)


@pytest.mark.parametrize("record", [home(), lifted_out(), monitored(), eliminated(), home(worker(), wife(), son())])
def test_in_a_sound_household_nothing_is_found(record: HouseholdRecord) -> None:
    assert found(record) == {}


def test_every_rule_has_its_words_in_both_languages_with_what_it_fills_in() -> None:
    for rule, broken, _ in PAIRS:
        [finding, *_] = found(broken)[rule]
        texts = CATALOGUE.codes()[f"finding-{rule}"]
        for language in ("zh", "en"):
            asked = set(re.findall(r"{(\w+)}", texts[language]))
            assert asked <= finding.params.keys(), (rule, language)
            assert "…" not in CATALOGUE.text(f"finding-{rule}", language, **finding.params)
        zh, en = (sorted(re.findall(r"{\w+}", texts[language])) for language in ("zh", "en"))
        assert zh == en, rule


def test_no_words_are_left_of_rules_that_are_gone() -> None:
    fields = {field for rule in RULES.values() for field in rule.fields}
    told = {code for code in CATALOGUE.codes() if code.startswith(("finding-", "quality-field-"))} - {
        "finding-not-found",
        "finding-mended",
    }
    assert told == {f"finding-{code}" for code in RULES} | {f"quality-field-{field}" for field in fields}


def test_every_field_to_mend_is_one() -> None:
    """A field of a household or person is one that the register has, so that a screen can lead there."""
    for rule in RULES.values():
        assert rule.fields, rule.code
        for field in rule.fields:
            thing, name = field.split(".")
            match thing:
                case "household":
                    column = {"class": "household_class", "phone": "phone_index"}.get(name, name)
                    assert hasattr(Household, column), field
                case "member":
                    column = {"phone": "phone_index", "id_number": "person_key"}.get(name, name)
                    assert hasattr(Member, column), field
                case _:
                    assert thing in ("income", "case"), field


def test_every_rule_says_what_it_was_derived_from() -> None:
    for rule in RULES.values():
        assert re.search(rf"({HEADINGS})[:,]|\(Register\)|Fatal:|Logic:|Plausibility:|Derived", rule.source), rule.code


def test_a_rule_that_is_off_finds_nothing() -> None:
    without = RuleSet.of(NUMBERS.model_copy(update={"off": ["head-twice", "no-such-rule"]}))
    broken = home(head(), wife(relation="02"))
    assert [one.rule for one in ALL.audit(broken) if one.rule not in {f.rule for f in without.audit(broken)}] == [
        "head-twice"
    ]


def test_numbers_are_the_policys() -> None:
    strict = RuleSet.of(type(NUMBERS).model_validate({**BODY, "wage_most": 4000}))
    assert [one.rule for one in strict.audit(home(worker(), wife(), son()))] == ["wage-too-high"]


def test_the_fingerprint_changes_with_the_fields_to_mend_and_with_nothing_else() -> None:
    [marked] = found(home(head(labour_skill="weak"), wife(), son()))["healthy-adult-without-labour"]
    same = home(head(labour_skill="weak", phone_key="a"), wife(), phone_key="b")
    older = replace(same, members=(replace(same.members[0], age=41), *same.members[1:]))
    other = home(head(labour_skill="lost"), wife(), son())
    for record in (same, older):
        [again] = found(record)["healthy-adult-without-labour"]
        assert again.fingerprint == marked.fingerprint
    [changed] = found(other)["healthy-adult-without-labour"]
    assert changed.fingerprint != marked.fingerprint


def test_a_finding_tells_of_whom_by_id_and_never_by_name() -> None:
    for rule, broken, _ in PAIRS:
        names = {one.name for one in broken.members}
        for finding in found(broken)[rule]:
            assert not names & {str(value) for value in finding.params.values()}
            assert all(isinstance(value, int | float | str) for value in finding.params.values()), rule


@pytest.mark.parametrize(
    ("born", "age"), [("2010-06-30", 16), ("2010-07-01", 15), ("2026-06-30", 0), ("2008-02-29", 18)]
)
def test_age_is_whole_years(born: str, age: int) -> None:
    assert age_on(type(ON).fromisoformat(born), ON) == age


def test_months_are_whole_ones() -> None:
    day = type(ON).fromisoformat
    assert months_between(day("2025-08-31"), day("2026-02-27")) == 5
    assert months_between(day("2025-08-31"), day("2026-02-28")) == 6, "as the gate has it"
    assert months_between(day("2026-01-01"), day("2026-07-01")) == 6
    ends = [day("2026-06-29"), day("2026-06-30"), day("2026-07-30")]
    assert [months_between(first, last) for first, last in pairwise(ends)] == [0, 1]


@given(st.dates(date(2022, 1, 1), ON), st.integers(0, 24), st.integers(-40, 40))
def test_the_audit_counts_months_as_the_gate_does(first: date, months: int, more: int) -> None:
    last = max(first, add_months(first, months) + timedelta(days=more))
    assert (months_between(first, last) >= months) == (last >= add_months(first, months))


OF_THE_DAY = {rule.code for rule in SUBJECTS["elimination"]}
FALLEN = {"safe_water": False, "safe_housing": False, "schooling_met": False, "medical_met": False}


def test_what_became_of_a_household_is_no_fault_of_its_elimination_and_is_told_all_the_same() -> None:
    """A gap of today in a household that nobody watches is one whether or not it once was watched."""
    fallen = eliminated(
        head(labour_skill="lost", health=("serious",)), son(), income=income(reference_per_head=0), **FALLEN
    )
    told = found(fallen).keys()
    assert not told & OF_THE_DAY
    assert {"reference-under-line", "unsafe-home-unwatched", "unsafe-water-unwatched"} <= told
    assert {"dropout-unwatched", "medical-gap-unwatched"} <= told


def test_of_a_decision_of_which_nothing_was_kept_nobody_is_judged() -> None:
    bare = eliminated(at_elimination=None, at_identification=None, income=income(reference_per_head=0), **FALLEN)
    assert not found(bare).keys() & (OF_THE_DAY | {"income-too-high", "illness-risk-nothing-paid"})


def test_what_an_elimination_needs_and_nobody_kept_is_looked_for_in_the_record_of_today() -> None:
    """Cases that a list brought, and those from before facts were kept: who audits them looks at the record, too."""
    needed = {"eliminated-by-no-help", "after-assurances-missing", "after-income-missing"}
    bare: dict[str, Any] = {"at_elimination": None, "measures": (), "income": None, "safe_water": None}
    planned = (measure("employment.export", delivered_on=None),)
    assert found(eliminated(**bare)).keys() & OF_THE_DAY == needed
    assert found(eliminated(**bare | {"measures": planned})).keys() & OF_THE_DAY == needed
    assert not found(eliminated(at_elimination=None)).keys() & OF_THE_DAY
    assert "eliminated-by-no-help" not in found(eliminated(**bare, natural=True))
    assert found(eliminated(**bare | {"at_elimination": seen()})).keys() & OF_THE_DAY == set()


def test_where_nobody_had_told_of_money_nothing_is_said_of_what_was_paid() -> None:
    nothing = income(net_income=0, net_per_head=None, reference_per_head=None)
    record = monitored(main_risk="01", risks=("01",), at_identification=seen(risks=("01",), income=nothing))
    assert "illness-risk-nothing-paid" not in found(record)


def test_a_class_is_held_against_the_household_that_was_identified() -> None:
    """Lifted out, or said to be, later on: nobody decided wrongly. What was wrong is mended in the case or the register."""
    edge: dict[str, Any] = {"household_class": "lifted_out", "monitoring_class": "edge"}
    then = {"ordinary": False, "lifted_out": True, None: True}
    for household_class, wrong in then.items():
        record = monitored(at_identification=seen(household_class=household_class), **edge)
        assert ("class-of-lifted-out" in found(record)) is wrong, household_class
    brought = monitored(at_identification=None, **edge)
    assert "class-of-lifted-out" in found(brought), "a list says both"
    mended = monitored(at_identification=seen(household_class="lifted_out"), **edge | {"household_class": "ordinary"})
    assert "class-of-lifted-out" not in found(mended)


def test_an_elimination_that_was_withdrawn_is_not_judged() -> None:
    assert found(monitored(at_elimination=seen(water=False))) == {}


def test_whose_risk_is_gone_may_recover_grow_up_and_change_work() -> None:
    """Of the case its risks and measures are history; no member of today contradicts them."""
    risks, helped = (
        ("01", "03", "04", "07", "09"),
        ("health.aid", "security.minimum_living", "public_post", "education.dew"),
    )
    measures = (measure("security.disability", "03"), *(measure(one, risk) for one in helped for risk in risks))
    now = (head(), wife(), daughter(17, "30", labour_skill="ordinary"))
    record = eliminated(*now, main_risk="01", risks=risks, measures=measures, income=None)
    assert found(record) == {}
    assert len(found(replace(record, case=replace(record.case, stage="monitored")))) > 5


def test_who_could_work_on_that_day_counts_once_the_risk_is_gone() -> None:
    alone = (measure("security.minimum_living"),)
    assert "allowances-alone" in found(eliminated(measures=alone))
    grown_up = eliminated(measures=alone, at_elimination=seen(able=0, weak=1))
    assert "allowances-alone" not in found(grown_up)
    assert "allowances-alone" not in found(eliminated(measures=alone, at_elimination=None))
