"""Rows of a table as text, and which of them are no data: blank ones, sums, and what stands below the table."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import polars as pl

from shared.tables.cleaning import SIGNS, SPACE
from shared.tables.headers import FoundColumn
from shared.tables.words import BLANK, BLANK_UNLESS_TEXT, BLANK_UNLESS_YES_OR_NO, begins_note, is_total, variants

ROWS_BELOW = 8
"""So many rows below a table may be sums without a word, or notes."""

_BLANK = {"text": variants(BLANK), "boolean": variants(BLANK_UNLESS_YES_OR_NO)}
_BLANK_ELSE = variants(BLANK_UNLESS_TEXT)
_MAY_SAY_TOTAL = "(?i)计|汇|和|total|sum"


@dataclass(frozen=True, slots=True)
class TextRows:
    """A run of rows of a sheet.

    `cells` has all of them as they stood, in columns "1", "2", ..., as many as there are headings; null where a cell
    is empty. `values` has the columns asked for, by name, without blanks around them; null where they say nothing.
    `signs` are those of `cleaning.SIGNS` that may be in them. `ragged` tells the rows whose number of cells is not
    that of the headings; None when there is none.
    """

    numbers: pl.Series
    cells: pl.DataFrame
    values: pl.DataFrame
    signs: Set[str] = SIGNS
    ragged: pl.Series | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, mask: pl.Series) -> "TextRows":
        """Those for which `mask` is true."""
        return self._each(lambda s: s.filter(mask), lambda d: d.filter(mask))

    def slice(self, start: int, length: int | None = None) -> "TextRows":
        """A run of them."""
        return self._each(lambda s: s.slice(start, length), lambda d: d.slice(start, length))

    def after(self, earlier: "TextRows") -> "TextRows":
        """`earlier` and these."""
        ragged = None
        if earlier.ragged is not None or self.ragged is not None:
            ragged = pl.concat([_mask(earlier), _mask(self)])
        numbers = pl.concat([earlier.numbers, self.numbers])
        cells, values = pl.concat([earlier.cells, self.cells]), pl.concat([earlier.values, self.values])
        return TextRows(numbers, cells, values, earlier.signs | self.signs, ragged)

    def _each(
        self, series: Callable[[pl.Series], pl.Series], frame: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> "TextRows":
        ragged = None if self.ragged is None else series(self.ragged)
        return TextRows(series(self.numbers), frame(self.cells), frame(self.values), self.signs, ragged)


def text_rows(
    first: int,
    cells: pl.DataFrame,
    found: Sequence[FoundColumn],
    signs: Set[str] = SIGNS,
    ragged: pl.Series | None = None,
) -> TextRows:
    """The rows whose first one has the number `first`."""
    numbers = pl.int_range(first, first + cells.height, dtype=pl.UInt32, eager=True).alias("row")
    values = cells.select(pl.col(column_at(one.at)).alias(one.column.name) for one in found)
    if SPACE in signs:
        values = values.select(pl.all().str.strip_chars())  # apart, or it would be done for each mention below
    return TextRows(numbers, cells, values.select(map(_value, found)), signs, ragged)


def column_at(at: int) -> str:
    """The name in `TextRows.cells` of the column at place `at` from 0."""
    return str(at + 1)


def data_rows(runs: Iterator[TextRows], found: Sequence[FoundColumn]) -> Iterator[TextRows]:
    """The rows that are data. What may be the end of the table is held back until more comes."""
    held: TextRows | None = None
    for run in runs:
        rows, lacking = _without_blank_and_totals(run if held is None else run.after(held), found)
        kept = min(_trailing(lacking), ROWS_BELOW)
        held = rows.slice(len(rows) - kept) if kept else None
        if kept < len(rows):
            yield rows.slice(0, len(rows) - kept)
    if held is not None:
        below = pl.Series([_stands_below(cells, found) for cells in held.cells.fill_null("").rows()], dtype=pl.Boolean)
        rows = held.where(~below)
        if len(rows):
            yield rows


def _mask(rows: TextRows) -> pl.Series:
    return rows.ragged if rows.ragged is not None else pl.repeat(False, len(rows), eager=True, dtype=pl.Boolean)


def _value(one: FoundColumn) -> pl.Expr:
    cell = pl.col(one.column.name)
    return pl.when(~cell.is_in(_BLANK.get(one.column.kind, _BLANK_ELSE))).then(cell)


def _without_blank_and_totals(rows: TextRows, found: Sequence[FoundColumn]) -> tuple[TextRows, pl.Series]:
    """What is left, and which of it have nothing where something is required (or expected, if nothing is required)."""
    names = [one.column.name for one in found]
    asked = [one.column.name for one in found if one.column.required] or names
    texts = [one.column.name for one in found if one.column.kind in ("text", "id_number")]
    masks = rows.values.select(
        empty=pl.all_horizontal(pl.col(names).is_null()),
        lacking=pl.any_horizontal(pl.col(asked).is_null()),
        total=pl.any_horizontal(pl.lit(False), pl.col(texts).str.ends_with("计").fill_null(False)),
    )
    out, lacking = masks["empty"], masks["lacking"]
    suspect = (lacking | masks["total"]) & ~out
    if suspect.any():
        out = _with_totals(rows.cells, out, suspect)
    if out.any():
        return rows.where(~out), lacking.filter(~out)
    return rows, lacking


def _with_totals(cells: pl.DataFrame, out: pl.Series, suspect: pl.Series) -> pl.Series:
    says = cells.select(pl.any_horizontal(pl.all().str.contains(_MAY_SAY_TOTAL).fill_null(False))).to_series()
    at = (suspect & says).arg_true()
    totals = [any(map(is_total, filter(None, row))) for row in cells[at].rows()]
    return out.scatter(at.filter(pl.Series(totals, dtype=pl.Boolean)), True)


def _trailing(mask: pl.Series) -> int:
    """How many values at the end are true."""
    if not mask.any():
        return 0
    last = (~mask).arg_true().max()
    return len(mask) - 1 - int(last) if isinstance(last, int) else len(mask)


def _stands_below(cells: Sequence[str], found: Sequence[FoundColumn]) -> bool:
    """Of the last rows: a line about the table, or sums without a word."""
    first = next((cell for cell in cells if cell.strip()), "")
    numbers = {one.at for one in found if one.column.kind in ("number", "integer")}
    if begins_note(first) and not any(_is_figure(cells[at]) for at in numbers):
        return True
    others = [cells[one.at] for one in found if one.at not in numbers]
    # A row that counts itself in its first cell is one of the rows, and lacks something.
    counted = 0 not in numbers and bool(cells[0].strip())
    return not counted and not any(map(str.strip, others)) and all(not c.strip() or _is_figure(c) for c in cells)


def _is_figure(cell: str) -> bool:
    return any(c.isdecimal() for c in cell) and not any(c.isalpha() for c in cell.strip().rstrip("元圆"))
