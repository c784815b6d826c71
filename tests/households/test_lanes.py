"""Alerts of files and single ones come by two lanes that overtake each other; what becomes of them does not depend on it."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.households.background import sweep_deadlines
from services.households.consumers import HANDLERS
from shared.bus.port import Message
from shared.clock import local_date, utc_now
from shared.contracts.alerts import AlertRaised
from shared.contracts.envelope import Event
from shared.contracts.households import EvidenceAdded, TaskClosed, TaskEscalated, TaskOpened, TaskOverdue, VerdictGiven
from shared.db.outage import is_outage
from shared.inbox import Inbox
from shared.lanes import Lane, on_lane
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.commands import command
from tests.households.conftest import PINE, Households, household, message, person
from tests.households.test_checks import counts, withdrawn
from tests.households.test_tasks import VERDICT, visit


def in_lane(event: Event, lane: Lane) -> Message:
    """The event as it travels there."""
    return replace(message(event), topic=on_lane(event.topic, lane))


async def lanes_of(service: Households, kind: type[Event]) -> list[Lane]:
    """The lanes in which events of that kind were told, in order."""
    rows = await service.sql("SELECT lane FROM outbox WHERE type = :type ORDER BY id", type=kind.type)
    return [Lane(lane) for (lane,) in rows]


@pytest.mark.parametrize("lane", Lane)
async def test_what_becomes_of_an_alert_is_told_in_its_lane(service: Households, lane: Lane) -> None:
    first, second = service.alert(1), service.alert(1)
    await service.inbox.deliver([in_lane(first, lane), in_lane(second, lane)])
    assert await lanes_of(service, TaskOpened) == await lanes_of(service, EvidenceAdded) == [lane]
    await service.inbox.deliver([in_lane(withdrawn(first), lane), in_lane(withdrawn(second), lane)])
    assert await lanes_of(service, TaskClosed) == [lane]


async def test_people_are_told_live_of_what_people_do(service: Households) -> None:
    await service.register(household(1, PINE))
    await service.inbox.deliver([in_lane(service.alert(1), Lane.BULK)])
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert (await service.post(f"/tasks/{task['id']}/visits", visit(), "village", PINE)).status_code == 201
    assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
    assert await lanes_of(service, TaskClosed) == await lanes_of(service, VerdictGiven) == [Lane.LIVE]


async def test_a_file_that_falls_due_holds_up_nobody(service: Households) -> None:
    long_ago = utc_now() - timedelta(days=60)
    await service.deliver(*(service.alert(number, at=long_ago) for number in range(1, 4)))
    await sweep_deadlines(service.database, utc_now())
    assert await lanes_of(service, TaskOverdue) == await lanes_of(service, TaskEscalated) == [Lane.BULK] * 3


async def test_what_is_told_again_holds_up_nobody(
    service: Households, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    await service.deliver(service.alert(1), service.alert(1))
    await service.sql("DELETE FROM outbox")
    since = ("--since", local_date(utc_now()).isoformat())
    await command(cluster, database_name, vault_settings, "replay", "households", *since)
    assert await lanes_of(service, TaskOpened) == await lanes_of(service, EvidenceAdded) == [Lane.BULK]


class County:
    """Some households, the alerts on their people, and who took which back; each alert has one lane."""

    def __init__(self, service: Households, chance: random.Random) -> None:
        self.lanes: dict[Lane, list[Event]] = {lane: [] for lane in Lane}
        self.alerts: list[AlertRaised] = []
        self.taken_back: set[AlertRaised] = set()
        for number in chance.choices(range(1, 6), k=30):
            feed = chance.choice(("education.absence", "medical.cost"))
            alert = service.alert(number, feed=feed, at=utc_now() - timedelta(minutes=chance.randint(0, 600)))
            lane = chance.choice(list(Lane))
            self.alerts.append(alert)
            self.lanes[lane].append(alert)
            if chance.random() < 0.3:
                self.taken_back.add(alert)
                self.lanes[lane].append(withdrawn(alert))

    def deliveries(self, chance: random.Random) -> list[list[Message]]:
        """Both lanes cut into pieces, each in its order, the one ahead of the other as it happens."""
        left = {lane: list(events) for lane, events in self.lanes.items()}
        made = []
        while waiting := [lane for lane in Lane if left[lane]]:
            lane = chance.choice(waiting)
            count = chance.randint(1, min(8, len(left[lane])))
            made.append([in_lane(event, lane) for event in left[lane][:count]])
            del left[lane][:count]
        return made

    async def is_right(self, service: Households) -> None:
        """Every alert is evidence once, what stands has one open case per household and risk, what was taken back none."""
        evidence = await service.sql(
            "SELECT alert_id, subject_key, risk_family, state, withdrawn_at FROM evidence e"
            " JOIN risk_case c ON c.id = e.case_id"
        )
        assert sorted(row[0] for row in evidence) == sorted(alert.alert_id for alert in self.alerts)
        gone = {alert.alert_id for alert in self.taken_back}
        assert {row[0] for row in evidence if row[4] is not None} == gone
        standing = {(row[1], row[2]) for row in evidence if row[0] not in gone}
        assert {row[3] for row in evidence if row[0] not in gone} == {"open"}
        opened = await service.sql("SELECT subject_key, risk_family FROM risk_case WHERE state = 'open'")
        assert sorted(opened) == sorted(standing)
        tasks = await service.sql(
            "SELECT c.state, t.state, count(*) FROM task t JOIN risk_case c ON c.id = t.case_id GROUP BY 1, 2"
        )
        assert {(case, task) for case, task, _ in tasks} <= {("open", "open"), ("closed", "cancelled")}
        assert await service.sql("SELECT count(*) FROM dead_letter") == [(0,)]


@pytest.mark.parametrize("seed", range(8))
async def test_whichever_lane_is_ahead_the_cases_are_right(service: Households, seed: int) -> None:
    chance = random.Random(seed)
    await service.register(*(household(n, PINE, [person(2 * n), person(2 * n + 1, "李四", "20")]) for n in range(1, 3)))
    county = County(service, chance)
    for delivery in county.deliveries(chance):
        await service.inbox.deliver(delivery)
    await county.is_right(service)


async def test_both_lanes_at_once_in_one_process(service: Households) -> None:
    county = County(service, random.Random(11))
    await asyncio.gather(
        *(service.inbox.deliver([in_lane(event, lane) for event in county.lanes[lane]]) for lane in Lane)
    )
    await county.is_right(service)


async def test_both_lanes_at_once_in_two_processes(service: Households) -> None:
    """Two inboxes do not take turns. Where they lock each other out PostgreSQL ends one, and the bus delivers it again."""
    county = County(service, random.Random(12))

    async def consume(lane: Lane) -> None:
        box = Inbox(service.database, HANDLERS, attempts=2, pause=0.01)
        for start in range(0, len(county.lanes[lane]), 7):
            await insist(box, [in_lane(event, lane) for event in county.lanes[lane][start : start + 7]])

    async with asyncio.timeout(60):
        await asyncio.gather(*(consume(lane) for lane in Lane))
    await county.is_right(service)


async def insist(box: Inbox, batch: Sequence[Message]) -> None:
    """As a bus does."""
    while True:
        try:
            await box.deliver(batch)
            return
        except Exception as error:
            if not is_outage(error):
                raise


async def test_an_alert_of_a_file_that_comes_after_the_verdict_is_looked_at_anew(service: Households) -> None:
    """It was overtaken by a single one, whose case is closed by now: a closed case takes nothing more."""
    await service.register(household(1, PINE))
    early, late = service.alert(1, at=utc_now() - timedelta(hours=1)), service.alert(1)
    await service.inbox.deliver([in_lane(late, Lane.LIVE)])
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert (await service.post(f"/tasks/{task['id']}/visits", visit(), "village", PINE)).status_code == 201
    assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
    await service.inbox.deliver([in_lane(early, Lane.BULK)])
    assert await counts(service) == (2, 2, 2, 0)
    [told] = await service.told(VerdictGiven)
    assert told.alert_ids == [late.alert_id], "the verdict speaks of what was known when it was given"
