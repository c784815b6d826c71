"""The relay of one lane: outbox → bus → delete. It knows no event types."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.port import Bus, Message
from shared.db.engine import Database
from shared.lanes import BULK_BATCH, Lane, on_lane

log = logging.getLogger(__name__)

BATCH = {Lane.LIVE: 500, Lane.BULK: BULK_BATCH}
IDLE_SECONDS = (
    0.1  # how long a row written by another process of the service may wait; our own live ones wake us at once
)
GATHER_SECONDS = 0.005
"""A row that follows closely on another may wait this long for company: 1,500 rows a second are 200 batches, not 700."""
LONGEST_PAUSE = 30.0

# One active relay per service and lane, or rows of one key could overtake each other between two relays.
_LOCK = text("SELECT pg_try_advisory_lock(hashtext(:name), hashtext(current_schema()))")
# The plan is made while the table is empty and kept while it is full: a sort would read all of it for each batch.
_WALK = text("SET enable_sort = off")
_TAKE = text(
    "SELECT id, event_id, topic, key, type, occurred_at, value, traceparent FROM outbox"
    " WHERE lane = :lane ORDER BY id LIMIT :batch"
)
_DELETE = text("DELETE FROM outbox WHERE lane = :lane AND id = ANY(:ids)")


class Relay:
    """Moves one lane of a service's outbox to the bus; waits in line while another process of the service does.

    Each lane has its own, with its own connection, lock and pauses: what holds one up is nothing to the other.
    """

    def __init__(self, database: Database, bus: Bus, lane: Lane) -> None:
        self._database = database
        self._bus = bus
        self._lane = lane
        self._pause = IDLE_SECONDS

    async def run(self) -> None:
        """Relay until cancelled. Whatever fails is tried again: rows stay until the bus has them."""
        while True:
            try:
                await self._lead()
            except Exception as error:
                log.warning(
                    "relay interrupted",
                    extra={
                        "service": self._database.schema,
                        "lane": self._lane.name.lower(),
                        "error": type(error).__name__,
                    },
                )
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _lead(self) -> None:
        async with self._database.engine.connect() as connection:
            try:
                await self._relay_while_leading(connection)
            finally:
                # Its session holds the lock: back in the pool, it would shut out our own next try for ever.
                await connection.invalidate()

    async def _relay_while_leading(self, connection: AsyncConnection) -> None:
        # The lock belongs to the connection: it goes when the process dies or the connection breaks.
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(_WALK)
        while not await connection.scalar(_LOCK, {"name": on_lane("shouwang-relay", self._lane)}):  # noqa: ASYNC110
            await asyncio.sleep(1)  # the lock is in the database, there is nothing to wait on
        while True:
            relayed = await self.relay_batch(connection)
            if relayed == 0:
                await self._wait_for_rows()
            elif relayed < BATCH[self._lane]:
                await asyncio.sleep(GATHER_SECONDS)

    async def relay_batch(self, connection: AsyncConnection) -> int:
        """Publish and delete the oldest rows; returns how many. A crash in between repeats them, never loses."""
        if self._lane is Lane.LIVE:
            self._database.outbox_filled.clear()
        rows = (await connection.execute(_TAKE, {"lane": self._lane, "batch": BATCH[self._lane]})).all()
        if rows:
            await self._bus.publish([self._message(row) for row in rows])
            await connection.execute(_DELETE, {"lane": self._lane, "ids": [row.id for row in rows]})
            self._pause = IDLE_SECONDS
        return len(rows)

    async def _wait_for_rows(self) -> None:
        if self._lane is Lane.BULK:  # nobody waits for it, so it just looks again
            await asyncio.sleep(IDLE_SECONDS)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._database.outbox_filled.wait(), IDLE_SECONDS)

    def _message(self, row: Row[tuple[object, ...]]) -> Message:
        return Message(
            topic=on_lane(row.topic, self._lane),
            key=row.key,
            id=str(row.event_id),
            type=row.type,
            source=f"/{self._database.schema}",
            time=row.occurred_at.isoformat(),
            value=row.value.encode(),
            traceparent=row.traceparent,
        )
