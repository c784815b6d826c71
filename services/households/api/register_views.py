"""Households and members → answers, masked."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.households.api.reader import Reader
from services.households.api.register_words import CODED_IN_LISTS, CODED_OF_HOUSEHOLD, CODED_OF_MEMBER, words
from services.households.models import Household, Member
from services.households.queries import cases as find_around
from services.households.queries import register as find
from services.households.queries.findings import count_of_household
from services.households.queries.grades import find_days_by_hand
from services.households.queries.register import Found
from services.households.rules.register import heads_of
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS, PERSONAL
from services.households.schemas import register as schemas
from services.households.usecases.sealing import HOUSEHOLD_PHONE, ID_NUMBER, PERSON_PHONE
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.projections.areas import find_names_above


def member_view(member: Member, reader: Reader) -> schemas.MemberView:
    """One person. Health and birthday are for those who work with the household."""
    return schemas.MemberView(
        id=member.id,
        name=reader.name(member.name),
        id_number=reader.id_number(member.id_number_sealed, ID_NUMBER),
        relation=member.relation,
        relation_text=reader.code("relation", member.relation),
        sex=member.sex,
        birth_on=member.birth_on if reader.sees_people else None,
        phone=reader.phone(member.phone_sealed, PERSON_PHONE),
        pupil=member.pupil,
        school_stage=member.school_stage,
        labour_skill=member.labour_skill,
        health=member.health if reader.sees_people else None,
        left_on=member.left_on,
        left_reason=member.left_reason,
        version=member.version,
        **_details(member, MEMBER_FIELDS, reader),
        texts=_texts(member, CODED_OF_MEMBER, reader),
    )


def _texts(of: Household | Member, coded: Mapping[str, str], reader: Reader) -> dict[str, str]:
    """The codes in words, as far as the reader sees them."""
    shown = {name: getattr(of, name) for name in coded if reader.sees_people or name not in PERSONAL}
    told = {name: words(coded[name], value, reader) for name, value in shown.items()}
    return {name: text for name, text in told.items() if text is not None}


def _details(of: Household | Member, fields: Sequence[str], reader: Reader) -> dict[str, Any]:
    """The fields of the national lists; what is personal is for those who work with the household."""
    return {name: getattr(of, name) if reader.sees_people or name not in PERSONAL else None for name in fields}


async def household_view(
    session: ReadSession, scope: Scope, household: Household, reader: Reader
) -> schemas.HouseholdView:
    """One household with its members."""
    members = await find.list_members(session, scope, [household.id])
    [summary] = await _summaries(session, [household], heads_of(members), reader)
    return schemas.HouseholdView(
        **{**dict(summary), "texts": {**summary.texts, **_texts(household, CODED_OF_HOUSEHOLD, reader)}},
        address=household.address if reader.sees_people else None,
        phone=reader.phone(household.phone_sealed, HOUSEHOLD_PHONE),
        members=[member_view(member, reader) for member in members],
        **_details(household, HOUSEHOLD_FIELDS, reader),
        dissolved_reason=household.dissolved_reason,
        merged_into=household.merged_into,
        findings=schemas.FindingCounts(**await count_of_household(session, household.id)),
        created_at=household.created_at,
        updated_at=household.updated_at,
    )


async def household_summaries(
    session: ReadSession, scope: Scope, households: Sequence[Household], reader: Reader
) -> list[schemas.HouseholdSummary]:
    """Households as lists show them."""
    heads = await find_around.find_heads(session, scope, {one.id for one in households})
    return await _summaries(session, households, heads, reader)


async def _summaries(
    session: ReadSession, households: Sequence[Household], heads: Mapping[UUID, str], reader: Reader
) -> list[schemas.HouseholdSummary]:
    names = await find_names_above(session, (one.area_code for one in households))
    by_hand = await find_days_by_hand(session, [one.id for one in households])
    return [
        schemas.HouseholdSummary(
            id=one.id,
            national_code=one.national_code,
            area=reader.area(one.area_code, names),
            natural_village=one.natural_village,
            household_class=one.household_class,
            head_name=reader.name(heads[one.id]) if one.id in heads else None,
            grade=one.grade,
            grade_by_hand_until=by_hand.get(one.id),
            monitoring_class=one.monitoring_class,
            monitoring_state=one.monitoring_state,
            main_risk=one.main_risk,
            risks=one.risks,
            dissolved_on=one.dissolved_on,
            version=one.version,
            texts={
                "class": reader.code("household_class", one.household_class),
                **_texts(one, CODED_IN_LISTS, reader),
            },
        )
        for one in households
    ]


async def found_households(
    session: ReadSession, scope: Scope, found: Sequence[Found], reader: Reader
) -> list[schemas.FoundHousehold]:
    """The households of a search, in the order found, each with the people who were meant."""
    meant: dict[UUID, set[UUID]] = {}
    for one in found:
        meant.setdefault(one.household_id, set()).update({one.member_id} if one.member_id else ())
    households = await find.find_households(session, scope, meant.keys())
    people = await find.find_members(session, scope, set().union(*meant.values()))
    summaries = {one.id: one for one in await household_summaries(session, scope, households, reader)}
    return [
        schemas.FoundHousehold(
            **dict(summaries[household_id]),
            members=[member_view(person, reader) for person in people if person.id in member_ids],
        )
        for household_id, member_ids in meant.items()
        if household_id in summaries
    ]
