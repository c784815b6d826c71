"""Needs for work."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, delete, literal, select

from services.jobs.models import NeedState, NeedWaiting, Person, WorkNeed
from services.jobs.rules.refusals import NeedNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing


class NeedRow(NamedTuple):
    """A need with who has it."""

    need: WorkNeed
    person: Person


@dataclass(frozen=True, slots=True)
class NeedFilter:
    """What a list of needs shall hold; None does not filter."""

    state: NeedState | None = NeedState.OPEN
    source: str | None = None
    trade: str | None = None
    person_id: UUID | None = None
    household_id: UUID | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        yield from equal(
            (WorkNeed.state, self.state),
            (WorkNeed.source, self.source),
            (WorkNeed.person_id, self.person_id),
            (Person.household_id, self.household_id),
        )
        if self.trade is not None:
            yield literal(self.trade) == any_(WorkNeed.wanted_trades)


def _rows(scope: Scope) -> Select[WorkNeed, Person]:
    query = select(WorkNeed, Person).join(Person, Person.id == WorkNeed.person_id)
    return query.where(within(WorkNeed.area_code, scope))


async def list_needs(
    session: ReadSession, scope: Scope, wanted: NeedFilter, before: UUID | None, limit: int
) -> Sequence[NeedRow]:
    """Needs, newest first."""
    query = newest_first(_rows(scope).where(*wanted.conditions()), WorkNeed.id, before=before, limit=limit)
    return [NeedRow(*row) for row in await session.execute(query)]


async def get_need(session: ReadSession, scope: Scope, need_id: UUID) -> NeedRow:
    """One need; raises `NeedNotFound`."""
    row = (await session.execute(_rows(scope).where(WorkNeed.id == need_id))).one_or_none()
    return NeedRow(*existing(row, NeedNotFound))


async def lock_need(session: WriteSession, scope: Scope, need_id: UUID) -> NeedRow:
    """The same, held until the commit."""
    row = (
        await session.execute(_rows(scope).where(WorkNeed.id == need_id).with_for_update(of=WorkNeed, key_share=True))
    ).one_or_none()
    return NeedRow(*existing(row, NeedNotFound))


async def list_open_of(session: ReadSession, person_id: UUID) -> Sequence[WorkNeed]:
    """The open needs of one person, oldest first."""
    query = select(WorkNeed).where(WorkNeed.person_id == person_id, WorkNeed.state == NeedState.OPEN)
    return list(await session.scalars(query.order_by(WorkNeed.id)))


async def list_by_source(session: ReadSession, source: str, refs: Sequence[str]) -> Sequence[WorkNeed]:
    """Needs that came from those things."""
    query = select(WorkNeed).where(WorkNeed.source == source, WorkNeed.source_ref.in_(refs))
    return list(await session.scalars(query))


async def lock_past(session: WriteSession, today: date, limit: int) -> Sequence[WorkNeed]:
    """Open needs whose last day is over."""
    query = (
        select(WorkNeed)
        .where(WorkNeed.state == NeedState.OPEN, WorkNeed.until_on < today)
        .order_by(WorkNeed.until_on)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(await session.scalars(query))


async def lock_waiting(session: WriteSession, household_ids: Collection[UUID]) -> Sequence[NeedWaiting]:
    """What was asked for these households, not withdrawn, and waits; oldest first."""
    query = select(NeedWaiting).where(NeedWaiting.household_id.in_(household_ids), ~NeedWaiting.withdrawn)
    query = query.order_by(NeedWaiting.asked_at, NeedWaiting.source_ref)
    return list(await session.scalars(query.with_for_update(key_share=True)))


async def forget_waiting(session: WriteSession, source_ref: str) -> None:
    """It is opened, or was: the need itself tells of it."""
    await session.execute(delete(NeedWaiting).where(NeedWaiting.source_ref == source_ref))


async def forget_withdrawn(session: WriteSession, before: datetime) -> None:
    """Withdrawals told before that moment."""
    await session.execute(delete(NeedWaiting).where(NeedWaiting.withdrawn, NeedWaiting.asked_at < before))
