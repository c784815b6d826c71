"""What a list export reads, page by page: households by village with all they have, and their people."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from services.households.models import Household, IncomeSummary, Member, MonitoringCase
from services.households.rules.monitoring.states import FINAL
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.pages import in_order
from shared.db.within import within


async def list_page(
    session: ReadSession, scope: Scope, after: tuple[str, UUID] | None, limit: int
) -> Sequence[tuple[Household, MonitoringCase | None, Decimal | None]]:
    """Households that are still some, each with its national case and net income a head in yuan, by village."""
    query = (
        select(Household, MonitoringCase, IncomeSummary.net_per_head)
        .outerjoin(IncomeSummary, IncomeSummary.household_id == Household.id)
        .outerjoin(MonitoringCase, (MonitoringCase.household_id == Household.id) & MonitoringCase.state.not_in(FINAL))
        .where(within(Household.area_code, scope), Household.dissolved_on.is_(None))
    )
    query = in_order(query, Household.area_code, Household.id, after=after, limit=limit)
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def list_people(session: ReadSession, household_ids: Collection[UUID]) -> dict[UUID, list[Member]]:
    """Who lives in those households, heads first."""
    query = (
        select(Member)
        .where(Member.household_id.in_(household_ids), Member.left_on.is_(None))
        .order_by(Member.household_id, Member.relation, Member.birth_on, Member.id)
    )
    found: dict[UUID, list[Member]] = {}
    for one in await session.scalars(query):
        found.setdefault(one.household_id, []).append(one)
    return found


async def count_people(session: ReadSession, scope: Scope) -> tuple[int, int]:
    """Households and people within a scope, for the record of who exported how much."""
    households = select(func.count()).where(within(Household.area_code, scope), Household.dissolved_on.is_(None))
    people = select(func.count()).where(within(Member.area_code, scope), Member.left_on.is_(None))
    return int(await session.scalar(households) or 0), int(await session.scalar(people) or 0)
