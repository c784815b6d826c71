"""A set of list workbooks, read whole: sheets for townships and several files are one list. CPU work: in a thread.

Rows are kept as numbers into the distinct cells of each column, for a county's list has a thousand times as many cells
as different ones; what differs in nearly every row (names, numbers) stays text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, BinaryIO

import polars as pl

from services.households.rules.register_imports import TooManyRows
from services.households.usecases.list_cells import DIRECT, Coding, Direct
from services.households.workbook_lists import ListColumn, WorkbookList
from shared.ahead import ahead
from shared.errors import Fault
from shared.tables import Frame, Table, open_table
from shared.villages import LEVELS, Villages

MOST_ROWS = 4_000_000
"""More than a county has people."""
FRAME_ROWS = 50_000
CODE = "household.national_code"
AREA, BAD, FIRST = "_area", "_bad", "_first"
_PLACE = {"file": pl.UInt8, "sheet": pl.UInt8, "row": pl.UInt32}
_AREAS = [f"area.{level}" for level in LEVELS]


@dataclass(frozen=True, slots=True)
class RowFault:
    """A mistake in one row of the set, and the household it stands in, as far as the row says."""

    file: int
    sheet: int
    row: int
    national_code: str | None
    fault: Fault


@dataclass(slots=True)
class Listing:
    """All rows of a set, those of one household together and in the order of the files.

    `rows`: file, sheet, row, `_area` (number into `areas`), `_bad`, and a column for each field that was found.
    """

    rows: pl.DataFrame
    areas: Sequence[str | None]
    codings: Mapping[str, Coding]
    faults: Sequence[RowFault]
    notes: Sequence[tuple[int, str, str]]  # sheets that were not read: file, name, why

    def parts(self, households: int) -> Iterator[pl.DataFrame]:
        """The rows of so many households at a time, without those whose rows have mistakes."""
        good = self.rows.filter(~pl.col(BAD))
        if good.is_empty():
            return
        starts = good.select((pl.col(CODE) != pl.col(CODE).shift(1)).fill_null(True)).to_series().arg_true()
        places = [*starts.gather_every(households).to_list(), good.height]
        for begin, end in pairwise(places):
            yield good.slice(begin, end - begin)


@dataclass(slots=True)
class SetReader:
    """Reads the files of a set one after the other."""

    list_: WorkbookList
    villages: Villages
    today: date
    read: int = 0  # rows so far
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _faults: list[RowFault] = field(default_factory=list)
    _notes: list[tuple[int, str, str]] = field(default_factory=list)
    _areas: list[str | None] = field(default_factory=lambda: [None])
    _places: dict[tuple[str | None, ...], int] = field(default_factory=dict)
    _codings: dict[str, Coding] = field(default_factory=dict)
    _direct: dict[str, Direct] = field(default_factory=dict)

    def open(self, file: BinaryIO, name: str) -> Table:
        """The table in a file. Raises `TableInvalid`."""
        return open_table(file, name, self.list_.read, today=self.today)

    def take(self, number: int, table: Table, moved: Callable[[int], None]) -> None:
        """Read one file of the set to its end; `moved` hears how many rows there are so far."""
        self._notes += [(number, sheet.name, sheet.skipped) for sheet in table.sheets if sheet.skipped]
        for frame in ahead(table.frames(FRAME_ROWS)):
            self.read += frame.data.height
            if self.read > MOST_ROWS:
                raise TooManyRows(max_rows=MOST_ROWS)
            self._frames.append(self._frame(number, frame))
            moved(self.read)

    def listing(self) -> Listing:
        """What was read. Mistakes of a row count for its whole household."""
        if not self._frames:
            rows = pl.DataFrame(schema={**_PLACE, CODE: pl.String, AREA: pl.UInt32, BAD: pl.Boolean})
            return Listing(rows, self._areas, self._codings, self._faults, self._notes)
        rows = pl.concat(self._frames).with_row_index("_n")
        self._frames.clear()
        coded = pl.col(CODE).is_not_null()
        rows = (
            rows.with_columns(
                pl.when(coded).then(pl.col("_n").min().over(CODE)).otherwise(pl.col("_n")).alias(FIRST),
                pl.when(coded).then(pl.col(BAD).any().over(CODE)).otherwise(pl.lit(True)).alias(BAD),
            )
            .sort(FIRST, "_n")
            .drop(FIRST, "_n")
        )
        return Listing(rows, self._areas, self._codings, self._faults, self._notes)

    def _frame(self, number: int, frame: Frame) -> pl.DataFrame:
        data = frame.data.with_columns(pl.lit(number, pl.UInt8).alias("file"))
        columns = [self._column(column, data[column.field]) for column in self._columns()]
        rows = data.select(*_PLACE).with_columns(columns).with_columns(self._area(data).alias(AREA))
        wrong = [self._unread(data, frame), *self._miscoded(rows), *self._misread(data), self._nowhere(rows)]
        bad = pl.concat(wrong).unique().to_list()
        at = pl.int_range(0, rows.height, eager=True, dtype=pl.UInt32)
        return rows.with_columns(at.is_in(bad).alias(BAD))

    def _columns(self) -> Iterable[ListColumn]:
        return (one for one in self.list_.columns if one.part not in ("area", "shown"))

    def _column(self, column: ListColumn, cells: pl.Series) -> pl.Series:
        if column.field in DIRECT:
            if column.field not in self._direct:
                self._direct[column.field] = Direct(column)
            return self._direct[column.field].read(cells)
        if column.field not in self._codings:
            self._codings[column.field] = Coding(column)
        return self._codings[column.field].encode(cells)

    def _area(self, data: pl.DataFrame) -> pl.Series:
        """Each combination of names is looked up once."""
        named = data.select(_AREAS)
        for names in named.unique().iter_rows():
            if names not in self._places:
                self._places[names] = len(self._areas)
                self._areas.append(self.villages.find(names))
        known = pl.DataFrame(
            [(*names, place) for names, place in self._places.items()],
            schema={**dict.fromkeys(_AREAS, pl.String), AREA: pl.UInt32},
            orient="row",
        )
        return named.join(known, on=_AREAS, how="left", nulls_equal=True, maintain_order="left")[AREA]

    def _unread(self, data: pl.DataFrame, frame: Frame) -> pl.Series:
        """Places of the rows that the reader of tables refused."""
        if frame.faults.is_empty():
            return pl.Series(dtype=pl.UInt32)
        placed = data.with_row_index("_at").select("_at", "row", "sheet", "file", CODE)
        found = placed.join(frame.faults, on=["row", "sheet"]).sort("_at")
        for row in found.select("file", "sheet", "row", CODE, "field", "code").iter_rows():
            self._add_fault(row, Fault(row[4], row[5]))
        return found["_at"]

    def _miscoded(self, rows: pl.DataFrame) -> Iterator[pl.Series]:
        """Places of the rows with a cell that cannot be read."""
        for name, coding in self._codings.items():
            if coding.faults:
                wrong = rows.with_row_index("_at").filter(pl.col(name).is_in(list(coding.faults)))
                for row in wrong.select("file", "sheet", "row", CODE, name).iter_rows():
                    self._add_fault(row, coding.faults[row[4]])
                yield wrong["_at"]

    def _misread(self, data: pl.DataFrame) -> Iterator[pl.Series]:
        """Likewise, where nearly every cell is another."""
        for name, direct in self._direct.items():
            if direct.faults:
                wrong = data.with_row_index("_at").filter(pl.col(name).is_in(list(direct.faults)))
                for row in wrong.select("file", "sheet", "row", CODE, name).iter_rows():
                    self._add_fault(row, direct.faults[row[4]])
                yield wrong["_at"]

    def _nowhere(self, rows: pl.DataFrame) -> pl.Series:
        """Places of the rows whose village nobody knows, or that lies outside what the sender may see."""
        nowhere = [place for place, code in enumerate(self._areas) if code is None]
        wrong = rows.with_row_index("_at").filter(pl.col(AREA).is_in(nowhere))
        for row in wrong.select("file", "sheet", "row", CODE).iter_rows():
            self._add_fault(row, Fault("area.village", "area-unknown"))
        return wrong["_at"]

    def _add_fault(self, row: Sequence[Any], fault: Fault) -> None:
        file, sheet, number, national_code = row[:4]
        self._faults.append(RowFault(file, sheet, number, national_code, fault))
