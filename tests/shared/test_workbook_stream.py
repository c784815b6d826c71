"""A workbook that is written while it is sent reads back cell by cell, whatever stands in the cells."""

import io
import re
import zipfile
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shared import workbook_stream
from shared.tables.sheet_xml import scan_sheet
from shared.workbook_stream import MAX_CELL, WRITTEN_ROWS, Sheet, stream_workbook

CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)


def book(*sheets: Sheet) -> CalamineWorkbook:
    content = b"".join(stream_workbook(sheets))
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def frame(rows: list[list[str | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=[("a", pl.String), ("b", pl.String)], orient="row")


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_cells_come_back_as_text(rows: list[list[str | None]]) -> None:
    found = book(("表", ["甲", "乙"], [frame(rows), frame(rows)])).get_sheet_by_index(0).to_python()
    assert found[0] == ["甲", "乙"]
    wanted = [[cell or "" for cell in row] for row in rows * 2]
    while wanted and not any(wanted[-1]):  # what is blank at the end is nothing
        wanted.pop()
    assert found[1 : len(wanted) + 1] == wanted


def test_nothing_is_a_formula_or_breaks_the_document() -> None:
    rows: list[list[str | None]] = [["=1+1", "<&>\"'"], [None, "a\x00\x0bb"], ["x" * 40_000, "]]>"]]
    found = book(("a", ["", "="], [frame(rows)])).get_sheet_by_index(0).to_python()
    assert found[1:3] == [["=1+1", "<&>\"'"], ["", "ab"]]
    assert (len(str(found[3][0])), found[3][1]) == (MAX_CELL, "]]>")


def test_every_cell_says_where_it_stands_and_blank_ones_are_not_written() -> None:
    rows: list[list[str | None]] = [["x", None], [None, "y"]]
    content = b"".join(stream_workbook([("a", ["甲", "乙"], [frame(rows[:1]), frame(rows[1:])])]))
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'<row r="(\d+)">|<c r="([A-Z]+\d+)"', sheet) == [
        *(("1", ""), ("", "A1"), ("", "B1")),
        *(("2", ""), ("", "A2")),
        *(("3", ""), ("", "B3")),
    ]
    assert sheet.count("<c ") == 4
    assert not scan_sheet(iter([sheet.encode()])).unplaced, "or a parser would have to count its cells"


def test_what_one_sheet_cannot_hold_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_stream, "MAX_ROWS", 4)
    frames = [frame([[str(n), "x"] for n in range(start, start + 2)]) for start in (0, 2, 4, 6)]
    made = book(("长表", ["n", "x"], frames), ("b", ["n", "x"], []))
    assert made.sheet_names == ["长表", "长表 2", "长表 3", "b"]
    numbers = [row[0] for name in made.sheet_names for row in made.get_sheet_by_name(name).to_python()[1:]]
    assert numbers == [str(n) for n in range(8)]


def test_names_of_sheets_are_lawful_and_differ() -> None:
    given = ("a/b:[c]", "A b  c", "", "x" * 60, "x" * 60, "\x01\x0bc\ud800", "\ufffe", "a\u202eb")
    made = book(*((name, ["a", "b"], []) for name in given))
    names = made.sheet_names
    assert len({name.casefold() for name in names}) == len(given)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_it_is_sent_while_it_is_made() -> None:
    made = 0

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal made
        for made in range(50):
            yield frame([[str(n * made), "text"] for n in range(2000)])

    pieces = stream_workbook([("a", ["a", "b"], frames())])
    sent = sum(len(next(pieces)) for _ in range(3))
    assert sent > 0
    assert made < 40


def test_little_is_in_memory_at_a_time() -> None:
    """However large a frame is: who reads slowly keeps what is written."""
    rows = [[str(n), "x" * 200] for n in range(3 * WRITTEN_ROWS + 1)]
    written: list[int] = []

    def as_xml(piece: pl.DataFrame, first: int) -> bytes:
        written.append(piece.height)
        return plainly(piece, first)

    plainly = workbook_stream._as_xml
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook_stream, "_as_xml", as_xml)
        found = book(("a", ["甲", "乙"], [frame(rows)])).get_sheet_by_index(0).to_python()
    assert [row[0] for row in found[1:]] == [row[0] for row in rows]
    assert max(written) == WRITTEN_ROWS
