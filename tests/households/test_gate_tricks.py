"""Sequences by which somebody in a hurry might get round a gate: each step allowed by itself, the end refused."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.clock import local_date, utc_now
from tests.households.conftest import COUNTY, PINE, STONE, Households
from tests.households.monitoring import CASES, codes, evidence, minutes, move
from tests.households.road import ANY, Road, day

TO_NOTICE = Road.IDENTIFICATION[: Road.IDENTIFICATION.index("to_notice") + 1]
PUBLISHED = Road.IDENTIFICATION[: Road.IDENTIFICATION.index("end") + 1]
VILLAGE = ("village", PINE)


async def object_to(service: Households, road: Road) -> str:
    """Somebody objects."""
    body = {"case_id": road.case_id, "by": "刘七", "what": "该户有营运货车", "received_on": day()}
    answer = await service.post(f"/public-notices/{road.notice_id}/objections", body, *VILLAGE)
    return str(answer.json()["id"])


async def answer_to(service: Households, objection_id: str, decision: str = "rejected") -> int:
    """The township answers."""
    body = {"decision": decision, "reason": "经核，该车为他人所有"}
    answer = await service.post(f"/objections/{objection_id}/answer", body, "township", STONE, headers=ANY)
    return answer.status_code


async def test_an_objection_outlives_the_sheet_that_was_taken_back(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE, "draft", "post")
    objection_id = await object_to(service, road)
    gone = await service.post(f"/public-notices/{road.notice_id}/withdrawal", None, *VILLAGE, headers=ANY)
    assert gone.status_code == 200, gone.text
    await road.walk("draft", "post", "wait", "end")
    assert road.refused == []
    assert await road.missing("township_review") == {"objections"}
    assert await answer_to(service, objection_id) == 200
    assert await road.missing("township_review") == set()


async def test_an_objection_outlives_a_case_that_goes_back(service: Households) -> None:
    road = await (await Road(service).open()).walk(*PUBLISHED)
    objection_id = await object_to(service, road)
    assert (await move(service, road.case_id, "visit_check", "village")).status_code == 200
    again = [step for step in PUBLISHED if step not in ("to_visit_check", "authorise", "ask", "answer", "settle")]
    visited = {"id": str(uuid4()), "visited_at": utc_now().isoformat()}
    assert (await service.post(f"/households/{road.household_id}/visits", visited, *VILLAGE)).status_code == 201
    await road.walk(*again, skip={"visit"})
    assert await road.state() == "notice"
    assert await road.missing("township_review") == {"objections"}
    assert await answer_to(service, objection_id) == 200
    assert await road.missing("township_review") == set()


async def test_upheld_on_a_sheet_that_counts_no_more_it_still_sends_the_case_back(service: Households) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE, "draft", "post")
    objection_id = await object_to(service, road)
    await service.post(f"/public-notices/{road.notice_id}/withdrawal", None, *VILLAGE, headers=ANY)
    await road.walk("draft", "post", "wait", "end")
    assert await answer_to(service, objection_id, "upheld") == 200
    assert await road.state() == "visit_check"
    [(live,)] = await service.sql("SELECT count(*) FROM notice_entry WHERE void_at IS NULL")
    assert live == 0


async def put(service: Households, road: Road, part: str, body: dict[str, object], *who: str) -> tuple[int, str]:
    answer = await service.call("PUT", f"{CASES}/{road.case_id}/{part}", *(who or VILLAGE), json=body, headers=ANY)
    return answer.status_code, answer.json().get("code", "")


async def test_no_risk_is_dropped_because_nothing_was_done_about_it(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    more = {"main": "01", "risks": ["01", "0299"]}
    assert await put(service, road, "risks", more) == (200, "")
    for level, area in (VILLAGE, ("township", STONE)):
        fewer = {"main": "01", "risks": ["01"]}
        assert await put(service, road, "risks", fewer, level, area) == (403, "case-risk-stays")
    named = {"main": "01", "risks": ["01", "0201"]}
    assert await put(service, road, "risks", named) == (200, ""), "which disaster it was may be said later"
    assert (await put(service, road, "risks", {"main": "01", "risks": ["01"]}, "county", COUNTY))[0] == 422


async def test_a_risk_the_county_drops_leaves_its_reason_and_moves_nothing(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:2])
    assert await put(service, road, "risks", {"main": "01", "risks": ["01", "0299"]}) == (200, "")
    assert await road.missing("elimination_deliberation") == {"measure-delivered"}
    why = {"main": "01", "risks": ["01"], "reason": "核实为邻户受灾"}
    assert await put(service, road, "risks", why, "county", COUNTY) == (200, "")
    assert await road.missing("elimination_deliberation") == set(), "its check and its visit still count"
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    last = case["moves"][-1]
    assert (last["from_state"], last["to_state"], last["note"]) == (
        "elimination_check",
        "elimination_check",
        why["reason"],
    )
    told = {"from": ["01", "0299"], "to": ["01"]}
    assert last["evidence"] == {"risks": told}
    [(kept,)] = await service.sql(
        "SELECT detail FROM audit_entry WHERE action = 'case:write' AND detail ? 'risks_to' ORDER BY id DESC LIMIT 1"
    )
    assert {"from": kept["risks_from"], "to": kept["risks_to"]} == told
    [(plain,)] = await service.sql("SELECT count(*) FROM case_move WHERE evidence::text LIKE '%邻户%'")
    assert plain == 0


async def test_what_was_published_is_what_is_decided(service: Households) -> None:
    road = await (await Road(service).open()).walk(*PUBLISHED)
    assert await put(service, road, "class", {"class": "sudden"}) == (409, "case-class-published")
    assert await put(service, road, "class", {"class": "edge"}) == (200, ""), "the same again is no change"
    assert (await move(service, road.case_id, "visit_check", "village")).status_code == 200
    assert await put(service, road, "class", {"class": "sudden"}) == (200, ""), "sent back, it is published anew"


async def test_a_visit_of_long_ago_is_none(service: Households) -> None:
    road = await (await Road(service).open()).walk("visit")
    await service.sql("UPDATE visit SET visited_at = visited_at - make_interval(days => 400)")
    [(visit_id,)] = await service.sql("SELECT id::text FROM visit")
    assert (await move(service, road.case_id, "visit_check", "village")).status_code == 200
    told = evidence(visit_id=visit_id)
    await move(service, road.case_id, "comparison", "village", evidence=told)
    assert "visit" in await road.missing("notice")


@pytest.mark.parametrize("said", ["kind = 'no_change'", "second_needed = true"])
async def test_what_no_gate_counts_as_a_visit_is_refused_when_it_is_brought(service: Households, said: str) -> None:
    road = await (await Road(service).open()).walk("to_visit_check", "visit")
    await service.sql(f"UPDATE visit SET {said}")
    [(visit_id,)] = await service.sql("SELECT id::text FROM visit")
    told = evidence(visit_id=visit_id)
    refused = await move(service, road.case_id, "comparison", "village", evidence=told)
    assert (refused.status_code, refused.json()["code"]) == (422, "visit-not-counted")
    await service.sql("UPDATE visit SET kind = 'visit', second_by = gen_random_uuid(), second_at = now()")
    assert (await move(service, road.case_id, "comparison", "village", evidence=told)).status_code == 200


async def test_everybody_old_enough_is_asked_after(service: Households) -> None:
    road = await (await Road(service).open()).walk("to_visit_check", "visit", "authorise", "to_comparison")
    [(first,), (second,)] = await service.sql("SELECT id::text FROM member ORDER BY id")
    asked = await service.post(f"{CASES}/{road.case_id}/comparison", {"member_ids": [first]}, "county", COUNTY)
    assert asked.status_code == 201
    await road.walk("answer", "to_deliberation", "settle")
    assert await road.missing("notice") == {"comparison-asked"}
    await service.post(f"{CASES}/{road.case_id}/comparison", {"member_ids": [second]}, "county", COUNTY)
    await road.walk("answer")
    assert await road.missing("notice") == set()


@pytest.mark.parametrize(("back", "state"), [(30, "deliberation"), (0, "notice")])
async def test_a_vote_of_before_the_case_came_to_it_is_none(service: Households, back: int, state: str) -> None:
    road = await (await Road(service).open()).walk(*TO_NOTICE[:-1])
    held = evidence(minutes=minutes(held_on=day(back)))
    answer = await move(service, road.case_id, "notice", "village", evidence=held)
    assert await road.state() == state
    assert (codes(answer) == ["case-vote-early"]) == (state == "deliberation")


async def test_a_day_in_the_past_opens_no_gate_that_is_shut_today(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:-1])
    assert await road.state() == "elimination_county"
    await service.sql("UPDATE monitoring_case SET state_since = state_since - 90, identified_on = identified_on - 90")
    await service.sql("UPDATE elimination_check SET checked_on = checked_on - 90")
    await service.sql("UPDATE public_notice SET started_on = started_on - 90, ended_on = ended_on - 90")
    await service.sql("UPDATE measure SET delivered_on = delivered_on - 90, planned_on = planned_on - 90")
    await service.sql("UPDATE case_move SET at = at - make_interval(days => 90)")
    await service.sql("UPDATE visit SET visited_at = visited_at - make_interval(days => 90)")
    then = (local_date(utc_now()) - timedelta(days=85)).isoformat()
    answer = await move(service, road.case_id, "eliminated", "county", at=then, evidence={})
    assert answer.status_code == 409
    assert "unmet-elimination-check" in codes(answer)


async def test_a_day_that_is_said_is_no_visit_before_the_risk_is_called_gone(service: Households) -> None:
    to_check = [step for step in Road.ELIMINATION if step in ("check", "to_elimination_deliberation")]
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *to_check)
    [(step, refused)] = road.refused
    assert (step, codes(refused)) == ("to_elimination_deliberation", ["unmet-visit"])
    await road.walk("look_again", "to_elimination_deliberation")
    assert await road.state() == "elimination_deliberation"
    back = await move(service, road.case_id, "observation", "village", evidence=evidence(minutes=minutes(1, 30)))
    assert back.status_code == 200, back.text
    await road.walk("to_elimination_check", "check", "to_elimination_deliberation")
    assert await road.state() == "elimination_check", "what was seen before it went back counts no more"


@pytest.mark.parametrize("field", ["safe_housing", "safe_water", "schooling_met", "medical_met"])
async def test_what_was_made_true_for_the_day_of_the_gate_is_not_in_order(service: Households, field: str) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:2])
    assert await road.missing("elimination_deliberation") == set()
    for value in (False, True):
        path = f"/households/{road.household_id}"
        answer = await service.call("PATCH", path, "county", COUNTY, json={field: value}, headers=ANY)
        assert answer.status_code == 200, answer.text
    assert await road.missing("elimination_deliberation") == {"assured-held"}
    await road.let_pass(29)
    assert await road.missing("elimination_deliberation") == {"assured-held"}
    await road.let_pass(1)
    assert await road.missing("elimination_deliberation") == set()


async def test_a_house_that_was_mended_yesterday_is_not_safe_for_good(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:2])
    for level, missing in (("D", {"dwelling"}), ("B", {"assured-held"}), ("A", {"assured-held"})):
        body = {"dwelling_level": level}
        path = f"/households/{road.household_id}"
        assert (await service.call("PATCH", path, "county", COUNTY, json=body, headers=ANY)).status_code == 200
        assert missing <= await road.missing("elimination_deliberation")


async def test_a_check_of_before_the_case_was_sent_back_is_none(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:2])
    assert await road.missing("elimination_deliberation") == set()
    assert (await move(service, road.case_id, "observation", "village")).status_code == 200
    await road.walk("to_elimination_check", "look_again")
    assert "elimination-check" in await road.missing("elimination_deliberation")
    await road.walk("check")
    assert await road.missing("elimination_deliberation") == set()


async def test_an_elimination_that_was_withdrawn_is_earned_anew(service: Households) -> None:
    walked = (*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION)
    road = await (await Road(service).open()).walk(*walked)
    assert (await move(service, road.case_id, "monitored", "county")).status_code == 200
    assert "measure-planned" in await road.missing("planned"), "what did not help is no plan"
    await road.walk("plan", "to_planned", "to_observation")
    assert await road.state() == "planned", "nothing came since"
    await road.walk("deliver", "to_observation")
    assert await road.missing("elimination_check") == {"months"}
    await road.let_pass(170)
    assert await road.missing("elimination_check") == {"months"}
    await road.let_pass(20)
    assert await road.missing("elimination_check") == set()
