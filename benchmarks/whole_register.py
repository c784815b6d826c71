"""A database with the register of the whole county: 420,000 households, 1,750,000 people. Nobody in it exists.

Made by SQL, not by the import: what is measured on it is reading. Rows, indexes and row-level security are those of the
service. What is sealed is one value a column, of the true length; blind indexes are random, but for the people of
`KNOWN` households, whose keys are those of their ID numbers and phones. Households of a village lie scattered over the
table, as years of changes leave them.
"""

from random import Random
from typing import Any

import asyncpg

from benchmarks.world import World
from demo import names
from demo.places import villages
from services.households.usecases.sealing import HOUSEHOLD_PHONE, ID_NUMBER, PERSON_PHONE
from shared.idnumber import IdNumber, complete

HOUSEHOLDS = 420_000
KNOWN = 2_000
"""Households whose head can be searched by ID number and phone."""
_STEP = HOUSEHOLDS // KNOWN
_HAMLETS = ("王家湾", "李家寨", "大坪子", "小河边", "岩脚", "老林口", "新田", "石门坎")

_NUMBERED = "SELECT i, uuidv7() AS id, $1::text[] AS villages FROM generate_series(1, $2::int) AS i"
_HOUSEHOLD_ROWS = f"""
INSERT INTO household (
    id, national_code, household_key, area_code, natural_village, class, phone_sealed, version, created_at, updated_at,
    dwelling_level, safe_water, land_mu, grade, monitoring_class, monitoring_state, main_risk, risks, dissolved_on)
SELECT id, area || lpad(i::text, 8, '0'), left(encode(sha256(('h' || i)::bytea), 'base64'), 43), area,
    ($3::text[])[1 + i % 8],
    CASE WHEN monitored THEN 'monitored' WHEN i % 10 < 3 THEN 'lifted_out' ELSE 'ordinary' END, $4, 1, now(), now(),
    'B', true, 3.5,
    CASE WHEN i % 660 = 0 THEN 'red' WHEN i % 121 = 0 THEN 'yellow' ELSE 'green' END,
    CASE WHEN monitored THEN (ARRAY['unstable', 'edge', 'sudden'])[1 + i % 3] END,
    CASE WHEN monitored THEN CASE WHEN i % 3 = 0 THEN 'eliminated' ELSE 'monitored' END END,
    CASE WHEN monitored THEN '01' END,
    CASE WHEN i % 7000 = 0 THEN ARRAY['0206', '01'] WHEN i % 50 = 0 THEN ARRAY['01', '09'] WHEN monitored THEN ARRAY['07']
        ELSE '{{}}' END,
    CASE WHEN i % 100 = 99 THEN current_date END
FROM (SELECT i, id, villages[1 + i % 260] AS area, i % 25 = 0 AS monitored FROM ({_NUMBERED})) AS one
"""  # numbers of our own
_MEMBER_ROWS = """
INSERT INTO member (
    id, household_id, area_code, name, id_number_sealed, person_key, relation, sex, birth_on, phone_sealed, phone_index,
    pupil, school_stage, labour_skill, health, version, created_at, updated_at)
SELECT uuidv7(), h.id, h.area_code, ($2::text[])[1 + (random() * 19999)::int], $3,
    left(encode(sha256((h.number || '/' || n)::bytea), 'base64'), 43),
    (ARRAY['02', '12', '20', '30', '51', '52'])[n], (1 + n % 2)::text, date '1950-01-01' + (random() * 25000)::int,
    $4, left(encode(sha256(('p' || h.number || '/' || n)::bytea), 'base64'), 43), n IN (3, 4) AND h.number % 3 = 0,
    NULL, 'ordinary', '{healthy}', 1, now(), now()
FROM (SELECT id, area_code, right(national_code, 8)::int AS number FROM household) AS h,
    generate_series(1, (ARRAY[2, 3, 4, 4, 6, 6])[1 + h.number % 6]) AS n
WHERE h.number % 6 = $1
"""
_KNOW = """
UPDATE member SET person_key = one.key, phone_index = one.phone
FROM (SELECT h.id, k.* FROM unnest($1::int[], $2::text[], $3::text[]) AS k (number, key, phone)
    JOIN household h ON right(h.national_code, 8)::int = k.number) AS one
WHERE household_id = one.id AND relation = '02'
"""
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE indrelid IN ('member'::regclass, 'household'::regclass)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def id_number(number: int) -> IdNumber:
    """Of the head of the known household with that number: county 5399xx was never assigned."""
    return complete(f"539921{1940 + number % 60}0101{number // 60 % 1000:03}")


def phone(number: int) -> str:
    """Of the same one."""
    return f"154{number:08}"


async def registered(world: World) -> str:
    """The name of the template."""

    async def fill(database: str) -> None:
        world.tell(f"registering {HOUSEHOLDS:,} households")
        connection = await world.connect(database)
        try:
            await connection.execute("SET search_path TO households, public")
            await connection.execute("SET synchronous_commit TO off")
            await connection.execute("SET maintenance_work_mem TO '1GB'")
            await _fill(connection, world)
        finally:
            await connection.close()

    return await world.template("whole_register", fill)


async def _fill(connection: "asyncpg.Connection[Any]", world: World) -> None:
    vault, rng = world.vault, Random(1)
    people = [names.surname(rng) + names.given_name(rng, "1" if n % 2 else "2", 1985) for n in range(20_000)]
    sealed = (
        vault.seal(phone(1).encode(), HOUSEHOLD_PHONE),
        vault.seal(id_number(1).encode(), ID_NUMBER),
        vault.seal(phone(1).encode(), PERSON_PHONE),
    )
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:  # made anew afterwards, in a tenth of the time
        await connection.execute(f"DROP INDEX {index['name']}")
    codes = [village.code for village in villages()]
    await connection.execute(_HOUSEHOLD_ROWS, codes, HOUSEHOLDS, list(_HAMLETS), sealed[0])
    for part in range(6):
        await connection.execute(_MEMBER_ROWS, part, people, *sealed[1:])
    numbers = [number * _STEP for number in range(1, KNOWN)]
    keys = [vault.person_key(id_number(number)) for number in numbers]
    phones = [vault.index(phone(number), "phone") for number in numbers]
    await connection.execute(_KNOW, numbers, keys, phones)
    for index in indexes:
        await connection.execute(index["definition"])
    for table in ("household", "member"):
        await connection.execute(f"VACUUM ANALYZE {table}")


def known_numbers() -> list[int]:
    """Numbers of known households that are not dissolved."""
    return [number * _STEP for number in range(1, KNOWN) if number * _STEP % 100 != 99]
