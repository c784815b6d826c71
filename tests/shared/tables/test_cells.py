"""What people write into cells, and what it comes to: numbers, dates, yes and no, ID numbers that were amounts."""

import re
import unicodedata
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tables import Column, Kind
from shared.tables.dates import EPOCH_1900, dates
from shared.tables.numbers import integers, numbers
from tests.shared.tables.making import HEADINGS, A, csv_bytes, data, faults, id_number


def read(kind: Kind, *cells: str, heading: str = "x", required: bool = False) -> list[object]:
    """The values of a column, or the code of a cell's fault."""
    columns = (Column("x", ("x",), kind, required=required), Column("key", ()))
    content = csv_bytes([[heading, "key"], *([cell, "k"] for cell in cells)])
    codes = {row: code for row, _, code in faults(content, columns)}
    return [codes.get(row, value) for row, value, _ in data(content, columns)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1234.5", 1234.5),
        (" 1234.5 ", 1234.5),
        ("1,234.5元", 1234.5),
        ("1,234,567", 1234567.0),
        ("￥1,234", 1234.0),
        ("¥ 12.50", 12.5),
        ("1.2万", 12000.0),
        ("1.1万元", 11000.0),
        ("３亿", 300_000_000.0),
        ("１２３．５", 123.5),
        ("１，２３４．５元", 1234.5),
        ("-5", -5.0),
        ("－５", -5.0),
        ("(1,234.5)", -1234.5),
        ("（3）", -3.0),
        ("+7", 7.0),
        ("1e3", 1000.0),
        ("1.5E+04", 15000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("12人", 12.0),
        ("3 天", 3.0),
        ("人民币100元整", 100.0),
        ("0", 0.0),
        ("'12", 12.0),
        ('="12"', 12.0),
        ("", None),
        ("-", None),
        ("/", None),
        ("——", None),
        ("／", None),
        ("无", None),
        ("NULL", None),
        ("12,34", "number-invalid"),
        ("1,5", "number-invalid"),
        ("1 2", "number-invalid"),
        ("12美元", "number-invalid"),
        ("50%", "number-invalid"),
        ("nan", None),
        ("inf", "number-invalid"),
        ("1e999", "number-invalid"),
        ("约5", "number-invalid"),
        ("(5", "number-invalid"),
        ("元", "number-invalid"),
        ("五", "number-invalid"),
        ("--5", "number-invalid"),
        ("1_000", "number-invalid"),
        ("0x10", "number-invalid"),
        ("#DIV/0!", "cell-error"),
    ],
)
def test_amounts(cell: str, value: object) -> None:
    assert read("number", cell, "1") == [value, 1.0]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("3", 3),
        ("3.0", 3),
        ("3人", 3),
        ("1,234", 1234),
        ("２", 2),
        ("1.2万", 12000),
        ("-1", -1),
        ("1.5", "integer-invalid"),
        ("9007199254740993.0", "integer-invalid"),
        ("x", "integer-invalid"),
        ("无", None),
    ],
)
def test_counts(cell: str, value: object) -> None:
    assert read("integer", cell, "1") == [value, 1]


def test_a_unit_in_the_heading_counts_unless_the_cell_has_its_own() -> None:
    assert read("number", "1.2", "1,000", "50元", "", "3万", heading="x（万元）") == [12000.0, 1e7, 50.0, None, 30000.0]
    assert read("integer", "2", heading="x(千元)") == [2000]


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", "元", " 元", "人"]))
def test_every_number_comes_back(value: float, unit: str) -> None:
    assert read("number", f"{value!r}{unit}") == [value + 0.0]


@given(st.integers(-(10**12), 10**12))
def test_thousands_may_be_set_off(value: int) -> None:
    assert read("number", f"{value:,}", f"￥{value:,}.50" if value >= 0 else "1") == [
        float(value),
        value + 0.5 if value >= 0 else 1.0,
    ]


@given(st.lists(st.text("0123456789.,-+eE元万()（）￥ １２,", max_size=9)))
def test_no_text_makes_the_numbers_stumble(texts: list[str]) -> None:
    values, wrong = numbers(pl.Series(texts, dtype=pl.String))
    assert len(values) == len(texts)
    assert values.is_null().arg_true().to_list() == ([] if wrong is None else wrong.to_list())
    whole, _ = integers(pl.Series(texts, dtype=pl.String))
    both = [(a, b) for a, b in zip(values, whole, strict=True) if b is not None]
    assert all(a == b for a, b in both)


DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-03-02", DAY),
        ("2026-3-2", DAY),
        ("2026/3/2", DAY),
        ("2026/03/02", DAY),
        ("2026.3.2", DAY),
        ("20260302", DAY),
        ("2026年3月2日", DAY),
        ("2026年03月02日", DAY),
        ("2026 年 3 月 2 日", DAY),
        ("２０２６－３－２", DAY),
        ("２０２６年３月２日", DAY),
        ("2026-03-02 10:30:00", DAY),
        ("2026/3/2 0:00", DAY),
        ("2026-03-02T10:30:00+08:00", DAY),
        ("2026-03-02T10:30:00.123Z", DAY),
        ("2026年3月2日 10时30分", DAY),
        ("20260302103000", DAY),
        ("46083", DAY),
        ("46083.5", DAY),
        (" 2026-03-02 ", DAY),
        ("2024-02-29", date(2024, 2, 29)),
        ("", None),
        ("无", None),
        ("-", None),
        ("2026-02-29", "date-invalid"),
        ("2026-13-01", "date-invalid"),
        ("2026年3月", "date-invalid"),
        ("202603", "date-invalid"),
        ("2026032", "date-invalid"),
        ("3/2/2026", "date-invalid"),
        ("26-3-2", "date-invalid"),
        ("0026-03-02", "date-invalid"),
        ("9999-12-31", "date-invalid"),
        ("1226", "date-invalid"),
        ("99999999", "date-invalid"),
        ("昨天", "date-invalid"),
        ("2026-03-02x", "date-invalid"),
    ],
)
def test_days(cell: str, value: object) -> None:
    assert read("date", cell, "2026-03-02") == [value, DAY]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 5))
def test_every_day_is_read_in_every_form(day: date, form: int) -> None:
    y, m, d = day.year, day.month, day.day
    forms = [
        f"{y}-{m}-{d}",
        f"{y}/{m:02}/{d}",
        f"{y}.{m}.{d:02}",
        f"{y}{m:02}{d:02}",
        f"{y}年{m}月{d}日",
        f"{day} 08:00",
    ]

    assert read("date", forms[form]) == [day]


@given(st.integers(10_000, 80_000))
def test_a_day_may_be_its_number(number: int) -> None:
    assert read("date", str(number)) == [EPOCH_1900 + timedelta(days=number)]


@given(st.lists(st.text("0123456789-/.年月日 T:", max_size=12)))
def test_a_day_is_read_as_its_plain_reading_or_not_at_all(texts: list[str]) -> None:
    values, _ = dates(pl.Series(texts, dtype=pl.String))
    for text, value in zip(texts, values, strict=True):
        figures = re.findall("[0-9]+", unicodedata.normalize("NFKC", text))
        if value is not None and len(figures) >= 3 and len(figures[0]) == 4:
            assert [int(each) for each in figures[:3]] == [value.year, value.month, value.day]


@pytest.mark.parametrize(
    ("cell", "value"),
    [(text, True) for text in ("是", "有", "Y", "y", "Yes", "TRUE", "1", "√", "✓", "Ｙ", " 是 ", "对")]
    + [(text, False) for text in ("否", "无", "N", "no", "False", "0", "×", "X", "没有", "ｎ")]
    + [(text, None) for text in ("", "-", "/", "不详", "未知")]
    + [("也许", "boolean-invalid"), ("2", "boolean-invalid"), ("是的吧", "boolean-invalid")],
)
def test_yes_and_no(cell: str, value: object) -> None:
    assert read("boolean", cell, "是") == [value, True]
    assert read("boolean", cell) == ([value] if value is not None else [None])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("无", "无"),
        (" 张三\u3000", "张三"),
        ("-", None),
        ("/", None),
        ("—", None),
        ("0", "0"),
        ("'13800000000", "13800000000"),
        ('="00123"', "00123"),
        ("'=1+1", "=1+1"),
        ("'tis", "'tis"),
        ("1.38E+10", "1.38E+10"),
        ("6.22202E+18", "digits-lost"),
        ("#N/A", "cell-error"),
        ("3#楼", "3#楼"),
        ("#1", "#1"),
        ("张\n三", "张\n三"),
        ("张　三", "张　三"),
    ],
)
def test_texts(cell: str, value: object) -> None:
    assert read("text", cell, "x") == [value, "x"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (A, A),
        (f"'{A}", A),
        (f'="{A}"', A),
        (A.lower(), A),
        ("无", None),
        ("5.39921E+17", "id-number-as-number"),
        ("5.39921199001010E+17", "id-number-as-number"),
        ("5.39921e17", "id-number-as-number"),
        ("539921199001010000.00", "id-number-as-number"),
        ("539921199001010000", "id-number-as-number"),
        ("539921199001010011", "id-number-checksum"),
        ("539921", "id-number-length"),
    ],
)
def test_id_numbers(cell: str, value: object) -> None:
    found = read("id_number", cell, A)
    assert found == [value, A]


def test_an_id_number_that_a_spreadsheet_rounded_is_not_believed_where_the_check_character_happens_to_fit() -> None:
    rounded = next(n for n in map(_rounded, range(1, 29)) if _fits(n))
    lost = next(n for n in map(_rounded, range(1, 29)) if not _fits(n))

    assert read("id_number", rounded, A) == [rounded, A]
    assert read("id_number", lost, rounded, A) == ["id-number-as-number", "id-number-as-number", A]


def _rounded(day: int) -> str:
    return f"539921199001{day:02}0000"


def _fits(number: str) -> bool:
    return id_number(0)[:10] == number[:10] and read("id_number", number) == [number]


def test_what_is_required_may_not_be_blank() -> None:
    assert read("number", "无", "-", required=True) == ["field-missing", "field-missing"]
    assert read("text", "#N/A", "a", required=True) == ["cell-error", "a"]
    assert read("id_number", "'", "无", required=True)[1] == "field-missing"


def test_a_rows_faults_are_told_all_at_once() -> None:
    content = csv_bytes([HEADINGS, ("", "5399", "x", "y", "z", "w")])

    assert [(field, code) for _, field, code in faults(content)] == [
        ("person.id_number", "id-number-length"),
        ("self_pay", "number-invalid"),
        ("visits", "integer-invalid"),
        ("occurred_on", "date-invalid"),
        ("insured", "boolean-invalid"),
    ]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-10", "2026-10"),
        ("2026年10月", "2026-10"),
        ("2026 年 3 月份", "2026-03"),
        ("202610", "2026-10"),
        ("2026.10", "2026-10"),
        ("2026/3", "2026-03"),
        ("２０２６年10月", "2026-10"),
        ("2026-10-31", "2026-10"),
        ("46296", "2026-10"),
        ("2026", "2026"),
        ("2026年", "2026"),
        ("2026.1", None),  # as a number that is October too
        ("202613", None),
        ("2026-00", None),
        ("十月", None),
    ],
)
def test_months(text: str, month: str | None) -> None:
    assert read("month", text) == [month or "month-unclear"]


def test_a_column_has_words_of_its_own_for_yes_and_no() -> None:
    words = (("未参保", False), ("参保", True))
    columns = (Column("insured", ("参保情况",), "boolean", words=words), Column("key", ()))
    content = csv_bytes([["参保情况", "key"], *([word, "k"] for word in ("参保", "未 参保", "是", "断保"))])
    assert [row[1] for row in data(content, columns)] == [True, False, True, None]
    assert faults(content, columns) == [(5, "insured", "boolean-invalid")]
