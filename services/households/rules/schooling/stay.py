"""When a child who came back is looked for at school (返校稳定核查): on school days only."""

from dataclasses import dataclass
from datetime import date, timedelta

from services.households.rules.monitoring.clocks import LONGEST, ONE_DAY, is_working_day, last_day
from services.households.rules.schooling.refusals import StayCheckDay, StayCheckTooEarly
from shared.contracts.case_policies import Term
from shared.contracts.policies import FeedCalendar
from shared.contracts.schooling_policies import StayPlan

FAMILY = "school_stay"
"""Kind of risk of the check's own case: no alert has it, so none joins."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A check: so many `days` after the return, on the school day `on`, answered by the end of `last`."""

    days: int
    on: date
    last: date


def is_school_day(day: date, calendar: FeedCalendar) -> bool:
    """Whether pupils are at school: a working day, and within a term as far as terms are known."""
    if not is_working_day(day, calendar):
        return False
    if not calendar.terms:
        return True
    first, last = min(term.first for term in calendar.terms), max(term.last for term in calendar.terms)
    return not first <= day <= last or any(term.first <= day <= term.last for term in calendar.terms)


def next_check(
    returned_on: date, done: int, seen_on: date | None, plan: StayPlan, calendar: FeedCalendar
) -> Planned | None:
    """The check after `done` of them; None when all have held.

    `seen_on`: when the former check saw the child. A late answer does not bring two checks together.
    """
    if done >= len(plan.days):
        return None
    day = returned_on + timedelta(days=plan.days[done])
    if seen_on is not None:
        day = max(day, seen_on + timedelta(days=plan.gap_days))
    end = day + LONGEST
    while day < end and not is_school_day(day, calendar):
        day += ONE_DAY
    return Planned(plan.days[done], day, last_day(day, Term(working_days=plan.answer_days), calendar))


def require_seen(seen_on: date, *, present: bool, planned_on: date, returned_on: date, today: date) -> None:
    """Absence may be told at any time after the return; presence counts from the day of the check on."""
    if not returned_on <= seen_on <= today:
        raise StayCheckDay(field="seen_on")
    if present and seen_on < planned_on:
        raise StayCheckTooEarly(field="seen_on", first=planned_on.isoformat())
