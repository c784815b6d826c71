"""The files of a set as one list: each is read by a process of its own, and here they are put together.

Opening and reading a workbook keeps the interpreter's lock and takes much memory for a while: two of them at once use
both cores, and their memory goes with them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from uuid import UUID

import polars as pl

from services.households.rules.register_imports import ListKind
from services.households.usecases.list_cells import Coding
from services.households.usecases.list_reading import (
    AREA,
    BAD,
    CODE,
    MOST_FINDINGS,
    MOST_ROWS,
    PLACE,
    FileReader,
    FileRows,
    RowFault,
)
from services.households.workbook_lists import LISTS, WorkbookList
from shared.errors import ImportTooLong
from shared.files import Shelf
from shared.side_processes import side_processes
from shared.tables.table import in_file
from shared.villages import Names, Villages

AT_ONCE = 2
"""Files that are read at the same time: each takes some 300 MB meanwhile."""
_FIRST = "_first"


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
class Gathering:
    """Files that were read, in their order, on their way into one listing. Sums: in a thread."""

    list_: WorkbookList
    villages: Villages
    read: int = 0  # rows so far
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _faults: list[RowFault] = field(default_factory=list)
    _notes: list[tuple[int, str, str]] = field(default_factory=list)
    _areas: list[str | None] = field(default_factory=lambda: [None])
    _places: dict[Names, int] = field(default_factory=dict)
    _codings: dict[str, Coding] = field(default_factory=dict)

    def add(self, file: FileRows) -> None:
        """Take the next file. Numbers of its own become those of the set. Raises `ImportTooLong`."""
        self.read += sum(frame.height for frame in file.frames)
        if self.read > MOST_ROWS:
            raise ImportTooLong(max_rows=MOST_ROWS)
        coded = [one for one in self.list_.columns if one.field in file.cells]
        codings = [(self._codings.setdefault(one.field, Coding(one)), one.field) for one in coded]
        places = pl.Series([0, *map(self._place, file.places)], dtype=pl.UInt32)
        for frame in file.frames:
            numbers = [coding.gather(frame[name], file.cells[name]) for coding, name in codings]
            self._frames.append(frame.with_columns(*numbers, places.gather(frame[AREA]).alias(AREA)))
        self._faults += file.faults[: MOST_FINDINGS - len(self._faults)]
        self._notes += file.notes

    def _place(self, names: Names) -> int:
        if names not in self._places:
            self._places[names] = len(self._areas)
            self._areas.append(self.villages.find(names))
        return self._places[names]

    def listing(self) -> Listing:
        """What was read. Mistakes of a row count for its whole household."""
        if not self._frames:
            rows = pl.DataFrame(schema={**PLACE, CODE: pl.String, AREA: pl.UInt32, BAD: pl.Boolean})
            return Listing(rows, self._areas, self._codings, self._faults, self._notes)
        rows = pl.concat(self._frames).with_row_index("_n")
        self._frames.clear()
        coded = pl.col(CODE).is_not_null()
        rows = (
            rows.with_columns(
                pl.when(coded).then(pl.col("_n").min().over(CODE)).otherwise(pl.col("_n")).alias(_FIRST),
                pl.when(coded).then(pl.col(BAD).any().over(CODE)).otherwise(pl.lit(True)).alias(BAD),
            )
            .sort(_FIRST, "_n")
            .drop(_FIRST, "_n")
        )
        return Listing(rows, self._areas, self._codings, self._faults, self._notes)


@dataclass(frozen=True, slots=True)
class FileSet:
    """The files of an import, and what is to be known for reading them."""

    shelf: Shelf
    import_id: UUID
    names: Sequence[str]
    kind: ListKind
    villages: Villages
    today: date

    async def read(self) -> AsyncGenerator[FileRows]:
        """Each in its turn, while the next ones are read. Raises as `read_one` does, `TookTooLong`, `SideProcessEnded`."""
        with side_processes(min(AT_ONCE, len(self.names)), self) as readers:
            reading = deque(readers.begin(FileSet.read_one, number) for number in range(len(self.names)))
            for number in range(len(self.names)):
                with in_file(number):
                    yield await asyncio.wrap_future(reading.popleft())

    def read_one(self, number: int) -> FileRows:
        """In a process of its own. Raises `TableInvalid`, `FileNotFoundError`, `CannotOpen`."""
        reader = FileReader(LISTS[self.kind], self.villages, self.today)
        with self.shelf.open(self.import_id, number) as file:
            return reader.take(number, reader.open(file, self.names[number]))
