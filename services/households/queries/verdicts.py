"""What a verdict is given on: the alerts that stand, and the verdicts there are."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from services.households.models import Evidence, Verdict
from services.households.rules.triage import Alerted
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.within import within


@dataclass(frozen=True, slots=True)
class LiveAlert:
    """An alert of a case, by one of its evidences that was not withdrawn."""

    alert_id: UUID
    alerted: Alerted


@dataclass(slots=True)
class EvidenceSum:
    """The evidence of a case without its contents."""

    count: int
    feeds: list[str]  # of all, sorted
    live: list[Alerted]  # of what was not withdrawn


async def find_live(session: ReadSession, scope: Scope, case_ids: Collection[UUID]) -> dict[UUID, list[LiveAlert]]:
    """The evidence of each case that was not withdrawn, oldest first; an alert that got worse has several."""
    query = (
        select(Evidence.case_id, Evidence.alert_id, Evidence.feed, Evidence.severity)
        .where(Evidence.case_id.in_(case_ids), within(Evidence.area_code, scope), Evidence.withdrawn_at.is_(None))
        .order_by(Evidence.reported_at, Evidence.alert_id)
    )
    found: dict[UUID, list[LiveAlert]] = {}
    for case_id, alert_id, feed, severity in await session.execute(query):
        found.setdefault(case_id, []).append(LiveAlert(alert_id, Alerted(feed, severity)))
    return found


async def sum_evidence(session: ReadSession, scope: Scope, case_ids: Collection[UUID]) -> dict[UUID, EvidenceSum]:
    """How much evidence each case has, of which feeds, how severe."""
    live = func.count().filter(Evidence.withdrawn_at.is_(None))
    query = (
        select(Evidence.case_id, Evidence.feed, Evidence.severity, func.count(), live)
        .where(Evidence.case_id.in_(case_ids), within(Evidence.area_code, scope))
        .group_by(Evidence.case_id, Evidence.feed, Evidence.severity)
        .order_by(Evidence.feed)
    )
    sums: dict[UUID, EvidenceSum] = {}
    for case_id, feed, severity, count, still in await session.execute(query):
        of_case = sums.setdefault(case_id, EvidenceSum(0, [], []))
        of_case.count += count
        if feed not in of_case.feeds:
            of_case.feeds.append(feed)
        if still:
            of_case.live.append(Alerted(feed, severity))
    return sums


async def find_verdicts(session: ReadSession, task_ids: Collection[UUID]) -> dict[UUID, Verdict]:
    """The verdicts on tasks the caller has got."""
    if not task_ids:
        return {}
    query = select(Verdict).where(Verdict.task_id.in_(task_ids)).order_by(Verdict.id)
    return {one.task_id: one for one in await session.scalars(query)}
