"""Looks through an .xls (BIFF records in an OLE file) before a library reads it: locks, formulas, size."""

import struct
from array import array
from collections.abc import Iterator
from typing import BinaryIO

import olefile

from shared.tables.scan import MOST_TEXT, SheetScan, WorkbookScan, pack, refuse_too_many_cells
from shared.tables.table import refusal

MOST_BYTES = 256 << 20
"""65,536 rows of 256 columns do not take more."""

_BOF, _EOF, _CONTINUE, _SHEET, _LOCKED, _FROM_1904, _STRINGS = 0x809, 0x0A, 0x3C, 0x85, 0x2F, 0x22, 0xFC
_FORMULAS = frozenset((0x0006, 0x0206, 0x0406))
_SHARED_STRING, _TRUTH_OR_ERROR, _MULTIPLE = 0xFD, 0x205, frozenset((0xBD, 0xBE))
_CELLS = frozenset((0x203, 0x27E, 0x204, 0xD6, 0x201, _SHARED_STRING, _TRUTH_OR_ERROR)) | _FORMULAS
_OTHERS = (("WordDocument", "DOC"), ("PowerPoint Document", "PPT"))

Record = tuple[int, int, int]
"""Kind, and where its content begins and ends."""


def scan_xls(file: BinaryIO) -> WorkbookScan:
    """What is in the workbook. Raises `TableInvalid`."""
    file.seek(0)
    try:
        return _scan(_stream(file))
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error, OverflowError):
        pass  # raised below: these errors may carry parts of the file
    except (RecursionError, MemoryError, UnicodeError):
        pass
    raise refusal("workbook-broken")


def _stream(file: BinaryIO) -> bytes:
    with olefile.OleFileIO(file) as container:
        if container.exists("EncryptedPackage") or container.exists("EncryptionInfo"):
            raise refusal("workbook-encrypted")
        for name, format in _OTHERS:
            if container.exists(name):
                raise refusal("format-unsupported", format=format)
        book = next((name for name in ("Workbook", "Book") if container.exists(name)), None)
        if book is None:
            raise refusal("format-unsupported", format="OLE")
        if container.get_size(book) > MOST_BYTES:
            raise refusal("workbook-too-large", most=f"{MOST_BYTES >> 20} MiB")
        content: bytes = container.openstream(book).read()
        return content


def _records(stream: bytes, start: int = 0) -> Iterator[Record]:
    unpack, at, end = struct.Struct("<HH").unpack_from, start, len(stream) - 4
    while at <= end:
        kind, size = unpack(stream, at)
        yield kind, at + 4, at + 4 + size
        at += 4 + size


def _scan(stream: bytes) -> WorkbookScan:
    lengths: array[int] = array("q")
    begins: list[tuple[int, int]] = []
    from_1904 = False
    for kind, start, end in _records(stream):
        if kind == _LOCKED:
            raise refusal("workbook-encrypted")
        if kind == _SHEET:
            begins.append((struct.unpack_from("<I", stream, start)[0], stream[start + 5]))
        elif kind == _FROM_1904:
            from_1904 = stream[start] == 1
        elif kind == _STRINGS:
            lengths = _string_lengths(stream, start, end)
        elif kind == _EOF:
            break
    text = [0]
    sheets = [None if kind else _scan_sheet(stream, begin, lengths, text) for begin, kind in begins]
    refuse_too_many_cells(sheets)
    if text[0] > MOST_TEXT:
        raise refusal("zip-bomb")
    return WorkbookScan(sheets, from_1904)


def _scan_sheet(stream: bytes, begin: int, lengths: "array[int]", text: list[int]) -> SheetScan:
    scan = SheetScan()
    cell = struct.Struct("<HH").unpack_from
    depth = 0
    for kind, start, end in _records(stream, begin):
        if kind in _CELLS:
            row, column = cell(stream, start)
            scan.see(row, column)
            if kind in _FORMULAS:
                scan.formulas.append(pack(row, column))
            elif kind == _TRUTH_OR_ERROR and stream[start + 7]:
                scan.errors.append(pack(row, column))
            elif kind == _SHARED_STRING:
                number = struct.unpack_from("<I", stream, start + 6)[0]
                text[0] += lengths[number] if number < len(lengths) else 0
        elif kind in _MULTIPLE:
            scan.see(cell(stream, start)[0], struct.unpack_from("<H", stream, end - 2)[0])
        elif kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                break
    return scan


def _string_lengths(stream: bytes, start: int, end: int) -> "array[int]":
    """About how many bytes each shared string takes. The table goes on in CONTINUE records, in the midst of a string."""
    parts = [(start, end)]
    for kind, begin, stop in _records(stream, end):
        if kind != _CONTINUE:
            break
        parts.append((begin, stop))
    lengths: array[int] = array("q")
    at, part = start + 8, 0
    while part < len(parts):
        if at >= parts[part][1]:
            at = parts[part + 1][0] + at - parts[part][1] if part + 1 < len(parts) else at
            part += 1
            continue
        characters, flags = struct.unpack_from("<HB", stream, at)
        at += 3 + 2 * bool(flags & 8) + 4 * bool(flags & 4)
        runs = struct.unpack_from("<H", stream, at - 2 - 4 * bool(flags & 4))[0] if flags & 8 else 0
        extra = struct.unpack_from("<I", stream, at - 4)[0] if flags & 4 else 0
        lengths.append(3 * characters)
        wide = 1 + (flags & 1)
        while characters and part < len(parts):
            fit = min(characters, (parts[part][1] - at) // wide)
            characters -= fit
            at += fit * wide
            if characters and part + 1 < len(parts):  # the rest says anew how wide it is
                part += 1
                at = parts[part][0] + 1
                wide = 1 + (stream[at - 1] & 1)
            elif characters:
                return lengths
        at += 4 * runs + extra
    return lengths
