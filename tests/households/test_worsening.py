"""Worse evidence, evidence taken back, alerts that expire, and what is answered about alerts taken for open."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from shared.clock import utc_now
from shared.contracts.alerts import (
    AccountAsked,
    AlertExpired,
    AlertRaised,
    AlertWithdrawn,
    AlertWorsened,
    EvidenceWithdrawn,
)
from shared.contracts.households import AccountGiven, EvidenceAdded, TaskClosed, TaskOpened, VerdictGiven
from shared.ids import new_id
from tests.households.conftest import PINE, Households, household, person, policy_id

VERDICT = {"verdict": "no_risk", "reason": "核实无风险"}
BILL = "medical.cost"


def worse(service: Households, alert: AlertRaised, number: int = 1, days: float = 0, **changed: Any) -> AlertWorsened:
    """Worse evidence for an alert, about the person with that number, so many days after it."""
    at = alert.reported_at + timedelta(days=days)
    fields = service.alert(number, feed=alert.feed, area=alert.area_code, at=at).model_dump()
    own = {"alert_id": alert.alert_id, "evidence_id": new_id(), "subject_key": alert.key}
    return AlertWorsened(**{**fields, **own, **changed})


async def due(service: Households) -> Any:
    """The deadline of the only task."""
    [(due_at,)] = await service.sql("SELECT due_at FROM task")
    return due_at


async def states(service: Households) -> list[Any]:
    """State of each case and its task, oldest first."""
    return await service.sql("SELECT c.state, t.state FROM risk_case c JOIN task t ON t.case_id = c.id ORDER BY c.id")


async def test_worse_evidence_joins_the_alerts_own_case(service: Households) -> None:
    await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    alert = service.alert(1, feed=BILL)
    await service.deliver(alert)
    more = worse(service, alert, 2, severity="high")
    await service.deliver(more, more)
    [added] = await service.told(EvidenceAdded)
    [opened] = await service.told(TaskOpened)
    assert (added.alert_id, added.case_id, added.due_at) == (alert.alert_id, opened.case_id, opened.due_at)
    evidence = await service.sql(
        "SELECT evidence_id, alert_id, severity FROM evidence ORDER BY reported_at, evidence_id"
    )
    assert evidence == [(alert.alert_id, alert.alert_id, "medium"), (more.evidence_id, alert.alert_id, "high")]
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    history = await service.get(f"/tasks/{task['id']}/history", "village", PINE)
    assert [line["what"] for line in history] == ["opened", "worsened"]
    assert history[1]["detail"]["evidence_id"] == str(more.evidence_id)
    assert history[1]["detail"]["policy_id"] == str(policy_id("task-deadline"))
    whole = await service.get(f"/tasks/{task['id']}", "village", PINE)
    assert [one["evidence_id"] for one in whole["evidence"]] == [str(alert.alert_id), str(more.evidence_id)]


async def test_a_deadline_comes_nearer_and_never_goes_away(service: Households) -> None:
    alert = service.alert(1, feed=BILL)  # five days
    await service.deliver(alert)
    before = await due(service)
    await service.deliver(worse(service, alert, days=2))
    assert await due(service) == before, "five days from later are later"
    await service.deliver(worse(service, alert, days=0.001, feed="education.absence"))  # three days
    nearer = await due(service)
    assert before - nearer >= timedelta(days=2)
    [(version, policy)] = await service.sql("SELECT version, policy_id FROM task")
    assert (version, policy) == (2, policy_id("task-deadline"))
    assert [one.due_at for one in await service.told(EvidenceAdded)] == [before, nearer]


async def test_worse_evidence_after_the_verdict_is_a_new_check(service: Households) -> None:
    await service.register(household(1, PINE))
    alert = service.alert(1)
    await service.deliver(alert)
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
    await service.deliver(worse(service, alert))
    assert await states(service) == [("closed", "done"), ("open", "open")]
    first, second = await service.told(TaskOpened)
    assert (first.alert_id, first.case_id != second.case_id) == (second.alert_id, True)
    [again] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert (await service.post(f"/tasks/{again['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
    assert [one.alert_ids for one in await service.told(VerdictGiven)] == [[alert.alert_id]] * 2


async def test_a_verdict_names_an_alert_once(service: Households) -> None:
    await service.register(household(1, PINE))
    alert = service.alert(1)
    await service.deliver(alert, worse(service, alert), worse(service, alert))
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
    [given] = await service.told(VerdictGiven)
    assert given.alert_ids == [alert.alert_id]


async def test_somebody_who_became_known_in_between(service: Households) -> None:
    """The case stands on the person, the worse evidence on the household: it belongs to the alert's case."""
    alert = service.alert(1)
    await service.deliver(alert)
    await service.register(household(1, PINE))
    await service.deliver(worse(service, alert))
    assert await states(service) == [("open", "open")]


@pytest.mark.parametrize("together", [True, False])
async def test_every_order_is_one_case(service: Households, together: bool) -> None:
    for number, order in enumerate(permutations(range(3)), 1):
        alert = service.alert(number)
        events = [alert, worse(service, alert, number), worse(service, alert, number)]
        ordered = [events[place] for place in order]
        for delivery in [ordered] if together else [[event] for event in ordered]:
            await service.deliver(*delivery)
    assert await states(service) == [("open", "open")] * 6
    rows = await service.sql("SELECT alert_id, count(*), count(DISTINCT case_id) FROM evidence GROUP BY 1")
    assert [row[1:] for row in rows] == [(3, 1)] * 6


async def test_evidence_taken_back_leaves_the_alert_with_the_rest(service: Households) -> None:
    alert = service.alert(1)
    more = worse(service, alert)
    await service.deliver(alert, more)

    def gone(evidence_id: UUID) -> EvidenceWithdrawn:
        return EvidenceWithdrawn(
            alert_id=alert.alert_id, evidence_id=evidence_id, subject_key=alert.key, withdrawn_at=utc_now()
        )

    await service.deliver(gone(alert.alert_id))
    assert await states(service) == [("open", "open")]
    await service.deliver(gone(more.evidence_id))
    assert await states(service) == [("closed", "cancelled")]
    await service.deliver(gone(new_id()))
    assert await service.sql("SELECT error FROM dead_letter") == [("AlertUnknown:alert-unknown",)]


async def test_a_withdrawn_alert_takes_all_its_evidence_along(service: Households) -> None:
    alert = service.alert(1)
    await service.deliver(alert, worse(service, alert))
    await service.deliver(AlertWithdrawn(alert_id=alert.alert_id, subject_key=alert.key, withdrawn_at=utc_now()))
    assert await states(service) == [("closed", "cancelled")]


def over(alert: AlertRaised) -> AlertExpired:
    return AlertExpired(alert_id=alert.alert_id, subject_key=alert.key, expired_at=utc_now())


async def test_an_expired_alert_is_nobodys_task(service: Households) -> None:
    alert, other = service.alert(1), service.alert(1)
    await service.deliver(alert, other)
    await service.deliver(over(alert))
    assert await states(service) == [("open", "open")]
    await service.deliver(over(other))
    assert await states(service) == [("closed", "cancelled")]
    [closed] = await service.told(TaskClosed)
    assert closed.state == "cancelled"
    [(detail,)] = await service.sql("SELECT detail FROM task_event WHERE what = 'cancelled'")
    assert detail == {"reason": "alerts-expired"}


async def test_what_was_answered_does_not_expire(service: Households) -> None:
    await service.register(household(1, PINE))
    alert = service.alert(1)
    await service.deliver(alert)
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
    await service.deliver(over(alert))
    assert await service.sql("SELECT withdrawn_at FROM evidence") == [(None,)]
    assert await states(service) == [("closed", "done")]


async def test_the_books_are_compared(service: Households) -> None:
    await service.register(household(1, PINE), household(2, PINE))
    answered, dropped, open_one = service.alert(1), service.alert(2), service.alert(77)
    await service.deliver(answered, dropped, open_one)
    tasks = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    for task in tasks:
        ids = [one["alert_id"] for one in task["evidence"]]
        if ids == [str(answered.alert_id)]:
            assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
        else:
            cancelled = await service.post(f"/tasks/{task['id']}/cancellation", {"reason": "ordered"})
            assert cancelled.status_code == 200
    missing, check = new_id(), new_id()
    ids = [open_one.alert_id, missing, answered.alert_id, dropped.alert_id]
    asked = AccountAsked(check_id=check, alert_ids=ids, asked_at=utc_now())
    await service.deliver(asked)

    [given] = await service.told(AccountGiven)
    assert (given.check_id, given.missing, given.answered, given.dropped) == (
        *(check, [missing], [answered.alert_id], [dropped.alert_id]),
    )
    first, again = await service.told(VerdictGiven)
    assert first == again, "the verdict that got lost is told once more"
