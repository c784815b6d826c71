"""Worker processes are killed in the middle of a batch: no row is lost, none is taken twice."""

import asyncio
import json
import os
import signal

import psutil

from shared.contracts.alerts import AlertRaised
from tests.alerts.conftest import BATCHES, EDUCATION, MakeService, Service, absences, until
from tests.processes import runs

ROWS = 8_000
KILLS = 2


def workers() -> list[psutil.Process]:
    """The worker processes of this test."""
    children = psutil.Process().children()
    return [child for child in children if "services.alerts.worker" in " ".join(child.cmdline())]


async def stored(service: Service) -> int:
    """Alerts so far."""
    return await service.count("alert")


async def test_workers_killed_in_the_middle(service: Service, make_service: MakeService) -> None:
    # `service` made the county known; its own worker is in this process, so it is stopped and two processes take over.
    await service.stop()
    killed = await make_service(batch_processes=2)
    await until(lambda: len(workers()) == 2)
    body = b"\n".join(json.dumps(draft).encode() for draft in absences(ROWS))
    answer = await killed.http.post(
        BATCHES, content=body, headers={**EDUCATION, "Content-Type": "application/x-ndjson"}
    )
    for _ in range(KILLS):
        before = await stored(killed)

        async def gone_on(count: int = before) -> bool:
            return await stored(killed) > count

        await until(gone_on, seconds=20)
        for worker in workers():
            os.kill(worker.pid, signal.SIGKILL)
    batch = await killed.batch(answer.json()["id"])

    assert (batch["accepted"], batch["repeated"], batch["rejected"]) == (ROWS, 0, 0)
    assert await stored(killed) == ROWS
    events = await killed.heard.hear(AlertRaised, ROWS)
    await asyncio.sleep(0.2)
    assert len(killed.heard.of(AlertRaised)) == len({event.alert_id for event in events}) == ROWS


async def test_workers_end_with_the_service(make_service: MakeService) -> None:
    service = await make_service(batch_processes=1)
    await until(lambda: len(workers()) == 1)
    (worker,) = workers()
    await service.stop()
    await until(lambda: not runs(worker), seconds=5)
