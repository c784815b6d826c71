"""The condition "lies within a scope", as an index can answer it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.areas import Scope, bounds


def within(column: InstrumentedAttribute[Any], scope: Scope) -> ColumnElement[bool]:
    """True for the rows whose 12-digit area code lies in `scope`, as ranges of codes; nothing lies nowhere."""
    if "" in scope.prefixes:
        return true()
    # No BETWEEN: PostgreSQL's grammar takes no COLLATE in it, which the columns of codes bring.
    ranges = [and_(column >= first, column <= last) for first, last in map(bounds, sorted(scope.prefixes))]
    return or_(*ranges) if ranges else false()
