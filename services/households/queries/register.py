"""Households and members."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal_column, select, tuple_, union_all

from services.households.models import Household, Member
from services.households.models.register import MOST_RISKS
from services.households.rules.register import HouseholdNotFound, MemberNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.filters import equal
from shared.db.within import within
from shared.errors import NotFound, Stale

T = TypeVar("T")


# Beneath row-level security, which forbids the index to an operator that is not leakproof; it keeps to the areas itself.
_NAMED = "SELECT member_id, household_id FROM members_named($1, $2, $3, $4)"


_HEADS_FIRST = (Member.left_on.is_not(None), Member.relation, Member.birth_on, Member.id)


@dataclass(frozen=True, slots=True)
class Found:
    """A household that a search is answered with, and the person in it who was meant, if one was."""

    household_id: UUID
    member_id: UUID | None


@dataclass(frozen=True, slots=True)
class HouseholdFilter:
    """What a list of households shall hold; None does not filter."""

    household_class: str | None = None
    grade: str | None = None
    risk: str | None = None
    monitoring_state: str | None = None
    natural_village: str | None = None
    dissolved: bool = False


async def list_households(
    session: ReadSession, scope: Scope, wanted: HouseholdFilter, *, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Household]:
    """Households by area. Each filter has an index in that order."""
    conditions = [within(Household.area_code, scope), *_conditions(wanted)]
    if after is not None:
        conditions.append(tuple_(Household.area_code, Household.id) > tuple_(*after))
    query = select(Household).order_by(Household.area_code, Household.id).limit(limit)
    if wanted.risk is None:
        query = query.where(*conditions)
    else:
        query = query.where(Household.id.in_(_with_risk(wanted.risk, conditions, limit)))
    return (await session.scalars(query)).all()


def _with_risk(risk: str, conditions: Sequence[ColumnElement[bool]], limit: int) -> CompoundSelect[UUID]:
    """Ids of the first in each of the places where a risk may stand: a household has it in one of them."""
    places = [
        select(Household.id)
        .where(literal_column(f"risks[{place}]") == risk, *conditions)
        .order_by(Household.area_code, Household.id)
        .limit(limit)
        .subquery()
        for place in range(1, MOST_RISKS + 1)
    ]
    return union_all(*(select(place.c.id) for place in places))


def _conditions(wanted: HouseholdFilter) -> Iterator[ColumnElement[bool]]:
    yield from equal(
        (Household.household_class, wanted.household_class),
        (Household.grade, wanted.grade),
        (Household.monitoring_state, wanted.monitoring_state),
        (Household.natural_village, wanted.natural_village),
    )
    yield Household.dissolved_on.is_not(None) if wanted.dissolved else Household.dissolved_on.is_(None)


async def get_household(session: ReadSession, scope: Scope, household_id: UUID) -> Household:
    """One household; raises `HouseholdNotFound`."""
    return _found(await session.scalar(_household(scope, household_id)), HouseholdNotFound)


async def lock_household(session: WriteSession, scope: Scope, household_id: UUID) -> Household:
    """One household that nobody else changes until commit; raises `HouseholdNotFound`."""
    return _found(await session.scalar(_household(scope, household_id).with_for_update()), HouseholdNotFound)


async def lock_households(session: WriteSession, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Household]:
    """Several households, in the order of their ids as everybody locks them; raises `HouseholdNotFound`."""
    query = select(Household).where(Household.id.in_(ids), within(Household.area_code, scope))
    rows = await session.scalars(query.order_by(Household.id).with_for_update())
    found = {one.id: one for one in rows}
    if found.keys() != set(ids):
        raise HouseholdNotFound
    return found


async def find_households(session: ReadSession, scope: Scope, ids: Collection[UUID]) -> Sequence[Household]:
    """The households with those ids."""
    query = select(Household).where(Household.id.in_(ids), within(Household.area_code, scope))
    return (await session.scalars(query)).all()


async def list_members(session: ReadSession, scope: Scope, household_ids: Collection[UUID]) -> Sequence[Member]:
    """The members of households, those who have left as well, heads first."""
    query = select(Member).where(Member.household_id.in_(household_ids), within(Member.area_code, scope))
    return (await session.scalars(query.order_by(*_HEADS_FIRST))).all()


async def lives_there(session: ReadSession, household_id: UUID, person_key: str) -> bool:
    """Whether a person is one of a household's people today."""
    query = select(Member.id).where(
        Member.household_id == household_id, Member.person_key == person_key, Member.left_on.is_(None)
    )
    return await session.scalar(query) is not None


async def find_members(session: ReadSession, scope: Scope, ids: Collection[UUID]) -> Sequence[Member]:
    """The people with those ids, heads first."""
    query = select(Member).where(Member.id.in_(ids), within(Member.area_code, scope))
    return (await session.scalars(query.order_by(*_HEADS_FIRST))).all()


async def find_member_names(session: ReadSession, scope: Scope, ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of people, by their ids."""
    if not ids:
        return {}
    query = select(Member.id, Member.name).where(Member.id.in_(ids), within(Member.area_code, scope))
    return {row.id: row.name for row in await session.execute(query)}


async def get_member(session: ReadSession, scope: Scope, member_id: UUID) -> Member:
    """One person; raises `MemberNotFound`."""
    return _found(await session.scalar(_member(scope, member_id)), MemberNotFound)


async def lock_member(session: WriteSession, scope: Scope, member_id: UUID) -> Member:
    """One person that nobody else changes until commit; raises `MemberNotFound`."""
    query = _member(scope, member_id).with_for_update().execution_options(populate_existing=True)
    return _found(await session.scalar(query), MemberNotFound)


async def lock_at_home(session: WriteSession, scope: Scope, member_id: UUID) -> tuple[Household, Member]:
    """One person with their household, which is locked first, as whatever moves people does; raises `MemberNotFound`.

    Raises `Stale` when the person moved while we waited.
    """
    home = (await get_member(session, scope, member_id)).household_id
    household = await lock_household(session, scope, home)
    member = await lock_member(session, scope, member_id)
    if member.household_id != household.id:
        raise Stale
    return household, member


async def count_living(session: ReadSession, household_id: UUID) -> int:
    """How many live there."""
    query = select(func.count()).where(Member.household_id == household_id, Member.left_on.is_(None))
    return await session.scalar(query) or 0


async def lock_living(session: WriteSession, scope: Scope, household_ids: Collection[UUID]) -> Sequence[Member]:
    """Those who live in locked households, in the order of their ids."""
    query = (
        select(Member)
        .where(Member.household_id.in_(household_ids), Member.left_on.is_(None), within(Member.area_code, scope))
        .order_by(Member.id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


async def find_by_person(session: ReadSession, scope: Scope, person_key: str) -> Sequence[Found]:
    """The person with that key, where they live now."""
    query = _members(scope).where(Member.person_key == person_key, Member.left_on.is_(None))
    return [Found(*row) for row in await session.execute(query)]


async def find_by_phone(session: ReadSession, scope: Scope, phone_index: str, limit: int) -> Sequence[Found]:
    """Households and people with that phone."""
    people = _members(scope).where(Member.phone_index == phone_index, Member.left_on.is_(None)).limit(limit)
    query = select(Household.id).where(
        Household.phone_index == phone_index, Household.dissolved_on.is_(None), within(Household.area_code, scope)
    )
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
    rows = await (await raw(session)).fetch(_NAMED, part, scope.like_patterns(), after, limit)
    return [Found(row["household_id"], row["member_id"]) for row in rows]


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
