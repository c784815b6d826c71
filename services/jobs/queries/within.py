"""Where something lies: within a scope, as indexes can answer it; and seen from home."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from services.jobs.rules.places import ABROAD
from shared import areas
from shared.areas import CODE_LENGTH, AreaCode, Scope


def within(column: InstrumentedAttribute[Any], scope: Scope) -> ColumnElement[bool]:
    """True for the rows whose 12-digit area code lies in `scope`, as ranges of codes; nothing lies nowhere."""
    if "" in scope.prefixes:
        return true()
    ranges = [
        and_(column >= prefix.ljust(CODE_LENGTH, "0"), column <= prefix.ljust(CODE_LENGTH, "9"))
        for prefix in sorted(scope.prefixes)
    ]
    return or_(*ranges) if ranges else false()


def narrowed(scope: Scope, area: AreaCode | None) -> Scope:
    """The part of `scope` within `area`."""
    if area is None:
        return scope
    wanted = areas.prefix(area)
    if any(wanted.startswith(prefix) for prefix in scope.prefixes):
        return Scope.of(area)
    return Scope(frozenset(prefix for prefix in scope.prefixes if prefix.startswith(wanted)))


def seen_from(home: str, work: str) -> str:
    """What `rules.distances.seen_from` says, as SQL of two columns; null where no place of work is known."""
    return f"""CASE WHEN {work} = '{ABROAD}' THEN 'abroad'
        WHEN left({work}, 6) = left({home}, 6) THEN 'county'
        WHEN left({work}, 4) = left({home}, 4) THEN 'prefecture'
        WHEN left({work}, 2) = left({home}, 2) THEN 'province' WHEN {work} IS NOT NULL THEN 'outside' END"""
