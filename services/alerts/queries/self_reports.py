"""Phone codes, what was done how often, and the households' own requests. Counts and codes change in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.alerts.models import Alert, SelfReport
from shared.db.engine import ReadSession, WriteSession, raw

_COUNT = """
INSERT INTO use_count (what, who, ends_at, count) VALUES ($1, $2, $3, 1)
ON CONFLICT (what, who, ends_at) DO UPDATE SET count = use_count.count + 1 RETURNING count
"""
_KEEP_CODE = """
INSERT INTO phone_code (phone_key, code_hash, tries, tries_allowed, expires_at, used_for)
VALUES ($1, $2, 0, $3, $4, NULL)
ON CONFLICT (phone_key) DO UPDATE SET code_hash = excluded.code_hash, tries = 0,
    tries_allowed = excluded.tries_allowed, expires_at = excluded.expires_at, used_for = NULL
"""
_TRY_CODE = """
UPDATE phone_code SET tries = tries + 1 WHERE phone_key = $1 AND expires_at > $2 AND tries < tries_allowed
RETURNING code_hash
"""
_USE_CODE = """
UPDATE phone_code SET used_for = $3
WHERE phone_key = $1 AND code_hash = $2 AND (used_for IS NULL OR used_for = $3) RETURNING true
"""
_INSERT = """
INSERT INTO self_report (id, alert_id, content_key, source, risk_family, phone_key, reported_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (content_key) DO NOTHING RETURNING true
"""
_FORGET = (
    "DELETE FROM phone_code WHERE expires_at < $1",
    "DELETE FROM use_count WHERE ends_at < $1",
)


async def count_use(session: WriteSession, what: str, who: str, ends_at: datetime) -> int:
    """Count one use in a span; how many there are now. A transaction that is rolled back has not counted."""
    count: int = await (await raw(session)).fetchval(_COUNT, what, who, ends_at)
    return count


async def keep_code(session: WriteSession, phone_key: str, code_hash: bytes, tries: int, expires_at: datetime) -> None:
    """The phone's one code; an older one is void."""
    await (await raw(session)).execute(_KEEP_CODE, phone_key, code_hash, tries, expires_at)


async def try_code(session: WriteSession, phone_key: str, now: datetime) -> bytes | None:
    """Use up one try; the hash to compare with, or None when there is no code that may still be tried."""
    found: bytes | None = await (await raw(session)).fetchval(_TRY_CODE, phone_key, now)
    return found


async def use_code(session: WriteSession, phone_key: str, code_hash: bytes, content_key: bytes) -> bool:
    """Use a code for one request; False when it was used for another one, or a newer code was sent."""
    return bool(await (await raw(session)).fetchval(_USE_CODE, phone_key, code_hash, content_key))


async def insert_self_report(session: WriteSession, values: Sequence[Any]) -> bool:
    """Store `(id, alert, content key, source, risk family, phone key, reported_at)`; False when its content is known."""
    return bool(await (await raw(session)).fetchval(_INSERT, *values))


async def find_self_report(session: ReadSession, content_key: bytes) -> SelfReport | None:
    """The request with that content."""
    return await session.scalar(select(SelfReport).where(SelfReport.content_key == content_key))


async def list_of_phone(session: ReadSession, phone_key: str, limit: int) -> Sequence[tuple[SelfReport, bool]]:
    """The requests made with a phone, newest first, and whether each was answered: by a verdict that came after it."""
    query = (
        select(SelfReport, Alert.answered_at > SelfReport.reported_at)
        .join(Alert, Alert.id == SelfReport.alert_id)
        .where(SelfReport.phone_key == phone_key)
        .order_by(SelfReport.id.desc())
        .limit(limit)
    )
    return [(report, bool(answered)) for report, answered in await session.execute(query)]


async def forget_codes(session: WriteSession, before: datetime) -> None:
    """Forget codes and counts that ended before that moment."""
    connection = await raw(session)
    for statement in _FORGET:
        await connection.execute(statement, before)
