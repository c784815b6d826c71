"""Measures: who plans and delivers them, for which risk, and what nobody may enter."""

from typing import Any

import pytest

from tests.households.conftest import BAMBOO, COUNTY, PINE, RIVER, STONE, Households, policy_id
from tests.households.monitoring import CASES, IDENTIFIED, open_case, settle, walk
from tests.households.road import ANY, Road, day, measure


async def identified(service: Households) -> str:
    case_id: str = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED)
    return case_id


async def plan(service: Households, case_id: str, **more: Any) -> dict[str, Any]:
    answer = await service.post(f"{CASES}/{case_id}/measures", measure(**more), "township", STONE)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_planned_delivered_and_on_record(service: Households) -> None:
    case_id = await identified(service)
    planned = await plan(service, case_id, sub_kind="health.aid", quota=1)
    assert (planned["state"], planned["fits"], planned["policy_id"]) == ("planned", True, str(policy_id("measure-fit")))
    assert (planned["kind_text"], planned["tag_text"], planned["bureau_text"]) == ("健康帮扶", "降支出", "医保局")
    path = f"/measures/{planned['id']}"
    body = {"delivered_on": day(), "proof": "一卡通到账，凭证已留存", "amount": 4321.5}
    unread = await service.post(f"{path}/delivery", body, "village", PINE)
    assert unread.status_code == 428
    stale = await service.post(f"{path}/delivery", body, "village", PINE, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    done = await service.post(f"{path}/delivery", body, "village", PINE, headers={"If-Match": '"1"'})
    assert (done.status_code, done.headers["etag"], done.json()["amount"]) == (200, '"2"', 4321.5)
    again = await service.post(f"{path}/delivery", body, "village", PINE, headers=ANY)
    assert (again.status_code, again.json()["code"]) == (409, "measure-not-planned")
    did = await service.sql("SELECT detail->>'did' FROM audit_entry WHERE action = 'measure:write' ORDER BY id")
    assert did == [("planned",), ("delivered",)]
    sealed = await service.sql("SELECT content_sealed, proof_sealed FROM measure")
    assert "一卡通".encode() not in b"".join(sealed[0])


async def test_failed_or_withdrawn_it_counts_for_no_gate(service: Households) -> None:
    road = await Road(service).open()
    await walk(service, road.case_id, IDENTIFIED)
    first, second = await plan(service, road.case_id), await plan(service, road.case_id)
    assert "measure-planned" not in await road.missing("planned")
    reason = {"reason": "名额已满"}
    failed = await service.post(f"/measures/{first['id']}/failure", reason, "township", STONE, headers=ANY)
    assert (failed.json()["state"], failed.json()["reason"]) == ("failed", "名额已满")
    gone = await service.post(f"/measures/{second['id']}/withdrawal", reason, "township", STONE, headers=ANY)
    assert gone.json()["state"] == "withdrawn"
    assert "measure-planned" in await road.missing("planned")
    again = await service.post(f"/measures/{second['id']}/withdrawal", reason, "township", STONE, headers=ANY)
    assert (again.status_code, again.json()["code"]) == (409, "measure-withdrawn")


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"risk": "03"}, 422, "risk-not-of-case"),
        ({"sub_kind": "employment.training"}, 422, "sub-kind-elsewhere"),
        ({"kind": "charity"}, 422, "choice-invalid"),
        ({"planned_on": day(-1)}, 422, "date-in-future"),
        ({"planned_on": day(400)}, 422, "measure-before-case"),
        ({"due_on": day(1)}, 422, "measure-days-reversed"),
        ({"amount": -1}, 422, None),
    ],
)
async def test_what_cannot_be_right(service: Households, wrong: dict[str, Any], status: int, code: str | None) -> None:
    case_id = (await open_case(service))["id"]
    await settle(service, case_id)
    await service.sql("UPDATE monitoring_case SET state = 'monitored'")
    answer = await service.post(f"{CASES}/{case_id}/measures", measure(**wrong), "township", STONE)
    assert answer.status_code == status, answer.text
    if code is not None:
        assert code in [answer.json()["code"], *(one["code"] for one in answer.json().get("errors", []))]


async def test_no_help_before_identification_but_in_the_fast_lane(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await settle(service, case_id)
    early = await service.post(f"{CASES}/{case_id}/measures", measure(), "township", STONE)
    assert (early.status_code, early.json()["code"]) == (409, "case-takes-no-help")
    await service.sql("UPDATE monitoring_case SET fast_lane = true")
    assert (await plan(service, case_id))["state"] == "planned"


async def test_what_does_not_fit_is_taken_and_marked(service: Households) -> None:
    case_id = await identified(service)
    assert (await plan(service, case_id, kind="infrastructure"))["fits"] is False


async def test_areas_and_roles(service: Households) -> None:
    case_id = await identified(service)
    planned = await plan(service, case_id)
    for path in (f"{CASES}/{case_id}/measures", f"/measures/{planned['id']}", f"{CASES}/{case_id}/plan"):
        for role, area in (("township", RIVER), ("village", BAMBOO)):
            assert (await service.call("GET", path, role, area)).status_code == 404, (path, role)
        assert (await service.call("GET", path, "bureau")).status_code == 403
    assert (await service.call("GET", f"{CASES}/{case_id}/plan", "supervisor")).status_code == 403
    [seen] = await service.get(f"{CASES}/{case_id}/measures", "supervisor", COUNTY)
    assert (seen["kind"], seen["content"], seen["proof"]) == ("health", None, None)
    elsewhere = await service.post(
        f"/measures/{planned['id']}/withdrawal", {"reason": "x"}, "village", BAMBOO, headers=ANY
    )
    assert elsewhere.status_code == 404


async def test_the_plan_as_text(service: Households) -> None:
    case_id = await identified(service)
    await plan(service, case_id, sub_kind="health.aid")
    found = await service.get(f"{CASES}/{case_id}/plan", "village", PINE)
    assert "一户一策" in found["text"]
    assert "1.【降支出】针对因病：医疗救助——住院费用医疗救助（5000.00 元）。责任单位：医保局" in found["text"]
    assert (found["measures"], found["unmet"]) == (1, [])


async def test_an_elimination_check_is_made_at_its_time(service: Households) -> None:
    case_id = await identified(service)
    body = {"checked_on": day(), "income_stable": True, "spending_solved": True, "manner": "helped"}
    path = f"{CASES}/{case_id}/elimination-checks"
    early = await service.post(path, body, "village", PINE)
    assert (early.status_code, early.json()["code"]) == (409, "case-not-checked")
    await service.sql("UPDATE monitoring_case SET state = 'elimination_check'")
    contact = {"name": "赵六", "phone": "15400000099"}
    made = await service.post(path, {**body, "contact": contact, "note": "收入稳定"}, "village", PINE)
    assert made.status_code == 201, made.text
    assert (made.json()["contact_name"], made.json()["contact_phone"]) == ("赵六", "154****0099")
    [seen] = await service.get(path, "supervisor", COUNTY)
    assert (seen["has_contact"], seen["contact_name"], seen["contact_phone"], seen["note"]) == (True, None, None, None)
    future = await service.post(path, {**body, "checked_on": day(-1)}, "village", PINE)
    assert future.status_code == 422


async def test_help_of_an_earlier_round_does_not_count_again(service: Households) -> None:
    road = await Road(service).open()
    await walk(service, road.case_id, IDENTIFIED)
    await plan(service, road.case_id)
    await service.sql("UPDATE monitoring_case SET round = 2")
    assert "measure-planned" in await road.missing("planned")
