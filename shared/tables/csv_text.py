"""CSV: text whose cells are separated by commas, tabs or semicolons, read forward in pieces and bounded memory."""

import os
from collections import deque
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from shared.ahead import ahead
from shared.tables.cells import Conversion
from shared.tables.cleaning import SPACE, signs_in
from shared.tables.encoding import BLOCK, decoded, encodings, utf8_blocks, without_mark
from shared.tables.headers import LOOKED_AT, Layout, find_layout
from shared.tables.records import Piece, cells, pieces
from shared.tables.rows import TextRows, column_at, data_rows, text_rows
from shared.tables.table import Column, Frame, Sheet, Table, TableInvalid

SEPARATORS = (",", "\t", ";")
_MORE_CELLS = 64  # what a row has beyond these is not looked at: it has too many anyway
_LINE, _QUOTE = (ord(c) for c in '\n"')


_Parsed: TypeAlias = tuple[pl.DataFrame, pl.Series | None, Set[str]]
"""The cells of a piece, as wide as the headings; the rows that were not; and the signs in them (`cleaning.SIGNS`)."""


@dataclass(frozen=True, slots=True)
class _Dialect:
    encoding: str
    separator: str
    layout: Layout
    width: int  # cells in most rows


def open_csv(
    head: bytes, file: BinaryIO, columns: Sequence[Column], today: date, block: int = BLOCK, *, whole: bool = False
) -> Table:
    """The table in `head` and what follows it in `file`: nothing if it is `whole`. Raises `TableInvalid`."""
    plain = without_mark(head)
    dialect = _dialect(plain, encodings(head), columns)
    if whole:  # where it breaks off it is refused before a row of it is used
        deque(_runs(pieces(utf8_blocks(plain, file, dialect.encoding, block), dialect.separator), dialect), maxlen=0)
    sheet = Sheet("", dialect.layout.header_row, dialect.layout.headers, headings=dialect.layout.headings)
    conversion = Conversion(tuple(columns), dialect.layout.found, 0, today)

    def frames(rows: int) -> Iterator[Frame]:
        blocks = utf8_blocks(plain, file, dialect.encoding, block)
        runs = _runs(pieces(blocks, dialect.separator), dialect)
        for run in ahead(data_rows(runs, dialect.layout.found)):  # parsed while what was parsed before is converted
            for start in range(0, len(run), rows):
                yield conversion.frame(run.slice(start, rows))

    return Table("csv", [sheet], frames, _rows_estimate(plain, file))


def _dialect(head: bytes, encodings: list[str], columns: Sequence[Column]) -> _Dialect:
    """The encoding and the separator with which most columns are found."""
    found: list[_Dialect] = []
    refused: list[tuple[int, TableInvalid]] = []
    for encoding in encodings:
        text = decoded(head, encoding)
        if "\n" not in text:
            text = text.replace("\r", "\n")
        for separator in SEPARATORS:
            rows = _first_rows(text, separator)
            try:
                layout = find_layout(rows[:LOOKED_AT], columns)
            except TableInvalid as invalid:
                # Of several refusals, the one that found most to complain of that is not simply missing.
                missing = sum(fault.code == "header-missing" for fault in invalid.faults)
                refused.append((missing, invalid))
            else:
                found.append(_Dialect(encoding, separator, layout, _width(rows, layout)))
    if not found:
        raise min(refused, key=lambda each: each[0])[1]
    return max(found, key=lambda each: len(each.layout.found))


def _first_rows(text: str, separator: str) -> list[list[str]]:
    buffer = text.encode()
    rows, end = cells(buffer, separator)
    if len(rows) <= LOOKED_AT and end < len(buffer):
        more, _ = cells(buffer[end:] + b"\n", separator)
        rows += more
    return rows


def _width(rows: list[list[str]], layout: Layout) -> int:
    """Some write a separator after the last cell too, but not below the headings."""
    rows = rows[layout.data_from - 1 :]
    wider = [len(row) for row in rows if len(row) > layout.width and not any(row[layout.width :])]
    return max(set(wider), key=wider.count) if len(wider) * 2 > len(rows) else layout.width


def _runs(parts: Iterator[Piece], dialect: _Dialect) -> Iterator[TextRows]:
    row = 1
    first_data = dialect.layout.data_from
    while (piece := _next(parts, row)) is not None:
        cells, ragged, signs = _parsed(piece, dialect)
        skipped = min(max(first_data - row, 0), cells.height)
        if skipped:
            cells, ragged = cells.slice(skipped), None if ragged is None else ragged.slice(skipped)
        row += skipped
        if cells.height:
            yield text_rows(row, cells, dialect.layout.found, signs, ragged)
        row += cells.height


def _next(parts: Iterator[Piece], row: int) -> Piece | None:
    """The next piece; one that breaks off says in which row."""
    try:
        return next(parts, None)
    except TableInvalid as broken:
        faults = [replace(one, params={**one.params, "row": row}) for one in broken.faults]
    raise TableInvalid(faults)


def _parsed(piece: Piece, dialect: _Dialect) -> _Parsed:
    width = dialect.width
    if piece.rows is None:
        try:
            cells = _read(
                piece.text, width, dialect.separator, quoted=piece.quoted
            )  # a row that is too long is an error to it
        except pl.exceptions.PolarsError:
            return _ragged(piece, dialect)
        if cells.to_series(width - 1).null_count() == 0 or _no_row_is_short(cells, piece, dialect):
            signs = _signs(piece.text, cells.height, dialect.separator)
            return cells.select(cells.columns[: dialect.layout.width]), None, signs
    return _ragged(piece, dialect)


def _no_row_is_short(cells: pl.DataFrame, piece: Piece, dialect: _Dialect) -> bool:
    separator = dialect.separator
    found = piece.text.count(separator.encode())
    if piece.quoted:
        found -= sum(cells.select(pl.all().str.count_matches(separator, literal=True).sum()).row(0))
    return found == cells.height * (dialect.width - 1)


def _read(text: bytes, width: int, separator: str, *, quoted: bool = True, ragged: bool = False) -> pl.DataFrame:
    """Cells of `text`. Who looks for no quotation marks is a tenth quicker."""
    return pl.read_csv(
        text,
        has_header=False,
        quote_char='"' if quoted else None,
        schema={column_at(at): pl.String for at in range(width)},
        separator=separator,
        missing_columns="insert",
        truncate_ragged_lines=ragged or None,
        extra_columns="ignore" if ragged else None,
    )


def _ragged(piece: Piece, dialect: _Dialect) -> _Parsed:
    """The slow path: bytes that are no UTF-8, rows of another width, quotation marks astray."""
    layout = dialect.layout
    wide = dialect.width + _MORE_CELLS
    text = piece.text.decode("utf-8", "replace").encode()
    if piece.rows is None:
        widths = _widths(text, dialect.separator)
        cells = _read(text, wide, dialect.separator, ragged=True)
    else:
        widths = np.array([len(row) for row in piece.rows])
        padded = [[*row[:wide], *[""] * (wide - len(row))] for row in piece.rows]
        cells = pl.DataFrame(padded, schema={column_at(at): pl.String for at in range(wide)}, orient="row")
    beyond = cells.select(
        pl.any_horizontal((pl.col(cells.columns[layout.width :]).str.strip_chars() != "").fill_null(False))
    ).to_series()
    needed = max(one.at for one in layout.found) + 1
    ragged = pl.Series((widths < needed) | (widths > wide)) | beyond
    return (
        cells.select(cells.columns[: layout.width]),
        ragged if ragged.any() else None,
        _signs(text, cells.height, dialect.separator),
    )


def _signs(text: bytes, rows: int, separator: str) -> Set[str]:
    """Within quotation marks a line break may stand at a cell's end, and so may a separator that is a blank."""
    signs = signs_in(text, separator)
    plain = b'"' not in text or (text.count(b"\n") == rows and not separator.isspace())
    return signs if plain else {*signs, SPACE}


def _widths(text: bytes, separator: str) -> npt.NDArray[np.intp]:
    """How many cells each row has, of text whose quotation marks stand where they should."""
    signs = np.frombuffer(text, np.uint8)
    inside = np.logical_xor.accumulate(signs == _QUOTE)
    ends = np.flatnonzero((signs == _LINE) & ~inside)
    separators = np.flatnonzero((signs == ord(separator)) & ~inside)
    return np.diff(np.searchsorted(separators, ends), prepend=0) + 1


def _rows_estimate(head: bytes, file: BinaryIO) -> int | None:
    lines = head.count(b"\n") or head.count(b"\r")
    if not file.seekable() or not lines:
        return None
    here = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(here)
    return round(size * lines / len(head))
