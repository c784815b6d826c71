"""Pages by key, in SQL: a page begins behind the row that the one before ended with. `shared.http.pages` has the cursors."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
Key = InstrumentedAttribute[Any] | ColumnElement[Any]


def in_order(query: Query, *keys: Key, after: Any, limit: int | None) -> Query:
    """Rows by these columns, which together are unique, behind the row where they are `after`: a tuple, or the value of
    the only one; None: from the first row on.
    """
    if after is not None:
        query = query.where(_place(keys) > after)
    return query.order_by(*keys).limit(limit)


def newest_first(query: Query, *keys: Key, before: Any, limit: int | None) -> Query:
    """The same the other way round."""
    if before is not None:
        query = query.where(_place(keys) < before)
    return query.order_by(*(key.desc() for key in keys)).limit(limit)


def _place(keys: tuple[Key, ...]) -> ColumnElement[Any]:
    return tuple_(*keys) if len(keys) > 1 else keys[0].expression
