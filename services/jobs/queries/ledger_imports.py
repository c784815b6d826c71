"""Files of ledger rows: one in sight, the next with something to do, those that are kept long enough."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text

from services.jobs.models import LedgerImport
from services.jobs.rules.ledger_imports import LedgerImportNotFound
from shared.db.engine import ReadSession, WriteSession
from shared.db.within import all_within
from shared.errors import existing
from shared.security.principals import Principal

CHANNEL = "jobs_ledger_import"
"""Notified when a file has something to do."""
_NOTIFY = text(f"NOTIFY {CHANNEL}")
WAITING = ("queued", "checking", "applying")
_FINISHED = ("applied", "failed")


async def ring(session: WriteSession) -> None:
    """Wake the worker when this transaction has committed."""
    await session.execute(_NOTIFY)


async def get_import(session: ReadSession, who: Principal, import_id: UUID) -> LedgerImport:
    """One in sight; raises `LedgerImportNotFound`."""
    found = await session.scalar(select(LedgerImport).where(LedgerImport.id == import_id, _in_sight(who)))
    return existing(found, LedgerImportNotFound)


async def lock_import(session: WriteSession, who: Principal, import_id: UUID) -> LedgerImport:
    """`get_import`, and nobody else moves it before our commit."""
    wanted = select(LedgerImport).where(LedgerImport.id == import_id, _in_sight(who)).with_for_update()
    return existing(await session.scalar(wanted), LedgerImportNotFound)


async def lock_whole(session: WriteSession, import_id: UUID) -> LedgerImport:
    """`lock_import`, for the worker."""
    wanted = select(LedgerImport).where(LedgerImport.id == import_id).with_for_update()
    return (await session.scalars(wanted)).one()


async def list_imports(session: ReadSession, who: Principal, before: UUID | None, limit: int) -> Sequence[LedgerImport]:
    """Newest first, those older than `before`."""
    wanted = select(LedgerImport).where(_in_sight(who)).order_by(LedgerImport.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(LedgerImport.id < before)
    return (await session.scalars(wanted)).all()


async def list_outworn(session: ReadSession, moment: datetime, limit: int) -> Sequence[LedgerImport]:
    """Received before that, nothing left to do, and files still there."""
    wanted = (
        select(LedgerImport)
        .where(LedgerImport.received_at < moment, LedgerImport.deleted_at.is_(None))
        .where(LedgerImport.state.in_(("checked", *_FINISHED)))
        .limit(limit)
    )
    return (await session.scalars(wanted)).all()


def _in_sight(who: Principal) -> ColumnElement[bool]:
    """Sent by the asker, or from areas that are all the asker's."""
    return or_(LedgerImport.sent_by == who.id, all_within(LedgerImport.areas, who.scope))
