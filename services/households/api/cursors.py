"""Values of a page cursor. Somebody may have written one by hand: what does not fit is a wrong cursor, no failure."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.http.pages import CursorInvalid


def id_of(value: Any) -> UUID:
    """An id."""
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise CursorInvalid(field="after") from error


def moment_of(value: Any) -> datetime:
    """A moment with its offset."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)  # at the ends of time the offset leads out of it
    except (ValueError, TypeError, OverflowError) as error:
        raise CursorInvalid(field="after") from error
    raise CursorInvalid(field="after")


def code_of(value: Any) -> str:
    """An area code."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise CursorInvalid(field="after")
    return value
