"""Who was identified, and where they live by now."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.households.models import CaseMove, Member, MonitoringCase
from services.households.rules.monitoring.states import ENDS
from shared.db.engine import ReadSession, raw

# Who came from elsewhere since then lived there at the time; who did not was of the household they are in.
_IDENTIFIED = """
SELECT m.household_id, count(*) FROM member m
LEFT JOIN LATERAL (
    SELECT detail -> 'household_id' ->> 0 AS before FROM register_change c
    WHERE c.household_id = ANY ($1) AND c.member_id = m.id AND c.what = 'came' AND c.at >= $2 ORDER BY c.id LIMIT 1
) moved ON true
WHERE m.household_id = ANY ($1) AND m.left_on IS NULL AND coalesce(moved.before::uuid, m.household_id) = $3
GROUP BY m.household_id
"""


async def find_home(session: ReadSession, case: MonitoringCase) -> UUID:
    """The household that was identified in the case's round, whichever has its case by now."""
    query = (
        select(CaseMove.evidence)
        .where(CaseMove.case_id == case.id, CaseMove.round == case.round, CaseMove.evidence.has_key("carried"))
        .order_by(CaseMove.id)
        .limit(1)
    )
    carried = await session.scalar(query)
    return UUID(carried["carried"]["from"]) if carried else case.household_id


async def find_ended_with(session: ReadSession, person_keys: Collection[str]) -> MonitoringCase | None:
    """The last case that was over because these people were gone, and not because their risk was."""
    query = (
        select(MonitoringCase)
        .join(Member, Member.household_id == MonitoringCase.household_id)
        .where(
            Member.person_key.in_(person_keys),
            Member.left_on.is_not(None),
            MonitoringCase.state.in_(ENDS.values()),
            MonitoringCase.eliminated_on.is_(None),
        )
        .order_by(MonitoringCase.id.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def count_identified(
    session: ReadSession, home: UUID, households: Collection[UUID], since: datetime
) -> dict[UUID, int]:
    """How many of those who lived in `home` at that moment live in each of some households now."""
    return dict(await (await raw(session)).fetch(_IDENTIFIED, list(households), since, home))
