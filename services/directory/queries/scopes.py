"""Conditions that keep an answer within the asker's scope."""

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, not_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import CollectionAggregate

from shared.areas import Scope


def code_within(code: InstrumentedAttribute[str], scope: Scope) -> ColumnElement[bool]:
    """The area `code` lies within `scope`."""
    return code.like(_patterns(scope))


def areas_within(areas: InstrumentedAttribute[list[str]], scope: Scope) -> ColumnElement[bool]:
    """Every prefix of the array lies within `scope`; `*` only within everywhere."""
    each = func.unnest(areas, type_=Text()).column_valued("each_area")
    return not_(select(literal(1)).where(not_(each.like(_patterns(scope)))).exists())


def _patterns(scope: Scope) -> CollectionAggregate[bool]:
    return any_(literal(scope.like_patterns(), ARRAY(Text)))
