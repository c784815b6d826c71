"""Work in rounds, each a transaction of its own: what was done stays done, whatever ends the process, and no lock is
held for long."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from sqlalchemy import text

from shared.areas import Scope
from shared.db.engine import Database, WriteSession

log = logging.getLogger(__name__)

Step: TypeAlias = Callable[[WriteSession], Awaitable[int]]
"""Does one part of the work, and says how much that was."""

_HOLD = text("SELECT pg_try_advisory_xact_lock(hashtext(:name), hashtext(current_schema()))")


async def until_none(database: Database, step: Step, full: int = 1) -> int:
    """Do `step` until it finds less than `full`: nothing, or a part that is not full; how much it was in all."""
    total, done = 0, full
    while done >= full:
        async with database.write(Scope.everywhere()) as session:
            done = await step(session)
        total += done
    return total


async def each(**steps: Callable[[], Awaitable[object]]) -> None:
    """One after the other. What fails is logged, and holds up none of the others; at the end it is raised, so that whoever
    called knows.
    """
    failed = []
    for name, step in steps.items():
        try:
            await step()
        except Exception as error:
            log.warning("step failed", extra={"step": name, "error": type(error).__name__})
            failed.append(error)
    if failed:
        raise ExceptionGroup("steps failed", failed)


async def until_none_alone(
    database: Database, name: str, prepare: Callable[[WriteSession], Awaitable[None]], step: Step
) -> int:
    """`prepare`, then `step` until it finds nothing. Of all processes one does so at a time; another finds nothing."""

    async def alone(session: WriteSession) -> int:
        return await step(session) if await hold(session, name) else 0

    async with database.write(Scope.everywhere()) as session:
        if not await hold(session, name):
            return 0
        await prepare(session)
    return await until_none(database, alone)


async def hold(session: WriteSession, name: str) -> bool:
    """Whether this transaction has the turn of that name, and no other of this service until it ends."""
    return bool(await session.scalar(_HOLD, {"name": name}))
