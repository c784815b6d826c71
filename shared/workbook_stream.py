"""A workbook (XLSX, ECMA-376) written while it is sent: neither memory nor disk ever holds it whole.

Libraries that write one in constant memory lay its rows on the disk in clear first. Every cell is text, so nothing a
cell holds can be a formula.
"""

import asyncio
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import polars as pl

from shared.tables.headers import letters

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type."""
MAX_ROWS = 1_048_576
"""Rows of a sheet, by the format's own limit; what is more goes on in a further sheet."""
MAX_CELL = 32_767
"""Characters of a cell, likewise."""
WRITTEN_ROWS = 2_000
"""Rows that are in memory as XML at a time, for as long as whoever reads the workbook takes."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NOT_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
_BEGIN, _END = pl.lit('" t="inlineStr"><is><t xml:space="preserve">'), pl.lit("</t></is></c>")
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))

Sheet = tuple[str, Sequence[str], Iterable[pl.DataFrame]]
"""Name, headings, and frames of text columns; every frame as wide as the headings."""


Wait = Callable[[Awaitable[Any]], Any]
"""Has the loop do some work, and waits for it in another thread."""


def waiter() -> Wait:
    """For whoever reads a workbook in a thread: pages are fetched back in the present loop, each by itself."""
    loop = asyncio.get_running_loop()

    async def done(work: Awaitable[Any]) -> Any:
        return await work

    return lambda work: asyncio.run_coroutine_threadsafe(done(work), loop).result()


def text_frame(rows: Sequence[Sequence[str | None]], width: int) -> pl.DataFrame:
    """Lines of a sheet as a frame of text columns."""
    return pl.DataFrame(rows, schema=dict.fromkeys(map(str, range(width)), pl.String), orient="row")


def stream_workbook(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """The workbook in pieces. `sheets` and their frames are read one after the other, as they are sent."""
    sink = _Sink()
    names: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]
        for name, headings, frames in sheets:
            rows = _Rows(headings, iter(frames))
            while not rows.ended:
                names.append(_sheet_name(name, names))
                with archive.open(f"xl/worksheets/sheet{len(names)}.xml", "w", force_zip64=True) as part:
                    for xml in rows.one_sheet():
                        part.write(xml)
                        yield from sink.taken()
        for path, text in _frame_parts(names).items():
            archive.writestr(path, _HEAD + text)
    yield from sink.taken()


class _Sink:
    """What a zip archive is written to, and read from at once. It cannot seek, and the archive does without."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None: ...

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield b"".join(pieces)


class _Rows:
    """The rows of a sheet, that may be more than one sheet holds."""

    def __init__(self, headings: Sequence[str], frames: Iterator[pl.DataFrame]) -> None:
        self._headings = pl.DataFrame({str(n): [text] for n, text in enumerate(headings)}, schema_overrides=None)
        self._frames = frames
        self._left: pl.DataFrame | None = None
        self.ended = False

    def one_sheet(self) -> Iterator[bytes]:
        """As many as fit."""
        yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode()
        yield _as_xml(self._headings, 1)
        room = MAX_ROWS - 1
        while True:
            frame = self._left if self._left is not None else next(self._frames, None)
            self._left = None
            if frame is None:
                self.ended = True
                break
            first = MAX_ROWS - room + 1
            for at in range(0, min(frame.height, room), WRITTEN_ROWS):
                yield _as_xml(frame.head(room).slice(at, WRITTEN_ROWS), first + at)
            if frame.height > room:
                self._left = frame.slice(room)
                break
            room -= frame.height
        yield b"</sheetData></worksheet>"


def _as_xml(rows: pl.DataFrame, first: int) -> bytes:
    """Rows that begin with that number. Each cell says where it stands, as readers expect; a blank one is not written."""
    number = pl.int_range(first, first + rows.height, eager=True).cast(pl.String).alias("row")
    cells = [
        pl.when(pl.col(name).is_not_null())
        .then(pl.concat_str(pl.lit(f'<c r="{letters(at)}'), number, _BEGIN, _escaped(name), _END))
        .otherwise(pl.lit(""))
        for at, name in enumerate(rows.columns)
    ]
    lines = rows.select(pl.concat_str(pl.lit('<row r="'), number, pl.lit('">'), *cells, pl.lit("</row>")).alias("row"))
    return "".join(lines["row"].to_list()).encode()


def _escaped(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String).str.slice(0, MAX_CELL).str.replace_all(_NOT_XML, "")
    for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.str.replace_all(plain, written, literal=True)
    return text


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    """At most 31 characters, none of those that a name may not have or that nobody sees, and no name twice."""
    seen = "".join(filter(str.isprintable, name.translate(_FORBIDDEN_IN_NAMES)))
    plain = seen.strip().strip("'")[:31] or "Sheet"
    known = {one.casefold() for one in taken}
    number, unique = 1, plain
    while unique.casefold() in known:
        number += 1
        unique = f"{plain[: 30 - len(str(number))]} {number}"
    return unique


def _frame_parts(names: Sequence[str]) -> dict[str, str]:
    """What holds the sheets together."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, names, strict=True)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    return {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f"{types}</Types>",
    }
