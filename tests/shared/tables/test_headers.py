"""Headings: however they are written, wherever they stand; what is not clear is refused, and input is not echoed."""

import pytest

from shared.tables import Column, TableInvalid
from shared.tables.headers import find_layout, letters

PAY = Column("pay", ("自付金额", "个人自付"), "number", required=True)
NAME = Column("name", ("姓名",))
COLUMNS = (PAY, NAME)


def places(*rows: list[str]) -> dict[str, int]:
    return {one.column.name: one.at for one in find_layout(rows, COLUMNS).found}


@pytest.mark.parametrize(
    "heading",
    [
        "自付金额",
        " 自付 金额 ",
        "自付\n金额",
        "自付金额（元）",
        "自付金额(元)",
        "自付金额【必填】",
        "*自付金额",
        "自付金额＊",
        "★自付金额：",
        "自付金额（个人）",
        "个人自付",
        "pay",
        "ＰＡＹ",
        "\ufeff自付金额",
    ],
)
def test_a_heading_is_known_however_it_is_written(heading: str) -> None:
    assert places(["x", heading, "姓名"]) == {"pay": 1, "name": 2}


@pytest.mark.parametrize("heading", ["自付", "自付金额合计", "医保自付金额", "", "（自付金额"])
def test_a_heading_that_only_looks_alike_is_another(heading: str) -> None:
    with pytest.raises(TableInvalid) as caught:
        places(["姓名", heading])
    (fault,) = caught.value.faults
    assert (fault.field, fault.code, fault.params) == ("pay", "header-missing", {"headings": "自付金额 / 个人自付"})


def test_the_row_that_matches_most_is_the_headings() -> None:
    rows = [["姓名一览"], ["", "姓名"], ["姓名", "自付金额"], ["姓名", "5"]]
    layout = find_layout(rows, COLUMNS)

    assert (layout.header_row, layout.data_from, layout.headers) == (3, 4, ("姓名", "自付金额"))


def test_what_is_in_brackets_may_tell_columns_apart() -> None:
    columns = (Column("own", ("金额（个人）",)), Column("all", ("金额",)))
    layout = find_layout([["金额（个人）", "金额"]], columns)

    assert {one.column.name: one.at for one in layout.found} == {"own": 0, "all": 1}
    with pytest.raises(TableInvalid) as caught:
        find_layout([["金额（个人）", "金额（医保）"]], (Column("all", ("金额",)),))
    assert [(f.field, f.code, f.params) for f in caught.value.faults] == [
        ("all", "header-ambiguous", {"places": "A, B"})
    ]


def test_one_heading_for_two_columns_is_ambiguous() -> None:
    with pytest.raises(TableInvalid) as caught:
        find_layout([["电话"]], (Column("a", ("电话",)), Column("b", ("电话",))))
    assert [(f.field, f.code) for f in caught.value.faults] == [("a", "header-ambiguous"), ("b", "header-ambiguous")]


def test_headings_twice_that_nobody_asks_for_do_no_harm() -> None:
    assert places(["备注", "姓名", "备注", "自付金额"]) == {"name": 1, "pay": 3}


def test_a_unit_in_a_title_is_no_ones() -> None:
    title = ["单位：万元"]
    with pytest.raises(TableInvalid) as caught:
        places(title, ["姓名", "自付金额"])
    assert [(f.field, f.code, f.params) for f in caught.value.faults] == [("pay", "unit-in-title", {"unit": "万元"})]
    assert places(["单位：元"], ["姓名", "自付金额"])
    assert places(["填报单位：县医保局"], ["姓名", "自付金额"])
    assert places(title, ["姓名", "自付金额（万元）"])


def test_columns_that_are_only_counted_below_the_headings_are_no_data() -> None:
    def data_from(*cells: str) -> int:
        return find_layout([["姓名", "自付金额", "x"], [*cells]], COLUMNS).data_from

    assert data_from("1", "2", "3") == 3
    assert data_from("甲", "1", "2") == 3
    assert data_from("(1)", "（2）", "(3)=(1)+(2)") == 3
    assert data_from("1", "2", "5") == 2
    assert data_from("张三", "2", "3") == 2
    assert data_from("", "1", "2") == 2


def test_what_the_file_says_is_not_told_again() -> None:
    with pytest.raises(TableInvalid) as caught:
        places(["张三", "539921199001010010"], ["李四", "539921199001010029"])
    told = [(fault.field, fault.code, *fault.params.values()) for fault in caught.value.faults]
    assert not any("三" in str(each) or "5399" in str(each) for each in told)


def test_places_are_named_as_spreadsheets_do() -> None:
    assert [letters(at) for at in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
