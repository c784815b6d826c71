"""What a row of the ledger must say, field by field."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.jobs.rules.ledger import (
    Checks,
    Entry,
    MonthClosed,
    Worker,
    carried,
    counts_on,
    is_minor_working,
    quick,
    require_open,
)
from shared.contracts.jobs_ledger_policies import LedgerRules

NOVEMBER = date(2026, 11, 1)
RULES = LedgerRules()
CHECKS = Checks(UUID(int=1), RULES, frozenset({"441900", "442000"}))
WORKER = Worker(date(1990, 5, 17), "539921100200", "ordinary")
OUT = Entry(
    "out",
    work_area="441900",
    employer="某五金厂",
    industry="C",
    trade="61804",
    work_kind="skilled",
    wage=Decimal(5200),
    channel="relatives",
    point_to_point=False,
    started_on=date(2026, 2, 20),
    stability="stable",
    compared="better",
    wants_change=False,
)
PLANNED = Entry("planned", plan_area="440000", plan_on=date(2026, 12, 1))
HOME = Entry("not_out", able=True, willing=True, reason="care", possible_on=date(2027, 3, 1))


def found(entry: Entry, worker: Worker = WORKER, month: date = NOVEMBER) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in CHECKS.faults(entry, worker, month)]


@pytest.mark.parametrize("entry", [OUT, PLANNED, HOME], ids=lambda one: one.status)
def test_a_whole_row_is_right(entry: Entry) -> None:
    assert found(entry) == []
    assert CHECKS.warnings(entry, WORKER) == []


@pytest.mark.parametrize(
    ("entry", "field"),
    [(OUT, name) for name in RULES.needed.out]
    + [(PLANNED, name) for name in RULES.needed.planned]
    + [(HOME, name) for name in RULES.needed.not_out if name not in ("able", "willing")],
)
def test_each_needed_field_is_asked_for(entry: Entry, field: str) -> None:
    assert found(replace(entry, **{field: None})) == [(field, "field-missing")]


@pytest.mark.parametrize(
    ("entry", "changes"),
    [
        (OUT, {"employer": None, "channel": "flexible"}),  # 灵活就业 has no company
        (OUT, {"work_area": "abroad"}),
        (OUT, {"work_area": "539921100"}),
        (OUT, {"work_area": "441900003000"}),  # a township of a prefecture without counties
        (OUT, {"channel": "workshop", "work_area": "539921"}),
        (OUT, {"channel": "public_post", "work_area": "539921101200"}),
        (OUT, {"started_on": date(2026, 11, 30)}),
        (OUT, {"ended_on": date(2026, 11, 1)}),
        (OUT, {"ended_on": date(2027, 1, 20)}),  # a contract's end
        (OUT, {"compared": None}),
        (HOME, {"willing": False, "reason": "unwilling", "possible_on": None}),
        (HOME, {"able": False, "reason": "illness", "possible_on": None}),
        (HOME, {"ended_on": date(2026, 10, 3)}),
        (PLANNED, {"services": ("training",)}),
    ],
)
def test_what_is_right_as_well(entry: Entry, changes: dict[str, Any]) -> None:
    assert found(replace(entry, **changes)) == []


@pytest.mark.parametrize(
    ("entry", "changes", "fault"),
    [
        (OUT, {"work_area": "440000"}, ("work_area", "ledger-place-too-wide")),
        (OUT, {"work_area": "440300"}, ("work_area", "ledger-place-too-wide")),
        (OUT, {"channel": "public_post"}, ("channel", "ledger-channel-out-of-county")),
        (OUT, {"channel": "workshop", "work_area": "539922"}, ("channel", "ledger-channel-out-of-county")),
        (OUT, {"channel": "workshop", "work_area": "abroad"}, ("channel", "ledger-channel-out-of-county")),
        (OUT, {"started_on": date(2026, 12, 1)}, ("started_on", "ledger-started-later")),
        (OUT, {"ended_on": date(2026, 2, 19)}, ("ended_on", "ledger-ends-before-start")),
        (OUT, {"ended_on": date(2026, 10, 31)}, ("ended_on", "ledger-ended-before")),
        (OUT, {"reason": "care"}, ("reason", "ledger-field-foreign")),
        (OUT, {"plan_area": "440000"}, ("plan_area", "ledger-field-foreign")),
        (PLANNED, {"wage": Decimal(1)}, ("wage", "ledger-field-foreign")),
        (PLANNED, {"plan_on": date(2026, 10, 31)}, ("plan_on", "ledger-day-past")),
        (HOME, {"wants_change": False}, ("wants_change", "ledger-field-foreign")),
        (HOME, {"ended_on": date(2026, 12, 1)}, ("ended_on", "ledger-ended-later")),
        (HOME, {"possible_on": date(2026, 10, 1)}, ("possible_on", "ledger-day-past")),
        (HOME, {"reason": "unwilling"}, ("reason", "ledger-reason-contradicts")),
        (HOME, {"able": False}, ("possible_on", "ledger-reason-contradicts")),
    ],
)
def test_what_is_refused(entry: Entry, changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert fault in found(replace(entry, **changes))


@pytest.mark.parametrize(
    ("born", "refused"), [(date(1956, 11, 1), True), (date(1956, 11, 2), False), (date(1950, 1, 1), True)]
)
def test_public_posts_end_with_an_age(born: date, refused: bool) -> None:
    post = replace(OUT, channel="public_post", work_area="539921")
    assert (("channel", "ledger-public-post-age") in found(post, replace(WORKER, birth_on=born))) is refused


def test_a_plan_waits_for_the_sixteenth_birthday() -> None:
    young = replace(WORKER, birth_on=date(2010, 12, 1))
    assert found(PLANNED, young) == []
    assert found(PLANNED, replace(young, birth_on=date(2010, 12, 2))) == [("plan_on", "ledger-plan-minor")]


@pytest.mark.parametrize(
    ("born", "started", "minor"),
    [
        (date(2010, 11, 20), date(2026, 11, 20), False),  # from the birthday on
        (date(2010, 11, 20), date(2026, 11, 19), True),
        (date(2010, 11, 20), date(2026, 9, 1), True),  # on the first of the month still fifteen
        (date(2010, 10, 20), date(2026, 9, 1), False),  # began too young, is old enough in this month
        (date(2010, 11, 20), None, True),
        (date(2008, 2, 29), date(2024, 2, 29), False),
    ],
)
def test_who_is_too_young_to_work(born: date, started: date | None, minor: bool) -> None:
    month = date(2026, 11, 1) if born.year == 2010 else date(2024, 2, 1)
    assert is_minor_working(replace(OUT, started_on=started), born, month) is minor


def test_only_work_makes_a_working_minor() -> None:
    assert not is_minor_working(HOME, date(2015, 1, 1), NOVEMBER)


@pytest.mark.parametrize(
    ("entry", "worker", "codes"),
    [
        (replace(OUT, wage=Decimal(399)), WORKER, ["ledger-wage-odd"]),
        (replace(OUT, wage=Decimal(400)), WORKER, []),
        (replace(OUT, wage=Decimal("30000.01")), WORKER, ["ledger-wage-odd"]),
        (OUT, replace(WORKER, labour_skill="lost"), ["ledger-unable-working"]),
        (
            replace(OUT, started_on=date(2006, 6, 1)),
            replace(WORKER, birth_on=date(1990, 6, 2)),
            ["ledger-started-minor"],
        ),
        (replace(OUT, started_on=date(2006, 6, 2)), replace(WORKER, birth_on=date(1990, 6, 2)), []),
        (HOME, replace(WORKER, labour_skill="lost"), []),
    ],
)
def test_what_is_hardly_so(entry: Entry, worker: Worker, codes: list[str]) -> None:
    assert [one.code for one in CHECKS.warnings(entry, worker)] == codes


@pytest.mark.parametrize(
    ("channel", "organised"), [("government", True), ("cooperation", True), ("relatives", False), (None, False)]
)
def test_organised_follows_from_the_channel(channel: str | None, organised: bool) -> None:
    assert CHECKS.is_organised(replace(OUT, channel=channel)) is organised
    assert CHECKS.is_organised(HOME) is None


@pytest.mark.parametrize(
    ("month", "open_"),
    [
        (date(2026, 11, 1), True),
        (date(2026, 12, 1), False),
        (date(2025, 11, 1), True),
        (date(2025, 10, 1), False),
    ],
)
def test_months_that_may_be_written(month: date, open_: bool) -> None:
    if open_:
        require_open(month, date(2026, 11, 27), 12)
    else:
        with pytest.raises(MonthClosed):
            require_open(month, date(2026, 11, 27), 12)


@pytest.mark.parametrize(
    ("entry", "day", "counts"),
    [
        (OUT, date(2026, 11, 1), True),
        (replace(OUT, started_on=date(2026, 11, 10)), date(2026, 11, 9), False),
        (replace(OUT, started_on=date(2026, 11, 10)), date(2026, 11, 10), True),
        (replace(OUT, ended_on=date(2026, 11, 10)), date(2026, 11, 10), True),
        (replace(OUT, ended_on=date(2026, 11, 10)), date(2026, 11, 11), False),
        (replace(HOME, ended_on=date(2026, 11, 10)), date(2026, 11, 10), True),  # came home on the tenth
        (replace(HOME, ended_on=date(2026, 11, 10)), date(2026, 11, 11), False),
        (HOME, date(2026, 11, 10), False),
        (PLANNED, date(2026, 11, 30), False),
    ],
)
def test_who_is_out_on_a_day(entry: Entry, day: date, counts: bool) -> None:
    assert counts_on(entry, day) is counts


DECEMBER = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("entry", "becomes"),
    [
        (OUT, OUT),
        (replace(OUT, ended_on=date(2026, 12, 1)), replace(OUT, ended_on=date(2026, 12, 1))),
        (
            replace(OUT, ended_on=date(2026, 11, 30), services=("training",)),
            Entry("not_out", ended_on=date(2026, 11, 30), services=("training",)),
        ),
        (PLANNED, PLANNED),
        (HOME, HOME),
    ],
)
def test_what_is_carried(entry: Entry, becomes: Entry) -> None:
    assert carried(entry, DECEMBER) == becomes


def test_who_came_home_has_to_be_asked() -> None:
    """Carried as not out, the row lacks all that nobody knows: "no change" will not do."""
    asked = carried(replace(OUT, ended_on=date(2026, 11, 30)), DECEMBER)
    assert {field for field, _ in found(asked, month=DECEMBER)} == {"able", "willing", "reason"}


def test_the_quick_form_keeps_the_rest() -> None:
    assert quick(OUT, {"wage": Decimal(6000), "stability": "unstable"}) == replace(
        OUT, wage=Decimal(6000), stability="unstable"
    )


def test_another_place_is_another_employer() -> None:
    moved = quick(OUT, {"work_area": "330106"})
    assert found(moved) == [("employer", "field-missing"), ("started_on", "field-missing")]
    told = quick(OUT, {"work_area": "330106", "employer": "某厂", "started_on": date(2026, 11, 3)})
    assert found(told) == []


def test_coming_home_in_the_quick_form_drops_what_was_of_work() -> None:
    home = quick(OUT, {"status": "not_out", "reason": "care"})
    assert {field for field, _ in found(home)} == {"able", "willing"}
    assert home.wage is None
