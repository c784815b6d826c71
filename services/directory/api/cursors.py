"""Page cursors of lists that are in the order of a code or a username."""

from shared.http.pages import decode_cursor


def text_after(after: str | None) -> str | None:
    """The text at which the last page ended; raises `CursorInvalid`."""
    cursor = decode_cursor(after, 1)
    return None if cursor is None else str(cursor[0])
