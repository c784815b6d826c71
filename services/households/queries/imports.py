"""What is registered of the households and people of an import, asked set-wise."""

from collections.abc import Sequence
from typing import Any

from services.households.rules.imports import Entry, Known, KnownHousehold, KnownMember
from shared.areas import Scope
from shared.db.engine import ReadSession, raw
from shared.projections.areas import find_active

_HOUSEHOLDS = """
SELECT id, national_code, area_code, class, address, natural_village, phone_index
FROM household WHERE national_code = ANY ($1) FOR NO KEY UPDATE
"""
_MEMBERS = """
SELECT id, person_key, household_id, name, relation, sex, birth_on, phone_index, pupil, school_stage, labour_skill, health
FROM member WHERE person_key = ANY ($1) AND left_on IS NULL FOR NO KEY UPDATE
"""


async def find_known(session: ReadSession, scope: Scope, entries: Sequence[Entry]) -> Known:
    """What `decide` must know of `entries`, with the rows that may be changed locked."""
    connection = await raw(session)
    codes = [entry.code for entry in entries]
    keys = [person.person_key for entry in entries for person in entry.persons]
    households = {
        row["national_code"]: KnownHousehold(row["id"], tuple(row)[2:])
        for row in await connection.fetch(_HOUSEHOLDS, codes)
    }
    members = {
        row["person_key"]: KnownMember(row["id"], row["household_id"], _content(row))
        for row in await connection.fetch(_MEMBERS, keys)
    }
    registered_codes = await connection.fetch("SELECT * FROM households_registered($1)", codes)
    registered_keys = await connection.fetch("SELECT * FROM persons_registered($1)", keys)
    return Known(
        scope,
        await find_active(session, {entry.facts.area_code for entry in entries}),
        households,
        members,
        {row[0] for row in registered_codes} - households.keys(),
        {row[0] for row in registered_keys} - members.keys(),
    )


def _content(row: Any) -> tuple[object, ...]:
    *plain, health = tuple(row)[3:]
    return (*plain, tuple(health))
