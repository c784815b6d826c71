"""Warnings about whole areas: one task for each village, with the list of its households."""

import asyncio
import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from services.households.consumers import HANDLERS
from services.households.models import TaskHousehold
from services.households.rules.area_checks import concerned
from services.households.usecases import replay
from shared.areas import Scope, normalise
from shared.clock import utc_now
from shared.contracts.alerts import AlertWithdrawn, AreaAlertRaised
from shared.contracts.households import AreaChecksOpened, TaskClosed, TaskOpened, VerdictGiven
from shared.ids import new_id
from shared.inbox import Inbox
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    STONE,
    Households,
    household,
    message,
    person,
    policy_id,
)
from tests.households.test_tasks import VERDICT, visit

UPPER, LOWER = "上寨", "下寨"


def area_alert(service: Households, *codes: str, hamlets: Sequence[str] = (), **changed: Any) -> AreaAlertRaised:
    """A water cut in those areas."""
    area = {"codes": list(codes), "natural_villages": list(hamlets)}
    sealed = service.vault.seal_json({"area": area, "evidence": {"days_without_water": 12}}, "alert")
    reported_at = changed.pop("at", utc_now())
    alert = AreaAlertRaised(
        alert_id=new_id(),
        feed="water.supply",
        risk_family="water",
        severity="medium",
        occurred_on=reported_at.date(),
        reported_at=reported_at,
        area_codes=list(codes),
        natural_villages=list(hamlets),
        sealed=base64.b64encode(sealed).decode(),
    )
    return alert.model_copy(update=changed)


def withdrawn(alert: AreaAlertRaised) -> AlertWithdrawn:
    return AlertWithdrawn(alert_id=alert.alert_id, subject_key=alert.key, withdrawn_at=utc_now())


async def villages(service: Households) -> list[str]:
    """Two households in Pine, one in Bamboo, one in Bridge; their ids."""
    return await service.register(
        household(1, PINE, [person(1, "张三", phone="15400000017")], natural_village=UPPER),
        household(2, PINE, [person(2, "李四")], natural_village=LOWER),
        household(3, BAMBOO, [person(3, "王五")], natural_village=UPPER),
        household(4, BRIDGE, [person(4, "赵六")]),
    )


async def lists(service: Households) -> dict[str, int]:
    """Area of each task, and how long its list is."""
    rows = await service.sql(
        "SELECT t.area_code, count(l.household_id) FROM task t LEFT JOIN task_household l ON task_id = t.id GROUP BY 1"
    )
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize(
    ("named", "inhabited", "found"),
    [
        ([PINE], [PINE], [PINE]),
        ([STONE], [PINE, BAMBOO], [PINE, BAMBOO]),
        ([STONE, PINE], [BAMBOO], [PINE, BAMBOO]),
        ([STONE, RIVER], [PINE], [PINE, RIVER]),
        ([BRIDGE], [], [BRIDGE]),
    ],
)
def test_which_areas_are_concerned(named: list[str], inhabited: list[str], found: list[str]) -> None:
    assert concerned(map(normalise, named), inhabited) == found


async def test_a_township_is_one_task_for_each_village(service: Households) -> None:
    await villages(service)
    alert = area_alert(service, STONE, at=datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
    await service.deliver(alert)
    assert await lists(service) == {PINE: 2, BAMBOO: 1}
    [opened] = await service.told(AreaChecksOpened)
    assert (opened.alert_id, opened.risk_family) == (alert.alert_id, "water")
    assert [(check.area_code, check.households) for check in opened.checks] == [(PINE, 2), (BAMBOO, 1)]
    assert {check.due_at for check in opened.checks} == {datetime.fromisoformat("2026-03-10T00:00:00+08:00")}
    assert await service.told(TaskOpened) == [], "area checks are told together"
    assert await service.sql("SELECT DISTINCT policy_id, level FROM task") == [(policy_id("task-deadline"), "village")]
    cases = await service.sql("SELECT area_code, household_id, area_alert_id FROM risk_case ORDER BY 1")
    assert cases == [(PINE, None, alert.alert_id), (BAMBOO, None, alert.alert_id)]


async def test_natural_villages_narrow_the_list(service: Households) -> None:
    first, *_ = await villages(service)
    await service.deliver(area_alert(service, PINE, BRIDGE, hamlets=[UPPER]))
    assert await lists(service) == {PINE: 1, BRIDGE: 0}, "a village that was named looks, whoever lives there"
    assert [str(row[0]) for row in await service.sql("SELECT household_id FROM task_household")] == [first]


async def test_a_township_without_households_is_its_own_matter(service: Households) -> None:
    await villages(service)
    await service.deliver(area_alert(service, RIVER, hamlets=["不存在的寨"]))
    [task] = (await service.get("/tasks?mine=true", "township", RIVER))["items"]
    assert (task["level"], task["area"]["code"], task["area_list"]["households"]) == ("township", RIVER, 0)


async def test_what_the_village_sees(service: Households) -> None:
    await villages(service)
    await service.deliver(area_alert(service, STONE, hamlets=[UPPER]))
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert task["title"] == "区域核查：饮水安全·饮水安全问题 — 松林村（1 户）"
    assert task["household"] is None
    assert task["area_list"] == dict.fromkeys(("remarked", "affected", "checked", "at_risk"), 0) | {
        "households": 1,
        "natural_villages": [UPPER],
    }
    assert task["evidence"][0]["facts"] == {"days_without_water": 12}
    [listed] = (await service.get(f"/tasks/{task['id']}/households", "village", PINE))["items"]
    assert listed["household"]["head_name"] == "张三"
    assert (listed["household"]["contact"]["phone"], listed["natural_village"]) == ("154****0017", UPPER)
    assert (listed["affected"], listed["note"]) == (None, None)
    [supervised] = (await service.get(f"/tasks/{task['id']}/households", "supervisor"))["items"]
    assert supervised["household"]["head_name"] == "张*"
    assert (await service.call("GET", f"/tasks/{task['id']}/households", "village", BAMBOO)).status_code == 404


async def test_the_list_page_by_page(service: Households) -> None:
    ids = sorted(await service.register(*(household(n, PINE, [person(n)]) for n in range(1, 6))))
    await service.deliver(area_alert(service, PINE))
    [task] = (await service.get("/tasks"))["items"]
    seen, query = [], "?limit=2"
    while query:
        page = await service.get(f"/tasks/{task['id']}/households{query}", "village", PINE)
        seen += [one["household"]["id"] for one in page["items"]]
        query = page["next"] and f"?limit=2&after={page['next']}"
    assert seen == ids


async def test_a_remark_on_one_household(service: Households) -> None:
    first, second, *_ = await villages(service)
    await service.deliver(area_alert(service, STONE))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    place = f"/tasks/{task['id']}/households"
    note = {"affected": True, "note": "水窖已干"}
    for body in ({"affected": False}, note, note):
        answer = await service.post(f"{place}/{first}", body, "village", PINE)
        assert answer.status_code == 200, answer.text
    assert (answer.json()["affected"], answer.json()["note"]) == (True, "水窖已干")
    shown = (await service.get(f"/tasks/{task['id']}", "village", PINE))["area_list"]
    assert (shown["households"], shown["remarked"], shown["affected"]) == (2, 1, 1)
    [only] = (await service.get(f"{place}?affected=true", "village", PINE))["items"]
    assert only["household"]["id"] == first
    assert (await service.get(f"{place}?affected=true", "supervisor"))["items"][0]["note"] is None
    assert [
        row[0] for row in await service.sql("SELECT detail->>'household' FROM audit_entry WHERE action = 'task:remark'")
    ] == [first] * 2, "the same again is no news"
    assert b"\xe6\xb0\xb4" not in (await service.sql("SELECT note_sealed FROM task_household WHERE affected"))[0][0]

    for household_id in (uuid4(), (await villages_of(service, BRIDGE))):
        missing = await service.post(f"{place}/{household_id}", note, "village", PINE)
        assert (missing.status_code, missing.json()["code"]) == (404, "task-household-not-found")
    await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)
    late = await service.post(f"{place}/{second}", note, "village", PINE)
    assert (late.status_code, late.json()["code"]) == (409, "task-already-closed")


async def villages_of(service: Households, area: str) -> str:
    [(id_,)] = await service.sql("SELECT id FROM household WHERE area_code = :area", area=area)
    return str(id_)


async def test_the_villages_verdict_answers_for_all_and_says_where(service: Households) -> None:
    await villages(service)
    alert = area_alert(service, STONE)
    await service.deliver(alert)
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    body = visit()
    assert (await service.post(f"/tasks/{task['id']}/visits", body, "village", PINE)).status_code == 201
    given = await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)
    assert (given.status_code, given.json()["state"]) == (201, "done")
    [told] = await service.told(VerdictGiven)
    assert (told.area_code, told.alert_ids, str(told.task_id)) == (PINE, [alert.alert_id], task["id"])
    assert told.basis == "visit"
    assert len((await service.get("/tasks"))["items"]) == 1, "the other village has still to look"


async def test_repeated_and_late_changes_nothing(service: Households) -> None:
    await villages(service)
    alert = area_alert(service, STONE)
    batch = [message(alert)]
    await service.inbox.deliver(batch)
    await service.register(household(9, PINE, [person(9)]))
    await service.inbox.deliver(batch)
    again = [message(alert), message(alert)]  # known to no inbox
    await asyncio.gather(service.inbox.deliver(again), Inbox(service.database, HANDLERS).deliver([message(alert)]))
    assert await lists(service) == {PINE: 2, BAMBOO: 1}
    assert len(await service.told(AreaChecksOpened)) == 1
    await service.deliver(area_alert(service, STONE))
    assert len(await service.sql("SELECT 1 FROM task")) == 2, "another alert joins the open checks"


async def test_a_withdrawn_area_alert_cancels_what_is_open(service: Households) -> None:
    await villages(service)
    alert, other = area_alert(service, STONE), area_alert(service, BRIDGE)
    await service.deliver(alert, other)
    [task] = (await service.get("/tasks", "village", BAMBOO))["items"]
    await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", BAMBOO)
    await service.deliver(withdrawn(alert))
    states = await service.sql("SELECT area_code, state FROM task ORDER BY 1")
    assert states == [(PINE, "cancelled"), (BAMBOO, "done"), (BRIDGE, "open")]
    assert [one.state for one in await service.told(TaskClosed)] == ["done", "cancelled"]
    await service.deliver(withdrawn(area_alert(service, PINE)))
    assert await service.sql("SELECT error FROM dead_letter") == [("AlertUnknown:alert-unknown",)]


async def test_an_area_task_is_handed_on_above_its_village_only(service: Households) -> None:
    await villages(service)
    await service.deliver(area_alert(service, STONE))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    path = f"/tasks/{task['id']}/assignment"
    elsewhere = await service.post(path, {"area_code": BAMBOO}, "township", STONE)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "desk-elsewhere")
    assert (await service.post(path, {"area_code": STONE}, "township", STONE)).status_code == 200
    assert (await service.get("/cases", "village", PINE))["items"][0]["area"]["code"] == PINE


async def test_the_line_of_a_household_that_moves_stays_and_is_for_whoever_sees_both(service: Households) -> None:
    first, *_ = await villages(service)
    await service.deliver(area_alert(service, PINE))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    moved = await service.call("PATCH", f"/households/{first}", json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    assert moved.status_code == 200, moved.text
    assert len((await service.get(f"/tasks/{task['id']}/households", "village", PINE))["items"]) == 1
    assert len((await service.get(f"/tasks/{task['id']}/households"))["items"]) == 2, "the county still sees both"
    read = [await service.get(f"/tasks/{task['id']}", *who) for who in (("village", PINE), ("county", COUNTY))]
    assert [(one["area"]["code"], one["area_list"]["households"]) for one in read] == [(PINE, 2)] * 2
    answers = {"households": [{"household_id": first, "affected": True, "at_risk": False}]}
    for role, area, outcome in (("village", PINE, "refused"), ("county", COUNTY, "recorded")):
        report = (await service.post(f"/tasks/{task['id']}/households", answers, role, area)).json()
        assert report[outcome] == 1, report


async def test_the_openings_are_told_again(service: Households) -> None:
    await villages(service)
    start = utc_now()
    await service.deliver(area_alert(service, STONE), service.alert(1))
    first = [await service.told(kind) for kind in (AreaChecksOpened, TaskOpened)]
    await service.sql("DELETE FROM outbox")
    async with service.database.write(Scope.everywhere()) as session:
        await replay.replay_checks(session, start, None)
    assert [await service.told(kind) for kind in (AreaChecksOpened, TaskOpened)] == first


async def test_the_lists_keep_to_their_areas(service: Households) -> None:
    await villages(service)
    await service.deliver(area_alert(service, STONE, RIVER))

    async def seen(scope: Scope) -> list[str]:
        async with service.database.read(scope) as session:
            return sorted(await session.scalars(select(TaskHousehold.area_code)))

    assert await seen(Scope.everywhere()) == [PINE, PINE, BAMBOO, BRIDGE]
    assert await seen(Scope.of(normalise(PINE))) == [PINE, PINE]
    assert await seen(Scope.of(normalise(STONE))) == [PINE, PINE, BAMBOO]
    assert await seen(Scope.nowhere()) == []
    async with service.database.engine.connect() as connection:  # says nothing of areas at all
        assert list(await connection.execute(select(TaskHousehold.area_code))) == []
    async with service.database.write(Scope.of(normalise(PINE))) as session:
        await session.execute(update(TaskHousehold).values(affected=True))
    told = await service.sql("SELECT area_code FROM task_household WHERE affected ORDER BY 1")
    assert told == [(PINE,), (PINE,)]
    [(task_id, household_id)] = await service.sql(
        "SELECT task_id, household_id FROM task_household WHERE area_code = :code", code=BRIDGE
    )
    for change in (
        update(TaskHousehold).values(area_code=BRIDGE),
        insert(TaskHousehold).values(task_id=task_id, household_id=household_id, area_code=BRIDGE),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with service.database.write(Scope.of(normalise(PINE))) as session:
                await session.execute(change)


async def test_hundreds_of_households_are_one_task(service: Households) -> None:
    rows = [household(n, PINE, [person(n)]) for n in range(1, 401)]
    assert (await service.post("/households/imports", rows, "county", COUNTY)).json()["failed"] == 0
    await service.deliver(area_alert(service, STONE))
    assert await lists(service) == {PINE: 400}
