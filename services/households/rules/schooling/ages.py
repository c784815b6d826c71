"""Who owes school (适龄儿童): by age and stage, as the policy `schooling` says. Days are days in China."""

from dataclasses import dataclass
from datetime import date, timedelta

from services.households.rules.months import add_months
from shared.contracts.policies import FeedCalendar, SchoolTerm
from shared.contracts.schooling_policies import Schooling

EDUCATION = "education"
"""The family of risks to which the schooling feeds belong."""


@dataclass(frozen=True, slots=True)
class Births:
    """Days of birth of those who owe school, both within it."""

    first: date
    last: date


def births(on: date, rules: Schooling) -> Births:
    """Born so that they were `first_age` on the last cut-off day and are not `leave_age` yet on that day."""
    month, day = map(int, rules.cut_off.split("-"))
    cut_off = date(on.year, month, day)
    if cut_off > on:
        cut_off = date(on.year - 1, month, day)
    leaves = add_months(on, -12 * rules.leave_age)
    return Births(leaves + timedelta(days=1), add_months(cut_off, -12 * rules.first_age))


def over_age_on(birth_on: date, rules: Schooling) -> date:
    """The first day on which somebody born then owes school no longer, whatever the stage."""
    return add_months(birth_on, 12 * rules.leave_age)


def owes_school(birth_on: date, stage: str | None, on: date, rules: Schooling) -> bool:
    """Whether a child owes school on that day."""
    span = births(on, rules)
    return span.first <= birth_on <= span.last and stage not in rules.done_stages


def term_of(day: date, calendar: FeedCalendar) -> str | None:
    """The name of the term that had begun last; holidays count to the term before them. None where none is known."""
    begun = [term for term in calendar.terms if term.first <= day]
    return max(begun, key=lambda term: term.first).name if begun else None


def find_term(name: str, calendar: FeedCalendar) -> tuple[SchoolTerm, date] | None:
    """A term and the last day that counts to it, by its name."""
    ordered = sorted(calendar.terms, key=lambda term: term.first)
    for term, later in zip(ordered, [*ordered[1:], None], strict=True):
        if term.name == name:
            return term, later.first - timedelta(days=1) if later else date.max
    return None
