"""Alerts are taken back, or their time is over: a case with nothing left to stand on is closed, its task cancelled."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute

from services.households.models import ACTIVE, Evidence, RiskCase, Task
from services.households.queries.checks import lock_subjects
from services.households.rules.grading import Cause
from services.households.rules.tasks import AlertUnknown
from services.households.usecases.grading import regrade_by_lane
from services.households.usecases.tasks import close_without_verdict
from shared.contracts.alerts import AlertExpired, AlertWithdrawn, EvidenceWithdrawn
from shared.db.engine import WriteSession
from shared.inbox import Received
from shared.security.principals import SYSTEM

WITHDRAWN, EXPIRED = "alerts-withdrawn", "alerts-expired"
"""Reasons in the task's history."""


async def withdraw_alerts(session: WriteSession, received: Sequence[Received[AlertWithdrawn]], now: datetime) -> None:
    """Mark all evidence of the alerts; raises `AlertUnknown` for an alert that never came here."""
    gone = {one.event.alert_id: one.event.withdrawn_at for one in received}
    await _take_back(session, Evidence.alert_id, gone, WITHDRAWN, now)


async def withdraw_evidence(
    session: WriteSession, received: Sequence[Received[EvidenceWithdrawn]], now: datetime
) -> None:
    """Mark evidence of alerts that stand on other evidence; raises `AlertUnknown` for what never came here."""
    gone = {one.event.evidence_id: one.event.withdrawn_at for one in received}
    await _take_back(session, Evidence.evidence_id, gone, WITHDRAWN, now)


async def expire_alerts(session: WriteSession, received: Sequence[Received[AlertExpired]], now: datetime) -> None:
    """Mark the evidence of open cases; what has been looked at stays as it is. Raises as `withdraw_alerts` does."""
    gone = {one.event.alert_id: one.event.expired_at for one in received}
    await _take_back(session, Evidence.alert_id, gone, EXPIRED, now, RiskCase.state == "open")


async def _take_back(
    session: WriteSession,
    column: InstrumentedAttribute[UUID],
    gone: Mapping[UUID, datetime],
    reason: str,
    now: datetime,
    *conditions: ColumnElement[bool],
) -> None:
    cases = await _find_cases(session, column, gone.keys())
    await lock_subjects(session, [subject_key for _, subject_key in cases])
    wanted = select(RiskCase.id).where(RiskCase.id.in_({case_id for case_id, _ in cases}), *conditions)
    for id_, at in gone.items():
        mark = update(Evidence).where(column == id_, Evidence.withdrawn_at.is_(None), Evidence.case_id.in_(wanted))
        await session.execute(mark.values(withdrawn_at=at))
    for task, case in await _lock_baseless(session, {case_id for case_id, _ in cases}):
        await close_without_verdict(session, task, case, SYSTEM.id, reason, now)
    households = (
        await session.scalars(select(RiskCase.household_id).where(RiskCase.id.in_({case_id for case_id, _ in cases})))
    ).all()
    cause: Cause = "correction" if reason == WITHDRAWN else "fact"
    await regrade_by_lane(session, {id_ for id_ in households if id_ is not None}, now, cause=cause)


async def _find_cases(
    session: WriteSession, column: InstrumentedAttribute[UUID], ids: Collection[UUID]
) -> list[tuple[UUID, str]]:
    query = (
        select(column, RiskCase.id, RiskCase.subject_key)
        .join(RiskCase, RiskCase.id == Evidence.case_id)
        .where(column.in_(ids))
    )
    rows = (await session.execute(query)).all()
    if len({id_ for id_, _, _ in rows}) < len(ids):
        raise AlertUnknown
    return [(case_id, subject_key) for _, case_id, subject_key in rows]


async def _lock_baseless(session: WriteSession, case_ids: Collection[UUID]) -> list[tuple[Task, RiskCase]]:
    """The open cases among them whose evidence is all withdrawn."""
    live = exists().where(Evidence.case_id == RiskCase.id, Evidence.withdrawn_at.is_(None))
    query = (
        select(Task, RiskCase)
        .join(RiskCase, RiskCase.id == Task.case_id)
        .where(RiskCase.id.in_(case_ids), RiskCase.state == "open", Task.state.in_(ACTIVE), ~live)
        .order_by(Task.id)
        .with_for_update(of=Task)
    )
    rows = await session.execute(query, execution_options={"populate_existing": True})
    return [(task, case) for task, case in rows]
