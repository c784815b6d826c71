"""Reading an import: a JSON array, NDJSON, or CSV with one row a person. CPU work: call it in a thread.

Whatever the form, it comes out as households with the place where each of their parts stood, so that every mistake
can be told where it was made.
"""

import codecs
import csv
import io
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ijson
import orjson

from shared.errors import DomainError, Invalid

_COLUMNS: dict[str, Any] = tomllib.loads(Path(__file__).parents[1].joinpath("columns.toml").read_text(encoding="utf-8"))
_HOUSEHOLD_PHONE = "household_phone"  # the members' column is called "phone" too
_AT_ONCE = 8_000_000  # bytes
_BYTE_ORDER_MARK = codecs.BOM_UTF8


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


class MediaTypeUnsupported(DomainError):
    """Neither JSON, NDJSON nor CSV."""

    code = "media-type-unsupported"
    status = 415


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
    content = body.removeprefix(_BYTE_ORDER_MARK)
    if not content.lstrip().startswith(b"["):
        raise JsonBroken
    try:
        # Item by item is several times slower, but a big array read at once takes ten times its size in memory.
        items = orjson.loads(content) if len(content) <= _AT_ONCE else ijson.items(io.BytesIO(content), "item")
        for row, item in enumerate(items, 1):
            yield Upload(row, item)
    except (ijson.JSONError, ValueError):
        raise JsonBroken from None  # the parser's message quotes what it stumbled over


def _read_lines(body: bytes) -> Iterator[Upload]:
    for row, line in enumerate(body.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), 1):
        if line.strip():
            try:
                yield Upload(row, orjson.loads(line))
            except orjson.JSONDecodeError:
                yield Upload(row, None)


def _read_csv(body: bytes) -> Iterator[Upload]:
    """Rows of one household need not stand together; the first one tells its own fields."""
    table = csv.reader(io.StringIO(_decode(body), newline=""), strict=True)
    households: dict[str, Upload] = {}
    try:
        columns = _find_columns(next(table, []))
        for cells in table:
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
        for name, words in _COLUMNS[part].items()
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
        if cell.lower() not in _COLUMNS["blank"]:
            parts[part][name] = _value(name, cell)
    household = parts["household"]
    if _HOUSEHOLD_PHONE in household:
        household["phone"] = household.pop(_HOUSEHOLD_PHONE)
    # Rows without a code stay apart, so that each is told that it has none.
    code = household.get("national_code", f"\0{row}")
    upload = households.setdefault(code, Upload(row, {**household, "members": []}))
    upload.content["members"].append(parts["member"])
    upload.member_rows.append(row)


def _value(name: str, cell: str) -> Any:
    if name == "health":
        return [part for part in re.split(f"[{re.escape(_COLUMNS['separators'])}]", cell) if part]
    if name == "pupil" and cell.lower() in (*_COLUMNS["true"], *_COLUMNS["false"]):
        return cell.lower() in _COLUMNS["true"]
    return cell


def in_parts(uploads: Iterator[Upload], size: int) -> Iterator[list[Upload]]:
    """Parts of at most `size`."""
    while part := list(itertools.islice(uploads, size)):
        yield part
