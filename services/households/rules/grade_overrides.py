"""A grade by hand (人工调整): who may set it, for how long."""

from datetime import date, timedelta
from typing import ClassVar

from shared.contracts.grade_policies import OverrideRule
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.security.principals import Role


class OverrideNotAllowed(Forbidden):
    """By the rules in force, accounts of that role set no grades."""

    code: ClassVar[str] = "grade-override-role"


class OverrideTooLong(Invalid):
    """Its last day has passed, or lies further ahead than the rules allow."""

    code: ClassVar[str] = "grade-override-days"


class OverrideMissing(NotFound):
    """Nobody has set the household's grade."""

    code: ClassVar[str] = "grade-override-missing"


class HouseholdGone(Conflict):
    """The household is no more."""

    code: ClassVar[str] = "grade-household-gone"


def check_override(rule: OverrideRule, role: Role, until: date, today: date) -> None:
    """Raise `OverrideNotAllowed` or `OverrideTooLong`."""
    if role not in rule.roles:
        raise OverrideNotAllowed
    if not today <= until < today + timedelta(days=rule.max_days):
        raise OverrideTooLong(field="until", days=rule.max_days)
