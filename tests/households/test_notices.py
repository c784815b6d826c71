"""Public notices and objections: once, in the village, really hung, and nothing on it that the law keeps back."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx

from shared.clock import utc_now
from tests.households.conftest import BAMBOO, BRIDGE, COUNTY, PINE, RIVER, STONE, Households, id_number, person
from tests.households.gate_facts import satisfy
from tests.households.monitoring import CASES, move, open_case, settle
from tests.households.road import ANY, Road, day

TO_NOTICE = Road.IDENTIFICATION[: Road.IDENTIFICATION.index("to_notice") + 1]
VILLAGE = ("village", PINE)


async def at_notice(service: Households, number: int = 1, area: str = PINE, **more: Any) -> str:
    """A case that has come to be published."""
    case_id: str = (await open_case(service, number, area, **more))["id"]
    await settle(service, case_id)
    await satisfy(service, case_id, "notice")
    await service.sql("UPDATE monitoring_case SET state = 'notice' WHERE id = CAST(:id AS uuid)", id=case_id)
    return case_id


async def draft(
    service: Households, case_ids: Sequence[str], who: tuple[str, str] = VILLAGE, kind: str = "identification"
) -> httpx.Response:
    return await service.post("/public-notices", {"kind": kind, "case_ids": list(case_ids)}, *who)


async def post(service: Households, notice_id: str, on: str) -> httpx.Response:
    body = {"started_on": on, "place": "村委会公告栏", "put_up_by": "王五"}
    return await service.post(f"/public-notices/{notice_id}/posting", body, *VILLAGE, headers=ANY)


async def end(service: Households, notice_id: str, on: str) -> httpx.Response:
    body = {"ended_on": on, "taken_down_by": "王五", "photo_sha256": "a" * 64}
    return await service.post(f"/public-notices/{notice_id}/ending", body, *VILLAGE, headers=ANY)


async def backdate(service: Households, days: int) -> None:
    await service.sql(
        """UPDATE public_notice SET started_on = started_on - CAST(:days AS integer),
        drafted_at = drafted_at - make_interval(days => CAST(:days AS integer))""",
        days=days,
    )


async def test_nothing_that_the_law_keeps_back_stands_on_it(service: Households) -> None:
    members = [
        person(1, "张三", health=["serious", "disabled"], phone="15400000017", labour_skill="lost"),
        person(2, "李桂花", "12", health=["chronic"], phone="15400000018"),
        {"name": "张小小", "id_number": id_number(3, "20180101"), "relation": "20", "school_stage": "primary"},
    ]
    case_id = await at_notice(
        service, members=members, address="松林村上寨12号", natural_village="上寨", phone="15400000019"
    )
    notice = (await draft(service, [case_id])).json()
    text = (await service.call("GET", f"/public-notices/{notice['id']}/text", *VILLAGE)).text
    page = (await service.call("GET", f"/public-notices/{notice['id']}/sheet", *VILLAGE)).text
    for shown in (text, page, notice["text"]):
        assert "张三" in shown
        assert "上寨" in shown
        assert "边缘易致贫户" in shown
        assert "松林村" in shown
        kept = [
            *(id_number(1), id_number(2), id_number(3, "20180101"), "15400000017", "15400000018", "15400000019"),
            *("李桂花", "张小小", "12号", "因病", "大病", "残疾", "慢性", "丧失劳动力", "小学", f"{PINE}0001", case_id),
        ]
        assert [value for value in kept if value in shown] == []
    assert page.startswith("<!DOCTYPE html>")


async def test_a_child_that_is_head_is_named_by_surname_and_names_are_no_markup(service: Households) -> None:
    child = {"name": "王小明", "id_number": id_number(5, "20160101"), "relation": "02"}
    first = await at_notice(service, 1, members=[child])
    second = await at_notice(service, 2, members=[person(9, "<b>张")])
    notice = (await draft(service, [first, second])).json()
    page = (await service.call("GET", f"/public-notices/{notice['id']}/sheet", *VILLAGE)).text
    assert "王**" in page
    assert "王小明" not in page
    assert "&lt;b&gt;张" in page
    assert "<b>" not in page


async def test_put_up_and_taken_down_after_its_days(service: Households) -> None:
    notice = (await draft(service, [await at_notice(service)])).json()
    assert (notice["state"], notice["min_days"]) == ("drafted", 5)
    too_soon = await end(service, notice["id"], day())
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "notice-not-posted")
    assert (await post(service, notice["id"], day(-1))).json()["code"] == "date-in-future"
    assert (await post(service, notice["id"], day(1))).json()["code"] == "notice-told-late", "before it was written"
    posted = (await post(service, notice["id"], day())).json()
    assert (posted["state"], posted["may_end_on"], posted["put_up_by"]) == ("posted", day(-5), "王五")
    early = await end(service, notice["id"], day())
    assert (early.status_code, early.json()["code"]) == (409, "notice-too-short")
    await backdate(service, 4)
    assert (await end(service, notice["id"], day())).json()["code"] == "notice-too-short"
    await backdate(service, 1)
    ended = (await end(service, notice["id"], day())).json()
    assert (ended["state"], ended["ended_on"], ended["ended_photo"]) == ("ended", day(), "a" * 64)
    assert (
        await service.post(f"/public-notices/{notice['id']}/withdrawal", None, *VILLAGE, headers=ANY)
    ).status_code == 409


async def test_what_nobody_took_down_is_void_and_is_published_anew(service: Households) -> None:
    case_id = await at_notice(service)
    notice = (await draft(service, [case_id])).json()
    await post(service, notice["id"], day())
    twice = await draft(service, [case_id])
    assert (twice.status_code, twice.json()["code"]) == (409, "case-published-already")
    await backdate(service, 31)
    assert (await service.get(f"/public-notices/{notice['id']}", *VILLAGE))["state"] == "expired"
    assert (await end(service, notice["id"], day())).json()["code"] == "notice-expired"
    again = (await draft(service, [case_id])).json()
    old = await service.get(f"/public-notices/{notice['id']}", *VILLAGE)
    assert ([one["void"] for one in old["entries"]], [one["void"] for one in again["entries"]]) == ([True], [False])


async def test_taken_back_it_counts_for_nobody(service: Households) -> None:
    case_id = await at_notice(service)
    notice = (await draft(service, [case_id])).json()
    gone = await service.post(f"/public-notices/{notice['id']}/withdrawal", None, *VILLAGE, headers=ANY)
    assert (gone.json()["state"], gone.json()["entries"][0]["void"]) == ("withdrawn", True)
    assert (await draft(service, [case_id])).status_code == 201


async def test_one_village_one_sheet(service: Households) -> None:
    here, there = await at_notice(service, 1), await at_notice(service, 2, BAMBOO, members=[person(7)])
    both = await draft(service, [here, there], ("township", STONE))
    assert (both.status_code, both.json()["code"]) == (422, "case-in-another-village")
    assert (await draft(service, [there])).status_code == 404, "another village's"
    clue = (await open_case(service, 3, members=[person(8)]))["id"]
    assert (await draft(service, [clue])).json()["code"] == "case-not-at-notice"
    assert (await draft(service, [here], kind="elimination")).json()["code"] == "case-not-at-notice"


async def conditions(service: Households, case_id: str, to: str, *who: str) -> list[tuple[str, bool]]:
    gate = await service.get(f"{CASES}/{case_id}/gate?to={to}", *who)
    return [(one["code"], one["met"]) for one in gate["conditions"]]


async def move_to(service: Households, household_id: str, area: str) -> None:
    moved = await service.call("PATCH", f"/households/{household_id}", json={"area_code": area}, headers=ANY)
    assert moved.status_code == 200, moved.text


async def test_a_notice_of_the_village_before_counts_no_more(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE, "draft", "post", "wait", "end")
    assert road.refused == []
    await move_to(service, road.household_id, BAMBOO)
    for who in (("county", COUNTY), ("village", BAMBOO)):
        found = dict(await conditions(service, road.case_id, "township_review", *who))
        assert not found["notice"], who
    assert (await draft(service, [road.case_id], ("village", BAMBOO))).status_code == 201


async def test_a_gate_says_the_same_whoever_asks(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    assert (road.refused, await road.state()) == ([], "monitored")
    await move_to(service, road.household_id, BAMBOO)
    county = await conditions(service, road.case_id, "monitored", "county", COUNTY)
    assert dict(county)["notice"], "the county had decided by it"
    assert await conditions(service, road.case_id, "monitored", "village", BAMBOO) == county
    elsewhere = await service.call("GET", f"/public-notices/{road.notice_id}", "village", BAMBOO)
    assert elsewhere.status_code == 404, "who saw a gate sees no other village's sheet"


async def objected(service: Households, notice_id: str, case_id: str, **more: Any) -> httpx.Response:
    body = {"case_id": case_id, "by": "刘七", "what": "该户有营运货车", "received_on": day(), **more}
    return await service.post(f"/public-notices/{notice_id}/objections", body, *VILLAGE)


async def test_an_objection_holds_the_case_until_it_is_answered(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE, "draft", "post", "wait", "end")
    first = (await objected(service, road.notice_id, road.case_id)).json()
    assert first["state"] == "open"
    assert await road.missing("township_review") == {"objections"}
    by_village = await service.post(
        f"/objections/{first['id']}/answer", {"decision": "rejected", "reason": "x"}, *VILLAGE
    )
    assert by_village.status_code == 403, "nobody judges an objection to his own list"
    body = {"decision": "rejected", "reason": "经核，该车为他人所有"}
    answered = await service.post(f"/objections/{first['id']}/answer", body, "township", STONE, headers=ANY)
    assert (answered.json()["state"], answered.json()["answered_on"]) == ("rejected", day())
    assert await road.missing("township_review") == set()
    again = await service.post(f"/objections/{first['id']}/answer", body, "township", STONE, headers=ANY)
    assert (again.status_code, again.json()["code"]) == (409, "objection-answered")
    [seen] = await service.get(f"/public-notices/{road.notice_id}/objections", "supervisor", COUNTY)
    assert (seen["by"], seen["what"], seen["reason"], seen["state"]) == (None, None, None, "rejected")
    [row] = await service.sql("SELECT sealed, reason_sealed FROM objection")
    assert "货车".encode() not in b"".join(row)


async def test_upheld_it_sends_the_case_back_and_everything_is_done_anew(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE, "draft", "post", "wait", "end")
    ids = [(await objected(service, road.notice_id, road.case_id)).json()["id"] for _ in range(2)]
    body = {"decision": "upheld", "reason": "属实"}
    for objection_id in ids:  # the second changes nothing more
        answer = await service.post(f"/objections/{objection_id}/answer", body, "township", STONE, headers=ANY)
        assert (answer.status_code, answer.json()["state"]) == (200, "upheld"), answer.text
    assert await road.state() == "visit_check"
    moves = await service.sql("SELECT from_state, to_state FROM case_move ORDER BY id DESC LIMIT 1")
    assert moves == [("notice", "visit_check")]
    assert {"visit", "votes", "notice"} <= await road.missing("monitored")
    late = await objected(service, road.notice_id, road.case_id)
    assert (late.status_code, late.json()["code"]) == (409, "objection-too-late")


async def test_an_objection_is_to_somebody_on_the_notice_while_it_hangs(service: Households) -> None:
    here, other = await at_notice(service, 1), await at_notice(service, 2, members=[person(7)])
    notice = (await draft(service, [here])).json()
    assert (await objected(service, notice["id"], here)).json()["code"] == "notice-not-posted"
    await post(service, notice["id"], day())
    assert (await objected(service, notice["id"], other)).json()["code"] == "case-not-on-notice"
    assert (await objected(service, notice["id"], here, received_on=day(1))).json()["code"] == "objection-day"
    nameless = await objected(service, notice["id"], here, by=None)
    assert (nameless.status_code, nameless.json()["by"]) == (201, None)


async def test_notices_of_others_and_for_those_who_look_on(service: Households) -> None:
    notice = (await draft(service, [await at_notice(service)])).json()
    path = f"/public-notices/{notice['id']}"
    for role, area in (("village", BRIDGE), ("township", RIVER)):
        for one in (path, f"{path}/text", f"{path}/objections"):
            assert (await service.call("GET", one, role, area)).status_code == 404
        assert (await service.get("/public-notices", role, area))["items"] == []
    seen = await service.get(path, "supervisor", COUNTY)
    assert (seen["text"], seen["place"], seen["state"]) == (None, None, "drafted")
    assert (await service.call("GET", f"{path}/text", "supervisor")).status_code == 403
    assert [one["id"] for one in (await service.get("/public-notices?kind=identification", *VILLAGE))["items"]] == [
        notice["id"]
    ]
    assert (
        await service.post("/public-notices", {"kind": "identification", "case_ids": []}, *VILLAGE)
    ).status_code == 422


async def test_the_move_needs_the_notice_not_the_days_alone(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE)
    await road.let_pass(9)
    refused = await move(service, road.case_id, "township_review", "village")
    assert [one["code"] for one in refused.json()["errors"]] == ["unmet-notice"]
    assert (await service.get(f"{CASES}/{road.case_id}"))["state"] == "notice"


async def test_sent_back_and_there_again_on_one_day_an_old_draft_is_in_nobodys_way(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE, "draft")
    old = road.notice_id
    assert (await draft(service, [road.case_id])).json()["code"] == "case-published-already"
    assert (await move(service, road.case_id, "visit_check", "village")).status_code == 200
    await road.walk("visit", "to_comparison", "to_deliberation", "to_notice", "draft", "post", "wait", "end")
    assert road.refused == []
    assert (await service.get(f"/public-notices/{old}"))["state"] == "withdrawn"
    assert (await post(service, old, day())).json()["code"] == "notice-not-drafted"
    assert await road.missing("township_review") == set()


async def test_a_sheet_that_hangs_stays_for_those_who_are_still_on_it(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE)
    other = await (await Road(service, 2).open()).walk(*TO_NOTICE)
    both = (await draft(service, [road.case_id, other.case_id])).json()["id"]
    assert (await post(service, both, day())).status_code == 200
    assert (await move(service, road.case_id, "visit_check", "village")).status_code == 200
    look_again = {"id": str(uuid4()), "visited_at": utc_now().isoformat()}
    await service.post(f"/households/{road.household_id}/visits", look_again, *VILLAGE)
    await road.walk("to_comparison", "to_deliberation", "to_notice", "draft")
    assert road.refused == []
    assert (await service.get(f"/public-notices/{both}"))["state"] == "posted"
    assert (await draft(service, [other.case_id])).json()["code"] == "case-published-already"
