"""Tasks, cases and verdicts → answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from uuid import UUID

from services.households.api.reader import Reader
from services.households.models import ACTIVE, Evidence, Household, Member, RiskCase, TaskEvent
from services.households.models import Verdict as VerdictRow
from services.households.queries.area_checks import ListCount
from services.households.queries.cases import CaseRow, Surroundings
from services.households.queries.tasks import TaskRow
from services.households.queries.verdicts import EvidenceSum
from services.households.rules.triage import highest, without_visit
from services.households.rules.visits import needs_two
from services.households.schemas import tasks as schemas
from services.households.usecases.sealing import PERSON_PHONE
from services.households.usecases.verdicts import CONTACT, REASON
from shared.clock import local_date
from shared.contracts.households import Verdict
from shared.contracts.policies import Triage
from shared.contracts.visit_policies import VisitRules
from shared.projections.policies import InForce


@dataclass(frozen=True, slots=True)
class Beside:
    """What tasks are shown with beside their case's surroundings."""

    contacts: dict[UUID, Member]  # by household
    lists: dict[UUID, ListCount]  # by task
    triage: InForce[Triage]
    visit_rules: InForce[VisitRules]


def task_view(row: TaskRow, around: Surroundings, beside: Beside, reader: Reader) -> schemas.TaskView:
    """One task as its reader sees it."""
    task, case = row.task, row.case
    lines = [evidence_line(one, reader) for one in around.evidence.get(case.id, [])]
    all_of_it = around.sums.get(case.id, EvidenceSum(0, [], []))
    area_list = _area_list(row, around, beside, reader)
    return schemas.TaskView(
        id=task.id,
        case_id=case.id,
        title=_title(row, lines, all_of_it.feeds, area_list, around, reader),
        state=task.state,
        household=row.household and task_household(row.household, around, reader, beside.contacts),
        level=task.level,
        area=reader.area(task.area_code, around.area_names),
        assignee_id=task.assignee_id,
        risk_family=case.risk_family,
        risk_text=reader.code("risk_family", case.risk_family),
        feeds=all_of_it.feeds,
        severity=highest(all_of_it.live),
        evidence=lines,
        evidence_count=all_of_it.count,
        area_list=area_list,
        without_visit=_without_visit(row, all_of_it, beside)
        if task.state in ACTIVE and task.dropout_case_id is None
        else [],
        dropout_case_id=task.dropout_case_id,
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


def _title(
    row: TaskRow,
    lines: list[schemas.EvidenceLine],
    feed_codes: list[str],
    area_list: schemas.AreaList | None,
    around: Surroundings,
    reader: Reader,
) -> str:
    feeds = reader.say("task-title-join").join(reader.code("feed", feed) for feed in feed_codes)
    risk = reader.code("risk_family", row.case.risk_family)
    place = around.area_names.get(row.case.area_code, row.case.area_code)
    if area_list is not None:
        return reader.say("task-title-area", risk=risk, feeds=feeds, place=place, count=area_list.households)
    if row.task.dropout_case_id is not None and row.household is not None:
        head = around.heads.get(row.household.id)
        pupil = reader.name(around.pupils.get(row.case.id, ""))
        return reader.say("task-title-stay", pupil=pupil, person=reader.name(head) if head else "", place=place)
    if row.household is None:
        person = next((line.person for line in lines if line.person), reader.say("task-nobody"))
        return reader.say("task-title-unknown", risk=risk, feeds=feeds, person=person, place=place)
    head = around.heads.get(row.household.id)
    person = reader.name(head) if head else row.household.national_code or ""
    return reader.say("task-title", risk=risk, feeds=feeds, person=person, place=place)


def _without_visit(row: TaskRow, all_of_it: EvidenceSum, beside: Beside) -> list[Verdict]:
    """Where two people must have been there, somebody must have been."""
    policy, _ = beside.triage.find(row.case.area_code)
    rules, _ = beside.visit_rules.find(row.case.area_code)
    grade = row.household.grade if row.household else None
    return [
        verdict
        for verdict in without_visit(policy, all_of_it.live)
        if not needs_two(rules, all_of_it.live, verdict=verdict, grade=grade)
    ]


def _area_list(row: TaskRow, around: Surroundings, beside: Beside, reader: Reader) -> schemas.AreaList | None:
    if row.case.area_alert_id is None:
        return None
    count = beside.lists.get(row.task.id, ListCount(0, 0, 0, 0, 0))
    live = [one for one in around.evidence.get(row.case.id, []) if one.withdrawn_at is None]
    named = [((reader.record(one.sealed, "alert") or {}).get("area") or {}).get("natural_villages", []) for one in live]
    return schemas.AreaList(
        households=count.households,
        remarked=count.remarked,
        affected=count.affected,
        checked=count.checked,
        at_risk=count.at_risk,
        natural_villages=sorted(set(chain.from_iterable(named))) if all(named) else [],
    )


def task_household(
    household: Household, around: Surroundings, reader: Reader, contacts: Mapping[UUID, Member]
) -> schemas.TaskHousehold:
    """A household with whom to call."""
    head = around.heads.get(household.id)
    contact = contacts.get(household.id)
    return schemas.TaskHousehold(
        id=household.id,
        head_name=reader.name(head) if head else None,
        area=reader.area(household.area_code, around.area_names),
        contact=contact and _contact(contact, reader),
    )


def _contact(member: Member, reader: Reader) -> schemas.Contact | None:
    phone = reader.phone(member.phone_sealed, PERSON_PHONE)
    return schemas.Contact(member_id=member.id, name=reader.name(member.name), phone=phone) if phone else None


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


def verdict_view(verdict: VerdictRow, reader: Reader) -> schemas.VerdictView:
    """One verdict."""
    return schemas.VerdictView(
        task_id=verdict.task_id,
        verdict=verdict.verdict,
        verdict_text=reader.code("verdict", verdict.verdict),
        basis=verdict.basis,
        basis_text=reader.code("basis", verdict.basis),
        contact=reader.text(verdict.contact_sealed, CONTACT),
        reason=reader.text(verdict.reason_sealed, REASON),
        visit_id=verdict.visit_id,
        given_by=verdict.given_by,
        given_at=verdict.given_at,
    )


def case_summary(row: CaseRow, around: Surroundings, reader: Reader) -> schemas.CheckSummary:
    """One case in a list."""
    case: RiskCase = row.case
    return schemas.CheckSummary(
        id=case.id,
        household=row.household and task_household(row.household, around, reader, {}),
        area=reader.area(case.area_code, around.area_names),
        risk_family=case.risk_family,
        risk_text=reader.code("risk_family", case.risk_family),
        state=case.state,
        opened_at=case.opened_at,
        last_evidence_at=case.last_evidence_at,
        closed_at=case.closed_at,
        verdict=case.verdict,
        evidence=[evidence_line(one, reader) for one in around.evidence.get(case.id, [])],
        evidence_count=around.sums.get(case.id, EvidenceSum(0, [], [])).count,
    )


def task_location(task_id: UUID) -> str:
    """Where a task is read."""
    return f"/households/v1/tasks/{task_id}"
