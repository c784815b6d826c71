"""What is registered of the households and people of an import, asked set-wise."""

from collections.abc import Sequence, Set
from typing import NamedTuple

from services.households.rules.imports import Entry, Known, KnownHousehold, KnownMember
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS
from shared.areas import Scope
from shared.db.bulk import LINES, as_lines
from shared.db.engine import ReadSession, WriteSession, raw
from shared.projections.areas import find_active

_PLAIN_HOUSEHOLD = ("area_code", "address", "natural_village", *HOUSEHOLD_FIELDS)
_PLAIN_MEMBER = (
    *("name", "relation", "sex", "birth_on", "pupil", "school_stage", "labour_skill", "health"),
    *MEMBER_FIELDS,
)
_HOUSEHOLDS = f"""
SELECT id, version, national_code, dissolved_on, phone_sealed, phone_index AS phone, class AS household_class,
    {", ".join(_PLAIN_HOUSEHOLD)}
FROM household WHERE national_code = ANY ({LINES.format("$1")})
"""  # noqa: S608
_MEMBERS = f"""
SELECT id, version, person_key, household_id, phone_sealed, phone_index AS phone, {", ".join(_PLAIN_MEMBER)}
FROM member WHERE person_key = ANY ({LINES.format("$1")}) AND left_on IS NULL
"""  # noqa: S608
_HOUSEHOLDS_ANYWHERE = f"SELECT * FROM households_registered({LINES.format('$1')})"  # noqa: S608
_PERSONS_ANYWHERE = f"SELECT * FROM persons_registered({LINES.format('$1')})"  # noqa: S608
_LOCKED = " ORDER BY id FOR NO KEY UPDATE"  # in the order of ids, as everybody locks them


async def take_turn(session: WriteSession) -> None:
    """Wait for an import that is writing, by hand or of a list; ours is the turn until the commit."""
    await (await raw(session)).execute("SELECT pg_advisory_xact_lock(hashtext('household-import'))")


class Named(NamedTuple):
    """Whom and what entries are about: national codes, keys of persons, villages."""

    codes: Sequence[str]
    persons: Sequence[str]
    areas: Set[str]


def named(entries: Sequence[Entry]) -> Named:
    """What the register is to be asked for them."""
    persons = [person.person_key for entry in entries for person in entry.persons]
    return Named([entry.code for entry in entries], persons, {entry.facts.area_code for entry in entries})


async def find_known(session: ReadSession, scope: Scope, asked: Named, *, locked: bool = True) -> Known:
    """What `decide` must know of entries, with the rows that may be changed locked unless nothing is to be written."""
    connection = await raw(session)
    codes, keys = as_lines(asked.codes), as_lines(asked.persons)
    lock = _LOCKED if locked else ""
    households = {
        row["national_code"]: KnownHousehold(
            row["id"],
            {name: row[name] for name in ("household_class", "phone", *_PLAIN_HOUSEHOLD)},
            row["phone_sealed"],
            row["dissolved_on"] is not None,
            row["version"],
        )
        for row in await connection.fetch(_HOUSEHOLDS + lock, codes)
    }
    members = {
        row["person_key"]: KnownMember(
            row["id"],
            row["household_id"],
            {name: row[name] for name in ("phone", *_PLAIN_MEMBER)},
            row["phone_sealed"],
            row["version"],
        )
        for row in await connection.fetch(_MEMBERS + lock, keys)
    }
    registered_codes = await connection.fetch(_HOUSEHOLDS_ANYWHERE, codes)
    registered_keys = await connection.fetch(_PERSONS_ANYWHERE, keys)
    return Known(
        scope,
        await find_active(session, asked.areas),
        households,
        members,
        {row[0] for row in registered_codes} - households.keys(),
        {row[0] for row in registered_keys} - members.keys(),
    )
