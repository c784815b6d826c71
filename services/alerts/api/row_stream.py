"""Cuts the body of a batch into rows while it arrives, one JSON row a line, so that no body lies in memory whole."""

import codecs
import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import orjson

from services.alerts.rules.batches import MAX_ROWS, BatchNotArray, BatchTooLong, BodyMalformed, RowTooLong

ROWS_A_CHUNK = 1_600
"""One transaction each. A thousand cost a tenth more a row; the more, the longer the last worker of a batch is alone."""
MAX_ROW = 100_000
"""Bytes (NDJSON) or characters (JSON) of one row; an alert has a few hundred."""

GULP = 65_536
"""Bytes that are cut at a time, the end of a body apart."""

_BOM = b"\xef\xbb\xbf"  # Windows puts it before UTF-8
_BLANKS = re.compile(r"[ \t\r\n]*")
_AFTER_A_NUMBER = frozenset(" \t\r\n,]")
_UNREADABLE = b"?"  # stands for a row that is JSON but holds what cannot be kept; it is refused as such a row


async def in_gulps(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A body in pieces of some size: a row that is not whole yet is looked at from its beginning with each of them, and
    whoever sends it byte by byte would keep everybody waiting.
    """
    gulp = bytearray()
    async for piece in body:
        gulp += piece
        if len(gulp) >= GULP:
            yield bytes(gulp)
            gulp.clear()
    if gulp:
        yield bytes(gulp)


async def ndjson_chunks(body: AsyncIterator[bytes]) -> AsyncIterator[Sequence[bytes]]:
    """Lines of NDJSON in chunks. Blank lines stay, so that row numbers are line numbers."""
    lines: list[bytes] = []
    count = 0
    rest = b""
    async for piece in body:
        *whole, rest = (rest + piece).split(b"\n")
        if whole and count == 0:
            whole[0] = whole[0].removeprefix(_BOM)
        count += len(whole)
        _check_count(count)
        if len(rest) > MAX_ROW:
            raise RowTooLong(row=count + 1)
        lines += whole
        while len(lines) >= ROWS_A_CHUNK:
            yield lines[:ROWS_A_CHUNK]
            del lines[:ROWS_A_CHUNK]
    if rest.strip():
        _check_count(count + 1)
        lines.append(rest.removeprefix(_BOM))
    if lines:
        yield lines


async def json_chunks(body: AsyncIterator[bytes]) -> AsyncIterator[Sequence[bytes]]:
    """Items of a JSON array in chunks, each on a line of its own. Raises `BodyMalformed`, `BatchNotArray`."""
    cutter = _ArrayCutter()
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    lines: list[bytes] = []
    async for piece in body:
        lines += map(_as_line, cutter.cut(_decoded(decoder, piece)))
        _check_count(cutter.count)
        while len(lines) >= ROWS_A_CHUNK:
            yield lines[:ROWS_A_CHUNK]
            del lines[:ROWS_A_CHUNK]
    cutter.end()
    if lines:
        yield lines


class _ArrayCutter:
    """Takes a JSON array in pieces and gives its items as they become whole.

    A library that reads JSON as a stream (ijson) takes memory with the square of the nesting: a body of 100 kB
    stops the process. Here an item is decoded at once, and the decoder refuses deep nesting.
    """

    _decode = json.JSONDecoder(parse_constant=lambda _: _refuse()).raw_decode

    def __init__(self) -> None:
        self.count = 0
        self._rest = ""
        self._expected: Literal["start", "first", "item", "comma", "nothing"] = "start"

    def cut(self, piece: str) -> list[Any]:
        """The items that are whole with this piece."""
        text = self._rest + piece
        items: list[Any] = []
        place = _skip_blanks(text, 0)
        while place < len(text):
            if self._expected == "item" or (self._expected == "first" and text[place] != "]"):
                found = self._item(text, place)
                if found is None:
                    break
                item, place = found
                items.append(item)
                self._expected = "comma"
            else:
                self._expected = self._after(text[place])
                place += 1
            place = _skip_blanks(text, place)
        self._rest = text[place:]
        self.count += len(items)
        return items

    def end(self) -> None:
        """Raise unless the array was whole."""
        if self._expected != "nothing":
            raise BodyMalformed

    def _item(self, text: str, start: int) -> tuple[Any, int] | None:
        """The item at `start` and where it ends; None while it may not all be there."""
        try:
            item, end = self._decode(text, start)
        except json.JSONDecodeError as error:
            broken_at = error.pos
        except (RecursionError, ValueError):  # the latter: a number of more digits than Python makes an integer of
            broken_at = -MAX_ROW - 1
        else:
            if text[end - 1] in '}]"' or text[end : end + 1] in _AFTER_A_NUMBER:
                return item, end
            broken_at = end  # the rest of a number could be still to come
        if len(text) - broken_at > MAX_ROW:
            raise BodyMalformed
        if len(text) - start > MAX_ROW:
            raise RowTooLong(row=self.count + 1)
        return None

    def _after(self, character: str) -> Literal["first", "item", "nothing"]:
        match self._expected, character:
            case "start", "[":
                return "first"
            case "start", _:
                raise BatchNotArray
            case "comma", ",":
                return "item"
            case (("first" | "comma"), "]"):
                return "nothing"
        raise BodyMalformed


def _skip_blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return found.end() if found else place


def _refuse() -> None:
    raise BodyMalformed  # NaN and Infinity are no JSON


def _decoded(decoder: codecs.IncrementalDecoder, piece: bytes) -> str:
    try:
        return decoder.decode(piece)
    except UnicodeDecodeError:
        pass  # raised below, outside this block: the decoder's error carries the bytes
    raise BodyMalformed


def _as_line(item: Any) -> bytes:
    try:
        return orjson.dumps(item)
    except TypeError:
        return _UNREADABLE


def _check_count(count: int) -> None:
    if count > MAX_ROWS:
        raise BatchTooLong(max_rows=MAX_ROWS)
