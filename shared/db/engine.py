"""The engine of one service and its two edges: `read` never writes, `write` commits when its block ends.

Nothing else under `services/` calls commit. A route opens the edge itself, so the commit has happened before the
answer leaves (a FastAPI `yield` dependency would commit after it and answer 201 for a row that was lost).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NewType, cast

import asyncpg
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from shared.areas import Scope

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", ReadSession)

EMITTED = "emitted"
"""Key in `session.info`: this transaction wrote to the outbox, so the relay is woken when it has committed."""

LANE = "lane"
"""Key in `session.info`: the `shared.lanes.Lane` of the message that is being handled; absent means live."""


class DatabaseSettings(BaseModel):
    """Where a service's data lie. Each service takes its own, so one can move to a cluster of its own."""

    url: SecretStr = Field(description="postgresql+asyncpg://role:password@host/database, the service's own role")
    pool_size: int = Field(16, ge=3, description="Connections per process; the sum must stay under max_connections")
    pool_timeout: float = Field(10, gt=0, description="Seconds to wait for a free connection before answering 503")
    statement_timeout: int = Field(30_000, ge=0, description="Milliseconds one statement may run; 0 = no limit")


class Database:
    """One service's pool, schema and sessions.

    `row_security`: the schema has row-level security on household data; each transaction then says first which
    areas it may see, and sees nothing when it does not.
    """

    def __init__(self, settings: DatabaseSettings, schema: str, *, row_security: bool = False) -> None:
        self.schema = schema
        self.engine = _engine(settings, schema)
        self.outbox_filled = asyncio.Event()
        self._row_security = row_security
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._slots = asyncio.Semaphore(settings.pool_size - 2)  # the relays keep one connection each
        self._patience = settings.pool_timeout

    async def stop(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    @asynccontextmanager
    async def read(self, scope: Scope) -> AsyncIterator[ReadSession]:
        """A read-only transaction that sees the areas of `scope`."""
        async with self._slot(), self._session() as session:
            await session.execute(_BEGIN_READ, {"areas": _areas(scope)})
            yield ReadSession(session)

    @asynccontextmanager
    async def write(self, scope: Scope) -> AsyncIterator[WriteSession]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        async with self._slot(), self._session() as session:
            if self._row_security:
                await session.execute(_BEGIN_WRITE, {"areas": _areas(scope)})
            yield WriteSession(ReadSession(session))
            await session.commit()
            if session.info.get(EMITTED):
                self.outbox_filled.set()

    @asynccontextmanager
    async def single(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """The bare driver connection for single statements, each a transaction of its own that commits by itself.

        For the one hot path: a session costs more than the statement. No row-level security is set here.
        """
        async with self._slot():
            connection = await self.engine.raw_connection()
            while (driver := cast("asyncpg.Connection[Any]", connection.driver_connection)).is_closed():
                connection.invalidate()  # it broke in the pool: nobody else would notice on this road
                connection = await self.engine.raw_connection()
            try:
                yield driver
            finally:
                connection.close()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        """Closed when the block ends. Why it ended counts, not that there was nothing to roll back any more: the server
        ends who was idle for long."""
        ended: BaseException | None = None
        try:
            async with self._sessions() as session:
                try:
                    yield session
                except BaseException as error:
                    ended = error
                    raise
        except DBAPIError:
            if ended is None:
                raise
            raise ended  # noqa: B904 # most often the same

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """A connection of the pool, first come, first served: in the pool's own queue a newcomer may overtake for ever."""
        if self._slots.locked():
            async with asyncio.timeout(self._patience):
                await self._slots.acquire()
        else:
            await self._slots.acquire()
        try:
            yield
        finally:
            self._slots.release()


@asynccontextmanager
async def seeing_everywhere(session: ReadSession) -> AsyncIterator[None]:
    """Meanwhile row-level security shows every area: for facts that may not depend on who asks.

    Nothing is written meanwhile. An error inside ends the transaction, and the wider view with it.
    """
    before = await session.scalar(_SEE_EVERYWHERE, {"areas": _areas(Scope.everywhere())})
    yield
    await session.execute(_BEGIN_WRITE, {"areas": before or ""})


# What is selected is worked out from left to right: first what was seen before.
_SEE_EVERYWHERE = text("SELECT current_setting('app.areas', true), set_config('app.areas', :areas, true)")
_BEGIN_READ = text("SELECT set_config('transaction_read_only', 'on', true), set_config('app.areas', :areas, true)")
_BEGIN_WRITE = text("SELECT set_config('app.areas', :areas, true)")


def _areas(scope: Scope) -> str:
    """LIKE patterns for the row-level security policies: `%` is everywhere, the empty text nowhere."""
    return ",".join(scope.like_patterns())


def _engine(settings: DatabaseSettings, schema: str) -> AsyncEngine:
    return create_async_engine(
        settings.url.get_secret_value(),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        hide_parameters=True,  # bound values may be ID numbers; they must not reach a log through an exception
        connect_args={
            "server_settings": {
                "search_path": f"{schema},public",
                "application_name": f"shouwang-{schema}",
                "statement_timeout": str(settings.statement_timeout),
                # A peer system died of clients that hung up and left transactions open; the server ends such.
                "idle_in_transaction_session_timeout": "60000",
                "jit": "off",  # short statements only: compiling them costs more than it saves
            },
        },
    )


async def raw(session: ReadSession) -> "asyncpg.Connection[Any]":
    """The asyncpg connection under `session`, inside its transaction, for COPY and `unnest` statements.

    A raw statement sent first would run outside the transaction (SQLAlchemy begins it lazily), so the transaction is
    begun here; pending ORM rows are flushed so that both see the same world.
    """
    await session.flush()
    connection = await session.connection()
    driver = cast("asyncpg.Connection[Any]", (await connection.get_raw_connection()).driver_connection)
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver
