"""The shipped formulas, against what has been published (docs/labour-indicators.md), and by hand."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from services.jobs.rules.indicators import Count, Indicator, Part, count, names
from services.jobs.rules.targets import applies, measured, value_of
from shared.contracts.jobs_indicator_policies import Floor, LabourIndicators, TargetBody
from shared.contracts.policies import BODIES as POLICIES
from shared.expressions import ExpressionInvalid
from tests.jobs.indicator_people import BODIES, RULES, VILLAGE, frame

OUT: dict[str, Any] = {"status": "out", "place": "outside", "wage": 5200.0}
HOME: dict[str, Any] = {"status": "not_out", "able": True, "willing": True}
LIFTED: dict[str, Any] = {"household_class": "lifted_out"}
MOVED: dict[str, Any] = {"relocated": True}


def one(code: str) -> Indicator:
    return RULES.get(code)


@pytest.mark.parametrize(
    ("code", "numerator", "denominator", "published"),
    [
        ("employment-rate", 267_900, 322_700, "83.0"),  # 彝良, labour employed
        ("lifted-out-employment-rate", 36_865, 57_415, "64.2"),  # 玉溪, the poor
        ("relocated-employment-rate", 4_759_800, 5_039_100, "94.46"),  # the nation's relocated
        ("organised-rate", 162_000, 667_000, "24.3"),  # 玉溪
        ("outside-share", 3_976_000, 15_535_000, "25.6"),  # 云南 2023
    ],
)
def test_published_figures(code: str, numerator: int, denominator: int, published: str) -> None:
    assert value_of(one(code), Count(numerator, denominator)) == Decimal(published)


@pytest.mark.parametrize(
    ("code", "counted", "others", "published"),
    [
        # The same by people built up in the published proportions, in hundreds or thousands.
        ("employment-rate", (2_679, OUT), (548, HOME), "83.0"),
        ("lifted-out-employment-rate", (36_865, LIFTED | OUT), (20_550, LIFTED | HOME), "64.2"),
        ("relocated-employment-rate", (47_598, MOVED | OUT), (2_793, MOVED | HOME), "94.46"),
        ("organised-rate", (1_620, OUT | {"organised": True}), (5_050, OUT | {"organised": False}), "24.3"),
        ("outside-share", (3_976, OUT), (11_559, OUT | {"place": "province"}), "25.6"),
    ],
)
def test_published_figures_from_people(code: str, counted: Any, others: Any, published: str) -> None:
    strangers = (40, {"age": 70.0, "status": "out"}), (40, {"pupil": True, "age": 16.0})
    found = count(RULES, frame(counted, others, *strangers))[VILLAGE, code]
    assert (found.numerator, found.denominator) == (counted[0], counted[0] + others[0])
    assert value_of(one(code), found) == Decimal(published)


@pytest.mark.parametrize(
    ("code", "kind", "expected"),  # of nine like this and one at work outside
    [
        ("transferred", {"status": "planned"}, Count(1, 0, 9)),
        ("transferred", HOME | {"willing": False}, Count(1, 0, 0)),
        ("transferred", OUT | {"age": 15.0}, Count(1, 0, 0)),
        ("transferred", OUT | {"age": 60.0}, Count(10, 0, 0)),
        ("transferred", OUT | {"age": 61.0}, Count(1, 0, 0)),
        ("transferred", OUT | {"labour_skill": "none"}, Count(10, 0, 0)),
        ("employment-rate", HOME | {"labour_skill": "none"}, Count(1, 1, 0)),
        ("employment-rate", HOME | {"labour_skill": None}, Count(1, 1, 0)),
        ("employment-rate", {"in_ledger": False}, Count(1, 10, 0)),
        ("ledger-coverage", {"in_ledger": False}, Count(1, 10, 9)),
        ("outside", OUT | {"place": "abroad"}, Count(10, 0, 0)),
        ("outside-share", OUT | {"place": None}, Count(1, 10, 0)),
        ("outside-share", OUT | {"place": "county", "wants_change": True}, Count(1, 10, 9)),
        ("skilled-share", OUT | {"work_kind": "skilled"}, Count(9, 10, 0)),
        ("skilled-share", OUT | {"labour_skill": "skilled"}, Count(9, 10, 0)),
        ("odd-share", OUT | {"work_kind": "odd"}, Count(9, 10, 0)),
        ("stay-rate", HOME | {"began_before": True}, Count(0, 9, 0)),
        ("stay-rate", OUT | {"began_before": True, "same_employer": True}, Count(9, 9, 0)),
        ("stay-rate", OUT | {"began_before": True, "same_employer": False, "wage_before": 5200.0}, Count(9, 9, 0)),
        ("stay-rate", OUT | {"began_before": True, "same_employer": False, "wage_before": 5300.0}, Count(0, 9, 0)),
        ("stay-rate-half-year", HOME | {"began_earlier": True}, Count(0, 9, 0)),
        ("stay-rate-half-year", OUT | {"began_earlier": True, "same_employer_earlier": True}, Count(9, 9, 0)),
        ("stay-rate-half-year", OUT | {"began_earlier": True, "wage_earlier": 5200.0}, Count(9, 9, 0)),
        (
            "stay-rate-half-year",
            OUT | {"began_earlier": True, "same_employer": True, "wage_before": 1.0},
            Count(0, 9, 0),
        ),
        ("average-wage", OUT | {"wage": 3000.55}, Count(9 * 300_055 + 520_000, 10)),
        ("average-wage", OUT | {"wage": None}, Count(520_000, 1)),
        ("came-home", HOME | {"days_home": 30.0}, Count(9, 0, 0)),
        ("came-home", HOME | {"days_home": 29.0}, Count(0, 0, 0)),
        ("came-home", HOME, Count(0, 0, 0)),
        ("lifted-out-unemployed", HOME | LIFTED, Count(9, 0, 0)),
        ("relocated-unemployed", HOME | MOVED, Count(9, 0, 0)),
        ("two-after-students", HOME | {"age": 18.0, "education": "70"}, Count(9, 0, 0)),
        ("two-after-students", HOME | {"age": 18.0, "education": "70", "pupil": True}, Count(0, 0, 0)),
        ("two-after-students", OUT | {"age": 18.0, "education": "60"}, Count(0, 0, 0)),
        ("two-after-students", {"age": 23.0, "education": "60", "in_ledger": False}, Count(0, 0, 0)),
        ("zero-employment-households", HOME, Count(9, 0, 0)),
    ],
)
def test_who_is_counted(code: str, kind: dict[str, Any], expected: Count) -> None:
    assert count(RULES, frame((9, kind), (1, OUT | {"work_kind": "strength"})))[VILLAGE, code] == expected


def test_households_are_counted_once_and_whole() -> None:
    """Three a household: one at work and two at home; three at home; three who cannot."""
    unable = HOME | {"able": False}
    people = frame((1, OUT | MOVED), (5, HOME | MOVED), (3, unable | MOVED), size=3)
    counts = count(RULES, people)
    assert counts[VILLAGE, "zero-employment"] == Count(1, 0, 3)
    assert counts[VILLAGE, "relocated-one-worker"] == Count(1, 3, 3)
    assert value_of(one("relocated-one-worker"), counts[VILLAGE, "relocated-one-worker"]) == Decimal("33.3")
    assert counts[VILLAGE, "relocated-unemployed"] == Count(8, 0, 0)


PARTS: tuple[Part, ...] = ("counted", "missing", "could")


@pytest.mark.parametrize("code", RULES.all)
def test_the_names_are_those_that_were_counted(code: str) -> None:
    mixed = frame(
        (5, OUT | LIFTED | {"organised": True}),
        (3, OUT | {"work_kind": "odd", "wants_change": True, "place": "county"}),
        (4, HOME | MOVED | {"days_home": 40.0, "education": "60", "age": 20.0}),
        (2, {"in_ledger": False}),
        (3, OUT | {"began_before": True, "same_employer": True, "work_kind": "skilled"}),
        size=2,
    )
    indicator, found = one(code), count(RULES, mixed)[VILLAGE, code]
    counted, missing, could = (names(RULES, indicator, part, mixed) for part in PARTS)
    assert could.height == found.could
    if indicator.per == "person":
        assert counted.height == (found.denominator if indicator.amount else found.numerator)
        assert indicator.of is None or missing.height == found.denominator - found.numerator
    else:
        assert counted["household_id"].n_unique() == found.numerator


RATE, HEADS, FEWER, POINTS = "relocated-employment-rate", "transferred", "zero-employment", "employment-rate-change"
LAST_YEAR = Floor(kind="last_year")


@pytest.mark.parametrize(
    ("code", "now", "before", "floor", "expected"),  # reached, gap, people
    [
        # The speech: 74,000 fewer than last year, 2.5 points under the target.
        (HEADS, Count(716_000), Count(790_000), LAST_YEAR, (False, "74000", 74_000)),
        (RATE, Count(9_196, 10_000), None, Floor(kind="number", value=94.46), (False, "2.50", 250)),
        (RATE, Count(9_446, 10_000), None, Floor(kind="number", value=94.46), (True, "0", 0)),
        (RATE, Count(9_445, 10_000), None, Floor(kind="number", value=94.46), (False, "0.01", 1)),
        (RATE, Count(1, 3), Count(2, 3), LAST_YEAR, (False, "33.33", 1)),
        (RATE, Count(999_999, 1_500_000), Count(2, 3), LAST_YEAR, (False, "0.00", 1)),  # shown equal, one short
        (RATE, Count(50, 100), Count(40, 80), Floor(kind="last_year", value=1.5), (False, "1.50", 2)),
        (RATE, Count(0, 0), Count(1, 2), LAST_YEAR, (None, None, None)),
        (HEADS, Count(5), None, LAST_YEAR, (None, None, None)),
        (HEADS, Count(120), None, Floor(kind="number", value=100), (True, "0", 0)),
        (FEWER, Count(12), Count(9), LAST_YEAR, (False, "3", 3)),
        (FEWER, Count(9), Count(9), LAST_YEAR, (True, "0", 0)),
        ("odd-share", Count(31, 100), None, Floor(kind="number", value=30), (False, "1.0", 1)),
        (POINTS, Count(70, 100), Count(75, 100), Floor(kind="number", value=0), (False, "5.0", 5)),
        (POINTS, Count(70, 100), Count(68, 100), Floor(kind="number", value=1), (True, "0", 0)),
        ("average-wage", Count(400_000, 1), Count(450_000, 1), LAST_YEAR, (False, "500", None)),
    ],
)
def test_targets(code: str, now: Count, before: Count | None, floor: Floor, expected: Any) -> None:
    found = measured(one(code), floor, now, before)
    gap = Decimal(expected[1]) if expected[1] is not None else None
    assert (found.reached, found.gap, found.people) == (expected[0], gap, expected[2])


@pytest.mark.parametrize("numerator", range(0, 101, 7))
@pytest.mark.parametrize("percent", [0, 33.3, 50, 94.46, 100])
def test_so_many_people_make_a_target_and_one_fewer_does_not(numerator: int, percent: float) -> None:
    wanted = Floor(kind="number", value=percent)
    short = measured(one(RATE), wanted, Count(numerator, 101), None).people
    assert short is not None
    assert measured(one(RATE), wanted, Count(numerator + short, 101), None).reached
    if short:
        assert measured(one(RATE), wanted, Count(numerator + short - 1, 101), None).reached is False


def test_an_area_has_the_targets_set_for_it() -> None:
    body = {"code": "x", "title": {"zh": "x", "en": "x"}, "indicator": RATE, "first": "2026-01", "last": "2026-12"}
    everywhere = TargetBody.model_validate({**body, "floor": {"kind": "last_year"}})
    heads = TargetBody.model_validate({**body, "area": "539921", "floor": {"kind": "number", "value": 790_000}})
    assert applies(everywhere, one(HEADS), VILLAGE)
    assert applies(heads, one(HEADS), "539921")
    assert not applies(heads, one(HEADS), "539921100")
    assert applies(heads, one(RATE), "539921100")
    assert not applies(heads, one(RATE), "539922")


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (("definitions", "labour"), "employed", "expression-field-unknown"),  # defined later
        (("definitions", "employed"), "labour = 1", "expression-types-differ"),
        (("indicators", 6, "counted"), "wage > 0", "expression-field-unknown"),  # no field of a household
        (("indicators", 0, "could"), "ready AND", "expression-syntax"),
        (("indicators", 0, "of"), "labour", "indicator-of-whom"),
        (("indicators", 0, "amount"), "wage", "indicator-amount"),
        (("indicators", 0, "per"), "household", "indicator-per"),
        (("indicators", 1, "code"), "transferred", "indicator-twice"),
        (("lists", 0, "code"), "transferred", "indicator-twice"),
        (("lists", 0, "when"), "nobody", "expression-field-unknown"),
        (("parameters", "age"), 16, "indicator-parameter-field"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is_published(place: tuple[Any, ...], value: Any, code: str) -> None:
    body = LabourIndicators.model_validate(BODIES["labour-indicators"]).model_dump()
    at = body
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    with pytest.raises(ValidationError) as raised:
        POLICIES["labour-indicators"].model_validate(body)
    assert code in [error["type"] for error in raised.value.errors()]


def test_a_field_that_nobody_gathers_is_no_field() -> None:
    with pytest.raises(ExpressionInvalid):
        LabourIndicators.model_validate(BODIES["labour-indicators"]).compiled("name = 'x'", "person")
