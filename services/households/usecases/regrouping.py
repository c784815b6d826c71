"""Households merge and split, people move from one to another (并户、分户、转户).

Locks in one order for all: the subjects of cases, then households by id, then people by id. People keep their rows, so
what others know of a person stays true; the household they came from keeps its history, and its closed cases after a
split or move.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from services.households.models import Household, Member
from services.households.queries import register as find
from services.households.queries.checks import lock_subjects
from services.households.rules import register as rules
from services.households.rules.register import HouseholdFacts
from services.households.usecases import sealing
from services.households.usecases.areas import require_area
from services.households.usecases.claims import settle_claims_by_fact
from services.households.usecases.consequences import follow_up
from services.households.usecases.following import follow_members, follow_merge, follow_persons
from services.households.usecases.history import Act, note, note_many, place
from services.households.usecases.labour_telling import tell_labour
from services.households.usecases.leaving import dissolve, dissolve_if_empty
from services.households.usecases.register import write_rows
from services.households.usecases.regrouped_cases import carry_over, divide_case, look_at_joined
from services.households.usecases.telling import tell_members, whereabouts
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.errors import Stale
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

Relations = Mapping[UUID, str]
"""Relations to the head (GB/T 4761) that are told anew, by person."""


async def lock_two(session: WriteSession, who: Principal, ids: Collection[UUID]) -> dict[UUID, Household]:
    """Two households that live, with the subjects of their cases."""
    if len(set(ids)) < len(ids):
        raise rules.HouseholdsSame(field="household_id")
    await lock_subjects(session, map(str, ids))
    households = await find.lock_households(session, who.scope, ids)
    for household in households.values():
        rules.require_lives(household.dissolved_on)
    return households


async def merge_households(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    source: Household,
    target: Household,
    relations: Relations,
    now: datetime,
    *,
    why: str | None = None,
) -> Household:
    """All who live in `source` live in `target` from now on (both locked by `lock_two`); cases and tasks follow.

    `source` stays readable as dissolved, and says where its people went. Raises `TwoHeads` where two would be heads.
    """
    living = await find.lock_living(session, who.scope, [source.id, target.id])
    _require_of(relations, living)
    rules.require_one_head(relations.get(one.id, one.relation) for one in living)
    act = Act(vault, who.id, now, "merge", why)
    moving = [one for one in living if one.household_id == source.id]
    _tell_anew(session, act, target, [one for one in living if one.household_id == target.id], relations)
    await _carry(session, act, source, target, moving, relations)
    dissolve(session, act, source, "merged", local_date(now), into=target.id)
    note(session, act.line(place(target), "received", {"merged_from": (None, source.id)}))
    target.version += 1
    target.updated_at = now
    await write_rows(session)
    await session.execute(update(Household).where(Household.merged_into == source.id).values(merged_into=target.id))
    joined = select(Member.id).where(Member.id.in_([one.id for one in moving]))
    await look_at_joined(session, who, joined, now, source=source)
    await carry_over(session, who, source, target, now)
    await follow_merge(session, source.id, target.id, target.area_code)
    await _tell(session, act, who, target, moving, now)
    await tell_labour(session, vault, [one.person_key for one in living if one.id in relations and one not in moving])
    for one, other in ((source, target), (target, source)):
        await audit.record(
            session, who, "household:write", one.id, area_code=one.area_code, did="merged", other=other.id
        )
    await follow_up(session, vault, who, [source.id, target.id], now)
    return target


async def split_household(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    source: Household,
    facts: HouseholdFacts,
    moving: Relations,
    staying: Relations,
    now: datetime,
    *,
    why: str | None = None,
) -> Household:
    """`moving` leave a locked household for a new one with `facts`, which has one head among them.

    Open cases that are about nobody else follow them. `staying` tells relations anew of those who stay.
    """
    rules.require_lives(source.dissolved_on)
    await require_area(session, who, facts.area_code)
    living = await find.lock_living(session, who.scope, [source.id])
    leaving = [one for one in living if one.id in moving]
    rest = [one for one in living if one.id not in moving]
    _require_of(moving, leaving)
    _require_of(staying, rest)
    if not rest:
        raise rules.NobodyStays(field="members")
    rules.require_one_head(moving.values(), needed=True)
    rules.require_one_head(staying.get(one.id, one.relation) for one in rest)
    target = Household(id=new_id(), version=1, created_at=now, updated_at=now, **sealing.household_values(vault, facts))
    session.add(target)
    await write_rows(session)
    act = Act(vault, who.id, now, "split", why)
    note(session, act.line(place(target), "added", {"members": (0, len(leaving)), "split_from": (None, source.id)}))
    note(session, act.line(place(source), "divided", {"split_into": (None, target.id)}))
    _tell_anew(session, act, source, rest, staying)
    source.version += 1
    source.updated_at = now
    await _carry(session, act, source, target, leaving, moving)
    await follow_persons(session, source.id, target.id, target.area_code, [one.person_key for one in leaving])
    await _tell(session, act, who, target, leaving, now)
    await tell_labour(session, vault, [one.person_key for one in rest if one.id in staying])
    await divide_case(session, vault, who, source, target, now, whoever=True)
    for one, other in ((source, target), (target, source)):
        await audit.record(
            session, who, "household:write", one.id, area_code=one.area_code, did="split", other=other.id
        )
    await follow_up(session, vault, who, [source.id, target.id], now)
    return target


async def move_member(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    member: Member,
    households: Mapping[UUID, Household],
    target_id: UUID,
    relation: str,
    now: datetime,
    *,
    why: str | None = None,
    source_of_act: str = "move",
) -> None:
    """A locked person goes to another household, both locked by `lock_two`; open cases about nobody else follow.

    When nobody is left where they came from, that household is dissolved, and its national case goes with the last of
    them. Raises `Stale` when the person moved while we waited, and `TwoCases` as a merge does.
    """
    if member.household_id not in households.keys() - {target_id}:
        raise Stale
    source, target = households[member.household_id], households[target_id]
    if member.left_on is not None:
        raise rules.MemberLeft
    there = await find.lock_living(session, who.scope, [target.id])
    rules.require_one_head([relation, *(one.relation for one in there)])
    act = Act(vault, who.id, now, source_of_act, why)
    await _carry(session, act, source, target, [member], {member.id: relation})
    await follow_persons(session, source.id, target.id, target.area_code, [member.person_key])
    await _tell(session, act, who, target, [member], now)
    await look_at_joined(session, who, select(Member.id).where(Member.id == member.id), now, source=source)
    if await dissolve_if_empty(session, who, act, source, "empty", local_date(now)):
        await carry_over(session, who, source, target, now)
    else:
        await divide_case(session, vault, who, source, target, now, whoever=False)
    await audit.record(session, who, "member:write", member.id, area_code=member.area_code, did="moved")
    await follow_up(session, vault, who, [source.id, target.id], now)


def _require_of(relations: Relations, people: Sequence[Member]) -> None:
    if not relations.keys() <= {one.id for one in people}:
        raise rules.NotOfHousehold(field="members")


def _tell_anew(
    session: WriteSession, act: Act, household: Household, people: Sequence[Member], relations: Relations
) -> None:
    """The relations of those who stay where they are."""
    for one in people:
        if (relation := relations.get(one.id, one.relation)) != one.relation:
            note(session, act.line(place(household), "changed", {"relation": (one.relation, relation)}, one))
            one.relation, one.version, one.updated_at = relation, one.version + 1, act.at


async def _carry(
    session: WriteSession,
    act: Act,
    source: Household,
    target: Household,
    people: Sequence[Member],
    relations: Relations,
) -> None:
    """Their rows go over, with a line in the history of either household."""
    lines = []
    for one in people:
        relation = relations.get(one.id, one.relation)
        changes = {"household_id": (source.id, target.id), "relation": (one.relation, relation)}
        lines += [act.line(place(source), "went", changes, one), act.line(place(target), "came", changes, one)]
        one.household_id, one.area_code, one.relation = target.id, target.area_code, relation
        one.version, one.updated_at = one.version + 1, act.at
    await write_rows(session)
    await note_many(session, lines)


async def _tell(
    session: WriteSession, act: Act, who: Principal, target: Household, people: Sequence[Member], now: datetime
) -> None:
    """Others hear where they live now; a claim that came true is settled."""
    await follow_members(session, [one.id for one in people])
    await settle_claims_by_fact(session, [one.id for one in people], who, now)
    await tell_members(session, act.vault, [whereabouts(target, one.person_key) for one in people])
