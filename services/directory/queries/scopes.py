"""Conditions that keep an answer within the asker's scope."""

from sqlalchemy import ARRAY, ColumnElement, Text, any_, column, func, literal, not_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement

from shared.areas import Scope


def code_within(code: InstrumentedAttribute[str], scope: Scope) -> ColumnElement[bool]:
    """The area `code` lies within `scope`."""
    return code.like(any_(literal(scope.like_patterns(), ARRAY(Text))))


def areas_within(areas: InstrumentedAttribute[list[str]], scope: Scope) -> ColumnElement[bool]:
    """Every prefix of the array lies within `scope`; `*` only within everywhere."""
    unnested: FunctionElement[str] = func.unnest(areas)
    each = unnested.table_valued("prefix").alias("each_area")
    outside = select(literal(1)).select_from(each).where(not_(_like_any(scope)))
    return not_(outside.exists())


def _like_any(scope: Scope) -> ColumnElement[bool]:
    return column("prefix", Text).like(any_(literal(scope.like_patterns(), ARRAY(Text))))
