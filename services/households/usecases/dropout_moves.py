"""Moves of a dropout case by hand, and those that a bureau's alert makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import update

from services.households.models import DropoutCase, LegalStep
from services.households.queries import dropouts as find
from services.households.queries.dropouts import DropoutRow
from services.households.rules.desks import DESK_LEVELS
from services.households.rules.schooling.ages import EDUCATION
from services.households.rules.schooling.home import require_home_teaching
from services.households.rules.schooling.refusals import DropoutDayOutOfOrder, ExemptionMissing, SchoolMissing
from services.households.rules.schooling.states import State, require_move
from services.households.usecases.dropout_states import Step, settle, write_move
from services.households.usecases.grading import regrade
from services.households.usecases.schooling_rules import SchoolingRules, find_rules, get_rules
from services.households.usecases.stay_checks import drop_waiting, plan_next
from shared.clock import local_date
from shared.contracts.alerts import AlertRaised
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import SYSTEM, Principal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Wanted:
    """A move as somebody asks for it. `note` says how one knows: it is stored sealed. `paper`: there is an assessment
    for teaching at home."""

    to: State
    on: date
    note: str
    school: str | None = None
    grade: str | None = None
    exemption: str | None = None
    paper: bool = False


async def move_dropout(
    session: WriteSession, vault: Vault, who: Principal, row: DropoutRow, wanted: Wanted, now: datetime
) -> None:
    """Make one move of a locked case by hand. All that can be wrong with it is found before anything is written."""
    case, today = row.case, local_date(now)
    require_move(case.state, wanted.to, "hand", DESK_LEVELS.get(who.role))
    if not case.state_since <= wanted.on <= today:
        raise DropoutDayOutOfOrder(field="on", first=case.state_since.isoformat(), last=today.isoformat())
    rules = await get_rules(session, case.area_code, today)
    _require_what_it_needs(row, wanted, rules)
    await leave(session, who.id, case, wanted.to, wanted.on, now)
    step = Step("hand", wanted.on, who.id, now, note=wanted.note, policy_id=rules.policy_id)
    write_move(session, vault, case, case.state, wanted.to, step)
    if wanted.to == "returned":
        case.round, case.returned_on = case.round + 1, wanted.on
        case.school, case.school_grade = wanted.school, wanted.grade or case.school_grade
        await plan_next(session, who.id, case, rules, 0, None, now)
    case.exemption = wanted.exemption if wanted.to == "exempt" else None
    await settle(session, vault, who, case, row.member, row.household, now)
    await audit.record(session, who, "dropout:move", case.id, area_code=case.area_code, to=wanted.to)
    await regrade(session, [case.household_id], now, by=who.id)


async def hear_of_absences(session: WriteSession, alerts: Sequence[AlertRaised], now: datetime) -> None:
    """An alert that a child who came back is missing again: the return no longer counts, from this moment on.

    Of what happened before the return an alert may still be on its way; that changes nothing. The subjects are locked.
    """
    named = [alert for alert in alerts if alert.person_key and alert.risk_family == EDUCATION]
    if not named:
        return
    cases = await find.lock_returned(session, {alert.person_key for alert in named if alert.person_key})
    for alert in named:
        case = cases.get(alert.person_key or "")
        if case is None or case.state != "returned" or case.returned_on is None:
            continue
        rules = await find_rules(session, case.area_code, local_date(now))
        if rules is None or alert.feed not in rules.body.feeds or alert.occurred_on <= case.returned_on:
            continue
        on = max(case.state_since, min(alert.occurred_on, local_date(now)))
        require_move(case.state, "again_absent", "alert")
        await drop_waiting(session, SYSTEM.id, case, now)
        step = Step("alert", on, SYSTEM.id, now, alert.alert_id, policy_id=rules.policy_id)
        write_move(session, None, case, case.state, "again_absent", step)


def _require_what_it_needs(row: DropoutRow, wanted: Wanted, rules: SchoolingRules) -> None:
    if wanted.to == "returned" and wanted.school is None:
        raise SchoolMissing(field="school")
    if wanted.to == "exempt" and wanted.exemption is None:
        raise ExemptionMissing(field="exemption")
    if wanted.to == "home_taught":
        require_home_teaching(row.member.disability_level, paper=wanted.paper, rules=rules.body)


async def leave(session: WriteSession, by: UUID, case: DropoutCase, to: State, on: date, now: datetime) -> None:
    """A check that waits is dropped; legal steps end with the absence they were taken against."""
    if case.state == "returned":
        await drop_waiting(session, by, case, now)
    if to in ("returned", "home_taught", "exempt") and case.legal_step:
        standing = update(LegalStep).where(LegalStep.case_id == case.id, LegalStep.withdrawn_on.is_(None))
        await session.execute(standing.values(withdrawn_on=on))
        case.legal_step = 0
