"""Rows as COPY takes them in its binary format: made beside the connection, by whoever has the values.

The driver makes them while it sends, and the database waits for it. A row here is its columns alone, each as its length
and its bytes: it is read again, and gets further columns, where that is needed.
Source: PostgreSQL's documentation of COPY ("Binary Format") and of the `*_send` functions of its types.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

from shared.db.engine import WriteSession, raw

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_LENGTH, _COLUMNS, _INTEGER, _MICROSECONDS = Struct(">i"), Struct(">h"), Struct(">i"), Struct(">q")
_BOOLEAN = Struct(">?")
_NULL = _LENGTH.pack(-1)
_DAY_ZERO = date(2000, 1, 1).toordinal()
_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_AT_ONCE = 1000  # rows of a message


class _Type(NamedTuple):
    write: Callable[[Any], bytes]
    read: Callable[[bytes], Any]


_TYPES = {
    "uuid": _Type(lambda value: value.bytes, lambda written: UUID(bytes=written)),
    "text": _Type(str.encode, bytes.decode),
    "bytea": _Type(bytes, bytes),
    "jsonb": _Type(lambda value: b"\x01" + value.encode(), lambda written: written[1:].decode()),
    "date": _Type(
        lambda value: _INTEGER.pack(value.toordinal() - _DAY_ZERO),
        lambda written: date.fromordinal(_INTEGER.unpack(written)[0] + _DAY_ZERO),
    ),
    "timestamptz": _Type(
        lambda value: _MICROSECONDS.pack((value - _ZERO) // _TICK),
        lambda written: _ZERO + _MICROSECONDS.unpack(written)[0] * _TICK,
    ),
    "boolean": _Type(_BOOLEAN.pack, lambda written: _BOOLEAN.unpack(written)[0]),
    "smallint": _Type(_COLUMNS.pack, lambda written: _COLUMNS.unpack(written)[0]),
}


class RowFormat:
    """How rows of these types are written and read."""

    def __init__(self, types: Sequence[str]) -> None:
        self._types = [_TYPES[name] for name in types]

    def write(self, rows: Sequence[Sequence[Any]]) -> list[bytes]:
        """Column by column, for most columns of many rows say the same."""
        columns = zip(*rows, strict=True)
        written = [_written(of_type.write, column) for of_type, column in zip(self._types, columns, strict=bool(rows))]
        return list(map(b"".join, zip(*written, strict=True)))

    def read(self, row: bytes) -> Iterator[Any]:
        """The values of a row that `write` wrote."""
        place = 0
        for of_type in self._types:
            begin = place + _LENGTH.size
            length: int = _LENGTH.unpack_from(row, place)[0]
            place = begin + max(length, 0)
            yield None if length < 0 else of_type.read(row[begin:place])


def _written(write: Callable[[Any], bytes], column: Sequence[Any]) -> list[bytes]:
    pack = _LENGTH.pack
    if column.count(column[0]) == len(column):
        return [_sized(write, column[0])] * len(column)
    return [_NULL if value is None else pack(len(cell := write(value))) + cell for value in column]


def _sized(write: Callable[[Any], bytes], value: Any) -> bytes:
    if value is None:
        return _NULL
    cell = write(value)
    return _LENGTH.pack(len(cell)) + cell


def with_text(row: bytes, text: str) -> bytes:
    """The row with one column more."""
    return row + _sized(str.encode, text)


async def copy_written(session: WriteSession, table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
    """COPY rows of just these columns into `table`, inside the session's transaction; no row may conflict."""
    connection = await raw(session)
    pieces = _pieces(_COLUMNS.pack(len(columns)), iter(rows))
    await connection.copy_to_table(table, source=pieces, columns=list(columns), format="binary")


async def _pieces(before_each: bytes, rows: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A message each: the database begins with what it has, while more is sent. Of one it would wait for the end."""
    yield _HEADER
    while some := list(islice(rows, _AT_ONCE)):
        yield before_each + before_each.join(some)
    yield _END
