"""Work that is tried a few times. Each attempt is counted before it is made, so that what ends its process is not tried
for ever; what fails for good says why on its row."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, SmallInteger, Update, func, literal, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database, WriteSession
from shared.db.listening import MOST_ATTEMPTS, RESTART_SECONDS, Listener, turn
from shared.db.outage import is_blameless, is_outage
from shared.errors import DomainError, Fault, fault_of
from shared.files import FileRefused
from shared.security.vault import CannotOpen

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""How long a stop waits for its attempt to be taken back; then it counts. Less than any time after which we are killed."""
_EVERYWHERE = Scope.everywhere()


class Attempted:
    """A table whose rows are worked off in the order of their ids. It ends in the state `failed`, or as the work says."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # begun, at the present step
    failure: Mapped[dict[str, Any] | None]  # {"code", "params", "field"} of what ended it, or of why it was begun anew
    finished_at: Mapped[datetime | None]

    def begun(self) -> None:
        """What a row shows of an attempt besides their number; nothing, unless its table says more."""

    def fail(self, fault: Fault) -> None:
        """It ends here, and says why."""
        self.state, self.finished_at = "failed", utc_now()
        self.failure = {"code": fault.code, "params": dict(fault.params), "field": fault.field}

    def begin_anew(self, code: str) -> None:
        """From the first step, for what was found does not hold any more."""
        self.state, self.attempts, self.failure = "queued", 0, {"code": code, "params": {}}


Counted = TypeVar("Counted")


@dataclass(slots=True)
class Attempt:
    """One attempt: nothing is known of it before it is counted."""

    begun: datetime
    row: ColumnElement[bool] | None = None
    counting: asyncio.Task[Any] | None = None

    async def count(self, row: ColumnElement[bool], counting: Coroutine[Any, Any, Counted]) -> Counted:
        """Have it counted at that row; what `counting` says: None where nothing was counted."""
        task = asyncio.create_task(counting)
        self.row, self.counting = row, task
        return await asyncio.shield(task)

    async def is_counted(self, ended_by: BaseException) -> bool:
        """Whether it was, also where a stop has met the counting itself."""
        if self.counting is None:
            return False
        if is_stop(ended_by):
            await _wait_unmoved(self.counting)
        known = self.counting.done() and not self.counting.cancelled() and self.counting.exception() is None
        return known and self.counting.result() is not None


@asynccontextmanager
async def attempt(database: Database, table: type[Any]) -> AsyncIterator[Attempt]:
    """An attempt that is counted within the block. Where it does not count after all (`take_back`), it is taken back
    when the block has ended; what ended it is raised.
    """
    one = Attempt(utc_now())
    try:
        yield one
    except (Exception, asyncio.CancelledError) as error:
        counted = await one.is_counted(error)
        if counted and one.row is not None and (is_stop(error) or is_outage(error)):
            await take_back(database, table, one.row, error, one.begun)
        raise


async def take_back(
    database: Database, table: type[Any], row: ColumnElement[bool], ended_by: BaseException, begun: datetime
) -> None:
    """An attempt does not count when an outage has ended it, or an orderly stop, unless its work may have been the
    cause: it was not where nobody answered, there was no room or others were in the way, nor where the database was
    started since it was `begun`.

    Waits until the database answers, in a stop a little while. `table`: one with `attempts`.
    """
    stopped = is_stop(ended_by)
    innocent = or_(literal(stopped or is_blameless(ended_by)), func.pg_postmaster_start_time() > begun)
    fewer = update(table).where(row, table.attempts > 0, innocent).values(attempts=table.attempts - 1)
    taking_back = asyncio.create_task(_execute_at_last(database, fewer))
    if stopped:
        await _wait_unmoved(taking_back)
    await taking_back


def is_stop(error: BaseException) -> bool:
    """Whether who works here was told to stop. A cancellation that meets a statement may come out as the driver's error."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) or (task is not None and task.cancelling() > 0)


async def _wait_unmoved(task: asyncio.Task[Any]) -> None:
    """Whoever stops us says so again and again: all the same, until `task` is done or it has had its time."""
    clock = asyncio.get_running_loop().time
    until = clock() + STOP_SECONDS
    while not task.done() and clock() < until:
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task], timeout=until - clock())
    task.cancel()


async def _execute_at_last(database: Database, statement: Update) -> None:
    while True:
        try:
            async with database.write(_EVERYWHERE) as session:
                await session.execute(statement)
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return


Row = TypeVar("Row", bound=Attempted)


async def lock_row(session: WriteSession, table: type[Row], row_id: UUID) -> Row:
    """A row that is there, and nobody else moves it before our commit."""
    return (await session.scalars(select(table).where(table.id == row_id).with_for_update())).one()


async def _leave_nothing(_: Database, __: UUID) -> None:
    """What clears up after work that lays nothing down before it is done."""


@dataclass(frozen=True, slots=True)
class Attempts(Generic[Row]):
    """How the rows of one table are tried: each `MOST_ATTEMPTS` times at a step, and one at a time for all processes.

    An outage ends an attempt and is raised: the caller waits. It counts where the work may be its cause (`take_back`).
    """

    name: str  # of the work, in logs; and of the turn among all processes
    table: type[Row]
    waiting: tuple[str, ...]  # states in which there is something to do
    broken: str  # code of what is told after the last attempt
    gone: str  # code of what is told when a file is no more, opens with no key, or is refused by the store
    clear: Callable[[Database, UUID], Awaitable[None]] = _leave_nothing  # before a row fails
    together: bool = False  # several rows at a time, each by one process

    async def work_oldest(
        self, database: Database, connection: Listener, work: Callable[[Row], Awaitable[None]]
    ) -> bool:
        """Try the oldest row that waits; False when none does, or others are at it. `connection` has the turn."""
        waiting = select(self.table.id).where(self.table.state.in_(self.waiting), self.table.finished_at.is_(None))
        oldest = waiting.order_by(self.table.id).limit(None if self.together else 1)
        async with database.read(_EVERYWHERE) as session:
            ids = (await session.scalars(oldest)).all()
        for row_id in ids:
            async with turn(connection, f"shouwang-{self.name}{f'-{row_id}' if self.together else ''}") as ours:
                if ours:
                    await self._try(database, row_id, work)
                    return True
        return False

    async def _try(self, database: Database, row_id: UUID, work: Callable[[Row], Awaitable[None]]) -> None:
        try:
            async with attempt(database, self.table) as this:
                row = await this.count(self.table.id == row_id, self._begin(database, row_id))
                if row is not None:
                    await work(row)
        except (DomainError, FileNotFoundError, CannotOpen) as refused:
            await self._fail(database, row_id, fault_of(refused, self.gone))
        except Exception as error:
            withheld = isinstance(error, FileRefused)  # perhaps not for good, else as a file that is no more
            if is_stop(error) or (is_outage(error) and not withheld):
                raise
            log.error("attempt failed", extra={"work": self.name, "row": str(row_id), "error": type(error).__name__})
            async with database.write(_EVERYWHERE) as session:
                last = (await lock_row(session, self.table, row_id)).attempts >= MOST_ATTEMPTS
            if last:
                await self._fail(database, row_id, Fault("", self.gone if withheld else self.broken))
            elif withheld:
                raise

    async def _begin(self, database: Database, row_id: UUID) -> Row | None:
        """Count an attempt; None: another process was quicker, or this row had its last one."""
        async with database.write(_EVERYWHERE) as session:
            row = await lock_row(session, self.table, row_id)
            if row.state not in self.waiting:
                return None
            if row.attempts < MOST_ATTEMPTS:
                row.attempts += 1
                row.begun()
                return row
        await self._fail(database, row_id, Fault("", self.broken))
        return None

    async def _fail(self, database: Database, row_id: UUID, fault: Fault) -> None:
        await self.clear(database, row_id)
        async with database.write(_EVERYWHERE) as session:
            row = await lock_row(session, self.table, row_id)
            if row.state in self.waiting:  # else somebody stopped it meanwhile
                row.fail(fault)
