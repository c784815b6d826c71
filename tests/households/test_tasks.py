"""Tasks through the API: the way from an alert to its verdict, and the turns it can take."""

import asyncio
import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from services.households.background import sweep_deadlines
from shared.clock import local_date, utc_now
from shared.contracts.households import TaskAssigned, TaskClosed, TaskEscalated, TaskOverdue, VerdictGiven
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    STONE,
    Households,
    account_id,
    household,
    person,
    policy_id,
)

VERDICT = {"verdict": "no_risk", "reason": "已返校，班主任李老师确认"}


async def one_task(service: Households, **alert: Any) -> dict[str, Any]:
    """A household in Pine with an alert on it; its task as the county sees it."""
    await service.register(household(1, PINE, [person(1, "张三"), person(2, "张小三", "20")]))
    await service.deliver(service.alert(2, name="张小三", **alert))
    [task] = (await service.get("/tasks"))["items"]
    return dict(task)


def visit(**more: Any) -> dict[str, Any]:
    """The body of a visit."""
    return {
        "id": str(uuid4()),
        "visited_at": utc_now().isoformat(),
        "place": {"latitude": 27.1, "longitude": 104.2, "accuracy_m": 12, "text": "家中"},
        "with_whom": "张小三",
        "findings": "孩子在家，下周返校",
        **more,
    }


async def test_what_the_cadre_sees(service: Households) -> None:
    task = await one_task(service)
    [mine] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert mine["title"] == "入户核查：教育·连续缺课 — 张三（松林村）"
    assert mine["household"]["head_name"] == "张三"
    assert mine["household"]["area"] == {"code": PINE, "names": ["云岫县", "青石镇", "松林村"]}
    assert (mine["risk_family"], mine["risk_text"], mine["feeds"]) == ("education", "教育", ["education.absence"])
    [line] = mine["evidence"]
    assert (line["feed_text"], line["person"], line["facts"]) == ("连续缺课", "张小三", {"days_absent": 4})
    assert (mine["state"], mine["overdue"], mine["raised_to"], mine["id"]) == ("open", False, None, task["id"])
    english = await service.get(f"/tasks/{task['id']}", "village", PINE, headers={"Accept-Language": "en"})
    assert english["title"] == "Visit and check: education, absence from school — 张三 (松林村)"


async def test_due_on_is_the_last_day_in_beijing(service: Households) -> None:
    task = await one_task(service, at=datetime.fromisoformat("2026-03-02T23:30:00+08:00"))
    assert task["due_on"] == "2026-03-05"
    assert datetime.fromisoformat(task["due_at"]) == datetime.fromisoformat("2026-03-06T00:00:00+08:00")


async def test_the_way_to_a_verdict(service: Households) -> None:
    task = await one_task(service)
    path = f"/tasks/{task['id']}"
    accepted = await service.post(f"{path}/acceptance", role="village", area=PINE)
    assert accepted.json()["state"] == "accepted"
    assert accepted.json()["assignee_id"] == str(account_id("village", PINE))
    body = visit()
    assert (await service.post(f"{path}/visits", body, "village", PINE)).status_code == 201
    given = await service.post(f"{path}/verdict", {**VERDICT, "visit_id": body["id"]}, "village", PINE)
    assert given.status_code == 201, given.text
    assert given.json()["state"] == "done"

    [closed], [told] = await service.told(TaskClosed), await service.told(VerdictGiven)
    assert (closed.state, closed.late) == ("done", False)
    assert (told.verdict, told.visited_on, len(told.alert_ids)) == ("no_risk", local_date(utc_now()), 1)
    reason = service.vault.open(base64.b64decode(told.reason_sealed), "verdict-reason").decode()
    assert reason == VERDICT["reason"]
    assert (await service.get("/tasks?mine=true", "village", PINE))["items"] == []
    case = await service.get(f"/cases/{task['case_id']}", "village", PINE)
    assert (case["state"], case["verdict"]) == ("closed", "no_risk")
    assert case["visits"][0]["findings"] == "孩子在家，下周返校"
    assert (case["verdicts"][0]["verdict_text"], case["verdicts"][0]["reason"]) == ("无风险", VERDICT["reason"])
    history = await service.get(f"{path}/history", "village", PINE)
    assert [line["what"] for line in history] == ["opened", "accepted", "done"]


async def test_a_verdict_needs_no_visit_and_is_given_once(service: Households) -> None:
    task = await one_task(service)
    path = f"/tasks/{task['id']}/verdict"
    assert (await service.post(path, {**VERDICT, "visit_id": str(uuid4())}, "village", PINE)).status_code == 422
    assert (
        await service.post(path, {"verdict": "unreachable", "reason": "三次未见"}, "village", PINE)
    ).status_code == 201
    again = await service.post(path, VERDICT, "village", PINE)
    assert (again.status_code, again.json()["code"]) == (409, "task-already-closed")
    for act, body in (
        ("acceptance", None),
        ("assignment", {"area_code": STONE}),
        ("cancellation", {"reason": "ordered"}),
    ):
        late = await service.post(f"/tasks/{task['id']}/{act}", body)
        assert (late.status_code, late.json()["code"]) == (409, "task-already-closed")
    assert len(await service.told(VerdictGiven)) == 1


async def test_a_visit_may_be_sent_again(service: Households) -> None:
    task = await one_task(service)
    path, body = f"/tasks/{task['id']}/visits", visit()
    answers = [await service.post(path, body, "village", PINE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert answers[0].json() == answers[1].json()
    other = await service.post(path, {**body, "findings": "另一次"}, "village", PINE)
    assert (other.status_code, other.json()["code"]) == (409, "visit-id-reused")
    assert await service.sql("SELECT count(*) FROM visit") == [(1,)]
    await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)
    assert (await service.post(path, visit(), "village", PINE)).status_code == 201, "a phone may be late"


async def test_a_visit_sent_twice_at_once_is_one(service: Households) -> None:
    task = await one_task(service)
    body = visit()
    sent = [service.post(f"/tasks/{task['id']}/visits", body, "village", PINE) for _ in range(6)]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]


async def test_a_visit_id_of_another_household_tells_nothing(service: Households) -> None:
    task = await one_task(service)
    await service.register(household(9, BRIDGE, [person(9)]))
    await service.deliver(service.alert(9))
    [other] = (await service.get("/tasks", "village", BRIDGE))["items"]
    body = visit()
    assert (await service.post(f"/tasks/{task['id']}/visits", body, "village", PINE)).status_code == 201
    stolen = await service.post(f"/tasks/{other['id']}/visits", body, "village", BRIDGE)
    assert (stolen.status_code, stolen.json()["code"]) == (409, "visit-id-reused")


BAD_VISITS: list[tuple[dict[str, Any], str, str]] = [
    ({"visited_at": "2099-01-01T00:00:00+08:00"}, "visited_at", "date-in-future"),
    ({"visited_at": "2999-01-01T00:00:00+08:00"}, "visited_at", "date-too-late"),
    ({"visited_at": "0001-01-01T00:00:00+14:00"}, "visited_at", "date-too-early"),
    ({"visited_at": "2026-01-01T00:00:00"}, "visited_at", "field-invalid"),
    ({"place": {"latitude": 27.1}}, "place", "degrees-incomplete"),
    ({"place": {"latitude": 99, "longitude": 0}}, "place.latitude", "number-out-of-range"),
    ({"id": "1"}, "id", "field-invalid"),
]


async def test_bad_visits(service: Households) -> None:
    task = await one_task(service)
    for change, field, code in BAD_VISITS:
        answer = await service.post(f"/tasks/{task['id']}/visits", visit(**change), "village", PINE)
        assert answer.status_code == 422, change
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert await service.sql("SELECT 1 FROM visit") == []


async def test_someone_elses_task_is_taken(service: Households) -> None:
    task = await one_task(service)
    path = f"/tasks/{task['id']}/acceptance"
    first = await service.post(path, role="village", area=PINE)
    again = await service.post(path, role="village", area=PINE)
    assert (again.status_code, again.headers["etag"]) == (200, first.headers["etag"])
    other = await service.post(path, role="township", area=STONE)
    assert (other.status_code, other.json()["code"]) == (409, "task-taken")
    assert len(await service.told(TaskAssigned)) == 1


async def test_assignment_of_a_known_household(service: Households) -> None:
    task = await one_task(service)
    path = f"/tasks/{task['id']}/assignment"

    async def assign(status: int, role: str = "township", area: str = STONE, **body: Any) -> dict[str, Any]:
        answer = await service.post(path, body, role, area)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    assert (await assign(422, area_code=BAMBOO))["code"] == "desk-elsewhere"  # could not see the household
    assert (await assign(404, area_code=BRIDGE))["code"] == "area-not-permitted"
    assert (await assign(404, area_code=COUNTY))["code"] == "area-not-permitted"  # not upwards
    assert (await assign(422, area_code="539921100299"))["code"] == "area-unknown"
    assert (await assign(422, account_id=str(uuid4())))["code"] == "account-unknown"
    assert (await assign(422, account_id=str(account_id("village", BAMBOO))))["code"] == "desk-elsewhere"
    assert (await assign(422, account_id=str(account_id("supervisor", COUNTY))))["code"] == "account-has-no-desk"
    assert (await assign(422))["errors"][0]["code"] == "area-or-account"

    moved = await assign(200, area_code="539921100")
    assert (moved["level"], moved["area"]["code"]) == ("township", STONE)
    assert (await service.call("GET", f"/tasks/{task['id']}", "village", PINE)).status_code == 404
    [mine] = (await service.get("/tasks?mine=true", "township", STONE))["items"]
    assert mine["id"] == task["id"]
    back = await assign(200, account_id=str(account_id("village", PINE)))
    assert (back["level"], back["area"]["code"]) == ("village", PINE)
    assert back["assignee_id"] == str(account_id("village", PINE))
    events = await service.told(TaskAssigned)
    assert [(one.level, one.area_code) for one in events] == [("township", STONE), ("village", PINE)]


async def test_an_unknown_person_is_passed_down(service: Households) -> None:
    await service.deliver(service.alert(50, area=PINE, name="李四"))
    [task] = (await service.get("/tasks?mine=true", "township", STONE))["items"]
    assert task["title"] == "查找核实：教育·连续缺课 — 李四（青石镇，未匹配到农户）"
    assert task["household"] is None
    assert (await service.get("/tasks", "village", BAMBOO))["items"] == []
    path = f"/tasks/{task['id']}/assignment"
    assert (await service.post(path, {"area_code": BAMBOO}, "township", STONE)).status_code == 200
    [seen] = (await service.get("/tasks?mine=true", "village", BAMBOO))["items"]
    assert seen["evidence"][0]["person"] == "李四"
    assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", BAMBOO)).status_code == 201
    [told] = await service.told(VerdictGiven)
    assert len(told.alert_ids) == 1


async def test_cancellation(service: Households) -> None:
    task = await one_task(service)
    path = f"/tasks/{task['id']}/cancellation"
    assert (await service.post(path, {"reason": "because"}, "township", STONE)).status_code == 422
    assert (await service.post(path, {"reason": "ordered"}, "township", STONE)).json()["state"] == "cancelled"
    assert [one.state for one in await service.told(TaskClosed)] == ["cancelled"]
    assert await service.told(VerdictGiven) == []


async def test_overdue_once_then_up_level_by_level(service: Households) -> None:
    task = await one_task(service, at=utc_now() - timedelta(days=30))
    start = utc_now()
    for _ in range(2):
        await sweep_deadlines(service.database, start)
    [overdue] = await service.told(TaskOverdue)
    assert (str(overdue.task_id), overdue.overdue_at) == (task["id"], start)
    [raised] = await service.told(TaskEscalated)
    assert (raised.from_level, raised.to_level, raised.area_code) == ("village", "township", STONE)
    [up] = (await service.get("/tasks?mine=true&overdue=true", "township", STONE))["items"]
    assert (up["overdue"], up["raised_to"], up["level"]) == (True, "township", "village")
    assert (await service.get("/tasks?mine=true", "county"))["items"] == []

    await sweep_deadlines(service.database, start + timedelta(seconds=30))
    assert [(e.from_level, e.to_level) for e in await service.told(TaskEscalated)][1:] == [("township", "county")]
    steps = await service.sql("SELECT detail FROM task_event WHERE what = 'escalated' ORDER BY id")
    policy = str(policy_id("task-escalation"))
    assert [row[0] for row in steps] == [
        {"from": "village", "to": "township", "policy_id": policy},
        {"from": "township", "to": "county", "policy_id": policy},
    ]
    await sweep_deadlines(service.database, start + timedelta(days=30))
    assert (len(await service.told(TaskOverdue)), len(await service.told(TaskEscalated))) == (1, 2)
    for role, area in (("village", PINE), ("township", STONE), ("county", COUNTY)):
        assert len((await service.get("/tasks?mine=true", role, area))["items"]) == 1

    done = await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)  # late is not locked
    assert done.json()["state"] == "done"
    assert [one.late for one in await service.told(TaskClosed)] == [True]


async def test_several_sweepers_mark_each_task_once(service: Households) -> None:
    old = utc_now() - timedelta(days=4)  # overdue, not yet raised
    await service.deliver(*(service.alert(number, at=old) for number in range(1, 901)))
    assert len(await service.sql("SELECT 1 FROM task")) == 900
    moment = utc_now()
    await asyncio.gather(*(sweep_deadlines(service.database, moment) for _ in range(3)))
    await sweep_deadlines(service.database, moment)  # what one of them had locked when the others came by
    told = await service.told(TaskOverdue)
    assert len(told) == len({one.task_id for one in told}) == 900
    assert await service.told(TaskEscalated) == []


async def test_without_a_policy_nothing_is_raised_and_nothing_stuck(service: Households) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'task-escalation'")
    await one_task(service, at=utc_now() - timedelta(days=30))
    await sweep_deadlines(service.database, utc_now())
    assert (len(await service.told(TaskOverdue)), await service.told(TaskEscalated)) == (1, [])


async def test_tasks_by_deadline_page_by_page(service: Households) -> None:
    start = utc_now()
    await service.deliver(*(service.alert(n, at=start - timedelta(days=n % 3)) for n in range(1, 8)))
    seen: list[tuple[str, str]] = []
    page = await service.get("/tasks?limit=3")
    while True:
        seen += [(task["due_at"], task["id"]) for task in page["items"]]
        if page["next"] is None:
            break
        page = await service.get(f"/tasks?limit=3&after={page['next']}")
    assert seen == sorted(seen)
    assert len(set(seen)) == 7
    for wrong in ("x", "W10", "WzEsMl0"):
        assert (await service.call("GET", f"/tasks?after={wrong}")).json()["code"] == "cursor-invalid"


async def test_filters(service: Households) -> None:
    await service.register(household(1, PINE), household(2, BRIDGE))
    await service.deliver(service.alert(1), service.alert(2), service.alert(3))
    [pine] = (await service.get(f"/tasks?area={PINE}"))["items"]
    assert len((await service.get(f"/tasks?household={pine['household']['id']}"))["items"]) == 1
    assert len((await service.get("/tasks?area=539921101"))["items"]) == 2  # Bridge, and River's search for number 3
    assert (await service.get("/tasks?state=done"))["items"] == []
    await service.post(f"/tasks/{pine['id']}/verdict", VERDICT)
    assert len((await service.get("/tasks?state=done&state=open"))["items"]) == 3
    assert len((await service.get("/cases?state=closed"))["items"]) == 1
    assert len((await service.get(f"/cases?area={RIVER}"))["items"]) == 2
    assert (await service.call("GET", "/tasks?state=lost")).status_code == 422
