"""One open check a village and risk: further warnings join it, its list grows, and all of them get its verdict."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.households.consumers import HANDLERS
from services.households.usecases import replay
from services.households.usecases.tasks import cancel_task
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.alerts import (
    AccountAsked,
    AlertExpired,
    AlertWithdrawn,
    AreaAlertRaised,
    AreaAlertWorsened,
    EvidenceWithdrawn,
)
from shared.contracts.households import AccountGiven, AreaChecksOpened, EvidenceAdded, TaskClosed, VerdictGiven
from shared.ids import new_id
from shared.inbox import Inbox
from shared.security.principals import SYSTEM
from tests.households.conftest import BAMBOO, BRIDGE, PINE, STONE, Households, household, message, person
from tests.households.test_area_checks import LOWER, UPPER, area_alert, lists, villages, withdrawn

NO_RISK = {"verdict": "no_risk", "reason": "已接通应急供水"}


def worse(
    alert: AreaAlertRaised, *codes: str, hamlets: Sequence[str] = (), days: float = 0, **changed: Any
) -> AreaAlertWorsened:
    """Worse evidence for it, so many days later, about these of its areas."""
    at = alert.reported_at + timedelta(days=days)
    own = {"evidence_id": new_id(), "reported_at": at, "natural_villages": list(hamlets)}
    if codes:
        own["area_codes"] = list(codes)
    return AreaAlertWorsened(**{**alert.model_dump(), **own, **changed})


async def answer(service: Households, area: str) -> dict[str, Any]:
    """The village says there is no risk."""
    [task] = [one for one in (await service.get("/tasks", "village", area))["items"] if one["state"] == "open"]
    given = await service.post(f"/tasks/{task['id']}/verdict", NO_RISK, "village", area)
    assert given.status_code == 201, given.text
    return dict(given.json())


async def states(service: Households) -> list[Any]:
    """Area and state of each task, in the order in which they were made."""
    return await service.sql("SELECT area_code, state FROM task ORDER BY id")


async def test_three_alerts_on_one_village_are_one_task(service: Households) -> None:
    await villages(service)
    alerts = [area_alert(service, PINE) for _ in range(3)]
    await service.deliver(*alerts)
    assert await lists(service) == {PINE: 2}
    told = await service.told(AreaChecksOpened)
    assert [one.alert_id for one in told] == [one.alert_id for one in alerts]
    assert len({one.checks[0].task_id for one in told}) == 1
    assert await service.told(EvidenceAdded) == [], "area checks are told together"
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert len((await service.get(f"/tasks/{task['id']}", "village", PINE))["evidence"]) == 3
    history = await service.get(f"/tasks/{task['id']}/history", "village", PINE)
    assert [line["what"] for line in history] == ["opened", "evidence-added", "evidence-added"]

    await answer(service, PINE)
    [given] = await service.told(VerdictGiven)
    assert (given.area_code, set(given.alert_ids)) == (PINE, {one.alert_id for one in alerts})


async def test_another_risk_or_a_window_that_is_over_is_a_check_of_its_own(service: Households) -> None:
    await villages(service)
    first = area_alert(service, PINE)
    late = area_alert(service, PINE, at=first.reported_at + timedelta(days=31))
    await service.deliver(first, area_alert(service, PINE, risk_family="disaster"), late)
    assert len(await states(service)) == 3
    await service.deliver(area_alert(service, PINE, at=late.reported_at + timedelta(days=1)))
    assert len(await states(service)) == 3, "it joins the newer of two"


async def test_the_list_grows_by_whom_the_next_one_names(service: Households) -> None:
    first, second, *_ = await villages(service)
    await service.deliver(area_alert(service, PINE, hamlets=[UPPER]))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    said = await service.post(f"/tasks/{task['id']}/households/{first}", {"affected": True}, "village", PINE)
    assert said.status_code == 200, said.text

    await service.deliver(area_alert(service, PINE, BAMBOO, hamlets=[LOWER]))

    [task] = (await service.get("/tasks", "village", PINE))["items"]
    shown = task["area_list"]
    assert (shown["households"], shown["affected"], shown["natural_villages"]) == (2, 1, [UPPER, LOWER])
    page = (await service.get(f"/tasks/{task['id']}/households", "village", PINE))["items"]
    assert {one["household"]["id"]: one["affected"] for one in page} == {first: True, second: None}
    *_, first_again, told = await service.told(AreaChecksOpened)
    assert [(one.area_code, one.households) for one in told.checks] == [(PINE, 2), (BAMBOO, 0)]
    assert [(one.area_code, one.households) for one in first_again.checks] == [(PINE, 2)], "its list has grown as well"

    await service.deliver(area_alert(service, PINE))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    assert task["area_list"]["natural_villages"] == [], "of one that names all, all are meant"


async def test_the_next_one_opens_only_the_villages_that_are_not_asked(service: Households) -> None:
    await villages(service)
    await service.deliver(area_alert(service, PINE))
    await service.deliver(area_alert(service, STONE, BRIDGE))
    assert [area for area, _ in await states(service)] == [PINE, BAMBOO, BRIDGE]
    [_, told] = await service.told(AreaChecksOpened)
    assert [one.area_code for one in told.checks] == [PINE, BAMBOO, BRIDGE]


async def test_what_is_worse_brings_the_deadline_nearer_and_asks_a_closed_village_anew(service: Households) -> None:
    await villages(service)
    alert = area_alert(service, PINE, BAMBOO, severity="low")
    await service.deliver(alert)
    [first] = await service.told(AreaChecksOpened)
    await answer(service, BAMBOO)
    more = worse(alert, days=0.001, severity="high")
    await service.deliver(more, more)
    again = (await service.told(AreaChecksOpened))[-1]
    pine, bamboo = again.checks
    assert (pine.task_id, bamboo.task_id == first.checks[1].task_id) == (first.checks[0].task_id, False)
    assert pine.due_at <= first.checks[0].due_at
    assert await states(service) == [(PINE, "open"), (BAMBOO, "done"), (BAMBOO, "open")]
    history = await service.get(f"/tasks/{pine.task_id}/history", "village", PINE)
    assert [line["what"] for line in history] == ["opened", "worsened"]
    late = worse(alert, PINE, days=40)
    await service.deliver(late)
    assert len(await states(service)) == 3, "what is worse joins the alert's open check whatever the window"


async def test_one_of_several_is_withdrawn_and_the_check_stands(service: Households) -> None:
    await villages(service)
    first, second = area_alert(service, PINE, BAMBOO), area_alert(service, PINE)
    await service.deliver(first, second)
    await service.deliver(withdrawn(first))
    assert await states(service) == [(PINE, "open"), (BAMBOO, "cancelled")]
    [closed] = await service.told(TaskClosed)
    assert (closed.area_code, closed.alert_ids) == (BAMBOO, [first.alert_id])
    await answer(service, PINE)
    [given] = await service.told(VerdictGiven)
    assert given.alert_ids == [second.alert_id]


async def test_the_first_evidence_is_withdrawn_and_the_alert_stands_on_the_rest(service: Households) -> None:
    await villages(service)
    alert = area_alert(service, PINE, BAMBOO)
    more = worse(alert, BAMBOO, days=0.001)
    gone = EvidenceWithdrawn(
        alert_id=alert.alert_id, evidence_id=alert.alert_id, subject_key=alert.key, withdrawn_at=utc_now()
    )
    await service.deliver(alert, more)
    await service.deliver(gone, gone)
    assert await states(service) == [(PINE, "cancelled"), (BAMBOO, "open")]
    [closed] = await service.told(TaskClosed)
    assert (closed.area_code, closed.alert_ids) == (PINE, [alert.alert_id]), "it stands, and waits for Pine no more"
    await service.deliver(gone.model_copy(update={"evidence_id": more.evidence_id}))
    assert await states(service) == [(PINE, "cancelled"), (BAMBOO, "cancelled")]
    assert await service.sql("SELECT 1 FROM dead_letter") == []


async def test_who_drops_a_check_tells_which_alerts_wait_no_more(service: Households) -> None:
    await villages(service)
    alerts = [area_alert(service, PINE), area_alert(service, PINE)]
    await service.deliver(*alerts)
    [(task_id,)] = await service.sql("SELECT id FROM task")
    async with service.database.write(Scope.everywhere()) as session:
        await cancel_task(session, SYSTEM, task_id, "not-ours", utc_now())
    [closed] = await service.told(TaskClosed)
    assert (closed.area_code, closed.alert_ids) == (PINE, sorted(one.alert_id for one in alerts))


async def test_the_books_and_the_end_of_time(service: Households) -> None:
    await villages(service)
    first, second = area_alert(service, PINE), area_alert(service, PINE, BAMBOO)
    await service.deliver(first, second)
    await answer(service, PINE)
    ids: list[UUID] = [first.alert_id, second.alert_id]
    await service.deliver(AccountAsked(check_id=new_id(), alert_ids=ids, asked_at=utc_now()))
    [given] = await service.told(AccountGiven)
    assert (given.missing, given.answered, given.dropped) == ([], [first.alert_id], [])
    over = [AlertExpired(alert_id=id_, subject_key=str(id_), expired_at=utc_now()) for id_ in ids]
    await service.deliver(*over)
    assert await states(service) == [(PINE, "done"), (BAMBOO, "cancelled")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_in_any_order_and_twice_it_is_one_task(service: Households, order: tuple[int, ...]) -> None:
    await villages(service)
    alert = area_alert(service, PINE)
    batch = [message(one) for one in (alert, worse(alert, days=0.5), area_alert(service, PINE, BAMBOO))]
    for number in order:
        await service.inbox.deliver([batch[number]])
    await service.inbox.deliver(batch)
    assert await lists(service) == {PINE: 2, BAMBOO: 1}
    assert await service.sql("SELECT count(*) FROM evidence GROUP BY case_id ORDER BY 1") == [(1,), (3,)]
    assert await service.sql("SELECT 1 FROM dead_letter") == []


async def test_at_the_same_moment_it_is_one_task(service: Households) -> None:
    await villages(service)
    alerts = [area_alert(service, *codes) for codes in ((PINE, BRIDGE), (BRIDGE, PINE), (STONE,), (PINE,))]
    inboxes = [Inbox(service.database, HANDLERS) for _ in alerts]
    await asyncio.gather(*(one.deliver([message(alert)]) for one, alert in zip(inboxes, alerts, strict=True)))
    assert await lists(service) == {PINE: 2, BAMBOO: 1, BRIDGE: 1}
    assert len(await states(service)) == 3


async def test_who_came_after_the_first_alert_is_listed_by_the_next(service: Households) -> None:
    await villages(service)
    await service.deliver(area_alert(service, PINE))
    await service.register(household(9, PINE, [person(9)]))
    await service.deliver(area_alert(service, PINE))
    assert await lists(service) == {PINE: 3}
    told = {one.alert_id: one.checks[0].households for one in await service.told(AreaChecksOpened)}
    assert list(told.values()) == [3, 3], "no alert hears of more checked than there are"
    await service.deliver(area_alert(service, PINE))
    assert len(await service.told(AreaChecksOpened)) == 4, "who stands in a check that has not grown hears nothing"


async def test_what_joined_is_told_again(service: Households) -> None:
    await villages(service)
    start = utc_now()
    alert = area_alert(service, PINE)
    await service.deliver(alert)
    await service.deliver(area_alert(service, PINE, BAMBOO))
    await service.deliver(worse(alert, days=0.001))
    newest = {one.alert_id: one.checks for one in await service.told(AreaChecksOpened)}
    await service.sql("DELETE FROM outbox")
    async with service.database.write(Scope.everywhere()) as session:
        await replay.replay_checks(session, start, None)
    again = await service.told(AreaChecksOpened)
    assert {one.alert_id: one.checks for one in again} == newest
    assert await service.told(EvidenceAdded) == []


async def test_an_alert_that_is_withdrawn_whole_leaves_no_trace_of_worse(service: Households) -> None:
    await villages(service)
    alert = area_alert(service, PINE)
    await service.deliver(alert, worse(alert, days=0.001))
    await service.deliver(AlertWithdrawn(alert_id=alert.alert_id, subject_key=alert.key, withdrawn_at=utc_now()))
    assert await states(service) == [(PINE, "cancelled")]
