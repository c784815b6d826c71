"""Who was identified, and where they live by now."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from services.households.models import CaseMove, Household, Member, MonitoringCase, RegisterChange
from services.households.models.imports import STAGED_MEMBER
from services.households.queries.monitoring import MonitoringRow
from services.households.rules.monitoring.states import FINAL, UNDER_REVIEW
from shared.clock import local_date
from shared.db.engine import ReadSession, WriteSession, raw

# Who came from elsewhere since then lived there at the time; who did not was of the household they are in, or left. Who was
# struck off and is entered again lives where they are entered.
_IDENTIFIED = """
SELECT here.household_id, count(DISTINCT here.id) FROM member m
LEFT JOIN LATERAL (
    SELECT detail -> 'household_id' ->> 0 AS before FROM register_change c
    WHERE c.household_id = ANY ($1) AND c.member_id = m.id AND c.what = 'came' AND c.at >= $2 ORDER BY c.id LIMIT 1
) moved ON true
JOIN member here ON here.person_key = m.person_key AND here.left_on IS NULL AND here.household_id = ANY ($1)
WHERE m.household_id = ANY ($1) AND coalesce(moved.before::uuid, m.household_id) = $3
    AND (m.left_on IS NULL OR m.left_on >= $4)
GROUP BY here.household_id
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


def entered_at(now: datetime) -> Select[UUID]:
    """Whom a list that is written at that moment has entered, as a query for their ids."""
    return select(Member.id).where(Member.created_at == now)


def joined_by(import_id: UUID) -> Select[UUID]:
    """Likewise, those of them whose household was there before: history has a line for each."""
    staged = STAGED_MEMBER.c
    return select(staged.id).where(staged.import_id == import_id, staged.outcome == "added", staged.noted)


async def lock_joined(
    session: WriteSession, joined: Select[UUID], away_since: datetime | None
) -> Sequence[tuple[MonitoringRow, list[UUID]]]:
    """Cases under review of the households in which these people live, held until the commit, each with its people.

    `away_since`: only those that went on since then.
    """
    people = (
        select(Member.household_id, func.array_agg(Member.id).label("ids"))
        .where(Member.id.in_(joined), Member.left_on.is_(None))
        .group_by(Member.household_id)
        .subquery()
    )
    query = (
        select(MonitoringCase, Household, people.c.ids)
        .join(Household, Household.id == MonitoringCase.household_id)
        .join(people, people.c.household_id == MonitoringCase.household_id)
        .where(MonitoringCase.state.in_(UNDER_REVIEW))
        .order_by(MonitoringCase.id)
        .with_for_update(of=MonitoringCase)
    )
    if away_since is not None:
        by_itself = CaseMove.evidence.has_any(array(["emptied", "restored", "risks"]))
        went = (CaseMove.case_id == MonitoringCase.id, CaseMove.at >= away_since, ~by_itself)
        query = query.where(exists().where(*went))
    found = await session.execute(query, execution_options={"populate_existing": True})
    return [(MonitoringRow(case, household), list(ids)) for case, household, ids in found]


async def list_births(session: ReadSession, member_ids: Collection[UUID]) -> Sequence[date]:
    """When people were born."""
    return (await session.scalars(select(Member.birth_on).where(Member.id.in_(member_ids)))).all()


async def find_left_at(session: ReadSession, member: Member) -> datetime | None:
    """When somebody was last struck off."""
    of_them = (RegisterChange.household_id == member.household_id, RegisterChange.member_id == member.id)
    query = select(func.max(RegisterChange.at)).where(*of_them, RegisterChange.what == "left")
    at: datetime | None = await session.scalar(query)
    return at


async def list_left(session: ReadSession, entered: Select[UUID]) -> Sequence[tuple[UUID, MonitoringCase]]:
    """Of people who are entered: their household, where it has no case, and a case of one that they had left, the last
    of several last."""
    new, old, here = aliased(Member), aliased(Member), aliased(MonitoringCase)
    query = (
        select(new.household_id, MonitoringCase)
        .join(old, (old.person_key == new.person_key) & old.left_on.is_not(None))
        .join(MonitoringCase, MonitoringCase.household_id == old.household_id)
        .where(
            new.id.in_(entered),
            new.left_on.is_(None),
            new.household_id != old.household_id,
            MonitoringCase.state != "dismissed",
            ~exists().where(here.household_id == new.household_id, here.state.not_in(FINAL)),
        )
        .distinct()
        .order_by(MonitoringCase.id)
    )
    return [(household_id, case) for household_id, case in await session.execute(query)]


async def count_identified(
    session: ReadSession, home: UUID, households: Collection[UUID], since: datetime
) -> dict[UUID, int]:
    """How many of those who lived in `home` at that moment live in each of some households now."""
    connection = await raw(session)
    return dict(await connection.fetch(_IDENTIFIED, list(households), since, home, local_date(since)))
