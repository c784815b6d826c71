"""Whose desk (岗位) a task is on: a village's, a township's or the county's."""

from dataclasses import dataclass
from typing import ClassVar

from shared import areas
from shared.areas import AreaCode, Scope
from shared.contracts.households import Level
from shared.errors import Invalid
from shared.security.principals import Role

LEVELS: tuple[Level, ...] = ("village", "township", "county")
"""From the ground up."""

DESK_LEVELS: dict[Role, Level] = {Role.VILLAGE: "village", Role.TOWNSHIP: "township", Role.COUNTY: "county"}
"""At which desk an account of that role sits; the others have none."""


class DeskElsewhere(Invalid):
    """That desk's area does not hold the household."""

    code: ClassVar[str] = "desk-elsewhere"


class AccountHasNoDesk(Invalid):
    """Accounts of that role are given no tasks."""

    code: ClassVar[str] = "account-has-no-desk"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a task lies."""

    level: Level
    area_code: AreaCode


def desk_of(area_code: AreaCode) -> Desk:
    """The desk of an area: its village's, its township's, or the county's for all above."""
    match areas.level(area_code):
        case areas.Level.VILLAGE:
            return Desk("village", area_code)
        case areas.Level.TOWNSHIP:
            return Desk("township", area_code)
        case _:
            return Desk("county", area_code)


def desk_for(household_area: AreaCode | None, alert_area: AreaCode) -> Desk:
    """A known household is its own village's matter, wherever the alert came from.

    An unknown person is looked for by the township of the alert's area, which can ask all its villages.
    """
    if household_area is not None:
        return desk_of(household_area)
    return desk_of(at_level(alert_area, "township"))


def at_level(area_code: AreaCode, level: Level) -> AreaCode:
    """The area of `level` that `area_code` lies in; itself when it lies higher already."""
    found = area_code
    while LEVELS.index(desk_of(found).level) < LEVELS.index(level):
        above = areas.parent(found)
        if above is None:
            break
        found = above
    return found


def desk_of_account(role: Role, scope: Scope, case_area: AreaCode, *, known: bool) -> Desk:
    """The desk at which an account works on a case.

    Raises `DeskElsewhere` unless the account's areas hold the household; one that is still unknown may be given to
    an account of an area below, which may find it.
    """
    level = DESK_LEVELS.get(role)
    if level is None:
        raise AccountHasNoDesk(field="account_id")
    if scope.covers(case_area):
        return Desk(level, at_level(case_area, level))
    below = [code for code in _codes(scope) if code.startswith(areas.prefix(case_area))]
    if known or not below:
        raise DeskElsewhere(field="account_id")
    return Desk(level, below[0])


def require_holds(desk: Desk, case_area: AreaCode, *, known: bool) -> None:
    """Raise `DeskElsewhere` when the known household does not lie in the desk's area: it could not even be seen."""
    if known and not case_area.startswith(areas.prefix(desk.area_code)):
        raise DeskElsewhere(field="area_code")


def _codes(scope: Scope) -> list[AreaCode]:
    return [areas.normalise(prefix) for prefix in sorted(scope.prefixes) if prefix]
