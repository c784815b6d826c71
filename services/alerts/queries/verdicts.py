"""Verdicts in the order in which bureaus hear of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text

from services.alerts.models import Alert, VerdictNotice
from services.alerts.queries.alerts import in_sight
from services.alerts.rules.alerts import Sight
from shared.contracts.households import Basis
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order

_SETTLED = text("verdict_notice.xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
"""Written by transactions before which none is still open: what comes later is after these."""


class Told(NamedTuple):
    """A verdict with the reason, and what it rests on, that the alert has now."""

    notice: VerdictNotice
    reason_sealed: bytes | None
    basis: Basis | None


async def list_verdicts(
    session: ReadSession, sight: Sight, feed: str | None, after: tuple[int, UUID] | None, limit: int
) -> Sequence[Told]:
    """Verdicts in sight, oldest first."""
    columns = (VerdictNotice, Alert.verdict_reason_sealed, Alert.verdict_basis)
    wanted = select(*columns).join(Alert, Alert.id == VerdictNotice.alert_id)
    wanted = wanted.where(_SETTLED, *in_sight(VerdictNotice, sight))
    if feed is not None:
        wanted = wanted.where(VerdictNotice.feed == feed)
    wanted = in_order(wanted, VerdictNotice.xid, VerdictNotice.id, after=after, limit=limit)
    return [Told(*row) for row in await session.execute(wanted)]


async def forget_notices(session: WriteSession, before: datetime) -> None:
    """Forget verdicts told before that moment; they stay on their alerts."""
    await session.execute(delete(VerdictNotice).where(VerdictNotice.answered_at < before))
