"""A month of the labour ledger is carried forward: 800,000 rows, one in fifteen past the last day of its work.

The floor is a plain INSERT ... SELECT of as many rows into a table with the same columns and indexes, with its commit:
no row is looked at, no person asked after, nothing put on record.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from time import perf_counter

from benchmarks.harness import Case, Figure
from benchmarks.world import World
from demo.places import villages
from services.jobs.rules.months import month_of, move
from services.jobs.usecases.carrying import carry_forward
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.db.engine import Database

ROWS = 800_000
ROUNDS = 3

FIGURES = (
    Figure("ledger_roll_forward", "rows/s", target=0.3),
    Figure("ledger_roll_forward_seconds", "s", target=60, target_of="ours", lower_is_better=True),
)

# Ids in the order of making, as version 7 has them.
_PEOPLE = """
INSERT INTO person (id, person_key, household_id, area_code, active, household_class, relation, sex, birth_on, pupil,
    labour_skill, health, relocated, graded_at, name_sealed, id_number_sealed, changed_at)
SELECT ('01985b2e-7c00-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bench-' || n,
    ('01985b2d-7c00-7000-8000-' || lpad(to_hex(n / 2), 12, '0'))::uuid,
    ($2::text[])[1 + n * array_length($2::text[], 1) / $1], n % 400 > 0, 'ordinary', '02', '1', '1990-01-01', false,
    'ordinary', '{}', false, now(), '\\x00', '\\x00', now()
FROM generate_series(0, $1::bigint - 1) AS n
"""
_ROWS = """
INSERT INTO labour_row (person_id, month, area_code, status, work_area, employer_name_sealed, employer_key, industry,
    trade, work_kind, wage, channel, point_to_point, organised, started_on, ended_on, stability, compared, wants_change,
    services, able, willing, reason, confirmed_on, source, changed_at)
SELECT id, $1::date, area_code, CASE WHEN home THEN 'not_out' ELSE 'out' END,
    CASE WHEN NOT home THEN '441900' END,
    CASE WHEN NOT home THEN decode(repeat(md5(person_key), 4), 'hex') END,
    CASE WHEN NOT home THEN md5(person_key) || md5(id::text) END,
    CASE WHEN NOT home THEN 'C' END, CASE WHEN NOT home THEN '61804' END, CASE WHEN NOT home THEN 'skilled' END,
    CASE WHEN NOT home THEN 4000 + n % 3000 END, CASE WHEN NOT home THEN 'relatives' END,
    CASE WHEN NOT home THEN false END, CASE WHEN NOT home THEN false END, CASE WHEN NOT home THEN $1::date - 100 END,
    CASE WHEN NOT home AND n % 15 = 1 THEN $1::date + 20 END, CASE WHEN NOT home THEN 'stable' END,
    CASE WHEN NOT home THEN 'same' END, CASE WHEN NOT home THEN false END, '{}',
    CASE WHEN home THEN true END, CASE WHEN home THEN false END, CASE WHEN home THEN 'care' END,
    $1::date + 4, 'hand', now()
FROM (SELECT id, person_key, area_code, ('x' || right(id::text, 8))::bit(32)::int AS n,
    ('x' || right(id::text, 8))::bit(32)::int % 10 > 6 AS home FROM person) AS p
"""


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """A county whose last month is in the ledger, and this month is not."""
    month = month_of(local_date(utc_now()))
    name = await world.clone(await world.template("ledger", lambda database: _fill(world, database, month)))
    own = Database(world.settings("jobs", name), "jobs", row_security=True)
    try:
        yield Case(FIGURES, lambda: _ours(world, own, name, month), lambda: _floor(world, name, month), ROUNDS)
    finally:
        await own.stop()
        await world.drop(name)


async def _ours(world: World, own: Database, name: str, month: date) -> Sequence[float]:
    await _clear(world, name, f"labour_row_{month:%Y_%m}, ledger_month")
    start = perf_counter()
    async with own.write(Scope.everywhere()) as session:
        carried = await carry_forward(session, month, utc_now())
    seconds = perf_counter() - start
    assert carried, "nothing was carried"
    world.tell(f"{carried:,} rows carried in {seconds:.1f} s")
    return carried / seconds, seconds


async def _floor(world: World, name: str, month: date) -> Sequence[float]:
    await _clear(world, name, "plain_row")
    before = move(month, -1)
    connection = await world.connect(name)
    try:
        start = perf_counter()
        done = await connection.execute(
            "INSERT INTO jobs.plain_row SELECT * FROM jobs.labour_row WHERE month = $1", before
        )
        seconds = perf_counter() - start
    finally:
        await connection.close()
    return int(done.rpartition(" ")[2]) / seconds, seconds


async def _clear(world: World, name: str, tables: str) -> None:
    """Nothing of an earlier round is there, nor waits to be written out."""
    connection = await world.connect(name)
    try:
        await connection.execute("SET search_path TO jobs")
        await connection.execute(f"TRUNCATE {tables}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _fill(world: World, database: str, month: date) -> None:
    world.tell(f"entering {ROWS:,} people and their rows of last month")
    connection = await world.connect(database)
    try:
        await connection.execute("SET search_path TO jobs; SET synchronous_commit = off")
        await connection.execute(_PEOPLE, ROWS, [village.code for village in villages()])
        await connection.execute(_ROWS, move(month, -1))
        await connection.execute(
            f"CREATE TABLE plain_row (LIKE labour_row_{month:%Y_%m} INCLUDING ALL) WITH (fillfactor = 85)"
        )
        for table in ("person", f"labour_row_{move(month, -1):%Y_%m}"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()
