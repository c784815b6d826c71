"""What has to be known of a workbook before a library may unpack it: how big it gets, and where its formulas are."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.tables.headers import letters
from shared.tables.table import refusal

MOST_CELLS = 20_000_000
"""Of a workbook, the empty ones between counted: one cell in the last corner of a sheet makes 17 thousand million."""
MOST_TEXT = 1 << 30
"""Bytes of a workbook's texts once every cell has its own: one long text may stand in a million cells."""
MOST_SHEETS = 250

_COLUMNS = 1 << 14


@dataclass(slots=True)
class SheetScan:
    """One sheet. Cells are packed as row * 2**14 + column, both from 0.

    `unplaced`: perhaps some do not say where they stand; rows and columns are told by `unplaced.see_unplaced` then.
    """

    rows: int = 0
    columns: int = 0
    unplaced: bool = False
    formulas: "array[int]" = field(default_factory=lambda: array("q"))
    errors: "array[int]" = field(default_factory=lambda: array("q"))

    def see(self, row: int, column: int) -> None:
        """There is a cell."""
        self.rows = max(self.rows, row + 1)
        self.columns = max(self.columns, column + 1)


@dataclass(frozen=True, slots=True)
class WorkbookScan:
    """The sheets in order, None for those that have no cells (charts); and whether days are counted from 1904."""

    sheets: list[SheetScan | None]
    from_1904: bool


def pack(row: int, column: int) -> int:
    """A cell as one number."""
    return row * _COLUMNS + column


def unpack(cell: int) -> tuple[int, int]:
    """Row and column of a packed cell."""
    return divmod(cell, _COLUMNS)


def address(cell: int) -> str:
    """A packed cell as people write it: D5."""
    row, column = unpack(cell)
    return f"{letters(column)}{row + 1}"


def refuse_too_many_cells(scans: Iterable[SheetScan | None]) -> None:
    """Raises `TableInvalid` when the cells of all sheets would not fit in memory."""
    found = list(scans)
    refuse_too_many(sum(scan.rows * scan.columns for scan in found if scan), len(found))


def refuse_too_many(cells: int, sheets: int) -> None:
    """Raises `TableInvalid` when that is more than a workbook may have."""
    if cells > MOST_CELLS or sheets > MOST_SHEETS:
        raise refusal("workbook-too-large", most=f"{MOST_CELLS:,}")
