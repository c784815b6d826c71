"""Authorisations, and questions to bureaus by it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true, update

from services.households.models import Authorisation, ComparisonTicket, Member, MonitoringCase, TicketState
from services.households.rules.comparisons import TicketNotFound
from services.households.rules.monitoring.states import ASKED
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import existing

_UNDECIDED = exists().where(
    MonitoringCase.id == ComparisonTicket.case_id,
    MonitoringCase.round == ComparisonTicket.round,
    MonitoringCase.state.in_(ASKED),
)


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A question with the person it is about."""

    ticket: ComparisonTicket
    member: Member


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What a list of questions shall hold; None does not filter. `feeds`: those of the asker's bureau."""

    feeds: frozenset[str] | None
    state: TicketState | None = None
    kind: str | None = None
    due_before: date | None = None
    case_id: UUID | None = None


async def list_authorisations(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[Authorisation]:
    """The signatures of a case in all its rounds, oldest first."""
    query = select(Authorisation).where(Authorisation.case_id == case_id, within(Authorisation.area_code, scope))
    return (await session.scalars(query.order_by(Authorisation.id))).all()


async def find_authorisation(session: ReadSession, case: MonitoringCase, on: date) -> Authorisation | None:
    """The last signature of the case's present round."""
    query = (
        select(Authorisation)
        .where(Authorisation.case_id == case.id, Authorisation.round == case.round, Authorisation.signed_on <= on)
        .order_by(Authorisation.id.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def list_tickets(
    session: ReadSession, scope: Scope, wanted: TicketFilter, after: tuple[date, UUID] | None, limit: int
) -> Sequence[TicketRow]:
    """Questions, the most urgent first."""
    query, ticket = _rows(scope).where(*_conditions(wanted)), ComparisonTicket
    query = in_order(query, ticket.due_on, ticket.id, after=after, limit=limit)
    return [TicketRow(*row) for row in await session.execute(query)]


async def list_case_tickets(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[TicketRow]:
    """What was asked for a case in all its rounds, oldest first."""
    query = _rows(scope).where(ComparisonTicket.case_id == case_id).order_by(ComparisonTicket.id)
    return [TicketRow(*row) for row in await session.execute(query)]


async def get_ticket(session: ReadSession, scope: Scope, feeds: frozenset[str] | None, ticket_id: UUID) -> TicketRow:
    """One question; raises `TicketNotFound`, also for another bureau's."""
    query = _rows(scope).where(ComparisonTicket.id == ticket_id, _of_feeds(feeds))
    row = (await session.execute(query)).one_or_none()
    return TicketRow(*existing(row, TicketNotFound))


async def lock_ticket(session: WriteSession, scope: Scope, feeds: frozenset[str] | None, ticket_id: UUID) -> TicketRow:
    """One question that nobody else changes until commit; raises `TicketNotFound`."""
    query = _rows(scope).where(ComparisonTicket.id == ticket_id, _of_feeds(feeds))
    locked = query.with_for_update(of=ComparisonTicket)
    row = (await session.execute(locked, execution_options={"populate_existing": True})).one_or_none()
    return TicketRow(*existing(row, TicketNotFound))


async def find_asked(session: ReadSession, case: MonitoringCase) -> set[tuple[UUID, str]]:
    """Of whom and what was asked in the case's present round."""
    query = select(ComparisonTicket.member_id, ComparisonTicket.kind).where(
        ComparisonTicket.case_id == case.id,
        ComparisonTicket.round == case.round,
        ComparisonTicket.state != "withdrawn",
    )
    return {(member_id, kind) for member_id, kind in await session.execute(query)}


async def withdraw_of(session: WriteSession, member_id: UUID) -> None:
    """What bureaus were asked, or have answered, of somebody in a case that is not decided counts as not asked."""
    of_them = (ComparisonTicket.member_id == member_id, ComparisonTicket.state != "withdrawn", _UNDECIDED)
    taken_back = {"state": "withdrawn", "version": ComparisonTicket.version + 1}
    await session.execute(update(ComparisonTicket).where(*of_them).values(taken_back))


async def list_people(
    session: ReadSession, scope: Scope, household_id: UUID, member_ids: Collection[UUID] | None
) -> Sequence[Member]:
    """People who live in a household: all, or those named."""
    query = select(Member).where(
        Member.household_id == household_id, Member.left_on.is_(None), within(Member.area_code, scope)
    )
    if member_ids is not None:
        query = query.where(Member.id.in_(member_ids))
    return (await session.scalars(query.order_by(Member.relation, Member.id))).all()


def _rows(scope: Scope) -> Select[ComparisonTicket, Member]:
    return (
        select(ComparisonTicket, Member)
        .join(Member, Member.id == ComparisonTicket.member_id)
        .where(within(ComparisonTicket.area_code, scope))
    )


def _of_feeds(feeds: frozenset[str] | None) -> ColumnElement[bool]:
    """Of a bureau's feeds. What it did not answer while the household was being identified has lost its purpose: it is
    not there any more."""
    if feeds is None:
        return true()
    own = true() if "*" in feeds else ComparisonTicket.feed.in_(sorted(feeds))
    return and_(own, or_(_UNDECIDED, ComparisonTicket.state == "answered")) if feeds else false()


def _conditions(wanted: TicketFilter) -> Iterator[ColumnElement[bool]]:
    ticket = ComparisonTicket
    yield _of_feeds(wanted.feeds)
    yield from equal((ticket.state, wanted.state), (ticket.kind, wanted.kind), (ticket.case_id, wanted.case_id))
    if wanted.due_before is not None:
        yield ticket.due_on < wanted.due_before
