"""Page cursors of lists that are in the order of an id."""

from uuid import UUID

from shared.http.pages import CursorInvalid, decode_cursor


def id_after(after: str | None) -> UUID | None:
    """The id at which the last page ended; raises `CursorInvalid`."""
    cursor = decode_cursor(after, 1)
    if cursor is None:
        return None
    try:
        return UUID(str(cursor[0]))
    except ValueError as error:
        raise CursorInvalid(field="after") from error


def text_after(after: str | None) -> str | None:
    """The text at which the last page ended."""
    cursor = decode_cursor(after, 1)
    return None if cursor is None else str(cursor[0])
