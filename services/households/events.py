"""Model → contract: what others hear of cases and tasks, and no more."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from services.households.models import (
    CaseMove,
    DropoutCase,
    Member,
    MonitoringCase,
    RiskCase,
    Task,
    TaskEvent,
    Verdict,
)
from services.households.rules.desks import at_level
from services.households.rules.escalation import is_overdue
from services.households.rules.grading import Noted
from services.households.rules.monitoring.clocks import Deadline
from services.households.rules.whereabouts import Whereabouts
from shared.areas import AreaCode
from shared.clock import local_date
from shared.contracts import grades, monitoring, pretence, schooling
from shared.contracts import households as contract
from shared.contracts.households import Level


def area_checks_opened(
    alert_id: UUID, risk_family: str, checks: Sequence[contract.AreaCheck], at: datetime
) -> contract.AreaChecksOpened:
    """All tasks that an area alert opened."""
    return contract.AreaChecksOpened(alert_id=alert_id, risk_family=risk_family, checks=list(checks), opened_at=at)


def task_opened(line: TaskEvent, task: Task, case: RiskCase) -> contract.TaskOpened:
    """The task as it was opened, from its history; its deadline may have come nearer since."""
    assert line.detail is not None
    return contract.TaskOpened(
        task_id=task.id,
        case_id=case.id,
        subject_key=case.subject_key,
        alert_id=line.detail["alert_id"],
        household_id=task.household_id,
        risk_family=case.risk_family,
        level=line.detail["level"],
        area_code=line.detail["area_code"],
        opened_at=line.at,
        due_at=task.due_at,
        policy_id=task.policy_id,
    )


def evidence_added(line: TaskEvent, task: Task, case: RiskCase) -> contract.EvidenceAdded:
    """An alert that joined or got worse, from the task's history."""
    assert line.detail is not None
    return contract.EvidenceAdded(
        task_id=task.id,
        case_id=case.id,
        subject_key=case.subject_key,
        alert_id=line.detail["alert_id"],
        due_at=task.due_at,
        added_at=line.at,
    )


def task_assigned(task: Task, case: RiskCase, now: datetime) -> contract.TaskAssigned:
    """The task went to another desk or hand."""
    return contract.TaskAssigned(
        task_id=task.id,
        case_id=case.id,
        subject_key=case.subject_key,
        level=task.level,
        area_code=task.area_code,
        assignee_id=task.assignee_id,
        assigned_at=now,
    )


def task_closed(
    task_id: UUID,
    case_id: UUID,
    subject_key: str,
    state: Literal["done", "cancelled"],
    *,
    due_at: datetime,
    now: datetime,
) -> contract.TaskClosed:
    """The task is over; `late` when its deadline had passed."""
    return contract.TaskClosed(
        task_id=task_id,
        case_id=case_id,
        subject_key=subject_key,
        state=state,
        late=is_overdue(due_at, now),
        closed_at=now,
    )


def verdict_given(
    verdict: Verdict, case: RiskCase, alert_ids: Sequence[UUID], visited_at: datetime | None
) -> contract.VerdictGiven:
    """The verdict, for the bureaus whose alerts made the case."""
    visited_on: date | None = local_date(visited_at) if visited_at else None
    return contract.VerdictGiven(
        case_id=case.id,
        task_id=verdict.task_id,
        subject_key=case.subject_key,
        alert_ids=list(alert_ids),
        verdict=verdict.verdict,
        reason_sealed=base64.b64encode(verdict.reason_sealed).decode(),
        visited_on=visited_on,
        given_by=verdict.given_by,
        given_at=verdict.given_at,
        basis=verdict.basis,
        area_code=case.area_code if case.area_alert_id else None,
        checked=verdict.checked,
        at_risk=verdict.at_risk,
    )


def task_escalated(
    task: Task, subject_key: str, from_level: Level, area_code: str, now: datetime
) -> contract.TaskEscalated:
    """An overdue task moved up; `area_code` is the desk that asks after it now."""
    assert task.raised_to is not None
    return contract.TaskEscalated(
        task_id=task.id,
        case_id=task.case_id,
        subject_key=subject_key,
        from_level=from_level,
        to_level=task.raised_to,
        area_code=area_code,
        escalated_at=now,
    )


def pretence_suspected(finding: Mapping[str, Any]) -> pretence.PretenceSuspected:
    """Something looks like pretence, from the columns of its row; what was seen stays here."""
    return pretence.PretenceSuspected(
        finding_id=finding["id"],
        kind=finding["kind"],
        area_code=finding["area_code"],
        household_id=finding["household_id"],
        visit_id=finding["visit_id"],
        policy_id=finding["policy_id"],
        found_at=finding["found_at"],
    )


def case_opened(case: MonitoringCase) -> monitoring.CaseOpened:
    """A national case, or a new round of one."""
    return monitoring.CaseOpened(
        case_id=case.id,
        household_id=case.household_id,
        area_code=case.area_code,
        round=case.round,
        source=case.source,
        opened_at=case.opened_at,
        due_at=case.due_at,
    )


def case_moved(case: MonitoringCase, line: CaseMove, *, late: bool) -> monitoring.CaseMoved:
    """One move of a national case, which stands where it led."""
    assert line.from_state is not None
    return monitoring.CaseMoved(
        case_id=case.id,
        household_id=case.household_id,
        area_code=case.area_code,
        round=case.round,
        move_id=line.id,
        from_state=line.from_state,
        to_state=line.to_state,
        monitoring_class=case.monitoring_class,
        fast_lane=case.fast_lane and case.papers_done_at is None,
        happened_on=line.happened_on,
        moved_at=line.at,
        by=line.by,
        late=late,
        due_at=case.due_at,
        holder_level=case.holder_level,
    )


def case_warned(case: MonitoringCase, near: Deadline, now: datetime) -> monitoring.CaseClockWarned:
    """A clock of a national case will run out soon."""
    assert case.holder_level is not None
    return monitoring.CaseClockWarned(
        case_id=case.id,
        household_id=case.household_id,
        area_code=case.area_code,
        round=case.round,
        state=case.state,
        holder_level=case.holder_level,
        desk_code=at_level(AreaCode(case.area_code), case.holder_level),
        clock=near.clock,
        due_at=near.due_at,
        warned_at=now,
    )


def case_escalated(case: MonitoringCase, from_level: Level, now: datetime) -> monitoring.CaseEscalated:
    """A clock of a national case ran out, and the next level is told."""
    assert case.raised_to is not None
    assert case.clock is not None
    assert case.due_at is not None
    return monitoring.CaseEscalated(
        case_id=case.id,
        household_id=case.household_id,
        area_code=case.area_code,
        round=case.round,
        state=case.state,
        clock=case.clock,
        due_at=case.due_at,
        from_level=from_level,
        to_level=case.raised_to,
        desk_code=at_level(AreaCode(case.area_code), case.raised_to),
        escalated_at=now,
    )


def dropout_closed(case: DropoutCase, member: Member) -> schooling.DropoutClosed:
    """The case of a child is over."""
    outcome: schooling.Outcome = "stable" if case.state == "stable" else "exempt"
    return schooling.DropoutClosed(case_id=case.id, person_key=member.person_key, outcome=outcome, on=case.state_since)


MOST_MEMBERS = 1000
"""Records in one event."""


def members_changed(changed: Sequence[Whereabouts], now: datetime) -> Iterator[contract.MembersChanged]:
    """People who came, changed or left, in as few events as may be."""
    for start in range(0, len(changed), MOST_MEMBERS):
        records = [_member_record(one, now) for one in changed[start : start + MOST_MEMBERS]]
        yield contract.MembersChanged.model_validate({"members": records})  # at once: a quarter of the time


def _member_record(one: Whereabouts, now: datetime) -> dict[str, Any]:
    """A `MemberRecord`, not checked yet."""
    return {
        "person_key": one.person_key,
        "household_id": one.household_id,
        "household_key": one.household_key,
        "area_code": one.area_code,
        "household_class": one.household_class,
        "active": one.active,
        "changed_at": one.since or now,
    }


MOST_GRADES = 1000
"""Records in one event."""


def grades_changed(noted: Sequence[Noted], now: datetime) -> Iterator[grades.GradesChanged]:
    """Households that came into yellow or red, moved with it or left it. Of the others nobody needs to hear."""
    told = [one for one in noted if {one.change.from_grade, one.change.to_grade} & {"yellow", "red"}]
    for start in range(0, len(told), MOST_GRADES):
        records = [_grade_record(one, now) for one in told[start : start + MOST_GRADES]]
        yield grades.GradesChanged(households=records)


def _grade_record(one: Noted, now: datetime) -> grades.GradeRecord:
    change = one.change
    return grades.GradeRecord(
        household_id=one.household_id,
        area_code=change.to_area or one.area_code,
        before=change.from_grade,
        grade=change.to_grade,
        kind=change.kind,
        by_hand=one.override_id is not None,
        policy_id=one.policy_id,
        changed_at=now,
    )
