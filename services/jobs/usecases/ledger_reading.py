"""A file of ledger rows, read piece by piece (CSV, XLSX, XLS). CPU work: never in the loop."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from pydantic import ValidationError

from services.jobs.schemas.ledger import RowFields
from shared.errors import Fault, TooLarge
from shared.faults import faults_of
from shared.side_processes import preload
from shared.tables import Column, Frame, Kind, Table, open_table

preload(__name__)

CHUNK = 2_000
"""Rows that are looked at and written together."""
MOST_ROWS = 1_000_000
"""More than a county has labour."""

_HEADINGS: Mapping[str, Sequence[str]] = tomllib.loads(
    Path(__file__).parents[1].joinpath("ledger_columns.toml").read_text(encoding="utf-8")
)
_KINDS: Mapping[str, Kind] = {
    "id_number": "id_number",
    "wage": "number",
    **dict.fromkeys(("started_on", "ended_on", "plan_on", "possible_on"), "date"),
    **dict.fromkeys(("point_to_point", "wants_change", "able", "willing"), "boolean"),
}
COLUMNS = [
    Column(name, tuple(words), _KINDS.get(name, "text"), required=name == "id_number")
    for name, words in _HEADINGS.items()
]
_BETWEEN = r"[、,，;；/]"


class LedgerFileTooLong(TooLarge):
    """More rows than a county has labour."""

    code = "ledger-import-too-long"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row: what it tells of whom, or what is wrong with its cells. Sheet and row are counted from 1."""

    sheet: int
    row: int
    id_number: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    faults: Sequence[Fault] = ()


def open_rows(file: BinaryIO, name: str, today: date) -> Table:
    """The table, its headings found. Raises `TableInvalid`."""
    return open_table(file, name, COLUMNS, today=today)


def read_rows(table: Table) -> Iterator[Sequence[FileRow]]:
    """All rows, some at a time. Raises `TableInvalid`, `LedgerFileTooLong`."""
    seen = 0
    for frame in table.frames(CHUNK):
        seen += frame.data.height
        if seen > MOST_ROWS:
            raise LedgerFileTooLong(max_rows=MOST_ROWS)
        yield list(_rows(frame))


def _rows(frame: Frame) -> Iterator[FileRow]:
    wrong = frame.faults.group_by("sheet", "row", maintain_order=True).agg(pl.struct("field", "code"))
    for sheet, row, faults in wrong.iter_rows():
        yield FileRow(sheet + 1, row, faults=[Fault(one["field"], one["code"]) for one in faults])
    for cells in frame.good.iter_rows(named=True):
        yield _row(cells)


def _row(cells: Mapping[str, Any]) -> FileRow:
    said = {name: _cell(name, cells[name]) for name in _HEADINGS if name != "id_number" and cells[name] is not None}
    sheet, row = cells["sheet"] + 1, cells["row"]
    try:
        told = RowFields.model_validate(said).told()
    except ValidationError as error:
        return FileRow(sheet, row, faults=faults_of(error.errors(include_input=False, include_url=False)))
    return FileRow(sheet, row, cells["id_number"], told)


def _cell(name: str, cell: Any) -> Any:
    if name == "wage":
        return Decimal(str(round(cell, 2)))
    if name == "services":
        return [one.strip() for one in re.split(_BETWEEN, cell) if one.strip()]
    return cell
