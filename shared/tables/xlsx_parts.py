"""Looks through an .xlsx, which is a zip archive of XML, before a library unpacks it: bombs, locks, other formats."""

import copy
import posixpath
import xml.etree.ElementTree as ET
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from typing import BinaryIO

from shared.tables.scan import MOST_TEXT, SheetScan, WorkbookScan, refuse_too_many_cells
from shared.tables.sheet_xml import scan_sheet, string_lengths, text_in_cells, whole_tags
from shared.tables.table import refusal
from shared.tables.unplaced import see_unplaced

MOST_MEMBERS = 10_000
MOST_UNPACKED = 2 << 30
MOST_TIMES = 200
"""No member of more than `SMALL` bytes unpacks to more than that times its size: rows that are all alike do to 100."""
SMALL = 32 << 20

_BLOCK = 1 << 20
_ENCRYPTED = 0x1
_WORKBOOK = "xl/workbook.xml"
_STRINGS = "xl/sharedstrings.xml"
_OTHERS = (
    ("xl/workbook.bin", "XLSB"),
    ("word/document.xml", "DOCX"),
    ("ppt/presentation.xml", "PPTX"),
    ("content.xml", "ODS"),
    ("index/document.iwa", "Numbers"),
)


def scan_xlsx(file: BinaryIO) -> WorkbookScan:
    """What is in the archive, all of it read once and nothing of it kept. Raises `TableInvalid`."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive)
            _refuse_other_formats(members)
            return _scan(archive, members)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ET.ParseError):
        pass  # raised below: these errors carry parts of the file
    except (ValueError, KeyError, IndexError, OverflowError, UnicodeError):
        pass
    raise refusal("workbook-broken")


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """By their names in small letters. What the archive says of itself is judged before anything is unpacked."""
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise refusal("zip-bomb")
    if any(info.file_size > max(SMALL, info.compress_size * MOST_TIMES) for info in infos):
        raise refusal("zip-bomb")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise refusal("workbook-encrypted")
    members = {info.filename.lower().lstrip("/"): info for info in infos}
    if len(members) < len(infos) or any(
        i.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for i in infos
    ):
        raise refusal("workbook-broken")
    return members


def _refuse_other_formats(members: dict[str, zipfile.ZipInfo]) -> None:
    for name, format in _OTHERS:
        if name in members:
            raise refusal("format-unsupported", format=format)
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in members):
        raise refusal("format-unsupported", format="XLSM")
    if _WORKBOOK not in members:
        raise refusal("format-unsupported", format="ZIP")


def _scan(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> WorkbookScan:
    lengths: array[int] = array("q")
    sheets: dict[str, SheetScan] = {}
    for name, info in members.items():
        if name == _STRINGS:
            lengths = string_lengths(_blocks(archive, info))
        elif name.startswith("xl/") and "sheets/" in name and name.endswith(".xml"):
            sheets[name] = scan_sheet(_blocks(archive, info))
            if sheets[name].unplaced:
                see_unplaced(_blocks(archive, info), sheets[name])
        elif name.endswith((".xml", ".rels", ".vml")):
            for _ in whole_tags(_blocks(archive, info)):
                pass
    refuse_too_many_cells(sheets.values())
    longest = max(lengths, default=0)
    if longest * sum(scan.rows * scan.columns for scan in sheets.values()) > MOST_TEXT:
        text = sum(text_in_cells(_blocks(archive, members[name]), lengths) for name in sheets)
        if text > MOST_TEXT:
            raise refusal("zip-bomb")
    return _by_order(archive, members, sheets)


def _by_order(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], sheets: dict[str, SheetScan]
) -> WorkbookScan:
    book = _tree(archive, members[_WORKBOOK])
    links = _tree(archive, members["xl/_rels/workbook.xml.rels"])
    targets = {link.get("Id"): link.get("Target", "") for link in links if link.get("Type", "").endswith("/worksheet")}
    found: list[SheetScan | None] = []
    for element in book.iter():
        if element.tag.rpartition("}")[2] == "sheet":
            key = next(value for name, value in element.items() if name.endswith("}id"))
            path = posixpath.normpath(posixpath.join("/xl", targets.get(key, ""))).lstrip("/").lower()
            found.append(sheets.get(path))
    settings = [element for element in book.iter() if element.tag.rpartition("}")[2] == "workbookPr"]
    return WorkbookScan(found, any(each.get("date1904", "0").lower() in ("1", "true", "on") for each in settings))


def _tree(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> ET.Element:
    return ET.fromstring(b"".join(_blocks(archive, info)))  # noqa: S314  no document type, see above


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member unpacked, to its true end: what the archive says of its size may be a lie, and then it is refused."""
    unbounded = copy.copy(info)
    unbounded.file_size = MOST_UNPACKED
    size = 0
    with archive.open(unbounded) as member:
        while block := member.read(_BLOCK):
            size += len(block)
            if size > info.file_size:
                raise refusal("workbook-broken")
            yield block
    if size != info.file_size:
        raise refusal("workbook-broken")
