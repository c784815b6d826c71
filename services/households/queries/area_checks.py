"""Checks of whole areas: which villages are concerned, which households are on a task's list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from services.households.models import Evidence, Household, RiskCase, Task, TaskHousehold
from shared.areas import AreaCode, Scope, span
from shared.contracts.households import AreaCheck
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.pages import in_order
from shared.db.within import within

_INHABITED = """
SELECT DISTINCT h.area_code FROM unnest($1::text[], $2::text[]) AS named (first, last)
JOIN household h ON h.area_code BETWEEN named.first AND named.last AND h.dissolved_on IS NULL
WHERE $3::text[] = '{}' OR h.natural_village = ANY ($3)
"""

# Who stands on the list keeps what was said of them. Its area is that of the check.
_ADD_HOUSEHOLDS = """
WITH added AS (
INSERT INTO task_household (task_id, household_id, area_code)
SELECT t.id, h.id, h.area_code
FROM unnest($1::uuid[], $2::text[]) AS t (id, area_code)
JOIN household h ON h.area_code = t.area_code AND h.dissolved_on IS NULL
WHERE $3::text[] = '{}' OR h.natural_village = ANY ($3)
ON CONFLICT (task_id, household_id) DO NOTHING
RETURNING task_id
)
SELECT DISTINCT task_id FROM added
"""


@dataclass(frozen=True, slots=True)
class ListCount:
    """How long a task's list is, and what was said of those on it."""

    households: int
    remarked: int  # affected or not
    affected: int
    checked: int  # at risk or not
    at_risk: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The checks of an area alert, and of which risk they are."""

    risk_family: str
    checks: list[AreaCheck]


@dataclass(frozen=True, slots=True)
class Listed:
    """A household on a task's list."""

    entry: TaskHousehold
    household: Household


async def find_inhabited(
    session: ReadSession, named: Collection[AreaCode], natural_villages: Collection[str]
) -> set[str]:
    """Villages in the areas named where households live: any, or in one of the natural villages."""
    firsts, lasts = zip(*map(span, named), strict=True)
    rows = await (await raw(session)).fetch(_INHABITED, list(firsts), list(lasts), list(natural_villages))
    return {row["area_code"] for row in rows}


async def add_households(
    session: WriteSession, task_ids: Sequence[UUID], area_codes: Sequence[AreaCode], natural_villages: Sequence[str]
) -> set[UUID]:
    """Put on the list of each task whoever lives in its area: all, or those of the natural villages. Whose list grew."""
    columns = list(task_ids), list(area_codes), list(natural_villages)
    return {row["task_id"] for row in await (await raw(session)).fetch(_ADD_HOUSEHOLDS, *columns)}


async def find_opened(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, Opened]:
    """The checks that area alerts opened or joined, one for each area: the newest."""
    listed = select(func.count()).where(TaskHousehold.task_id == Task.id).correlate(Task).scalar_subquery()
    query = (
        select(Evidence.alert_id, RiskCase, Task, listed)
        .join(RiskCase, RiskCase.id == Evidence.case_id)
        .join(Task, Task.case_id == RiskCase.id)
        .where(Evidence.alert_id.in_(alert_ids))
        .order_by(Evidence.alert_id, RiskCase.area_code, Task.id)
    )
    found: dict[UUID, dict[str, AreaCheck]] = {}
    families: dict[UUID, str] = {}
    for alert_id, case, task, households in await session.execute(query):
        families[alert_id] = case.risk_family
        found.setdefault(alert_id, {})[case.area_code] = AreaCheck(
            area_code=case.area_code, case_id=case.id, task_id=task.id, due_at=task.due_at, households=households
        )
    return {alert_id: Opened(families[alert_id], list(checks.values())) for alert_id, checks in found.items()}


async def count_lists(session: ReadSession, scope: Scope, task_ids: Collection[UUID]) -> dict[UUID, ListCount]:
    """Of each task that has a list; the others are absent. Whoever sees the task counts the whole list, also who moved."""
    if not task_ids:
        return {}
    entry = TaskHousehold
    query = (
        select(
            entry.task_id,
            func.count(),
            func.count(entry.affected),
            func.count().filter(entry.affected.is_(True)),
            func.count(entry.at_risk),
            func.count().filter(entry.at_risk.is_(True)),
        )
        .where(entry.task_id.in_(task_ids), within(entry.area_code, scope))
        .group_by(entry.task_id)
    )
    return {task_id: ListCount(*counts) for task_id, *counts in await session.execute(query)}


async def list_households(
    session: ReadSession,
    scope: Scope,
    task_id: UUID,
    *,
    affected: bool | None,
    at_risk: bool | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Listed]:
    """A page of a task's list, in the order of the households' ids."""
    query = _listed(scope, task_id)
    if affected is not None:
        query = query.where(TaskHousehold.affected.is_(affected))
    if at_risk is not None:
        query = query.where(TaskHousehold.at_risk.is_(at_risk))
    query = in_order(query, TaskHousehold.household_id, after=after, limit=limit)
    return [Listed(*row) for row in await session.execute(query)]


async def lock_listed(
    session: WriteSession, scope: Scope, task_id: UUID, household_ids: Collection[UUID]
) -> dict[UUID, Listed]:
    """Those of the households that stand on the list of a locked task; nobody else changes one before our commit.

    The households are locked, in the order of their ids, and not the lines: who is at risk gets a case of its own.
    """
    query = _listed(scope, task_id).where(TaskHousehold.household_id.in_(household_ids)).order_by(Household.id)
    rows = await session.execute(query.with_for_update(of=Household), execution_options={"populate_existing": True})
    return {row.household.id: row for row in (Listed(*one) for one in rows)}


def _listed(scope: Scope, task_id: UUID) -> Select[TaskHousehold, Household]:
    """Where somebody lives now decides who sees them, and answers for them; the line itself stays with the check."""
    return (
        select(TaskHousehold, Household)
        .join(Household, Household.id == TaskHousehold.household_id)
        .where(TaskHousehold.task_id == task_id, within(Household.area_code, scope))
    )
