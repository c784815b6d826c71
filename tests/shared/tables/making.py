"""Files of every kind, made for the tests that read them."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, BinaryIO

import xlsxwriter
import xlwt

from shared.idnumber import complete
from shared.tables import Column, Frame, Table, TableInvalid, open_table

TODAY = date(2026, 11, 23)
COLUMNS = (
    Column("person.id_number", ("身份证号", "身份证号码", "证件号码"), "id_number", required=True),
    Column("person.name", ("姓名",)),
    Column("self_pay", ("自付金额", "个人自付"), "number", required=True),
    Column("visits", ("次数", "就诊次数"), "integer"),
    Column("occurred_on", ("日期", "结算日期"), "date"),
    Column("insured", ("是否参保",), "boolean"),
)
HEADINGS = ("姓名", "身份证号", "自付金额", "次数", "日期", "是否参保")


def id_number(number: int) -> str:
    """One of a thousand people who cannot be."""
    return complete(f"53992119900101{number:03}")


A, B, C = id_number(1), id_number(2), id_number(3)
ROW = ("张三", A, "1234.5", "3", "2026-03-02", "是")


def csv_bytes(rows: Sequence[Sequence[str]], encoding: str = "utf-8", separator: str = ",", **how: Any) -> bytes:
    """A CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, **how).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(*sheets: Sequence[Sequence[Any]] | Callable[[Any, Any], None], **settings: Any) -> bytes:
    """An .xlsx; of a sheet the rows, or a function that fills it. Dates get a format that shows them as such."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, **settings}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for content in sheets:
            sheet = book.add_worksheet()
            if callable(content):
                content(sheet, book)
                continue
            for row, cells in enumerate(content):
                for at, value in enumerate(cells):
                    if isinstance(value, date):
                        sheet.write_datetime(row, at, value, day)
                    elif isinstance(value, str) and not value.startswith("="):
                        sheet.write_string(row, at, value)
                    elif value is not None:
                        sheet.write(row, at, value)
    return file.getvalue()


def named(name: str, content: bytes, number: int = 2) -> bytes:
    """The same workbook, with another name for one of its sheets."""
    old = f'name="Sheet{number}"'.encode()
    return surgery(content, lambda _, member: member.replace(old, f'name="{name}"'.encode()))


def xls_bytes(rows: Sequence[Sequence[Any]], *, from_1904: bool = False) -> bytes:
    """An .xls of one sheet; text that begins with = is a formula."""
    book = xlwt.Workbook(encoding="utf-8")
    book.dates_1904 = from_1904
    sheet = book.add_sheet("一")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for row, cells in enumerate(rows):
        for at, value in enumerate(cells):
            if isinstance(value, date):
                sheet.write(row, at, value, day)
            elif isinstance(value, str) and value.startswith("="):
                sheet.write(row, at, xlwt.Formula(value[1:]))
            elif value is not None:
                sheet.write(row, at, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def surgery(archive: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """A zip archive with its members changed (None: left out) and more put in."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (content := change(name, old.read(name))) is not None:
                new.writestr(name, content)
        for name, content in more.items():
            new.writestr(name, content)
    return file.getvalue()


class Forward(io.RawIOBase):
    """A stream that only reads forward, and gives at most `most` bytes at a time."""

    def __init__(self, content: bytes, most: int = 1 << 20) -> None:
        self._rest, self._most = content, most

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = min(self._most, len(self._rest) if size < 0 else size)
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


def opened(content: bytes | BinaryIO, columns: Sequence[Column] = COLUMNS, name: str = "表") -> Table:
    """The table in `content`."""
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    return open_table(file, name, columns, today=TODAY)


def frames(content: bytes | BinaryIO, columns: Sequence[Column] = COLUMNS, rows: int = 50_000) -> list[Frame]:
    """All frames of it."""
    return list(opened(content, columns).frames(rows))


def data(content: bytes | BinaryIO, columns: Sequence[Column] = COLUMNS) -> list[tuple[Any, ...]]:
    """All rows: the row's number, and the values in the order of `columns`."""
    return [(row[0], *row[2:]) for frame in frames(content, columns) for row in frame.data.rows()]


def faults(content: bytes | BinaryIO, columns: Sequence[Column] = COLUMNS) -> list[tuple[int, str, str]]:
    """All faults of rows: row, field, code."""
    return [(row, field, code) for frame in frames(content, columns) for row, _, field, code in frame.faults.rows()]


def refused(content: bytes | BinaryIO, columns: Sequence[Column] = COLUMNS) -> list[tuple[str, str]]:
    """The faults for which the file is refused, sooner or later; empty when it is not."""
    try:
        frames(content, columns)
    except TableInvalid as invalid:
        return [(fault.field, fault.code) for fault in invalid.faults]
    return []
