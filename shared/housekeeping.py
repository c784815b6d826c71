"""Forgets what every service keeps for a while only: answered requests, and the ids of handled events."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, TextClause, text

from shared.areas import Scope
from shared.db.engine import Database

IDEMPOTENCY_KEYS_KEPT = timedelta(hours=24)
INBOX_KEPT = timedelta(days=30)
"""Longer than any topic keeps its events: what the bus can still deliver again is still known."""

SLICE = 10_000
"""Rows a transaction, so that no sweep holds locks for long."""

_IDEMPOTENCY_KEYS = text("""
DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM idempotency_key WHERE created_at < :before LIMIT :slice))
""")
_INBOX = text("""
DELETE FROM inbox WHERE ctid = ANY(ARRAY(SELECT ctid FROM inbox WHERE received_at < :before LIMIT :slice))
""")


async def forget_old(database: Database, now: datetime) -> int:
    """Delete old rows of one service's schema; returns how many. Safe to run in several processes at once."""
    gone = await _delete(database, _IDEMPOTENCY_KEYS, now - IDEMPOTENCY_KEYS_KEPT)
    return gone + await _delete(database, _INBOX, now - INBOX_KEPT)


async def _delete(database: Database, statement: TextClause, before: datetime) -> int:
    total, gone = 0, SLICE
    while gone == SLICE:
        async with database.write(Scope.nowhere()) as session:
            result = await session.execute(statement, {"before": before, "slice": SLICE})
            assert isinstance(result, CursorResult)
            gone = result.rowcount
        total += gone
    return total
