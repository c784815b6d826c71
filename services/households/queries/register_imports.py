"""Imports of list workbooks (`shared.imports`): their findings, and what they would write."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from services.households.models import Household
from services.households.models.imports import STAGED_HOUSEHOLD, STAGED_MEMBER, ImportFinding, RegisterImport
from services.households.rules.register_imports import Outcome
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.within import within


async def list_findings(
    session: ReadSession, scope: Scope, import_id: UUID, outcome: Outcome, after: int, limit: int
) -> Sequence[ImportFinding]:
    """What conflicts, is worth a look, or vanished, in order."""
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


async def find_warnings(
    session: ReadSession, scope: Scope, import_id: UUID, households: Collection[UUID]
) -> dict[UUID, ImportFinding]:
    """What is worth a look about those households."""
    wanted = select(ImportFinding).where(
        ImportFinding.import_id == import_id,
        ImportFinding.outcome == "warned",
        ImportFinding.household_id.in_(households),
        within(ImportFinding.area_code, scope),
    )
    return {one.household_id: one for one in await session.scalars(wanted) if one.household_id}


async def list_staged(
    session: ReadSession, import_id: UUID, outcome: Outcome, after: int, limit: int
) -> Sequence[Row[Any]]:
    """What would be added or changed, households and people, in order: only what tells of it is loaded.

    Each is told with the national code of its household, be it registered or in the list alone.
    """
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
    page = select(listed).order_by(listed.c.number).limit(limit).subquery()
    # People stand right behind their household: where it is new, the search back ends at once.
    new = (
        select(STAGED_HOUSEHOLD.c.national_code)
        .where(
            STAGED_HOUSEHOLD.c.import_id == import_id,
            STAGED_HOUSEHOLD.c.number < page.c.number,
            STAGED_HOUSEHOLD.c.id == page.c.household_id,
        )
        .order_by(STAGED_HOUSEHOLD.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    code = func.coalesce(page.c.national_code, Household.national_code, new).label("national_code")
    columns: list[Any] = [*(column for column in page.c if column.name != "national_code"), code]
    query = select(*columns).outerjoin(Household, Household.id == page.c.household_id)
    return (await session.execute(query.order_by(page.c.number))).all()


async def list_applied(session: ReadSession, limit: int) -> Sequence[RegisterImport]:
    """Those that are written or came to nothing, and whose staged rows are still there."""
    wanted = (
        select(RegisterImport)
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
