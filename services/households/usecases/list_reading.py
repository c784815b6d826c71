"""One file of a set of list workbooks, read whole. CPU work: in a process of its own (`list_files`).

Rows are kept as numbers into the distinct cells of each column, for a county's list has a thousand times as many cells
as different ones; what differs in nearly every row (names, numbers) stays text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

import polars as pl

from services.households.usecases.list_cells import DIRECT, Coding, Direct
from services.households.workbook_lists import ListColumn, WorkbookList
from shared.ahead import ahead
from shared.errors import Fault, ImportTooLong
from shared.tables import Frame, Table, open_table
from shared.villages import LEVELS, Names, Villages

MOST_ROWS = 4_000_000
"""More than a county has people."""
MOST_FINDINGS = 200_000
"""Of an import: no more are kept, anywhere on their way. All are counted."""
MOST_WARNINGS = 20_000
"""Likewise, of what is only worth a look: there must be room for what is refused, and for who vanished."""
FRAME_ROWS = 50_000
CODE = "household.national_code"
AREA, BAD = "_area", "_bad"
PLACE = {"file": pl.UInt8, "sheet": pl.UInt8, "row": pl.UInt32}
_AREAS = [f"area.{level}" for level in LEVELS]


@dataclass(frozen=True, slots=True)
class RowFault:
    """A mistake in one row of the set, and the household it stands in, as far as the row says."""

    file: int
    sheet: int
    row: int
    national_code: str | None
    fault: Fault


@dataclass(frozen=True, slots=True)
class FileRows:
    """What one file of a set holds.

    `frames`: columns as of `list_files.Listing.rows`, with numbers of this file's own into `cells` of each coded column
    and into `places`, the names of villages; both count from 1.
    """

    frames: Sequence[pl.DataFrame]
    cells: Mapping[str, Sequence[Any]]
    places: Sequence[Names]
    faults: Sequence[RowFault]
    notes: Sequence[tuple[int, str, str]]  # sheets that were not read: file, name, why


@dataclass(slots=True)
class FileReader:
    """Reads one file."""

    list_: WorkbookList
    villages: Villages
    today: date
    _faults: list[RowFault] = field(default_factory=list)
    _areas: list[str | None] = field(default_factory=lambda: [None])
    _places: dict[Names, int] = field(default_factory=dict)
    _codings: dict[str, Coding] = field(default_factory=dict)
    _direct: dict[str, Direct] = field(default_factory=dict)

    def open(self, file: BinaryIO, name: str) -> Table:
        """The table in a file. Raises `TableInvalid`."""
        return open_table(file, name, self.list_.read, today=self.today)

    def take(self, number: int, table: Table) -> FileRows:
        """Read the file to its end; `number` is its place in the set."""
        frames, read = list[pl.DataFrame](), 0
        for frame in ahead(table.frames(FRAME_ROWS)):
            read += frame.data.height
            if read > MOST_ROWS:
                raise ImportTooLong(max_rows=MOST_ROWS)
            frames.append(self._frame(number, frame))
        cells = {name: coding.cells for name, coding in self._codings.items()}
        notes = [(number, sheet.name, sheet.skipped) for sheet in table.sheets if sheet.skipped]
        return FileRows(frames, cells, list(self._places), self._faults, notes)

    def _frame(self, number: int, frame: Frame) -> pl.DataFrame:
        data = frame.data.with_columns(pl.lit(number, pl.UInt8).alias("file"))
        columns = [self._column(column, data[column.field]) for column in self._columns()]
        rows = data.select(*PLACE).with_columns(columns).with_columns(self._area(data).alias(AREA))
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
                for row in wrong.select("file", "sheet", "row", CODE, pl.col(name).alias("_cell")).iter_rows():
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
        if len(self._faults) >= MOST_FINDINGS:
            return
        file, sheet, number, national_code = row[:4]
        if national_code in self._direct[CODE].faults:
            national_code = None  # no code but whatever somebody wrote there
        self._faults.append(RowFault(file, sheet, number, national_code, fault))
