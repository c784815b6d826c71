"""Cuts CSV text into pieces of whole records: a line break inside quotation marks ends none.

A piece whose quotation marks all stand where they should goes to the fast parser. Others (`5" pipe`, `"a" b`) are
read here, one cell after the other: a mark that does not open a cell, or is not followed by its end, is a character
like others.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.tables.table import refusal

MOST_RECORD = 4 << 20
"""No record is longer than that, in bytes: its quotation mark was never closed, or its line never ends."""

_QUOTE, _LINE, _RETURN = (ord(c) for c in '"\n\r')


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records: as `text` that ends with a line break, or cell by cell in `rows` where text would mislead."""

    text: bytes
    rows: list[list[str]] | None = None
    quoted: bool = False


def pieces(blocks: Iterator[bytes], separator: str) -> Iterator[Piece]:
    """The records in UTF-8 `blocks`. Raises `TableInvalid` for a quotation mark that is never closed, and
    for a line that has no end."""
    rest = b""
    for block in blocks:
        piece, rest = _cut_plain(rest, block) or _cut(rest + block, separator)
        if piece is not None:
            yield piece
        if len(rest) > MOST_RECORD:
            raise refusal("quote-open" if b'"' in rest else "line-too-long")
    rest = rest.rstrip(b"\x1a")  # how old systems end a file
    if rest:
        piece, rest = _cut(rest + b"\n", separator)
        if piece is not None:
            yield piece
        if rest:
            raise refusal("quote-open")


def _cut_plain(rest: bytes, block: bytes) -> tuple[Piece | None, bytes] | None:
    """`_cut` of both where no record holds a quotation mark, with a single copy; None where one may."""
    end = block.rfind(b"\n") + 1
    if not end or b'"' in block or b'"' in rest:
        return None
    return Piece(b"".join((rest, memoryview(block)[:end]))), block[end:]


def _cut(buffer: bytes, separator: str) -> tuple[Piece | None, bytes]:
    """The whole records in `buffer`, and what is left."""
    if b'"' not in buffer:
        end = buffer.rfind(b"\n") + 1
        return (Piece(buffer[:end]) if end else None), buffer[end:]
    clean_end = _end_of_clean(buffer, ord(separator))
    if clean_end is not None:
        text = buffer[:clean_end]
        return (Piece(text, quoted=b'"' in text) if text else None), buffer[clean_end:]
    rows, end = cells(buffer, separator)
    return (Piece(buffer[:end], rows, quoted=True) if rows else None), buffer[end:]


def _end_of_clean(buffer: bytes, separator: int) -> int | None:
    """Where the last whole record ends; None when a quotation mark stands where none should."""
    text = np.frombuffer(buffer, np.uint8)
    marks = np.flatnonzero(text == _QUOTE)
    opening, closing = marks[::2], marks[1::2]
    before = text[opening - 1]
    if opening[0] == 0:
        before[0] = _LINE
    # A doubled mark closes and opens again without a character between.
    opens = (before == separator) | (before == _LINE) | (before == _QUOTE)
    if not opens.all() or not _closes(text, closing, separator):
        return None
    stop = int(opening[-1]) if len(opening) > len(closing) else len(buffer)
    for begun, ended in zip(opening[: len(closing)][::-1], closing[::-1], strict=True):
        line = buffer.rfind(b"\n", int(ended) + 1, stop)
        if line >= 0:
            return line + 1
        stop = int(begun)
    return buffer.rfind(b"\n", 0, stop) + 1


def _closes(text: npt.NDArray[np.uint8], closing: npt.NDArray[np.intp], separator: int) -> bool:
    after = text[closing[closing + 1 < len(text)] + 1]
    ends = (after == separator) | (after == _LINE) | (after == _QUOTE)
    if ends.all():
        return True
    returns = closing[: len(after)][~ends] + 1
    followed = returns[returns + 1 < len(text)] + 1
    return bool((text[returns] == _RETURN).all() and (text[followed] == _LINE).all())


def cells(buffer: bytes, separator: str) -> tuple[list[list[str]], int]:
    """The cells of the whole records in `buffer`, and where the last of them ends."""
    rows: list[list[str]] = []
    row: list[str] = []
    end = 0
    for found in _cell(separator).finditer(buffer):
        if found["open"] is not None or found["end"] is None:  # the rest may belong to it
            break
        quoted = found["quoted"]
        cell = found["bare"].removesuffix(b"\r") if quoted is None else quoted.replace(b'""', b'"')
        row.append(cell.decode(errors="replace"))
        if found["end"] != separator.encode():
            rows.append(row)
            row, end = [], found.end()
    return rows, end


@functools.cache
def _cell(separator: str) -> re.Pattern[bytes]:
    # No possessive group may fail half-way in here: before 3.11.5 Python went on from where it failed.
    content, sep = rb'[^"]*+(?:""[^"]*+)*+', re.escape(separator.encode())
    return re.compile(
        rb'(?:"(?P<quoted>%b)"(?=%b|\r?\n)|(?P<open>"%b(?:"\r?)?\Z)|(?P<bare>[^%b\n]*+))'
        rb"(?P<end>%b|\r?\n)?" % (content, sep, content, sep, sep)
    )
