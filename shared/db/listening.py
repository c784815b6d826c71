"""Work that waits for a bell: PostgreSQL's NOTIFY, so that idle workers need not look for work all the time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias, cast

import asyncpg
from sqlalchemy import text

from shared import time_limit
from shared.db.engine import Database, WriteSession

log = logging.getLogger(__name__)

IDLE_SECONDS = 2.0  # how long work may wait when its notification was missed
RESTART_SECONDS = 1.0
MOST_ATTEMPTS = 3
"""How often work that fails for a reason of ours is tried, before it is given up."""

Listener: TypeAlias = "asyncpg.Connection[Any]"
Work: TypeAlias = Callable[[Listener], Awaitable[bool]]
"""Does one piece of work, if there is any; whether there was. The connection is the listening one."""


async def ring(session: WriteSession, channel: str) -> None:
    """Wake who waits for `channel`, when this transaction has committed."""
    await session.execute(text(f"NOTIFY {channel}"))


async def work_when_rung(database: Database, channel: str, name: str, work: Work) -> None:
    """Do all the work there is whenever `channel` is notified, until cancelled. A failure is logged, then work goes on."""
    while True:
        try:
            async with database.engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                try:
                    await _work_while_hearing(cast("Listener", driver), channel, work)
                finally:
                    # Never back into the pool: it listens, may hold locks, and when it broke nobody would notice there,
                    # and we would be given the same dead one for ever.
                    await connection.invalidate()
        except Exception as error:
            log.warning("worker interrupted", extra={"worker": name, "error": type(error).__name__})
        await asyncio.sleep(RESTART_SECONDS)


@asynccontextmanager
async def turn(connection: Listener, name: str) -> AsyncIterator[bool]:
    """Whether it is ours to work: of all processes one at a time has the turn of that name, until the block ends."""
    if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", name):
        yield False
        return
    try:
        yield True
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", name)


async def _work_while_hearing(connection: Listener, channel: str, work: Work) -> None:
    bell = asyncio.Event()
    await connection.add_listener(channel, lambda *_: bell.set())
    while not connection.is_closed():
        bell.clear()
        while await _work_once(connection, work):
            pass
        with suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), IDLE_SECONDS)


async def _work_once(connection: Listener, work: Work) -> bool:
    try:
        return await work(connection)
    finally:
        time_limit.end_if_left()
