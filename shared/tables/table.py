"""What a table is, once it is open: typed frames of its rows, what is wrong with each, and the cells as they stood."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import polars as pl

from shared.errors import Fault, InvalidInput
from shared.messages import OF_FILE
from shared.time_limit import TookTooLong

Kind = Literal["text", "id_number", "number", "integer", "date", "month", "boolean"]
Format = Literal["csv", "xlsx", "xls"]

TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "id_number": pl.String(),
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "date": pl.Date(),
    "month": pl.String(),  # "2026-10", or "2026" where only a year is written
    "boolean": pl.Boolean(),
}
FAULTS = {"row": pl.UInt32(), "sheet": pl.UInt8(), "field": pl.String(), "code": pl.String()}
"""The columns of `Frame.faults`."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column somebody asks for. Its `name` is taken as a heading as well; a `required` one has no blank cells.

    `words`: of a boolean one, what its cells say beside yes and no. `key`: whom or what a row is about may be known by
    it, as by every ID number and by every text that is required.
    """

    name: str
    headers: tuple[str, ...]
    kind: Kind = "text"
    required: bool = False
    words: tuple[tuple[str, bool], ...] = ()
    key: bool = False


class TableInvalid(InvalidInput):
    """The file as a whole cannot be read: nothing of it may be used. `faults` says why, with stable codes.

    The `field` of a fault is the name of a column, or empty.
    """

    code = "table-invalid"


@contextmanager
def in_file(number: int) -> Iterator[None]:
    """What is wrong with a file of a set, or takes too long, says which one it is; `number` from 0."""
    which: dict[str, Any] = {OF_FILE: number + 1}
    try:
        yield
        return
    except TookTooLong:
        raise TookTooLong(**which) from None
    except TableInvalid as invalid:
        faults = [replace(one, params={**one.params, **which}) for one in invalid.faults]
    raise TableInvalid(faults)


def refusal(code: str, **params: object) -> TableInvalid:
    """The file is refused for one reason that is no column's."""
    return TableInvalid([Fault("", code, params)])


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, or the one table of a CSV file. `skipped` is the code of why it is not read.

    `found`: how many of the columns asked for it has; `lacks`: the required ones it has not. `headings`: by column,
    what its heading says in this sheet.
    """

    name: str
    header_row: int = 0  # as a person counts, from 1
    headers: tuple[str, ...] = ()
    skipped: str | None = None
    found: int = 0
    lacks: tuple[Fault, ...] = ()
    headings: tuple[tuple[str, str], ...] = ()


class Frame:
    """A run of a sheet's rows, in the order of the file, without blank rows and sums.

    `data`: `row` (UInt32, the row's number in its sheet as a person sees it, from 1; in CSV a quoted line break makes
    no row), `sheet` (UInt8, index into `Table.sheets`), then a column for each one asked for, null where blank.
    A column that is not in the file is all null.
    `faults`: `row`, `sheet`, `field`, `code`. A row that has one must not be used; `good` leaves them out.
    """

    def __init__(self, data: pl.DataFrame, faults: pl.DataFrame, cells: Callable[[], pl.DataFrame]) -> None:
        self.data = data
        self.faults = faults
        self._cells = cells

    @cached_property
    def originals(self) -> pl.DataFrame:
        """All cells of the same rows as text: `row`, `sheet`, then "1", "2", ... by place. Made when asked for."""
        return pl.concat([self.data.select("row", "sheet"), self._cells()], how="horizontal")

    @cached_property
    def good(self) -> pl.DataFrame:
        """The rows of `data` that have no fault."""
        if self.faults.is_empty():
            return self.data
        return self.data.join(
            self.faults.select("row", "sheet"), on=["row", "sheet"], how="anti", maintain_order="left"
        )


class Table:
    """An open table. `rows_estimate` is a guess for a progress bar, None when nothing is known.

    `headers` and `header_row` are those of the first sheet that is read.
    """

    def __init__(
        self, format: Format, sheets: Sequence[Sheet], frames: Callable[[int], Iterator[Frame]], rows: int | None
    ) -> None:
        self.format = format
        self.sheets = tuple(sheets)
        self.rows_estimate = rows
        self._frames = frames

    @property
    def first(self) -> Sheet:
        """The first sheet that is read."""
        return next(sheet for sheet in self.sheets if sheet.skipped is None)

    @property
    def header_row(self) -> int:
        """Where the headings stand, from 1."""
        return self.first.header_row

    @property
    def headers(self) -> tuple[str, ...]:
        """The headings as written, in one line each."""
        return self.first.headers

    def require_whole(self) -> None:
        """Raise `TableInvalid` when a sheet that is not read looks like those that are: one of its headings is amiss."""
        most = max(sheet.found for sheet in self.sheets if sheet.skipped is None)
        faults = [
            Fault(fault.field, "sheet-header-missing", {**fault.params, "sheet": number})
            for number, sheet in enumerate(self.sheets, 1)
            if sheet.lacks and 2 * sheet.found > most
            for fault in sheet.lacks
        ]
        if faults:
            raise TableInvalid(faults)

    def frames(self, rows: int = 50_000) -> Iterator[Frame]:
        """The rows, at most `rows` a frame. Once only: the file is read forward.

        Raises `TableInvalid` where a CSV file turns out to be broken further down; then nothing of it may be kept.
        """
        yield from self._frames(rows)
