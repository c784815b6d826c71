"""A single report never waits behind a file: what is told of each goes its own lane, and so does what follows from it."""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.alerts.models import Batch
from services.alerts.queries import batches as queries
from services.alerts.rules.batches import lane_of_batch
from services.alerts.settings import AlertsSettings
from shared.areas import Scope
from shared.bus.port import Message
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised, AlertWithdrawn
from shared.contracts.envelope import Event
from shared.contracts.households import VerdictGiven
from shared.ids import new_id
from shared.lanes import Lane, on_lane
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.alerts.conftest import ALERTS, BATCHES, EDUCATION, Service, absences, today
from tests.alerts.test_consumers import DUE, NOW, added, given, opened, read
from tests.commands import command

LIVE_ROWS = AlertsSettings.model_fields["live_rows"].default
LIVE, BULK = "alerts.alert", "alerts.alert-bulk"


def topics(service: Service, kind: type[Event]) -> dict[UUID, str]:
    """The topic by which each alert was told, or taken back."""
    told = [message for message in service.heard.messages if message.type == kind.type]
    return {kind.model_validate_json(message.value).alert_id: message.topic for message in told}  # type: ignore[attr-defined]


async def take_in(service: Service, rows: int) -> None:
    """Post a batch and wait until it is told."""
    answer = await service.http.post(BATCHES, headers=EDUCATION, json=absences(rows))
    assert answer.status_code == 202, answer.text
    await service.batch(answer.json()["id"])
    await service.heard.hear(AlertRaised, rows)


async def withdraw(service: Service, alert_id: UUID) -> None:
    answer = await service.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "数据有误"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key-of-one-report"}], ids=["plain", "with key"])
async def test_a_single_report_is_live_and_taken_back_live(service: Service, headers: dict[str, str]) -> None:
    answer = await service.post(ALERTS, absences(1)[0], headers=EDUCATION | headers)
    assert answer.status_code == 201, answer.text
    alert_id = UUID(answer.json()["id"])
    await service.heard.hear(AlertRaised)
    await withdraw(service, alert_id)
    await service.heard.hear(AlertWithdrawn)
    assert topics(service, AlertRaised) == topics(service, AlertWithdrawn) == {alert_id: LIVE}


@pytest.mark.parametrize(("rows", "topic"), [(LIVE_ROWS, LIVE), (LIVE_ROWS + 1, BULK)])
async def test_a_withdrawal_follows_its_alert_in_the_lane_of_its_batch(service: Service, rows: int, topic: str) -> None:
    await take_in(service, rows)
    told = topics(service, AlertRaised)
    assert (len(told), set(told.values())) == (rows, {topic})
    alert_id = next(iter(told))
    await withdraw(service, alert_id)
    await service.heard.hear(AlertWithdrawn)
    assert topics(service, AlertWithdrawn) == {alert_id: topic}


async def test_an_alert_told_before_there_were_lanes_is_taken_back_live(service: Service) -> None:
    """Its row says nothing of a lane: it was written by code that knew none, be it of a large batch."""
    await take_in(service, LIVE_ROWS + 1)
    await service.sql("UPDATE alert SET lane = DEFAULT")
    alert_id = next(iter(topics(service, AlertRaised)))
    await withdraw(service, alert_id)
    await service.heard.hear(AlertWithdrawn)
    assert topics(service, AlertWithdrawn) == {alert_id: LIVE}


async def test_replayed_alerts_keep_their_lanes_and_their_order(
    service: Service, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    await take_in(service, LIVE_ROWS + 1)
    of_batch = next(iter(topics(service, AlertRaised)))
    single = UUID((await service.post(ALERTS, absences(LIVE_ROWS + 2)[-1])).json()["id"])
    for alert_id in (of_batch, single):
        await withdraw(service, alert_id)
    await service.heard.hear(AlertWithdrawn, 2)
    service.heard.events.clear()
    service.heard.messages.clear()

    await command(cluster, database_name, vault_settings, "replay", "alerts", "--since", today().isoformat())

    await service.heard.hear(AlertRaised, LIVE_ROWS + 2)
    await service.heard.hear(AlertWithdrawn, 2)
    told = topics(service, AlertRaised)
    assert topics(service, AlertWithdrawn) == {of_batch: BULK, single: LIVE}
    assert {topic for alert_id, topic in told.items() if alert_id != single} == {BULK}
    assert told[single] == LIVE
    for alert_id in (of_batch, single):
        about = [type(event) for event in service.heard.events if event.alert_id == alert_id]  # type: ignore[attr-defined]
        assert about == [AlertRaised, AlertWithdrawn]


def queued(rows: int, chunks: int) -> Batch:
    """A batch that waits."""
    return Batch(
        id=new_id(),
        reported_by=new_id(),
        feeds=[],
        areas=[],
        format="ndjson",
        state="queued",
        rows_total=rows,
        chunks_total=chunks,
        received_at=utc_now(),
    )


async def test_the_chunks_of_a_small_batch_go_before_those_of_a_file(service: Service) -> None:
    taken = []
    async with service.database.write(Scope.nowhere()) as session:
        for rows, chunks in ((5000, 2), (3, 1), (LIVE_ROWS + 1, 1), (LIVE_ROWS, 1)):  # in the order of their coming
            session.add(batch := queued(rows, chunks))
            await session.flush()
            await queries.insert_chunks(session, batch.id, [(seq, 1, b"sealed") for seq in range(chunks)])
        while (chunk := await queries.take_chunk(session, LIVE_ROWS)) is not None:
            taken.append((chunk.rows_total, chunk.seq))
            await queries.finish_chunk(session, chunk, queries.ChunkCounts({}, 0), utc_now())
    assert taken == [(3, 0), (LIVE_ROWS, 0), (5000, 0), (5000, 1), (LIVE_ROWS + 1, 0)]


def test_the_number_of_rows_is_a_setting() -> None:
    assert [lane_of_batch(rows, 3) for rows in (1, 3, 4)] == [Lane.LIVE, Lane.LIVE, Lane.BULK]
    assert lane_of_batch(1, 0) is Lane.BULK


def message(event: Event, lane: Lane) -> Message:
    """An event as it travels in that lane, where its topic has it."""
    topic = event.topic if isinstance(event, VerdictGiven) else on_lane(event.topic, lane)
    return Message(
        topic, event.key, str(uuid4()), event.type, "/test", NOW.isoformat(), event.model_dump_json().encode()
    )


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_lane_is_ahead_the_alert_ends_the_same(service: Service, seed: int) -> None:
    """Tasks opened, alerts that joined, a second task for an alert, verdicts: each in either lane, lanes in any step."""
    chance = random.Random(seed)
    ids = [str((await service.post(ALERTS, draft)).json()["id"]) for draft in absences(6)]
    first, second = new_id(), new_id()
    told: list[Event] = [
        opened(ids[0], first),
        *(added(alert_id, first) for alert_id in ids[1:5]),
        opened(ids[5], first),
        opened(ids[5], second, DUE + timedelta(days=9)),  # worse evidence: it was looked at once more
        given(service, ids[:2], first, "no_risk", minutes=1),
        given(service, ids[:1], first, "risk_confirmed", minutes=2),
    ]
    lanes: dict[Lane, list[Message]] = {lane: [] for lane in Lane}
    for event in told:
        lanes[lane := chance.choice(list(Lane))].append(message(event, lane))
    while any(lanes.values()):
        lane = chance.choice([lane for lane in Lane if lanes[lane]])
        count = chance.randint(1, len(lanes[lane]))
        await service.bus.publish(lanes[lane][:count])
        del lanes[lane][:count]

    ends = [await read(service, alert_id) for alert_id in ids]
    assert [(end["state"], end["verdict"]) for end in ends] == [
        ("answered", "risk_confirmed"),
        ("answered", "no_risk"),
        *[("checking", None)] * 4,
    ]
    assert [end["task_id"] for end in ends] == [*[str(first)] * 5, str(second)]
    assert [datetime.fromisoformat(end["due_at"]) for end in ends] == [*[DUE] * 5, DUE + timedelta(days=9)]
    assert await service.count("dead_letter") == 0
