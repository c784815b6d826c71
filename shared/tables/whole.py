"""A table that was sent with a request and is answered with it, read as a whole beside the requests."""

import io
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from shared.errors import Fault, ImportTooLong
from shared.side_processes import preload
from shared.tables.formats import open_table
from shared.tables.in_turn import beside
from shared.tables.table import Column

preload(__name__)


class Whole(NamedTuple):
    """The rows without a fault, as of `Frame.good`, and the faults of the others: row of the file, what is wrong."""

    good: Sequence[pl.DataFrame]
    faults: Sequence[tuple[int, Fault]]


async def read_whole(body: bytes, columns: Sequence[Column], today: date, most_rows: int) -> Whole:
    """All of it, in columns: rows would take four times as long to come back as to read.

    Raises `TableInvalid`, `ImportTooLong`, `TookTooLong`.
    """
    return await beside(read_here, body, columns, today, most_rows)


def read_here(body: bytes, columns: Sequence[Column], today: date, most_rows: int) -> Whole:
    """The same in whose process this is called. Raises `TableInvalid`, `ImportTooLong`."""
    good, faults, rows = list[pl.DataFrame](), list[tuple[int, Fault]](), 0
    for frame in open_table(io.BytesIO(body), "", columns, today=today).frames():
        rows += frame.data.height
        if rows > most_rows:
            raise ImportTooLong(max_rows=most_rows)
        good.append(frame.good)
        wrong = frame.faults.select("row", "field", "code").iter_rows()
        faults += [(row, Fault(name, code)) for row, name, code in wrong]
    return Whole(good, faults)
