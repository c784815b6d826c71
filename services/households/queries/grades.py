"""Grades as they are shown: of one household, on a board, and how they moved."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from services.households.models import GradeChange, GradeOverride, GradeSnapshot, Household, HouseholdGrade
from services.households.queries.grade_nights import STOOD
from services.households.rules.grade_movement import Kind, Moved, next_month, start_of
from shared.areas import Scope
from shared.contracts.grade_policies import Grade
from shared.db.engine import ReadSession, raw
from shared.db.pages import in_order, newest_first
from shared.db.within import within

# An interval: as a text, "+08" would be west of Greenwich (POSIX).
_CHINA: ColumnElement[timedelta] = literal_column("INTERVAL '8 hours'")


@dataclass(frozen=True, slots=True)
class GradeRow:
    """How a household stands; `override` is in force."""

    state: HouseholdGrade
    override: GradeOverride | None


@dataclass(frozen=True, slots=True)
class BoardCount:
    """So many households of a village."""

    area_code: str
    grade: Grade
    households: int
    by_hand: int


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """Which changes of a month; None does not filter."""

    month: date
    kind: Kind | None = None
    before: Grade | None = None
    after: Grade | None = None


async def find_grade(session: ReadSession, household_id: UUID) -> GradeRow | None:
    """The grade of a household that the caller has got by `get_household`; None when it was never graded."""
    query = (
        select(HouseholdGrade, GradeOverride)
        .outerjoin(GradeOverride, GradeOverride.id == HouseholdGrade.override_id)
        .where(HouseholdGrade.household_id == household_id)
    )
    row = (await session.execute(query)).one_or_none()
    return GradeRow(*row) if row is not None else None


async def list_changes(
    session: ReadSession, household_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[GradeChange]:
    """The history of such a household, the newest first."""
    query = select(GradeChange).where(GradeChange.household_id == household_id)
    return (
        await session.scalars(newest_first(query, GradeChange.at, GradeChange.id, before=before, limit=limit))
    ).all()


async def count_acts(session: ReadSession, household_id: UUID) -> int:
    """How often somebody has set the grade of such a household by hand, or ended it: the version of what stands."""
    query = select(func.count() + func.count(GradeOverride.ended_at)).where(GradeOverride.household_id == household_id)
    return await session.scalar(query) or 0


async def find_days_by_hand(session: ReadSession, household_ids: Collection[UUID]) -> dict[UUID, date]:
    """The last day of the grades that were set by hand, by household; the others are not in it."""
    query = select(GradeOverride.household_id, GradeOverride.until).where(
        GradeOverride.household_id.in_(household_ids), GradeOverride.ended_at.is_(None)
    )
    return {row.household_id: row.until for row in await session.execute(query)}


async def find_override(session: ReadSession, override_ids: Iterable[UUID]) -> dict[UUID, GradeOverride]:
    """Grades by hand, ended or not, by their ids."""
    found = await session.scalars(select(GradeOverride).where(GradeOverride.id.in_(set(override_ids))))
    return {one.id: one for one in found}


async def count_board(session: ReadSession, scope: Scope) -> list[BoardCount]:
    """Households by village and grade."""
    by_hand = func.count(HouseholdGrade.override_id)
    query = (
        select(HouseholdGrade.area_code, HouseholdGrade.grade, func.count(), by_hand)
        .where(within(HouseholdGrade.area_code, scope))
        .group_by(HouseholdGrade.area_code, HouseholdGrade.grade)
        .order_by(HouseholdGrade.area_code)
    )
    return [BoardCount(*row) for row in await session.execute(query)]


async def count_stood(session: ReadSession, scope: Scope, month: date) -> dict[Grade, int]:
    """By grade, what stood when a month began: as it was kept then, else reckoned back from what stands now."""
    if await session.scalar(select(func.count()).where(GradeSnapshot.month == month)):
        query = (
            select(GradeSnapshot.grade, func.sum(GradeSnapshot.households))
            .where(GradeSnapshot.month == month, within(GradeSnapshot.area_code, scope))
            .group_by(GradeSnapshot.grade)
        )
        return {grade: int(households) for grade, households in await session.execute(query)}
    return await _reckoned(session, scope, start_of(month))


async def count_now(session: ReadSession, scope: Scope) -> dict[Grade, int]:
    """By grade, what stands now, where it is counted."""
    query = (
        select(HouseholdGrade.grade, func.count())
        .where(within(HouseholdGrade.counted_area, scope))
        .group_by(HouseholdGrade.grade)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def _reckoned(session: ReadSession, scope: Scope, moment: datetime) -> dict[Grade, int]:
    statement = STOOD.format(moment="$1", where="WHERE area LIKE ANY ($2)")
    total = f"SELECT grade, sum(households)::int AS n FROM ({statement}) stood GROUP BY grade"  # noqa: S608
    rows = await (await raw(session)).fetch(total, moment, scope.like_patterns())
    return {row["grade"]: row["n"] for row in rows if row["n"]}


async def count_moves(session: ReadSession, scope: Scope, first: date, last: date) -> dict[date, list[Moved]]:
    """By month, how many households changed in which way; `first` and `last` are first days of months."""
    month = func.date(func.date_trunc("month", func.timezone(_CHINA, GradeChange.at)))
    before, after = (
        _side(GradeChange.from_area, GradeChange.from_grade, scope),
        _side(GradeChange.to_area, GradeChange.to_grade, scope),
    )
    query = (
        select(month, GradeChange.kind, before, after, func.count())
        .where(GradeChange.at >= start_of(first), GradeChange.at < start_of(next_month(last)), _touches(scope))
        .group_by(month, GradeChange.kind, before, after)
    )
    moved: dict[date, list[Moved]] = {}
    for of_month, kind, left, entered, households in await session.execute(query):
        moved.setdefault(of_month, []).append(Moved(kind, left, entered, households))
    return moved


async def list_moves(
    session: ReadSession, scope: Scope, wanted: MovementFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[GradeChange, Household | None]]:
    """The households behind the counts, in the order of their changes; one that has gone elsewhere is not shown."""
    span = (GradeChange.at >= start_of(wanted.month), GradeChange.at < start_of(next_month(wanted.month)))
    query = (
        select(GradeChange, Household)
        .outerjoin(Household, and_(Household.id == GradeChange.household_id, within(Household.area_code, scope)))
        .where(*span, _touches(scope))
    )
    if wanted.kind is not None:
        query = query.where(GradeChange.kind == wanted.kind)
    if wanted.before is not None:
        query = query.where(_side(GradeChange.from_area, GradeChange.from_grade, scope) == wanted.before)
    if wanted.after is not None:
        query = query.where(_side(GradeChange.to_area, GradeChange.to_grade, scope) == wanted.after)
    query = in_order(query, GradeChange.at, GradeChange.id, after=after, limit=limit)
    return [(change, household) for change, household in await session.execute(query)]


def _side(area: InstrumentedAttribute[Any], grade: InstrumentedAttribute[Any], scope: Scope) -> Any:
    """The grade on one side of a change, if that side lies in the scope."""
    return case((and_(area.is_not(None), within(area, scope)), grade))


def _touches(scope: Scope) -> ColumnElement[bool]:
    return or_(
        and_(GradeChange.from_area.is_not(None), within(GradeChange.from_area, scope)),
        and_(GradeChange.to_area.is_not(None), within(GradeChange.to_area, scope)),
    )
