"""A household on the list of an area's check is at risk: it gets a national case from it, as from an alert of its own."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.households.usecases import replay
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.households import VerdictGiven
from shared.contracts.monitoring import CaseOpened
from tests.households.conftest import BAMBOO, BRIDGE, COUNTY, PINE, STONE, Households, household, person
from tests.households.monitoring import CASES, move
from tests.households.test_area_checks import area_alert, villages, withdrawn
from tests.households.test_household_facts import facts_of
from tests.households.test_monitoring import confirm
from tests.households.test_tasks import VERDICT

CONFIRMED = {"verdict": "risk_confirmed", "reason": "两户无水", "basis": "known_fact"}


async def asked(service: Households, area: str = PINE) -> tuple[list[str], Any]:
    """Households of the villages, and the task of one of them."""
    ids = await villages(service)
    await service.deliver(area_alert(service, STONE))
    return ids, await task_of(service, area)


async def task_of(service: Households, area: str = PINE) -> Any:
    return [one for one in (await service.get("/tasks", "village", area))["items"] if one["area_list"]][-1]


def said(household_id: str, *, at_risk: bool | None, **more: Any) -> dict[str, Any]:
    return {"household_id": household_id, "affected": True, "at_risk": at_risk, **more}


async def tell(service: Households, task: Any, *answers: dict[str, Any], **request: Any) -> Any:
    """The village answers for households; what became of that."""
    answer = await service.post(f"/tasks/{task['id']}/households", {"households": answers}, "village", PINE, **request)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def cases(service: Households) -> list[Any]:
    return [await service.get(f"{CASES}/{one['id']}") for one in (await service.get(CASES))["items"]]


async def test_who_is_at_risk_has_a_national_case_and_the_others_are_checked(service: Households) -> None:
    (first, second, *_), task = await asked(service)
    report = await tell(service, task, said(first, at_risk=True, note="水窖已干"), said(second, at_risk=False))
    assert (report["recorded"], report["repeated"], report["refused"]) == (2, 0, 0)
    [case] = await cases(service)
    assert [one["monitoring_case_id"] for one in report["results"]] == [case["id"], None]
    assert (case["household"]["id"], case["state"], case["source"]) == (first, "clue", "bureau")
    assert (case["main_risk"], [one["code"] for one in case["risks"]]) == ("water", ["water"])
    assert (case["due"]["clock"], case["holder"]["level"]) == ("state", "village"), "by the policy's clocks"
    assert case["moves"][0]["evidence"] == {"confirmed": {"check": task["case_id"]}}
    [behind] = case["evidence"]
    assert (behind["risk_case_id"], behind["risk"], behind["source"]) == (task["case_id"], "water", "bureau")
    [told] = await service.told(CaseOpened)
    assert (str(told.household_id), told.due_at) == (first, datetime.fromisoformat(case["due"]["due_at"]))

    shown = (await service.get(f"/tasks/{task['id']}", "village", PINE))["area_list"]
    assert [shown[name] for name in ("households", "remarked", "checked", "at_risk")] == [2, 2, 2, 1]
    [listed] = (await service.get(f"/tasks/{task['id']}/households?at_risk=true", "village", PINE))["items"]
    assert (listed["household"]["id"], listed["at_risk"], listed["note"]) == (first, True, "水窖已干")
    audited = await service.sql(
        "SELECT detail->>'household', (detail->>'at_risk')::boolean FROM audit_entry WHERE action = 'task:remark'"
    )
    assert [tuple(row) for row in audited] == [(first, True), (second, False)]


async def test_the_grade_knows_of_it_wherever_the_household_moves(service: Households) -> None:
    (first, *_), task = await asked(service)
    assert (await facts_of(service, first))["confirmed_year"] == 0
    await tell(service, task, said(first, at_risk=True))
    graded = await service.get(f"/households/{first}/grade")
    assert (graded["grade"], [one["code"] for one in graded["reasons"]]) == ("red", ["confirmed"])
    moved = await service.call("PATCH", f"/households/{first}", json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    assert moved.status_code == 200, moved.text
    known = await facts_of(service, first)
    assert (known["confirmed_year"], known["confirmed_families"]) == (1, ",water,")
    assert known["days_since_confirmed"] == 0


async def test_a_household_that_moves_is_not_denied_by_the_village_it_left(service: Households) -> None:
    (first, second, *_), task = await asked(service)
    await tell(service, task, said(first, at_risk=True), said(second, at_risk=False))
    no_risk = {**CONFIRMED, "verdict": "no_risk"}

    async def denied() -> Any:
        return await service.post(f"/tasks/{task['id']}/verdict", no_risk, "village", PINE)

    before = await denied()
    assert (before.status_code, before.json()["code"]) == (409, "households-at-risk")
    moved = await service.call("PATCH", f"/households/{first}", json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    assert moved.status_code == 200, moved.text
    after = await denied()
    assert (after.status_code, after.json()["code"]) == (409, "households-at-risk")
    for who in (("village", PINE), ("township", STONE), ("county", COUNTY)):
        counts = (await service.get(f"/tasks/{task['id']}", *who))["area_list"]
        assert [counts[name] for name in ("households", "checked", "at_risk")] == [2, 2, 1]


async def merge(service: Households, source: str, target: str) -> None:
    """Whoever lives in `source` lives in `target` from now on."""
    [member] = (await service.get(f"/households/{source}"))["members"]
    body = {
        "household_id": source,
        "version": (await service.get(f"/households/{source}"))["version"],
        "members": [{"member_id": member["id"], "relation": "51"}],
        "why": "合户申请",
    }
    headers = {"If-Match": "*"}
    done = await service.call("POST", f"/households/{target}/merge", "county", json=body, headers=headers)
    assert done.status_code == 200, done.text


async def test_households_that_merge_are_one_line(service: Households) -> None:
    (first, second, third, _), task = await asked(service)
    await tell(service, task, said(first, at_risk=True))
    await merge(service, first, second)
    [line] = (await service.get(f"/tasks/{task['id']}/households", "village", PINE))["items"]
    assert (line["household"]["id"], line["at_risk"]) == (second, True)
    [again] = (await tell(service, task, said(second, at_risk=True)))["results"]
    [case] = await cases(service)
    assert again["monitoring_case_id"] == case["id"]
    [gone] = (await tell(service, task, said(first, at_risk=False)))["results"]
    assert gone["refusal"]["code"] == "task-household-not-found"
    counts = (await service.get(f"/tasks/{task['id']}"))["area_list"]
    assert [counts[name] for name in ("households", "at_risk")] == [1, 1]
    await merge(service, third, second)
    await service.deliver(area_alert(service, STONE, risk_family="disaster"))
    assert [
        (one["area"]["code"], one["area_list"]["households"])
        for one in (await service.get("/tasks"))["items"]
        if one["area_list"] and one["id"] != task["id"]
    ].count((PINE, 1)) == 1, "who is no more stands on no list, and nobody lives in the other village"


async def test_it_stands_behind_the_case_that_is_there(service: Households) -> None:
    (first, *_), task = await asked(service)
    await confirm(service)
    await tell(service, task, said(first, at_risk=True))
    [case] = await cases(service)
    assert (case["main_risk"], [one["code"] for one in case["risks"]]) == ("01", ["01", "water"])
    assert [one["risk"] for one in case["evidence"]] == ["01", "water"]
    assert len(await service.told(CaseOpened)) == 1


async def test_the_same_again_changes_nothing(service: Households) -> None:
    (first, second, *_), task = await asked(service)
    answers = [said(first, at_risk=True), said(second, at_risk=False)]
    once = await tell(service, task, *answers)
    again = await tell(service, task, *answers)
    assert (again["recorded"], again["repeated"]) == (0, 2)
    assert [one["monitoring_case_id"] for one in again["results"]] == [
        one["monitoring_case_id"] for one in once["results"]
    ]
    other = [said(first, at_risk=True, note="已送水"), said(second, at_risk=True)]
    headers = {"Idempotency-Key": "answers-1"}
    several = await asyncio.gather(*(tell(service, task, *other, headers=headers) for _ in range(3)))
    assert several[0] == several[1] == several[2]
    assert len(await cases(service)) == 2
    assert len(await service.told(CaseOpened)) == 2
    assert await service.sql("SELECT count(*) FROM audit_entry WHERE action = 'task:remark'") == [(4,)]


async def test_two_who_answer_at_the_same_moment_make_one_case(service: Households) -> None:
    ids = await villages(service)
    await service.deliver(area_alert(service, STONE), area_alert(service, PINE, risk_family="disaster"))
    tasks = (await service.get("/tasks", "village", PINE))["items"]
    assert len(tasks) == 2
    forth, back = [said(one, at_risk=True) for one in ids[:2]], [said(one, at_risk=True) for one in ids[1::-1]]
    calls = [tell(service, task, *order) for task in tasks for order in (forth, back)]
    reports = await asyncio.gather(*calls)
    assert sorted(report["recorded"] for report in reports) == [0, 0, 2, 2]
    found = await cases(service)
    assert len(found) == 2
    assert [len(case["evidence"]) for case in found] == [2, 2], "both alerts stand behind each"


async def test_at_risk_is_not_unsaid_here_and_a_closed_case_not_opened_by_repeating(service: Households) -> None:
    (first, *_), task = await asked(service)
    await tell(service, task, said(first, at_risk=True))
    for changed in (False, None):
        [refused] = (await tell(service, task, said(first, at_risk=changed)))["results"]
        assert (refused["outcome"], refused["refusal"]["code"]) == ("refused", "at-risk-stands")
    one = await service.post(f"/tasks/{task['id']}/households/{first}", {"affected": False}, "village", PINE)
    assert (one.status_code, one.json()["code"]) == (409, "at-risk-stands")
    [case] = await cases(service)
    assert (await move(service, case["id"], "dismissed", "county")).status_code == 200
    [again] = (await tell(service, task, said(first, at_risk=True, note="同前")))["results"]
    assert (again["outcome"], again["monitoring_case_id"]) == ("recorded", case["id"])
    assert len(await service.told(CaseOpened)) == 1


async def test_what_is_wrong_with_one_keeps_nobody_else_from_help(service: Households) -> None:
    (first, second, third, _), task = await asked(service)
    await service.sql("UPDATE household SET dissolved_on = current_date WHERE id = CAST(:id AS uuid)", id=second)
    stranger = str(uuid4())
    answers = [said(one, at_risk=True) for one in (stranger, second, third, first)]
    report = await tell(service, task, *answers)
    codes = [one["refusal"] and one["refusal"]["code"] for one in report["results"]]
    listed = "task-household-not-found"
    assert codes == [listed, "household-dissolved", listed, None], "the third lives in another village"
    assert [case["household"]["id"] for case in await cases(service)] == [first]

    for body, code in (
        ([said(first, at_risk=True), said(first, at_risk=False)], "household-named-twice"),
        ([{**said(first, at_risk=True), "affected": False}], "at-risk-unaffected"),
    ):
        wrong = await service.post(f"/tasks/{task['id']}/households", {"households": body}, "village", PINE)
        assert wrong.status_code == 422
        assert code in wrong.text
    elsewhere = await service.post(f"/tasks/{task['id']}/households", {"households": answers}, "village", BAMBOO)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "task-not-found")


async def test_the_bureau_hears_the_counts_with_the_verdict_also_when_told_again(service: Households) -> None:
    start = utc_now()
    (first, second, *_), task = await asked(service)
    await tell(service, task, said(first, at_risk=True), said(second, at_risk=False))
    denied = await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)
    assert (denied.status_code, denied.json()["code"]) == (409, "households-at-risk")
    listed = {"verdicts": [{"task_id": task["id"], **VERDICT}]}
    [refused] = (await service.post("/verdicts", listed, "village", PINE)).json()["results"]
    assert refused["refusal"]["code"] == "households-at-risk"
    assert (await service.post(f"/tasks/{task['id']}/verdict", CONFIRMED, "village", PINE)).status_code == 201
    late = await service.post(
        f"/tasks/{task['id']}/households", {"households": [said(second, at_risk=True)]}, "village", PINE
    )
    assert (late.status_code, late.json()["code"]) == (409, "task-already-closed")
    silent = await task_of(service, BAMBOO)
    body = {**VERDICT, "basis": "phone"}
    assert (await service.post(f"/tasks/{silent['id']}/verdict", body, "village", BAMBOO)).status_code == 201

    told = await service.told(VerdictGiven)
    assert [(one.area_code, one.checked, one.at_risk) for one in told] == [(PINE, 2, 1), (BAMBOO, 0, 0)]
    await service.sql("DELETE FROM outbox")
    async with service.database.write(Scope.everywhere()) as session:
        await replay.replay_checks(session, start, None)
    assert [(one.checked, one.at_risk) for one in await service.told(VerdictGiven)] == [(2, 1), (0, 0)]


async def test_the_alert_is_taken_back_and_the_case_is_for_people_to_end(service: Households) -> None:
    ids = await villages(service)
    alert = area_alert(service, PINE)
    await service.deliver(alert)
    await tell(service, await task_of(service), said(ids[0], at_risk=True))
    await service.deliver(withdrawn(alert))
    [case] = await cases(service)
    assert case["state"] == "clue"
    assert (await service.sql("SELECT state FROM task")) == [("cancelled",)]


async def test_a_whole_page_at_once(service: Households) -> None:
    ids = await service.register(*(household(n, PINE, [person(n)]) for n in range(1, 31)))
    await service.deliver(area_alert(service, PINE))
    report = await tell(service, await task_of(service), *(said(one, at_risk=True) for one in ids))
    assert report["recorded"] == 30
    assert {UUID(one["monitoring_case_id"]) for one in report["results"]} == {
        row[0] for row in await service.sql("SELECT id FROM monitoring_case")
    }
