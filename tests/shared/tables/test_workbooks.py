"""Workbooks as bureaus have them, and as somebody who means harm would make them."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter
import xlwt

from shared.tables import Column, TableInvalid, scan, sheet_xml, spreadsheet, xls_records, xlsx_parts
from tests.shared.tables.making import (
    COLUMNS,
    HEADINGS,
    ROW,
    A,
    B,
    C,
    csv_bytes,
    data,
    faults,
    frames,
    named,
    opened,
    refused,
    surgery,
    xls_bytes,
    xlsx_bytes,
)

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 10, 30)  # noqa: DTZ001  a spreadsheet knows no zones
READ = (2, A, "张三", 1234.5, 3, DAY, True)
TYPED = ("张三", A, 1234.5, 3, DAY, True)


@pytest.mark.parametrize("make", [xlsx_bytes, xls_bytes])
@pytest.mark.parametrize("row", [TYPED, ROW], ids=["typed", "texts"])
def test_a_sheet_is_read_whatever_its_cells_are(make: Any, row: tuple[object, ...]) -> None:
    content = make([HEADINGS, row])

    assert data(content) == [READ]
    assert faults(content) == []
    assert opened(content).format == make.__name__.removesuffix("_bytes")
    assert opened(content).rows_estimate == 1


def test_the_name_is_not_believed() -> None:
    for name in ("表.csv", "表.xls", "表", "表.exe"):
        assert opened(xlsx_bytes([HEADINGS, TYPED]), name=name).format == "xlsx"
        assert opened(csv_bytes([HEADINGS, ROW], "gbk", "\t"), name=name).format == "csv"


@pytest.mark.parametrize(
    ("content", "format"),
    [
        ("<html><table><tr><td>姓名</td></tr></table></html>".encode("gbk"), "HTML"),
        ("\ufeff\n<!DOCTYPE html>\n<html lang=zh>姓名".encode(), "HTML"),
        ('<html xmlns:x="urn:schemas-microsoft-com:office:excel"><meta charset=gb2312>'.encode("utf-16"), "HTML"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "XML"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"\x1f\x8b\x08\x00", "gzip"),
    ],
)
def test_another_format_is_named(content: bytes, format: str) -> None:
    with pytest.raises(TableInvalid) as caught:
        opened(content, name="报表.xls")
    assert [(f.code, f.params) for f in caught.value.faults] == [("format-unsupported", {"format": format})]


@pytest.mark.parametrize(
    ("member", "format"),
    [
        ("xl/workbook.bin", "XLSB"),
        ("content.xml", "ODS"),
        ("word/document.xml", "DOCX"),
        ("xl/vbaProject.bin", "XLSM"),
        ("a.txt", "ZIP"),
    ],
)
def test_another_archive_is_named(member: str, format: str) -> None:
    keep = format == "XLSM"
    content = surgery(xlsx_bytes([HEADINGS, TYPED]), lambda _, content: content if keep else None, **{member: b"x"})

    with pytest.raises(TableInvalid) as caught:
        opened(content)
    assert caught.value.faults[0].params == {"format": format}


def test_every_sheet_whose_headings_fit_is_read_and_the_others_are_named() -> None:
    def hidden(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ROW)
        sheet.hide()

    content = xlsx_bytes(
        [HEADINGS, TYPED],
        [["填表说明"], ["请勿修改"]],
        [["三月"], [*reversed(HEADINGS)], [*reversed(ROW)]],
        [],
        hidden,
    )
    table = opened(content)

    assert [sheet.skipped for sheet in table.sheets] == [
        *(None, "sheet-of-something-else", None, "sheet-empty", "sheet-hidden")
    ]
    assert table.sheets[2].header_row == 2
    assert [frame.data["sheet"].to_list() for frame in table.frames()] == [[0], [2]]
    assert data(content) == [READ, (3, *READ[1:])]


def test_a_sheet_with_one_heading_amiss_is_not_passed_over() -> None:
    wrong = [*HEADINGS[:2], "自费额", *HEADINGS[3:]]
    table = opened(xlsx_bytes([HEADINGS, TYPED], [wrong, TYPED], [["姓名", "电话"], ["张三", "1"]]))
    assert [(sheet.skipped, sheet.found) for sheet in table.sheets] == [
        (None, 6),
        ("sheet-of-something-else", 5),
        ("sheet-of-something-else", 1),
    ]
    with pytest.raises(TableInvalid) as caught:
        table.require_whole()
    (fault,) = caught.value.faults
    assert (fault.field, fault.code, fault.params["sheet"]) == ("self_pay", "sheet-header-missing", 2)
    opened(xlsx_bytes([HEADINGS, TYPED], [["姓名", "电话"], ["张三", "1"]])).require_whole()


def skipped(content: bytes, columns: Sequence[Column] = COLUMNS) -> list[str | None]:
    """Why each sheet is not read, where none is refused."""
    table = opened(content, columns)
    table.require_whole()
    return [sheet.skipped for sheet in table.sheets]


@pytest.mark.parametrize("name", ["汇总", "Sheet2"])
def test_a_sheet_of_sums_beside_the_data_is_passed_over(name: str) -> None:
    """It has most of the columns, but nobody is named in it; what adds up is mostly a formula."""
    sums = [["各村汇总"], ["村", *HEADINGS[2:]], ["龙泉村", "=SUM(1,2)", 7, "2026-03-02", "是"]]

    assert skipped(named(name, xlsx_bytes([HEADINGS, TYPED], sums))) == [None, "sheet-of-sums"]
    assert data(named(name, xlsx_bytes([HEADINGS, TYPED], sums))) == [READ]


@pytest.mark.parametrize("name", ["按人统计", "Sheet2"])
@pytest.mark.parametrize("id_number", [{}, {"证号": "5399********0011"}], ids=["without", "masked"])
def test_a_sheet_that_names_people_is_never_taken_for_sums(name: str, id_number: dict[str, str]) -> None:
    """Whatever it calls itself, and whether their ID numbers are left out or stand masked under another heading."""
    columns = tuple(replace(one, key=one.name == "person.name") for one in COLUMNS)
    sheet = [["姓名", *id_number, *HEADINGS[2:]], ["张三", *id_number.values(), 7, 7, "2026-03-02", "是"]]

    with pytest.raises(TableInvalid) as caught:
        skipped(named(name, xlsx_bytes([HEADINGS, TYPED], sheet)), columns)
    assert [fault.code for fault in caught.value.faults] == ["sheet-header-missing"]


def test_a_sheet_that_calls_itself_sums_and_names_people_is_data_with_a_heading_amiss() -> None:
    wrong = [HEADINGS[0], "学号", *HEADINGS[2:]]

    with pytest.raises(TableInvalid) as caught:
        skipped(named("汇总表", xlsx_bytes([HEADINGS, TYPED], [wrong, TYPED])))
    assert [fault.code for fault in caught.value.faults] == ["sheet-header-missing"]


def test_without_id_numbers_the_name_tells_sums() -> None:
    columns = (Column("village", ("村",), required=True), *COLUMNS[2:])
    rows = [["村", *HEADINGS[2:]], ["龙泉村", 5, 1, "2026-03-02", "是"]]
    sums = [["乡镇", *HEADINGS[2:]], ["云岭镇", 5, 1, "2026-03-02", "是"]]

    assert skipped(named("分镇汇总", xlsx_bytes(rows, sums)), columns) == [None, "sheet-of-sums"]
    with pytest.raises(TableInvalid):
        skipped(xlsx_bytes(rows, sums), columns)


def test_a_sheet_that_fits_is_read_whatever_it_calls_itself() -> None:
    """统计 stands in half of the names of real sheets, and not every one has all the columns that the first one has."""
    least = [[HEADINGS[1], HEADINGS[2]], [A, 99]]

    assert skipped(named("门诊统计表", xlsx_bytes([HEADINGS, TYPED], least))) == [None, None]
    assert skipped(named("汇总", xlsx_bytes(least), 1)) == [None]


def test_tables_in_hidden_sheets_alone_are_no_empty_file() -> None:
    def hidden(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ROW)
        sheet.hide()

    assert refused(xlsx_bytes([["填表说明"]], hidden)) == [("", "sheets-hidden")]
    assert refused(xlsx_bytes([], hidden)) == [("", "sheets-hidden")]


def merged_xlsx(*ranges: tuple[int, int, int]) -> bytes:
    """Four rows of which columns are merged: first and last row, column, all from 0."""

    def fill(sheet: Any, book: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADINGS)
        for row in range(1, 5):
            for at, value in enumerate(TYPED):
                sheet.write(row, at, value, day if isinstance(value, date) else None)
        for first, last, at in ranges:
            value = TYPED[at]
            sheet.merge_range(first, at, last, at, "", day if isinstance(value, date) else None)
            sheet.write(first, at, value, day if isinstance(value, date) else None)

    return xlsx_bytes(fill)


def merged_xls(*ranges: tuple[int, int, int]) -> bytes:
    """The same."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("一")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    covered = {(row, at) for first, last, at in ranges for row in range(first, last + 1)}
    for at, heading in enumerate(HEADINGS):
        sheet.write(0, at, heading)
    for row in range(1, 5):
        for at, value in enumerate(TYPED):
            if (row, at) not in covered:
                sheet.write(row, at, value, *[day] * isinstance(value, date))
    for first, last, at in ranges:
        sheet.write_merge(first, last, at, at, TYPED[at], *[day] * isinstance(TYPED[at], date))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("make", [merged_xlsx, merged_xls])
@pytest.mark.parametrize("run", [2, 20_000])
def test_what_is_merged_over_rows_is_said_of_each(make: Any, run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_ROWS", run)
    content = make((1, 3, 4), (2, 4, 0), (1, 2, 1))
    assert data(content) == [(row, *READ[1:]) for row in (2, 3, 4, 5)]
    assert faults(content) == []


@pytest.mark.parametrize("make", [merged_xlsx, merged_xls])
def test_an_amount_over_several_rows_is_nobodys(make: Any) -> None:
    assert faults(make((2, 3, 2))) == [(3, "self_pay", "cell-merged"), (4, "self_pay", "cell-merged")]


def test_rows_that_say_nothing_but_a_merged_cell_are_none() -> None:
    def fill(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ROW)
        sheet.merge_range(1, 4, 9, 4, ROW[4])

    assert data(xlsx_bytes(fill)) == [READ]
    assert faults(xlsx_bytes(fill)) == []


def test_a_chart_is_no_table() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Sheet1!$C$2:$C$2"})
        book.add_chartsheet().set_chart(chart)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ROW)
    content = file.getvalue()

    assert data(content) == [READ]
    assert [sheet.skipped for sheet in opened(content).sheets] == ["sheet-without-cells", None]


def test_no_sheet_fits_says_what_the_best_one_lacks() -> None:
    assert refused(xlsx_bytes([["说明"]], [HEADINGS[:2], ROW[:2]])) == [("self_pay", "header-missing")]
    assert refused(xlsx_bytes([])) == [("", "table-empty")]


def test_merged_titles_and_headings_of_two_rows() -> None:
    def fill(sheet: Any, _: Any) -> None:
        sheet.merge_range("B2:G2", "花山县2026年3月自付情况")
        sheet.merge_range("B3:B4", "姓名")
        sheet.merge_range("C3:C4", "身份证号\n（18位）")
        sheet.merge_range("D3:E3", "费用")
        sheet.write_row(3, 3, ["总费用", "自付金额*"])
        sheet.merge_range("F3:G3", "参保")
        sheet.write_row(3, 5, ["结算 日期", "是否参保"])
        sheet.write_row(4, 1, ["甲", "乙", 1, 2, 3, 4])
        sheet.write_row(5, 1, ["张三", A, 99, 1234.5, "2026年3月2日", "√"])
        sheet.merge_range("B7:D7", "合计")
        sheet.write(6, 4, 1234.5)

    content = xlsx_bytes(fill)

    assert data(content) == [(6, A, "张三", 1234.5, None, DAY, True)]
    assert faults(content) == []
    assert frames(content)[0].originals.row(0) == (
        6,
        0,
        "",
        "张三",
        A,
        "99",
        "1234.5",
        "2026年3月2日",
        "√",
    )


def test_a_heading_may_be_that_of_the_group_with_its_own() -> None:
    def fill(sheet: Any, _: Any) -> None:
        sheet.merge_range("A1:A2", "身份证号")
        sheet.merge_range("B1:C1", "自付")
        sheet.write_row(1, 1, ["次数", "金额"])
        sheet.write_row(2, 0, [A, 3, 5])

    assert data(xlsx_bytes(fill)) == [(3, A, None, 5.0, 3, None, None)]


@pytest.mark.parametrize("make", [xlsx_bytes, xls_bytes])
def test_an_id_number_stored_as_a_number_is_refused_and_said_to_be(make: Any) -> None:
    content = make([HEADINGS, ("张三", float(A), 1, 1, DAY, "是"), ("李四", B, 1, 1, DAY, "是")])

    assert faults(content) == [(2, "person.id_number", "id-number-as-number")]


def test_an_old_id_number_stored_as_a_number_has_lost_nothing() -> None:
    content = xlsx_bytes([HEADINGS, ("张三", 539921900101001.0, 1, 1, DAY, "是")])

    assert data(content)[0][1][:17] == "53992119900101001"


def test_numbers_are_text_without_a_point_where_text_is_asked_for() -> None:
    columns = (Column("phone", ("电话",)), Column("card", ("卡号",)), Column("ok", ("对",)), Column("on", ("日",)))
    content = xlsx_bytes(
        [["电话", "卡号", "对", "日"], [13800000000, 6222020000000000000, True, DAY], ["x", "1", "", 1.5]]
    )

    assert data(content, columns) == [(2, "13800000000", None, "TRUE", "2026-03-02"), (3, "x", "1", None, "1.5")]
    assert faults(content, columns) == [(2, "card", "digits-lost")]


@pytest.mark.parametrize("cell", [DAY, AT, 46083, 46083.25, 20260302, "2026/3/2", "46083"])
def test_days_of_the_1900_system(cell: object) -> None:
    for make in (xlsx_bytes, xls_bytes):
        assert data(make([HEADINGS, ("张三", A, 1, 1, cell, "是")]))[0][5] == DAY


def test_days_of_the_1904_system() -> None:
    rows = [HEADINGS, ("张三", A, 1, 1, DAY, "是"), ("张三", A, 1, 1, 44621, "是")]

    assert [row[5] for row in data(xlsx_bytes(rows, date_1904=True))] == [DAY, DAY]
    assert [row[5] for row in data(xls_bytes(rows, from_1904=True))] == [DAY, DAY]


@pytest.mark.parametrize("make", [xlsx_bytes, xls_bytes])
def test_a_formula_in_a_column_that_is_used_refuses_the_file_with_its_place(make: Any) -> None:
    content = make([HEADINGS, TYPED, ("李四", B, "=1+1", 1, DAY, "是")])

    with pytest.raises(TableInvalid) as caught:
        opened(content)
    (fault,) = caught.value.faults
    assert (fault.field, fault.code, fault.params) == ("self_pay", "formula-cell", {"cell": "C3", "sheet": 1})


@pytest.mark.parametrize("make", [xlsx_bytes, xls_bytes])
def test_formulas_above_in_sums_and_in_columns_nobody_asks_for_do_no_harm(make: Any) -> None:
    rows = [
        ["=1+1"],
        [*HEADINGS, "年龄"],
        [*TYPED, "=2026-1990"],
        ["", "", "", "", "", "", ""],
        ["合计", "", "=SUM(C3:C3)", "=SUM(D3:D3)", "", "", ""],
    ]

    assert [row[:4] for row in data(make(rows))] == [(3, A, "张三", 1234.5)]


def test_a_formula_of_a_second_sheet_refuses_before_the_first_is_read() -> None:
    content = xlsx_bytes([HEADINGS, TYPED], [HEADINGS, ("李四", B, "=1+1", 1, DAY, "是")])

    with pytest.raises(TableInvalid) as caught:
        opened(content)
    assert caught.value.faults[0].params == {"cell": "C2", "sheet": 2}


def test_every_cell_of_a_matrix_formula_is_one() -> None:
    def fill(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, HEADINGS)
        for row in range(1, 5):
            sheet.write_row(row, 0, ROW)
        sheet.write_array_formula("D2:D3", "{=LEN(A2:A3)}", None, 2)
        sheet.write_string("D2", "3")

    content = xlsx_bytes(fill)
    moved = surgery(
        content,
        lambda name, part: (
            part.replace(b'<c r="D2" t="s"><v>', b'<c r="D2"><f t="array" ref="D2:D3">1</f><v>')
            if name.endswith("sheet1.xml")
            else part
        ),
    )
    assert refused(moved) == [("visits", "formula-cell")]


def test_an_error_in_a_cell_is_a_fault_of_its_row() -> None:
    content = surgery(
        xlsx_bytes([HEADINGS, TYPED, ("李四", B, 99887, 1, DAY, "是")]),
        lambda _, part: part.replace(b'<c r="C3"><v>99887</v>', b'<c r="C3" t="e"><v>#DIV/0!</v>'),
    )

    assert faults(content) == [(3, "self_pay", "cell-error")]


def test_a_heading_twice_or_two_headings_for_one_column_refuse_the_file() -> None:
    twice = [[*HEADINGS, "自付 金额"], [*ROW, "1"]]
    two = [[*HEADINGS, "个人自付（元）"], [*ROW, "1"]]

    for make in (xlsx_bytes, csv_bytes):
        assert refused(make(twice)) == [("self_pay", "header-duplicate")]
        assert refused(make(two)) == [("self_pay", "header-ambiguous")]
    with pytest.raises(TableInvalid) as caught:
        opened(csv_bytes(twice))
    assert caught.value.faults[0].params == {"places": "C, G"}


# What means harm


def test_a_workbook_with_a_password_says_so() -> None:
    assert refused(_ole({"EncryptionInfo": b"x" * 5000, "EncryptedPackage": b"y" * 5000})) == [
        ("", "workbook-encrypted")
    ]


def test_an_old_workbook_with_a_password_says_so() -> None:
    content = xls_bytes([HEADINGS, TYPED])
    at = content.index(struct.pack("<HHH", 0x809, 16, 0x600)) + 20
    locked = content[:at] + struct.pack("<HH", 0x2F, 54) + content[at + 4 :]

    assert refused(locked) == [("", "workbook-encrypted")]


def test_a_locked_archive_says_so() -> None:
    content = bytearray(xlsx_bytes([HEADINGS, TYPED]))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1

    assert refused(bytes(content)) == [("", "workbook-encrypted")]


@pytest.mark.parametrize("make", [xlsx_bytes, xls_bytes])
def test_a_broken_workbook_says_so(make: Any) -> None:
    content = make([HEADINGS, *[TYPED] * 50])

    for cut in (30, 600, len(content) // 2, len(content) - 30):
        assert refused(content[:cut])[0][1] in ("workbook-broken", "format-unsupported"), cut


def test_other_ole_files_are_named() -> None:
    assert refused(_ole({"WordDocument": b"x" * 5000})) == [("", "format-unsupported")]
    assert refused(_ole({"Anything": b"x" * 5000})) == [("", "format-unsupported")]


def test_a_bomb_is_refused_by_what_its_directory_says() -> None:
    book = xlsx_bytes([HEADINGS, TYPED])
    bomb = surgery(book, lambda _, part: part, **{"xl/media/x.xml": bytes(40 << 20)})
    crowd = surgery(book, lambda _, part: part, **{f"xl/{n}.xml": b"" for n in range(xlsx_parts.MOST_MEMBERS)})

    assert refused(bomb) == [("", "zip-bomb")]
    assert refused(crowd) == [("", "zip-bomb")]


def test_a_bomb_that_lies_about_its_size_is_refused_all_the_same() -> None:
    content = _lying(xlsx_bytes([HEADINGS, TYPED]), "xl/styles.xml", b"<styleSheet>" + b" " * (8 << 20))

    assert refused(content) == [("", "workbook-broken")]


def test_a_text_that_stands_in_many_cells_is_a_bomb_too(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [HEADINGS, *[("张" * 1000, A, 1, 1, DAY, "是")] * 2000]
    content = xlsx_bytes(rows)
    old = xls_bytes(rows)

    assert len(data(content)) == 2000
    monkeypatch.setattr(xlsx_parts, "MOST_TEXT", 1_000_000)
    monkeypatch.setattr(xls_records, "MOST_TEXT", 1_000_000)
    assert refused(content) == [("", "zip-bomb")]
    assert refused(old) == [("", "zip-bomb")]


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZ1000000", "Z999999", "AAA99999"])
def test_a_cell_far_out_would_fill_the_memory_and_is_refused(cell: str) -> None:
    def fill(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ROW)
        sheet.write_string(cell, "x")

    assert refused(xlsx_bytes(fill)) == [("", "workbook-too-large")]


def test_a_cell_far_out_is_found_in_the_midst_of_others_and_in_old_workbooks(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = surgery(
        xlsx_bytes([HEADINGS, TYPED, TYPED]),
        lambda name, part: part.replace(b'r="B2"', b"r='XFD1048576'") if name.endswith("sheet1.xml") else part,
    )
    assert refused(moved) == [("", "workbook-too-large")]

    monkeypatch.setattr(scan, "MOST_CELLS", 1000)
    assert refused(xls_bytes([HEADINGS, *[[]] * 300, TYPED])) == [("", "workbook-too-large")]


@pytest.mark.parametrize(("last", "columns"), [("Z", 26), ("AA", 52), ("AZ", 52), ("BA", 53)])
def test_a_sheet_is_as_wide_as_its_farthest_cell_or_a_little_wider(last: str, columns: int) -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"/><c r="%s%d"/></row>' % (n, n, last.encode(), n) for n in (1, 2, 300))
    found = sheet_xml.scan_sheet(iter([rows]))
    assert (found.rows, found.columns, found.unplaced) == (300, columns, False)


def _sheet(content: bytes, rows: bytes, attributes: bytes = b"") -> bytes:
    """The workbook with other rows in its first sheet."""

    def change(name: str, part: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return part
        head, tail = part[: part.index(b"<sheetData")], part[part.index(b"</sheetData>") :]
        return head.replace(b"<worksheet", b"<worksheet" + attributes) + b"<sheetData>" + rows + tail

    return surgery(content, change)


def _text(value: object) -> bytes:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'.encode()


TITLES = b"<row>" + b"".join(map(_text, HEADINGS)) + b"</row>"
ONE = b"<c><v>1</v></c>"


def test_cells_that_do_not_say_where_they_stand_are_read() -> None:
    row = b"<row>" + b"".join(map(_text, ROW)) + b"</row>"

    assert data(_sheet(xlsx_bytes([HEADINGS]), TITLES + row * 2)) == [READ, (3, *READ[1:])]


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="100000">' + b"<c/>" * 40 + ONE + b"</row>",
        (b"<row>" + b"<c/>" * 2000 + ONE + b"</row>") * 100,
        b'<row r="9999">' + b"<c/>" * 300 + ONE + b"</row>",
        b"<row>" + ONE + b'<c r="ZZ5"><v>1</v></c>' + ONE + b'</row><row r="9999">' + ONE + b"</row>",
        b"<row>" + b"<!--<row>--><c/>" * 400 + ONE + b'</row><row r="9999">' + ONE + b"</row>",
        b"<row>" + b"<c a='&gt;'/>" * 400 + ONE + b'</row><row r="9999">' + ONE + b"</row>",
        b'<row><c\tr="A1"><v>1</v></c><c r = "ZZ9999"><v>1</v></c></row>',
    ],
    ids=["wide", "many", "near", "after-one-that-says", "comments", "quoted", "spaces"],
)
@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_cells_that_do_not_say_where_they_stand_are_counted(
    rows: bytes, prefix: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = re.sub(rb"<(/?)(row|c|v)\b", rb"<\1" + prefix + rb"\2", rows)
    space = b' xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    content = _sheet(xlsx_bytes([HEADINGS]), TITLES + rows, space)

    monkeypatch.setattr(scan, "MOST_CELLS", 100_000)
    assert refused(content) == [("", "workbook-too-large")]


def test_rows_in_disorder_are_counted_once_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    far = b'<row r="5000"><c r="Z5000"><v>1</v></c></row>'
    content = _sheet(
        xlsx_bytes([HEADINGS]), far + TITLES.replace(b"<row>", b'<row r="1">').replace(b"<c ", b'<c r="A1" ')
    )

    monkeypatch.setattr(scan, "MOST_CELLS", 100_000)
    assert refused(content) == [("", "workbook-too-large")]


@pytest.mark.parametrize("inner", [b'<row r="1"/>', b"<c/>"])
def test_a_cell_within_a_cell_hides_nothing(inner: bytes) -> None:
    rows = b"<row>" + (b"<c><v>1</v>" + inner + b"</c>") * 4000 + b'</row><row r="9999">' + ONE + b"</row>"

    assert refused(_sheet(xlsx_bytes([HEADINGS]), TITLES + rows)) == [("", "workbook-broken")]


@pytest.mark.parametrize("reference", ["$A$2", "ABCD2", "A00000001048576", "5", "A", ""])
def test_a_reference_that_nobody_writes_is_refused(reference: str) -> None:
    rows = b'<row><c r="' + reference.encode() + b'"><v>1</v></c></row>'

    assert refused(_sheet(xlsx_bytes([HEADINGS]), TITLES + rows)) == [("", "workbook-broken")]


def test_entities_are_never_resolved(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim", encoding="utf-8")
    content = surgery(
        xlsx_bytes([HEADINGS, TYPED]),
        lambda name, part: (
            part.replace(b"<sst", f'<!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]><sst'.encode()).replace(
                "张三".encode(), b"&b;"
            )
            if name.endswith("sharedStrings.xml")
            else part
        ),
    )

    assert refused(content) == [("", "workbook-broken")]


def test_xml_in_another_encoding_hides_nothing() -> None:
    content = surgery(
        xlsx_bytes([HEADINGS, TYPED]),
        lambda name, part: part.decode().encode("utf-16") if name.endswith("sheet1.xml") else part,
    )

    assert refused(content) == [("", "workbook-broken")]


def test_columns_are_typed_the_same_from_every_format() -> None:
    rows = [HEADINGS, TYPED, ("李四", C, -5.25, 0, date(2025, 12, 31), False)]
    texts = [HEADINGS, ROW, ("李四", C, "-5.25", "0", "2025-12-31", "否")]

    assert data(xlsx_bytes(rows)) == data(xls_bytes(rows)) == data(csv_bytes(texts)) == data(xlsx_bytes(texts))


def test_frames_of_a_workbook_are_no_longer_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = xlsx_bytes([HEADINGS, *[TYPED] * 25])
    monkeypatch.setattr("shared.tables.spreadsheet._ROWS", 10)

    parts = frames(content, COLUMNS, rows=4)
    assert sum(part.data.height for part in parts) == 25
    assert max(part.data.height for part in parts) == 4
    assert [row for part in parts for row in part.originals["row"]] == [*range(2, 27)]


def _lying(archive: bytes, name: str, content: bytes) -> bytes:
    """The archive, with more in a member than its directory says; the check sum is that of what is said."""
    said = content[:100]
    changed = surgery(archive, lambda member, part: content if member == name else part)
    with zipfile.ZipFile(io.BytesIO(changed)) as read:
        info = read.getinfo(name)
    true = struct.pack("<III", zlib.crc32(content), info.compress_size, len(content))
    lie = struct.pack("<III", zlib.crc32(said), info.compress_size, len(said))
    assert changed.count(true) == 2
    return changed.replace(true, lie)


def _ole(streams: dict[str, bytes]) -> bytes:
    """A compound file with these streams (each of more than 4,096 bytes): one FAT sector, one of directory each four."""
    sector, entries, body, fat = 512, [], b"", []
    for name, content in streams.items():
        start, count = len(fat), -(-len(content) // sector)
        fat += [*range(start + 1, start + count), 0xFFFFFFFE]
        body += content.ljust(count * sector, b"\0")
        entries.append(_entry(name, 2, start, len(content)))
    root = _entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)
    chain = b"".join(
        entry[:72] + struct.pack("<I", n + 2 if n + 1 < len(entries) else 0xFFFFFFFF) + entry[76:]
        for n, entry in enumerate(entries)
    )
    directory = (root + chain).ljust(-(-(len(root + chain)) // sector) * sector, b"\0")
    directory_at = len(fat)
    sectors = len(directory) // sector
    fat += [*range(directory_at + 1, directory_at + sectors), 0xFFFFFFFE, 0xFFFFFFFD]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<IIIII", 1, directory_at, 0, 4096, 0xFFFFFFFE) + struct.pack("<III", 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", len(fat) - 1) + b"\xff" * 432
    return header + body + directory + struct.pack(f"<{len(fat)}I", *fat).ljust(sector, b"\xff")


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    return head + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + bytes(36) + struct.pack("<IQ", start, size)
