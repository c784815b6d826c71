"""National cases over HTTP: opened, moved, refused, shown."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.clock import local_date, utc_now
from shared.contracts.monitoring import CaseMoved, CaseOpened
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    STONE,
    Households,
    household,
    person,
    policy_id,
)
from tests.households.gate_facts import satisfy
from tests.households.income import with_policies
from tests.households.monitoring import (
    CASES,
    ELIMINATED,
    IDENTIFIED,
    NOTE,
    before,
    codes,
    evidence,
    minutes,
    move,
    open_case,
    pass_days,
    settle,
    walk,
)

CONFIRMED = {"verdict": "risk_confirmed", "reason": "住院自付高"}


async def confirm(service: Households, who: int = 1, feed: str = "medical.cost") -> str:
    """An alert on somebody, and the village confirms the risk; the task's case of alerts."""
    await service.deliver(service.alert(who, feed=feed))
    [task] = [one for one in (await service.get("/tasks", "village", PINE))["items"] if feed in one["feeds"]]
    answer = await service.post(f"/tasks/{task['id']}/verdict", CONFIRMED, "village", PINE)
    assert answer.status_code == 201, answer.text
    check: str = task["case_id"]
    return check


async def only_case(service: Households) -> Any:
    """The one case there is, with its history."""
    [listed] = (await service.get(CASES))["items"]
    return await service.get(f"{CASES}/{listed['id']}")


async def shown(service: Households) -> tuple[Any, ...]:
    """What the household's row says of it."""
    [row] = await service.sql("SELECT monitoring_state, monitoring_class, main_risk, risks FROM household")
    return tuple(row)


async def test_a_confirmed_risk_opens_the_case_and_the_next_one_stands_behind_it(service: Households) -> None:
    [household_id] = await service.register(household(1))
    first = await confirm(service)
    case = await only_case(service)
    assert (case["state"], case["source"], case["main_risk"], case["round"]) == ("clue", "bureau", "01", 1)
    assert (case["source_text"], case["elimination_way_text"]) == ("部门筛查预警", None)
    assert case["household"]["id"] == household_id
    [opened] = await service.told(CaseOpened)
    assert (str(opened.case_id), str(opened.household_id), opened.area_code) == (case["id"], household_id, PINE)
    assert await shown(service) == (None, None, "01", ["01"])

    second = await confirm(service, feed="education.absence")
    case = await only_case(service)
    assert [one["code"] for one in case["risks"]] == ["01", "09"]
    assert [one["risk_case_id"] for one in case["evidence"]] == [first, second]
    assert len(await service.told(CaseOpened)) == 1
    assert await shown(service) == (None, None, "01", ["01", "09"])


@pytest.mark.parametrize("verdict", ["no_risk", "already_helped", "moved_away"])
async def test_another_verdict_opens_nothing(service: Households, verdict: str) -> None:
    await service.register(household(1))
    await service.deliver(service.alert(1))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    answer = await service.post(f"/tasks/{task['id']}/verdict", {**CONFIRMED, "verdict": verdict}, "village", PINE)
    assert answer.status_code == 201
    assert (await service.get(CASES))["items"] == []


async def test_an_unknown_household_has_no_case(service: Households) -> None:
    await service.deliver(service.alert(77))
    [task] = (await service.get("/tasks", "township", RIVER))["items"]
    assert (await service.post(f"/tasks/{task['id']}/verdict", CONFIRMED, "township", RIVER)).status_code == 201
    assert (await service.get(CASES))["items"] == []


async def test_without_clocks_in_force_a_verdict_is_still_given_and_no_move_is_made(service: Households) -> None:
    await service.register(household(1))
    await service.sql("DELETE FROM policy WHERE kind = 'case-clocks'")
    await confirm(service)
    case = await only_case(service)
    assert case["due"] is None
    refused = await move(service, case["id"], "visit_check", "village")
    assert (refused.status_code, refused.json()["code"]) == (409, "policy-missing")


async def test_one_active_case_a_household(service: Households) -> None:
    case = await open_case(service)
    body = {"household_id": case["household"]["id"], "source": "patrol", "note": "走访发现"}
    again = await service.post(CASES, body, "village", PINE)
    assert (again.status_code, again.json()["code"]) == (409, "case-active")
    assert (await service.post(CASES, body, "village", BRIDGE)).status_code == 404
    assert (await service.post(CASES, {**body, "household_id": str(uuid4())})).status_code == 404
    assert (await move(service, case["id"], "dismissed", "township")).status_code == 200
    assert (await service.post(CASES, body, "village", PINE)).status_code == 201, "the first one is over"


async def test_opened_twice_at_once_it_is_one(service: Households) -> None:
    [household_id] = await service.register(household(1))
    body = {"household_id": household_id, "source": "patrol", "note": "走访发现"}
    answers = await asyncio.gather(*(service.post(CASES, body, "village", PINE) for _ in range(6)))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 5


async def test_the_whole_road(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    monitored = await walk(service, case_id, IDENTIFIED)
    assert (monitored["identified_on"], monitored["holder"]["level"]) == (before(0), "township")
    assert monitored["due"]["clock"] == "state"
    assert await shown(service) == ("monitored", "edge", "01", ["01"])
    gone = await walk(service, case_id, ELIMINATED)
    assert (gone["eliminated_on"], gone["elimination_way"]) == (before(0), "helped")
    assert await shown(service) == ("eliminated", "edge", "01", ["01"])
    tracked = (await move(service, case_id, "tracking", "village")).json()
    assert (tracked["due"], tracked["holder"]["level"]) == (None, "village")

    lines = tracked["moves"]
    assert [line["to_state"] for line in lines] == [
        "clue",
        *(to for to, _, _ in (*IDENTIFIED, *ELIMINATED)),
        "tracking",
    ]
    assert {line["policy_id"] for line in lines} == {str(policy_id("case-clocks"))}
    vote = next(line for line in lines if line["to_state"] == "notice")
    assert vote["evidence"]["minutes"]["votes_for"] == 30
    assert (vote["minutes"], vote["note"]) == ("张三家住院，同意纳入", NOTE)
    assert lines[-1]["contact"] == "李四 15400000017"
    told = await service.told(CaseMoved)
    assert [one.to_state for one in told] == [line["to_state"] for line in lines[1:]]
    assert "张三" not in str(await service.sql("SELECT value FROM outbox WHERE topic = 'households.case'"))
    assert "张三" not in str(await service.sql("SELECT evidence, note_sealed, minutes_sealed FROM case_move"))


async def test_the_bureaus_may_answer_while_the_village_is_visiting(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await move(service, case_id, "visit_check", "village")
    only_visited = await move(
        service, case_id, "deliberation", "township", evidence={"visited_on": before(0), "signed_on": before(0)}
    )
    assert (only_visited.status_code, codes(only_visited)) == (422, ["case-needs-comparison"])
    assert (await move(service, case_id, "deliberation", "township")).json()["state"] == "deliberation"


@pytest.mark.parametrize(
    ("level", "to", "status", "code"),
    [
        ("village", "monitored", 409, "case-move-illegal"),
        ("county", "eliminated", 409, "case-move-illegal"),
        ("village", "dismissed", 403, "case-move-not-yours"),
        ("county", "visit_check", 403, "case-move-not-yours"),
        ("supervisor", "visit_check", 403, "role-not-permitted"),
        ("bureau", "visit_check", 403, "role-not-permitted"),
        ("admin", "visit_check", 403, "role-not-permitted"),
    ],
)
async def test_who_may_not(service: Households, level: str, to: str, status: int, code: str) -> None:
    case_id = (await open_case(service))["id"]
    area = {"village": PINE}.get(level, COUNTY)
    answer = await move(service, case_id, to, level, area)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await service.get(f"{CASES}/{case_id}"))["state"] == "clue"


async def test_another_village_sees_and_moves_nothing(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    for level, area in (("village", BAMBOO), ("village", BRIDGE), ("township", RIVER)):
        assert (await service.get(CASES, level, area))["items"] == []
        for method, path in (("GET", ""), ("GET", "/moves"), ("POST", "/resumption")):
            if method == "POST" and level == "village":
                continue
            answer = await service.call(method, f"{CASES}/{case_id}{path}", level, area)
            assert answer.status_code == 404, path
        assert (await move(service, case_id, "visit_check", level, area)).status_code == 404


async def test_a_supervisor_reads_masked_and_without_words(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await move(service, case_id, "visit_check", "village")
    seen = await service.get(f"{CASES}/{case_id}", "supervisor", COUNTY)
    assert seen["household"]["head_name"] == "张*"
    assert [line["note"] for line in seen["moves"]] == [None, None]
    own = await service.get(f"{CASES}/{case_id}", "village", PINE)
    assert own["household"]["head_name"] == "张三"
    assert [line["note"] for line in own["moves"]] == ["主动申报", NOTE]


async def test_everything_that_is_not_met_is_told_at_once_and_in_words(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED[:-1])
    await service.sql("UPDATE monitoring_case SET class = NULL, risks = '{}', main_risk = NULL")
    refused = await move(service, case_id, "monitored", "county")
    assert (refused.status_code, refused.json()["code"]) == (409, "gate-not-met")
    assert codes(refused) == ["unmet-class", "unmet-main-risk"]
    ahead = {one["to"]: one for one in await service.get(f"{CASES}/{case_id}/moves")}
    assert [one["code"] for one in ahead["monitored"]["unmet"]] == codes(refused)
    assert ahead["monitored"]["unmet"][0]["text"] == "尚未确定监测对象类别"
    assert (ahead["monitored"]["yours"], ahead["monitored"]["by"]) == (True, ["county"])
    assert (ahead["visit_check"]["needs"], ahead["visit_check"]["road"]) == (["note"], "back")
    assert ahead["dismissed"]["needs_text"] == ["须说明情况或理由"]


async def test_a_notice_stands_for_its_days(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED[:4])
    await pass_days(service, case_id, 4)
    refused = await move(service, case_id, "township_review", "village")
    assert (refused.status_code, codes(refused)) == (409, ["unmet-notice"])
    assert "5 天" in refused.json()["errors"][0]["message"]
    upheld = await move(service, case_id, "visit_check", "village")
    assert upheld.json()["state"] == "visit_check", "an objection that is upheld need not wait"


async def test_half_a_year_must_have_passed(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, (*IDENTIFIED, *ELIMINATED[:2]))
    await pass_days(service, case_id, 100)
    await satisfy(service, case_id, "elimination_check")
    refused = await move(service, case_id, "elimination_check", "village")
    assert (refused.status_code, codes(refused)) == (409, ["unmet-months"])
    dated = await move(service, case_id, "elimination_check", "village", at=before(101))
    assert dated.status_code == 422, "no move is dated before the last one"


async def test_sent_back_with_a_reason(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED[:5])
    silent = await move(service, case_id, "visit_check", "township", note=None)
    assert (silent.status_code, codes(silent)) == (422, ["case-needs-note"])
    back = await move(service, case_id, "visit_check", "township")
    assert (back.json()["state"], back.json()["holder"]["level"]) == ("visit_check", "village")


async def test_a_vote_that_was_lost_ends_it(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED[:3])
    lost = evidence(minutes=minutes(5, 30))
    assert codes(await move(service, case_id, "notice", "village", evidence=lost)) == ["case-needs-vote-for"]
    many = await move(service, case_id, "notice", "village", evidence=evidence(minutes=minutes(40, 1)))
    assert (many.status_code, codes(many)) == (422, ["case-too-many-votes"])
    assert (await move(service, case_id, "dismissed", "village", evidence=lost)).json()["state"] == "dismissed"
    assert (await service.get(f"{CASES}/{case_id}/moves")) == []


async def test_a_visit_must_be_one_to_the_household(service: Households) -> None:
    await service.register(household(1))
    await service.deliver(service.alert(1))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    visit = {"id": str(uuid4()), "visited_at": utc_now().isoformat()}
    assert (await service.post(f"/tasks/{task['id']}/visits", visit, "village", PINE)).status_code == 201
    await service.post(f"/tasks/{task['id']}/verdict", CONFIRMED, "village", PINE)
    mine, other = (await only_case(service))["id"], (await open_case(service, 2, PINE))["id"]
    for case_id, status in ((other, 422), (mine, 200)):
        await move(service, case_id, "visit_check", "village")
        brought = {"visit_id": visit["id"], "signed_on": before(0)}
        assert (await move(service, case_id, "comparison", "village", evidence=brought)).status_code == status


async def test_a_change_says_which_version_it_changes(service: Households) -> None:
    case = await open_case(service)
    path = f"{CASES}/{case['id']}/moves"
    body = {"to": "visit_check"}
    assert (await service.post(path, body, "village", PINE)).status_code == 428
    assert (await service.post(path, {**body, "version": case["version"] + 1}, "village", PINE)).status_code == 412
    moved = await service.post(path, {**body, "version": case["version"]}, "village", PINE)
    assert moved.status_code == 200
    stale = await service.post(path, {"to": "comparison"}, "village", PINE, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")


async def test_of_two_moves_at_once_one_wins(service: Households) -> None:
    case = await open_case(service)
    same = [move(service, case["id"], "visit_check", "village", version=case["version"]) for _ in range(4)]
    other = [move(service, case["id"], "dismissed", "township", version=case["version"]) for _ in range(4)]
    answers = await asyncio.gather(*same, *other)
    assert sorted(one.status_code for one in answers) == [200] + [412] * 7
    assert len(await service.told(CaseMoved)) == 1


async def test_the_same_request_again_is_one_move(service: Households) -> None:
    case = await open_case(service)
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": "*"}
    path = f"{CASES}/{case['id']}/moves"
    answers = [await service.post(path, {"to": "visit_check"}, "village", PINE, headers=headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(await service.told(CaseMoved)) == 1


async def test_a_new_risk_after_the_elimination_begins_a_new_round(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, (*IDENTIFIED, *ELIMINATED))
    await confirm(service, feed="education.absence")
    case = await only_case(service)
    assert (case["id"], case["state"], case["round"]) == (case_id, "clue", 2)
    assert ([one["code"] for one in case["risks"]], case["class"]) == (["09"], None)
    assert (case["identified_on"], case["eliminated_on"]) == (None, None)
    assert await shown(service) == ("eliminated", None, "09", ["09"])
    assert [one.round for one in await service.told(CaseOpened)] == [1, 2]
    assert (await walk(service, case_id, IDENTIFIED))["round"] == 2


async def test_a_withdrawn_elimination_is_the_countys(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    gone = await walk(service, case_id, (*IDENTIFIED, *ELIMINATED))
    assert (await move(service, case_id, "monitored", "township")).status_code == 403
    back = (await move(service, case_id, "monitored", "county")).json()
    assert (back["state"], back["round"], back["eliminated_on"]) == ("monitored", 1, None)
    assert back["identified_on"] == gone["identified_on"]
    assert back["due"]["days_left"] == 10, "its clocks begin anew, not half a year ago"
    assert await shown(service) == ("monitored", "edge", "01", ["01"])


async def test_help_that_does_not_fit_is_planned_anew_without_being_late_at_once(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, (*IDENTIFIED, *ELIMINATED[:2]))
    await pass_days(service, case_id, 100)
    again = (await move(service, case_id, "planned", "village")).json()
    assert (again["state"], again["due"]) == ("planned", None)


async def test_a_household_that_is_gone_is_shown_as_nothing(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED)
    assert (await move(service, case_id, "deceased", "village")).status_code == 403
    lived_in = await move(service, case_id, "deceased", "township")
    assert (lived_in.status_code, codes(lived_in)) == (409, ["unmet-lived-in"]), "by a word nobody is gone"
    await service.sql("UPDATE member SET left_on = current_date, left_reason = 'deceased'")
    over = (await move(service, case_id, "deceased", "township")).json()
    assert (over["holder"], over["due"]) == (None, None)
    assert await shown(service) == (None, None, None, [])
    for path, body in (("risks", {"main": "01", "risks": ["01"]}), ("class", {"class": "edge"})):
        answer = await service.call("PUT", f"{CASES}/{case_id}/{path}", json=body, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (409, "case-over")


async def test_a_case_follows_its_household_to_another_village(service: Households) -> None:
    case = await open_case(service)
    path = f"/households/{case['household']['id']}"
    moved = await service.call("PATCH", path, json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    assert moved.status_code == 200
    assert (await service.get(CASES, "village", PINE))["items"] == []
    seen = await service.get(f"{CASES}/{case['id']}", "village", BRIDGE)
    assert (seen["household"]["area"]["code"], len(seen["moves"])) == (BRIDGE, 1)


async def test_risks_and_class(service: Households) -> None:
    case_id = (await open_case(service))["id"]
    any_version = {"If-Match": "*"}

    async def put(what: str, body: Any) -> Any:
        return await service.call("PUT", f"{CASES}/{case_id}/{what}", "village", PINE, json=body, headers=any_version)

    unsaid = await put("risks", {"main": "01", "risks": ["01", "99"]})
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "case-remark-required")
    assert (await put("risks", {"main": "02", "risks": ["02"]})).status_code == 422, "a disaster is of some kind"
    said = await put("risks", {"main": "01", "risks": ["01", "99"], "remark": "为王五担保"})
    assert (said.json()["remark"], said.json()["main_risk"]) == ("为王五担保", "01")
    assert (await service.get(f"{CASES}/{case_id}", "supervisor", COUNTY))["remark"] is None
    contradicts = await put("class", {"class": "unstable"})
    assert (contradicts.status_code, codes(contradicts)) == (409, ["case-class-not-unstable"])
    settled = await put("class", {"class": "edge"})
    assert [one["code"] for one in settled.json()["unchecked"]] == ["case-class-income-unknown"]


async def test_the_list_and_its_filters(service: Households) -> None:
    ids = [(await open_case(service, number, area))["id"] for number, area in ((1, PINE), (2, PINE), (3, BRIDGE))]
    await settle(service, ids[0], ("01", "09"))
    await move(service, ids[1], "visit_check", "village")
    await move(service, ids[1], "comparison", "village")

    async def listed(query: str, role: str = "county", area: str = COUNTY) -> list[str]:
        return [one["id"] for one in (await service.get(f"{CASES}?{query}", role, area))["items"]]

    assert await listed("") == ids[::-1]
    assert await listed(f"area={PINE}") == ids[1::-1]
    assert await listed("state=clue&state=notice") == [ids[2], ids[0]]
    assert await listed("risk=09") == await listed("class=edge") == [ids[0]]
    assert await listed("holder=county") == [ids[1]]
    assert await listed("", "village", BRIDGE) == [ids[2]]
    first = await service.get(f"{CASES}?limit=2")
    assert [one["id"] for one in first["items"]] == ids[:0:-1]
    assert await listed(f"limit=2&after={first['next']}") == ids[:1]


async def test_who_holds_what_is_due(service: Households) -> None:
    ids = [(await open_case(service, number))["id"] for number in (1, 2, 3)]
    await move(service, ids[0], "visit_check", "village")
    await move(service, ids[0], "comparison", "village")  # five days
    await pass_days(service, ids[1], 4)  # two days late

    async def due(days: int, more: str = "") -> list[tuple[str, int]]:
        found = (await service.get(f"{CASES}?due_within={days}{more}"))["items"]
        return [(one["id"], one["due"]["days_left"]) for one in found]

    assert await due(3) == [(ids[1], -2), (ids[2], 2)]
    assert await due(5) == [(ids[1], -2), (ids[2], 2), (ids[0], 5)]
    first = await service.get(f"{CASES}?due_within=5&limit=1")
    assert await due(5, f"&after={first['next']}") == [(ids[2], 2), (ids[0], 5)]
    holders = {one["id"]: one["holder"] for one in (await service.get(f"{CASES}?due_within=5"))["items"]}
    assert (holders[ids[0]]["level"], holders[ids[0]]["area"]["code"]) == ("county", COUNTY)
    assert (holders[ids[1]]["level"], holders[ids[1]]["area"]["names"][-1]) == ("village", "松林村")


async def test_the_fast_lane_and_its_counter(service: Households) -> None:
    ids = [(await open_case(service, number, area))["id"] for number, area in ((1, PINE), (2, PINE), (3, BRIDGE))]
    body = {"reason": "disaster", "note": "洪灾后紧急安置"}
    any_version = {"If-Match": "*"}
    for case_id in ids:
        path = f"{CASES}/{case_id}/fast-lane"
        assert (await service.post(path, body, "village", PINE, headers=any_version)).status_code == 403
        started = await service.post(path, body, headers=any_version)
        assert (started.status_code, started.json()["due"]["clock"]) == (200, "papers")
        assert started.json()["lane"]["note"] == body["note"]
        again = await service.post(path, body, headers=any_version)
        assert (again.status_code, again.json()["code"]) == (409, "case-fast-lane-closed")
    await walk(service, ids[0], IDENTIFIED)  # the papers take the same road
    await pass_days(service, ids[1], 31)
    report = await service.get(f"{CASES}/fast-lane")
    counted = ("started", "waiting", "late", "done", "done_late")
    assert [report[name] for name in counted] == [3, 2, 1, 1, 0]
    assert [one["area"]["code"] for one in report["townships"]] == [STONE, RIVER]
    assert (await service.get(f"{CASES}/fast-lane", "township", RIVER))["started"] == 1
    assert len((await service.get(f"{CASES}?fast_lane=true"))["items"]) == 3
    done = await service.get(f"{CASES}/{ids[0]}")
    assert (done["fast_lane"], done["lane"]["late"], done["due"]["clock"]) == (False, False, "state")


async def test_clocks_stand_still_for_a_reason_and_run_again(service: Households) -> None:
    case = await open_case(service)
    path, any_version = f"{CASES}/{case['id']}", {"If-Match": "*"}
    due_on = local_date(utc_now()) + timedelta(days=2)
    assert case["due"]["due_on"] == due_on.isoformat()

    async def pause(reason: str, days: int, level: str = "township", area: str = STONE) -> Any:
        body = {"reason": reason, "days": days}
        return await service.post(f"{path}/pauses", body, level, area, headers=any_version)

    assert (await pause("bureau_answer", 5, "village", PINE)).status_code == 403
    long = await pause("bureau_answer", 16)
    assert (long.status_code, long.json()["code"]) == (409, "case-pause-not-allowed")
    assert (await pause("disaster", 1)).status_code == 409, "the policy names no days for it"
    paused = await pause("household_away", 10)
    assert paused.json()["due"]["due_on"] == (due_on + timedelta(days=9)).isoformat()  # today was not counted anyhow
    assert (await pause("household_away", 1)).json()["code"] == "case-pause-runs"
    resumed = await service.post(f"{path}/resumption", None, "township", STONE, headers=any_version)
    assert resumed.json()["due"]["due_on"] == due_on.isoformat()
    assert [one["reason_text"] for one in resumed.json()["pauses"]] == ["农户外出"]
    again = await service.post(f"{path}/resumption", None, "township", STONE, headers=any_version)
    assert again.json()["code"] == "case-no-pause"


async def test_head_of_a_big_family_and_a_pupil_are_one_case(service: Households) -> None:
    await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    await confirm(service, 1)
    await confirm(service, 2, "education.absence")
    assert len((await service.get(CASES))["items"]) == 1


async def merge(service: Households, source: str, target: str) -> Any:
    """The people of one household live in the other from now on."""
    members = (await service.get(f"/households/{source}"))["members"]
    relations = [{"member_id": one["id"], "relation": "51"} for one in members]
    body = {"household_id": source, "version": 1, "members": relations, "why": "合户申请"}
    return await service.post(f"/households/{target}/merge", body, headers={"If-Match": "*"})


async def test_a_case_goes_on_with_the_household_its_own_was_merged_into(service: Households) -> None:
    case = await open_case(service)
    await walk(service, case["id"], IDENTIFIED)
    [target] = await service.register(household(2, BAMBOO))
    merged = await merge(service, case["household"]["id"], target)
    assert merged.status_code == 200, merged.text
    seen = await service.get(f"{CASES}/{case['id']}", "village", BAMBOO)
    assert (seen["household"]["id"], seen["state"], len(seen["moves"])) == (target, "monitored", 9)
    rows = await service.sql(
        "SELECT id::text, monitoring_state, risks FROM household ORDER BY dissolved_on NULLS FIRST"
    )
    assert rows == [(target, "monitored", ["01"]), (case["household"]["id"], None, [])]
    body = {"household_id": case["household"]["id"], "source": "patrol", "note": "走访发现"}
    assert (await service.post(CASES, body)).json()["code"] == "household-dissolved"


async def test_a_case_goes_with_the_last_who_leaves_the_household(service: Households) -> None:
    case, other = await open_case(service), await open_case(service, 2, members=[person(7, "李四")])
    [target] = await service.register(household(3, BAMBOO))
    home = case["household"]["id"]
    [member] = (await service.get(f"/households/{home}"))["members"]

    async def to(end: str) -> httpx.Response:
        body = {"household_id": end, "relation": "97"}
        return await service.post(f"/members/{member['id']}/move", body, headers={"If-Match": "*"})

    refused = await to(other["household"]["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "case-two-active")
    assert (await to(target)).status_code == 200
    seen = await service.get(f"{CASES}/{case['id']}", "village", BAMBOO)
    assert (seen["household"]["id"], seen["state"]) == (target, "clue")


async def test_two_cases_are_not_merged_silently(service: Households) -> None:
    first, second = await open_case(service, 1), await open_case(service, 2)
    pair = first["household"]["id"], second["household"]["id"]
    refused = await merge(service, *pair)
    assert (refused.status_code, refused.json()["code"]) == (409, "case-two-active")
    assert (await move(service, first["id"], "dismissed", "township")).status_code == 200
    assert (await merge(service, *pair)).status_code == 200
    assert (await service.get(f"{CASES}/{first['id']}"))["household"]["id"] == pair[0], (
        "what is over stays where it was"
    )


@pytest.mark.parametrize(("wages", "wanted", "refused"), [(20000, "edge", []), (3000, "edge", None)])
async def test_a_class_is_held_against_income_and_line(
    service: Households, wages: int, wanted: str, refused: list[str] | None
) -> None:
    await with_policies(service)
    case = await open_case(service)
    month = (local_date(utc_now()).replace(day=1) - timedelta(days=1)).isoformat()[:7]
    line = {"item": "wages.local", "amount": str(wages), "first_month": month}
    added = await service.post(f"/households/{case['household']['id']}/income/entries", line, "village", PINE)
    assert added.status_code == 201, added.text
    answer = await service.call("PUT", f"{CASES}/{case['id']}/class", json={"class": wanted}, headers={"If-Match": "*"})
    if refused is None:
        assert (answer.status_code, answer.json()["unchecked"]) == (200, [])
    else:
        assert (answer.status_code, codes(answer)) == (409, ["case-class-above-line"])
