"""Public notices with their entries and objections."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, update

from services.households.models import Household, Member, NoticeEntry, Objection, PublicNotice
from services.households.rules.notices import NoticeKind, NoticeNotFound
from services.households.rules.objections import ObjectionNotFound
from services.households.rules.register import HEADS
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class Counts:
    """Objections to what stands on one notice."""

    open: int
    upheld: int
    rejected: int


async def list_notices(
    session: ReadSession,
    scope: Scope,
    *,
    kind: NoticeKind | None,
    case_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[PublicNotice]:
    """Notices, newest first."""
    query = _notices(scope)
    if kind is not None:
        query = query.where(PublicNotice.kind == kind)
    if case_id is not None:
        query = query.where(PublicNotice.id.in_(select(NoticeEntry.notice_id).where(NoticeEntry.case_id == case_id)))
    return (await session.scalars(newest_first(query, PublicNotice.id, before=before, limit=limit))).all()


async def get_notice(session: ReadSession, scope: Scope, notice_id: UUID) -> PublicNotice:
    """One notice; raises `NoticeNotFound`."""
    return existing(await session.scalar(_notices(scope).where(PublicNotice.id == notice_id)), NoticeNotFound)


async def lock_notice(session: WriteSession, scope: Scope, notice_id: UUID) -> PublicNotice:
    """One notice that nobody else changes until commit; raises `NoticeNotFound`."""
    query = _notices(scope).where(PublicNotice.id == notice_id).with_for_update()
    return existing(await session.scalar(query, execution_options={"populate_existing": True}), NoticeNotFound)


async def list_entries(session: ReadSession, scope: Scope, notice_ids: Collection[UUID]) -> Sequence[NoticeEntry]:
    """Who stands on notices."""
    query = select(NoticeEntry).where(NoticeEntry.notice_id.in_(notice_ids), within(NoticeEntry.area_code, scope))
    return (await session.scalars(query.order_by(NoticeEntry.notice_id, NoticeEntry.case_id))).all()


async def find_live_entries(
    session: ReadSession, case_ids: Collection[UUID], kind: NoticeKind
) -> dict[UUID, NoticeEntry]:
    """The entries of cases that count, by case."""
    query = select(NoticeEntry).where(
        NoticeEntry.case_id.in_(case_ids), NoticeEntry.kind == kind, NoticeEntry.void_at.is_(None)
    )
    return {entry.case_id: entry for entry in await session.scalars(query)}


async def void_entries(session: WriteSession, notice_id: UUID, now: datetime) -> None:
    """None of a notice's entries counts any more."""
    await session.execute(
        update(NoticeEntry)
        .where(NoticeEntry.notice_id == notice_id, NoticeEntry.void_at.is_(None))
        .values(void_at=now)
        .execution_options(synchronize_session="fetch")
    )


async def find_named(
    session: ReadSession, scope: Scope, household_ids: Collection[UUID]
) -> dict[UUID, tuple[Household, Member | None]]:
    """Households with their heads, as a notice needs them: nothing of it is in the text but name and group."""
    households = await session.scalars(
        select(Household).where(Household.id.in_(household_ids), within(Household.area_code, scope))
    )
    heads = await session.scalars(
        select(Member)
        .where(Member.household_id.in_(household_ids), Member.relation.in_(HEADS), Member.left_on.is_(None))
        .where(within(Member.area_code, scope))
        .order_by(Member.relation)  # where both are used, 户主 comes last and stays
    )
    by_household = {member.household_id: member for member in heads}
    return {household.id: (household, by_household.get(household.id)) for household in households}


async def list_objections(session: ReadSession, scope: Scope, notice_id: UUID) -> Sequence[Objection]:
    """What was objected, oldest first."""
    query = select(Objection).where(Objection.notice_id == notice_id, within(Objection.area_code, scope))
    return (await session.scalars(query.order_by(Objection.id))).all()


async def get_objection(session: ReadSession, scope: Scope, objection_id: UUID) -> Objection:
    """One objection; raises `ObjectionNotFound`."""
    found = await session.scalar(
        select(Objection).where(Objection.id == objection_id, within(Objection.area_code, scope))
    )
    if found is None:
        raise ObjectionNotFound
    return found


async def lock_objection(session: WriteSession, scope: Scope, objection_id: UUID) -> Objection:
    """One objection that nobody else changes until commit; raises `ObjectionNotFound`."""
    query = select(Objection).where(Objection.id == objection_id, within(Objection.area_code, scope))
    found = await session.scalar(query.with_for_update(), execution_options={"populate_existing": True})
    return existing(found, ObjectionNotFound)


async def count_objections(session: ReadSession, scope: Scope, notice_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """How many objections each notice has."""
    query = (
        select(
            Objection.notice_id,
            func.count().filter(Objection.state == "open"),
            func.count().filter(Objection.state == "upheld"),
            func.count().filter(Objection.state == "rejected"),
        )
        .where(Objection.notice_id.in_(notice_ids), within(Objection.area_code, scope))
        .group_by(Objection.notice_id)
    )
    return {row[0]: Counts(*row[1:]) for row in await session.execute(query)}


def _notices(scope: Scope) -> Select[PublicNotice]:
    return select(PublicNotice).where(within(PublicNotice.area_code, scope))
