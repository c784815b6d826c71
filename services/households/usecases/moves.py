"""A national case goes from one state to another: who, when, on which evidence, by which version of the clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.households import events
from services.households.models import CaseMove, Household, MonitoringCase
from services.households.queries import monitoring as find
from services.households.queries.case_snapshots import keep_snapshot
from services.households.queries.monitoring import MonitoringRow
from services.households.queries.visits import has_looked, is_visit_of
from services.households.rules.case_snapshot import DECISIONS
from services.households.rules.desks import DESK_LEVELS
from services.households.rules.monitoring import moving
from services.households.rules.monitoring.moving import Brought, Wanted
from services.households.rules.monitoring.refusals import Unmet
from services.households.rules.monitoring.states import (
    ASKED,
    CLOSED,
    FINAL,
    IDENTIFIED,
    Fact,
    Move,
    move_by,
    moves_from,
)
from services.households.rules.tasks import VisitUnknown
from services.households.rules.visits import VisitNotCounted
from services.households.usecases import gates
from services.households.usecases.case_clocks import Timekeeper, begin_anew, standing
from services.households.usecases.consequences import follow_up
from services.households.usecases.gates import Judgement
from shared.clock import end_of_day, local_date
from shared.contracts.monitoring import State
from shared.db.engine import ReadSession, WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import SYSTEM, Principal
from shared.security.vault import Vault

NOTE, MINUTES = "case-note", "case-minutes"
"""Purposes under which a move's words are sealed: the note with the contact, and the minutes."""


@dataclass(frozen=True, slots=True)
class Possible:
    """A legal next move: whether the asker's level makes it, and which of its conditions are not met today."""

    move: Move
    yours: bool
    unmet: list[Unmet]


async def possible_moves(session: ReadSession, who: Principal, row: MonitoringRow, now: datetime) -> list[Possible]:
    """Every legal move out of the case's state, in the table's order."""
    case, on = row.case, local_date(now)
    found = []
    for move in moves_from(case.state):
        unmet = await gates.unmet(session, case, move.to, on)
        found.append(Possible(move, DESK_LEVELS.get(who.role) in move.by, unmet))
    return found


async def move_case(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: MonitoringRow,
    to: State,
    brought: Brought,
    on: date,
    now: datetime,
) -> CaseMove:
    """Make one move of a locked case. All that can be wrong with it is found before anything is written.

    Raises `MoveIllegal`, `MoveNotYours`, `DayOutOfOrder`, `InvalidInput` for missing evidence, `VisitUnknown`,
    `VisitNotCounted`, `PolicyMissing`, and `GateNotMet` with every condition that is not met.
    """
    case = row.case
    keeper = await Timekeeper.load(session, case.area_code, on)
    keeper.in_force()  # no move without clocks: each is judged by a version of them
    wanted = Wanted(to, DESK_LEVELS.get(who.role), brought, on)
    move = moving.judge(standing(case, []), wanted, local_date(now))
    if brought.visit_id is not None:
        await _require_visit(session, who, brought.visit_id, case.household_id)
    passed = await gates.pass_gate(session, case, to, on, brought.vote)
    if on < local_date(now):  # a day in the past makes nothing fresh that is stale by now
        await gates.pass_gate(session, case, to, local_date(now), brought.vote)
    return await _make(session, vault, who, row, move, brought, on, now, keeper, passed)


async def _require_visit(session: ReadSession, who: Principal, visit_id: UUID, household_id: UUID) -> None:
    """Raise unless the household was visited so that the gates will count it."""
    if not await is_visit_of(session, who.scope, visit_id, household_id):
        raise VisitUnknown(field="evidence.visit_id")
    if not await has_looked(session, visit_id):
        raise VisitNotCounted(field="evidence.visit_id")


async def begin_round(
    session: WriteSession, vault: Vault, who: Principal, row: MonitoringRow, why: Mapping[str, Any], now: datetime
) -> CaseMove:
    """A new risk on a household whose risk had gone (再次识别): the locked case is a clue once more. `why` stands for the
    reason in words that somebody would give: what the history says of the check or the fact behind it."""
    move = moving.require_move(row.case.state, "clue", DESK_LEVELS.get(who.role))
    on = max(local_date(now), row.case.state_since)
    keeper = await Timekeeper.load(session, row.case.area_code, on)
    return await _make(session, vault, who, row, move, Brought(), on, now, keeper, why=why)


async def write_opening(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: MonitoringRow,
    note: str | None,
    now: datetime,
    why: Mapping[str, Any] | None = None,
) -> None:
    """The first line of a new case's history, its clocks, and the word to the others. `why`: see `begin_round`."""
    case, household = row.case, row.household
    keeper = await Timekeeper.load(session, case.area_code, case.state_since)
    keeper.set(case, [])
    show_on_household(case, household)
    session.add(case)
    await session.flush()
    write_line(session, vault, who, case, None, Brought(note=note), case.state_since, now).evidence = dict(why or {})
    await emit(session, events.case_opened(case))
    await audit.record(session, who, "case:open", case.id, area_code=case.area_code, source=case.source)


async def _make(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: MonitoringRow,
    move: Move,
    brought: Brought,
    on: date,
    now: datetime,
    keeper: Timekeeper,
    passed: Judgement | None = None,
    why: Mapping[str, Any] | None = None,
) -> CaseMove:
    case = row.case
    late = case.due_at is not None and end_of_day(on) > case.due_at
    if move.road == "anew":
        case.round += 1
    judged_by = passed.in_force.policy_ids if passed else None
    line = write_line(
        session, vault, who, case, move, brought, on, now, policy_id=keeper.policy_id, judged_by=judged_by
    )
    line.evidence = {**line.evidence, **(why or {})}
    if passed is not None and move.to in DECISIONS:
        await keep_snapshot(session, line, passed.snapshot)
    _stamp(case, move, brought, on, now)
    await _arrive(session, row, keeper, now)
    told = [events.case_moved(case, line, late=late)]
    await emit(session, *told, *([events.case_opened(case)] if move.road == "anew" else []))
    await _record(session, who, case, move)
    await follow_up(session, vault, who, [row.household.id], now, income=False)
    return line


async def go_by_itself(
    session: WriteSession,
    who: Principal,
    row: MonitoringRow,
    fact: Fact,
    told: Any,
    since: date,
    now: datetime,
    *,
    to: State | None = None,
    on: date | None = None,
) -> None:
    """A locked case goes where a fact of its household sends it: no gate is asked, and nobody decides it.

    `told`: what the history says of the fact. `since`: from when the case counts as being there, if it leaves where it
    was. `on`: the day of the fact, today if none is given. What follows for the household is the caller's.
    """
    case, move = row.case, move_by(fact, row.case.state, to)
    keeper = await Timekeeper.load(session, case.area_code, local_date(now))
    line = write_line(session, None, who, case, move, Brought(), on or local_date(now), now, policy_id=keeper.policy_id)
    line.evidence = {fact: told}
    if move.to != move.source:
        case.state, case.state_since = move.to, since
    await _arrive(session, row, keeper, now)
    await session.flush()
    if move.to != move.source:
        await emit(session, events.case_moved(case, line, late=False))
    await _record(session, who, case, move)


async def _arrive(session: WriteSession, row: MonitoringRow, keeper: Timekeeper, now: datetime) -> None:
    """The clocks of the state that a case has come to run, and its household shows it."""
    case = row.case
    keeper.set(case, await find.list_pauses(session, SYSTEM.scope, case.id))
    begin_anew(case)
    case.version += 1
    case.updated_at = now
    show_on_household(case, row.household)


async def _record(session: WriteSession, who: Principal, case: MonitoringCase, move: Move) -> None:
    moved = {"moved_from": move.source, "moved_to": move.to}
    await audit.record(session, who, "case:move", case.id, area_code=case.area_code, **moved)


def _stamp(case: MonitoringCase, move: Move, brought: Brought, on: date, now: datetime) -> None:
    """The state, and the days and marks that go with entering it."""
    case.state, case.state_since = move.to, on
    if move.road == "anew":
        case.opened_at = now
        case.identified_on = case.eliminated_on = case.elimination_way = None
        case.monitoring_class = case.main_risk = case.remark_sealed = None
        case.risks = []  # those were solved; the new one is still to be said
    elif move.to == "monitored" and move.source == "county_decision":
        case.identified_on = on
    elif move.to == "monitored":  # withdrawn elimination: it was never gone, and the day it was found out stays
        case.eliminated_on = case.elimination_way = None
    elif move.to == "eliminated":
        case.eliminated_on = on
    if move.to == "monitored":
        case.measure_from = on
    elif move.to not in ("planned", "monitored"):
        case.measure_from = None  # the first help came, or the case is over; what is planned anew is no first help
    if "way" in move.needs:
        case.elimination_way = brought.way
    if case.fast_lane and case.papers_done_at is None and move.to in ("monitored", "dismissed"):
        case.papers_done_at = now


def show_on_household(case: MonitoringCase, household: Household) -> None:
    """What lists and forms show of the household; its version stays, for nobody edits these there."""
    gone = case.state in FINAL
    household.monitoring_state = _shown_state(case)
    household.monitoring_class = case.monitoring_class if household.monitoring_state else None
    household.main_risk = None if gone else case.main_risk
    household.risks = [] if gone else list(case.risks)


def _shown_state(case: MonitoringCase) -> str | None:
    """As the national lists say it. Whose risk had gone stays so while a new clue is looked into, or was none."""
    if case.state in IDENTIFIED:
        return "monitored"
    anew = case.round > 1 and (case.state in ASKED or case.state == "dismissed")
    return "eliminated" if case.state in CLOSED or anew else None


def write_line(
    session: WriteSession,
    vault: Vault | None,
    who: Principal,
    case: MonitoringCase,
    move: Move | None,
    brought: Brought,
    on: date,
    now: datetime,
    *,
    policy_id: UUID | None = None,
    judged_by: Mapping[str, UUID] | None = None,
) -> CaseMove:
    """Add a line to the history; call it before the case is changed, for the line keeps the deadline it had.

    Without a vault there are no words to seal.
    """
    words = {"note": brought.note, "contact": brought.contact}
    evidence: dict[str, Any] = orjson.loads(orjson.dumps(brought.plain(), default=str))  # ids and days as text
    if judged_by:
        evidence["policies"] = {kind: str(policy_id) for kind, policy_id in judged_by.items()}
    line = CaseMove(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        round=case.round,
        from_state=move and move.source,
        to_state=move.to if move else case.state,
        happened_on=on,
        at=now,
        by=who.id,
        by_level=DESK_LEVELS.get(who.role),
        policy_id=policy_id or case.policy_id,
        due_at=case.due_at if move else None,
        evidence=evidence,
        note_sealed=vault.seal_json(words, NOTE) if vault and any(words.values()) else None,
        minutes_sealed=vault.seal(brought.minutes.text.encode(), MINUTES) if vault and brought.minutes else None,
    )
    session.add(line)
    return line
