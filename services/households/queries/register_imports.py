"""Imports of list workbooks: reading them, their findings, and what they would write."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, literal, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB

from services.households.models.imports import STAGED_HOUSEHOLD, STAGED_MEMBER, ImportFinding, RegisterImport
from services.households.rules.register_imports import ImportNotFound, Outcome
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.within import all_within, within
from shared.errors import existing
from shared.security.principals import Principal

CHANNEL = "households_import"
"""Notified when an import has something to do."""
_NOTIFY = text(f"NOTIFY {CHANNEL}")
WAITING = ("queued", "checking", "applying")


async def insert_import(session: WriteSession, row: RegisterImport) -> None:
    """Keep a new one, and wake its worker."""
    session.add(row)
    await session.flush()
    await ring(session)


async def ring(session: WriteSession) -> None:
    """Wake the worker when this transaction has committed."""
    await session.execute(_NOTIFY)


async def get_import(session: ReadSession, who: Principal, import_id: UUID) -> RegisterImport:
    """One in sight; raises `ImportNotFound`."""
    found = await session.scalar(select(RegisterImport).where(RegisterImport.id == import_id, _in_sight(who)))
    return existing(found, ImportNotFound)


async def lock_import(session: WriteSession, who: Principal, import_id: UUID) -> RegisterImport:
    """`get_import`, and nobody else moves it before our commit."""
    wanted = select(RegisterImport).where(RegisterImport.id == import_id, _in_sight(who)).with_for_update()
    return existing(await session.scalar(wanted), ImportNotFound)


async def lock_whole(session: WriteSession, import_id: UUID) -> RegisterImport:
    """`lock_import`, for the worker."""
    wanted = select(RegisterImport).where(RegisterImport.id == import_id).with_for_update()
    return (await session.scalars(wanted)).one()


async def read_import(session: ReadSession, import_id: UUID) -> RegisterImport:
    """One, whoever asks."""
    return (await session.scalars(select(RegisterImport).where(RegisterImport.id == import_id))).one()


async def list_imports(
    session: ReadSession, who: Principal, before: UUID | None, limit: int
) -> Sequence[RegisterImport]:
    """Newest first, those older than `before`."""
    wanted = select(RegisterImport).where(_in_sight(who)).order_by(RegisterImport.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(RegisterImport.id < before)
    return (await session.scalars(wanted)).all()


def _in_sight(who: Principal) -> ColumnElement[bool]:
    """Sent by the asker, or from areas that are all the asker's."""
    return or_(RegisterImport.sent_by == who.id, all_within(RegisterImport.areas, who.scope))


async def list_findings(
    session: ReadSession, scope: Scope, import_id: UUID, outcome: Outcome, after: int, limit: int
) -> Sequence[ImportFinding]:
    """What conflicts or vanished, in order."""
    wanted = (
        select(ImportFinding)
        .where(
            ImportFinding.import_id == import_id,
            ImportFinding.outcome == outcome,
            ImportFinding.number > after,
            within(ImportFinding.area_code, scope),
        )
        .order_by(ImportFinding.number)
        .limit(limit)
    )
    return (await session.scalars(wanted)).all()


async def list_staged(
    session: ReadSession, import_id: UUID, outcome: Outcome, after: int, limit: int
) -> Sequence[Row[Any]]:
    """What would be added or changed, households and people, in order: only what tells of it is loaded."""
    told = ("number", "outcome", "file", "sheet", "row_number", "fields", "detail", "sealed", "area_code")
    members = select(
        *(STAGED_MEMBER.c[name] for name in told),
        STAGED_MEMBER.c.household_id,
        STAGED_MEMBER.c.id.label("member_id"),
        STAGED_MEMBER.c.name,
        literal(None).label("national_code"),
        literal(None, JSONB).label("monitoring"),
    ).where(STAGED_MEMBER.c.import_id == import_id, STAGED_MEMBER.c.outcome == outcome)
    households = select(
        *(STAGED_HOUSEHOLD.c[name] for name in told),
        STAGED_HOUSEHOLD.c.id.label("household_id"),
        literal(None).label("member_id"),
        literal(None).label("name"),
        STAGED_HOUSEHOLD.c.national_code,
        STAGED_HOUSEHOLD.c.monitoring,
    ).where(STAGED_HOUSEHOLD.c.import_id == import_id, STAGED_HOUSEHOLD.c.outcome == outcome)
    both = members.where(STAGED_MEMBER.c.number > after).union_all(households.where(STAGED_HOUSEHOLD.c.number > after))
    listed = both.subquery()
    return (await session.execute(select(listed).order_by(listed.c.number).limit(limit))).all()


async def list_outworn(session: ReadSession, before: datetime, limit: int) -> Sequence[UUID]:
    """Those received before that moment that nothing is done with any more, and that are still kept."""
    wanted = (
        select(RegisterImport.id)
        .where(
            RegisterImport.received_at < before,
            RegisterImport.state.not_in(WAITING),
            RegisterImport.deleted_at.is_(None),
        )
        .order_by(RegisterImport.id)
        .limit(limit)
    )
    return (await session.scalars(wanted)).all()


async def list_applied(session: ReadSession, limit: int) -> Sequence[UUID]:
    """Those that are written or came to nothing, and whose staged rows are still there."""
    wanted = (
        select(RegisterImport.id)
        .where(RegisterImport.state.in_(("applied", "failed")), RegisterImport.staged > 0)
        .order_by(RegisterImport.id)
        .limit(limit)
    )
    return (await session.scalars(wanted)).all()


async def forget_staged(session: WriteSession, import_id: UUID) -> None:
    """Delete what it would write."""
    await session.execute(delete(STAGED_HOUSEHOLD).where(STAGED_HOUSEHOLD.c.import_id == import_id))
    await session.execute(delete(STAGED_MEMBER).where(STAGED_MEMBER.c.import_id == import_id))


async def forget_findings(session: WriteSession, import_id: UUID) -> None:
    """Delete what stood in its way."""
    await session.execute(delete(ImportFinding).where(ImportFinding.import_id == import_id))
