"""Files as bureaus export them: title rows, units in headings, columns nobody asked for, total rows, and odd cells."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib.util import find_spec
from random import Random
from typing import Any, Literal

import xlsxwriter

from demo.feeds import Feed
from demo.places import COUNTY_NAME
from demo.sample_rows import Row, Value, township_names

Format = Literal["csv", "csv-plain", "csv-gb", "csv-tab", "csv-semicolon", "xlsx", "xls"]
Cell = str | int | float | date | None
Kind = Literal["text", "number", "day"]

NUMBER, TOWNSHIP, REMARK = "序号", "乡镇（街道）", "备注"
YES, NO, TOTAL = "是", "否", "合计"
YUAN = "（元）"
XLS_ROWS = 65_000
ODD = 0.03
"""Share of cells that are written as people write them: 1,234.50元, full-width digits, blanks at the end."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of cells: `head` rows above the headings, the headings, and the rows with what comes below them."""

    head: Sequence[Sequence[Cell]]
    headings: Sequence[str]
    body: Sequence[Sequence[Cell]]
    text: frozenset[int]  # places of columns that are text in a workbook, whatever they look like


@dataclass(frozen=True, slots=True)
class _Column:
    field: str
    heading: str
    kind: str
    words: Mapping[str, str]  # the feed's word → another one for the same


def sheet(feed: Feed, title: str, file: Format, rows: Iterable[Row], rng: Random, today: date) -> Sheet:
    """The rows as one table, in the headings of some office."""
    written = list(rows)
    columns = [_column(one, feed, rng) for one in feed["columns"] if _is_filled(one["field"], written)]
    plain = file == "csv-plain"
    body = [_cells(n, row, columns, file, rng) for n, row in enumerate(written, 1)]
    if not plain:
        body += [_total(columns, written), [], [f"填表人：张某    审核人：李某    填表日期：{today.isoformat()}"]]
    head: list[list[Cell]] = (
        [] if plain else [[COUNTY_NAME + title], [f"填报单位：{COUNTY_NAME}{feed['bureau']['zh']}"]]
    )
    headings = [NUMBER, TOWNSHIP, *(column.heading for column in columns), REMARK]
    text = frozenset(n for n, column in enumerate(columns, 2) if column.kind == "text")
    return Sheet(head, headings, body, text)


def write(found: Sheet, file: Format) -> tuple[str, bytes]:
    """The file's ending and its bytes; `xls` becomes `xlsx` for many rows, and where nothing can write the old form."""
    if file == "xls" and len(found.body) < XLS_ROWS and find_spec("xlwt"):
        return "xls", _xls(found)
    if file in ("xlsx", "xls"):
        return "xlsx", _xlsx(found)
    return ("tsv" if file == "csv-tab" else "csv"), _csv(found, file)


def _is_filled(field: str, rows: Sequence[Row]) -> bool:
    return any(row.values.get(field) is not None for row in rows)


def _column(column: dict[str, Any], feed: Feed, rng: Random) -> _Column:
    field = column["field"]
    schema = feed["evidence_schema"]["properties"].get(field, {"type": "string"})
    heading = rng.choice(column["headers"])
    if schema.get("title", "").split(" · ")[0].endswith(YUAN):
        heading += YUAN
    date_like = field == "occurred_on" or schema.get("format") == "date"
    kind = "date" if date_like else {"string": "text"}.get(schema["type"], schema["type"])
    return _Column(field, heading, kind, {code: word for word, code in column.get("values", {}).items()})


def _cells(number: int, row: Row, columns: Sequence[_Column], file: Format, rng: Random) -> list[Cell]:
    cells = [_cell(row.values.get(column.field), column, file, rng) for column in columns]
    return [number, township_names()[row.area_code], *cells, None]


def _cell(value: Value, column: _Column, file: Format, rng: Random) -> Cell:
    odd = rng.random() < ODD
    match value:
        case None:
            return None
        case bool():
            return YES if value else NO
        case date():
            if file in ("xlsx", "xls"):
                return value
            return f"{value.year}/{value.month}/{value.day}" if odd else value.isoformat()
        case int() | float():
            written = value if column.kind == "integer" else f"{value:.2f}"
            if file in ("xlsx", "xls"):
                return value
            return (
                f"{value:,.2f}元" if odd and column.kind == "number" and column.heading.endswith(YUAN) else str(written)
            )
    if odd and column.field == "person.id_number":
        return value.translate(_FULL_WIDTH).replace("X", "x")
    if odd and column.field == "person.name":
        return f"{value}  "
    return column.words.get(value, value) if rng.random() < ODD * 3 else value


def _total(columns: Sequence[_Column], rows: Sequence[Row]) -> list[Cell]:
    """The row of sums below a table."""
    sums = [
        round(sum(value for row in rows if isinstance(value := row.values.get(column.field), int | float)), 2)
        if column.heading.endswith(YUAN)
        else None
        for column in columns
    ]
    return [TOTAL, None, *sums, None]


def _csv(found: Sheet, file: Format) -> bytes:
    out = io.StringIO(newline="")
    delimiter = {"csv-tab": "\t", "csv-semicolon": ";"}.get(file, ",")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([*found.head, found.headings, *found.body])
    encoding = {"csv-gb": "gb18030", "csv-plain": "utf-8"}.get(file, "utf-8-sig")
    return out.getvalue().encode(encoding)


def _xlsx(found: Sheet) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 the same file for the same arguments
        page = book.add_worksheet()
        bold = book.add_format({"bold": True, "align": "center"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        top = len(found.head)
        page.merge_range(0, 0, 0, len(found.headings) - 1, found.head[0][0], bold)
        for r, row in enumerate(found.head[1:], 1):
            page.write_row(r, 0, row)
        page.write_row(top, 0, found.headings, bold)
        put: dict[Kind, Callable[..., object]] = {"text": page.write_string, "number": page.write_number}
        for r, row in enumerate(found.body, top + 1):
            for c, kind, cell in _kinds(row, found.text):
                if kind == "day":
                    page.write_datetime(r, c, cell, day)
                else:
                    put[kind](r, c, cell)
    return out.getvalue()


def _xls(found: Sheet) -> bytes:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("Sheet1")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    page.write_merge(0, 0, 0, len(found.headings) - 1, found.head[0][0])
    for r, row in enumerate([*found.head[1:], found.headings], 1):
        for c, cell in enumerate(row):
            page.write(r, c, cell)
    for r, row in enumerate(found.body, len(found.head) + 1):
        for c, kind, cell in _kinds(row, found.text):
            page.write(r, c, cell, *[day] * (kind == "day"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _kinds(row: Sequence[Cell], text: frozenset[int]) -> Iterator[tuple[int, Kind, Any]]:
    """Each cell that is not blank, in the way of its kind: an ID number as text, or its last digits are gone."""
    for place, cell in enumerate(row):
        if isinstance(cell, date):
            yield place, "day", datetime.combine(cell, time())
        elif isinstance(cell, str) or (cell is not None and place in text):
            yield place, "text", str(cell)
        elif cell is not None:
            yield place, "number", cell


_FULL_WIDTH = {ord(str(digit)): ord("０") + digit for digit in range(10)}
