"""CSV as bureaus have it: every encoding and separator, titles and sums, quotation marks, rows that do not fit."""

import codecs
import csv
import io
import itertools
from datetime import date

import polars as pl
import pytest

from shared.tables import Column, TableInvalid, cleaning, csv_text
from tests.shared.tables.making import (
    COLUMNS,
    HEADINGS,
    ROW,
    TODAY,
    A,
    B,
    C,
    Forward,
    csv_bytes,
    data,
    faults,
    frames,
    opened,
    refused,
)

READ = (2, A, "张三", 1234.5, 3, date(2026, 3, 2), True)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030")


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_every_encoding_and_separator_is_understood(encoding: str, separator: str, quoting: int) -> None:
    content = csv_bytes([HEADINGS, ROW], encoding, separator, quoting=quoting)

    assert data(content) == [READ]
    assert faults(content) == []


def test_a_quoted_separator_that_is_a_blank_is_one_at_the_ends_of_a_cell() -> None:
    rows = [HEADINGS, ("\t张三", A, "5", "\t", "", "\t"), ("李\t四", B, "6\t", "", "\t\t", "")]

    assert data(csv_bytes(rows, separator="\t")) == [
        (2, A, "张三", 5.0, None, None, None),
        (3, B, "李\t四", 6.0, None, None, None),
    ]


def test_utf_16_of_either_byte_order_is_told_by_its_mark() -> None:
    text = csv_bytes([HEADINGS, ROW]).decode()

    assert data(codecs.BOM_UTF16_BE + text.encode("utf-16-be")) == [READ]


def test_gbk_that_could_be_utf_8_is_read_as_what_has_the_headings() -> None:
    # 隆 and others are bytes in GBK that UTF-8 has too; here all of them are
    name = "".join(chr(c) for c in range(0x4E00, 0x9FA5) if _is_utf8_too(chr(c)))[:2]
    content = f"{name},amount\r\n{A},5".encode("gbk")
    columns = (Column("id", (name,), "id_number"), Column("amount", ()))

    assert content.decode("utf-8") != content.decode("gbk")
    assert data(content, columns) == [(2, A, "5")]


def _is_utf8_too(letter: str) -> bool:
    try:
        letter.encode("gbk").decode("utf-8")
    except UnicodeError:
        return False
    return True


def test_a_file_that_is_ascii_for_long_shows_its_encoding_later() -> None:
    columns = (Column("name", ("name",)),)
    for encoding in ("utf-8", "gb18030"):
        content = b"name\n" + b"abcdefg\n" * 20_000 + "张三\n".encode(encoding)

        assert data(content, columns)[-1] == (20_002, "张三")


def test_a_letter_cut_in_half_is_a_fault_of_its_row_only() -> None:
    good, cut = csv_bytes([HEADINGS, ROW], "gbk"), "李四".encode("gbk")[:3]
    content = good + b",".join([cut, B.encode(), b"5", b"", b"", b""]) + b"\r\n"

    assert data(content)[0] == READ
    assert faults(content) == [(3, "person.name", "text-undecodable")]


def test_so_it_is_in_utf_8_and_where_nobody_looks_it_is_none() -> None:
    headings = ",".join([*HEADINGS, "备注"]).encode()
    cut = "村".encode()[:2]
    line = ",".join(ROW).encode()

    content = headings + b"\n" + line + b"," + cut + b"\n" + line.replace("张三".encode(), cut) + b",\n"
    assert faults(content) == [(3, "person.name", "text-undecodable")]
    assert [frame.originals["7"].to_list() for frame in frames(content)] == [["\ufffd", ""]]


@pytest.mark.parametrize("content", [bytes(range(256)) * 20, b"\x00\x01\x02" * 50, b"\xff\xfe\xfd" * 99 + b","])
def test_what_is_no_text_is_said_to_be_none(content: bytes) -> None:
    assert refused(content)[0][1] in ("encoding-unknown", "header-missing")


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\n"])
def test_an_empty_file_is_said_to_be_empty_or_to_have_no_headings(content: bytes) -> None:
    assert {code for _, code in refused(content)} <= {"table-empty", "header-missing"}
    assert refused(content)


def test_titles_stand_above_and_sums_and_notes_below() -> None:
    rows = [
        ["花山县医保局2026年3月自付情况", "", "", "", "", ""],
        ["单位：元", "", "", "", "", "2026-04-05"],
        HEADINGS,
        ROW,
        ["", "小 计", "1234.5", "", "", ""],
        ["李四", B, "5", "", "", ""],
        ["", "", "", "", "", ""],
        ["合计：", "", "1,239.5", "3", "", ""],
        ["", "", "1239.5", "3", "", ""],
        ["制表人：王五", "", "审核：赵六", "", "2026年4月5日", ""],
        ["", "", "", "", "", ""],
        ["注：本表不含门诊", "", "", "", "", ""],
        ["第1页 共1页"],
        [""],
    ]
    for separator in (",", "\t"):
        content = csv_bytes(rows, separator=separator)

        assert [row[:2] for row in data(content)] == [(4, A), (6, B)]
        assert faults(content) == []
        assert opened(content).header_row == 3
        assert opened(content).headers == HEADINGS


def test_a_sum_may_be_said_in_a_column_that_is_asked_for() -> None:
    columns = (Column("area", ("村",)), Column("amount", ("金额",), "number", required=True))

    assert data(csv_bytes([["村", "金额"], ["花山村", "5"], ["合计", "5"]]), columns) == [(2, "花山村", 5.0)]


def test_a_row_without_its_id_number_is_no_sum_but_a_fault_also_at_the_end() -> None:
    lacking = ["王五", "", "7", "", "", ""]

    assert faults(csv_bytes([HEADINGS, ROW, lacking])) == [(3, "person.id_number", "field-missing")]
    assert faults(csv_bytes([HEADINGS, lacking, ROW])) == [(2, "person.id_number", "field-missing")]


def test_figures_alone_are_a_sum_at_the_end_and_a_fault_before_it() -> None:
    alone = ["", "", "7", "", "", ""]

    assert faults(csv_bytes([HEADINGS, ROW, alone])) == []
    assert faults(csv_bytes([HEADINGS, alone, ROW])) == [(2, "person.id_number", "field-missing")]
    numbered = csv_bytes([["序号", *HEADINGS], ["1", *ROW], ["2", "", "", "7", "", "", ""]])
    assert faults(numbered) == [(3, "person.id_number", "field-missing")]


def test_rows_that_are_only_numbered_beforehand_are_blank() -> None:
    rows = [["序号", *HEADINGS], ["1", *ROW], *([str(n)] + [""] * 6 for n in range(2, 40))]

    assert data(csv_bytes(rows)) == [READ]
    assert faults(csv_bytes(rows)) == []


def test_line_breaks_and_separators_in_quotes_are_part_of_the_cell_and_make_no_row() -> None:
    columns = (*COLUMNS, Column("note", ("备注",)))
    rows = [[*HEADINGS, "备注"], [*ROW, 'a\n"b",\r\nc'], ["李四", B, "5", "", "", "", ""]]

    assert data(csv_bytes(rows), columns) == [(*READ, 'a\n"b",\r\nc'), (3, B, "李四", 5.0, None, None, None, None)]


def test_quotation_marks_astray_are_characters() -> None:
    columns = (Column("a", ()), Column("b", ()), Column("c", ()))
    content = b'a,b,c\n5" pipe,x,"y ""z"""\n"p" q,"r,s",t"\n,"1\n2",\n'

    assert data(content, columns) == [
        (2, '5" pipe', "x", 'y "z"'),
        (3, '"p" q', "r,s", 't"'),
        (4, None, "1\n2", None),
    ]


def test_a_quotation_mark_that_is_never_closed_refuses_the_file() -> None:
    content = csv_bytes([HEADINGS, ROW]) + b'"' + ",".join(ROW).encode() + b"\n"

    with pytest.raises(TableInvalid) as caught:
        opened(content)
    (fault,) = caught.value.faults
    assert (fault.code, fault.params) == ("quote-open", {"row": 3}), "a small file before its first row is used"
    assert refused(content + b"x,y\n" * 2_000_000) == [("", "quote-open")]


def test_where_a_large_file_breaks_off_is_told() -> None:
    many = csv_bytes([["title"], HEADINGS, *[ROW] * 50_000])
    for broken, code in ((b'"' + b"x,y\n" * 2_000_000, "quote-open"), (b"x," * 5_000_000, "line-too-long")):
        with pytest.raises(TableInvalid) as caught:
            list(opened(many + broken).frames())
        (fault,) = caught.value.faults
        assert (fault.code, fault.params) == (code, {"row": 50_003})


def test_a_line_without_an_end_is_told_as_such() -> None:
    content = csv_bytes([HEADINGS, ROW]) + b"x," * 5_000_000

    assert refused(content) == [("", "line-too-long")]


def test_rows_of_another_width_are_their_own_fault() -> None:
    lines = [
        ",".join(HEADINGS),
        ",".join(ROW),
        ",".join((*ROW, "", "")),
        ",".join((*ROW, "", "x")),
        ",".join(ROW[:4]),
        ",".join((*ROW[:3], "1,2", *ROW[3:])),
        "x," * 5_000,
    ]
    content = "\n".join(lines).encode()

    assert [row[0] for row in data(content)] == [2, 3, 4, 5, 6, 7]
    ragged = [row for row, field, code in faults(content) if (field, code) == ("", "row-ragged")]
    assert ragged == [4, 5, 6, 7]
    assert {2, 3}.isdisjoint(row for row, _, _ in faults(content))


def test_cells_may_be_missing_where_no_column_is_asked_for() -> None:
    content = "\n".join([",".join([*HEADINGS, "备注", "经办"]), ",".join(ROW), ",".join([*ROW, "x"])]).encode()

    assert faults(content) == []
    assert len(data(content)) == 2


def test_a_separator_after_the_last_cell_of_every_row_is_no_cell() -> None:
    content = "\n".join([",".join(HEADINGS), *[",".join(ROW) + ","] * 30]).encode()

    assert faults(content) == []
    assert len(data(content)) == 30


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_every_sign_that_ends_a_line_does(line: str) -> None:
    content = line.join([",".join(HEADINGS), ",".join(ROW), "", ",".join(ROW)]).encode()

    assert data(content) == [READ, (4, *READ[1:])]


@pytest.mark.parametrize("cell", ["是\r", '"是\r"', '"是\r\n"'])
def test_a_return_that_ends_no_line_is_a_blank_around_its_cell(cell: str) -> None:
    content = "\r\n".join([",".join(HEADINGS), ",".join((*ROW[:-1], cell)), ",".join(ROW)]).encode() + b"\r\n"

    assert [row[1:] for row in data(content)] == [READ[1:], READ[1:]]


def test_returns_before_line_feeds_are_no_blanks() -> None:
    assert cleaning.SPACE not in cleaning.signs_in(csv_bytes([HEADINGS, ROW]), ",")


@pytest.mark.parametrize("cached", [1, 2, 3, 1 << 18])
def test_a_return_is_seen_wherever_it_stands(monkeypatch: pytest.MonkeyPatch, cached: int) -> None:
    monkeypatch.setattr(cleaning, "_CACHED", cached)
    for length in range(7):
        for signs in itertools.product(b"a\r\n", repeat=length):
            text = bytes(signs)
            within = b"\r" in text.replace(b"\r\n", b"")
            assert (cleaning.SPACE in cleaning.signs_in(text, ",")) == within, text


def test_a_sign_that_old_systems_put_at_the_end_is_nothing() -> None:
    assert data(csv_bytes([HEADINGS, ROW]) + b"\x1a") == [READ]


def test_a_text_that_cannot_be_stored_is_a_fault() -> None:
    assert faults(csv_bytes([HEADINGS, ("张\0三", *ROW[1:])])) == [(2, "person.name", "text-unstorable")]


def test_columns_of_headings_are_found_in_any_order_and_others_are_passed_over() -> None:
    rows = [["x", *reversed(HEADINGS), "y"], ["1", *reversed(ROW), "2"]]

    assert data(csv_bytes(rows)) == [READ]


def test_a_stream_that_gives_little_at_a_time_will_do() -> None:
    content = csv_bytes([HEADINGS, ROW])

    assert data(Forward(content, 7)) == [READ]
    assert opened(Forward(content)).rows_estimate is None
    assert opened(content).rows_estimate == 2


def test_frames_are_no_longer_than_asked_and_have_their_originals() -> None:
    content = csv_bytes([HEADINGS, *[ROW] * 95])
    parts = frames(content, rows=10)

    assert [part.data.height for part in parts] == [10] * 9 + [5]
    assert [part.originals.height for part in parts] == [10] * 9 + [5]
    assert parts[3].originals.row(0) == (32, 0, *ROW)
    assert parts[0].data.schema == {
        "row": pl.UInt32,
        "sheet": pl.UInt8,
        "person.id_number": pl.String,
        "person.name": pl.String,
        "self_pay": pl.Float64,
        "visits": pl.Int64,
        "occurred_on": pl.Date,
        "insured": pl.Boolean,
    }


def test_good_leaves_out_the_rows_with_faults() -> None:
    content = csv_bytes([HEADINGS, ROW, ("李四", "5399", "x", "", "", ""), ("王五", C, "1", "", "", "")])
    (frame,) = frames(content)

    assert frame.good["row"].to_list() == [2, 4]
    assert frame.faults.height == 2


def test_a_column_that_is_not_in_the_file_is_null_unless_it_is_required() -> None:
    content = csv_bytes([HEADINGS[:3], ROW[:3]])

    assert data(content) == [(*READ[:4], None, None, None)]
    with pytest.raises(TableInvalid) as caught:
        opened(csv_bytes([HEADINGS[:2], ROW[:2]]))
    (fault,) = caught.value.faults
    assert (fault.field, fault.code, fault.params) == (
        "self_pay",
        "header-missing",
        {"headings": "自付金额 / 个人自付"},
    )


def test_where_the_pieces_are_cut_changes_nothing() -> None:
    rows = [
        HEADINGS,
        *[(f"张\n{n}", A, str(n), "", "2026-03-02", "是") for n in range(200)],
        ["合计", "", "5", "", "", ""],
    ]
    for encoding in ("utf-8", "gb18030", "utf-16"):
        content = csv_bytes(rows, encoding)
        whole = _cut(content, 1 << 20)
        assert len(whole) == 200
        for size in (1 << 16, 1000, 333):
            assert _cut(content, size) == whole


def _cut(content: bytes, block: int) -> list[tuple[object, ...]]:
    table = csv_text.open_csv(content[:500], io.BytesIO(content[500:]), COLUMNS, TODAY, block)
    return [row for frame in table.frames() for row in frame.data.rows()]
