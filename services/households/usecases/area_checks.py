"""A warning about whole areas becomes one check for each village, with the list of the households there.

Hundreds of tasks would say the same thing hundreds of times: the village looks once, and answers for all.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.households import events
from services.households.queries import area_checks as find
from services.households.queries.checks import lock_subjects
from services.households.rules import area_checks as rules
from services.households.rules.desks import desk_of
from shared.areas import AreaCode
from shared.clock import local_date
from shared.contracts.alerts import AreaAlertRaised
from shared.contracts.households import AreaCheck
from shared.contracts.policies import TaskDeadline
from shared.db.engine import WriteSession, raw
from shared.ids import new_id
from shared.inbox import Received
from shared.outbox import emit
from shared.projections.policies import InForce, load_in_force
from shared.security.principals import SYSTEM

_CASES = """
INSERT INTO risk_case (id, subject_key, risk_family, area_code, state, opened_at, last_evidence_at, area_alert_id)
SELECT id, subject_key, $4::text, area_code, 'open', $5::timestamptz, $5, $6::uuid
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS t (id, subject_key, area_code)
"""
_TASKS = """
INSERT INTO task (id, case_id, level, area_code, state, due_at, policy_id, created_at, version)
SELECT id, case_id, level, area_code, 'open', due_at, policy_id, $7::timestamptz, 1
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[])
    AS t (id, case_id, level, area_code, due_at, policy_id)
"""
_EVIDENCE = """
INSERT INTO evidence (evidence_id, alert_id, case_id, area_code, feed, severity, occurred_on, reported_at, sealed)
SELECT evidence_id, $3::uuid, case_id, area_code, $4::text, $5::text, $6::date, $7::timestamptz, $8::bytea
FROM unnest($1::uuid[], $2::text[], $9::uuid[]) AS t (case_id, area_code, evidence_id)
"""
_HISTORY = """
INSERT INTO task_event (id, task_id, at, what, by, detail)
SELECT id, task_id, $4::timestamptz, 'opened', $5::uuid, detail::jsonb
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS t (id, task_id, detail)
"""
_HOUSEHOLDS = """
WITH listed AS (
    INSERT INTO task_household (task_id, household_id, area_code)
    SELECT t.id, h.id, h.area_code
    FROM unnest($1::uuid[], $2::text[]) AS t (id, area_code)
    JOIN household h ON h.area_code = t.area_code AND h.dissolved_on IS NULL
    WHERE $3::text[] = '{}' OR h.natural_village = ANY ($3)
    RETURNING task_id
)
SELECT task_id, count(*) AS households FROM listed GROUP BY task_id
"""


@dataclass(frozen=True, slots=True)
class _Check:
    """One check about to be opened."""

    case_id: UUID
    task_id: UUID
    subject_key: str
    level: str
    area_code: AreaCode
    due_at: datetime
    policy_id: UUID


async def open_area_checks(session: WriteSession, received: Sequence[Received[AreaAlertRaised]], now: datetime) -> None:
    """Open the checks of each alert. One that has them is passed over: who was registered since is not added."""
    deadlines = await load_in_force(session, "task-deadline", local_date(now), TaskDeadline)
    for one in received:
        alert = one.event
        await lock_subjects(session, [rules.subject_key(alert.alert_id)])
        if await find.is_opened(session, alert.alert_id):
            continue
        named = [AreaCode(code) for code in alert.area_codes]
        inhabited = await find.find_inhabited(session, named, alert.natural_villages)
        checks = [_check(alert, code, deadlines) for code in rules.concerned(named, inhabited)]
        counts = await _write(session, alert, checks, now)
        told = [
            AreaCheck(
                area_code=check.area_code,
                case_id=check.case_id,
                task_id=check.task_id,
                due_at=check.due_at,
                households=counts.get(check.task_id, 0),
            )
            for check in checks
        ]
        opened = events.area_checks_opened(alert.alert_id, alert.risk_family, told, now)
        await emit(session, opened, traceparents=[one.traceparent])


def _check(alert: AreaAlertRaised, code: AreaCode, deadlines: InForce[TaskDeadline]) -> _Check:
    """Its deadline is counted from the report, so that reading the log again gives the same day."""
    body, policy_id = deadlines.get(code, local_date(alert.reported_at))
    due_at = body.span(alert.feed, alert.severity).after(alert.reported_at)
    key = rules.subject_key(alert.alert_id, code)
    return _Check(new_id(), new_id(), key, desk_of(code).level, code, due_at, policy_id)


async def _write(
    session: WriteSession, alert: AreaAlertRaised, checks: Sequence[_Check], now: datetime
) -> dict[UUID, int]:
    """One statement for each table, however many villages; returns how many households are on each task's list."""
    connection = await raw(session)
    cases, tasks, codes = ([c.case_id for c in checks], [c.task_id for c in checks], [c.area_code for c in checks])
    about = (alert.risk_family, alert.reported_at, alert.alert_id)
    await connection.execute(_CASES, cases, [c.subject_key for c in checks], codes, *about)
    clocks = ([c.due_at for c in checks], [c.policy_id for c in checks], now)
    await connection.execute(_TASKS, tasks, cases, [c.level for c in checks], codes, *clocks)
    sealed = base64.b64decode(alert.sealed)
    same = (alert.alert_id, alert.feed, alert.severity, alert.occurred_on, alert.reported_at, sealed)
    await connection.execute(_EVIDENCE, cases, codes, *same, [new_id() for _ in checks])
    details = [_detail(alert.alert_id, check) for check in checks]
    await connection.execute(_HISTORY, [new_id() for _ in checks], tasks, details, now, SYSTEM.id)
    rows = await connection.fetch(_HOUSEHOLDS, tasks, codes, alert.natural_villages)
    return {row["task_id"]: row["households"] for row in rows}


def _detail(alert_id: UUID, check: _Check) -> str:
    detail: dict[str, Any] = {"alert_id": alert_id, "level": check.level, "area_code": check.area_code}
    return orjson.dumps(detail, default=str).decode()
