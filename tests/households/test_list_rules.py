"""Rules of list imports: villages by name, cases that may be taken over, contradicting rows. Pure."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.households.rules.register_imports import (
    NationalRecord,
    case_conflict,
    days_conflict,
    heads,
    household_cells_differ,
)
from services.households.usecases.list_cells import NOTHING, CellInvalid, reader_of
from services.households.workbook_lists import LISTS, VILLAGES
from shared.areas import AreaCode, Scope
from shared.villages import Villages

AREAS = [
    ("539921000000", "云岫县"),
    ("539921100000", "青石镇"),
    ("539921101000", "大河镇"),
    ("539921100200", "松林村"),
    ("539921101200", "松林村"),
    ("539921101201", "桥头社区"),
]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ((None, None, "云岫县", "青石镇", "松林村"), "539921100200"),
        ((None, None, None, "大河镇", "松林村委会"), "539921101200"),
        ((None, None, None, None, "桥头居委会"), "539921101201"),
        ((None, None, None, None, " 桥头 社区"), "539921101201"),
        ((None, None, None, None, "松林村"), None),  # two have that name
        ((None, None, "他县", "青石镇", "松林村"), None),
        (("某省", "某市", "云岫县", "青石镇", "松林村"), "539921100200"),  # nobody here knows the province's name
        ((None, None, None, "青石镇", None), None),
        ((None, None, None, "青石镇", "无名村"), None),
    ],
)
def test_villages_by_name(row: tuple[str | None, ...], code: str | None) -> None:
    assert Villages(AREAS, Scope.everywhere(), VILLAGES).find(row) == code


def test_a_village_out_of_scope_is_not_found_and_makes_none_ambiguous() -> None:
    villages = Villages(AREAS, Scope.of(AreaCode("539921101000")), VILLAGES)
    assert villages.find((None, None, None, None, "松林村")) == "539921101200"
    assert villages.find((None, None, None, "青石镇", "松林村")) is None


@pytest.mark.parametrize(
    ("eliminated", "state", "conflict"),
    [
        (False, None, None),
        (True, None, None),
        (False, "monitored", None),
        (False, "planned", None),
        (False, "observation", None),
        (True, "eliminated", None),
        (True, "tracking", None),
        (True, "monitored", "case-differs"),
        (False, "eliminated", "case-differs"),
        (False, "clue", "case-in-procedure"),
        (True, "notice", "case-in-procedure"),
        (True, "elimination_county", "case-in-procedure"),
        (True, "moved_away", "case-ended"),
        (False, "deceased", "case-ended"),
        (False, "dismissed", "case-ended"),
    ],
)
def test_a_case_that_is_here_is_not_taken_over(eliminated: bool, state: str | None, conflict: str | None) -> None:
    record = NationalRecord(UUID(int=1), "539921100200", "edge", ("01",), None, eliminated, None)
    assert case_conflict(record, state) == conflict


@pytest.mark.parametrize(
    ("identified_on", "eliminated_on", "conflict"),
    [
        (None, None, None),
        (date(2025, 1, 10), date(2025, 8, 1), None),
        (date(2026, 1, 1), date(2026, 1, 1), None),
        (date(2026, 1, 2), None, "case-day-to-come"),
        (None, date(2026, 1, 2), "case-day-to-come"),
        (date(2025, 8, 1), date(2025, 1, 10), "case-days-reversed"),
    ],
)
def test_days_that_cannot_be(identified_on: date | None, eliminated_on: date | None, conflict: str | None) -> None:
    record = NationalRecord(UUID(int=1), "539921100200", "edge", ("01",), identified_on, True, eliminated_on)
    assert days_conflict(record, date(2026, 1, 1)) == conflict


def test_rows_contradict_each_other_only_where_both_speak() -> None:
    assert household_cells_differ([{"a": 1}, {"b": 2}, {"a": 1, "b": 2}]) == []
    assert household_cells_differ([{"a": 1}, {"a": 2}, {"a": 3}]) == ["a"]
    assert heads(["02", "10", "01"]) == 2


CELLS: list[tuple[str, Any, Any]] = [
    ("member.health", "健康", ("healthy",)),
    ("member.health", "长期慢性病,残疾", ("chronic", "disabled")),
    ("member.school_stage", "非在校生", NOTHING),
    ("member.school_stage", "小学", "primary"),
    ("member.work_months", 8, 8),
    ("member.work_area", "境外", "境外"),
    ("member.phone", "154 0000 0017", "15400000017"),
    ("household.unsafe_housing", True, False),
    ("case.eliminated", "已消除", True),
    ("case.risks", "因病、因学", ("01", "09")),
]


def _column(field: str) -> Any:
    return next(one for list_ in LISTS.values() for one in list_.columns if one.field == field)


@pytest.mark.parametrize(("field", "cell", "value"), CELLS)
def test_cells_that_can_be_read(field: str, cell: Any, value: Any) -> None:
    assert reader_of(_column(field))(cell) == value


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        ("member.health", "健康、硬朗", "choice-invalid"),
        ("member.work_months", 13, "number-out-of-range"),
        ("member.work_area", "深圳", "choice-invalid"),
        ("member.phone", "没有", "phone-invalid"),
        *(("member.name", f"张{sign}三", "field-invalid") for sign in ("\u200b", "\u202e", "\U000e0041", "_xD800_")),
        ("case.eliminated", "也许", "choice-invalid"),
        ("check.id_type", "护照", "id-type-unsupported"),
    ],
)
def test_cells_that_cannot(field: str, cell: Any, code: str) -> None:
    with pytest.raises(CellInvalid) as refused:
        reader_of(_column(field))(cell)
    assert refused.value.code == code
    assert str(cell) not in str(refused.value)
