"""Questions to bureaus: signed for first, answered yes or no, and no more of a person than the answer needs."""

from typing import Any

from tests.households.conftest import BAMBOO, COUNTY, PINE, RIVER, STONE, Households, id_number, person
from tests.households.monitoring import CASES, open_case
from tests.households.road import FEEDS, Road, day, two_people

VEHICLE = ["comparison.vehicle"]
POLICE = ("bureau", COUNTY)


async def signed(service: Households, **more: Any) -> Road:
    """A case whose household has signed."""
    road = await Road(service).open(**more)
    await road.walk("authorise")
    assert road.refused == []
    return road


async def tickets(service: Households, feeds: list[str], query: str = "") -> list[dict[str, Any]]:
    """What a bureau finds."""
    found = await service.get(f"/comparison-tickets{query}", *POLICE, feeds=feeds)
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_nobody_is_asked_before_the_household_has_signed(service: Households) -> None:
    road = await Road(service).open()
    path = f"{CASES}/{road.case_id}/comparison"
    early = await service.post(path, {}, "county")
    assert (early.status_code, early.json()["code"]) == (409, "authorisation-missing")
    await road.walk("authorise")
    asked = (await service.post(path, {}, "county")).json()
    assert (len(asked["items"]), asked["open"], asked["overdue"]) == (8, 8, 0)  # two people, four kinds
    assert {one["due_on"] for one in asked["items"]} == {day(-5)}
    again = (await service.post(path, {}, "county")).json()
    assert again["items"] == [], "what was asked is not asked again"


async def test_a_bureau_sees_its_own_and_a_person_only_to_answer(service: Households) -> None:
    road = await signed(service)
    await road.walk("ask")
    ours = await tickets(service, VEHICLE)
    assert {one["kind"] for one in ours} == {"vehicle"}
    first = ours[0]
    assert (first["case_id"], first["member_id"]) == (None, None)
    assert first["person"][1:].strip("*") == ""
    assert "**********" in first["id_number"]
    others = (await tickets(service, ["comparison.property"]))[0]["id"]
    for path, method in ((f"/comparison-tickets/{others}", "GET"), (f"/comparison-tickets/{others}/reveal", "POST")):
        assert (await service.call(method, path, *POLICE, feeds=VEHICLE)).status_code == 404
    assert await tickets(service, []) == []
    assert await tickets(service, ["education.absence"]) == []

    path = f"/comparison-tickets/{first['id']}"
    shown = await service.post(f"{path}/reveal", None, *POLICE, feeds=VEHICLE)
    assert shown.headers["cache-control"] == "no-store"
    assert shown.json()["name"] in ("张三", "李桂花")
    assert shown.json()["id_number"] in (id_number(2), id_number(3))
    done = await service.post(f"{path}/answer", {"answer": "exists"}, *POLICE, feeds=VEHICLE)
    assert (done.json()["state"], done.json()["answer_text"]) == ("answered", "存在")
    assert (done.json()["person"], done.json()["id_number"]) == ("*", None)
    gone = await service.post(f"{path}/reveal", None, *POLICE, feeds=VEHICLE)
    assert (gone.status_code, gone.json()["code"]) == (409, "comparison-closed")
    same = await service.post(f"{path}/answer", {"answer": "exists"}, *POLICE, feeds=VEHICLE)
    assert same.status_code == 200
    other = await service.post(f"{path}/answer", {"answer": "does_not_exist"}, *POLICE, feeds=VEHICLE)
    assert (other.status_code, other.json()["code"]) == (409, "comparison-closed")
    logged = await service.sql("SELECT action FROM audit_entry WHERE subject = :id ORDER BY id", id=first["id"])
    assert logged == [("comparison:reveal",), ("comparison:answer",)]
    words = await service.post(f"{path}/answer", {"answer": "有一辆货车"}, *POLICE, feeds=VEHICLE)
    assert words.status_code == 422, "yes or no, and nothing else"


async def test_what_exists_is_told_to_people_and_decides_nothing(service: Households) -> None:
    road = await signed(service)
    await road.walk("ask")
    await road.answer("exists")
    found = await service.get(f"{CASES}/{road.case_id}/comparison", "village", PINE)
    assert (found["open"], found["exist"], found["items"][0]["answer_text"]) == (0, 8, "存在")
    gate = await road.gate("monitored")
    assert "车辆：部门答复“存在”2 项，供评议参考" in gate["facts"]
    assert {"comparison-asked", "comparison-answered"} & await road.missing("monitored") == set()


async def test_the_gate_waits_for_bureaus_as_long_as_the_policy_says(service: Households) -> None:
    road = await signed(service)
    await road.walk("ask")
    assert "comparison-answered" in await road.missing("notice")
    assert await tickets(service, VEHICLE, "?overdue=true") == []
    await road.let_pass(6)
    assert "comparison-answered" not in await road.missing("notice")
    late = await tickets(service, VEHICLE, "?overdue=true")
    assert [one["overdue"] for one in late] == [True, True]
    county = await service.get("/comparison-tickets?overdue=true&limit=5", "county")
    rest = await service.get(f"/comparison-tickets?overdue=true&after={county['next']}", "county")
    assert len({one["id"] for one in county["items"] + rest["items"]}) == 8
    answered = await service.post(
        f"/comparison-tickets/{late[0]['id']}/answer", {"answer": "does_not_exist"}, *POLICE, feeds=VEHICLE
    )
    assert answered.status_code == 200, "late is better than never"


async def test_whom_and_what_may_be_asked(service: Households) -> None:
    child = {"name": "张小小", "id_number": id_number(9, "20180101"), "relation": "20"}
    case = await open_case(service, 1, members=[*two_people(1), child])
    case_id, household_id = case["id"], case["household"]["id"]
    members = {
        one["name"]: one["id"] for one in (await service.get(f"/households/{household_id}", "village", PINE))["members"]
    }
    signature = {"signer": "张三", "member_id": members["张三"], "signed_on": day(), "scan_sha256": "b" * 64}
    path = f"{CASES}/{case_id}"
    ahead = await service.post(f"{path}/authorisations", {**signature, "signed_on": day(-1)}, "village", PINE)
    assert (ahead.status_code, ahead.json()["code"]) == (422, "date-in-future")
    typed = await service.post(f"{path}/authorisations", {**signature, "signed_on": "0026-11-20"}, "village", PINE)
    assert (typed.status_code, typed.json()["errors"][0]["code"]) == (422, "date-too-early")
    made = await service.post(f"{path}/authorisations", signature, "village", PINE)
    assert (made.status_code, made.json()["signer"]) == (201, "张三")
    [seen] = await service.get(f"{path}/authorisations", "supervisor", COUNTY)
    assert (seen["signer"], seen["scan_sha256"]) == (None, "b" * 64)

    young = await service.post(f"{path}/comparison", {"member_ids": [members["张小小"]]}, "county")
    assert (young.status_code, young.json()["code"]) == (422, "comparison-person")
    one = await service.post(f"{path}/comparison", {"member_ids": [members["张三"]], "kinds": ["deposit"]}, "county")
    assert [(row["kind"], row["feed"]) for row in one.json()["items"]] == [("deposit", "comparison.deposit")]
    everybody = (await service.post(f"{path}/comparison", {}, "county")).json()["items"]
    assert members["张小小"] not in {row["member_id"] for row in everybody}
    wrong = await service.post(f"{path}/comparison", {"kinds": ["yacht"]}, "county")
    assert wrong.status_code == 422

    [other_id] = [(await open_case(service, 5, BAMBOO, members=[person(50)]))["household"]["id"]]
    [stranger] = (await service.get(f"/households/{other_id}", "county"))["members"]
    elsewhere = await service.post(f"{path}/comparison", {"member_ids": [stranger["id"]]}, "county")
    assert elsewhere.json()["code"] == "comparison-person"
    forged = await service.post(f"{path}/authorisations", {**signature, "member_id": stranger["id"]}, "village", PINE)
    assert forged.json()["code"] == "authorisation-signer"


async def test_taken_back_it_counts_as_not_asked(service: Households) -> None:
    road = await signed(service)
    await road.walk("ask")
    for ticket in await tickets(service, VEHICLE):
        answer = await service.post(f"/comparison-tickets/{ticket['id']}/withdrawal", None, "county")
        assert answer.json()["state"] == "withdrawn"
    assert "comparison-asked" in await road.missing("notice")
    again = (await service.post(f"{CASES}/{road.case_id}/comparison", {}, "township", STONE)).json()
    assert {one["kind"] for one in again["items"]} == {"vehicle"}


async def test_without_a_reason_nobody_is_asked(service: Households) -> None:
    road = await signed(service)
    await service.sql("UPDATE monitoring_case SET state = 'monitored'")
    answer = await service.post(f"{CASES}/{road.case_id}/comparison", {}, "county")
    assert (answer.status_code, answer.json()["code"]) == (409, "case-not-compared")


async def test_when_the_purpose_is_gone_the_question_is_gone(service: Households) -> None:
    road = await signed(service)
    await road.walk("ask")
    [first, second] = await tickets(service, VEHICLE)
    await service.post(f"/comparison-tickets/{first['id']}/answer", {"answer": "exists"}, *POLICE, feeds=VEHICLE)
    await service.sql("UPDATE monitoring_case SET state = 'dismissed'")
    assert [one["id"] for one in await tickets(service, VEHICLE)] == [first["id"]]
    late = await service.post(f"/comparison-tickets/{second['id']}/reveal", None, *POLICE, feeds=VEHICLE)
    assert late.status_code == 404


async def test_roles_and_areas(service: Households) -> None:
    road = await signed(service)
    path = f"{CASES}/{road.case_id}/comparison"
    assert (await service.post(path, {}, "village", PINE)).status_code == 403
    assert (await service.post(path, {}, "township", RIVER)).status_code == 404
    await road.walk("ask")
    [ticket, *_] = await tickets(service, list(FEEDS))
    one = f"/comparison-tickets/{ticket['id']}"
    assert (await service.post(f"{one}/reveal", None, "county")).status_code == 403
    assert (await service.post(f"{one}/answer", {"answer": "exists"}, "county")).status_code == 403
    assert (await service.call("GET", one, "township", RIVER)).status_code == 404
    assert (await service.call("GET", one, "bureau", RIVER, feeds=list(FEEDS))).status_code == 404
    assert (await service.call("GET", path, "bureau", feeds=list(FEEDS))).status_code == 403
    seen = await service.get(one, "supervisor", COUNTY)
    assert (seen["person"][1:].strip("*"), "**" in seen["id_number"]) == ("", True)
    key = await service.http.get(f"/households/v1{one}", headers={"X-API-Key": "sw_whatever"})
    assert key.status_code == 401, "department systems have no part in this"
