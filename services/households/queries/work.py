"""Who asks the jobs service for work, and whose measure an arrival at work delivers."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from services.households.models import Evidence, Measure, Member, MonitoringCase
from services.households.rules.work import KIND, WITHOUT_JOB, Asking
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order


class AskingMeasure(NamedTuple):
    """A measure that asks the jobs service, or did, with its case."""

    measure: Measure
    case: MonitoringCase


class Worker(NamedTuple):
    """Somebody who lives in a household."""

    member_id: UUID
    household_id: UUID


async def find_worker(session: ReadSession, person_key: str) -> Worker | None:
    """By the keyed hash of the ID number; None when nobody who lives here has it."""
    query = select(Member.id, Member.household_id).where(Member.person_key == person_key, Member.left_on.is_(None))
    row = (await session.execute(query)).one_or_none()
    return Worker(*row) if row else None


async def find_person_key(session: ReadSession, member_id: UUID) -> str | None:
    """The key of somebody who lives here."""
    return await session.scalar(select(Member.person_key).where(Member.id == member_id, Member.left_on.is_(None)))


async def find_household_of(session: ReadSession, member_id: UUID) -> UUID | None:
    """Where somebody lives."""
    return await session.scalar(select(Member.household_id).where(Member.id == member_id, Member.left_on.is_(None)))


async def find_person_of_check(session: ReadSession, case_id: UUID) -> str | None:
    """Whom the last alert of a check is about; None where they are about the household."""
    query = (
        select(Evidence.person_key)
        .where(Evidence.case_id == case_id, Evidence.withdrawn_at.is_(None), Evidence.person_key.is_not(None))
        .order_by(Evidence.reported_at.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def list_asking(session: ReadSession, case_id: UUID, round_: int) -> Sequence[Asking]:
    """Planned measures of the present round of a case that ask for work or training."""
    query = select(Measure.id, Measure.sub_kind, Measure.member_id, Measure.planned_on).where(
        Measure.case_id == case_id, Measure.round == round_, Measure.kind == KIND, Measure.state == "planned"
    )
    return [Asking(*row) for row in await session.execute(query.order_by(Measure.id))]


async def lock_asking(
    session: WriteSession, since: datetime, after: UUID | None, limit: int
) -> Sequence[AskingMeasure]:
    """Those changed since then, by id, but for what was delivered; they stay as they are until the commit."""
    asks = or_(Measure.sub_kind.is_(None), Measure.sub_kind.not_in(WITHOUT_JOB))
    query = select(Measure, MonitoringCase).join(MonitoringCase, MonitoringCase.id == Measure.case_id)
    query = query.where(Measure.kind == KIND, asks, Measure.state != "delivered", Measure.updated_at >= since)
    query = in_order(query, Measure.id, after=after, limit=limit).with_for_update(of=Measure, read=True)
    return [AskingMeasure(*row) for row in await session.execute(query)]
