"""Work that never gets to its end is given up, says so, and nothing of it is written."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from obstore.exceptions import GenericError

from services.jobs import matching_worker
from services.jobs.usecases import ledger_imports, reconciliation_work
from shared import time_limit
from shared.db import listening
from shared.db.listening import MOST_ATTEMPTS
from shared.files import Shelf
from tests.jobs import checks
from tests.jobs.conftest import STONE, Jobs
from tests.jobs.matching_county import ask, employer, post, proposals, seeker
from tests.jobs.matching_county import work as match_all
from tests.jobs.test_ledger_imports import rehearsed, row, send, work, workbook

BREAK = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE state = 'idle in transaction' AND datname = current_database()
"""


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A step may take no more than two seconds; whoever hangs goes on when the test is over."""
    monkeypatch.setattr(time_limit, "_seconds", 2.0)
    monkeypatch.setattr(time_limit, "_left", set())
    event = threading.Event()
    yield event
    event.set()


async def test_a_run_of_matching(service: Jobs, over: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run_id = await ask(service)
    with monkeypatch.context() as during:
        during.setattr(matching_worker, "match", lambda *_, **__: over.wait())
        assert await match_all(service) == 1
    run = await service.get(f"/matching-runs/{run_id}")
    assert (run["state"], await proposals(service)) == ("failed", [])
    assert "处理时间超过上限" in run["failure"]
    assert time_limit._left, "its process is to end"


async def test_a_solver_that_is_cancelled_is_not_waited_for(
    service: Jobs, over: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(service, await employer(service))
    await seeker(service, 1)
    run_id = await ask(service)
    monkeypatch.setattr(time_limit, "_seconds", 600.0)
    monkeypatch.setattr(matching_worker, "match", lambda *_, **__: over.wait())
    working = asyncio.create_task(match_all(service))
    await asyncio.sleep(1)
    assert (await service.get(f"/matching-runs/{run_id}"))["state"] == "running"
    begun = time.monotonic()
    await service.post(f"/matching-runs/{run_id}/cancellation")
    assert await working == 1
    assert time.monotonic() - begun < 30
    assert (await service.get(f"/matching-runs/{run_id}"))["state"] == "cancelled"
    assert time_limit._left


@pytest.mark.parametrize("broken", [False, True], ids=["", "its connection broke meanwhile"])
async def test_a_file_of_the_ledger_that_hangs_while_it_is_written(
    service: Jobs, over: threading.Event, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """The server ends transactions that are idle for a minute: its answer must not hide the reason."""
    await service.people(1, 2)
    view = await rehearsed(service, [row(1), row(2)])
    answer = await service.post(
        f"/ledger/imports/{view['id']}/application", {"digest": view["digest"]}, "township", STONE
    )
    assert answer.status_code == 202, answer.text
    read_rows = ledger_imports.read_rows

    def hanging(table: Any) -> Iterator[Any]:
        yield from read_rows(table)
        over.wait()

    with monkeypatch.context() as during:
        during.setattr(ledger_imports, "read_rows", hanging)
        working = asyncio.create_task(work(service))
        await asyncio.sleep(1)
        if broken:
            await service.sql(BREAK)
        await working
    found = await service.get(f"/ledger/imports/{view['id']}", "township", STONE)
    assert (found["state"], found["failure"]["code"]) == ("failed", "took-too-long")
    assert await service.sql("SELECT count(*) FROM outbox WHERE type LIKE '%wage%'") == [(0,)]


async def test_a_file_of_an_export_says_which_one(
    service: Jobs, over: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hanging(*_: Any) -> Iterator[Any]:
        over.wait()
        yield

    monkeypatch.setattr(reconciliation_work.Comparison, "_sealed", hanging)
    answer = await checks.send(service, checks.table([checks.hr(1)]))
    await checks.work(service)
    view = await service.get(f"/reconciliations/{answer.json()['id']}")
    assert (view["state"], view["failure"]["code"]) == ("failed", "took-too-long")
    assert view["failure"]["message"].startswith("第 1 个文件：")


async def test_a_bucket_that_is_away_uses_up_no_attempt(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found in a file is laid down at the end of its rehearsal: it is rehearsed anew, until it can be."""
    await service.people(1)
    sent, real, tries = await send(service, workbook([row(1)])), Shelf.write, 0

    async def away(*given: Any) -> bytes:
        nonlocal tries
        tries += 1
        if tries > MOST_ATTEMPTS + 1:
            return await real(*given)
        raise GenericError("no bucket answers")

    monkeypatch.setattr(Shelf, "write", away)
    monkeypatch.setattr(listening, "RESTART_SECONDS", 0.05)
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(GenericError):
            await work(service)
    await work(service)
    view = await service.get(f"/ledger/imports/{sent.json()['id']}", "township", STONE)
    assert (view["state"], view["failure"]) == ("checked", None)
