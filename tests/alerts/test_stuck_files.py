"""A file that its reader never gets through is given up, says so, and whoever comes after it is worked off."""

import asyncio
import errno
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import psutil
import pytest
from obstore.exceptions import GenericError

from services.alerts import background, file_worker
from services.alerts.settings import AlertsSettings
from services.alerts.usecases import file_originals, file_work
from services.alerts.usecases.files import open_again
from shared import time_limit
from shared.db import listening
from shared.db.listening import MOST_ATTEMPTS
from shared.tables import Table
from tests.alerts.conftest import MakeService, Service, named_areas, until
from tests.alerts.files_service import FILES, absent, finished, send, table

pytestmark = pytest.mark.usefixtures("originals")


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Steps may not take long; whoever hangs goes on when the test is over."""
    monkeypatch.setattr(time_limit, "_seconds", 2.0)
    over = threading.Event()
    yield over
    over.set()


async def test_a_reader_that_never_opens_it(
    county: Service, little_time: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as during:
        during.setattr(file_worker, "open_again", lambda *_: little_time.wait())
        view = await finished(county, await send(county, table([absent(1)])))
    assert (view["state"], view["failure"]["code"]) == ("failed", "took-too-long")
    assert "处理时间超过上限" in view["failure"]["message"]
    assert (await finished(county, await send(county, table([absent(1)]))))["state"] == "done"


async def test_a_reader_that_never_gets_to_the_end_keeps_what_is_stored(
    county: Service, little_time: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = Table.frames

    def hanging(table: Table, rows: int) -> Iterator[Any]:
        yield from frames(table, rows)
        little_time.wait()

    monkeypatch.setattr(Table, "frames", hanging)
    view = await finished(county, await send(county, table([absent(n) for n in range(3)])))
    assert (view["state"], view["failure"]["code"], view["rows_read"]) == ("failed", "took-too-long", 3)
    assert "3" in view["failure"]["message"]
    assert await county.count("alert") == 3


@pytest.mark.parametrize(
    ("name", "failure"), [("crawls.csv", "took-too-long"), ("freezes.csv", "file-broken")], ids=["crawls", "freezes"]
)
async def test_its_process_ends_and_another_works_off_what_waits(
    service: Service, make_service: MakeService, monkeypatch: pytest.MonkeyPatch, name: str, failure: str
) -> None:
    """One that keeps the interpreter's lock cannot be told of: its process ends, as often as the file is tried."""
    await service.tell(named_areas())
    await service.stop()
    monkeypatch.setattr(background, "keep_process", partial(_keep_stuck, real=background.keep_process))
    watched = await make_service(batch_processes=1, step_seconds=4)
    await until(lambda: len(workers()) == 1, 30)
    [first] = workers()
    stuck = await send(watched, table([absent(1)]), name)
    after = await send(watched, table([absent(2)]))
    view = await finished(watched, stuck)
    assert (view["state"], view["failure"]["code"]) == ("failed", failure)
    assert (await finished(watched, after))["state"] == "done"
    assert first not in workers()


async def _keep_stuck(_: str, settings: AlertsSettings, real: Any) -> None:
    await real("tests.alerts.stuck_worker", settings)


def workers() -> set[int]:
    """Process ids of the workers of this test."""
    return {one.pid for one in psutil.Process().children() if "tests.alerts.stuck_worker" in one.cmdline()}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, None], ids=["terminated", "interrupted", "told"])
async def test_whoever_stops_its_process_in_order_uses_up_no_attempt(
    service: Service, make_service: MakeService, monkeypatch: pytest.MonkeyPatch, how: signal.Signals | None
) -> None:
    """By a signal to it, as who stops all processes of a service at once does, or by the service."""
    kept: list[AlertsSettings] = []

    async def keep(_: str, settings: AlertsSettings) -> None:
        kept.append(settings)
        await asyncio.Event().wait()

    await service.tell(named_areas())
    await service.stop()
    monkeypatch.setattr(background, "keep_process", keep)
    watched = await make_service(batch_processes=1)
    await send(watched, table([absent(1)]), "crawls.csv")
    command = (sys.executable, "-m", "tests.alerts.stuck_worker")
    worker = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    assert worker.stdin is not None
    worker.stdin.write(pickle.dumps(kept[0]))

    async def begun() -> bool:
        return await watched.sql("SELECT attempts FROM file") == [(1,)]

    await until(begun, 30)
    if how is None:
        worker.stdin.close()
    else:
        worker.send_signal(how)
    try:
        await asyncio.wait_for(worker.wait(), 8)
    finally:
        if worker.returncode is None:
            worker.kill()
    assert await watched.sql("SELECT attempts, state FROM file") == [(0, "running")]


@pytest.mark.parametrize("where", ["open", "store"])
async def test_while_database_or_store_are_away_it_waits(
    county: Service, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Longer than a file is tried; nothing is lost when they are back, and nothing doubled."""
    failed = 0

    def away(*given: Any) -> Any:
        nonlocal failed
        failed += 1
        if failed > MOST_ATTEMPTS + 1:
            return real(*given)
        raise GenericError("no bucket answers") if where == "open" else OSError(errno.ENOSPC, "no room")

    place, name = (file_worker, "open_again") if where == "open" else (file_work, "prepare")
    real = getattr(place, name)
    monkeypatch.setattr(place, name, away)
    monkeypatch.setattr(listening, "RESTART_SECONDS", 0.05)
    view = await finished(county, await send(county, table([absent(1), absent(2)])))
    assert (view["state"], view["stored"], failed) == ("done", 2, MOST_ATTEMPTS + 2)


async def test_a_file_whose_original_is_lost_holds_up_nobody(county: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> None:
        raise FileNotFoundError

    with monkeypatch.context() as during:
        during.setattr(file_worker, "open_again", lost)
        view = await finished(county, await send(county, table([absent(1)])))
    assert (view["state"], view["failure"]["code"]) == ("failed", "file-lost")
    assert (await finished(county, await send(county, table([absent(1)]))))["state"] == "done"


async def test_results_are_opened_in_turn(county: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may unpack to hundreds of megabytes."""
    view = await finished(county, await send(county, table([absent(1)])))
    most, going, lock = 0, 0, threading.Lock()

    def slowly(*given: Any) -> Any:
        nonlocal most, going
        with lock:
            going += 1
            most = max(most, going)
        time.sleep(0.05)
        with lock:
            going -= 1
        return open_again(*given)

    monkeypatch.setattr(file_originals, "open_again", slowly)
    answers = await asyncio.gather(*(county.get(f"{FILES}/{view['id']}/result") for _ in range(4)))
    assert ([one.status_code for one in answers], most) == ([200] * 4, 1)
