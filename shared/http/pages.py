"""Keyset pages: `after` is the opaque place where the last page ended, so page 1,000 costs what page 1 costs."""

import base64
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from shared.errors import Invalid
from shared.http.fields import AnyArea

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="Rows a page · 每页行数")]
After = Annotated[str | None, Query(max_length=400, description="`next` of the page before · 上一页的 next")]

Below = Annotated[AnyArea | None, Query(description="This area and all below · 区划")]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(None, description="Give it as `after` for the next page; absent on the last · 下一页标记")


class CursorInvalid(Invalid):
    """The `after` given is not one we made."""

    code = "cursor-invalid"


def encode_cursor(*values: Any) -> str:
    """The sort key of the last row (JSON types, UUID, datetime, date) as an opaque text."""
    # default=str: asyncpg reads a UUID as a subclass of its own, which orjson does not know.
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def decode_cursor(after: str | None, length: int) -> list[Any] | None:
    """The `length` JSON values of a cursor; raises `CursorInvalid`."""
    if after is None:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except ValueError as error:
        raise CursorInvalid(field="after") from error
    if not isinstance(values, list) or len(values) != length:
        raise CursorInvalid(field="after")
    return values


def decode_id_cursor(after: str | None) -> UUID | None:
    """The one id in a cursor; raises `CursorInvalid`."""
    match decode_cursor(after, 1):
        case None:
            return None
        case [str(text)]:
            with suppress(ValueError):
                return UUID(text)
    raise CursorInvalid(field="after")


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Split `limit + 1` fetched rows into the page and, if there is a further page, the page's last row."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], rows[limit - 1]
