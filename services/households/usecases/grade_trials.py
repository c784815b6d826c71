"""A changed rule set tried over the county before it is published: who would move, where. Reads, and keeps nothing.

Township by township, each in a read of its own, and judged in a thread: a trial of 420,000 households takes its time.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import polars as pl

from services.households.queries.grade_nights import list_townships
from services.households.queries.household_facts import frame_of_area
from services.households.rules.grading import Reason, Rules, grade_column, judge
from services.households.usecases.grade_rules import GradeRuleSets
from shared.areas import AreaCode, Scope, prefix
from shared.contracts.grade_policies import Grade, GradeRules
from shared.db.engine import Database
from shared.ids import new_id
from shared.security.principals import Principal

Move = tuple[str, Grade | None, Grade | None]
"""The village, the grade by the rules in force, the grade by the draft."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A household that would move, with what the draft says of it."""

    household_id: UUID
    area_code: str
    before: Grade | None
    after: Grade | None
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class GradeTrial:
    """How many households there are, and how many would move, by village."""

    households: int = 0
    moves: Counter[Move] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Sets:
    in_force: GradeRuleSets
    tried: GradeRuleSets


async def try_rules(database: Database, who: Principal, draft: GradeRules, area: AreaCode, today: date) -> GradeTrial:
    """Count. The draft takes the place of what is in force in the area, but not of what a part of it has for itself."""
    trial = GradeTrial()
    async for frame, _ in _compared(database, who, draft, area, today, ""):
        trial.households += frame.height
        moved = frame.filter(pl.col("_before").ne_missing(pl.col("_after")))
        counted = moved.group_by("area_code", "_before", "_after").len()
        trial.moves.update({(code, before, after): n for code, before, after, n in counted.iter_rows()})
    return trial


async def list_movers(
    database: Database,
    who: Principal,
    draft: GradeRules,
    area: AreaCode,
    today: date,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[Mover]:
    """Who would move, village by village: up to `limit` behind a village and household."""
    found: list[Mover] = []
    async for frame, sets in _compared(database, who, draft, area, today, after[0][:9] if after else ""):
        moved = frame.filter(pl.col("_before").ne_missing(pl.col("_after"))).sort("area_code", "household_id")
        for row in moved.iter_rows(named=True):
            household_id = UUID(row["household_id"])
            if after is not None and (row["area_code"], household_id) <= after:
                continue
            rules = sets.tried.find(row["area_code"])
            reasons = judge(rules, row).reasons if rules is not None else ()
            found.append(Mover(household_id, row["area_code"], row["_before"], row["_after"], reasons))
            if len(found) == limit:
                return found
    return found


async def _compared(
    database: Database, who: Principal, draft: GradeRules, area: AreaCode, today: date, start: str
) -> AsyncIterator[tuple[pl.DataFrame, _Sets]]:
    """The facts of each township, from `start` on, with the grades by both."""
    scope = who.scope.within(area)
    async with database.read(who.scope) as session:
        in_force = await GradeRuleSets.load(session, today)
        townships = [code for code in await list_townships(session) if code >= start]
    sets = _Sets(in_force, in_force.with_draft(draft, prefix(area), new_id()))
    for below in _prefixes(scope, townships):
        async with database.read(who.scope) as session:
            facts = await frame_of_area(session, below, today)
        if not facts.is_empty():
            yield await asyncio.to_thread(_judged, facts, sets), sets


def _prefixes(scope: Scope, townships: list[str]) -> list[str]:
    """Townships, or villages where the scope is no wider, in order."""
    found = {
        own if len(own) > len(township) else township
        for township in townships
        for own in scope.prefixes
        if township.startswith(own) or own.startswith(township)
    }
    return sorted(found)


def _judged(facts: pl.DataFrame, sets: _Sets) -> pl.DataFrame:
    areas = facts["area_code"].unique().to_list()
    return facts.with_columns(
        _grades(sets.in_force, areas).alias("_before"), _grades(sets.tried, areas).alias("_after")
    )


def _grades(sets: GradeRuleSets, areas: list[str]) -> pl.Expr:
    """By whichever version counts in each village; null where none does."""
    by_version: dict[UUID, tuple[Rules, list[str]]] = {}
    for area in areas:
        rules = sets.find(area)
        if rules is not None:
            by_version.setdefault(rules.policy_id, (rules, []))[1].append(area)
    grade: pl.Expr = pl.lit(None, pl.String)
    for rules, listed in by_version.values():
        grade = pl.when(pl.col("area_code").is_in(listed)).then(grade_column(rules)).otherwise(grade)
    return grade
