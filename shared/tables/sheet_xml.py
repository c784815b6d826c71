"""Reads the XML of worksheets as bytes, in blocks, without building anything of it: fast, and no entity is resolved."""

import re
from array import array
from collections.abc import Iterator

from shared.tables.scan import SheetScan, pack
from shared.tables.table import refusal

_LONGEST_TAG = 8 << 20

_CELL = rb"<(?:\w+:)?c\b"
# Begins with letters, not with a condition: those are looked for ten times as fast.
_REFERENCE = re.compile(rb"""r=["'](?<=\br=.)([A-Za-z]{1,3})([0-9]{1,7})["']""")
_NOT_NEAR = re.compile(rb"""<c(?! r=["'][Aa]?[A-Za-z][0-9]{1,5}["']|[A-Za-z])""")
_BEYOND_Z = re.compile(rb"""r=["'][Aa][A-Za-z]""")
_PREFIXED = re.compile(b":c")  # twice as fast as bytes look for it
_UNPLACED = re.compile(rb"""[<:]c(?![A-Za-z]| r=["'][A-Za-z]{1,3}[0-9]{1,7}["'])""")
_FORMULA = re.compile(_CELL + rb"([^>]*)>\s*<(?:\w+:)?f\b([^>]*)>")
_ARRAY = re.compile(rb"""\bref=["']([A-Za-z]{1,3})([0-9]{1,7}):([A-Za-z]{1,3})([0-9]{1,7})["']""")
_ERROR = re.compile(_CELL + rb"""([^>]*\bt=["']e["'][^>]*)>""")
_SHARED = re.compile(_CELL + rb"""[^>]*\bt=["']s["'][^>]*>\s*<(?:\w+:)?v\b[^>]*>\s*([0-9]{1,9})""")
_STRING = re.compile(rb"<(?:\w+:)?si\b")


def scan_sheet(blocks: Iterator[bytes]) -> SheetScan:
    """How big a worksheet is, and where its formulas and errors are. Raises `TableInvalid` when that is not told."""
    scan = SheetScan()
    for block in whole_tags(blocks):
        _see_cells(block, scan)
        if b"f" in block and (b"<f" in block or b":f" in block):  # one byte is found at once, and most have none
            for found in _FORMULA.finditer(block):
                _add_formula(found[1], found[2], scan)
        if b't="e"' in block or b"t='e'" in block:
            scan.errors.extend(_place(found[1]) for found in _ERROR.finditer(block))
    return scan


def string_lengths(blocks: Iterator[bytes]) -> "array[int]":
    """About how many bytes each shared string takes, never less than it does."""
    lengths, at, begun = array("q"), 0, None
    for block in whole_tags(blocks):
        for found in _STRING.finditer(block):
            if begun is not None:
                lengths.append(at + found.start() - begun)
            begun = at + found.start()
        at += len(block)
    if begun is not None:
        lengths.append(at - begun)
    return lengths


def text_in_cells(blocks: Iterator[bytes], lengths: "array[int]") -> int:
    """How many bytes the shared strings take once every cell has a copy of its own."""
    total = 0
    for block in whole_tags(blocks):
        numbers = map(int, _SHARED.findall(block))
        total += sum(lengths[number] for number in numbers if number < len(lengths))
    return total


def whole_tags(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut only where a closing tag begins, so that a cell and its formula stay together.

    Raises `TableInvalid` for XML that defines a document type (nobody's spreadsheet does), and for other encodings.
    """
    rest, first = b"", True
    for block in blocks:
        rest += block
        if first and (b"\0" in rest[:200] or rest.startswith((b"\xff\xfe", b"\xfe\xff"))):
            raise refusal("workbook-broken")
        first = False
        cut = max(rest.rfind(b"</"), 0)
        if b"!" in rest and (b"<!DOCTYPE" in rest or b"<!ENTITY" in rest):
            raise refusal("workbook-broken")
        if len(rest) - cut > _LONGEST_TAG:
            raise refusal("workbook-broken")
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    yield rest


def _see_cells(block: bytes, scan: SheetScan) -> None:
    # Not beyond column AZ and row 99,999: the last cell tells enough.
    if _PREFIXED.search(block) is None and _NOT_NEAR.search(block) is None:
        last = _REFERENCE.findall(block[-4096:]) or _REFERENCE.findall(block)
        for _, row in last[-1:]:
            scan.see(int(row) - 1, 25 if _BEYOND_Z.search(block) is None else 51)
        return
    for name, row in set(_REFERENCE.findall(block)):
        scan.see(int(row) - 1, column_number(name))
    scan.unplaced = scan.unplaced or _UNPLACED.search(block) is not None


def _add_formula(cell: bytes, formula: bytes, scan: SheetScan) -> None:
    """A formula of a matrix stands in its first cell only; those of the others are empty."""
    scan.formulas.append(_place(cell))
    if (area := _ARRAY.search(formula)) and b"array" in formula:
        left, right = column_number(area[1]), column_number(area[3])
        top, bottom = int(area[2]) - 1, int(area[4]) - 1
        if (bottom - top + 1) * (right - left + 1) > 1_000_000:
            raise refusal("workbook-broken")
        for row in range(top, bottom + 1):
            scan.formulas.extend(pack(row, column) for column in range(left, right + 1))


def _place(cell: bytes) -> int:
    """The packed place in the attributes of a cell. Every program that people use writes it."""
    found = _REFERENCE.search(cell)
    if found is None:
        raise refusal("workbook-broken")
    return pack(int(found[2]) - 1, column_number(found[1]))


def column_number(name: bytes) -> int:
    """From 0, of the letters of a column."""
    number = 0
    for letter in name.upper():
        number = number * 26 + letter - 64
    return number - 1
