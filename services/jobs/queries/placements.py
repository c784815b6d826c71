"""Placements (介绍安置), with the person each is about."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from services.jobs.models import Person, Placement, PlacementMove, Post, StayCheck
from services.jobs.rules.placement_refusals import PlacementNotFound, StayCheckNotFound
from services.jobs.rules.placement_states import LIVE, THERE, State
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order, newest_first
from shared.db.within import within
from shared.errors import existing


class PlacementRow(NamedTuple):
    """A placement with the person."""

    placement: Placement
    person: Person


@dataclass(frozen=True, slots=True)
class PlacementFilter:
    """What a list shall hold; None does not filter. `late_on`: the clock had run out on that day."""

    states: Collection[State] = ()
    person_id: UUID | None = None
    post_id: UUID | None = None
    employer_id: UUID | None = None
    need_id: UUID | None = None
    late_on: date | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        yield from equal(
            (Placement.person_id, self.person_id),
            (Placement.post_id, self.post_id),
            (Placement.employer_id, self.employer_id),
            (Placement.need_id, self.need_id),
        )
        if self.late_on is not None:
            yield Placement.due_on < self.late_on
        if self.states:
            yield Placement.state.in_(self.states)


async def list_placements(
    session: ReadSession, scope: Scope, wanted: PlacementFilter, before: UUID | None, limit: int
) -> Sequence[PlacementRow]:
    """Newest first."""
    query = newest_first(_rows(scope).where(*wanted.conditions()), Placement.id, before=before, limit=limit)
    return [PlacementRow(*row) for row in await session.execute(query)]


async def list_late(
    session: ReadSession, scope: Scope, wanted: PlacementFilter, after: tuple[date, UUID] | None, limit: int
) -> Sequence[PlacementRow]:
    """Those with a clock, the most urgent first."""
    query = _rows(scope).where(*wanted.conditions(), Placement.due_on.is_not(None))
    rows = await session.execute(in_order(query, Placement.due_on, Placement.id, after=after, limit=limit))
    return [PlacementRow(*row) for row in rows]


async def get_placement(session: ReadSession, scope: Scope, placement_id: UUID) -> PlacementRow:
    """One; raises `PlacementNotFound`."""
    row = (await session.execute(_rows(scope).where(Placement.id == placement_id))).one_or_none()
    return PlacementRow(*existing(row, PlacementNotFound))


async def lock_placement(session: WriteSession, scope: Scope, placement_id: UUID) -> PlacementRow:
    """One that nobody else changes until the commit; raises `PlacementNotFound`.

    The person is locked first: what is done with one placement may end another of the same person.
    """
    person_id = await session.scalar(
        select(Placement.person_id).where(Placement.id == placement_id, within(Placement.area_code, scope))
    )
    if person_id is None:
        raise PlacementNotFound
    await session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    query = _rows(scope).where(Placement.id == placement_id).with_for_update(of=Placement, key_share=True)
    row = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    return PlacementRow(*existing(row, PlacementNotFound))


async def lock_placements(session: WriteSession, scope: Scope, ids: Collection[UUID]) -> dict[UUID, PlacementRow]:
    """`lock_placement` for many, people in one order; those that are not there are absent."""
    mine = select(Placement.person_id).where(Placement.id.in_(ids), within(Placement.area_code, scope))
    people = select(Person.id).where(Person.id.in_(mine)).order_by(Person.id).with_for_update(key_share=True)
    await session.execute(people)
    query = (
        _rows(scope).where(Placement.id.in_(ids)).order_by(Placement.id).with_for_update(of=Placement, key_share=True)
    )
    rows = await session.execute(query, execution_options={"populate_existing": True})
    return {row.placement.id: row for row in (PlacementRow(*one) for one in rows)}


async def find_live(session: ReadSession, person_id: UUID, post_id: UUID) -> Placement | None:
    """The person's placement at that post that is not over."""
    query = select(Placement).where(
        Placement.person_id == person_id, Placement.post_id == post_id, Placement.state.in_(LIVE)
    )
    return (await session.scalars(query)).one_or_none()


async def lock_others(session: WriteSession, placement: Placement, states: Collection[State]) -> Sequence[Placement]:
    """The same person's other placements in those states, oldest first. The person is locked already."""
    query = (
        select(Placement)
        .where(Placement.person_id == placement.person_id, Placement.id != placement.id, Placement.state.in_(states))
        .order_by(Placement.id)
        .with_for_update(key_share=True)
    )
    return list(await session.scalars(query))


async def count_promised(session: ReadSession, post_id: UUID) -> int:
    """How many openings of a post are promised to people who have not arrived yet, in all villages."""
    return await session.scalar(select(func.promised_openings(post_id))) or 0


async def count_promised_of(session: ReadSession, post_ids: Collection[UUID]) -> dict[UUID, int]:
    """`count_promised` of many posts; each of them is there."""
    query = select(Post.id, func.promised_openings(Post.id)).where(Post.id.in_(set(post_ids)))
    return {row[0]: row[1] for row in await session.execute(query)}


async def count_born_after(session: ReadSession, post_ids: Collection[UUID], day: date) -> dict[UUID, int]:
    """How many who were born after that day are at work at each of the posts; none there: not in it."""
    query = select(Placement.post_id, func.count()).join(Person, Person.id == Placement.person_id)
    query = query.where(Placement.post_id.in_(set(post_ids)), Placement.state.in_(THERE), Person.birth_on > day)
    return {row[0]: row[1] for row in await session.execute(query.group_by(Placement.post_id))}


async def find_of_proposal(session: ReadSession, person_id: UUID, proposal_id: UUID) -> Placement | None:
    """The last placement that came of a proposal for that person, whatever became of it."""
    query = select(Placement).where(Placement.person_id == person_id, Placement.proposal_id == proposal_id)
    return (await session.scalars(query.order_by(Placement.id.desc()).limit(1))).one_or_none()


async def list_moves(session: ReadSession, placement_id: UUID) -> Sequence[PlacementMove]:
    """The history of one the caller has got."""
    query = select(PlacementMove).where(PlacementMove.placement_id == placement_id)
    return list(await session.scalars(query.order_by(PlacementMove.id)))


async def list_checks(session: ReadSession, placement_id: UUID) -> Sequence[StayCheck]:
    """Its calls, oldest first."""
    query = select(StayCheck).where(StayCheck.placement_id == placement_id)
    return list(await session.scalars(query.order_by(StayCheck.id)))


async def get_check(session: ReadSession, placement_id: UUID, check_id: UUID) -> StayCheck:
    """One call of a placement the caller has got; raises `StayCheckNotFound`."""
    query = select(StayCheck).where(StayCheck.id == check_id, StayCheck.placement_id == placement_id)
    return existing((await session.scalars(query)).one_or_none(), StayCheckNotFound)


async def find_waiting(session: ReadSession, placement_id: UUID) -> StayCheck | None:
    """The call that waits for an answer."""
    query = select(StayCheck).where(StayCheck.placement_id == placement_id, StayCheck.state == "waiting")
    return (await session.scalars(query)).one_or_none()


async def lock_calls_due(session: WriteSession, today: date, limit: int) -> Sequence[Placement]:
    """Placements whose next call is due, that nobody else is working on."""
    query = (
        select(Placement)
        .where(Placement.call_on <= today)
        .order_by(Placement.call_on, Placement.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(await session.scalars(query))


async def lock_underage(session: WriteSession, born_after: date, limit: int) -> Sequence[PlacementRow]:
    """Placements that are not over of people born after that day."""
    query = _rows(Scope.everywhere()).where(Placement.state.in_(LIVE), Person.birth_on > born_after)
    rows = await session.execute(
        query.order_by(Placement.id).limit(limit).with_for_update(skip_locked=True, key_share=True)
    )
    return [PlacementRow(*row) for row in rows]


def _rows(scope: Scope) -> Select[Placement, Person]:
    query = select(Placement, Person).join(Person, Person.id == Placement.person_id)
    return query.where(within(Placement.area_code, scope))


async def get_placement_of(session: ReadSession, scope: Scope, check_id: UUID) -> UUID:
    """The placement a call is about; raises `StayCheckNotFound`."""
    query = select(StayCheck.placement_id).where(StayCheck.id == check_id, within(StayCheck.area_code, scope))
    return existing(await session.scalar(query), StayCheckNotFound)
