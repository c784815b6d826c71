"""The night's grading of a whole county: 420,000 households and 1,750,000 people, one in a hundred with news.

The floor is one SELECT of the same facts, read as text by COPY and looked at by nobody. Grading reads them too, and
besides judges every household, compares it with what is stored, and writes what has changed, twice looked at.
"""

import io
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

import services.directory
from benchmarks.harness import Case, Figure
from benchmarks.world import World
from demo.places import COUNTY, villages
from services.households.queries.household_facts import OF_AREA
from services.households.usecases.grading_nightly import grade_county
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.directory import PolicyPublished
from shared.db.engine import Database
from shared.ids import new_id
from shared.inbox import Received
from shared.projections.policies import on_policy_published

HOUSEHOLDS = 420_000
ROUNDS = 2
EVERY = 100  # one household in so many has news by night

FIGURES = (
    Figure("grading", "households/s", target=0.3),
    Figure("grading_seconds", "s", target=90, target_of="ours", lower_is_better=True),
)

# Ids in the order of making, as version 7 has them.
_HOUSEHOLDS = """
INSERT INTO household (id, national_code, area_code, class, version, created_at, updated_at, dwelling_level, only_home,
    safe_housing, safe_water, schooling_met, medical_met)
SELECT ('01985b2e-7c00-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'B' || lpad(n::text, 9, '0'),
    ($2::text[])[1 + n * array_length($2::text[], 1) / $1], CASE WHEN n % 5 = 0 THEN 'lifted_out' ELSE 'ordinary' END,
    1, now(), now(), CASE n % 200 WHEN 0 THEN 'D' WHEN 1 THEN 'C' ELSE 'A' END, true, n % 300 > 0, n % 250 > 0, true, true
FROM generate_series(0, $1 - 1) AS n
"""
_MEMBERS = """
INSERT INTO member (id, household_id, area_code, name, id_number_sealed, person_key, relation, sex, birth_on, pupil,
    school_stage, labour_skill, health, version, created_at, updated_at, medical_insurance, disability_level)
SELECT ('01985b2f-7c00-7000-8000-' || lpad(to_hex(h.n * 8 + k), 12, '0'))::uuid, h.id, h.area_code, '某人', '\\x00',
    'bench-' || h.n || '-' || k, CASE k WHEN 0 THEN '02' ELSE '20' END, '1',
    CASE WHEN k = 0 THEN date '1975-05-05' WHEN k = 1 THEN date '1978-08-08' WHEN k = 2 THEN date '2014-02-02'
        WHEN k = 3 THEN date '1950-03-03' ELSE date '2001-01-01' END,
    k = 2, CASE WHEN k = 2 AND h.n % 400 > 0 THEN 'primary' END,
    CASE WHEN k < 2 THEN 'ordinary' WHEN k = 4 THEN 'skilled' ELSE 'none' END,
    CASE WHEN k = 3 AND h.n % 50 = 0 THEN '{serious}'::text[] ELSE '{healthy}'::text[] END, 1, now(), now(),
    CASE WHEN h.n % 80 = 0 AND k = 3 THEN 'none' ELSE 'resident' END, CASE WHEN h.n % 60 = 0 AND k = 3 THEN 2 END
FROM (SELECT id, area_code, ('x' || right(id::text, 8))::bit(32)::int AS n FROM household) h,
    generate_series(0, 3 + CASE WHEN h.n % 6 = 0 THEN 1 ELSE 0 END) AS k
"""
_INCOME = """
INSERT INTO income_summary (household_id, area_code, period_first, period_last, people, wages, business, property,
    transfers, business_costs, claims, rigid_medical, rigid_education, rigid_disaster, rigid_accident, net_income,
    net_per_head, reference_per_head, line, rules_policy_id, computed_at)
SELECT h.id, h.area_code, '2025-11-01', '2026-10-31', 4, 52000 + n % 9000, 4000, 0, 1500, 900, 0,
    CASE WHEN n % 120 = 0 THEN 42300 ELSE n % 900 END, 0, 0, 0, 56600 + n % 9000, 14150 + n % 2000, 14000 + n % 2000,
    8700, h.id, now()
FROM (SELECT id, area_code, ('x' || right(id::text, 8))::bit(32)::int AS n FROM household) h
"""
_CASES = """
WITH h AS (
    SELECT id, area_code, ('x' || right(id::text, 8))::bit(32)::int AS n FROM household
), made AS (
    INSERT INTO risk_case (id, household_id, subject_key, risk_family, area_code, state, opened_at, last_evidence_at,
        closed_at, verdict)
    SELECT id, id, id::text, 'medical', area_code, CASE n % 200 WHEN 7 THEN 'closed' ELSE 'open' END, now(), now(),
        CASE n % 200 WHEN 7 THEN now() END, CASE n % 200 WHEN 7 THEN 'risk_confirmed' END
    FROM h WHERE n % 100 = 7 RETURNING id, area_code
)
INSERT INTO evidence (evidence_id, alert_id, case_id, area_code, feed, severity, occurred_on, reported_at, sealed)
SELECT id, id, id, area_code, 'medical.cost', 'medium', '2026-11-01', now(), '\\x00' FROM made
"""
_NEWS = """
UPDATE household SET dwelling_level = CASE dwelling_level WHEN 'A' THEN 'D' ELSE 'A' END
WHERE ('x' || right(id::text, 8))::bit(32)::int % $1 = $2
"""


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """A county that is registered, has its incomes computed, and has been graded once."""
    name = await world.clone(await world.template("graded", lambda database: _fill(world, database)))
    own = Database(world.settings("households", name), "households", row_security=True)
    rounds = iter(range(1, ROUNDS + 1))
    try:
        first = await _graded(own)
        world.tell(f"first grading of all {HOUSEHOLDS:,} households: {first:.1f} s")
        yield Case(FIGURES, lambda: _ours(world, own, name, next(rounds)), lambda: _floor(world, name), ROUNDS)
    finally:
        await own.stop()
        await world.drop(name)


async def _ours(world: World, own: Database, name: str, number: int) -> Sequence[float]:
    connection = await world.connect(name)
    try:
        await connection.execute("SET search_path TO households")
        await connection.execute("DELETE FROM grading_progress")
        told = await connection.execute(_NEWS, EVERY, number)
        before = await connection.fetchval("SELECT count(*) FROM grade_change")
        seconds = await _graded(own)
        changed = await connection.fetchval("SELECT count(*) FROM grade_change") - before
    finally:
        await connection.close()
    world.tell(f"{told.split()[-1]} households had news, {changed:,} grades changed in {seconds:.1f} s")
    return HOUSEHOLDS / seconds, seconds


async def _graded(own: Database) -> float:
    start = perf_counter()
    await grade_county(own, utc_now)
    return perf_counter() - start


async def _floor(world: World, name: str) -> Sequence[float]:
    connection = await world.connect(name)
    try:
        await connection.execute("SET search_path TO households")
        await connection.execute("SET jit = off")
        read = io.BytesIO()
        ends = (COUNTY[:6].ljust(12, "0"), COUNTY[:6].ljust(12, "9"))
        start = perf_counter()
        await connection.copy_from_query(OF_AREA, local_date(utc_now()), *ends, output=read, format="csv")
        seconds = perf_counter() - start
    finally:
        await connection.close()
    return HOUSEHOLDS / seconds, seconds


async def _fill(world: World, database: str) -> None:
    world.tell(f"registering {HOUSEHOLDS:,} households")
    connection = await world.connect(database)
    try:
        await connection.execute("SET search_path TO households; SET synchronous_commit = off")
        await connection.execute("DROP INDEX ix_member_name")  # nothing here looks for names
        await connection.execute(_HOUSEHOLDS, HOUSEHOLDS, [village.code for village in villages()])
        for statement in (_MEMBERS, _INCOME, _CASES):
            await connection.execute(statement)
        for table in ("household", "member", "income_summary", "risk_case", "evidence"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()
    await _publish(world, database)


async def _publish(world: World, database: str) -> None:
    """The rules that are shipped."""
    defaults = tomllib.loads((Path(services.directory.__file__).parent / "defaults.toml").read_text(encoding="utf-8"))
    [shipped] = [one for one in defaults["policy"] if one["kind"] == "grade-rules"]
    event = PolicyPublished(
        policy_id=new_id(),
        kind="grade-rules",
        area_prefix="",
        valid_from=shipped["valid_from"],
        version=1,
        author="benchmarks",
        body=shipped["body"],
    )
    own = Database(world.settings("households", database), "households")
    try:
        async with own.write(Scope.everywhere()) as session:
            await on_policy_published(session, [Received(event, new_id(), utc_now().isoformat(), None)])
    finally:
        await own.stop()
