"""Verdicts, and ends without one, in the order in which bureaus hear of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, text, tuple_

from services.alerts.models import Alert, VerdictNotice
from services.alerts.queries.alerts import in_sight
from services.alerts.rules.alerts import Sight
from shared.contracts.households import Basis
from shared.db.engine import ReadSession, WriteSession

_SETTLED = text("verdict_notice.xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
"""Written by transactions before which none is still open: what comes later is after these."""


class Told(NamedTuple):
    """A notice with the reason, and what its verdict rests on, that the alert has now."""

    notice: VerdictNotice
    reason_sealed: bytes | None
    basis: Basis | None


async def list_verdicts(
    session: ReadSession, sight: Sight, feed: str | None, after: tuple[int, UUID] | None, limit: int
) -> Sequence[Told]:
    """Notices in sight, oldest first."""
    columns = (VerdictNotice, Alert.verdict_reason_sealed, Alert.verdict_basis)
    wanted = select(*columns).join(Alert, Alert.id == VerdictNotice.alert_id)
    wanted = wanted.where(_SETTLED).order_by(VerdictNotice.xid, VerdictNotice.id).limit(limit)
    wanted = wanted.where(*in_sight(VerdictNotice, sight))
    if feed is not None:
        wanted = wanted.where(VerdictNotice.feed == feed)
    if after is not None:
        wanted = wanted.where(tuple_(VerdictNotice.xid, VerdictNotice.id) > after)
    return [Told(*row) for row in await session.execute(wanted)]


async def forget_notices(session: WriteSession, before: datetime) -> None:
    """Forget what was told before that moment; it stays on its alerts."""
    told_at = func.coalesce(VerdictNotice.answered_at, VerdictNotice.ended_at)
    await session.execute(delete(VerdictNotice).where(told_at < before))
