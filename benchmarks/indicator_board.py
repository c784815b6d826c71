"""The indicator board of a county over HTTP: 800,000 people of working age, three months of their rows.

Asked by two connections that ask again as soon as they are answered: the county, its 30 townships and 260 villages in
turn, each with the same month last year. The bar is a time, p95 of 100 ms. Floor: p95 of a bare FastAPI endpoint with
one SELECT by primary key, likewise. Told beside it: how long a month takes to be counted, and one village.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from time import perf_counter
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks import load
from benchmarks.county import shipped_policies
from benchmarks.harness import Case, Figure
from benchmarks.register_search import public_key, token
from benchmarks.serving import app, serving
from benchmarks.world import World
from demo.places import COUNTY, villages
from services.jobs.rules.months import month_of, move
from services.jobs.usecases.indicator_counts import mark_stale, recount_due
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.labour import ID_NUMBER, NAME
from shared.db.engine import Database

PEOPLE = 800_000
A_HOUSEHOLD = 3  # of them
CONNECTIONS = 2
SECONDS = 6.0
FIGURES = (
    Figure("indicator_board_p95", "ms", target=100, target_of="ours", lower_is_better=True),
    Figure("indicator_board_county_p95", "ms", target=100, target_of="ours", lower_is_better=True),
    Figure("priority_list_page_p95", "ms", target=500, target_of="ours", lower_is_better=True),
)

# Ids in the order of making, as version 7 has them.
_PEOPLE = """
INSERT INTO person (id, person_key, household_id, area_code, active, household_class, relation, sex, birth_on, education,
    pupil, labour_skill, health, relocated, graded_at, name_sealed, id_number_sealed, changed_at)
SELECT ('01985b2e-7c00-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bench-' || n,
    ('01985b2f-7c00-7000-8000-' || lpad(to_hex(n / $3::int), 12, '0'))::uuid,
    ($2::text[])[1 + n::bigint / $3::int * $3::int * array_length($2::text[], 1) / $1::int], true,
    CASE n / $3::int % 4 WHEN 0 THEN 'lifted_out' ELSE 'ordinary' END, CASE n % $3::int WHEN 0 THEN '02' ELSE '20' END,
    (1 + n % 2)::text, date '1964-01-01' + n % 16500, CASE n % 5 WHEN 0 THEN '60' ELSE '70' END, n % 90 = 0,
    CASE n % 12 WHEN 0 THEN 'skilled' WHEN 1 THEN 'weak' ELSE 'ordinary' END, '{healthy}', n / $3::int % 9 = 0, now(),
    $4, $5, now()
FROM generate_series(0, $1::int - 1) AS n
"""
_ROWS = """
INSERT INTO labour_row (person_id, month, area_code, status, work_area, employer_key, industry, trade, work_kind, wage,
    channel, organised, started_on, ended_on, stability, wants_change, able, willing, reason, source, changed_at)
SELECT id, $1::date, area_code, status, CASE WHEN status = 'out' THEN place END,
    CASE WHEN status = 'out' THEN 'firm-' || n % 9000 END, CASE WHEN status = 'out' THEN 'C' END,
    CASE WHEN status = 'out' THEN '62901' END, CASE WHEN status = 'out' THEN kind END,
    CASE WHEN status = 'out' THEN 2800 + n % 5000 END, CASE WHEN status = 'out' THEN 'self' END,
    CASE WHEN status = 'out' THEN n % 4 = 0 END, CASE WHEN status = 'out' THEN $1::date - (n % 900)::int END,
    CASE WHEN status = 'not_out' AND n % 3 = 0 THEN $1::date - (n % 200)::int - 1 END,
    CASE WHEN status = 'out' THEN 'stable' END, CASE WHEN status = 'out' THEN n % 10 = 0 END,
    CASE WHEN status = 'not_out' THEN n % 2 = 0 END, CASE WHEN status = 'not_out' THEN n % 4 = 0 END,
    CASE WHEN status = 'not_out' THEN 'care' END, 'carried', now()
FROM (
    SELECT id, area_code, n, CASE WHEN (n + $2) % 100 < 80 THEN 'out' WHEN (n + $2) % 100 < 84 THEN 'planned'
            ELSE 'not_out' END AS status,
        (ARRAY['440306', '330106', '530111', '539921', 'abroad'])[1 + n % 5] AS place,
        (ARRAY['skilled', 'strength', 'odd'])[1 + n % 3] AS kind
    FROM (SELECT id, area_code, ('x' || right(id::text, 8))::bit(32)::int AS n FROM person) numbered
) told
"""


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """One server on one database for all rounds: nothing that is asked changes a row."""
    database = await world.clone(await world.template("ledger", lambda name: _fill(world, name)))
    private = ec.generate_private_key(ec.SECP256R1())
    environment = world.environment("jobs", database) | {"BENCH_KEY": public_key(private)}
    dsn = world.dsn("postgres", database).replace("+asyncpg", "")
    bare = {"FLOOR_DSN": dsn, "FLOOR_SELECT": "SELECT * FROM jobs.person WHERE id = $1"}
    kinds = _questions(token(private))
    async with (
        serving(app("jobs"), world.folder / "jobs.log", environment) as port,
        serving(app("point"), world.folder / "point.log", bare) as floor_port,
    ):

        async def ask() -> list[float]:
            return [await _p95(port, requests) for requests in kinds]

        async def read() -> list[float]:
            return [await _p95(floor_port, _points())] * len(kinds)

        yield Case(FIGURES, ask, read)
    await world.drop(database)


async def _p95(port: int, requests: list[str]) -> float:
    return (await load.run(load.Order(port, requests, CONNECTIONS, warm_up=1.0, seconds=SECONDS))).p95


def _questions(bearer: str) -> list[list[str]]:
    headers = f"Authorization: Bearer {bearer}\r\n"
    codes = [village.code for village in villages()]
    townships = sorted({f"{code[:9]}000" for code in codes})
    asked = [COUNTY, *(area for pair in zip(townships * 9, codes, strict=False) for area in pair)]
    boards = [load.get(f"/jobs/v1/indicator-board?area={area}", headers) for area in asked]
    lists = ("lifted-out-unemployed", "relocated-unemployed", "zero-employment-households", "came-home")
    pages = [
        load.get(f"/jobs/v1/priority-lists/{code}?area={area}", headers)
        for area in (COUNTY, *townships[::5], *codes[::40])
        for code in lists
    ]
    return [boards, [load.get("/jobs/v1/indicator-board", headers)], pages]


def _points() -> list[str]:
    ids = (f"01985b2e-7c00-7000-8000-{number:012x}" for number in range(0, PEOPLE, 1_999))
    return [load.get(f"/one/{one}") for one in ids]


async def _fill(world: World, database: str) -> None:
    world.tell(f"writing {PEOPLE:,} people and three months of rows")
    month = month_of(local_date(utc_now()))
    connection = await world.connect(database)
    try:
        await connection.execute("SET search_path TO jobs; SET synchronous_commit = off")
        sealed = world.vault.seal("张三".encode(), NAME), world.vault.seal(b"539921199001010017", ID_NUMBER)
        await connection.execute(_PEOPLE, PEOPLE, [village.code for village in villages()], A_HOUSEHOLD, *sealed)
        months: Sequence[tuple[date, int]] = ((move(month, -12), 7), (move(month, -3), 2), (month, 0))
        for of, shift in months:
            await connection.execute(_ROWS, of, shift)
        for table in ("person", "labour_row"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()
    await shipped_policies(world.settings, database, "jobs", "labour-indicators", "labour-targets")
    own = Database(world.settings("jobs", database), "jobs", row_security=True)
    try:
        await _count(world, own)
    finally:
        await own.stop()


async def _count(world: World, own: Database) -> None:
    """Everything is due after such a load; then a single row is."""
    counted, seconds = await _timed(own)
    world.tell(f"counted {counted:,} villages and months in {seconds:.1f} s, {1000 * seconds / counted:.0f} ms each")
    await _one_row(world, own)
    counted, seconds = await _timed(own)
    world.tell(f"one row changed: counted anew in {1000 * seconds:.0f} ms")


async def _one_row(world: World, own: Database) -> None:
    name: Any = own.engine.url.database
    connection = await world.connect(name)
    await connection.execute(
        "SET search_path TO jobs; UPDATE labour_row SET wage = wage WHERE month = (SELECT max(month) FROM labour_row)"
        " AND person_id = (SELECT id FROM person WHERE active LIMIT 1)"
    )
    await connection.close()


async def _timed(own: Database) -> tuple[int, float]:
    start = perf_counter()
    async with own.write(Scope.everywhere()) as session:
        await mark_stale(session, utc_now())
    counted = await recount_due(own, utc_now)
    return counted, perf_counter() - start
