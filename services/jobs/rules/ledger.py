"""What a row of the labour ledger must say: the fields of each status, places, ages, days, and what is plausible.

Source of the checks: the national labour monitor's form and the published audit rules (docs/labour-ledger.md).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID

from services.jobs.rules.ages import is_minor
from services.jobs.rules.distances import seen_from
from services.jobs.rules.months import last_day, month_of
from services.jobs.rules.places import ABROAD
from shared.clock import age_on
from shared.contracts.jobs_ledger_policies import LedgerRules
from shared.errors import Conflict, Fault, NotFound

Status = Literal["out", "planned", "not_out"]
Source = Literal["hand", "file", "carried", "placement"]
"""Where a row's content comes from. `carried` is last month's, until somebody confirms or changes it."""

PUBLIC_POST = "public_post"

OF_WORK = frozenset(
    {
        *("work_area", "employer_id", "employer", "industry", "trade", "work_kind", "wage", "channel"),
        *("point_to_point", "started_on", "ended_on", "stability", "compared", "wants_change"),
    }
)
OF_PLAN = frozenset({"plan_area", "plan_on"})
OF_HOME = frozenset({"able", "willing", "reason", "possible_on"})
MAY_SAY: dict[Status, frozenset[str]] = {
    "out": OF_WORK | {"services"},
    "planned": OF_PLAN | {"services", "ended_on"},
    "not_out": OF_HOME | {"services", "ended_on"},
}
"""Fields that a row of a status may have. `ended_on` of one who is not out is the day the last work ended (返乡)."""


class RowNotFound(NotFound):
    """There is no row of that person and month within the asker's areas."""

    code: ClassVar[str] = "ledger-row-not-found"


class MonthClosed(Conflict):
    """The month is too long ago, or has not begun."""

    code: ClassVar[str] = "ledger-month-closed"


class MinorWorks(Conflict):
    """Somebody under 16 at work: the row is refused, and the finding is told."""

    code: ClassVar[str] = "ledger-minor-working"


class RowMovedOn(Conflict):
    """Somebody else wrote the row at the same moment."""

    code: ClassVar[str] = "ledger-row-moved-on"


@dataclass(frozen=True, slots=True)
class Worker:
    """What the checks need of a person. `area_code` is where the person lives, 12 digits."""

    birth_on: date
    area_code: str
    labour_skill: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody says of one person and month. Codes are those of `codes.toml`; wage in yuan a month."""

    status: Status
    work_area: str | None = None
    employer_id: UUID | None = None
    employer: str | None = None
    industry: str | None = None
    trade: str | None = None
    work_kind: str | None = None
    wage: Decimal | None = None
    channel: str | None = None
    point_to_point: bool | None = None
    started_on: date | None = None
    ended_on: date | None = None
    stability: str | None = None
    compared: str | None = None
    wants_change: bool | None = None
    services: tuple[str, ...] = ()
    plan_area: str | None = None
    plan_on: date | None = None
    able: bool | None = None
    willing: bool | None = None
    reason: str | None = None
    possible_on: date | None = None


FIELDS = tuple(one.name for one in fields(Entry))


@dataclass(frozen=True, slots=True)
class Checks:
    """The rules in force, by which version, and places that have no counties below them (docs/labour-ledger.md)."""

    policy_id: UUID
    rules: LedgerRules
    undivided: Collection[str]

    def faults(self, entry: Entry, worker: Worker, month: date) -> list[Fault]:
        """Everything for which the row is refused; an employed minor is not among it (`is_minor_working`)."""
        return [
            *self._lacking(entry),
            *self._foreign(entry),
            *self._places(entry, worker),
            *self._days(entry, month),
            *self._ages(entry, worker, month),
            *self._reasons(entry),
        ]

    def warnings(self, entry: Entry, worker: Worker) -> list[Fault]:
        """What is hardly so, and taken all the same."""
        return list(self._odd(entry, worker))

    def _lacking(self, entry: Entry) -> Iterator[Fault]:
        needed: Collection[str] = getattr(self.rules.needed, entry.status)
        for name in needed:
            if name == "employer":
                named = entry.employer is not None or entry.employer_id is not None
                lacking = not named and entry.channel not in self.rules.without_employer
            elif name == "possible_on":  # when it is possible, asked of those who can and will
                lacking = entry.possible_on is None and bool(entry.able) and bool(entry.willing)
            else:
                lacking = getattr(entry, name) in (None, ())
            if lacking:
                yield Fault(name, "field-missing")

    def _foreign(self, entry: Entry) -> Iterator[Fault]:
        may_say = MAY_SAY[entry.status]
        for name in FIELDS:
            if name != "status" and name not in may_say and getattr(entry, name) not in (None, ()):
                yield Fault(name, "ledger-field-foreign")

    def _places(self, entry: Entry, worker: Worker) -> Iterator[Fault]:
        if entry.work_area is not None and not self.to_county(entry.work_area):
            yield Fault("work_area", "ledger-place-too-wide")
        if (
            entry.channel in self.rules.within_county
            and entry.work_area is not None
            and seen_from(worker.area_code, entry.work_area) != "county"
        ):
            yield Fault("channel", "ledger-channel-out-of-county")

    def _days(self, entry: Entry, month: date) -> Iterator[Fault]:
        start, end = entry.started_on, entry.ended_on
        if start is not None and start > last_day(month):
            yield Fault("started_on", "ledger-started-later")
        if start is not None and end is not None and start > end:
            yield Fault("ended_on", "ledger-ends-before-start")
        if entry.status == "out" and end is not None and end < month:
            yield Fault("ended_on", "ledger-ended-before")
        if entry.status != "out" and end is not None and end > last_day(month):
            yield Fault("ended_on", "ledger-ended-later")
        for name in ("plan_on", "possible_on"):
            day: date | None = getattr(entry, name)
            if day is not None and day < month:
                yield Fault(name, "ledger-day-past")

    def _ages(self, entry: Entry, worker: Worker, month: date) -> Iterator[Fault]:
        if entry.plan_on is not None and is_minor(worker.birth_on, entry.plan_on):
            yield Fault("plan_on", "ledger-plan-minor")
        oldest = self.rules.public_post_age
        if entry.channel == PUBLIC_POST and age_on(worker.birth_on, month) >= oldest:
            yield Fault("channel", "ledger-public-post-age", {"age": oldest})

    def _reasons(self, entry: Entry) -> Iterator[Fault]:
        if entry.reason == "unwilling" and entry.willing:
            yield Fault("reason", "ledger-reason-contradicts")
        if entry.able is False and entry.possible_on is not None:
            yield Fault("possible_on", "ledger-reason-contradicts")

    def _odd(self, entry: Entry, worker: Worker) -> Iterator[Fault]:
        wage = entry.wage
        if wage is not None and not self.rules.wage_at_least <= wage <= self.rules.wage_at_most:
            low, high = self.rules.wage_at_least, self.rules.wage_at_most
            yield Fault("wage", "ledger-wage-odd", {"low": low, "high": high})
        if entry.status == "out" and worker.labour_skill in ("none", "lost"):
            yield Fault("status", "ledger-unable-working")
        if entry.started_on is not None and is_minor(worker.birth_on, entry.started_on):
            yield Fault("started_on", "ledger-started-minor")

    def to_county(self, place: str) -> bool:
        """Whether a place is named to its county, or to what has no counties below it."""
        return place == ABROAD or place[4:6] != "00" or place[:6] in self.undivided

    def is_organised(self, entry: Entry) -> bool | None:
        """Whether a government, labour company or partner county brought them there; None of who is not out."""
        return entry.channel in self.rules.organised if entry.status == "out" else None


def first_day_of_work(entry: Entry, month: date) -> date:
    """The first day of the month on which somebody who is out works."""
    return max(entry.started_on or month, month)


def is_minor_working(entry: Entry, birth_on: date, month: date) -> bool:
    """Whether the row says that somebody below working age works in that month."""
    if entry.status != "out":
        return False
    return is_minor(birth_on, first_day_of_work(entry, month))


def require_open(month: date, today: date, back: int) -> None:
    """Raise `MonthClosed` unless the month has begun and is at most `back` months ago."""
    present = month_of(today)
    age = (present.year - month.year) * 12 + present.month - month.month
    if not 0 <= age <= back:
        raise MonthClosed(field="month", months=back)


def counts_on(entry: Entry, day: date) -> bool:
    """Whether somebody is out to work on a day of the row's month (`queries/as_of.py` says it in SQL)."""
    if entry.ended_on is not None and day > entry.ended_on:
        return False
    if entry.status == "out":
        return entry.started_on is None or entry.started_on <= day
    return entry.ended_on is not None  # came home later in the month


def wants_work(status: Status, wants_change: bool | None, able: bool | None, willing: bool | None) -> bool:
    """Whether somebody looks for work: other work, a planned departure, or at home and able and willing."""
    if status == "out":
        return bool(wants_change)
    return status == "planned" or (bool(able) and bool(willing))


NOT_JOBLESS = frozenset({"farming", "school", "age", "unwilling"})
"""Reasons to be at home (未务工原因) of somebody who works all the same, or looks for no work."""


def is_jobless_again(before: Entry, after: Entry) -> bool:
    """Whether somebody who was out lost their work by what is said now, and would take another.

    Where the policy does not ask whether they can and want to, they are taken to.
    """
    if before.status != "out" or after.status != "not_out":
        return False
    return after.able is not False and after.willing is not False and after.reason not in NOT_JOBLESS


def carried(entry: Entry, month: date) -> Entry:
    """A row of the month before as it is carried into `month` (`queries/carrying.py` does it in SQL).

    Whose work ended before is not carried as out: what keeps them at home nobody knows yet, so they must be asked.
    """
    if entry.status == "out" and entry.ended_on is not None and entry.ended_on < month:
        return Entry("not_out", ended_on=entry.ended_on, services=entry.services)
    return entry


def quick(entry: Entry, told: Mapping[str, Any]) -> Entry:
    """The row with what the quick form told.

    Another status drops what is not for it; in another place the employer and the days are not those of before.
    """
    changed = dict(told)
    status: Status = changed.get("status", entry.status)
    if status != entry.status:
        entry = replace(
            Entry(status), **{name: getattr(entry, name) for name in MAY_SAY[status] & MAY_SAY[entry.status]}
        )
    if "work_area" in changed and changed["work_area"] != entry.work_area:
        entry = replace(entry, employer_id=None, employer=None, started_on=None, ended_on=None)
    return replace(entry, **changed)


def changes(old: Entry, new: Entry) -> dict[str, tuple[Any, Any]]:
    """Field → from and to, of what differs."""
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in FIELDS)
    return {name: (before, after) for name, before, after in pairs if before != after}
