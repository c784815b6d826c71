"""The clocks of a national case, pure: by which day something is due.

All days are days in China. The day on which a clock begins is not counted (民法典 201). Which days are free: the
policy `feed-calendar` first, for it is the county's own word; then the State Council's notices as `chinese_calendar`
has them; then the weekend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chinese_calendar import constants

from services.households.rules.monitoring.states import ASKED
from services.households.rules.months import add_months
from shared.clock import end_of_day
from shared.contracts.case_policies import CaseClocks, Term
from shared.contracts.monitoring import Clock, State
from shared.contracts.policies import FeedCalendar

ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=5000)
"""No clock runs longer: a calendar without working days must not count for ever."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which the clocks stand still, both within it; none when `last` lies before `first`."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Standing:
    """What the clocks of a case depend on."""

    state: State
    opened_on: date
    state_since: date
    identified_on: date | None = None
    measure_from: date | None = None
    fast_lane_on: date | None = None
    pauses: Sequence[Pause] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day that is in time, and which clock says so."""

    clock: Clock
    last: date

    @property
    def due_at(self) -> datetime:
        """The first moment that is too late."""
        return end_of_day(self.last)

    def warn_at(self, days: int) -> datetime:
        """The beginning of the day on which to warn, so many days before the last one."""
        return end_of_day(self.last - timedelta(days=days + 1))


def is_working_day(day: date, calendar: FeedCalendar) -> bool:
    """Whether offices are open."""
    if day in calendar.working_days:
        return True
    if any(span.first <= day <= span.last for span in calendar.holidays):
        return False
    if day in constants.workdays:
        return True
    return day not in constants.holidays and day.isoweekday() not in calendar.weekend


def last_day(start: date, term: Term, calendar: FeedCalendar, pauses: Sequence[Pause] = ()) -> date:
    """The last day of a term that began on `start`; days of pauses are not counted."""
    day, end = start, start + LONGEST
    if term.months is not None:
        left = (add_months(start, term.months) - start).days
    else:
        left = term.days if term.days is not None else term.working_days or 0
    while left > 0 and day < end:
        day += ONE_DAY
        if any(pause.holds(day) for pause in pauses):
            continue
        if term.working_days is None or is_working_day(day, calendar):
            left -= 1
    return day


def deadlines(case: Standing, clocks: CaseClocks, calendar: FeedCalendar) -> list[Deadline]:
    """Every clock that runs, the nearest deadline first.

    In the fast lane it is the papers' alone: nobody shall be nagged for minutes in the middle of a flood.
    """

    def deadline(clock: Clock, start: date, term: Term) -> Deadline:
        return Deadline(clock, last_day(start, term, calendar, case.pauses))

    if case.fast_lane_on is not None and case.state in ASKED:
        return [deadline("papers", case.fast_lane_on, clocks.papers)]
    found = []
    if case.state in clocks.states:
        found.append(deadline("state", case.state_since, clocks.states[case.state]))
    if case.state in ASKED:
        found.append(deadline("decision", case.opened_on, clocks.decision))
    if case.measure_from is not None:
        found.append(deadline("measure", case.measure_from, clocks.measure))
    return sorted(found, key=lambda one: one.last)
