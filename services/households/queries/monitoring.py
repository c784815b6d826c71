"""National cases (监测个案) with what is needed to show, move and count them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import array

from services.households.models import (
    CaseEvidence,
    CaseMove,
    CasePause,
    Evidence,
    Household,
    IncomeSummary,
    MonitoringCase,
)
from services.households.rules.monitoring.refusals import MonitoringCaseNotFound
from services.households.rules.monitoring.states import FINAL
from shared.areas import Scope
from shared.contracts.households import Level
from shared.contracts.monitoring import CaseClass, State
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order, newest_first
from shared.db.within import within
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class MonitoringRow:
    """A case with its household."""

    case: MonitoringCase
    household: Household


@dataclass(frozen=True, slots=True)
class MonitoringFilter:
    """What a list of cases shall hold; None does not filter."""

    states: Collection[State] = ()
    monitoring_class: CaseClass | None = None
    risk: str | None = None
    due_by: datetime | None = None  # a deadline is the first moment that is too late
    holder: Level | None = None
    fast_lane: bool | None = None
    household_id: UUID | None = None


async def list_cases(
    session: ReadSession, scope: Scope, wanted: MonitoringFilter, before: UUID | None, limit: int
) -> Sequence[MonitoringRow]:
    """Cases, newest first."""
    query = newest_first(_rows(scope).where(*_conditions(wanted)), MonitoringCase.id, before=before, limit=limit)
    return [MonitoringRow(*row) for row in await session.execute(query)]


async def list_due(
    session: ReadSession, scope: Scope, wanted: MonitoringFilter, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[MonitoringRow]:
    """Cases whose clocks run, the most urgent first."""
    query = _rows(scope).where(MonitoringCase.due_at.is_not(None), *_conditions(wanted))
    rows = await session.execute(in_order(query, MonitoringCase.due_at, MonitoringCase.id, after=after, limit=limit))
    return [MonitoringRow(*row) for row in rows]


async def get_case(session: ReadSession, scope: Scope, case_id: UUID) -> MonitoringRow:
    """One case; raises `MonitoringCaseNotFound`."""
    row = (await session.execute(_rows(scope).where(MonitoringCase.id == case_id))).one_or_none()
    return MonitoringRow(*existing(row, MonitoringCaseNotFound))


async def lock_case(session: WriteSession, scope: Scope, case_id: UUID) -> MonitoringRow:
    """One case that nobody else changes until commit; raises `MonitoringCaseNotFound`.

    The household is locked first, as by whoever opens a case for it: what both show changes together.
    """
    row = await get_case(session, scope, case_id)
    await session.execute(select(Household.id).where(Household.id == row.household.id).with_for_update())
    query = _rows(scope).where(MonitoringCase.id == case_id).with_for_update(of=(Household, MonitoringCase))
    locked = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    if locked is None:  # it moved out of sight meanwhile
        raise MonitoringCaseNotFound
    return MonitoringRow(*locked)


async def find_active(session: ReadSession, household_id: UUID) -> MonitoringCase | None:
    """The case of a household that is not over, if it has one."""
    query = select(MonitoringCase).where(
        MonitoringCase.household_id == household_id, MonitoringCase.state.not_in(FINAL)
    )
    return await session.scalar(query)


async def list_under_review(
    session: WriteSession, case_ids: Collection[UUID], published: Collection[State]
) -> Sequence[MonitoringRow]:
    """Those of some cases that are past being `published`, held until the commit."""
    query = select(MonitoringCase, Household).join(Household, Household.id == MonitoringCase.household_id)
    query = query.where(MonitoringCase.id.in_(case_ids), MonitoringCase.state.not_in(published))
    locked = query.order_by(MonitoringCase.id).with_for_update(of=MonitoringCase)
    found = await session.execute(locked, execution_options={"populate_existing": True})
    return [MonitoringRow(*row) for row in found]


async def list_moves(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[CaseMove]:
    """The history of a case, oldest first."""
    query = select(CaseMove).where(CaseMove.case_id == case_id, within(CaseMove.area_code, scope))
    return (await session.scalars(query.order_by(CaseMove.id))).all()


async def find_entered(session: ReadSession, case_ids: Collection[UUID], state: State) -> dict[UUID, datetime]:
    """When each case last came to a state; those never there are missing."""
    query = (
        select(CaseMove.case_id, func.max(CaseMove.at))
        .where(CaseMove.case_id.in_(case_ids), CaseMove.to_state == state, came_anew())
        .group_by(CaseMove.case_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


def came_anew() -> ColumnElement[bool]:
    """Lines of history by which a case came to its state: who was restored never went, and a dropped risk moves nothing."""
    moved: ColumnElement[bool] = ~CaseMove.evidence.has_any(array(["restored", "risks"]))
    return moved


async def list_evidence(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[CaseEvidence]:
    """What stands behind a case, oldest first."""
    query = select(CaseEvidence).where(CaseEvidence.case_id == case_id, within(CaseEvidence.area_code, scope))
    return (await session.scalars(query.order_by(CaseEvidence.id))).all()


async def list_pauses(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[CasePause]:
    """When the clocks of a case stood still, oldest first."""
    query = select(CasePause).where(CasePause.case_id == case_id, within(CasePause.area_code, scope))
    return (await session.scalars(query.order_by(CasePause.id))).all()


async def find_pauses(session: ReadSession, case_ids: Collection[UUID]) -> dict[UUID, list[CasePause]]:
    """The same of many cases; those that never stood still are missing."""
    found: dict[UUID, list[CasePause]] = {}
    for one in await session.scalars(select(CasePause).where(CasePause.case_id.in_(case_ids)).order_by(CasePause.id)):
        found.setdefault(one.case_id, []).append(one)
    return found


async def has_evidence(session: ReadSession, case_id: UUID, risk_case_id: UUID) -> bool:
    """Whether a check of alerts stands behind a case already."""
    found = exists().where(CaseEvidence.case_id == case_id, CaseEvidence.risk_case_id == risk_case_id)
    return bool(await session.scalar(select(found)))


async def find_case_of(session: ReadSession, risk_case_id: UUID, household_id: UUID) -> UUID | None:
    """The household's case that a check stands behind; it may be over."""
    of = (CaseEvidence.risk_case_id == risk_case_id, MonitoringCase.household_id == household_id)
    query = select(CaseEvidence.case_id).join(MonitoringCase, MonitoringCase.id == CaseEvidence.case_id).where(*of)
    found: UUID | None = await session.scalar(query.limit(1))
    return found


async def find_income(session: ReadSession, household_id: UUID) -> IncomeSummary | None:
    """What the lines of a household's income add up to, once they were added up."""
    return await session.get(IncomeSummary, household_id)


async def find_feeds(session: ReadSession, risk_case_id: UUID) -> set[str]:
    """The feeds whose alerts made a check."""
    query = select(Evidence.feed).where(Evidence.case_id == risk_case_id, Evidence.withdrawn_at.is_(None))
    return set(await session.scalars(query.distinct()))


@dataclass(frozen=True, slots=True)
class LaneCount:
    """The fast lane of one area: how many cases took it, and how their papers stand."""

    area_code: str
    started: int
    waiting: int
    late: int
    done: int
    done_late: int


async def count_fast_lane(session: ReadSession, scope: Scope, now: datetime) -> Sequence[LaneCount]:
    """By township."""
    case = MonitoringCase
    township = func.rpad(func.left(case.area_code, 9), 12, "0").label("township")
    waiting = case.papers_done_at.is_(None) & case.state.not_in(FINAL)
    query = (
        select(
            township,
            func.count(),
            func.count().filter(waiting),
            func.count().filter(waiting, case.papers_due_at <= now),
            func.count().filter(case.papers_done_at.is_not(None)),
            func.count().filter(case.papers_done_at >= case.papers_due_at),
        )
        .where(case.fast_lane, within(case.area_code, scope))
        .group_by(township)
        .order_by(township)
    )
    return [LaneCount(*row) for row in await session.execute(query)]


def _rows(scope: Scope) -> Select[MonitoringCase, Household]:
    return (
        select(MonitoringCase, Household)
        .join(Household, Household.id == MonitoringCase.household_id)
        .where(within(MonitoringCase.area_code, scope))
    )


def _conditions(wanted: MonitoringFilter) -> Iterator[ColumnElement[bool]]:
    case = MonitoringCase
    yield from equal(
        (case.monitoring_class, wanted.monitoring_class),
        (case.fast_lane, wanted.fast_lane),
        (case.household_id, wanted.household_id),
    )
    if wanted.states:
        yield case.state.in_(wanted.states)
    if wanted.risk is not None:
        yield literal(wanted.risk) == any_(case.risks)
    if wanted.due_by is not None:
        yield case.due_at <= wanted.due_by
    if wanted.holder is not None:
        yield or_(case.holder_level == wanted.holder, case.raised_to == wanted.holder)
