"""The rows and events that a batch of alerts makes, gathered first and written with one statement for each table.

asyncpg and `unnest`, because this is the hot path: see the benchmark "tasks created per second".
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import orjson

from services.households.rules.checks import OpenCase, Subject
from shared.contracts.alerts import AlertRaised, AlertWorsened, AreaAlertRaised, AreaAlertWorsened
from shared.contracts.envelope import Event
from shared.contracts.households import EvidenceAdded, TaskOpened
from shared.db.engine import WriteSession, raw
from shared.ids import new_id
from shared.inbox import Received
from shared.outbox import emit
from shared.security.principals import SYSTEM

_CASES = """
INSERT INTO risk_case (id, household_id, subject_key, risk_family, area_code, state, opened_at, last_evidence_at,
    area_alert_id)
SELECT id, household_id, subject_key, risk_family, area_code, 'open', opened_at, opened_at, area_alert_id
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[])
    AS t (id, household_id, subject_key, risk_family, area_code, opened_at, area_alert_id)
"""
_TASKS = """
INSERT INTO task (id, case_id, household_id, level, area_code, state, due_at, policy_id, created_at, version)
SELECT id, case_id, household_id, level, area_code, 'open', due_at, policy_id, created_at, 1
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[], $8::timestamptz[])
    AS t (id, case_id, household_id, level, area_code, due_at, policy_id, created_at)
"""
_EVIDENCE = """
INSERT INTO evidence (
    evidence_id, alert_id, case_id, area_code, feed, severity, occurred_on, reported_at, person_key, sealed)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::date[], $8::timestamptz[], $9::text[],
    $10::bytea[])
"""
_NEARER = """
UPDATE task SET due_at = t.due_at, policy_id = t.policy_id, version = version + 1
FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) AS t (id, due_at, policy_id) WHERE task.id = t.id
"""
_TOUCHED = """
UPDATE risk_case SET last_evidence_at = t.at FROM unnest($1::uuid[], $2::timestamptz[]) AS t (id, at)
WHERE risk_case.id = t.id
"""
_HISTORY = """
INSERT INTO task_event (id, task_id, at, what, by, detail)
SELECT id, task_id, at, what, by, detail::jsonb
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[])
    AS t (id, task_id, at, what, by, detail)
"""

Row = tuple[Any, ...]
Raised: TypeAlias = AlertRaised | AreaAlertRaised
WORSENED = (AlertWorsened, AreaAlertWorsened)


def evidence_id(alert: Raised) -> UUID:
    """What the evidence is known by: the first one of an alert has the alert's id."""
    return alert.evidence_id if isinstance(alert, WORSENED) else alert.alert_id


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a task is due, and the policy version that says so."""

    due_at: datetime
    policy_id: UUID


@dataclass(slots=True)
class Opening:
    """What is to be written."""

    now: datetime
    _cases: list[Row] = field(default_factory=list)
    _tasks: list[Row] = field(default_factory=list)
    _evidence: list[Row] = field(default_factory=list)
    _history: list[Row] = field(default_factory=list)
    _touched: dict[UUID, OpenCase] = field(default_factory=dict)
    _nearer: dict[UUID, Deadline] = field(default_factory=dict)
    _events: list[Event] = field(default_factory=list)
    _traceparents: list[str | None] = field(default_factory=list)

    def open_case(self, one: Received[Raised], subject: Subject, deadline: Deadline) -> OpenCase:
        """A new case with its first evidence and its task on the subject's desk."""
        alert, desk = one.event, subject.desk
        case_id, task_id = new_id(), new_id()
        opened_at = alert.reported_at
        case = OpenCase(case_id, task_id, subject.key, desk.area_code, deadline.due_at, opened_at)
        self._cases.append(
            (
                *(case_id, subject.household_id, subject.key, alert.risk_family, subject.area_code, opened_at),
                alert.alert_id if isinstance(alert, AreaAlertRaised) else None,
            )
        )
        self._tasks.append(
            (
                *(task_id, case_id, subject.household_id, desk.level, desk.area_code),
                *(deadline.due_at, deadline.policy_id, self.now),
            )
        )
        self._keep(one, case, "opened", {"alert_id": alert.alert_id, "level": desk.level, "area_code": desk.area_code})
        event = TaskOpened(
            task_id=task_id,
            case_id=case_id,
            subject_key=subject.key,
            alert_id=alert.alert_id,
            household_id=subject.household_id,
            risk_family=alert.risk_family,
            level=desk.level,
            area_code=desk.area_code,
            opened_at=self.now,
            due_at=deadline.due_at,
            policy_id=deadline.policy_id,
        )
        self._tell(event, one)
        return case

    def add_evidence(self, one: Received[Raised], case: OpenCase, policy_id: UUID) -> None:
        """One more alert for an open case, which keeps its task and its deadline; the `case-merge` policy says it may."""
        self._join(one, case, "evidence-added", {"alert_id": one.event.alert_id, "policy_id": policy_id})

    def worsen(self, one: Received[Raised], case: OpenCase, deadline: Deadline) -> None:
        """Worse evidence for an alert of an open case. The deadline may come nearer by it, never go away."""
        if deadline.due_at < case.due_at:
            case.due_at = deadline.due_at
            self._nearer[case.task_id] = deadline
        detail = {"alert_id": one.event.alert_id, "evidence_id": evidence_id(one.event), "due_at": case.due_at}
        self._join(one, case, "worsened", {**detail, "policy_id": deadline.policy_id})

    def _join(self, one: Received[Raised], case: OpenCase, what: str, detail: dict[str, Any]) -> None:
        self._touched[case.case_id] = case
        self._keep(one, case, what, detail)
        event = EvidenceAdded(
            task_id=case.task_id,
            case_id=case.case_id,
            subject_key=case.subject_key,
            alert_id=one.event.alert_id,
            due_at=case.due_at,
            added_at=self.now,
        )
        self._tell(event, one)

    async def write(self, session: WriteSession) -> None:
        """Write all of it."""
        connection = await raw(session)
        touched = [(case.case_id, case.last_evidence_at) for case in self._touched.values()]
        nearer = [(task_id, deadline.due_at, deadline.policy_id) for task_id, deadline in self._nearer.items()]
        for statement, rows in (
            (_CASES, self._cases),
            (_TASKS, self._tasks),
            (_EVIDENCE, self._evidence),
            (_HISTORY, self._history),
            (_TOUCHED, touched),
            (_NEARER, nearer),
        ):
            await _insert(connection, statement, rows)
        await emit(session, *self._events, traceparents=self._traceparents)

    def _keep(self, one: Received[Raised], case: OpenCase, what: str, detail: dict[str, Any]) -> None:
        alert = one.event
        person_key = alert.person_key if isinstance(alert, AlertRaised) else None
        self._evidence.append(
            (
                *(evidence_id(alert), alert.alert_id, case.case_id, case.area_code, alert.feed, alert.severity),
                *(alert.occurred_on, alert.reported_at, person_key, base64.b64decode(alert.sealed)),
            )
        )
        self._history.append(
            (new_id(), case.task_id, self.now, what, SYSTEM.id, orjson.dumps(detail, default=str).decode())
        )

    def _tell(self, event: Event, one: Received[Raised]) -> None:
        if isinstance(one.event, AlertRaised):  # the checks of an area alert are told together
            self._events.append(event)
            self._traceparents.append(one.traceparent)


async def _insert(connection: "asyncpg.Connection[Any]", statement: str, rows: Sequence[Row]) -> None:
    if rows:
        await connection.execute(statement, *map(list, zip(*rows, strict=True)))
