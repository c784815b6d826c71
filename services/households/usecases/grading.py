"""Grading households: some of them at once when a fact has changed, by the same rules and statements as all by night."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value

from services.households import events
from services.households.models import Household
from services.households.queries import grading as queries
from services.households.queries.grading import Held
from services.households.queries.household_facts import find_facts, frame_of_households
from services.households.rules.grading import (
    Cause,
    Change,
    Current,
    Judged,
    Noted,
    Override,
    Rules,
    judge,
    judge_frame,
    settle,
)
from services.households.usecases.grade_rules import GradeRuleSets
from shared.clock import local_date
from shared.db.engine import LANE, WriteSession, raw
from shared.ids import new_id
from shared.lanes import Lane
from shared.outbox import emit
from shared.security.principals import SYSTEM

FEW = 50
"""So many are judged one by one; more as a frame."""
PART = 1000
"""Households graded in one transaction where there are many."""

_PUT_DUE = """
INSERT INTO grade_due (id, household_id, cause, at)
SELECT id, household_id, $3, $4 FROM unnest($1::uuid[], $2::uuid[]) AS due (id, household_id)
"""
_TAKE_DUE = """
DELETE FROM grade_due
WHERE id IN (SELECT id FROM grade_due WHERE at < $2 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING household_id, cause
"""


async def regrade(
    session: WriteSession,
    household_ids: Collection[UUID],
    now: datetime,
    *,
    cause: Cause = "fact",
    by: UUID = SYSTEM.id,
    lane: Lane | None = None,
) -> int:
    """Grade these anew, in the transaction of what changed; returns for how many the grade has changed.

    Call it last: the households stay locked until the commit. One that somebody else holds is graded when they are
    done (`regrade_later`): nobody waits for anybody. Where no rules are in force nothing is graded.
    """
    ids = set(household_ids)
    if not ids:
        return 0
    held, others = await queries.hold(session, ids)
    await regrade_later(session, others, now, cause=cause)
    rules = await GradeRuleSets.load(session, local_date(now))
    judged = await _judge(session, [one for one in held if not one.dissolved], rules, now)
    cleared = await queries.find_cleared(session, [id_ for id_, (new, _) in judged.items() if new.grade != "green"])
    work = _Work(rules, judged, cleared, cause, now)
    for one in held:
        work.take(one)
    await work.write(session, by, lane)
    return len({one.household_id for one in work.noted})


async def regrade_later(
    session: WriteSession, household_ids: Collection[UUID], now: datetime, *, cause: Cause = "fact"
) -> None:
    """Grade these within a minute or so: for roads that carry thousands, and cannot wait for each."""
    ids = sorted(set(household_ids))
    if ids:
        await (await raw(session)).execute(_PUT_DUE, [new_id() for _ in ids], ids, cause, now)


async def regrade_by_lane(
    session: WriteSession, household_ids: Collection[UUID], now: datetime, *, cause: Cause = "fact"
) -> None:
    """At once for a live message, later for what came with a file."""
    if session.info.get(LANE, Lane.LIVE) is Lane.LIVE:
        await regrade(session, household_ids, now, cause=cause)
    else:
        await regrade_later(session, household_ids, now, cause=cause)


async def take_due(session: WriteSession, now: datetime) -> list[tuple[UUID, str]]:
    """Up to `PART` households that waited before `now`, and why. Any number of processes share them."""
    return [(row["household_id"], row["cause"]) for row in await (await raw(session)).fetch(_TAKE_DUE, PART, now)]


async def _judge(
    session: WriteSession, held: Sequence[Held], rules: GradeRuleSets, now: datetime
) -> dict[UUID, tuple[Judged, Judged | None]]:
    """What the rules in force say of each, and what the version behind its grade says, where that is another."""
    asked: dict[tuple[UUID, UUID | None], list[UUID]] = {}
    for one in held:
        current = rules.find(one.area_code)
        if current is not None:
            before = rules.get(one.current.policy_id) if one.current is not None else None
            other_id = before.policy_id if before is not None and before.policy_id != current.policy_id else None
            asked.setdefault((current.policy_id, other_id), []).append(one.household_id)
    found: dict[UUID, tuple[Judged, Judged | None]] = {}
    for (policy_id, other_id), ids in asked.items():
        version = rules.get(policy_id)
        assert version is not None, "it was found a moment ago"
        by_now = await _judge_all(session, ids, version, now)
        other = rules.get(other_id)
        by_then = await _judge_all(session, ids, other, now) if other is not None else {}
        found.update({id_: (judged, by_then.get(id_)) for id_, judged in by_now.items()})
    return found


async def _judge_all(session: WriteSession, ids: Sequence[UUID], rules: Rules, now: datetime) -> dict[UUID, Judged]:
    today = local_date(now)
    if len(ids) <= FEW:
        facts = await find_facts(session, ids, today)
        return {id_: judge(rules, one.row()) for id_, one in facts.items()}
    frame = await frame_of_households(session, ids, today)
    judged = await asyncio.to_thread(judge_frame, rules, frame)
    return dict(zip(map(UUID, frame["household_id"]), judged, strict=True))


@dataclass(slots=True)
class _Work:
    """What is to be written for the households that are held."""

    rules: GradeRuleSets
    judged: Mapping[UUID, tuple[Judged, Judged | None]]
    cleared: Mapping[UUID, datetime]
    cause: Cause
    now: datetime
    states: list[tuple[UUID, str, Current]] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)
    ended: list[UUID] = field(default_factory=list)  # overrides
    noted: list[Noted] = field(default_factory=list)

    def take(self, one: Held) -> None:
        """Settle one."""
        override = self._live(one)
        if one.dissolved:
            self._dissolve(one)
            return
        rules = self.rules.find(one.area_code)
        if rules is None or one.household_id not in self.judged:
            return
        judged, before = self.judged[one.household_id]
        cleared_at = self.cleared.get(one.household_id)
        re_entered = cleared_at is not None and cleared_at > self.now - timedelta(days=rules.body.reentry_days)
        step = settle(
            one.current, judged, before, rules, override, one.area_code, self.cause, re_entered=re_entered, now=self.now
        )
        if step is not None:
            self.states.append((one.household_id, one.area_code, step.state))
            self._note(one, step.changes, step.state)

    def _live(self, one: Held) -> Override | None:
        if one.override is None:
            return None
        assert one.until is not None, "an override has a last day"
        if one.dissolved or one.until < local_date(self.now):
            self.ended.append(one.override.id)
            return None
        return one.override

    def _dissolve(self, one: Held) -> None:
        if one.current is not None:
            self.gone.append(one.household_id)
            change = Change("dissolved", one.current.grade, one.current.counted_area, None, None)
            self._note(one, (change,), one.current)

    def _note(self, one: Held, changes: Sequence[Change], state: Current) -> None:
        for change in changes:
            self.noted.append(
                Noted(one.household_id, one.area_code, change, state.reasons, state.policy_id, state.override_id)
            )

    async def write(self, session: WriteSession, by: UUID, lane: Lane | None) -> None:
        """Write it, and tell."""
        await queries.put_grades(session, self.states)
        await queries.drop_grades(session, self.gone)
        await queries.end_overrides(session, self.ended, by, self.now)
        await queries.note_changes(session, self.noted, by, self.now)
        grades = {id_: state.grade for id_, _, state in self.states} | dict.fromkeys(self.gone)
        for known in list(session.identity_map.values()):
            if isinstance(known, Household) and known.id in grades:
                set_committed_value(known, "grade", grades[known.id])
        await emit(session, *events.grades_changed(self.noted, self.now), lane=lane)
