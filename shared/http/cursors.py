"""Where a page goes on, by its sort key. Somebody may have written one by hand: what does not fit is a wrong cursor."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from shared.http.pages import CursorInvalid, decode_cursor

T = TypeVar("T")

_RANKS = 2**31
"""No rank is further from nought: the database keeps them as integers."""


def text_cursor(after: str | None) -> str | None:
    """A code or a username."""
    values = decode_cursor(after, 1)
    return None if values is None else str(values[0])


def area_cursor(after: str | None) -> tuple[str, UUID] | None:
    """Area code and id."""
    return _pair(after, _code)


def moment_cursor(after: str | None) -> tuple[datetime, UUID] | None:
    """Moment and id."""
    return _pair(after, _moment)


def day_cursor(after: str | None) -> tuple[date, UUID] | None:
    """Day and id."""
    return _pair(after, date.fromisoformat)


def rank_cursor(after: str | None) -> tuple[int, UUID] | None:
    """A rank and an id."""
    return _pair(after, _rank)


def due_cursor(after: str | None) -> tuple[str, UUID, str] | None:
    """Area code, person, kind."""
    values = decode_cursor(after, 3)
    try:
        return (_code(values[0]), UUID(values[1]), str(values[2])) if values else None
    except (ValueError, TypeError, AttributeError) as error:
        raise CursorInvalid(field="after") from error


def _pair(after: str | None, read: Callable[[Any], T]) -> tuple[T, UUID] | None:
    values = decode_cursor(after, 2)
    try:
        return (read(values[0]), UUID(values[1])) if values else None
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise CursorInvalid(field="after") from error


def _code(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise ValueError
    return value


def _rank(value: Any) -> int:
    if type(value) is not int or abs(value) >= _RANKS:
        raise ValueError
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)  # at the ends of time the offset leads out of it
