"""Sheets that only add up what stands in others: passed over and told, and not taken for data with a heading amiss."""

import re
from collections.abc import Sequence, Set

from shared.tables.table import Column
from shared.tables.words import names_sums, plain

SUMS = "sheet-of-sums"
"""The code of why such a sheet is not read."""

_LIKE_ID_NUMBER = re.compile(r"[0-9]{17}[0-9x]|[0-9]{15}|[0-9](?:\.[0-9]+)?e\+?1[4-7]")


def holds_sums(name: str, head: Sequence[Sequence[str]], found: Set[str], columns: Sequence[Column]) -> bool:
    """Whether a sheet that does not fit, with only the columns `found`, holds sums: figures, and nobody whom they are about.

    A sheet that may be about somebody is never sums, whatever it calls itself: losing people is worse than refusing a
    file. Where ID numbers are asked for, its cells must hold none; elsewhere it must also have the name of sums.
    """
    figures = {one.name for one in columns if one.kind in ("number", "integer")}
    whom = {one.name for one in columns if _is_key(one)}
    if not figures & found or not whom or whom & found:
        return False
    if not any(one.kind == "id_number" for one in columns):
        return names_sums(name)
    return not any(map(_is_like_id_number, (cell for row in head for cell in row)))


def _is_key(column: Column) -> bool:
    return column.key or column.kind == "id_number" or (column.required and column.kind == "text")


def _is_like_id_number(cell: str) -> bool:
    return len(cell) >= 15 and _LIKE_ID_NUMBER.fullmatch(plain(cell)) is not None
