"""What lies within a scope, as conditions in SQL."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, false, func, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.areas import Scope, bounds


def within(column: InstrumentedAttribute[Any], scope: Scope) -> ColumnElement[bool]:
    """True for the rows whose 12-digit area code lies in `scope`, as ranges for an index; nothing lies nowhere."""
    if "" in scope.prefixes:
        return true()
    # No BETWEEN: PostgreSQL's grammar takes no COLLATE in it, which the columns of codes bring.
    ranges = [and_(column >= first, column <= last) for first, last in map(bounds, sorted(scope.prefixes))]
    return or_(*ranges) if ranges else false()


def all_within(codes: InstrumentedAttribute[list[str]], scope: Scope) -> ColumnElement[bool]:
    """True for the rows all of whose areas lie in `scope`."""
    code = func.unnest(codes).column_valued("code")
    outside = select(code).where(~code.like(func.any(literal(scope.like_patterns(), ARRAY(Text))))).exists()
    return ~outside
