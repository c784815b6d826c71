"""Workbooks (.xlsx, .xls): every visible sheet whose headings fit, read by calamine after `scan` has allowed it."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, BinaryIO, Literal

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from shared.errors import Fault
from shared.tables.cells import Conversion
from shared.tables.dates import EPOCH_1900, EPOCH_1904
from shared.tables.headers import LOOKED_AT, Layout, columns_found, find_layout
from shared.tables.merged import Merged, Range, merged_data
from shared.tables.rows import TextRows, column_at, data_rows, text_rows
from shared.tables.scan import SheetScan, WorkbookScan, address, refuse_too_many, unpack
from shared.tables.sums import SUMS, holds_sums
from shared.tables.table import Column, Frame, Sheet, Table, TableInvalid, refusal
from shared.tables.xls_records import scan_xls
from shared.tables.xlsx_parts import scan_xlsx

_ROWS = 20_000  # turned into columns at a time
_FEW = 250
_NOT_EXACT = 1e15  # from here on a spreadsheet has not kept all digits
_ERROR = "#N/A"
_OF_SHEET = {"header-missing": "sheet-of-something-else", "table-empty": "sheet-empty"}
"""What is said of a sheet that is passed over, where a file would be refused."""


@dataclass(frozen=True, slots=True)
class _Readable:
    number: int
    cells: CalamineSheet
    scan: SheetScan
    layout: Layout
    ranges: Sequence[Range]

    def merged(self) -> Merged:
        """Its merged cells, to be asked from the first row on."""
        return merged_data(self.ranges, self.layout.data_from, self.cells.total_height + 1, self.layout.found)


def open_xlsx(file: BinaryIO, columns: Sequence[Column], today: date, unread: Mapping[int, str]) -> Table:
    """The sheets of an .xlsx. Raises `TableInvalid`."""
    return _open(file, "xlsx", scan_xlsx(file), columns, today, unread)


def open_xls(file: BinaryIO, columns: Sequence[Column], today: date, unread: Mapping[int, str]) -> Table:
    """The sheets of an .xls. Raises `TableInvalid`."""
    return _open(file, "xls", scan_xls(file), columns, today, unread)


def _open(
    file: BinaryIO,
    format: Literal["xlsx", "xls"],
    scan: WorkbookScan,
    columns: Sequence[Column],
    today: date,
    unread: Mapping[int, str],
) -> Table:
    sheets, readable = _sort_sheets(file, scan, columns, unread)
    epoch = EPOCH_1904 if scan.from_1904 else EPOCH_1900
    for each in readable:
        _refuse_formulas(each)

    def frames(rows: int) -> Iterator[Frame]:
        for each in readable:
            amounts = each.merged().amounts
            conversion = Conversion(tuple(columns), each.layout.found, each.number, today, epoch, amounts)
            for run in data_rows(_runs(each), each.layout.found):
                for start in range(0, len(run), rows):
                    yield conversion.frame(run.slice(start, rows))

    estimate = sum(max(each.cells.total_height + 1 - each.layout.header_row, 0) for each in readable)
    return Table(format, sheets, frames, estimate)


def _sort_sheets(
    file: BinaryIO, scan: WorkbookScan, columns: Sequence[Column], unread: Mapping[int, str]
) -> tuple[list[Sheet], list[_Readable]]:
    """What becomes of each sheet. Raises `TableInvalid` when none can be read."""
    sheets: list[Sheet] = []
    readable: list[_Readable] = []
    refused: list[TableInvalid] = []
    hidden: list[str] = []
    taken = 0
    with _calamine():
        file.seek(0)
        workbook = CalamineWorkbook.from_filelike(file)
        if len(workbook.sheets_metadata) != len(scan.sheets):
            raise refusal("workbook-broken")
        for number, (about, scanned) in enumerate(zip(workbook.sheets_metadata, scan.sheets, strict=True)):
            if number + 1 in unread:
                sheets.append(Sheet(about.name, skipped=unread[number + 1]))
                continue
            if about.visible != SheetVisibleEnum.Visible or scanned is None:
                sheets.append(Sheet(about.name, skipped="sheet-hidden" if scanned else "sheet-without-cells"))
                hidden += [about.name] if scanned else []
                continue
            cells = workbook.get_sheet_by_name(about.name)
            taken += cells.height * cells.width  # rows in disorder make a sheet of some millions more than the scan saw
            refuse_too_many(taken, number + 1)
            try:
                layout = find_layout(head := _head(cells), columns)
            except TableInvalid as invalid:
                if not _is_another_table(invalid):
                    raise
                refused.append(invalid)
                sheets.append(_passed_over(about.name, head, columns, invalid))
                continue
            found, headings = len(layout.found), layout.headings
            sheets.append(Sheet(about.name, layout.header_row, layout.headers, found=found, headings=headings))
            readable.append(_Readable(number, cells, scanned, layout, cells.merged_cell_ranges or ()))
            readable[-1].merged()  # refuses what cannot be
        if not readable and any(_fits(workbook.get_sheet_by_name(name), columns) for name in hidden):
            raise refusal("sheets-hidden")
    if not readable:
        raise min(refused, key=lambda invalid: len(invalid.faults), default=refusal("table-empty"))
    return sheets, readable


def _fits(cells: CalamineSheet, columns: Sequence[Column]) -> bool:
    try:
        find_layout(_head(cells), columns)
    except TableInvalid:
        return False
    return True


def _passed_over(name: str, head: list[list[str]], columns: Sequence[Column], invalid: TableInvalid) -> Sheet:
    lacks = tuple(fault for fault in invalid.faults if fault.code == "header-missing")
    found = columns_found(head, columns)
    if holds_sums(name, head, found, columns):
        return Sheet(name, skipped=SUMS)
    code = invalid.faults[0].code
    return Sheet(name, skipped=_OF_SHEET.get(code, code), found=len(found), lacks=lacks)


def _is_another_table(invalid: TableInvalid) -> bool:
    """A sheet without the headings is about something else; one with a heading twice is not."""
    return any(fault.code in ("header-missing", "table-empty") for fault in invalid.faults)


@contextmanager
def _calamine() -> Iterator[None]:
    """Whatever the library says of a broken file, and however it says so."""
    try:
        yield
    except TableInvalid:
        raise
    except PasswordError:
        code = "workbook-encrypted"
    except (CalamineError, OSError, ValueError, OverflowError):
        code = "workbook-broken"
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what Rust gives up with is no Exception
            raise
        code = "workbook-broken"
    else:
        return
    raise refusal(code)


def _refuse_formulas(sheet: _Readable) -> None:
    """A formula's cell holds what it was when somebody last opened the file, or nothing: no value to go by.

    Above the table and in its sums they do no harm.
    """
    used = {one.at: one.column.name for one in sheet.layout.found}
    suspect = {}
    for cell in sorted(sheet.scan.formulas):
        row, column = unpack(cell)
        if column in used and row + 1 >= sheet.layout.data_from:
            suspect[cell] = (row + 1, used[column])
    if not suspect:
        return
    data = {row for run in data_rows(_runs(sheet), sheet.layout.found) for row in run.numbers.to_list()}
    faults: dict[str, Fault] = {}
    for cell, (row, name) in suspect.items():
        if row in data:
            faults.setdefault(name, Fault(name, "formula-cell", {"cell": address(cell), "sheet": sheet.number + 1}))
    if faults:
        raise TableInvalid(list(faults.values()))


def _head(sheet: CalamineSheet) -> list[list[str]]:
    if sheet.start is None:
        return []
    left = [""] * sheet.start[1]
    rows = itertools.islice(sheet.iter_rows(), LOOKED_AT + 1)
    return [[*left, *map(_text, row)] for row in rows]


def _runs(sheet: _Readable) -> Iterator[TextRows]:
    """The rows below the headings, as text."""
    assert sheet.cells.start is not None
    left = sheet.cells.start[1]
    width = sheet.layout.width
    errors: dict[int, list[int]] = {}
    for cell in sheet.scan.errors:
        row, column = unpack(cell)
        errors.setdefault(row + 1, []).append(column)
    merged = sheet.merged()
    row, width, rows = sheet.layout.data_from, sheet.layout.width, sheet.cells.iter_rows()
    next(itertools.islice(rows, row - 1, row - 1), None)
    while columns := _columns(itertools.islice(rows, _ROWS)):
        height = len(columns[0])
        for number in errors.keys() & set(range(row, row + height)):
            for column in errors[number]:
                columns[column - left][number - row] = _ERROR
        merged.fill(columns, row, left)
        blank = pl.repeat("", height, eager=True)
        series = [*[blank] * left, *map(_column, columns)]
        cells = pl.DataFrame({column_at(at): series[at] for at in range(width)})
        yield text_rows(row, cells, sheet.layout.found)
        row += height


def _columns(rows: Iterator[Sequence[Any]]) -> list[list[Any]]:
    """The columns of those rows; none where there are none. A few rows at a time, or they would not stay in the cache."""
    columns: list[list[Any]] = []
    while few := list(itertools.islice(rows, _FEW)):
        columns = columns or [[] for _ in few[0]]
        for column, cells in zip(columns, zip(*few, strict=True), strict=True):
            column.extend(cells)
    return columns


def _column(values: Sequence[Any]) -> pl.Series:
    try:
        return pl.Series(values, dtype=pl.String)
    except TypeError:  # not texts alone
        kinds = set(map(type, values))
    if kinds <= {str, float}:
        figures = pl.Series([value if type(value) is float else None for value in values], dtype=pl.Float64)
        if (figures.abs() < _NOT_EXACT).all():
            texts = pl.Series([value if type(value) is str else None for value in values], dtype=pl.String)
            return texts.fill_null(figures.cast(pl.String).str.strip_suffix(".0"))
    return pl.Series([_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str:
    """A cell as a person would type it. A number too long to be whole is written as a power: its digits are gone."""
    return _TEXTS.get(type(value), str)(value)


def _number(value: float) -> str:
    if abs(value) >= _NOT_EXACT:
        return f"{value:.16E}"
    return str(int(value)) if value.is_integer() else repr(value)


def _moment(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    float: _number,
    int: lambda value: _number(float(value)),
    bool: lambda value: "TRUE" if value else "FALSE",
    datetime: _moment,
    date: date.isoformat,
}
