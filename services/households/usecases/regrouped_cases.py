"""A household merges, divides or moves together: its national case is about people, and follows them.

Votes, notices, visits and checks were about the household as it was. Whoever is with other people now is looked at anew,
so nobody leaves a case, or loses a risk, by living with the neighbours for the day of a gate.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from services.households.models import Household, Member, MonitoringCase
from services.households.queries import monitoring as find
from services.households.queries.comparisons import withdraw_of
from services.households.queries.monitoring import MonitoringRow
from services.households.queries.notices import find_live_entries
from services.households.queries.regrouped_cases import count_identified, find_home, list_births, list_left, lock_joined
from services.households.rules.monitoring.refusals import TwoCases
from services.households.rules.monitoring.states import CLOSED, ENDS, PUBLISHING, Fact
from services.households.rules.months import add_months
from services.households.rules.objections import BACK_TO
from services.households.rules.register import is_newborn
from services.households.rules.rounds import half_of
from services.households.usecases.case_clocks import Timekeeper
from services.households.usecases.following import void_notices
from services.households.usecases.monitoring import new_case, stand_behind
from services.households.usecases.moves import begin_round, go_by_itself, write_opening
from shared.clock import local_date, start_of_day
from shared.contracts.gate_policies import GateTerms
from shared.db.engine import ReadSession, WriteSession, seeing_everywhere
from shared.projections import policies
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault


async def carry_over(session: WriteSession, who: Principal, gone: Household, into: Household, now: datetime) -> None:
    """Two locked households become one (并户): the case of the one that is no more goes on with the other.

    In the merge's transaction. Raises `TwoCases` when both have one: people say which of them counts, and close the
    other. A household that moves keeps its case by itself.
    """
    case = await find.find_active(session, gone.id)
    if case is None:
        return
    if await find.find_active(session, into.id) is not None:
        raise TwoCases(field="household_id")
    case.household_id, case.area_code = into.id, into.area_code
    gone.monitoring_state = gone.monitoring_class = gone.main_risk = None
    gone.risks = []
    await session.flush()
    carried = {"from": str(gone.id), "to": str(into.id)}
    await _look_anew(session, who, MonitoringRow(case, into), "carried", carried, now)
    await audit.record(session, who, "case:carry-over", case.id, area_code=case.area_code, household=gone.id)


async def look_at_joined(
    session: WriteSession,
    who: Principal,
    joined: Select[UUID],
    now: datetime,
    *,
    source: Household | None = None,
    away_since: datetime | None = None,
) -> None:
    """People (`joined` asks for their ids) live in households that were there before: by a merge, a move, a birth, entered
    by hand, by a file or by a list. What was found, voted and published of those was of fewer people.

    `source`: whence they came, if from a household. `away_since`: they had been struck off by mistake; what went on
    without them is looked at anew, and nothing else.
    """
    for row, people in await lock_joined(session, joined, away_since):
        if source is None and away_since is None and not await _send_back(session, row.case, people, now):
            continue
        told: dict[str, Any] = {"members": [str(one) for one in people]}
        if source is not None:
            told["from"] = str(source.id)
        await _look_anew(session, who, row, "joined", told, now)


async def look_at_renumbered(session: WriteSession, who: Principal, member: Member, now: datetime) -> None:
    """Somebody has another ID number: bureaus answered of another person. They are asked anew, and a case that went on by
    what they said goes back."""
    await withdraw_of(session, member.id)
    for row, people in await lock_joined(session, select(Member.id).where(Member.id == member.id), None):
        await _look_anew(session, who, row, "renumbered", {"members": [str(one) for one in people]}, now)


async def divide_case(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    source: Household,
    target: Household,
    now: datetime,
    *,
    whoever: bool,
) -> None:
    """People of a locked household with a case live in `target` now: what is left of either is looked at.

    A `target` without a case of its own gets a clue. Where the risk was called gone lately a new round begins, and a case
    on its way there is observed once more. `whoever`: also when most of those who were identified stayed where they were.
    """
    case = await find.find_active(session, source.id)
    if case is None or not await _counts(session, case, now):
        return
    there = await _count_identified(session, case, target.id)
    if not whoever and not _most_went(there, source.id, target.id):
        return
    if there.get(target.id, 0) and await find.find_active(session, target.id) is None:
        await _open_clue(session, vault, who, case, target, "divided", now)
    row = MonitoringRow(case, source)
    if case.state in CLOSED:
        await begin_round(session, vault, who, row, {"divided": {"to": str(target.id)}}, now)
    else:
        await _look_anew(session, who, row, "divided", {"to": str(target.id)}, now)


async def look_at_returned(
    session: WriteSession, vault: Vault, who: Principal, entered: Select[UUID], now: datetime
) -> set[UUID]:
    """People are entered (`entered` asks for their ids) who had left a household with a case: nobody's risk ends by being
    struck off and entered anew. Their locked households, each without a case, get a clue; those households.

    That is so of everybody whose case ended with their household. While it goes on, of most of those who were identified,
    as when people move: who marries out takes no case along.
    """
    async with seeing_everywhere(session):
        left = [
            (household_id, case)
            for household_id, case in await list_left(session, entered)
            if await _counts(session, case, now) and await _returns(session, case, household_id)
        ]
    last = dict(left)
    for household_id, case in last.items():
        household = await session.get_one(Household, household_id)
        await _open_clue(session, vault, who, case, household, "returned", now)
    return set(last)


async def look_at_moved(session: WriteSession, who: Principal, household_ids: Collection[UUID], now: datetime) -> None:
    """Locked households that may live in another village now. Its people saw no notice: a case that was under review by
    the one that hung in the village before goes back, and one that is at its notice is published anew."""
    hung = await void_notices(session, household_ids, now)
    if not hung:
        return
    for row in await find.list_under_review(session, hung, PUBLISHING):
        places = {"from": hung[row.case.id], "to": row.household.area_code}
        await _look_anew(session, who, row, "moved", places, now)


async def _send_back(session: ReadSession, case: MonitoringCase, entered: Collection[UUID], now: datetime) -> bool:
    """Whether people who are entered send a case back: new-born children alone do where the county's terms say so."""
    today = local_date(now)
    terms, _ = await policies.find_in_force(session, "gate-terms", case.area_code, today, GateTerms)
    if terms is None or terms.newborns_send_back:
        return True
    return not all(is_newborn(born, today) for born in await list_births(session, entered))


async def _counts(session: ReadSession, case: MonitoringCase, now: datetime) -> bool:
    """A risk that was gone for as long as one is watched before it may be called so, is gone."""
    if case.eliminated_on is None:
        return True
    clocks = (await Timekeeper.load(session, case.area_code, local_date(now))).clocks
    return clocks is None or local_date(now) < add_months(case.eliminated_on, clocks.monitored_months)


async def _count_identified(session: ReadSession, case: MonitoringCase, target_id: UUID) -> dict[UUID, int]:
    """How many of those who were identified live where the case is, and in `target`."""
    home = await find_home(session, case)
    since = start_of_day(case.identified_on) if case.identified_on else case.opened_at
    return await count_identified(session, home, [case.household_id, target_id], since)


def _most_went(there: dict[UUID, int], source_id: UUID, target_id: UUID) -> bool:
    return there.get(target_id, 0) >= max(there.get(source_id, 0), 1)


async def _returns(session: ReadSession, case: MonitoringCase, household_id: UUID) -> bool:
    """Whether who left the case's household and is entered in this one is to be looked at."""
    if case.state in ENDS.values():
        return True
    return _most_went(await _count_identified(session, case, household_id), case.household_id, household_id)


async def _open_clue(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    case: MonitoringCase,
    target: Household,
    why: str,
    now: datetime,
) -> None:
    clue = new_case(who, target, "other", now)
    before = {"from": str(case.household_id), "case": str(case.id)}
    await write_opening(session, vault, who, MonitoringRow(clue, target), None, now, {why: before})
    stand_behind(session, who, clue, "other", None, None, now)


async def _look_anew(
    session: WriteSession, who: Principal, row: MonitoringRow, fact: Fact, told: dict[str, Any], now: datetime
) -> None:
    """What was found, voted and published of other people counts no more; help that is planned goes on."""
    case, before = row.case, row.case.state
    if before in BACK_TO:
        for entry in (await find_live_entries(session, [case.id], half_of(before))).values():
            entry.void_at = now
    await go_by_itself(session, who, row, fact, told, max(local_date(now), case.state_since), now)
    if case.state != before:
        case.elimination_way = None
