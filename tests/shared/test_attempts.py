"""Attempts are counted before they are made: what kills its process, or fails again and again, is given up."""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest
from obstore.exceptions import GenericError
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from shared import attempts
from shared.areas import Scope
from shared.attempts import Attempts
from shared.db.engine import Database
from shared.db.listening import MOST_ATTEMPTS
from shared.errors import DomainError
from shared.files import FileRefused
from shared.ids import new_id
from shared.postgres import Cluster
from tests.shared.tried import TRIALS, Tried, finish, tried_table

Work = Callable[[Tried], Awaitable[None]]


@pytest.fixture(autouse=True)
async def table(cluster: Cluster, database_name: str) -> AsyncIterator[None]:
    """A table to try rows of, for one test."""
    async with tried_table(cluster, database_name):
        yield


async def queued(database: Database) -> UUID:
    """A new row with something to do."""
    row_id = new_id()
    async with database.write(Scope.everywhere()) as session:
        session.add(Tried(id=row_id, state="queued"))
    return row_id


async def row_of(database: Database, row_id: UUID) -> Tried:
    """As it stands."""
    async with database.read(Scope.everywhere()) as session:
        return (await session.scalars(select(Tried).where(Tried.id == row_id))).one()


async def asked(database: Database, statement: str) -> Any:
    """What the database says."""
    async with database.read(Scope.everywhere()) as session:
        return (await session.execute(text(statement))).all()


async def tried(database: Database, work: Work, how: Attempts[Tried] = TRIALS) -> bool:
    """Try the oldest row once."""
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        return await how.work_oldest(database, driver, work)


def raising(error: Exception) -> Work:
    """Work that fails so."""

    async def work(_: Tried) -> None:
        raise error

    return work


async def test_the_oldest_first_until_none_is_left(database: Database) -> None:
    rows, done = [await queued(database) for _ in range(3)], list[UUID]()

    async def work(row: Tried) -> None:
        assert (await row_of(database, row.id)).attempts == 1, "counted before it is made"
        done.append(row.id)
        await finish(database, row)

    while await tried(database, work):
        pass
    assert done == rows


async def test_one_at_a_time_for_all(database: Database) -> None:
    await queued(database)
    others: list[bool] = []

    async def work(row: Tried) -> None:
        others.append(await tried(database, work))
        await finish(database, row)

    assert await tried(database, work)
    assert others == [False]


async def test_what_another_finished_meanwhile_is_not_begun(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen while it waited; when the turn was ours it was done."""
    row_id, real = await queued(database), attempts.turn

    @asynccontextmanager
    async def late(*told: Any) -> AsyncIterator[bool]:
        async with real(*told) as ours:
            await finish(database, await row_of(database, row_id))
            yield ours

    monkeypatch.setattr(attempts, "turn", late)
    assert await tried(database, raising(AssertionError()))
    found = await row_of(database, row_id)
    assert (found.state, found.attempts) == ("done", 0)


class Unreadable(DomainError):
    code: ClassVar[str] = "unreadable"


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (Unreadable(field="file", rows=3), {"code": "unreadable", "params": {"rows": 3}, "field": "file"}),
        (FileNotFoundError(), {"code": "trial-gone", "params": {}, "field": ""}),
    ],
)
async def test_a_refusal_ends_it_at_once(database: Database, error: Exception, failure: dict[str, Any]) -> None:
    row_id, cleared = await queued(database), list[UUID]()

    async def clear(_: Database, which: UUID) -> None:
        assert (await row_of(database, which)).state == "queued", "cleared before it is told"
        cleared.append(which)

    how = Attempts("trial", Tried, ("queued",), "trial-broken", "trial-gone", clear=clear)
    assert await tried(database, raising(error), how)
    found = await row_of(database, row_id)
    assert (found.state, found.failure, cleared) == ("failed", failure, [row_id])
    assert found.finished_at is not None
    assert not await tried(database, raising(error), how)


async def test_what_fails_is_tried_again_and_given_up_after_the_last_attempt(database: Database) -> None:
    row_id = await queued(database)
    for number in range(1, MOST_ATTEMPTS + 1):
        assert (await row_of(database, row_id)).state == "queued"
        assert await tried(database, raising(RuntimeError()))
        assert (await row_of(database, row_id)).attempts == number
    found = await row_of(database, row_id)
    assert (found.state, found.failure) == ("failed", {"code": "trial-broken", "params": {}, "field": ""})


async def test_an_outage_is_the_callers_and_the_row_waits(database: Database) -> None:
    row_id = await queued(database)
    with pytest.raises(ConnectionError):
        await tried(database, raising(ConnectionError()))
    found = await row_of(database, row_id)
    assert (found.state, found.attempts, found.failure) == ("queued", 1, None)


@pytest.mark.parametrize(
    "outage",
    [
        ConnectionRefusedError(),
        OSError(errno.ENOSPC, "no room"),
        GenericError("no bucket answers"),
        DBAPIError("", None, asyncpg.AdminShutdownError()),
        DBAPIError("", None, asyncpg.DiskFullError()),
        DBAPIError("", None, asyncpg.DeadlockDetectedError()),
    ],
    ids=lambda one: type(getattr(one, "orig", one)).__name__,
)
async def test_no_attempt_is_used_up_where_the_work_is_not_to_blame(database: Database, outage: Exception) -> None:
    row_id = await queued(database)
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(type(outage)):
            await tried(database, raising(outage))
    found = await row_of(database, row_id)
    assert (found.state, found.attempts) == ("queued", 0)
    await tried(database, lambda row: finish(database, row))
    assert (await row_of(database, row_id)).state == "done"


@pytest.mark.parametrize(("since", "counted"), [(timedelta(hours=1), 1), (timedelta(days=-1), 0)])
async def test_nor_by_a_connection_that_broke_because_the_server_was_started_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch, since: timedelta, counted: int
) -> None:
    """One that broke for another reason may have been broken by the work: that counts."""
    row_id = await queued(database)
    [[started]] = await asked(database, "SELECT pg_postmaster_start_time()")
    monkeypatch.setattr(attempts, "utc_now", lambda: started + since)
    with pytest.raises(ConnectionResetError):
        await tried(database, raising(ConnectionResetError()))
    assert (await row_of(database, row_id)).attempts == counted


async def test_a_file_that_the_store_refuses_is_tried_and_given_up_as_one_that_is_gone(database: Database) -> None:
    """Between attempts the caller waits: it might be given the next time. Who comes after it is not held up for ever."""
    row_id, refused = await queued(database), FileRefused(errno.EACCES, "refused by the store", "kept/1")
    for _ in range(MOST_ATTEMPTS - 1):
        with pytest.raises(FileRefused):
            await tried(database, raising(refused))
    assert (await row_of(database, row_id)).state == "queued"
    assert await tried(database, raising(refused))
    found = await row_of(database, row_id)
    assert (found.state, found.failure) == ("failed", {"code": "trial-gone", "params": {}, "field": ""})


async def test_nor_by_an_orderly_stop(database: Database) -> None:
    row_id, begun = await queued(database), asyncio.Event()

    async def work(_: Tried) -> None:
        begun.set()
        await asyncio.sleep(600)

    trying = asyncio.create_task(tried(database, work))
    await begun.wait()
    assert (await row_of(database, row_id)).attempts == 1
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    assert (await row_of(database, row_id)).attempts == 0


async def test_nor_by_one_that_is_told_again_and_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server does so until all has ended; the database takes its time."""
    row_id, begun, real = await queued(database), asyncio.Event(), Database.write

    @asynccontextmanager
    async def slow(*given: Any) -> AsyncIterator[Any]:
        await asyncio.sleep(0.3)
        async with real(*given) as session:
            yield session

    async def work(_: Tried) -> None:
        monkeypatch.setattr(Database, "write", slow)
        begun.set()
        await asyncio.sleep(600)

    trying = asyncio.create_task(tried(database, work))
    await begun.wait()
    while not trying.done():
        trying.cancel()
        await asyncio.wait([trying], timeout=0.05)
    assert trying.cancelled()
    assert (await row_of(database, row_id)).attempts == 0


@pytest.mark.parametrize("error", [TimeoutError(), RuntimeError()], ids=lambda one: type(one).__name__)
async def test_nor_by_one_that_comes_out_as_another_error(database: Database, error: Exception) -> None:
    row_id, begun = await queued(database), asyncio.Event()

    async def work(_: Tried) -> None:
        begun.set()
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            raise error from None

    trying = asyncio.create_task(tried(database, work))
    await begun.wait()
    trying.cancel()
    with pytest.raises(type(error)):
        await trying
    found = await row_of(database, row_id)
    assert (found.state, found.attempts) == ("queued", 0)


async def test_nor_by_one_that_comes_while_it_is_counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database has heard of it, and we were to hear of that. What was counted before, of a worker killed, stays."""
    row_id, real, counted = await queued(database), Database.write, asyncio.Event()
    async with database.write(Scope.everywhere()) as session:
        await session.execute(text("UPDATE tried SET attempts = 1"))

    @asynccontextmanager
    async def late(*given: Any) -> AsyncIterator[Any]:
        async with real(*given) as session:
            yield session
        if not counted.is_set():
            counted.set()
            await asyncio.sleep(0.2)

    monkeypatch.setattr(Database, "write", late)
    trying = asyncio.create_task(tried(database, raising(AssertionError())))
    await counted.wait()
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    assert (await row_of(database, row_id)).attempts == 1


async def test_a_stop_does_not_wait_for_ever_for_a_database_that_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queued(database)
    begun = asyncio.Event()

    @asynccontextmanager
    async def away(*_: Any) -> AsyncIterator[Any]:
        raise ConnectionRefusedError
        yield

    async def work(_: Tried) -> None:
        monkeypatch.setattr(Database, "write", away)
        begun.set()
        await asyncio.sleep(600)

    monkeypatch.setattr(attempts, "STOP_SECONDS", 0.2)
    trying = asyncio.create_task(tried(database, work))
    await begun.wait()
    trying.cancel()
    await asyncio.wait([trying], timeout=5)
    assert trying.cancelled()


async def test_an_attempt_is_taken_back_when_the_database_answers_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id, real, refused = await queued(database), Database.write, 0

    @asynccontextmanager
    async def away(*given: Any) -> AsyncIterator[Any]:
        nonlocal refused
        refused += 1
        if refused < 3:
            raise ConnectionRefusedError
        async with real(*given) as session:
            yield session

    async def work(_: Tried) -> None:
        monkeypatch.setattr(Database, "write", away)
        raise ConnectionRefusedError

    monkeypatch.setattr(attempts, "RESTART_SECONDS", 0.01)
    with pytest.raises(ConnectionRefusedError):
        await tried(database, work)
    assert ((await row_of(database, row_id)).attempts, refused) == (0, 3)


async def test_outages_that_the_work_may_cause_itself_do_not_go_on_for_ever(database: Database) -> None:
    row_id = await queued(database)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(TimeoutError):
            await tried(database, raising(TimeoutError()))
    await tried(database, raising(AssertionError()))
    assert (await row_of(database, row_id)).state == "failed"


async def test_what_kills_its_process_is_given_up(cluster: Cluster, database_name: str, database: Database) -> None:
    row_id = await queued(database)
    for number in range(1, MOST_ATTEMPTS + 1):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.shared.tried", cluster.dsn("directory", database_name)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"begun\n"
        assert (await row_of(database, row_id)).attempts == number
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    while not await tried(database, raising(AssertionError())):  # until the server sees that the turn is free
        await asyncio.sleep(0.05)
    found = await row_of(database, row_id)
    assert (found.state, found.failure) == ("failed", {"code": "trial-broken", "params": {}, "field": ""})


async def test_begun_anew_it_has_all_its_attempts(database: Database) -> None:
    row_id = await queued(database)

    async def moved(row: Tried) -> None:
        async with database.write(Scope.everywhere()) as session:
            (await session.scalars(select(Tried).where(Tried.id == row.id))).one().begin_anew("moved-on")

    for _ in range(MOST_ATTEMPTS + 1):
        assert await tried(database, moved)
    found = await row_of(database, row_id)
    assert (found.state, found.attempts, found.failure) == ("queued", 0, {"code": "moved-on", "params": {}})
