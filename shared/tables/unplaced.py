"""Worksheets with cells that do not say where they stand (`<c>` for `<c r="D5">`): each stands beside the one before it.

Few programs write them so. They are read by a parser: a search could be deceived by comments and by cells within cells,
and a sheet of some bytes may say that its last row is the millionth.
"""

import re
from collections.abc import Iterator
from xml.parsers.expat import ExpatError, ParserCreate

from shared.tables.scan import SheetScan, refuse_too_many_cells
from shared.tables.sheet_xml import column_number
from shared.tables.table import refusal

_REFERENCE = re.compile("([A-Za-z]{1,3})([0-9]{1,7})")
_ROW = re.compile("[0-9]{1,7}")


def see_unplaced(blocks: Iterator[bytes], scan: SheetScan) -> None:
    """See every cell where it will stand, or a little farther out. Raises `TableInvalid`, also when they are too many."""
    walk = _Walk(scan)
    parser = ParserCreate("utf-8", " ")
    parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
    try:
        for block in blocks:
            parser.Parse(block)
            refuse_too_many_cells([scan])  # long before the end, so that nobody waits for it
        parser.Parse(b"", True)
    except ExpatError:
        pass  # raised below: the error carries parts of the file
    else:
        return
    raise refusal("workbook-broken")


class _Walk:
    """Where the parser is. A row that has no number is the next one."""

    def __init__(self, scan: SheetScan) -> None:
        self.scan = scan
        self.row, self.column = -1, -1
        self.in_cell = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local not in ("row", "c"):
            return
        if self.in_cell:
            raise refusal("workbook-broken")
        if local == "row":
            self.row = _row(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = -1
            return
        self.in_cell = True
        self.column += 1
        if "r" in attributes:
            self._place(attributes["r"])
        self.scan.see(max(self.row, 0), self.column)

    def end(self, name: str) -> None:
        if self.in_cell and name.rpartition(" ")[2] == "c":
            self.in_cell = False

    def _place(self, reference: str) -> None:
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise refusal("workbook-broken")
        self.row, self.column = max(self.row, int(found[2]) - 1), column_number(found[1].encode())


def _row(number: str) -> int:
    if _ROW.fullmatch(number) is None:
        raise refusal("workbook-broken")
    return int(number) - 1
