"""Reading an import: a JSON array, NDJSON, or CSV with one row a person. CPU work: call it in a thread.

Whatever the form, it comes out as households with the place where each of their parts stood, so that every mistake
can be told where it was made.
"""

import codecs
import csv
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

import orjson

from services.households.codes import COLUMNS
from shared.errors import DomainError, ImportTooLong, Invalid, MediaTypeUnsupported

T = TypeVar("T")

_BYTE_ORDER_MARK = codecs.BOM_UTF8
_ARRAY_BEGINS = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*(\]?)[ \t\r\n]*")
_ARRAY_GOES_ON = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")

MOST_ROWS = 1_000_000
"""More than a file of households can hold: empty rows are small in the file and big in memory."""
MOST_CHARACTERS = 1_000_000
"""Of one household in JSON; in memory it may take twenty times as much."""


class JsonBroken(DomainError):
    """The array ends in the middle, or is none."""

    code = "json-invalid"
    status = 400


class CsvUnreadable(Invalid):
    """Neither UTF-8 nor GB 18030, or no table."""

    code = "csv-unreadable"


class ColumnMissing(Invalid):
    """A column is missing without which no row can be read."""

    code = "column-missing"


@dataclass(slots=True)
class Upload:
    """One household as it stood in the file; `content` is not checked yet, None when it could not be read at all."""

    row: int
    content: Any
    member_rows: list[int] = field(default_factory=list)  # CSV only: where each person stood

    def place(self, path: str) -> tuple[int, str]:
        """Row and field of a mistake, from its path in the household: `members.2.name`."""
        first, _, rest = path.partition(".")
        number, _, name = rest.partition(".")
        if self.member_rows and first == "members" and number.isdigit() and int(number) < len(self.member_rows):
            return self.member_rows[int(number)], name
        return self.row, path


def read(body: bytes, media_type: str) -> Iterator[Upload]:
    """The households in `body`."""
    match media_type.partition(";")[0].strip().lower():
        case "application/json":
            return _read_array(body)
        case "application/x-ndjson" | "application/jsonl" | "application/ndjson":
            return _read_lines(body)
        case "text/csv":
            return _read_csv(body)
    raise MediaTypeUnsupported


def _read_array(body: bytes) -> Iterator[Upload]:
    for row, item in enumerate(_at_most(_items(_utf8(body))), 1):
        yield Upload(row, item)


def _items(text: str) -> Iterator[Any]:
    """The items of a JSON array, one by one: the whole at once would take ten times its size in memory.

    A library that reads JSON as a stream (ijson) takes memory with the square of the nesting, and an array of
    100 kB stopped the process. The decoder refuses deep nesting; a window on the text bounds what one item takes.
    """
    found = _ARRAY_BEGINS.match(text)
    if found is None:
        raise JsonBroken
    start = at = found.end()
    window = text[start : start + MOST_CHARACTERS]
    while found[1] != "]":
        item, end = _item_at(window, at - start)
        if end is None:  # it may go on beyond the window
            start, window = at, text[at : at + MOST_CHARACTERS]
            item, end = _item_at(window, 0)
        found = _ARRAY_GOES_ON.match(text, start + end) if end is not None else None
        if found is None:
            raise JsonBroken
        yield item
        at = found.end()
    if at < len(text):
        raise JsonBroken


def _refuse(_: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are no JSON


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _item_at(window: str, place: int) -> tuple[Any, int | None]:
    """The item at `place` and where it ends; None when it is broken, or not all of it may be there."""
    try:
        item, end = _DECODER.raw_decode(window, place)
    except (ValueError, RecursionError):
        return None, None
    return item, end if end < len(window) else None


def _utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass  # raised below, outside this block: the decoder's error carries the bytes
    raise JsonBroken


def _at_most(rows: Iterable[T]) -> Iterator[T]:
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise ImportTooLong(max_rows=MOST_ROWS)
        yield row


def _read_lines(body: bytes) -> Iterator[Upload]:
    lines = io.BytesIO(body.removeprefix(_BYTE_ORDER_MARK))
    for row, line in enumerate(_at_most(lines), 1):
        if line.strip():
            try:
                yield Upload(row, orjson.loads(line) if len(line) <= MOST_CHARACTERS else None)
            except orjson.JSONDecodeError:
                yield Upload(row, None)


def _read_csv(body: bytes) -> Iterator[Upload]:
    """Rows of one household need not stand together; the first one tells its own fields."""
    table = csv.reader(io.StringIO(_decode(body), newline=""), strict=True)
    households: dict[str, Upload] = {}
    try:
        columns = _find_columns(next(table, []))
        for cells in _at_most(table):
            if any(cell.strip() for cell in cells):
                _add_person(households, columns, cells, table.line_num)
    except csv.Error:
        raise CsvUnreadable from None
    yield from households.values()


def _decode(body: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):  # spreadsheets here save in the latter
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CsvUnreadable


def _find_columns(header: list[str]) -> dict[int, tuple[str, str]]:
    """Column number → (household or member, field)."""
    names = {
        word: (part, name)
        for part in ("household", "member")
        for name, words in COLUMNS[part].items()
        for word in (name, *words)
    }
    columns = {number: names[cell.strip()] for number, cell in enumerate(header) if cell.strip() in names}
    for needed in (("household", "national_code"), ("member", "id_number")):
        if needed not in columns.values():
            raise ColumnMissing(field=needed[1], column=needed[1])
    return columns


def _add_person(
    households: dict[str, Upload], columns: Mapping[int, tuple[str, str]], cells: list[str], row: int
) -> None:
    parts: dict[str, dict[str, Any]] = {"household": {}, "member": {}}
    for number, (part, name) in columns.items():
        cell = cells[number].strip() if number < len(cells) else ""
        if cell.lower() not in COLUMNS["blank"]:
            parts[part][name] = _value(name, cell)
    household = {COLUMNS["renamed"].get(name, name): value for name, value in parts["household"].items()}
    # Rows without a code stay apart, so that each is told that it has none.
    code = household.get("national_code", f"\0{row}")
    upload = households.setdefault(code, Upload(row, {**household, "members": []}))
    upload.content["members"].append(parts["member"])
    upload.member_rows.append(row)


def _value(name: str, cell: str) -> Any:
    if name == "health":
        return [part for part in re.split(f"[{re.escape(COLUMNS['separators'])}]", cell) if part]
    if name in COLUMNS["yes_or_no"] and cell.lower() in (*COLUMNS["true"], *COLUMNS["false"]):
        return cell.lower() in COLUMNS["true"]
    return cell


def in_parts(uploads: Iterator[Upload], size: int) -> Iterator[list[Upload]]:
    """Parts of at most `size`."""
    while part := list(itertools.islice(uploads, size)):
        yield part
