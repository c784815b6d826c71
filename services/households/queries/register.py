"""Households and members."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_

from services.households.models import Household, Member
from services.households.queries.within import within
from services.households.rules.register import HouseholdNotFound, MemberNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.errors import NotFound

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A household that a search is answered with, and the person in it who was meant, if one was."""

    household_id: UUID
    member_id: UUID | None


async def list_households(
    session: ReadSession,
    scope: Scope,
    *,
    household_class: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Household]:
    """Households by area."""
    query = (
        select(Household)
        .where(within(Household.area_code, scope))
        .order_by(Household.area_code, Household.id)
        .limit(limit)
    )
    if household_class is not None:
        query = query.where(Household.household_class == household_class)
    if after is not None:
        query = query.where(tuple_(Household.area_code, Household.id) > tuple_(*after))
    return (await session.scalars(query)).all()


async def get_household(session: ReadSession, scope: Scope, household_id: UUID) -> Household:
    """One household; raises `HouseholdNotFound`."""
    return _found(await session.scalar(_household(scope, household_id)), HouseholdNotFound)


async def lock_household(session: WriteSession, scope: Scope, household_id: UUID) -> Household:
    """One household that nobody else changes until commit; raises `HouseholdNotFound`."""
    return _found(await session.scalar(_household(scope, household_id).with_for_update()), HouseholdNotFound)


async def find_households(session: ReadSession, scope: Scope, ids: Collection[UUID]) -> Sequence[Household]:
    """The households with those ids."""
    query = select(Household).where(Household.id.in_(ids), within(Household.area_code, scope))
    return (await session.scalars(query)).all()


async def list_members(session: ReadSession, scope: Scope, household_ids: Collection[UUID]) -> Sequence[Member]:
    """The members of households, those who have left as well, heads first."""
    query = (
        select(Member)
        .where(Member.household_id.in_(household_ids), within(Member.area_code, scope))
        .order_by(Member.left_on.is_not(None), Member.relation, Member.birth_on, Member.id)
    )
    return (await session.scalars(query)).all()


async def get_member(session: ReadSession, scope: Scope, member_id: UUID) -> Member:
    """One person; raises `MemberNotFound`."""
    return _found(await session.scalar(_member(scope, member_id)), MemberNotFound)


async def lock_member(session: WriteSession, scope: Scope, member_id: UUID) -> Member:
    """One person that nobody else changes until commit; raises `MemberNotFound`."""
    return _found(await session.scalar(_member(scope, member_id).with_for_update()), MemberNotFound)


async def find_by_person(session: ReadSession, scope: Scope, person_key: str) -> Sequence[Found]:
    """The person with that key, where they live now."""
    query = _members(scope).where(Member.person_key == person_key, Member.left_on.is_(None))
    return [Found(*row) for row in await session.execute(query)]


async def find_by_phone(session: ReadSession, scope: Scope, phone_index: str, limit: int) -> Sequence[Found]:
    """Households and people with that phone."""
    people = _members(scope).where(Member.phone_index == phone_index, Member.left_on.is_(None)).limit(limit)
    query = select(Household.id).where(Household.phone_index == phone_index, within(Household.area_code, scope))
    households = await session.scalars(query.limit(limit))
    return [Found(*row) for row in await session.execute(people)] + [Found(id_, None) for id_ in households]


async def find_by_national_code(session: ReadSession, scope: Scope, code: str) -> Sequence[Found]:
    """The household with that code."""
    query = select(Household.id).where(Household.national_code == code, within(Household.area_code, scope))
    return [Found(id_, None) for id_ in await session.scalars(query)]


async def find_by_name(
    session: ReadSession, scope: Scope, part: str, after: UUID | None, limit: int
) -> Sequence[Found]:
    """People whose name holds `part`, in the order of their ids."""
    named = func.member_named(part).table_valued("member_id", "household_id", "area_code")
    query = _members(scope).join(named, named.c.member_id == Member.id).order_by(Member.id).limit(limit)
    if after is not None:
        query = query.where(Member.id > after)
    return [Found(*row) for row in await session.execute(query)]


def _household(scope: Scope, household_id: UUID) -> Select[Household]:
    return select(Household).where(Household.id == household_id, within(Household.area_code, scope))


def _member(scope: Scope, member_id: UUID) -> Select[Member]:
    return select(Member).where(Member.id == member_id, within(Member.area_code, scope))


def _found(row: T | None, missing: type[NotFound]) -> T:
    if row is None:
        raise missing
    return row


def _members(scope: Scope) -> Select[UUID, UUID]:
    return select(Member.household_id, Member.id).where(within(Member.area_code, scope))
