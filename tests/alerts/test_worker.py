"""Worker processes are killed in the middle of a batch: no row is lost, none is taken twice."""

import asyncio
import io
import json
import os
import signal
from collections.abc import Sequence
from typing import Any

import psutil
import pytest
from python_calamine import CalamineWorkbook

from services.alerts import background
from services.alerts.api.row_stream import ROWS_A_CHUNK
from services.alerts.settings import AlertsSettings
from shared.contracts.alerts import AlertRaised
from tests.alerts.conftest import (
    BATCHES,
    EDUCATION,
    MEDICAL,
    MakeService,
    Service,
    absence,
    absences,
    named_areas,
    until,
)
from tests.alerts.files_service import FILES, bill, counts, finished, members, send_costs
from tests.alerts.stuck_worker import DEADLY
from tests.processes import runs

ROWS = 8_000
KILLS = 2
NDJSON = {**EDUCATION, "Content-Type": "application/x-ndjson"}


def workers() -> list[psutil.Process]:
    """The worker processes of this test."""
    children = psutil.Process().children()
    return [child for child in children if "services.alerts.worker" in " ".join(child.cmdline())]


def ndjson(drafts: Sequence[Any]) -> bytes:
    """One draft a line."""
    return b"\n".join(json.dumps(draft).encode() for draft in drafts)


async def stored(service: Service) -> int:
    """Alerts so far."""
    return await service.count("alert")


async def test_workers_killed_in_the_middle(service: Service, make_service: MakeService) -> None:
    # `service` made the county known; its own worker is in this process, so it is stopped and two processes take over.
    await service.stop()
    killed = await make_service(batch_processes=2)
    await until(lambda: len(workers()) == 2)
    answer = await killed.http.post(BATCHES, content=ndjson(absences(ROWS)), headers=NDJSON)
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


@pytest.fixture
def keep_deadly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers do not survive what is `DEADLY`."""
    real = background.keep_process

    async def keep(_: str, settings: AlertsSettings) -> None:
        await real("tests.alerts.stuck_worker", settings)

    monkeypatch.setattr(background, "keep_process", keep)


@pytest.mark.usefixtures("keep_deadly")
async def test_rows_that_kill_whoever_works_on_them_are_given_up(service: Service, make_service: MakeService) -> None:
    """And hold up nobody: not the rest of their batch, not the next one."""
    await service.stop()
    killed = await make_service(batch_processes=1)
    drafts = absences(ROWS_A_CHUNK + 2)
    drafts[7]["evidence"] = {**drafts[7]["evidence"], "school": DEADLY}
    first = await killed.http.post(BATCHES, content=ndjson(drafts), headers=NDJSON)
    second = await killed.http.post(BATCHES, content=ndjson([absence()]), headers=NDJSON)
    batch = await killed.batch(first.json()["id"], "failed")
    assert (batch["accepted"], batch["rejected"]) == (2, ROWS_A_CHUNK)
    assert (await killed.batch(second.json()["id"]))["accepted"] == 1


@pytest.mark.usefixtures("keep_deadly", "originals")
async def test_a_row_that_waited_and_kills_whoever_looks_at_it_is_given_up(
    service: Service, make_service: MakeService
) -> None:
    """It holds up none of the others, and its file says what became of it."""
    await service.tell(named_areas())
    await service.stop()
    killed = await make_service(batch_processes=1)
    rows = [bill(n, 6000) for n in range(4)]
    rows[1][-1] = DEADLY
    view = await finished(killed, await send_costs(killed, rows), MEDICAL)
    assert counts(view, "unmatched", "rejected") == (4, 0)
    await killed.tell(members(killed, *range(4)))

    async def none_is_left() -> bool:
        return await killed.count("unmatched_row") == 0

    await until(none_is_left, 60)
    view = (await killed.http.get(f"{FILES}/{view['id']}", headers=MEDICAL)).json()
    assert counts(view, "unmatched", "rematched", "rejected") == (3, 3, 1)
    assert await killed.count("alert") == 3
    result = await killed.http.get(f"{FILES}/{view['id']}/result", headers={**MEDICAL, "Accept-Language": "zh"})
    told = CalamineWorkbook.from_filelike(io.BytesIO(result.content)).get_sheet_by_index(0).to_python()
    assert [("多次处理失败" in row[-1]) for row in told[1:]] == [False, True, False, False]
    again = await finished(killed, await send_costs(killed, [bill(1, 6000)]), MEDICAL)
    assert counts(again, "stored") == (1,), "sent again, and survivable"


async def test_workers_end_with_the_service(make_service: MakeService) -> None:
    service = await make_service(batch_processes=1)
    await until(lambda: len(workers()) == 1)
    (worker,) = workers()
    await service.stop()
    await until(lambda: not runs(worker), seconds=5)
