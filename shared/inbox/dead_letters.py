"""What is kept of an event that could not be handled, and the ways out: replay or discard."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import RowMapping, text

from shared.bus.port import Message
from shared.db.engine import ReadSession, WriteSession
from shared.errors import Conflict, DomainError, NotFound

Handle: TypeAlias = Callable[[WriteSession, Iterable[Message]], Awaitable[None]]
"""What the inbox does with messages it has claimed."""

_KEEP = text("""
INSERT INTO dead_letter (id, topic, key, type, source, occurred_at, value, traceparent, error, attempts, failed_at)
VALUES (:id, :topic, :key, :type, :source, :occurred_at, :value, :traceparent, :error, :attempts, :failed_at)
""")
_COLUMNS = "id, topic, type, occurred_at, error, attempts, failed_at, resolution, resolved_at, resolved_by"
_LIST = text(f"""
SELECT {_COLUMNS} FROM dead_letter
WHERE (:all OR resolved_at IS NULL) AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit
""")  # noqa: S608
_LOCK = text("SELECT * FROM dead_letter WHERE id = :id FOR UPDATE")
_RESOLVE = text("UPDATE dead_letter SET resolution = :how, resolved_at = :now, resolved_by = :by WHERE id = :id")


class DeadLetterNotFound(NotFound):
    """No dead letter has that id."""

    code = "dead-letter-not-found"


class DeadLetterResolved(Conflict):
    """It was replayed or discarded before."""

    code = "dead-letter-resolved"


async def keep(
    session: WriteSession, id_: UUID, message: Message, error: Exception, attempts: int, now: datetime
) -> None:
    """Keep `message` whole, with the class and code of `error` but not its text."""
    code = f":{error.code}" if isinstance(error, DomainError) else ""
    values = {
        "id": id_,
        "topic": message.topic,
        "key": message.key,
        "type": message.type,
        "source": message.source,
        "occurred_at": message.time,
        "value": message.value,
        "traceparent": message.traceparent,
        "error": type(error).__name__ + code,
        "attempts": attempts,
        "failed_at": now,
    }
    await session.execute(_KEEP, values)


async def list_page(session: ReadSession, *, resolved: bool, after: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Dead letters in the order their events were emitted, without their bodies."""
    rows = await session.execute(_LIST, {"all": resolved, "after": after, "limit": limit})
    return rows.mappings().all()


async def replay(session: WriteSession, handle: Handle, id_: UUID, who: str, now: datetime) -> None:
    """Handle the event now; what the handler raises goes to the caller and the letter stays."""
    letter = await _lock_waiting(session, id_)
    message = Message(
        topic=letter["topic"],
        key=letter["key"],
        id=str(letter["id"]),
        type=letter["type"],
        source=letter["source"],
        time=letter["occurred_at"],
        value=bytes(letter["value"]),
        traceparent=letter["traceparent"],
    )
    await handle(session, [message])
    await session.execute(_RESOLVE, {"id": id_, "how": "replayed", "now": now, "by": who})


async def discard(session: WriteSession, id_: UUID, who: str, now: datetime) -> None:
    """Mark the letter as never to be handled; it stays on record."""
    await _lock_waiting(session, id_)
    await session.execute(_RESOLVE, {"id": id_, "how": "discarded", "now": now, "by": who})


async def _lock_waiting(session: WriteSession, id_: UUID) -> dict[str, Any]:
    letter = (await session.execute(_LOCK, {"id": id_})).mappings().one_or_none()
    if letter is None:
        raise DeadLetterNotFound
    if letter["resolved_at"] is not None:
        raise DeadLetterResolved
    return dict(letter)
