"""Alerts about whole areas (区域预警): which areas may be named, under which one the alert is filed, what answers it."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from shared import areas
from shared.areas import AreaCode, Level, Scope
from shared.contracts.households import Verdict
from shared.errors import Fault
from shared.security.principals import AreaNotPermitted

GRAVEST_FIRST: tuple[Verdict, ...] = (
    "risk_confirmed",
    "already_helped",
    "unreachable",
    "no_risk",
    "moved_away",
    "duplicate",
    "wrong_person",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert about areas belongs."""

    area_code: AreaCode
    codes: tuple[AreaCode, ...]  # sorted, each once


def place(codes: Sequence[AreaCode], filed_under: str, scope: Scope, known: Set[str]) -> Place | list[Fault]:
    """The areas named and the one the alert is filed under, or what is wrong with them.

    Villages and townships may be named, of today and within the sender's scope. The alert is filed under the area the
    sender gives, which must hold them all; else under the smallest that does and that the sender may see; else under
    the first.
    """
    faults = [fault for n, code in enumerate(codes) for fault in _faults(code, f"area.codes.{n}", scope, known)]
    if filed_under:
        above = AreaCode(filed_under)
        faults += _faults_of_above(above, codes, scope, known)
    if faults:
        return faults
    named = tuple(sorted(set(codes)))
    return Place(AreaCode(filed_under) if filed_under else _above(named, scope, known), named)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a report about areas names: all who live in them, or in natural villages of these."""

    codes: Sequence[str]  # villages and townships
    natural_villages: Sequence[str] = ()  # none: all


def names(reports: Iterable[Named], one: Named) -> bool:
    """Whether all whom a report names are named by others already."""
    known = list(reports)
    for code in one.codes:
        here = [other for other in known if any(_holds(above, code) for above in other.codes)]
        if any(not other.natural_villages for other in here):
            continue
        named = {name for other in here for name in other.natural_villages}
        if not one.natural_villages or not named.issuperset(one.natural_villages):
            return False
    return True


def meet(one: Named, other: Named) -> bool:
    """Whether they have any area in common."""
    return any(_holds(code, area) or _holds(area, code) for code in one.codes for area in other.codes)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """What the areas' verdicts come to: the gravest of them."""
    return min(verdicts, key=GRAVEST_FIRST.index)


def _holds(above: str, code: str) -> bool:
    return code.startswith(areas.prefix(AreaCode(above)))


def _faults(code: AreaCode, field: str, scope: Scope, known: Set[str]) -> list[Fault]:
    if code not in known:
        return [Fault(field, "area-unknown")]
    if not scope.covers(code):
        return [Fault(field, AreaNotPermitted.code, {"area": code})]
    if areas.level(code) not in (Level.VILLAGE, Level.TOWNSHIP):
        return [Fault(field, "area-too-large")]
    return []


def _faults_of_above(above: AreaCode, codes: Iterable[AreaCode], scope: Scope, known: Set[str]) -> list[Fault]:
    if above not in known:
        return [Fault("area_code", "area-unknown")]
    if not scope.covers(above):
        return [Fault("area_code", AreaNotPermitted.code, {"area": above})]
    if not all(_holds(above, code) for code in codes):
        return [Fault("area_code", "area-elsewhere")]
    return []


def _above(codes: Sequence[AreaCode], scope: Scope, known: Set[str]) -> AreaCode:
    found: AreaCode | None = codes[0]
    while found is not None and not all(_holds(found, code) for code in codes):
        found = areas.parent(found)
    return found if found is not None and found in known and scope.covers(found) else codes[0]
