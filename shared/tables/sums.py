"""Sheets that only add up what stands in others: passed over and told, and not taken for data with a heading amiss."""

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from shared.tables.table import Column, Sheet
from shared.tables.words import names_sums, plain

SUMS = "sheet-of-sums"
"""The code of why such a sheet is not read."""

_LIKE_ID_NUMBER = re.compile(r"[0-9]{17}[0-9x]|[0-9]{15}|[0-9](?:\.[0-9]+)?e\+?1[4-7]")


def holds_sums(name: str, head: Sequence[Sequence[str]], found: Set[str], columns: Sequence[Column]) -> bool:
    """Whether a sheet that has only the columns `found` holds sums: figures, and nobody whom they are about.

    Where ID numbers are asked for, that there are none in its cells tells; elsewhere only the sheet's name can.
    """
    figures = {one.name for one in columns if one.kind in ("number", "integer")}
    whom = {one.name for one in columns if one.required and one.kind in ("text", "id_number")}
    if not figures & found or whom <= found:
        return False
    if not any(one.kind == "id_number" for one in columns):
        return not whom & found and names_sums(name)
    return (not whom & found or names_sums(name)) and not any(map(_is_like_id_number, (c for row in head for c in row)))


def _is_like_id_number(cell: str) -> bool:
    return len(cell) >= 15 and _LIKE_ID_NUMBER.fullmatch(plain(cell)) is not None


def without_sums(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The same sheets; one that fits but calls itself sums is not read beside one that has more of the columns."""
    most = max((one.found for one in sheets if one.skipped is None and not names_sums(one.name)), default=0)
    return [
        replace(one, skipped=SUMS) if one.skipped is None and names_sums(one.name) and one.found < most else one
        for one in sheets
    ]
