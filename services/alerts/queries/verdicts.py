"""Verdicts, and ends without one, in the order in which bureaus hear of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, false, func, select, text, tuple_

from services.alerts.models import Alert, VerdictNotice
from services.alerts.queries.alerts import in_sight
from services.alerts.rules.alerts import Sight
from shared.contracts.households import Basis
from shared.db.engine import ReadSession, WriteSession, raw

_SETTLED = text("verdict_notice.xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
"""Written by transactions before which none is still open: what comes later is after these."""
_PLACE = tuple_(VerdictNotice.xid, VerdictNotice.id)

# A database that was restored elsewhere counts its transactions anew. What it was given is from ones that are still to come
# there, and stands before all that it is told itself.
_OF_A_FORMER_DATABASE = """
UPDATE verdict_notice SET xid = 0 FROM (
    SELECT id AS last FROM verdict_notice WHERE xid >= (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint
    ORDER BY id DESC LIMIT 1
) AS former WHERE id <= last AND xid <> 0
"""


class Told(NamedTuple):
    """A notice with the reason, and what its verdict rests on, that the alert has now."""

    notice: VerdictNotice
    reason_sealed: bytes | None
    basis: Basis | None


async def list_verdicts(
    session: ReadSession, sight: Sight, feed: str | None, after: UUID | None, limit: int
) -> Sequence[Told]:
    """Notices in sight, oldest first, those after that notice."""
    columns = (VerdictNotice, Alert.verdict_reason_sealed, Alert.verdict_basis)
    wanted = select(*columns).join(Alert, Alert.id == VerdictNotice.alert_id)
    wanted = wanted.where(_SETTLED, *in_sight(VerdictNotice, sight))
    if feed is not None:
        wanted = wanted.where(VerdictNotice.feed == feed)
    if after is not None:
        wanted = wanted.where(await _behind(session, after))
    wanted = wanted.order_by(VerdictNotice.xid, VerdictNotice.id).limit(limit)
    return [Told(*row) for row in await session.execute(wanted)]


async def _behind(session: ReadSession, notice_id: UUID) -> ColumnElement[bool]:
    """What comes after a notice, wherever it stands now. One that is no more was forgotten, or lost with a database that was
    put back from an older copy: then all that was told later, and rather something twice than something not.
    """
    xid = await session.scalar(select(VerdictNotice.xid).where(VerdictNotice.id == notice_id))
    if xid is not None:
        return (xid, notice_id) < _PLACE
    later = select(VerdictNotice.xid, VerdictNotice.id).where(VerdictNotice.id > notice_id).order_by(_PLACE).limit(1)
    first = (await session.execute(later)).one_or_none()
    return false() if first is None else tuple(first) <= _PLACE


async def place_former(session: WriteSession) -> None:
    """Put what was told by the database that this one was restored from before what it tells itself."""
    await (await raw(session)).execute(_OF_A_FORMER_DATABASE)


async def forget_notices(session: WriteSession, before: datetime) -> None:
    """Forget what was told before that moment; it stays on its alerts."""
    told_at = func.coalesce(VerdictNotice.answered_at, VerdictNotice.ended_at)
    await session.execute(delete(VerdictNotice).where(told_at < before))
