"""The calculation, table by table: period, spreading, precedence, who is a head, what does not count."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.households.rules.income import calculate, is_counted
from services.households.rules.income_forms import civil_form, national_form
from services.households.rules.income_lines import Line, Person, Statement, per_head, wage_item
from services.households.rules.months import Period, month_text, parse_month, period_before
from shared.contracts.income_policies import IncomeRules

ON = date(2026, 11, 27)
PERIOD = period_before(ON)
RULES = IncomeRules(
    sources=["support", "jobs", "import", "visit", "desk"],
    not_counted=["transfers.condolence", "transfers.housing_aid", "transfers.temporary_aid"],
    left_but_counted=[{"reason": "moved_away", "school_stages": ["college"], "months": 48}],
    bounds=[
        {"of": "wages", "per": "month", "at_least": 400, "at_most": 30000},
        {"of": "net_per_head", "at_most": 20000},
    ],
)
ANNA, BO = UUID(int=1), UUID(int=2)


def person(id_: UUID = ANNA, **more: Any) -> Person:
    facts = {"birth_on": date(1980, 1, 1), "school_stage": None, "left_on": None, "left_reason": None, **more}
    return Person(id_, **facts)


def line(
    amount: str,
    first: str = "2026-10",
    last: str | None = None,
    item: str = "wages.outside",
    source: str = "desk",
    who: UUID | None = ANNA,
) -> Line:
    return Line(uuid4(), who, item, Decimal(amount), parse_month(first), parse_month(last or first), source)


def each(*values: object) -> list[object]:
    """To compare amounts with numbers as they are written."""
    return list(values)


def state(*lines: Line, people: Any = (), rules: IncomeRules = RULES, income_line: int | None = 8700) -> Statement:
    return calculate(lines, people or [person(), person(BO)], PERIOD, ON, rules, income_line)


# the period


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        ("2021-06-15", "2020-06", "2021-05"),  # the example of docs/field.md, Income
        ("2026-11-01", "2025-11", "2026-10"),
        ("2026-01-31", "2025-01", "2025-12"),
        ("2024-02-29", "2023-02", "2024-01"),
    ],
)
def test_the_period_is_the_twelve_months_before_the_month_of_the_day(on: str, first: str, last: str) -> None:
    period = period_before(date.fromisoformat(on))
    assert (month_text(period.first), month_text(period.last), len(period.months)) == (first, last, 12)


# spreading


@pytest.mark.parametrize(
    ("amount", "first", "last", "counted", "reasons"),
    [
        ("1200", "2025-11", "2026-10", "1200.00", ()),
        ("1200", "2025-10", "2025-10", "0.00", ("before-period",)),
        ("1200", "2026-11", "2026-11", "0.00", ("after-period",)),
        ("1200", "2025-01", "2025-12", "200.00", ("partly-in-period",)),  # two months of twelve
        ("1200", "2026-07", "2027-06", "400.00", ("partly-in-period",)),
        ("2400", "2025-09", "2027-08", "1200.00", ("partly-in-period",)),
        ("100", "2025-10", "2025-12", "66.67", ("partly-in-period",)),
        ("0.01", "2025-10", "2025-11", "0.01", ("partly-in-period",)),  # half a fen is rounded up
    ],
)
def test_an_amount_is_spread_over_its_months(
    amount: str, first: str, last: str, counted: str, reasons: tuple[str, ...]
) -> None:
    [judged] = state(line(amount, first, last)).lines
    assert (str(judged.counted), judged.reasons) == (counted, reasons)


# precedence


def test_months_that_a_ledger_tells_take_the_place_of_a_visits_year() -> None:
    """The visit's year stays for the months nobody else tells: one month's wage must not delete eleven."""
    year = line("36000", "2025-11", "2026-10", source="visit")
    october = line("3500", "2026-10", item="wages.province", source="jobs")
    statement = state(year, october)
    assert statement.sums["wages"] == Decimal("36500.00")  # 11 x 3,000 + 3,500
    [told, better] = statement.lines
    assert (told.months, told.reasons) == (11, ("partly-superseded",))
    assert told.superseded_by == {october.id: (parse_month("2026-10"),)}
    assert better.superseded_by == {}


def test_a_month_without_work_in_the_ledger_is_a_month_without_work() -> None:
    statement = state(line("3000", source="visit"), line("0", source="jobs"))
    assert statement.sums["wages"] == 0
    assert statement.lines[0].reasons == ("superseded",)


@pytest.mark.parametrize(
    ("one", "other", "total"),
    [
        (("jobs", "wages.local", ANNA), ("jobs", "wages.local", ANNA), 200),  # two jobs, one source
        (("jobs", "wages.local", ANNA), ("visit", "wages.outside", ANNA), 100),  # one kind of work
        (("jobs", "wages.local", ANNA), ("visit", "wages.public_post", ANNA), 200),  # another kind
        (("jobs", "wages.local", ANNA), ("visit", "wages.local", BO), 200),  # another person
        (("support", "transfers.farmland", ANNA), ("visit", "transfers.farmland", None), 100),  # the household's whole
        (("desk", "transfers.farmland", ANNA), ("visit", "transfers.farmland", None), 100),
        (("visit", "transfers.farmland", None), ("desk", "transfers.farmland", None), 100),
        (("import", "medical.hospital", ANNA), ("desk", "medical.hospital", ANNA), 100),  # spending likewise
    ],
)
def test_of_two_tellings_of_one_thing_the_better_source_counts(one: Any, other: Any, total: int) -> None:
    lines = [line("100", item=item, source=source, who=who) for source, item, who in (one, other)]
    assert sum(judged.counted for judged in state(*lines).lines) == total
    assert sum(judged.counted for judged in state(*reversed(lines)).lines) == total


def test_which_source_is_better_is_the_policys() -> None:
    lines = line("100", source="visit"), line("70", source="jobs")
    visits_first = RULES.model_copy(update={"sources": ["visit", "jobs"]})
    assert each(state(*lines).sums["wages"], state(*lines, rules=visits_first).sums["wages"]) == [70, 100]
    unnamed = RULES.model_copy(update={"sources": ["visit"]})
    assert state(*lines, rules=unnamed).sums["wages"] == 100


def test_what_does_not_count_supersedes_nothing() -> None:
    outside = line("9", "2025-01", "2025-10", source="jobs")
    statement = state(line("1200", "2025-01", "2025-12", source="visit"), outside)
    assert statement.sums["wages"] == 200


# what is not counted, claims, spending


def test_earmarked_and_one_off_money_is_shown_and_not_counted() -> None:
    statement = state(*(line("500", item=item) for item in RULES.not_counted), line("80", item="transfers.grain"))
    assert statement.sums["transfers"] == 80
    assert [one.reasons for one in statement.lines] == [("item-not-counted",)] * 3 + [()]


def test_gifts_building_and_cars_are_no_rigid_spending_whatever_a_policy_says() -> None:
    statement = state(line("90000", item="spending.building"), rules=RULES.model_copy(update={"not_counted": []}))
    assert each(statement.rigid, statement.lines[0].reasons) == [0, ("item-not-counted",)]


def test_net_income_claims_and_self_paid_spending_stand_apart() -> None:
    """The case of docs/field.md, Income: 80,400 earned, 50,000 of it paid to the hospital, and below the line after that."""
    statement = state(
        line("60000", "2025-11", "2026-10"),
        line("24400", item="business.crops", who=None),
        line("4000", item="business_costs.crops", who=None),
        line("2000", item="claims.insurance"),
        line("50000", item="medical.hospital"),
        people=[person(UUID(int=n)) for n in range(1, 5)],
    )
    assert each(statement.net_income, statement.net_per_head) == [80400, Decimal("20100.00")]
    assert each(statement.rigid, statement.reference, statement.reference_per_head) == [
        50000,
        32400,
        Decimal("8100.00"),
    ]
    assert list(national_form(statement).values()) == [60000, 24400, 0, 0, 4000, 80400, 20100, 2000, 50000, 32400, 8100]
    civil = {one.code: one for one in civil_form(statement)}
    assert civil["business-net"].year == 20400
    assert civil["reference"].month_per_head == Decimal("675.00")
    assert civil["rigid-medical"].year == 50000


def test_a_correction_may_take_away() -> None:
    assert state(line("-300", item="transfers.grain")).sums["transfers"] == -300


# heads


@pytest.mark.parametrize(
    ("facts", "counted"),
    [
        ({}, True),
        ({"school_stage": "college"}, True),  # away at school
        ({"birth_on": date(2026, 11, 27)}, True),
        ({"birth_on": date(2026, 11, 28)}, False),
        ({"left_on": date(2026, 11, 27), "left_reason": "deceased"}, False),
        ({"left_on": date(2026, 11, 28), "left_reason": "deceased"}, True),  # not yet, on that day
        ({"left_on": date(2024, 9, 1), "left_reason": "moved_away"}, False),
        ({"left_on": date(2024, 9, 1), "left_reason": "moved_away", "school_stage": "college"}, True),
        ({"left_on": date(2024, 9, 1), "left_reason": "married_out", "school_stage": "college"}, False),
        ({"left_on": date(2022, 12, 31), "left_reason": "moved_away", "school_stage": "college"}, True),
        ({"left_on": date(2022, 11, 30), "left_reason": "moved_away", "school_stage": "college"}, False),
        (
            {"left_on": date(2024, 9, 1), "left_reason": "moved_away", "school_stage": "college", "elsewhere": True},
            False,
        ),
    ],
)
def test_who_is_a_head(facts: dict[str, Any], counted: bool) -> None:
    assert is_counted(person(**facts), ON, RULES) is counted


def test_income_of_somebody_who_is_gone_is_not_counted_their_hospital_bill_is() -> None:
    gone = person(left_on=date(2026, 9, 10), left_reason="deceased")
    lines = line("48000", "2025-11", "2026-10"), line("50000", "2026-09", item="medical.hospital")
    statement = state(*lines, people=[gone, person(BO)])
    assert each(statement.sums["wages"], statement.rigid, len(statement.people)) == [0, 50000, 1]
    assert statement.lines[0].reasons == ("person-left",)
    until = state(*lines, people=[gone], rules=RULES.model_copy(update={"income_of_left": "until_left"}))
    assert until.sums["wages"] == 44000  # up to September


def test_without_people_there_is_nothing_per_head() -> None:
    statement = state(line("100", who=None), people=[person(left_on=ON, left_reason="split")])
    assert each(statement.net_income, statement.net_per_head, statement.reference_per_head) == [100, None, None]
    assert "income-nobody-counted" in {one.code for one in statement.warnings}


@pytest.mark.parametrize(
    ("amount", "people", "each"), [("100", 3, "33.33"), ("-0.05", 2, "-0.03"), ("0.05", 2, "0.03")]
)
def test_per_head_is_rounded_to_the_fen(amount: str, people: int, each: str) -> None:
    assert per_head(Decimal(amount), people) == Decimal(each)


# warnings


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([line("3000")], set()),
        ([line("399")], {"income-below-plausible-month"}),
        ([line("0", source="jobs")], set()),  # no work is no mistake
        ([line("400000", "2025-11", "2026-10")], {"income-above-plausible-month", "income-above-plausible-year"}),
        ([line("3000"), line("3000")], {"income-entered-twice"}),
        ([line("3000", source="jobs"), line("3000", source="jobs")], set()),
        ([line("3000", "2026-09"), line("3000", "2026-10")], set()),
        ([line("3000", "2025-10")], {"income-no-lines"}),
        ([line("3000", "2026-08", source="jobs")], {"income-wage-silent"}),
        ([line("3000", "2026-08", source="jobs"), line("3000", "2026-10", source="jobs")], {"income-wage-silent"}),
        ([line("3000", "2026-09", source="jobs"), line("0", "2026-10", source="jobs")], set()),
        ([line("3000", "2026-09", source="jobs"), line("3000", "2026-10", source="visit")], set()),
        ([line("3000", "2026-08", source="visit")], set()),
    ],
)
def test_what_is_odd_is_warned_of(lines: list[Line], codes: set[str]) -> None:
    assert {one.code for one in state(*lines).warnings} == codes


def test_months_of_which_the_ledger_tells_no_wage_are_counted_and_said() -> None:
    told = line("3000", "2026-06", source="jobs")
    [warned] = state(told, line("3000", "2026-07", source="visit")).warnings
    assert (warned.params, warned.line_id) == ({"since": "2026-06", "months": 3}, told.id)


def test_no_line_in_force_is_said() -> None:
    assert [one.code for one in state(line("3000"), income_line=None).warnings] == ["income-line-missing"]


@pytest.mark.parametrize(
    ("work", "place", "item"),
    [
        ("work", "539921000000", "wages.local"),
        ("work", "539921100200", "wages.local"),
        ("work", "539900", "wages.province"),
        ("work", "440000", "wages.outside"),
        ("work", "abroad", "wages.outside"),
        ("work", None, "wages.outside"),
        ("public_post", "539921", "wages.public_post"),
        ("other", None, "wages.other"),
    ],
)
def test_where_the_work_is_says_which_wage_it_is(work: str, place: str | None, item: str) -> None:
    assert wage_item(work, place, "539921100200") == item


def test_the_period_is_what_it_is_asked_for() -> None:
    assert Period(parse_month("2025-11"), parse_month("2026-10")) == PERIOD
