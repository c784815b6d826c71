"""What became of alerts here: the steps and verdicts that were told of their tasks, and the cases in which they stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.households.models import CaseState, Evidence, RiskCase, Task, TaskEvent, Verdict, Visit
from shared.db.engine import ReadSession
from shared.db.pages import in_order

TOLD = ("opened", "evidence-added", "worsened", "done")
"""What the alerts service listens to: a task was opened, an alert joined it or got worse, a verdict was given."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of history with what belongs to it; `verdict` only where the task is done."""

    line: TaskEvent
    task: Task
    case: RiskCase
    verdict: Verdict | None
    visited_at: datetime | None

    @property
    def area_alert(self) -> UUID | None:
        """The area alert that opened or joined the task: all of its tasks are told together."""
        if self.case.area_alert_id is None or self.line.what == "done" or self.line.detail is None:
            return None
        return UUID(self.line.detail["alert_id"])


async def list_steps(session: ReadSession, since: datetime, after: UUID | None, limit: int) -> Sequence[Step]:
    """Steps of everybody since then, in the order in which they happened."""
    query = (
        select(TaskEvent, Task, RiskCase, Verdict, Visit.visited_at)
        .join(Task, Task.id == TaskEvent.task_id)
        .join(RiskCase, RiskCase.id == Task.case_id)
        .outerjoin(Verdict, (Verdict.task_id == Task.id) & (TaskEvent.what == "done"))
        .outerjoin(Visit, Visit.id == Verdict.visit_id)
        .where(TaskEvent.what.in_(TOLD), TaskEvent.at >= since)
    )
    query = in_order(query, TaskEvent.id, after=after, limit=limit)
    return [Step(*row) for row in await session.execute(query)]


async def find_live_alerts(session: ReadSession, case_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The alerts of each case that were not withdrawn."""
    query = select(Evidence.case_id, Evidence.alert_id).where(
        Evidence.case_id.in_(case_ids), Evidence.withdrawn_at.is_(None)
    )
    found: dict[UUID, list[UUID]] = {}
    for case_id, alert_id in await session.execute(query.distinct().order_by(Evidence.alert_id)):
        found.setdefault(case_id, []).append(alert_id)
    return found


async def list_alerts(session: ReadSession, case_id: UUID) -> list[UUID]:
    """All alerts of a case: one whose evidence of it was withdrawn may stand on other evidence."""
    query = select(Evidence.alert_id).where(Evidence.case_id == case_id)
    return list(await session.scalars(query.distinct().order_by(Evidence.alert_id)))


async def find_verdicts(
    session: ReadSession, case_ids: Collection[UUID]
) -> Sequence[tuple[Verdict, RiskCase, datetime | None]]:
    """The verdicts on cases, oldest first, each with its case and when its visit was."""
    query = (
        select(Verdict, RiskCase, Visit.visited_at)
        .join(RiskCase, RiskCase.id == Verdict.case_id)
        .outerjoin(Visit, Visit.id == Verdict.visit_id)
        .where(Verdict.case_id.in_(case_ids))
        .order_by(Verdict.id)
    )
    return [(verdict, case, visited_at) for verdict, case, visited_at in await session.execute(query)]


async def find_cases_of_alerts(
    session: ReadSession, alert_ids: Collection[UUID]
) -> Sequence[tuple[UUID, UUID, CaseState, str | None]]:
    """Alert, case, its state and verdict, for each case that an alert stands in or stood in."""
    query = (
        select(Evidence.alert_id, RiskCase.id, RiskCase.state, RiskCase.verdict)
        .join(RiskCase, RiskCase.id == Evidence.case_id)
        .where(Evidence.alert_id.in_(alert_ids))
        .distinct()
    )
    return [(alert, case, state, verdict) for alert, case, state, verdict in await session.execute(query)]
