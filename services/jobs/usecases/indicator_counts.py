"""Counting: villages from their rows, and the counters that are kept of it.

A counter is never added to. When rows or people of a village change, triggers mark it in the same transaction, and the
village is counted anew as a whole; so a counter can be late by a moment, and cannot be wrong.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from services.jobs.queries import indicators as kept
from services.jobs.queries.indicators import VillageMonth, VillageState
from services.jobs.queries.labour_frame import FrameDay, frame_of_villages
from services.jobs.rules.indicator_months import day_of
from services.jobs.rules.indicators import Count, IndicatorRules, count, prepared
from services.jobs.rules.months import last_day, month_of, move
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared.clock import local_date
from shared.db.engine import Database, ReadSession, WriteSession
from shared.db.rounds import until_none_alone

PART = 24
"""Villages read as one frame and counted in one transaction: some 70,000 people."""
COUNTING = "labour-indicators"
"""The turn of whoever counts: of two at once the older count might overwrite the newer."""


@dataclass(slots=True)
class Tally:
    """What was counted."""

    counts: dict[tuple[str, str], Count] = field(default_factory=dict)  # by village and code
    states: list[VillageState] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Of other villages."""
        self.counts |= other.counts
        self.states += other.states


async def count_villages(
    session: ReadSession, rules: IndicatorRuleSets, villages: Sequence[str], day: date, today: date
) -> Tally:
    """Count from the rows, for a day. Villages where no definitions are in force are left out."""
    found = Tally()
    for version, part in parts(rules, villages, day):
        people = await frame_of_villages(session, part, frame_day(version, day, today), version.raw_fields)
        found.add(await asyncio.to_thread(_tally, version, part, people))
    return found


def parts(
    rules: IndicatorRuleSets, villages: Sequence[str], day: date, most: int = PART
) -> Iterator[tuple[IndicatorRules, list[str]]]:
    """Villages cut by which version counts there, and into parts that fit one frame; in their order."""
    part: list[str] = []
    current: IndicatorRules | None = None
    for village in villages:
        version = rules.find(village, day)
        if part and (version is not current or len(part) == most):
            assert current is not None, "only villages with rules are gathered"
            yield current, part
            part = []
        current = version
        if version is not None:
            part.append(village)
    if part and current is not None:
        yield current, part


def frame_day(rules: IndicatorRules, day: date, today: date) -> FrameDay:
    """How a day is looked at."""
    return FrameDay(day, month_of(day) == month_of(today), rules.body.look_backs)


def _tally(rules: IndicatorRules, villages: Sequence[str], people: pl.DataFrame) -> Tally:
    people = prepared(rules, people)
    by_village = people.group_by("area_code").agg(pl.len().alias("people"), pl.col("in_ledger").sum().alias("rows"))
    sizes = {row["area_code"]: (row["people"], row["rows"]) for row in by_village.iter_rows(named=True)}
    states = [VillageState(one, rules.policy_id, *sizes.get(one, (0, 0))) for one in villages]
    return Tally(count(rules, people), states)


async def recount_due(database: Database, clock: Callable[[], datetime]) -> int:
    """Count anew all that waits; returns how many villages and months."""
    return await until_none_alone(
        database,
        COUNTING,
        lambda session: _mark_changed(session, local_date(clock())),
        lambda session: _recount_next(session, clock()),
    )


async def mark_stale(session: WriteSession, now: datetime) -> None:
    """Mark what a new day, the end of a month or a new version of the definitions makes due, and who was never counted."""
    today = local_date(now)
    month = month_of(today)
    rules = await IndicatorRuleSets.load(session)
    states = await kept.list_states(session, move(month, -_MOST_UNSETTLED))
    due: set[VillageMonth] = set()
    for (village, first), (policy_id, as_of, counted_at) in states.items():
        day = day_of(first, today)
        version = rules.find(village, day)
        ended = day < today and local_date(counted_at) <= day  # counted while the month still ran
        if version is not None and (as_of != day or ended or policy_id != version.policy_id):
            due.add((village, first))
    villages = await kept.list_villages(session, "", month)
    due |= {(area, month) for area in villages if (area, month) not in states and rules.find(area, today) is not None}
    await kept.mark(session, due)


async def _mark_changed(session: WriteSession, today: date) -> None:
    """Where people have changed: mark each month that has not settled."""
    if changed := await kept.take_people(session):
        rules = await IndicatorRuleSets.load(session)
        await kept.mark(session, {(area, month) for area in changed for month in _unsettled(rules, area, today)})


_MOST_UNSETTLED = 24
"""Months; the policy's own bound."""


def _unsettled(rules: IndicatorRuleSets, area: str, today: date) -> Iterator[date]:
    version = rules.find(area, today)
    for back in range(version.body.settle_months + 1 if version is not None else 0):
        yield move(month_of(today), -back)


async def _recount_next(session: WriteSession, now: datetime) -> int:
    """Up to `PART` villages; those that look back on them as well, where they are kept."""
    today = local_date(now)
    due = set(await kept.take_next(session, PART))
    rules = await IndicatorRuleSets.load(session)
    later = {(area, move(month, by)) for area, month in due for by in _look_backs(rules, area, month)}
    due |= await kept.find_counted(session, later - due)
    for month, villages in _by_month(due).items():
        if month <= month_of(today):
            day = day_of(month, today)
            tally = await count_villages(session, rules, villages, day, today)
            await kept.put_counts(session, day, tally.states, tally.counts, now)
    return len(due)


def _look_backs(rules: IndicatorRuleSets, area: str, month: date) -> tuple[int, ...]:
    version = rules.find(area, last_day(month))
    return version.body.look_backs if version is not None else ()


def _by_month(due: Collection[VillageMonth]) -> Mapping[date, list[str]]:
    months: dict[date, list[str]] = {}
    for area, month in sorted(due):
        months.setdefault(month, []).append(area)
    return months
