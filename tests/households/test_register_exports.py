"""Exports of the lists: in the national order, within one's areas, on record, masked for whoever only looks on; and what
is exported comes back without a change."""

import io
import zipfile
from typing import Any

import pytest

from services.households.workbook_lists import LISTS
from tests.households.conftest import BRIDGE, COUNTY, PINE, STONE, Households, account_id, id_number
from tests.households.lists import AREA, HOUSEHOLDS, PEOPLE, checked, person, rows_of, tally, whole, workbook, written

FULL: dict[str, Any] = {
    "人编号": "53992110020000010001",
    "民族": "苗族",
    "政治面貌": "中共党员",
    "文化程度": "小学教育",
    "健康状况": "长期慢性病、残疾",
    "劳动技能": "弱劳动力或半劳动力",
    "务工区域": "440300",
    "务工时间（月）": 8,
    "是否参加大病保险": "是",
    "致贫原因": "因病",
    "是否危房户": "否",
    "饮水是否安全": "是",
    "联系电话": "15400000017",
}
CASE = {
    "监测对象类型": "边缘易致贫户",
    "致贫（返贫）风险": "因病、因残",
    "识别时间": "2025-03-02",
    "风险是否消除": "否",
}
HOUSEHOLD: dict[str, Any] = {
    "自然村（组）": "=HYPERLINK(1)",
    "家庭住址": "松林村3组",
    "联系电话": "15400000018",
    "是否易地扶贫搬迁户": "否",
    "住房鉴定等级": "B级",
    "承包耕地面积（亩）": 3.5,
    "与村主干路距离（公里）": 0.25,
    "义务教育是否有保障": "是",
}
CODE = f"{PINE}0001"


async def loaded(service: Households) -> None:
    """Two households of two townships with all that lists can say."""
    river = {**AREA, "乡（镇、街道）": "大河镇", "行政村（社区）": "石桥村"}
    pupil = person(CODE, 2, "小三", "子", 在校生状况="小学", **{k: FULL[k] for k in ("致贫原因", "是否危房户")})
    people = [person(CODE, 1, **FULL, **CASE), pupil, {**person(f"{BRIDGE}0001", 7, "王五"), **river}]
    await written(service, workbook(people))
    await written(service, workbook([whole(CODE, **HOUSEHOLD)], headings=HOUSEHOLDS), kind="household-list")


async def exported(
    service: Households, kind: str, role: str = "county", area: str = COUNTY, query: Any = None
) -> bytes:
    """The workbook."""
    answer = await service.call("GET", f"/register-exports/{kind}.xlsx", role, area, params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("kind", ["person-list", "household-list"])
async def test_what_is_exported_comes_back_without_a_change(service: Households, kind: str) -> None:
    await loaded(service)
    view = await checked(service, await exported(service, kind), kind=kind)
    assert tally(view["households"]) == {"unchanged": 2}
    assert tally(view["members"]) == ({"unchanged": 3} if kind == "person-list" else {})


async def test_columns_order_and_watermark(service: Households) -> None:
    await loaded(service)
    content = await exported(service, "person-list", area=COUNTY)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    first, second = sheet.split("<row ")[1:3]
    assert f"{account_id('county', COUNTY)}（县级）" in first
    headings = [part.split("</t>")[0] for part in second.split('xml:space="preserve">')[1:]]
    assert headings == PEOPLE
    assert len(headings) == 32
    assert "<f>" not in sheet
    [head, pupil, _] = rows_of(content)
    assert head["member.id_number"] == str(id_number(1))
    assert head["member.health"] == "长期慢性病、残疾"
    assert (head["case.risks"], head["case.eliminated"]) == ("因病、因残", "未消除")
    assert (head["check.people"], pupil["check.people"]) == (2, 2)
    households = await exported(service, "household-list")
    assert "=HYPERLINK(1)" in {row["household.natural_village"] for row in rows_of(households, "household-list")}


async def test_within_ones_areas_and_on_record(service: Households) -> None:
    await loaded(service)
    for role, area, query, codes in (
        ("village", PINE, {}, {CODE}),
        ("township", STONE, {}, {CODE}),
        ("county", COUNTY, {"area": BRIDGE}, {f"{BRIDGE}0001"}),
        ("village", PINE, {"area": BRIDGE}, set()),
    ):
        content = await exported(service, "household-list", role, area, query)
        found = {row["household.national_code"] for row in rows_of(content, "household-list")} if codes else set()
        assert found == codes
    rows = await service.sql("SELECT detail FROM audit_entry WHERE action = 'register-export:read' ORDER BY id")
    assert [(one[0]["kind"], one[0]["households"], one[0]["members"]) for one in rows] == [
        ("household-list", 1, 2),
        ("household-list", 1, 2),
        ("household-list", 1, 1),
        ("household-list", 0, 0),
    ]


async def test_whoever_only_looks_on_gets_it_masked(service: Households) -> None:
    await loaded(service)
    content = await exported(service, "person-list", "supervisor")
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert str(id_number(1)) not in sheet
    assert "15400000017" not in sheet
    assert "长期慢性病" not in sheet
    assert "5399**********" in sheet
    assert ">张*<" in sheet
    for role in ("admin", "bureau"):
        answer = await service.call("GET", "/register-exports/person-list.xlsx", role)
        assert answer.status_code == 403


def test_the_lists_as_data() -> None:
    assert len(LISTS["person-list"].columns) == 32
    for list_ in LISTS.values():
        fields = [one.field for one in list_.columns]
        assert len(set(fields)) == len(fields)
        assert len({one.heading for one in list_.columns}) == len(fields)
