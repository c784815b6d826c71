"""Tasks, cases, visits and verdicts → answers."""

from datetime import timedelta
from uuid import UUID

from services.households.api.reader import Reader
from services.households.models import Evidence, Household, RiskCase, TaskEvent, Verdict, Visit
from services.households.queries.cases import CaseRow, Surroundings
from services.households.queries.tasks import TaskRow
from services.households.schemas import tasks as schemas
from services.households.usecases.visits import REASON, VISIT
from shared.clock import local_date


def task_view(row: TaskRow, around: Surroundings, reader: Reader) -> schemas.TaskView:
    """One task as its reader sees it."""
    task, case = row.task, row.case
    evidence = around.evidence.get(case.id, [])
    lines = [evidence_line(one, reader) for one in evidence]
    return schemas.TaskView(
        id=task.id,
        case_id=case.id,
        title=_title(row, lines, around, reader),
        state=task.state,
        household=_household(row.household, around, reader),
        level=task.level,
        area=reader.area(task.area_code, around.area_names),
        assignee_id=task.assignee_id,
        risk_family=case.risk_family,
        risk_text=reader.code("risk_family", case.risk_family),
        feeds=sorted({one.feed for one in evidence}),
        evidence=lines,
        due_at=task.due_at,
        due_on=local_date(task.due_at - timedelta(microseconds=1)),  # the deadline is the first moment too late
        overdue=task.overdue_at is not None,
        overdue_at=task.overdue_at,
        raised_to=task.raised_to,
        escalated_at=task.escalated_at,
        created_at=task.created_at,
        accepted_at=task.accepted_at,
        closed_at=task.closed_at,
        version=task.version,
    )


def _title(row: TaskRow, lines: list[schemas.EvidenceLine], around: Surroundings, reader: Reader) -> str:
    feeds = reader.say("task-title-join").join(dict.fromkeys(line.feed_text for line in lines))
    risk = reader.code("risk_family", row.case.risk_family)
    place = around.area_names.get(row.case.area_code, row.case.area_code)
    if row.household is None:
        person = next((line.person for line in lines if line.person), reader.say("task-nobody"))
        return reader.say("task-title-unknown", risk=risk, feeds=feeds, person=person, place=place)
    head = around.heads.get(row.household.id)
    person = reader.name(head) if head else row.household.national_code or ""
    return reader.say("task-title", risk=risk, feeds=feeds, person=person, place=place)


def _household(household: Household | None, around: Surroundings, reader: Reader) -> schemas.TaskHousehold | None:
    if household is None:
        return None
    head = around.heads.get(household.id)
    return schemas.TaskHousehold(
        id=household.id,
        head_name=reader.name(head) if head else None,
        area=reader.area(household.area_code, around.area_names),
    )


def evidence_line(evidence: Evidence, reader: Reader) -> schemas.EvidenceLine:
    """One alert, opened for the reader."""
    content = reader.record(evidence.sealed, "alert") or {}
    person = (content.get("person") or {}).get("name")
    return schemas.EvidenceLine(
        evidence_id=evidence.evidence_id,
        alert_id=evidence.alert_id,
        feed=evidence.feed,
        feed_text=reader.code("feed", evidence.feed),
        severity=evidence.severity,
        occurred_on=evidence.occurred_on,
        reported_at=evidence.reported_at,
        withdrawn=evidence.withdrawn_at is not None,
        person=reader.name(person) if person else None,
        facts=content.get("evidence") if reader.sees_people else None,
    )


def event_view(event: TaskEvent, reader: Reader) -> schemas.TaskEventView:
    """One line of a task's history."""
    text = reader.say(f"task-event-{event.what}")
    return schemas.TaskEventView(at=event.at, what=event.what, text=text, by=event.by, detail=event.detail)


def visit_view(visit: Visit, reader: Reader) -> schemas.VisitView:
    """One visit; its texts only for those who work with the household."""
    texts = (reader.record(visit.sealed, VISIT) or {}) if reader.sees_people else {}
    return schemas.VisitView(
        id=visit.id,
        task_id=visit.task_id,
        visited_at=visit.visited_at,
        visited_by=visit.visited_by,
        latitude=visit.latitude,
        longitude=visit.longitude,
        accuracy_m=visit.accuracy_m,
        place=texts.get("place"),
        with_whom=texts.get("with_whom"),
        findings=texts.get("findings"),
        recorded_at=visit.recorded_at,
    )


def verdict_view(verdict: Verdict, reader: Reader) -> schemas.VerdictView:
    """One verdict."""
    return schemas.VerdictView(
        task_id=verdict.task_id,
        verdict=verdict.verdict,
        verdict_text=reader.code("verdict", verdict.verdict),
        reason=reader.vault.open(verdict.reason_sealed, REASON).decode() if reader.sees_people else None,
        visit_id=verdict.visit_id,
        given_by=verdict.given_by,
        given_at=verdict.given_at,
    )


def case_summary(row: CaseRow, around: Surroundings, reader: Reader) -> schemas.CaseSummary:
    """One case in a list."""
    case: RiskCase = row.case
    return schemas.CaseSummary(
        id=case.id,
        household=_household(row.household, around, reader),
        area=reader.area(case.area_code, around.area_names),
        risk_family=case.risk_family,
        risk_text=reader.code("risk_family", case.risk_family),
        state=case.state,
        opened_at=case.opened_at,
        last_evidence_at=case.last_evidence_at,
        closed_at=case.closed_at,
        verdict=case.verdict,
        evidence=[evidence_line(one, reader) for one in around.evidence.get(case.id, [])],
    )


def task_location(task_id: UUID) -> str:
    """Where a task is read."""
    return f"/households/v1/tasks/{task_id}"
