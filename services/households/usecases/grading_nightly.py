"""The whole register graded by night, township by township.

A township is looked at as a frame, without locks. Only those whose outcome seems to differ from what is stored are then
graded by `regrade`, a thousand to a transaction: it locks them and looks again, so that nobody is graded by what was
true a moment ago, and nobody waits long. Broken off, the next round goes on with the townships that are left.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import polars as pl

from services.households.queries import grade_nights
from services.households.queries.grading import advance_policy, stored_frame
from services.households.queries.household_facts import frame_of_area
from services.households.rules.grade_movement import next_month, start_of
from services.households.rules.grading import Judged, Rules, judge_frame
from services.households.usecases.grade_rules import GradeRuleSets
from services.households.usecases.grading import PART, regrade
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import Database, WriteSession
from shared.db.outage import is_outage
from shared.lanes import Lane

log = logging.getLogger(__name__)

SETTLED = timedelta(minutes=10)
"""No transaction lasts so long: what was done before the month began is committed by then."""
_EVERYWHERE = Scope.everywhere()


@dataclass(slots=True)
class Suspects:
    """Of one township: who is to be graded anew, and for whom other rules say the same again."""

    households: int = 0
    differing: list[UUID] = field(default_factory=list)
    advanced: dict[tuple[UUID, UUID], list[UUID]] = field(default_factory=dict)  # by the version before, and now


async def grade_county(database: Database, clock: Callable[[], datetime]) -> int:
    """Grade every township that has not been graded today; returns how many. Only one process does so at a time."""
    async with grade_nights.only_one(database) as alone:
        if not alone:
            return 0
        async with database.read(_EVERYWHERE) as session:
            left = await grade_nights.list_left(session, local_date(clock()))
        graded = 0
        for township in left:
            try:
                await grade_township(database, township, clock())
            except Exception as error:  # its turn comes again; the others are not to wait for it
                if is_outage(error):
                    raise
                log.error("township not graded", extra={"township": township, "error": type(error).__name__})
            else:
                graded += 1
        return graded


async def grade_township(database: Database, township: str, now: datetime) -> int:
    """Grade one township; returns for how many households the grade has changed."""
    today = local_date(now)
    async with database.read(_EVERYWHERE) as session:
        rules = await GradeRuleSets.load(session, today)
        stored = await stored_frame(session, township)
        facts = await frame_of_area(session, township, today)
    suspects = await asyncio.to_thread(find_suspects, facts, stored, rules)
    changed = 0
    for part in _parts(suspects.differing):
        async with database.write(_EVERYWHERE) as session:
            changed += await regrade(session, part, now, lane=Lane.BULK)
    for (before, policy_id), ids in suspects.advanced.items():
        for part in _parts(ids):
            async with database.write(_EVERYWHERE) as session:
                await advance_policy(session, part, before, policy_id)
    async with database.write(_EVERYWHERE) as session:
        await grade_nights.note_township(session, township, today, suspects.households, changed, now)
    return changed


def find_suspects(facts: pl.DataFrame, stored: pl.DataFrame, rules: GradeRuleSets) -> Suspects:
    """What differs between what the rules say of a township's facts and what is stored of it."""
    found = Suspects(households=facts.height)
    joined = facts.join(stored, on="household_id", how="left")
    for version, part in _by_rules(joined, rules):
        columns = (part[name] for name in ("household_id", "area_code", *stored.columns[1:]))
        for (id_, area, calculated, reasons, policy_id, counted), judged in zip(
            zip(*columns, strict=True), judge_frame(version, part), strict=True
        ):
            if counted != area or calculated != judged.grade or not _same(reasons, judged):
                found.differing.append(UUID(id_))
            elif policy_id != str(version.policy_id):
                found.advanced.setdefault((UUID(policy_id), version.policy_id), []).append(UUID(id_))
    found.differing += map(UUID, stored.join(facts, on="household_id", how="anti")["household_id"])
    found.differing.sort()
    return found


def _by_rules(facts: pl.DataFrame, rules: GradeRuleSets) -> Iterator[tuple[Rules, pl.DataFrame]]:
    """A frame cut by which version counts; villages where none does are left out."""
    areas: dict[UUID, list[str]] = {}
    for area in facts["area_code"].unique().to_list():
        version = rules.find(area)
        if version is not None:
            areas.setdefault(version.policy_id, []).append(area)
    for policy_id, listed in areas.items():
        version = rules.get(policy_id)
        assert version is not None, "it was found a moment ago"
        yield version, facts.filter(pl.col("area_code").is_in(listed))


def _same(stored: str, judged: Judged) -> bool:
    if not judged.reasons:
        return stored == "[]"
    return tuple(orjson.loads(stored)) == judged.reasons


def _parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), PART):
        yield ids[start : start + PART]


async def take_snapshots(session: WriteSession, now: datetime) -> None:
    """Keep what stood when this month began, and the months since the last snapshot, should nobody have been there."""
    this_month = local_date(now).replace(day=1)
    if now < start_of(this_month) + SETTLED:
        return
    last = await grade_nights.last_snapshot(session)
    month = next_month(last) if last is not None else this_month
    while month <= this_month:
        await grade_nights.take_snapshot(session, month)
        month = next_month(month)
