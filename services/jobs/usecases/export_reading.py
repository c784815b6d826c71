"""The files of an export, read piece by piece: rows of people, with what they say of their work. CPU work: in a thread.

Each distinct cell of a column is read once. A cell that no code list has says nothing, and its column is told; a row
without a readable ID number is left out, and counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

import polars as pl

from services.jobs import exports
from services.jobs.codes import LISTS
from services.jobs.exports import Export
from services.jobs.rules.comparing import Statement
from services.jobs.rules.reconciliation import MOST_ROWS, TooManyRows, place_code
from shared.ahead import ahead
from shared.idnumber import IdNumber
from shared.security.vault import Vault
from shared.side_processes import preload
from shared.tables import Frame, Table, open_table
from shared.villages import LEVELS, Villages

preload(__name__)

FRAME_ROWS = 20_000
KEY, AREA = "person_key", "area"
STATED = (
    *("status", "work_area", "employer", "industry", "trade", "wage", "channel", "point_to_point"),
    *("started_on", "ended_on"),
)
_SCHEMA: Mapping[str, Any] = {
    "file": pl.UInt8,
    "sheet": pl.UInt8,
    "row": pl.UInt32,
    KEY: pl.String,
    AREA: pl.String,
    "name": pl.String,
    "id_number": pl.String,
    "status": pl.Boolean,
    "work_area": pl.String,
    "employer": pl.String,
    "industry": pl.String,
    "trade": pl.String,
    "wage": pl.Float64,
    "channel": pl.String,
    "point_to_point": pl.Boolean,
    "started_on": pl.Date,
    "ended_on": pl.Date,
}


@dataclass(slots=True)
class ExportReader:
    """Reads the files of a set one after the other. `own_county`: 12 digits of where the ledger is kept."""

    export: Export
    headings: Mapping[str, Sequence[str]]
    villages: Villages
    own_county: str
    vault: Vault
    today: date
    read: int = 0  # rows so far
    _skipped: list[tuple[int, str, str]] = field(default_factory=list)  # sheets that were not read
    _unread: Counter[str] = field(default_factory=Counter)  # rows left out, by code
    _passed_over: set[str] = field(default_factory=set)
    _places: dict[tuple[str | None, ...], str | None] = field(default_factory=dict)

    def open(self, file: BinaryIO, name: str) -> Table:
        """The table in a file. Raises `TableInvalid`."""
        return open_table(file, name, self.export.read(self.headings), today=self.today)

    def frames(self, number: int, table: Table) -> Iterator[pl.DataFrame]:
        """The readable rows of one file of the set, with the columns of `_SCHEMA`. Raises `TableInvalid`, `TooManyRows`."""
        self._skipped += [(number, sheet.name, sheet.skipped) for sheet in table.sheets if sheet.skipped]
        for frame in ahead(table.frames(FRAME_ROWS)):
            self.read += frame.data.height
            if self.read > MOST_ROWS:
                raise TooManyRows(max_rows=MOST_ROWS)
            yield self._frame(number, frame)

    def notes(self) -> Mapping[str, Any]:
        """What was not read, of all files so far."""
        return {
            "skipped": [list(one) for one in self._skipped],
            "unread": dict(self._unread),
            "passed_over": sorted(self._passed_over),
        }

    def _frame(self, number: int, frame: Frame) -> pl.DataFrame:
        data = self._readable(frame)
        numbers = data["id_number"].to_list()
        columns: dict[str, Any] = {
            "file": pl.repeat(number, data.height, eager=True, dtype=pl.UInt8),
            "sheet": data["sheet"],
            "row": data["row"],
            KEY: [self.vault.person_key(IdNumber(one)) for one in numbers],
            AREA: self._areas(data),
            "id_number": numbers,
            "status": self._said("status", data),
            "point_to_point": self._said("point_to_point", data),
            "work_area": self._work_areas(data),
        }
        for one in self.export.columns:
            if one.field in _SCHEMA and one.field not in columns:
                columns[one.field] = self._coded(one.field, one.codes, data) if one.codes else data[one.field]
        if self.export.works_unless_said:
            columns["status"] = pl.Series(columns["status"], dtype=pl.Boolean).fill_null(True)
        series = [
            pl.Series(name, columns[name] if name in columns else [None] * data.height, dtype=kind, strict=False)
            for name, kind in _SCHEMA.items()
        ]
        return pl.DataFrame(series)

    def _readable(self, frame: Frame) -> pl.DataFrame:
        """Rows with an ID number; other cells that cannot be read say nothing."""
        data = frame.data.filter(pl.col("id_number").is_not_null())
        wrong = frame.faults.filter(pl.col("field") == "id_number")
        self._unread.update(wrong["code"].to_list())
        self._passed_over.update(frame.faults.filter(~pl.col("field").is_in(["id_number", ""]))["field"].unique())
        return data

    def _said(self, name: str, data: pl.DataFrame) -> list[bool | None]:
        words = exports.SAID[name]
        if name not in data.columns:
            return [None] * data.height
        return self._mapped(name, data[name], words.get)

    def _coded(self, name: str, list_name: str, data: pl.DataFrame) -> list[str | None]:
        codes = LISTS[list_name]
        return self._mapped(name, data[name], codes.accepted.get)

    def _mapped(self, name: str, cells: pl.Series, read: Callable[[str], Any]) -> list[Any]:
        meanings = {None: None, **{cell: read(cell) for cell in cells.drop_nulls().unique()}}
        if any(meaning is None for cell, meaning in meanings.items() if cell is not None):
            self._passed_over.add(name)
        return [meanings[cell] for cell in cells]

    def _work_areas(self, data: pl.DataFrame) -> list[str | None]:
        """The narrower column counts, unless it cannot be told: 宝安区 alone, beside 广东省."""
        found: list[str | None] = [None] * data.height
        for name in ("place", "place.province"):
            if name in data.columns:
                read = self._mapped(name, data[name], self._place)
                found = [one if one is not None else other for one, other in zip(found, read, strict=True)]
        return found

    def _place(self, text: str) -> str | None:
        words = (exports.PROVINCES, exports.ABROAD_WORDS, exports.OWN_COUNTY_WORDS)
        return place_code(text, self.own_county, *words)

    def _areas(self, data: pl.DataFrame) -> list[str | None]:
        """Villages by name; where somebody lives whom the register does not know."""
        names = [f"area.{level}" for level in LEVELS]
        columns = [data[name].to_list() if name in data.columns else [None] * data.height for name in names]
        found = []
        for row in zip(*columns, strict=True):
            if row not in self._places:
                self._places[row] = self.villages.find(row)
            found.append(self._places[row])
        return found


def statement(row: Mapping[str, Any]) -> Statement:
    """What a row of the listing says."""
    wage = row["wage"]
    return Statement(
        works=row["status"],
        wage=None if wage is None else Decimal(str(round(wage, 2))),
        **{name: row[name] for name in STATED if name not in ("status", "wage")},
    )


def by_person(rows: pl.DataFrame) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Person keys with all their rows, each person's in the order they stand in."""
    ordered = rows.sort(KEY, maintain_order=True)
    key, held = None, list[dict[str, Any]]()
    for row in ordered.iter_rows(named=True):
        if row[KEY] != key and held:
            yield str(key), held
            held = []
        key = row[KEY]
        held.append(row)
    if held:
        yield str(key), held
