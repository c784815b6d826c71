"""Alerts become cases and tasks: through the inbox, on a real database."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from services.households.consumers import HANDLERS
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised, AlertWithdrawn
from shared.contracts.households import EvidenceAdded, TaskClosed, TaskOpened
from shared.inbox import Inbox
from tests.households.conftest import (
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    Households,
    household,
    message,
    person,
    policy_id,
)


def withdrawn(alert: AlertRaised) -> AlertWithdrawn:
    return AlertWithdrawn(alert_id=alert.alert_id, subject_key=alert.key, withdrawn_at=utc_now())


async def counts(service: Households) -> tuple[int, ...]:
    """Cases, tasks, evidence, dead letters."""
    tables = ("risk_case", "task", "evidence", "dead_letter")
    return tuple([(await service.sql(f"SELECT count(*) FROM {table}"))[0][0] for table in tables])


async def test_a_known_person_is_the_matter_of_their_own_village(service: Households) -> None:
    [household_id] = await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    alert = service.alert(2, area=BRIDGE)  # the bureau had an old address
    await service.deliver(alert)
    [opened] = await service.told(TaskOpened)
    assert (opened.level, opened.area_code, str(opened.household_id)) == ("village", PINE, household_id)
    assert (opened.subject_key, opened.alert_id) == (household_id, alert.alert_id)


async def test_a_household_is_found_by_its_national_code(service: Households) -> None:
    body = household(1, PINE)
    [household_id] = await service.register(body)
    await service.deliver(service.alert(code=body["national_code"]))
    [opened] = await service.told(TaskOpened)
    assert str(opened.household_id) == household_id


@pytest.mark.parametrize(
    ("area", "level", "desk"), [(BRIDGE, "township", RIVER), (RIVER, "township", RIVER), (COUNTY, "county", COUNTY)]
)
async def test_an_unknown_person_is_looked_for_by_the_township(
    service: Households, area: str, level: str, desk: str
) -> None:
    alert = service.alert(77, area=area)
    await service.deliver(alert)
    [opened] = await service.told(TaskOpened)
    assert (opened.level, opened.area_code, opened.household_id) == (level, desk, None)
    assert opened.subject_key == alert.person_key


async def test_the_deadline_is_the_policys_for_feed_and_day(service: Households) -> None:
    reported_at = datetime.fromisoformat("2026-03-02T23:30:00+08:00")
    await service.deliver(service.alert(1, at=reported_at), service.alert(1, feed="medical.cost", at=reported_at))
    absence, medical = await service.told(TaskOpened)
    assert await service.sql("SELECT DISTINCT policy_id FROM task") == [(policy_id("task-deadline"),)]
    assert absence.due_at == datetime.fromisoformat("2026-03-06T00:00:00+08:00")  # the whole of the 5th is in time
    assert medical.due_at == datetime.fromisoformat("2026-03-08T00:00:00+08:00")


async def test_alerts_of_one_household_and_risk_are_one_case(service: Households) -> None:
    await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    first, second, other_risk = service.alert(1), service.alert(2), service.alert(1, feed="medical.cost")
    await service.deliver(first, other_risk, second)  # in one batch ...
    third = service.alert(2)
    await service.deliver(third)  # ... and in the next
    assert await counts(service) == (2, 2, 4, 0)
    opened = {one.alert_id: one for one in await service.told(TaskOpened)}
    added = await service.told(EvidenceAdded)
    assert opened.keys() == {first.alert_id, other_risk.alert_id}
    assert [one.alert_id for one in added] == [second.alert_id, third.alert_id]
    assert {one.case_id for one in added} == {opened[first.alert_id].case_id}
    joined = await service.sql("SELECT detail FROM task_event WHERE what = 'evidence-added' ORDER BY id")
    assert [row[0] for row in joined] == [
        {"alert_id": str(one.alert_id), "policy_id": str(policy_id("case-merge"))} for one in (second, third)
    ]


async def test_after_the_merge_window_a_new_case_is_opened(service: Households) -> None:
    start = utc_now() - timedelta(days=100)
    for day in (0, 29, 58, 90):  # the window runs from the last evidence, not from the first
        await service.deliver(service.alert(1, at=start + timedelta(days=day)))
    assert await counts(service) == (2, 2, 4, 0)
    await service.deliver(service.alert(1, at=start + timedelta(days=91)))
    assert await counts(service) == (2, 2, 5, 0), "it joins the newer of two open cases"


async def test_the_same_batch_twice_and_the_log_from_its_beginning(service: Households) -> None:
    batch = [message(service.alert(number)) for number in range(1, 6)]
    await service.inbox.deliver(batch)
    await service.inbox.deliver(batch)
    assert await counts(service) == (5, 5, 5, 0)
    again = [message(AlertRaised.model_validate_json(one.value), uuid4()) for one in batch]  # known to no inbox
    await service.inbox.deliver([*again, *again])
    assert await counts(service) == (5, 5, 5, 0)
    assert len(await service.told(TaskOpened)) == 5


async def test_an_alert_that_was_overtaken_joins_its_case(service: Households) -> None:
    early, late = (service.alert(1, at=utc_now() - timedelta(days=days)) for days in (5, 1))
    await service.deliver(late)
    await service.deliver(early)
    assert await counts(service) == (1, 1, 2, 0)
    [(last,)] = await service.sql("SELECT last_evidence_at FROM risk_case")
    assert last == late.reported_at


async def test_without_a_policy_the_alert_waits_as_a_dead_letter(service: Households) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'task-deadline'")
    await service.deliver(service.alert(1))
    assert await counts(service) == (0, 0, 0, 1)
    assert await service.sql("SELECT error FROM dead_letter") == [("PolicyMissing:policy-missing",)]


async def test_a_case_without_evidence_is_closed(service: Households) -> None:
    one, other = service.alert(1), service.alert(1)
    await service.deliver(one, other)
    await service.deliver(withdrawn(one))
    assert await service.told(TaskClosed) == []
    await service.deliver(withdrawn(other))
    [closed] = await service.told(TaskClosed)
    assert (closed.state, closed.late) == ("cancelled", False)
    assert await service.sql("SELECT c.state, t.state, verdict FROM risk_case c, task t") == [
        ("closed", "cancelled", None)
    ]
    await service.deliver(withdrawn(other))
    assert len(await service.told(TaskClosed)) == 1
    await service.deliver(service.alert(1))
    assert await counts(service) == (2, 2, 3, 0), "a closed case takes in nothing"


async def test_raised_and_withdrawn_in_one_batch(service: Households) -> None:
    alert = service.alert(1)
    await service.deliver(alert, withdrawn(alert), service.alert(2))
    assert sorted(await service.sql("SELECT state FROM task")) == [("cancelled",), ("open",)]


async def test_withdrawing_what_never_came_is_a_dead_letter(service: Households) -> None:
    await service.deliver(withdrawn(service.alert(1)), service.alert(2))
    assert await counts(service) == (1, 1, 1, 1)
    assert await service.sql("SELECT error FROM dead_letter") == [("AlertUnknown:alert-unknown",)]


async def test_two_processes_open_one_case(service: Households) -> None:
    await service.register(household(1, PINE, [person(number, f"张{number}", "99") for number in range(1, 9)]))
    inboxes = [service.inbox, Inbox(service.database, HANDLERS)]
    batches = [[message(service.alert(number)) for number in order] for order in (range(1, 9), range(8, 0, -1))]
    for one, other in zip(*batches, strict=True):
        await asyncio.gather(inboxes[0].deliver([one]), inboxes[1].deliver([other]))
    assert await counts(service) == (1, 1, 16, 0)


async def test_batches_that_share_subjects_do_not_deadlock(service: Households) -> None:
    inboxes = [service.inbox, Inbox(service.database, HANDLERS)]
    numbers = list(range(1, 101))
    batches = [[message(service.alert(number)) for number in order] for order in (numbers, numbers[::-1])]
    await asyncio.gather(*(inbox.deliver(batch) for inbox, batch in zip(inboxes, batches, strict=True)))
    assert await counts(service) == (100, 100, 200, 0)


async def test_a_case_being_closed_takes_no_alert(service: Households) -> None:
    """Verdict and alert at once: the alert is either in the verdict or opens a case of its own."""
    for number in range(1, 11):
        await service.deliver(service.alert(number))
        [(task_id,)] = await service.sql("SELECT id FROM task WHERE state = 'open'")
        body = {"verdict": "no_risk", "reason": "核实无风险"}
        late = service.alert(number)
        answer, _ = await asyncio.gather(service.post(f"/tasks/{task_id}/verdict", body), service.deliver(late))
        assert answer.status_code == 201
        rows = await service.sql(
            "SELECT c.state, e.reported_at <= c.closed_at FROM evidence e JOIN risk_case c ON c.id = case_id"
            " WHERE alert_id = :id",
            id=late.alert_id,
        )
        if rows[0][0] == "closed":
            from shared.contracts.households import VerdictGiven

            assert late.alert_id in (await service.told(VerdictGiven))[-1].alert_ids
        else:
            await service.deliver(withdrawn(late))
