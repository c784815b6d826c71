"""Lines of income and their sums, as they are shown and changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, func, select

from services.households.models import IncomeEntry, IncomeSummary, Member
from services.households.rules.income_entries import IncomeEntryNotFound
from services.households.rules.income_lines import Line, Person
from services.households.rules.months import PERIOD, Period
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order, newest_first
from shared.db.within import within
from shared.errors import existing


async def list_live(session: ReadSession, scope: Scope, household_id: UUID, period: Period) -> Sequence[IncomeEntry]:
    """Lines that stand, from a year before the period on: what counts, and what is just outside. Oldest months first."""
    query = (
        select(IncomeEntry)
        .where(
            IncomeEntry.household_id == household_id,
            within(IncomeEntry.area_code, scope),
            IncomeEntry.ended_at.is_(None),
            IncomeEntry.month_last >= period.first - PERIOD,
        )
        .order_by(IncomeEntry.item, IncomeEntry.month_first, IncomeEntry.id)
    )
    return (await session.scalars(query)).all()


async def list_entries(
    session: ReadSession, scope: Scope, household_id: UUID, before: UUID | None, limit: int
) -> Sequence[IncomeEntry]:
    """All lines of a household, those that were corrected or withdrawn as well, newest first."""
    query = select(IncomeEntry).where(IncomeEntry.household_id == household_id, within(IncomeEntry.area_code, scope))
    return (await session.scalars(newest_first(query, IncomeEntry.id, before=before, limit=limit))).all()


async def lock_entry(session: WriteSession, scope: Scope, entry_id: UUID) -> IncomeEntry:
    """One line that nobody else ends until commit; raises `IncomeEntryNotFound`."""
    query = select(IncomeEntry).where(IncomeEntry.id == entry_id, within(IncomeEntry.area_code, scope))
    return existing(await session.scalar(query.with_for_update()), IncomeEntryNotFound)


async def list_people(session: ReadSession, scope: Scope, household_id: UUID) -> Sequence[Person]:
    """Everybody on the record of a household, as the rules take them."""
    query = (
        select(Member).where(Member.household_id == household_id, within(Member.area_code, scope)).order_by(Member.id)
    )
    members = (await session.scalars(query)).all()
    gone = [one.person_key for one in members if one.left_on is not None]
    elsewhere = (
        set(await session.scalars(select(func.persons_registered(bindparam("keys", gone, ARRAY(Text))))))
        if gone
        else set()
    )
    return [
        Person(
            one.id,
            one.birth_on,
            one.school_stage,
            one.left_on,
            one.left_reason,
            one.left_on is not None and one.person_key in elsewhere,
        )
        for one in members
    ]


def as_line(entry: IncomeEntry) -> Line:
    """A line as the rules take it."""
    return Line(entry.id, entry.member_id, entry.item, entry.amount, entry.month_first, entry.month_last, entry.source)


async def is_member(session: ReadSession, household_id: UUID, member_id: UUID) -> bool:
    """Whether the person is on the record of that household, still there or not."""
    query = select(Member.id).where(Member.id == member_id, Member.household_id == household_id)
    return await session.scalar(query) is not None


async def list_summaries(
    session: ReadSession, scope: Scope, *, below: bool | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[IncomeSummary]:
    """Kept sums by area; `below`: those whose reference income per head is below the line, or is not."""
    query = select(IncomeSummary).where(within(IncomeSummary.area_code, scope))
    if below is not None:
        short = IncomeSummary.reference_per_head < IncomeSummary.line
        query = query.where(short if below else ~short)
    query = in_order(query, IncomeSummary.area_code, IncomeSummary.household_id, after=after, limit=limit)
    return (await session.scalars(query)).all()
