"""Whatever is written is read back; whatever is thrown at the readers, they answer; where a file is cut does not matter."""

import csv
import io
import itertools
from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.tables import Column, TableInvalid, csv_text, words
from shared.tables.records import cells, pieces
from tests.shared.tables.making import (
    COLUMNS,
    HEADINGS,
    ROW,
    TODAY,
    A,
    csv_bytes,
    data,
    refused,
    xls_bytes,
    xlsx_bytes,
)

NAMES = ("编号", "姓名", "备注")
TEXTS = tuple(Column(f"c{at}", (name,)) for at, name in enumerate(NAMES))

letters = st.one_of(
    st.sampled_from(list("张三李四村组，。（）　abcXYZ0123456789.,;\t\"'\n\r =-+#/@隆镇\u00e9")),
    st.characters(codec="gb18030", exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffd\ufeff"),
)
texts = st.text(letters, max_size=12)
rows_of_texts = st.lists(st.tuples(texts, texts), max_size=12)


def plain(text: str) -> str:
    """`text`, or "" where a column of text takes it for a mark of a spreadsheet, or for nothing."""
    bare = text.strip()
    return "" if words.plain(bare) in words.BLANK or bare.startswith(("'", "‘", "’", "`", "=", "#")) else text


def numbered(rows: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """With a first cell that keeps each row from being blank."""
    return [(f"k{number}", *map(plain, row)) for number, row in enumerate(rows)]


def read_back(rows: list[tuple[str, ...]]) -> list[tuple[object, ...]]:
    return [(number, *(text.strip() or None for text in row)) for number, row in enumerate(rows, 2)]


@settings(deadline=None)
@given(
    rows_of_texts,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\r\n", "\n"]),
)
def test_any_table_of_texts_written_as_csv_reads_back(
    table: list[tuple[str, str]], encoding: str, separator: str, quoting: int, line: str
) -> None:
    rows = numbered(table)
    content = csv_bytes([NAMES, *rows], encoding, separator, quoting=quoting, lineterminator=line)

    assert data(content, TEXTS) == read_back(rows)


@settings(deadline=None, max_examples=50)
@given(rows_of_texts)
def test_any_table_of_texts_written_as_xlsx_reads_back(table: list[tuple[str, str]]) -> None:
    rows = numbered(table)

    assert data(xlsx_bytes([NAMES, *rows]), TEXTS) == read_back(rows)
    assert data(xls_bytes([NAMES, *rows]), TEXTS) == read_back(rows)


lines = st.one_of(
    st.text(st.sampled_from('ab1"",\n\r;三 '), max_size=20).map(str.encode),
    st.sampled_from(
        [",".join(ROW).encode(), b'"x\ny",' + A.encode() + b",5,,,", b"", "合计,,5,,,".encode(), b",,7,,,"]
    ),
    st.binary(max_size=6),
)


def cut(content: bytes, block: int) -> object:
    """Everything that is read when the file comes in pieces of that size; or the codes with which it is refused."""
    try:
        table = csv_text.open_csv(content, io.BytesIO(), COLUMNS, TODAY, block)
        frames = list(table.frames())
    except TableInvalid as invalid:
        return [fault.code for fault in invalid.faults]
    found = [frame.data.rows() for frame in frames], [frame.faults.rows() for frame in frames]
    originals = [frame.originals.rows() for frame in frames]
    return [list(itertools.chain.from_iterable(each)) for each in (*found, originals)]


@settings(deadline=None)
@given(st.lists(lines, max_size=15), st.integers(1, 300))
def test_where_a_file_is_cut_changes_nothing(parts: list[bytes], block: int) -> None:
    content = ",".join(HEADINGS).encode() + b"\n" + b"\n".join(parts)

    assert cut(content, block) == cut(content, 1 << 20)


@given(st.text(st.sampled_from('a",\n\r'), max_size=40), st.integers(1, 9))
def test_records_are_cut_as_if_the_text_came_whole(text: str, block: int) -> None:
    content = text.encode()
    rows, end = cells(content + b"\n", ",")
    if end < len(content):
        return  # a quotation mark that is never closed
    parts = [content[at : at + block] for at in range(0, len(content), block)]
    found = [row for piece in pieces(iter(parts), ",") for row in piece.rows or cells(piece.text, ",")[0]]
    assert found == (rows if content and not content.endswith(b"\n") else rows[:-1])


@given(st.lists(st.lists(st.text(st.sampled_from('a",\n '), max_size=6), min_size=1, max_size=4), max_size=6))
def test_well_written_records_are_what_the_standard_library_reads(rows: list[list[str]]) -> None:
    content = csv_bytes(rows)

    assert cells(content, ",")[0] == [row or [""] for row in csv.reader(io.StringIO(content.decode(), newline=""))]


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda rest: ",".join(HEADINGS).encode() + b"\n" + rest),
        st.binary(max_size=100).map(lambda rest: b"PK\x03\x04" + rest),
        st.binary(max_size=100).map(lambda rest: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + rest),
        st.binary(max_size=100).map(lambda rest: b"\xff\xfe" + rest),
        st.text(max_size=100).map(str.encode),
    )
)
def test_no_bytes_are_too_strange_for_an_answer(content: bytes) -> None:
    assert isinstance(refused(content), list)


BOOK, OLD_BOOK = xlsx_bytes([HEADINGS, *[ROW] * 5]), xls_bytes([HEADINGS, *[ROW] * 5])


@settings(deadline=None)
@given(
    st.sampled_from([BOOK, OLD_BOOK]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=4),
)
def test_no_workbook_is_too_broken_for_an_answer(book: bytes, changes: list[tuple[float, bytes]]) -> None:
    content = bytearray(book)
    for place, new in changes:
        at = int(place * (len(content) - len(new)))
        content[at : at + len(new)] = new

    assert isinstance(refused(bytes(content)), list)
