"""Alerts about whole areas (区域预警): which areas may be named, under which one the alert is filed, what answers it."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from shared import areas
from shared.areas import AreaCode, Level, Scope
from shared.contracts.households import Verdict
from shared.errors import Fault
from shared.security.principals import AreaNotPermitted

_GRAVEST_FIRST: tuple[Verdict, ...] = (
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


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """What the areas' verdicts come to: the gravest of them."""
    return min(verdicts, key=_GRAVEST_FIRST.index)


def asked_area(subject_key: str) -> tuple[UUID, str] | None:
    """The alert and the area in the subject key of an area's task; None for those of households and persons."""
    kind, *parts = subject_key.split(":")
    return (UUID(parts[0]), parts[1]) if kind == "area" and len(parts) == 2 else None


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
    if not all(code.startswith(areas.prefix(above)) for code in codes):
        return [Fault("area_code", "area-elsewhere")]
    return []


def _above(codes: Sequence[AreaCode], scope: Scope, known: Set[str]) -> AreaCode:
    found: AreaCode | None = codes[0]
    while found is not None and not all(code.startswith(areas.prefix(found)) for code in codes):
        found = areas.parent(found)
    return found if found is not None and found in known and scope.covers(found) else codes[0]
