"""Imports of list workbooks: nothing written before it is looked at, then exactly that, whole or not at all."""

import asyncio
import io
import os
import signal
import sys
from datetime import timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from services.households import list_worker
from services.households.queries import list_writing
from services.households.usecases import list_work
from shared.clock import local_date, utc_now
from shared.contracts.households import MembersChanged
from tests.households.conftest import BAMBOO, BRIDGE, PINE, RIVER, STONE, Households, household, id_number
from tests.households.conftest import person as member
from tests.households.lists import (
    AREA,
    HOUSEHOLDS,
    PEOPLE,
    applied,
    checked,
    found,
    person,
    send,
    tally,
    whole,
    work,
    workbook,
    written,
)
from tests.processes import Died

ONE, TWO = f"{PINE}0001", f"{PINE}0002"
FAMILY = [person(ONE, 1), person(ONE, 2, "李四", "配偶", 健康状况="长期慢性病、残疾"), person(TWO, 3, "王五")]


async def test_a_list_is_compared_then_written_then_known(service: Households) -> None:
    view = await checked(service, workbook(FAMILY))
    assert (view["state"], view["dry_run"], view["rows_read"]) == ("checked", True, 3)
    assert (tally(view["households"]), tally(view["members"])) == ({"added": 2}, {"added": 3})
    assert [one["area"]["code"] for one in view["townships"]] == [STONE]
    assert await service.sql("SELECT 1 FROM household") == [], "a dry run writes nothing"
    done = await applied(service, view)
    assert done["state"] == "applied"
    assert await service.sql(
        'SELECT m.name, m.relation, m.health, h."class", h.national_code FROM member m'
        " JOIN household h ON h.id = household_id ORDER BY m.name"
    ) == [
        ("张三", "02", [], "lifted_out", ONE),
        ("李四", "10", ["chronic", "disabled"], "lifted_out", ONE),
        ("王五", "02", [], "lifted_out", TWO),
    ]
    assert [len(event.members) for event in await service.told(MembersChanged)] == [3]
    assert (
        await service.sql("SELECT what, source, fields FROM register_change ORDER BY id")
        == [("added", "import", ["members"])] * 2
    )
    again = await checked(service, workbook(FAMILY))
    assert (tally(again["households"]), tally(again["members"])) == ({"unchanged": 2}, {"unchanged": 3})
    assert await service.sql("SELECT count(*) FROM staged_member") == [(0,)]


async def test_people_of_a_new_household_are_told_with_its_code(service: Households) -> None:
    view = await checked(service, workbook([person(ONE, 1), person(ONE, 2, "李桂花", "配偶")]))
    assert {(one["name"], one["national_code"]) for one in await found(service, view, "added")} == {
        *((None, ONE), ("张三", ONE), ("李桂花", ONE)),
    }


async def test_changes_say_from_and_to_and_blank_cells_say_nothing(service: Households) -> None:
    before = person(ONE, 1, 联系电话="15400000017", 劳动技能="普通劳动力", 民族="苗族", 饮水是否安全="是")
    await written(service, workbook([before]))
    after = person(ONE, 1, "张三三", 劳动技能="丧失劳动力", 联系电话="15400000018", 饮水是否安全="否")
    view = await checked(service, workbook([after]))
    assert (tally(view["households"]), tally(view["members"])) == ({"changed": 1}, {"changed": 1})
    of_household, of_person = await found(service, view, "changed")
    assert (of_household["national_code"], of_person["national_code"]) == (ONE, ONE)
    assert [(one["title"], one["before"], one["after"]) for one in of_household["changes"]] == [
        ("饮水是否安全", True, False)
    ]
    assert {one["title"]: (one["before"], one["after"]) for one in of_person["changes"]} == {
        "姓名": ("张三", "张三三"),
        "劳动技能": ("普通劳动力", "丧失劳动力"),
        "联系电话": ("15400000017", "15400000018"),
    }
    masked = (await found(service, view, "changed", "admin"))[1]
    assert masked["name"] == "张**"
    assert [one["after"] for one in masked["changes"] if one["title"] in ("姓名", "联系电话")] == [None, None]
    assert (await applied(service, view))["state"] == "applied"
    [row] = await service.sql("SELECT name, labour_skill, ethnic_group, version FROM member")
    assert row == ("张三三", "lost", "06", 2)
    assert [line[1] for line in await service.sql("SELECT id, what FROM register_change ORDER BY id")] == [
        *("added", "changed", "changed")
    ]


CONFLICTS: list[tuple[str, list[dict[str, Any]], str, str]] = [
    ("lives elsewhere", [person(TWO, 90)], "证件号码", "person-in-another-household"),
    (
        "twice in the list",
        [person(ONE, 1), person(TWO, 2), person(TWO, 1, "又来", "子")],
        "证件号码",
        "person-in-another-household",
    ),
    ("twice in a household", [person(ONE, 1), person(ONE, 1, "又来", "子")], "证件号码", "person-twice"),
    ("two heads", [person(ONE, 1), person(ONE, 2, "李四", "户主")], "与户主关系", "list-two-heads"),
    ("checksum", [person(ONE, 1, 证件号码=str(id_number(1))[:-1] + "?")], "证件号码", "id-number-characters"),
    ("digits lost", [person(ONE, 1, 证件号码=539921199001010016)], "证件号码", "id-number-as-number"),
    ("another paper", [person(ONE, 1, 证件类型="护照")], "证件类型", "id-type-unsupported"),
    ("unknown village", [person(ONE, 1, **{"行政村（社区）": "无名村"})], "行政村（社区）", "area-unknown"),
    ("another county", [person(ONE, 1, **{"县（市、区、旗）": "他县"})], "行政村（社区）", "area-unknown"),
    ("no such word", [person(ONE, 1, 健康状况="硬朗")], "健康状况", "choice-invalid"),
    (
        "two villages",
        [person(ONE, 1), person(ONE, 2, "李四", "子", **{"行政村（社区）": "竹溪村"})],
        "行政村（社区）",
        "household-rows-differ",
    ),
    (
        "two classes",
        [person(ONE, 1), person(ONE, 2, "李四", "子", 户类型="监测对象")],
        "household_class",
        "household-rows-differ",
    ),
    ("not all of them", [person(ONE, 1, 人数=3)], "人数", "household-count-differs"),
    ("another code", [person(f"{PINE}0090", 90, 人编号="9999")], "人编号", "member-code-differs"),
]


@pytest.mark.parametrize(("rows", "field", "code"), [row[1:] for row in CONFLICTS], ids=[row[0] for row in CONFLICTS])
async def test_what_conflicts_is_told_where_it_stands_and_left_out(
    service: Households, rows: list[dict[str, Any]], field: str, code: str
) -> None:
    await written(service, workbook([person(f"{PINE}0090", 90, 人编号="1111")]))
    good = person(f"{PINE}0099", 99)
    view = await checked(service, workbook([good, *rows]))
    conflicts = await found(service, view, "conflicting")
    assert code in [one["code"] for one in conflicts]
    one = next(one for one in conflicts if one["code"] == code)
    assert (one["file"], one["sheet"]) == (1, 1)
    assert one["row"] > 3, "below title, headings and the good one"
    assert one["message"] != code
    assert one["field"] in (field, "户类型")
    assert view["households"]["conflicting"] == 1
    assert view["households"]["added"] == len({row["户编号"] for row in [good, *rows]}) - 1
    await applied(service, view)
    codes = {row[0] for row in await service.sql("SELECT national_code FROM household")}
    assert f"{PINE}0099" in codes
    assert one["national_code"] not in codes or one["national_code"] == f"{PINE}0090"
    assert str(id_number(90)) not in str(conflicts)


CODES = ("无", "B0", "5399/1", "9" * 3000)
BAD_CELLS: dict[str, list[dict[str, Any]]] = {
    "person-list": [
        *(person(code, 1) for code in CODES),
        *(person(f"{PINE}0010", 2, 人编号=text) for text in ("无无", "8" * 3000)),
        *(person(f"{PINE}0011", 3, name) for name in ("张" * 61, "张" * 3000)),
        *(person(f"{PINE}0012", 4, 证件号码=text) for text in ("无", "1" * 3000)),
        *(person(f"{PINE}0013", 5, 联系电话=text) for text in ("没有", "1" * 3000)),
    ],
    "household-list": [
        *(whole(code) for code in CODES),
        whole(f"{PINE}0010", 户主证件号码="1" * 3000),
        *(whole(f"{PINE}0011", 家庭住址=text) for text in ("松" * 201, "松" * 3000)),
        *(whole(f"{PINE}0012", 联系电话=text) for text in ("没有", "1" * 3000)),
    ],
}


@pytest.mark.parametrize("kind", BAD_CELLS)
async def test_a_cell_that_cannot_be_read_costs_its_row_and_no_more(service: Households, kind: str) -> None:
    wrong, headings = BAD_CELLS[kind], PEOPLE if kind == "person-list" else HOUSEHOLDS
    good = person(ONE, 9) if kind == "person-list" else whole(ONE)
    view = await checked(service, workbook([good, *wrong], headings=headings), kind=kind)
    conflicts = {one["row"]: one for one in await found(service, view, "conflicting")}
    assert sorted(conflicts) == [number + 4 for number in range(len(wrong))]
    assert [conflicts[row]["national_code"] for row in range(4, 8)] == [None] * 4, "what is no code is not kept as one"
    assert view["households"]["added"] == 1
    codes = {row["户编号"] for row in wrong}
    assert view["households"]["conflicting"] == len(codes)


async def test_who_vanished_stays_unless_somebody_says_why(service: Households) -> None:
    await written(service, workbook([*FAMILY, person(f"{BAMBOO}0009", 9, "赵六", **{"行政村（社区）": "竹溪村"})]))
    await service.register(
        household(50, PINE, [member(50)]), {**household(51, PINE, [member(51)]), "national_code": None}
    )
    rows = FAMILY[:1]
    view = await checked(service, workbook(rows))
    gone = await found(service, view, "vanished")
    assert sorted((one["name"], one["code"]) for one in gone) == [
        ("李四", "person-vanished"),
        ("王五", "household-vanished"),
    ], "neither another village's, nor an ordinary household's, nor one without a national code"
    assert view["members"]["vanished"] == 2
    await applied(service, view)
    assert await service.sql("SELECT count(*) FROM member WHERE left_on IS NOT NULL") == [(0,)]
    view = await applied(service, await checked(service, workbook(rows)), remove_vanished="moved_away")
    assert view["state"] == "applied"
    assert sorted(await service.sql("SELECT name, left_reason FROM member WHERE left_on IS NOT NULL")) == [
        ("李四", "moved_away"),
        ("王五", "moved_away"),
    ]
    told = (await service.told(MembersChanged))[-1]
    assert [one.active for one in told.members] == [False, False]
    assert (await service.sql("SELECT count(*) FROM register_change WHERE what = 'left'")) == [(2,)]


async def test_nobody_of_a_household_with_a_mistake_has_vanished(service: Households) -> None:
    await written(service, workbook(FAMILY))
    broken = [FAMILY[0], {**FAMILY[1], "证件号码": "5399"}, FAMILY[2]]
    view = await checked(service, workbook(broken))
    assert await found(service, view, "vanished") == []
    assert tally(view["households"]) == {"conflicting": 1, "unchanged": 1}


async def test_sheets_and_files_are_one_list(service: Households) -> None:
    river = {**AREA, "乡（镇、街道）": "大河镇", "行政村（社区）": "石桥村委会"}
    first = workbook(FAMILY[:1], [], title=None)
    second = workbook([{**person(f"{BRIDGE}0001", 7), **river}], FAMILY[1:])
    view = await checked(service, first, second)
    assert [one["name"] for one in view["files"]] == ["list-0.xlsx", "list-1.xlsx"]
    assert (tally(view["households"]), view["rows_read"]) == ({"added": 3}, 4)
    assert [one["area"]["code"] for one in view["townships"]] == [STONE, RIVER]
    assert tally(view["members"]) == {"added": 4}


async def test_the_household_list(service: Households) -> None:
    await written(service, workbook(FAMILY))
    rows = [
        whole(
            ONE,
            户主证件号码=str(id_number(1)),
            家庭住址="松林村3组",
            住房鉴定等级="C级",
            是否危房户="是",
            **{"承包耕地面积（亩）": 3.5},
        ),
        whole(TWO, 户主证件号码=str(id_number(1))),
    ]
    view = await checked(service, workbook(rows, headings=HOUSEHOLDS), kind="household-list")
    assert tally(view["households"]) == {"changed": 1, "conflicting": 1}
    [of_it] = await found(service, view, "changed")
    assert {one["title"]: one["after"] for one in of_it["changes"]}["住房安全"] is False
    assert [one["code"] for one in await found(service, view, "conflicting")] == ["person-in-another-household"]
    await applied(service, view)
    assert await service.sql(
        "SELECT address, dwelling_level, safe_housing, land_mu::text, version FROM household WHERE national_code = :code",
        code=ONE,
    ) == [("松林村3组", "C", False, "3.50", 2)]
    assert await service.sql("SELECT count(*) FROM member") == [(3,)]
    again = await checked(service, workbook(rows[:1], headings=HOUSEHOLDS), kind="household-list")
    assert tally(again["households"]) == {"unchanged": 1, "vanished": 1}


async def test_another_number_of_people_is_a_warning_and_no_refusal(service: Households) -> None:
    await written(service, workbook(FAMILY))
    rows = [
        whole(ONE, 家庭人口数=3, 联系电话="15400000017"),
        whole(TWO, 家庭人口数=2),
        whole(f"{PINE}0003", 家庭人口数=4),  # nobody of it is registered yet
    ]
    view = await checked(service, workbook(rows, headings=HOUSEHOLDS), kind="household-list")
    assert tally(view["households"]) == {"added": 1, "changed": 1, "unchanged": 1, "warned": 2}
    first, second = await found(service, view, "warned")
    assert (first["national_code"], first["field"], first["row"]) == (ONE, "家庭人口数", 3)
    assert first["message"] == "名单中家庭人口数为 3，档案中该户现有 2 人，请核实"
    assert second["national_code"] == TWO
    [changed] = await found(service, view, "changed")
    assert (changed["message"], changed["changes"][0]["title"]) == (first["message"], "联系电话"), "beside the change"
    result = await service.call("GET", f"/register-imports/{view['id']}/result")
    book = CalamineWorkbook.from_filelike(io.BytesIO(result.content))
    assert [row[-1] for row in book.get_sheet_by_name("提示").to_python()[1:]] == [first["message"], second["message"]]
    assert book.get_sheet_by_name("变更").to_python()[1][-1] == first["message"]
    assert (await applied(service, view))["state"] == "applied"
    assert [one["national_code"] for one in await found(service, view, "warned")] == [ONE, TWO], "kept"
    same = [whole(ONE, 家庭人口数=2), whole(TWO, 家庭人口数=1)]
    again = await checked(service, workbook(same, headings=HOUSEHOLDS), kind="household-list")
    assert tally(again["households"]) == {"unchanged": 2, "vanished": 1}
    at_once = await checked(service, workbook(rows, headings=HOUSEHOLDS), kind="household-list", dry_run="false")
    assert (at_once["state"], len(await found(service, at_once, "warned"))) == ("applied", 3), (
        "nobody lives in the third"
    )


async def test_warnings_leave_room_for_what_is_refused(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_work, "MOST_WARNINGS", 1)
    monkeypatch.setattr(list_work, "MOST_FINDINGS", 2)
    await written(service, workbook(FAMILY))
    rows = [whole(ONE, 家庭人口数=3), whole(TWO, 家庭人口数=2), whole(f"{PINE}0003", 户主证件号码=str(id_number(1)))]
    view = await checked(service, workbook(rows, headings=HOUSEHOLDS), kind="household-list")
    assert tally(view["households"]) == {"unchanged": 2, "conflicting": 1, "warned": 2}
    assert (len(await found(service, view, "warned")), len(await found(service, view, "conflicting"))) == (1, 1)


CASE = {
    "监测对象类型": "脱贫不稳定户",
    "致贫（返贫）风险": "因病、因学",
    "识别时间": "2025-03-02",
    "风险是否消除": "否",
}


async def test_cases_nobody_has_here_are_taken_over(service: Households) -> None:
    today = local_date(utc_now())
    over = {**CASE, "风险是否消除": "是", "风险消除时间": "2026-01-05"}
    done = await written(service, workbook([person(ONE, 1, **CASE), person(TWO, 3, "王五", **over)]))
    assert tally(done["households"]) == {"added": 2}
    assert await service.sql(
        'SELECT state, "class", main_risk, risks, source, identified_on::text, eliminated_on::text, state_since'
        " FROM monitoring_case ORDER BY state"
    ) == [
        ("eliminated", "unstable", "01", ["01", "09"], "national_list", "2025-03-02", "2026-01-05", today),
        ("monitored", "unstable", "01", ["01", "09"], "national_list", "2025-03-02", None, today),
    ]
    assert await service.sql("SELECT monitoring_state, main_risk FROM household ORDER BY 1") == [
        ("eliminated", "01"),
        ("monitored", "01"),
    ]
    assert await service.sql("SELECT to_state, happened_on::text FROM case_move ORDER BY 1") == [
        ("eliminated", "2026-01-05"),
        ("monitored", "2025-03-02"),
    ]
    again = await checked(service, workbook([person(ONE, 1, **CASE), person(TWO, 3, "王五", **over)]))
    assert tally(again["households"]) == {"unchanged": 2}


async def test_a_case_that_would_be_opened_is_shown_before_it_is(service: Households) -> None:
    await written(service, workbook([person(ONE, 1)]))
    over = {**CASE, "风险是否消除": "是", "风险消除时间": "2026-01-05"}
    view = await checked(service, workbook([person(ONE, 1, **over), person(TWO, 3, "王五", **CASE)]))
    [changed] = await found(service, view, "changed")
    told = [(one["field"], one["title"], one["before"], one["after"]) for one in changed["changes"]]
    assert told == [
        ("case.state", "监测个案", None, "风险消除"),
        ("case.class", "监测对象类型", None, "脱贫不稳定户"),
        ("case.risks", "致贫（返贫）风险", None, ["因病", "因学"]),
        ("case.identified_on", "识别时间", None, "2025-03-02"),
        ("case.eliminated_on", "风险消除时间", None, "2026-01-05"),
    ]
    added = [one for one in await found(service, view, "added") if one["changes"]]
    assert [one["changes"][0]["after"] for one in added] == ["纳入监测"]
    result = await service.call("GET", f"/register-imports/{view['id']}/result")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(result.content)).get_sheet_by_name("变更").to_python()
    assert [(row[6], row[8]) for row in sheet[1:]] == [
        ("监测个案", "风险消除"),
        ("监测对象类型", "脱贫不稳定户"),
        ("致贫（返贫）风险", "因病、因学"),
        ("识别时间", "2025-03-02"),
        ("风险消除时间", "2026-01-05"),
    ]


async def test_help_since_the_identification_may_be_recorded_on_a_case_taken_over(service: Households) -> None:
    await written(service, workbook([person(ONE, 1, **CASE)]))
    [(case_id, household_id, opened_on)] = await service.sql(
        "SELECT id, household_id, (opened_at AT TIME ZONE 'Asia/Shanghai')::date::text FROM monitoring_case"
    )
    assert opened_on == CASE["识别时间"]
    measure = {
        "risk": "01",
        "kind": "health",
        "tag": "reduce",
        "bureau": "medical_insurance",
        "content": "医疗救助",
        "planned_on": "2025-03-10",
        "due_on": "2025-04-10",
    }
    path = f"/monitoring-cases/{case_id}/measures"
    assert (await service.post(path, measure, "village", PINE)).status_code == 201
    early = await service.post(path, {**measure, "planned_on": "2025-03-01"}, "village", PINE)
    assert (early.status_code, early.json()["code"]) == (422, "measure-before-case")
    change = {"json": {"road_km": 1}, "headers": {"If-Match": '"1"'}}
    changed = await service.call("PATCH", f"/households/{household_id}", **change)  # anything, to have it audited
    assert changed.status_code == 200, changed.text
    listed = await service.get(f"/households/{household_id}/findings")
    assert "case-days-out-of-order" not in [one["rule"] for one in listed]


@pytest.mark.parametrize(
    ("state", "said", "code"),
    [
        ("deliberation", "否", "case-in-procedure"),
        ("elimination_notice", "是", "case-in-procedure"),
        ("monitored", "是", "case-differs"),
        ("tracking", "否", "case-differs"),
        ("moved_away", "是", "case-ended"),
        ("deceased", "否", "case-ended"),
        ("dismissed", "是", "case-ended"),
    ],
)
async def test_a_case_that_is_here_is_never_moved_by_a_list(
    service: Households, state: str, said: str, code: str
) -> None:
    await written(service, workbook([person(ONE, 1, **CASE)]))
    await service.sql("UPDATE monitoring_case SET state = :state", state=state)
    view = await checked(service, workbook([person(ONE, 1, **{**CASE, "风险是否消除": said}, 劳动技能="无劳动力")]))
    assert [one["code"] for one in await found(service, view, "conflicting")] == [code]
    assert tally(view["members"]) == {"changed": 1}, "the rest of the household is taken all the same"
    await applied(service, view)
    assert await service.sql("SELECT state FROM monitoring_case") == [(state,)]


async def test_no_list_ends_a_risk_before_it_began_or_on_a_day_to_come(service: Households) -> None:
    over = {**CASE, "风险是否消除": "是", "风险消除时间": "2025-03-01"}
    ahead = {**CASE, "识别时间": (local_date(utc_now()) + timedelta(days=1)).isoformat()}
    view = await checked(service, workbook([person(ONE, 1, **over), person(TWO, 3, "王五", **ahead)]))
    conflicts = await found(service, view, "conflicting")
    assert [(one["code"], one["field"]) for one in conflicts] == [
        ("case-days-reversed", "识别时间"),
        ("case-day-to-come", "识别时间"),
    ]
    await applied(service, view)
    assert await service.sql("SELECT count(*) FROM household") == [(2,)]
    assert await service.sql("SELECT count(*) FROM monitoring_case") == [(0,)]


async def test_a_register_that_changed_meanwhile_is_compared_anew(service: Households) -> None:
    await written(service, workbook(FAMILY))
    view = await checked(service, workbook([{**FAMILY[0], "劳动技能": "无劳动力"}, *FAMILY[1:]]))
    [found_id] = [row[0] for row in await service.sql("SELECT id FROM member WHERE name = '张三'")]
    change = await service.call("PATCH", f"/members/{found_id}", json={"name": "张三丰"}, headers={"If-Match": '"1"'})
    assert change.status_code == 200, change.text
    again = await applied(service, view)
    assert (again["state"], again["checks"], again["failure"]["code"]) == ("checked", 2, "register-changed")
    assert again["digest"] != view["digest"]
    assert await service.sql("SELECT labour_skill FROM member WHERE name = '张三丰'") == [(None,)]
    assert [c["title"] for c in (await found(service, again, "changed"))[0]["changes"]] == ["姓名", "劳动技能"]
    stale = await service.post(f"/register-imports/{view['id']}/application", {"digest": view["digest"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "import-digest-differs")
    assert (await applied(service, again))["state"] == "applied"
    assert await service.sql("SELECT labour_skill FROM member WHERE name = '张三'") == [("none",)]


async def test_somebody_entered_meanwhile_is_found_by_the_constraint(service: Households) -> None:
    view = await checked(service, workbook(FAMILY))
    await service.register(household(70, PINE, [member(3)]))
    again = await applied(service, view)
    assert (again["state"], again["checks"], tally(again["households"])) == (
        "checked",
        2,
        {"added": 1, "conflicting": 1},
    )
    assert await service.sql("SELECT count(*) FROM household") == [(1,)]


async def test_staged_rows_that_a_crash_of_the_database_lost(service: Households) -> None:
    view = await checked(service, workbook(FAMILY))
    await service.sql("DELETE FROM staged_member")
    again = await applied(service, view)
    assert (again["state"], again["checks"], tally(again["members"])) == ("checked", 2, {"added": 3})
    assert (await applied(service, again))["state"] == "applied"


async def test_a_failure_in_the_middle_leaves_nothing(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    view = await checked(service, workbook(FAMILY))
    history = list_writing.write_history

    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(list_writing, "write_history", fail)
    done = await applied(service, view)
    assert (done["state"], done["failure"]["code"]) == ("failed", "import-broken"), "after three attempts"
    assert await service.sql("SELECT count(*) FROM household") == [(0,)]
    assert await service.sql("SELECT count(*) FROM outbox WHERE type = 'households.members-changed'") == [(0,)]
    monkeypatch.setattr(list_writing, "write_history", history)
    assert (await written(service, workbook(FAMILY)))["state"] == "applied"


@pytest.mark.parametrize("step", ["check", "write"])
async def test_a_list_that_ends_its_process_is_given_up(
    service: Households, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    view = (
        await checked(service, workbook(FAMILY)) if step == "write" else (await send(service, workbook(FAMILY))).json()
    )
    if step == "write":
        assert (
            await service.post(f"/register-imports/{view['id']}/application", {"digest": view["digest"]})
        ).is_success

    async def ends(*_: Any) -> None:
        raise Died

    monkeypatch.setattr(list_worker, "write_import", ends)
    monkeypatch.setattr(list_worker.ListCheck, "run", ends)
    for _ in range(3):
        with pytest.raises(Died):
            await work(service)
    await work(service)
    done = await service.get(f"/register-imports/{view['id']}")
    assert (done["state"], done["failure"]["code"]) == ("failed", "import-broken")
    assert await service.sql("SELECT count(*) FROM household") == [(0,)]


async def test_without_a_dry_run_what_has_no_conflict_is_written_at_once(service: Households) -> None:
    answer = await send(service, workbook([*FAMILY, person(f"{PINE}0009", 1, "又来")]), dry_run="false")
    await work(service)
    view = await service.get(f"/register-imports/{answer.json()['id']}")
    assert (view["state"], tally(view["households"])) == ("applied", {"added": 2, "conflicting": 1})


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"kind": "list-of-cows"}, 422, "list-kind-invalid"),
        ({"kind": "person-list", "dry_run": "perhaps"}, 422, "form-field-invalid"),
    ],
)
async def test_uploads_that_are_refused(service: Households, form: dict[str, str], status: int, code: str) -> None:
    answer = await send(service, workbook(FAMILY), **form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await service.sql("SELECT 1 FROM register_import") == []


async def test_a_file_that_cannot_be_read_is_refused_and_nothing_kept(service: Households, tmp_path: Any) -> None:
    for bad in (b"PK\x03\x04 broken", workbook([{"姓名": "张三"}], headings=["姓名", "年龄"])):
        answer = await send(service, workbook(FAMILY), bad)
        assert (answer.status_code, answer.json()["code"]) == (422, "table-invalid")
        assert all(one["message"].startswith("第 2 个文件：") for one in answer.json()["errors"]), answer.text
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
    assert (await send(service)).status_code == 400, "no file at all"


async def test_a_file_that_breaks_off_later_is_told_by_its_number(service: Households) -> None:
    lines = [",".join(PEOPLE), *(f"{n}" for n in range(40_000)), '"never closed']
    answer = await send(service, workbook(FAMILY), "\n".join(lines).encode())
    assert answer.status_code == 202, answer.text
    await work(service)
    failure = (await service.get(f"/register-imports/{answer.json()['id']}"))["failure"]
    assert failure["code"] == "quote-open"
    assert failure["message"].startswith("第 2 个文件：")


async def test_rows_without_a_place_are_nowhere_for_whoever_works_everywhere(service: Households) -> None:
    lost = person(ONE, 1, **{"行政村（社区）": "无名村"})
    answer = await send(service, workbook([lost]), role="admin", area="*")
    await work(service)
    view = await service.get(f"/register-imports/{answer.json()['id']}", "admin", "*")
    assert [(one["area"], one["households"]["conflicting"]) for one in view["townships"]] == [(None, 1)]
    path = f"/register-imports/{view['id']}"
    [one] = (await service.get(f"{path}/findings", "admin", "*", params={"outcome": "conflicting"}))["items"]
    assert (one["area"], one["code"]) == (None, "area-unknown")
    assert (await service.call("GET", f"{path}/result", "admin", "*")).status_code == 200


async def test_files_lie_sealed_and_go_when_they_are_written(service: Households, tmp_path: Any) -> None:
    view = await checked(service, workbook(FAMILY))
    [kept] = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert not kept.read_bytes().startswith(b"PK")
    names = await service.sql("SELECT * FROM register_import")
    assert "list-0.xlsx" not in str(names)
    await applied(service, view)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


async def test_who_may_and_who_sees_it(service: Households) -> None:
    view = await checked(service, workbook(FAMILY))
    for role, area in (("village", PINE), ("township", STONE), ("supervisor", STONE)):
        answer = await send(service, workbook(FAMILY), role=role, area=area)
        assert answer.status_code == 403
        assert (await service.call("GET", f"/register-imports/{view['id']}", role, area)).status_code == 403
    elsewhere = await service.call("GET", f"/register-imports/{view['id']}", "county", "530100000000")
    assert elsewhere.status_code == 404
    assert (await service.get("/register-imports", area="530100000000"))["items"] == []
    assert [one["id"] for one in (await service.get("/register-imports"))["items"]] == [view["id"]]
    apply = await service.post(
        f"/register-imports/{view['id']}/application", {"digest": view["digest"]}, "county", "530100000000"
    )
    assert apply.status_code == 404


async def test_a_village_out_of_scope_is_unknown(service: Households) -> None:
    answer = await send(service, workbook(FAMILY), role="county", area=RIVER)
    await work(service)
    view = await service.get(f"/register-imports/{answer.json()['id']}", area=RIVER)
    assert tally(view["households"]) == {"conflicting": 2}
    page = await service.get(f"/register-imports/{view['id']}/findings", area=RIVER, params={"outcome": "conflicting"})
    assert {one["code"] for one in page["items"]} == {"area-unknown"}


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_worker_that_is_killed_leaves_nothing_half_written(
    service: Households, cluster: Any, database_name: str, vault_settings: Any, tmp_path: Any, *, at_once: bool
) -> None:
    """SIGKILL in the middle of writing: the register is as it was, and the next worker writes it whole."""
    content = workbook([person(f"{PINE}{n:04}", n) for n in range(1, 200)])
    if at_once:
        view = (await send(service, content, dry_run="false")).json()
    else:
        view = await checked(service, content)
        answer = await service.post(f"/register-imports/{view['id']}/application", {"digest": view["digest"]})
        assert answer.status_code == 202
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.households.killed_worker",
        cluster.dsn("households", database_name),
        (tmp_path / "lists").as_uri(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(_keys(vault_settings))
    process.stdin.write_eof()
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"written, not committed\n"
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    assert await service.sql("SELECT count(*) FROM member") == [(0,)]
    for _ in range(100):  # until the server has seen that the connection is gone
        await work(service)
        if (await service.get(f"/register-imports/{view['id']}"))["state"] == "applied":
            break
        await asyncio.sleep(0.1)
    assert await service.sql("SELECT count(*) FROM member") == [(199,)]
    assert sum(len(event.members) for event in await service.told(MembersChanged)) == 199


def _keys(settings: Any) -> bytes:
    import pickle

    return pickle.dumps(settings)


async def test_many_people_are_told_of_in_few_events(service: Households) -> None:
    rows = [person(f"{PINE}{n:04}", n % 990 + 1, 证件号码=_number(n)) for n in range(1, 1202)]
    await written(service, workbook(rows))
    assert [len(event.members) for event in await service.told(MembersChanged)] == [1000, 201]
    assert await service.sql("SELECT DISTINCT lane FROM outbox WHERE type = 'households.members-changed'") == [(1,)]


def _number(n: int) -> str:
    return str(id_number(n % 900, f"19{60 + n // 900:02}0101"))


async def test_the_result_as_a_workbook(service: Households) -> None:
    await written(service, workbook(FAMILY))
    rows = [
        {**FAMILY[0], "劳动技能": "=1+1"},
        {**FAMILY[2], "劳动技能": "无劳动力"},
        person(f"{PINE}0003", 8, "=cmd()"),
    ]
    rows[0]["是否危房户"] = rows[1]["是否危房户"] = "是"
    view = await checked(service, workbook(rows))
    answer = await service.call("GET", f"/register-imports/{view['id']}/result")
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")
    import io
    import zipfile

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    texts = "".join(archive.read(name).decode() for name in archive.namelist())
    for told in ("汇总", "新增", "变更", "冲突", "消失", "劳动技能", "无劳动力", ONE, "住房安全", ">否<"):
        assert told in texts
    assert "False" not in texts
    assert "<f>" not in texts
    assert await service.sql("SELECT count(*) FROM audit_entry WHERE action = 'register-import:result'") == [(1,)]


async def test_work_in_words_is_passed_over_and_told(service: Households) -> None:
    view = await checked(service, workbook([person(ONE, 1, 务工区域="省外县内"), person(TWO, 3, 务工区域="440300")]))
    assert (view["passed_over"], tally(view["households"])) == (["务工区域"], {"added": 2})
    await applied(service, view)
    assert sorted(await service.sql("SELECT coalesce(work_area, '') FROM member")) == [("",), ("440300",)]
