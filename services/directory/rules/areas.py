"""Reading a table of areas (行政区划) and building their tree."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from shared.areas import AreaCode, InvalidAreaCode, Level, Scope, level, normalise, parent
from shared.errors import Fault, Invalid

MAX_NAME = 100
_COLUMNS = {"code": "code", "代码": "code", "区划代码": "code", "name": "name", "名称": "name", "区划名称": "name"}
_COLUMNS |= {"active": "active", "启用": "active", "是否启用": "active"}
_TRUTH = {"": True, "true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


class FileEncodingUnknown(Invalid):
    """Neither UTF-8 nor GB 18030."""

    code: ClassVar[str] = "file-encoding-unknown"


class ColumnMissing(Invalid):
    """The first line names the columns `code` and `name`."""

    code: ClassVar[str] = "column-missing"


class CsvInvalid(Invalid):
    """Quotes that do not match, or the like."""

    code: ClassVar[str] = "csv-invalid"


RowFault = tuple[int, Fault]
"""A mistake with the line of the file where it stands."""


@dataclass(frozen=True, slots=True)
class AreaDraft:
    """One area as a table has it."""

    code: AreaCode
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Node:
    """An area with those below it."""

    code: str
    name: str
    level: str
    active: bool
    children: list["Node"]


def decode(content: bytes) -> str:
    """Text of a CSV file: UTF-8 with or without a byte order mark, or GB 18030, as Chinese spreadsheets write."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileEncodingUnknown


def read_areas(text: str) -> tuple[list[tuple[int, AreaDraft]], list[RowFault]]:
    """The rows that can be read, with their line numbers, and the faults of the others."""
    lines = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        lines.fieldnames = [_COLUMNS.get(name.strip().lower(), name) for name in lines.fieldnames or ()]
        if missing := {"code", "name"}.difference(lines.fieldnames):
            raise ColumnMissing(column=min(missing))
        return _read_rows(lines)
    except csv.Error:
        raise CsvInvalid(line=lines.line_num) from None


def _read_rows(lines: "csv.DictReader[str]") -> tuple[list[tuple[int, AreaDraft]], list[RowFault]]:
    rows: list[tuple[int, AreaDraft]] = []
    faults: list[RowFault] = []
    for cells in lines:
        if any(isinstance(cell, str) and cell.strip() for cell in cells.values()):
            read = _read_row(cells)
            if isinstance(read, Fault):
                faults.append((lines.line_num, read))
            else:
                rows.append((lines.line_num, read))
    return rows, faults


def _read_row(cells: Mapping[str, str | None]) -> AreaDraft | Fault:
    try:
        code = normalise(cells.get("code") or "")
    except InvalidAreaCode as error:
        return Fault("code", error.code)
    name = (cells.get("name") or "").strip()
    if not name.isprintable():
        return Fault("name", "field-invalid")
    if not name:
        return Fault("name", "field-missing")
    if len(name) > MAX_NAME:
        return Fault("name", "text-too-long", {"max_length": MAX_NAME})
    active = _TRUTH.get((cells.get("active") or "").strip().lower())
    if active is None:
        return Fault("active", "field-invalid")
    return AreaDraft(code, name, active)


def check_areas(rows: Sequence[tuple[int, AreaDraft]], scope: Scope, known: Collection[str]) -> list[RowFault]:
    """Faults between rows: a code twice, outside the importer's scope, or a village or township without its parent.

    `known`: codes that are in the directory already.
    """
    faults: list[RowFault] = []
    present = set(known) | {area.code for _, area in rows}
    seen: set[str] = set()
    for line, area in rows:
        if area.code in seen:
            faults.append((line, Fault("code", "area-twice")))
        elif not scope.covers(area.code):
            faults.append((line, Fault("code", "area-not-permitted", {"area": area.code})))
        elif level(area.code) in (Level.TOWNSHIP, Level.VILLAGE) and parent(area.code) not in present:
            faults.append((line, Fault("code", "area-parent-missing", {"area": parent(area.code)})))
        seen.add(area.code)
    return faults


def nest(areas: Iterable[Node]) -> list[Node]:
    """The trees of `areas`, in the order of their codes; where a level is left out, its children hang one higher."""
    nodes = {area.code: area for area in sorted(areas, key=lambda area: area.code)}
    roots: list[Node] = []
    for node in nodes.values():
        above = parent(AreaCode(node.code))
        while above is not None and above not in nodes:
            above = parent(above)
        (nodes[above].children if above else roots).append(node)
    return roots
