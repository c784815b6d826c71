"""Writes the answer to a file as a file: the original cells and a last column that says what became of each row.

Every cell is written as text. What began as a formula, or would become one, must not run in the reader's spreadsheet
(OWASP: CSV injection); ID numbers must not become amounts.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

Row: TypeAlias = tuple[Sequence[str | None], str]
"""The original cells, and what became of them."""

MOST_ROWS = 1_048_575
"""Of a sheet, its headings not counted."""
_MOST_CHARACTERS = 32_767

_RUNS = re.compile(r"[\s\x00]*[=+\-@＝＋－＠\t\r]")
_FIGURE = re.compile(r"\s*[+-]?[0-9][0-9,.]*(?:[eE][+-]?[0-9]+)?\s*")
_WIDTH, _OUTCOME_WIDTH = 18, 48  # characters


def write_workbook(
    path: Path,
    headers: Sequence[str],
    outcome: str,
    rows: Iterable[Row],
    *,
    text_columns: Collection[int] = (),
    most_rows: int = MOST_ROWS,
) -> int:
    """Write an .xlsx row by row, in memory that does not grow with them; how many there were.

    `outcome` is the heading of the last column. `text_columns` (places from 0) keep the text format when somebody
    types in them: ID numbers. What does not fit on one sheet goes on further ones.
    """
    settings = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "tmpdir": str(path.parent),
    }
    with xlsxwriter.Workbook(str(path), settings) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        as_text = book.add_format({"num_format": "@"})

        def sheet() -> Worksheet:
            made: Worksheet = book.add_worksheet()
            made.set_column(0, max(len(headers) - 1, 0), _WIDTH)
            for at in text_columns:
                made.set_column(at, at, 22, as_text)
            made.set_column(len(headers), len(headers), _OUTCOME_WIDTH)
            made.freeze_panes(1, 0)
            for at, text in enumerate((*headers, outcome)):
                made.write_string(0, at, text[:_MOST_CHARACTERS], bold)
            return made

        current, count = sheet(), 0
        for cells, said in rows:
            if count and count % most_rows == 0:
                current = sheet()
            for at, text in enumerate((*_filled(cells, len(headers)), said)):
                if text:
                    format = as_text if at in text_columns else None
                    current.write_string(count % most_rows + 1, at, text[:_MOST_CHARACTERS], format)
            count += 1
    return count


def write_csv(file: BinaryIO, headers: Sequence[str], outcome: str, rows: Iterable[Row]) -> int:
    """The same as CSV: UTF-8 with a mark, without which Excel takes it for GBK; how many rows there were."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="", write_through=False)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([harmless(each) for each in (*headers, outcome)])
        count = 0
        for cells, said in rows:
            writer.writerow([harmless(each) for each in (*_filled(cells, len(headers)), said)])
            count += 1
        text.flush()
    finally:
        text.detach()
    return count


def harmless(text: str) -> str:
    """`text`, with a `'` before it where a spreadsheet would run it. Numbers stay numbers."""
    return f"'{text}" if _RUNS.match(text) and not _FIGURE.fullmatch(text) else text


def _filled(cells: Sequence[str | None], width: int) -> list[str]:
    texts = [text or "" for text in cells[:width]]
    return texts + [""] * (width - len(texts))
