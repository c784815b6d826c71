"""Alerts that nobody answered until they told nothing any more."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from services.alerts.models import Alert
from services.alerts.queries.telling import tell
from shared.db.engine import WriteSession, raw

_IS_OVER = """
state IN ('reported', 'checking')
AND (first_withdrawn_at IS NOT NULL OR EXISTS (
    SELECT FROM feed WHERE feed.code = alert.feed AND alert.occurred_on + feed.expires_days < $1))
AND NOT EXISTS (
    SELECT FROM alert_evidence AS e JOIN feed ON feed.code = e.feed
    WHERE e.alert_id = alert.id AND e.withdrawn_at IS NULL
        AND (feed.expires_days IS NULL OR e.occurred_on + feed.expires_days >= $1))
"""
_LOCK = f"SELECT id FROM alert WHERE {_IS_OVER} ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED"  # noqa: S608
# Asked once more when they are ours: further evidence may have come while we waited for none of them.
_EXPIRE = f"""
UPDATE alert SET state = 'expired', expired_at = $3 WHERE id = ANY ($2::uuid[]) AND {_IS_OVER} RETURNING id
"""  # noqa: S608


async def expire(session: WriteSession, today: date, now: datetime, limit: int) -> Sequence[Alert]:
    """End up to `limit` alerts whose every report is older than its feed's `expires_days`; those that were ended."""
    connection = await raw(session)
    ids: list[UUID] = [row["id"] for row in await connection.fetch(_LOCK, today, limit)]
    ended = [row["id"] for row in await connection.fetch(_EXPIRE, today, ids, now)] if ids else []
    await tell(session, ended)
    return (await session.scalars(select(Alert).where(Alert.id.in_(ended)).order_by(Alert.id))).all()
