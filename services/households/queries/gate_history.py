"""Since when what the gates look at has been so: what was made true for the day of the gate is not in order."""

from datetime import date
from uuid import UUID

from sqlalchemy import and_, any_, func, literal, or_, select

from services.households.models import (
    CaseMove,
    DropoutCase,
    Member,
    MonitoringCase,
    RegisterChange,
    Task,
    TaskHousehold,
)
from services.households.queries.dropouts import came_back
from services.households.rules.quality.record import ABLE, SOME_LABOUR
from shared.clock import local_date
from shared.contracts.gate_policies import GateTerms
from shared.db.engine import ReadSession

_ASSURANCES = ["safe_housing", "safe_water", "schooling_met", "medical_met"]
_CAME = ("added", "came", "restored")
_GONE = ("left", "went")


async def assured_since(
    session: ReadSession, case: MonitoringCase, terms: GateTerms, carried: date | None
) -> date | None:
    """The last day on which the register was told otherwise of an assurance, or till which the dwelling was unsafe, or
    somebody without insurance lived here.

    Every line of the history that names an assurance is a change: from "not so" or "nobody knows", or to it.
    `carried`: see `carried_on`.
    """
    detail, what = RegisterChange.detail, RegisterChange.what
    told = [literal(name) == any_(RegisterChange.fields) for name in _ASSURANCES]
    mended = detail["dwelling_level"][0].astext.in_(terms.housing_unsafe_levels)
    another = detail["only_home"][1].astext == "false"
    insured = detail["medical_insurance"][0].astext == "none"
    uninsured = select(Member.id).where(Member.id == RegisterChange.member_id, Member.medical_insurance == "none")
    gone = and_(what.in_(_GONE), uninsured.exists())
    of_household = and_(RegisterChange.member_id.is_(None), or_(*told, mended, another))
    query = select(func.max(RegisterChange.at)).where(
        RegisterChange.household_id == case.household_id, or_(of_household, insured, gone)
    )
    last = await session.scalar(query)
    return _later(local_date(last) if last is not None else None, carried)


async def labour_since(
    session: ReadSession, case: MonitoringCase, terms: GateTerms, carried: date | None
) -> date | None:
    """Since when one who can work has lived here and been able to; of several, of whom it is longest. None: always."""
    able = sorted(SOME_LABOUR if terms.weak_is_labour else ABLE)
    became = and_(
        literal("labour_skill") == any_(RegisterChange.fields),
        func.coalesce(RegisterChange.detail["labour_skill"][0].astext, "").not_in(able),
    )
    change = and_(
        RegisterChange.household_id == Member.household_id,
        RegisterChange.member_id == Member.id,
        or_(became, RegisterChange.what.in_(_CAME)),
    )
    query = (
        select(func.max(RegisterChange.at))
        .select_from(Member)
        .outerjoin(RegisterChange, change)
        .where(Member.household_id == case.household_id, Member.left_on.is_(None), Member.labour_skill.in_(able))
        .group_by(Member.id)
    )
    days = [local_date(at) if at is not None else None for at in await session.scalars(query)]
    longest = min((day for day in days if day is not None), default=None) if None not in days else None
    return _later(longest, carried)


async def carried_on(session: ReadSession, case: MonitoringCase) -> date | None:
    """When the case came to this household; whose home and hands these are was not looked at before."""
    query = select(func.max(CaseMove.at)).where(
        CaseMove.case_id == case.id, CaseMove.round == case.round, CaseMove.evidence.has_key("carried")
    )
    at = await session.scalar(query)
    return local_date(at) if at is not None else None


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


async def count_back(session: ReadSession, household_id: UUID) -> int:
    """Children who are back at school, and whose stay checks have not all held yet; with those who are in the register
    again, and whose cases go on soon."""
    returned = (
        select(DropoutCase.id)
        .join(Member, Member.id == DropoutCase.member_id)
        .where(Member.household_id == household_id, Member.left_on.is_(None), DropoutCase.state == "returned")
    )
    again = came_back(household_id).with_only_columns(DropoutCase.id)
    return await session.scalar(select(func.count()).select_from(returned.union(again).subquery())) or 0


async def count_waiting(session: ReadSession, household_id: UUID) -> int:
    """Alerts of whole areas that have the household on their list, and nobody has said yet whether it is hit."""
    query = (
        select(func.count())
        .select_from(TaskHousehold)
        .join(Task, Task.id == TaskHousehold.task_id)
        .where(
            TaskHousehold.household_id == household_id,
            TaskHousehold.remarked_at.is_(None),
            Task.state.in_(("open", "accepted")),
        )
    )
    return await session.scalar(query) or 0
