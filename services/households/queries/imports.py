"""What is registered of the households and people of an import, asked set-wise."""

from collections.abc import Sequence

from services.households.rules.imports import Entry, Known, KnownHousehold, KnownMember
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS
from shared.areas import Scope
from shared.db.engine import ReadSession, raw
from shared.projections.areas import find_active

_PLAIN_HOUSEHOLD = ("area_code", "address", "natural_village", *HOUSEHOLD_FIELDS)
_PLAIN_MEMBER = (
    *("name", "relation", "sex", "birth_on", "pupil", "school_stage", "labour_skill", "health"),
    *MEMBER_FIELDS,
)
# In the order of ids, as everybody locks them.
_HOUSEHOLDS = f"""
SELECT id, national_code, dissolved_on, phone_sealed, phone_index AS phone, class AS household_class,
    {", ".join(_PLAIN_HOUSEHOLD)}
FROM household WHERE national_code = ANY ($1) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608
_MEMBERS = f"""
SELECT id, person_key, household_id, phone_sealed, phone_index AS phone, {", ".join(_PLAIN_MEMBER)}
FROM member WHERE person_key = ANY ($1) AND left_on IS NULL ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608


async def find_known(session: ReadSession, scope: Scope, entries: Sequence[Entry]) -> Known:
    """What `decide` must know of `entries`, with the rows that may be changed locked."""
    connection = await raw(session)
    codes = [entry.code for entry in entries]
    keys = [person.person_key for entry in entries for person in entry.persons]
    households = {
        row["national_code"]: KnownHousehold(
            row["id"],
            {name: row[name] for name in ("household_class", "phone", *_PLAIN_HOUSEHOLD)},
            row["phone_sealed"],
            row["dissolved_on"] is not None,
        )
        for row in await connection.fetch(_HOUSEHOLDS, codes)
    }
    members = {
        row["person_key"]: KnownMember(
            row["id"],
            row["household_id"],
            {name: row[name] for name in ("phone", *_PLAIN_MEMBER)},
            row["phone_sealed"],
        )
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
