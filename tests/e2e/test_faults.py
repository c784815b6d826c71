"""Whatever is killed, and however often a message comes: no alert is lost, no task is doubled."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psutil
import pytest

from services import SERVICES
from shared.bus.port import Message
from shared.clock import local_date, utc_now
from tests.e2e import story, topics
from tests.e2e.embedded import Embedded
from tests.e2e.load import Load
from tests.e2e.on_kafka import OnKafka
from tests.e2e.story import eventually, report, task_of
from tests.e2e.system import System
from tests.processes import still_running

SETTLE_SECONDS = 180.0
"""Long: two busy cores, and whatever else is tested beside. Nobody waits longer than it takes."""
ROWS = """rows AS (
    SELECT source_ref, id AS alert_id FROM alerts.alert WHERE source_ref LIKE $1
    UNION ALL SELECT source_ref, alert_id FROM alerts.alert_evidence WHERE source_ref LIKE $1)"""
"""The rows of a load, each with the alert that it is or belongs to."""


@pytest.mark.kafka
async def test_a_message_twice_and_out_of_order_is_one_task(on_kafka: OnKafka) -> None:
    """Every event comes three times more: from the last to the first, in order, and shuffled under another id.

    First in this file: all that is on the topic is told again, and those below leave thousands there.
    """
    load = Load(on_kafka, uuid4().hex[:8])
    await load.send(300)
    await settled(on_kafka, load)
    before = await state_of_cases(on_kafka)
    address = on_kafka.broker.bootstrap_servers
    lanes = [await topics.read_all(address, topic) for topic in ("alerts.alert", "alerts.alert-bulk")]
    assert all(lanes), "singles and a batch"
    events = [event for lane in lanes for event in lane]
    assert len(events) >= 100, "the strangers' alone"
    retold = [replace(event, id=str(uuid4())) for event in events]
    random.Random(5).shuffle(retold)
    await topics.produce(address, [*reversed(events), *events, *retold])
    for ending in ("", "-bulk"):
        await topics.caught_up(address, f"households{ending}", f"alerts.alert{ending}")
    assert await state_of_cases(on_kafka) == before
    await nothing_lost_or_doubled(on_kafka, load, expect=300)


@pytest.mark.kafka
@pytest.mark.parametrize(("rounds", "rows"), [(1, 125), pytest.param(3, 2000, marks=pytest.mark.slow)])
async def test_every_process_killed_in_turn(on_kafka: OnKafka, rounds: int, rows: int) -> None:
    load = Load(on_kafka, uuid4().hex[:8])
    for victim in on_kafka.victims * rounds:
        await load.send(rows, meanwhile=killed(on_kafka, victim))
    await load.send(rows)  # and all of them still work
    await settled(on_kafka, load)
    await nothing_lost_or_doubled(on_kafka, load, expect=load.sent)


@pytest.mark.parametrize(("times", "rows"), [(2, 300), pytest.param(5, 1000, marks=pytest.mark.slow)])
async def test_the_one_process_killed_again_and_again(embedded: Embedded, times: int, rows: int) -> None:
    """Nothing is lost or doubled, and of what it had started nothing goes on."""
    load, started = Load(embedded, uuid4().hex[:8]), []
    for _ in range(times):
        children = psutil.Process(embedded.program.pid).children(recursive=True)
        assert len(children) > 2, "the database and a worker at least"
        started += children
        await load.send(rows, meanwhile=killed(embedded, "system"))
    await load.send(rows)
    await settled(embedded, load)
    await nothing_lost_or_doubled(embedded, load, expect=load.sent)
    assert await asyncio.to_thread(still_running, started) == []


async def test_the_database_of_the_one_process_killed_again_and_again(embedded: Embedded) -> None:
    """It is there again by itself, and whoever sent meanwhile has only to send again."""
    load = Load(embedded, uuid4().hex[:8])
    for _ in range(2):
        await load.send(200, meanwhile=lambda: embedded.kill("postgres"))
    await load.send(50)
    await settled(embedded, load)
    await nothing_lost_or_doubled(embedded, load, expect=load.sent)


@pytest.mark.kafka
@pytest.mark.parametrize("seconds", [10, pytest.param(120, marks=pytest.mark.slow)])
async def test_kafka_away_for_a_while(on_kafka: OnKafka, seconds: float) -> None:
    """Bureaus notice nothing: alerts are taken, wait in the outbox, and become tasks when Kafka is back."""
    await on_kafka.kill("kafka")
    try:
        load = await meanwhile_alerts_are_taken(on_kafka, seconds)
    finally:
        await on_kafka.start("kafka")
    await settled(on_kafka, load)
    await nothing_lost_or_doubled(on_kafka, load, expect=200)


@pytest.mark.kafka
@pytest.mark.slow
async def test_kafka_frozen(on_kafka: OnKafka) -> None:
    """Worse than away: every connection is open, and no answer comes."""
    on_kafka.freeze_kafka()
    try:
        load = await meanwhile_alerts_are_taken(on_kafka, seconds=45)
    finally:
        on_kafka.freeze_kafka(thaw=True)
    await settled(on_kafka, load)
    await nothing_lost_or_doubled(on_kafka, load, expect=200)


@pytest.mark.kafka
async def test_poison_is_put_aside_and_holds_up_nobody(on_kafka: OnKafka) -> None:
    family = on_kafka.family()
    cadre, admin = await on_kafka.sign_in("village", family.area_code), await on_kafka.sign_in("admin")
    poison = [
        message("alerts.alert", type_="alerts.alert-raised", value=b'{"alert_id": "not a uuid"}'),
        message("alerts.alert", type_="alerts.alert-raised", value=b"\x00\xff not even JSON"),
    ]
    await topics.produce(on_kafka.broker.bootstrap_servers, poison)
    bureau = on_kafka.bureau(story.ABSENCE)
    alerts = [await report(bureau, story.absence(person), None) for person in family.people]  # one household: one alert
    for alert in alerts:
        await eventually(lambda alert=alert: task_of(cadre, alert), what="healthy alerts pass the poison")  # type: ignore[misc]

    async def letters() -> list[dict[str, Any]]:
        answer = await admin.get("/households/v1/dead-letters", params={"limit": "200"})
        assert answer.status_code == 200, answer.text
        wanted = {one.id for one in poison}
        return [letter for letter in answer.json()["items"] if letter["id"] in wanted]

    async def all_there() -> bool:
        return len(await letters()) == len(poison)

    await eventually(all_there, what="the poison is listed")
    for letter in await letters():
        place = f"/households/v1/dead-letters/{letter['id']}"
        assert (await admin.post(f"{place}/replay")).status_code == 409, "it is as bad as before"
        assert (await cadre.post(f"{place}/discard")).status_code == 403
        assert (await admin.post(f"{place}/discard")).status_code == 204
    assert await letters() == []


def killed(system: System, victim: str) -> Callable[[], Awaitable[None]]:
    """SIGKILL, a moment of absence, and a new start."""

    async def work() -> None:
        await system.kill(victim)
        await asyncio.sleep(0.5)
        await system.start(victim)

    return work


async def meanwhile_alerts_are_taken(on_kafka: OnKafka, seconds: float) -> Load:
    """Send 200 alerts while there is no Kafka; returns when it has been away for that long at least."""
    gone_at = time.monotonic()
    load = Load(on_kafka, uuid4().hex[:8])
    await load.send(200)
    assert await evidence_of(on_kafka, load) == 0
    await asyncio.sleep(max(0.0, gone_at + seconds - time.monotonic()))
    return load


async def settled(system: System, load: Load) -> None:
    """Wait until every row's alert is evidence, its bureau's service knows, and nothing is on its way any more."""

    async def all_through() -> bool:
        [known] = await system.ask(
            f"WITH {ROWS} SELECT count(*) AS n FROM rows JOIN alerts.alert a ON a.id = alert_id WHERE task_id IS NOT NULL",
            f"{load.label}-%",
        )
        waiting = [await system.ask(f"SELECT count(*) AS n FROM {service}.outbox") for service in SERVICES]
        return bool(known["n"] == load.sent and not any(row[0]["n"] for row in waiting))

    await eventually(all_through, seconds=SETTLE_SECONDS, what=f"{load.sent} rows have become tasks")


async def nothing_lost_or_doubled(system: System, load: Load, *, expect: int) -> None:
    """Every row is an alert or evidence of one, every alert is evidence of a case, one task per household and risk."""
    label = f"{load.label}-%"
    rows = await system.ask(f"WITH {ROWS} SELECT count(*) AS n, count(DISTINCT source_ref) AS refs FROM rows", label)
    assert rows == [{"n": expect, "refs": expect}]
    lost = await system.ask(
        f"""
        WITH {ROWS} SELECT alert_id FROM rows
        WHERE NOT EXISTS (SELECT FROM households.evidence e WHERE e.alert_id = rows.alert_id)
        """,
        label,
    )
    assert lost == []
    tasks = await system.ask(
        f"""
        WITH {ROWS} SELECT c.subject_key, c.risk_family, count(DISTINCT c.id) AS cases, count(DISTINCT t.id) AS tasks
        FROM households.risk_case c JOIN households.task t ON t.case_id = c.id
        WHERE c.id IN (SELECT e.case_id FROM households.evidence e JOIN rows ON rows.alert_id = e.alert_id)
        GROUP BY 1, 2
        """,
        label,
    )
    assert len(tasks) == len(load.subjects)
    assert {(row["cases"], row["tasks"]) for row in tasks} == {(1, 1)}
    admin = await system.sign_in("admin")
    yesterday = local_date(utc_now()) - timedelta(days=1)
    books = (await admin.get("/alerts/v1/accounting", params={"from": str(yesterday)})).json()
    assert [one for one in books["channels"] if one["difference"]] == []
    assert sum(one["counted"] for one in books["channels"]) >= expect
    for service in SERVICES:
        letters = await admin.get(f"/{service}/v1/dead-letters")
        assert (letters.status_code, letters.json()["items"]) == (200, [])


async def evidence_of(system: System, load: Load) -> int:
    """How many of the load's alerts are evidence of a case."""
    rows = await system.ask(
        """
        SELECT count(*) AS n FROM households.evidence e JOIN alerts.alert a ON a.id = e.alert_id
        WHERE a.source_ref LIKE $1
        """,
        f"{load.label}-%",
    )
    return int(rows[0]["n"])


async def state_of_cases(system: System) -> list[dict[str, Any]]:
    """What a second delivery must not change."""
    return await system.ask(
        """
        SELECT (SELECT count(*) FROM households.risk_case) AS cases, (SELECT count(*) FROM households.task) AS tasks,
            (SELECT count(*) FROM households.evidence) AS evidence, (SELECT count(*) FROM households.task_event) AS history
        """
    )


def message(topic: str, *, type_: str, value: bytes) -> Message:
    """A message that nobody of ours would send."""
    return Message(topic, "key", str(uuid4()), type_, "/alerts", "2026-03-01T08:00:00+00:00", value)
