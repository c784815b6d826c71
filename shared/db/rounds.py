"""Work in rounds, each a transaction of its own: what was done stays done, whatever ends the process, and no lock is
held for long."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from shared.areas import Scope
from shared.db.engine import Database, WriteSession

Step: TypeAlias = Callable[[WriteSession], Awaitable[int]]
"""Does one part of the work, and says how much that was."""


async def until_none(database: Database, step: Step, full: int = 1) -> int:
    """Do `step` until it finds less than `full`: nothing, or a part that is not full; how much it was in all."""
    total, done = 0, full
    while done >= full:
        async with database.write(Scope.everywhere()) as session:
            done = await step(session)
        total += done
    return total
