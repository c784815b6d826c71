"""A bureau takes alerts back: a case with nothing left to stand on is closed, and its task cancelled."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update

from services.households.models import ACTIVE, Evidence, RiskCase, Task
from services.households.queries.checks import lock_subjects
from services.households.rules.tasks import AlertUnknown
from services.households.usecases.tasks import close_without_verdict
from shared.contracts.alerts import AlertWithdrawn
from shared.db.engine import WriteSession
from shared.inbox import Received
from shared.security.principals import SYSTEM

WITHDRAWN = "alerts-withdrawn"
"""Reason in the task's history."""


async def withdraw_alerts(session: WriteSession, received: Sequence[Received[AlertWithdrawn]], now: datetime) -> None:
    """Mark the evidence; raises `AlertUnknown` for an alert that never came here."""
    withdrawn_at = {one.event.alert_id: one.event.withdrawn_at for one in received}
    cases = await _find_cases(session, withdrawn_at.keys())
    await lock_subjects(session, [subject_key for _, subject_key in cases])
    for alert_id, at in withdrawn_at.items():
        mark = update(Evidence).where(Evidence.alert_id == alert_id, Evidence.withdrawn_at.is_(None))
        await session.execute(mark.values(withdrawn_at=at))
    for task, case in await _lock_baseless(session, {case_id for case_id, _ in cases}):
        await close_without_verdict(session, task, case, SYSTEM.id, WITHDRAWN, now)


async def _find_cases(session: WriteSession, alert_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    query = (
        select(Evidence.alert_id, RiskCase.id, RiskCase.subject_key)
        .join(RiskCase, RiskCase.id == Evidence.case_id)
        .where(Evidence.alert_id.in_(alert_ids))
    )
    rows = (await session.execute(query)).all()
    if len({alert_id for alert_id, *_ in rows}) < len(alert_ids):
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
