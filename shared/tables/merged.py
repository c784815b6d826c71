"""Cells merged over several rows: what the first one says holds for all of them, unless it is an amount.

An amount over three rows may be each one's or all of them together, and nobody can tell: these cells are refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import polars as pl

from shared.tables.headers import FoundColumn
from shared.tables.scan import MOST_CELLS
from shared.tables.table import refusal

Range = tuple[tuple[int, int], tuple[int, int]]
"""Row and column, from 0, of the first cell and of the last."""
_AMOUNTS = ("number", "integer")


@dataclass(slots=True)
class Merged:
    """The merged cells of a sheet's data, by rows as a person counts them. Asked run by run, in order."""

    amounts: dict[int, pl.Series]  # by column: rows whose cell is part of an amount over several
    _filled: list[tuple[int, int, int]]  # first row, last row, column
    _used: tuple[int, ...]
    _said: dict[int, Any] = field(default_factory=dict)  # by place in `_filled`: what the first cell says

    def fill(self, columns: Sequence[list[Any]], first: int, left: int) -> None:
        """Write what merged cells say into every row of them. `columns` begin at row `first` and column `left`.

        A row that says nothing else is no row.
        """
        until = first + len(columns[0])
        here = [
            (n, max(top, first), min(bottom + 1, until), column - left)
            for n, (top, bottom, column) in enumerate(self._filled)
            if top < until and bottom >= first and left <= column < left + len(columns)
        ]
        rows = set(chain.from_iterable(range(begin, end) for _, begin, end, _ in here))
        used = [columns[at - left] for at in self._used if left <= at < left + len(columns)]
        speaking = {row for row in rows if any(cells[row - first] not in ("", None) for cells in used)}
        for n, begin, end, column in here:
            cells = columns[column]
            if self._filled[n][0] == begin:
                self._said[n] = cells[begin - first]
            for row in range(begin, end):
                if row in speaking:
                    cells[row - first] = self._said[n]


def merged_data(ranges: Iterable[Range] | None, data_from: int, rows: int, found: Sequence[FoundColumn]) -> Merged:
    """What is merged downwards in the columns that are used, from row `data_from` on. Raises `TableInvalid`."""
    kinds = {one.at: one.column.kind for one in found}
    filled, amounts, cells = [], defaultdict[int, list[int]](list), 0
    for (top, left), (bottom, _) in ranges or ():
        first, last = top + 1, min(bottom + 1, rows)
        if left not in kinds or first < data_from or first >= last:
            continue
        cells += last - first
        if cells > MOST_CELLS:  # they lie on one another: no program writes that
            raise refusal("workbook-broken")
        if kinds[left] in _AMOUNTS:
            amounts[left] += range(first, last + 1)
        else:
            filled.append((first, last, left))
    return Merged({at: pl.Series(found, dtype=pl.UInt32) for at, found in amounts.items()}, filled, tuple(kinds))
