"""The mark of a file is its one guard: of two workers who have the same rows ready, one stores them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.alerts.file_worker import FileWorker
from services.alerts.models import File
from services.alerts.queries.reference import ReferenceData
from services.alerts.usecases.file_opening import get_feed, make_ready
from services.alerts.usecases.file_work import FileWork, MarkMoved
from services.alerts.usecases.files import open_again, originals
from shared.areas import Scope
from shared.attempts import lock_row
from shared.clock import local_date, utc_now
from shared.files import FilesSettings, FileStore
from tests.alerts.conftest import Service
from tests.alerts.files_service import absent, send, table

ROWS = 50


@pytest.fixture(autouse=True)
def _nobody_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are taken in and wait, in a folder of the test's own."""

    async def sleep(_: FileWorker) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(FileWorker, "run", sleep)
    monkeypatch.setenv("FILES_URL", (tmp_path / "originals").as_uri())


async def work(county: Service, folder: Path, file_id: UUID, ready: asyncio.Barrier) -> None:
    """What a worker does with a file, from where all have read its mark."""
    shelf = originals(FileStore(FilesSettings(url=(folder / "originals").as_uri())), county.vault)
    now = utc_now()
    async with county.database.write(Scope.everywhere()) as session:
        file = await lock_row(session, File, file_id)
        file.begun()
        feed = await get_feed(session, file)
    reference = await ReferenceData(county.database).get()
    async with county.database.read(Scope.everywhere()) as session:
        job = await make_ready(session, file, feed, reference, timedelta(days=90), now)
    await ready.wait()
    opened = open_again(shelf, file, feed, local_date(now))
    await FileWork(county.database, county.vault, job, utc_now).run(opened.frames())


async def test_of_two_workers_one_stores(county: Service, tmp_path: Path) -> None:
    answer = await send(county, table([absent(n) for n in range(ROWS)]))
    ready = asyncio.Barrier(2)
    works = (work(county, tmp_path, UUID(answer.json()["id"]), ready) for _ in range(2))
    ended = await asyncio.gather(*works, return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["MarkMoved", "NoneType"]
    view = (await county.get(answer.headers["location"])).json()
    assert (view["state"], view["rows_read"], view["stored"], view["repeated"]) == ("done", ROWS, ROWS, 0)
    assert (await county.count("alert"), await county.count("file_part")) == (ROWS, 1)


async def test_what_was_stopped_meanwhile_is_not_stored(county: Service, tmp_path: Path) -> None:
    answer = await send(county, table([absent(n) for n in range(ROWS)]))
    ready = asyncio.Barrier(2)
    working = asyncio.create_task(work(county, tmp_path, UUID(answer.json()["id"]), ready))
    while not ready.n_waiting:
        await asyncio.sleep(0.02)
    assert (await county.post(f"{answer.headers['location']}/cancellation")).status_code == 200
    await ready.wait()
    with pytest.raises(MarkMoved):
        await working
    assert (await county.count("alert"), await county.count("file_part")) == (0, 0)
