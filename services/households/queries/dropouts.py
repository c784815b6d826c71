"""Children who dropped out (辍学个案), with what is needed to show and move their cases."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import aliased

from services.households.models import (
    DropoutCase,
    DropoutEntry,
    DropoutMove,
    Evidence,
    Household,
    LegalStep,
    Member,
    StayCheck,
)
from services.households.queries.checks import lock_subjects
from services.households.rules.schooling.refusals import DropoutCaseNotFound, StayCheckNotFound
from services.households.rules.schooling.states import FINAL, OUT, State
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing


@dataclass(frozen=True, slots=True)
class DropoutRow:
    """A case with the child and its household."""

    case: DropoutCase
    member: Member
    household: Household


@dataclass(frozen=True, slots=True)
class DropoutFilter:
    """What a list of cases shall hold; None does not filter. `legal_step`: of those in no school.

    An empty `school` or `term`: those of whom it is not known.
    """

    states: Collection[State] = ()
    school: str | None = None
    term: str | None = None
    legal_step: int | None = None
    household_id: UUID | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        case = DropoutCase
        for column, asked in ((case.school, self.school), (case.term, self.term)):
            if asked is not None:
                yield column == (asked or None)
        yield from equal((case.household_id, self.household_id))
        if self.legal_step is not None:
            yield (case.legal_step == self.legal_step) & case.state.in_(OUT)
        if self.states:
            yield case.state.in_(self.states)


async def list_cases(
    session: ReadSession, scope: Scope, wanted: DropoutFilter, before: UUID | None, limit: int
) -> Sequence[DropoutRow]:
    """Cases, newest first."""
    query = newest_first(_rows(scope).where(*wanted.conditions()), DropoutCase.id, before=before, limit=limit)
    return [DropoutRow(*row) for row in await session.execute(query)]


async def get_case(session: ReadSession, scope: Scope, case_id: UUID) -> DropoutRow:
    """One case; raises `DropoutCaseNotFound`."""
    row = (await session.execute(_rows(scope).where(DropoutCase.id == case_id))).one_or_none()
    return DropoutRow(*existing(row, DropoutCaseNotFound))


async def lock_case(session: WriteSession, scope: Scope, case_id: UUID) -> DropoutRow:
    """One case that nobody else changes until commit; raises `DropoutCaseNotFound`.

    The household's subject is locked first, as by whoever takes an alert or gives a verdict, then the household.
    """
    row = await get_case(session, scope, case_id)
    await lock_subjects(session, [str(row.household.id)])
    await session.execute(select(Household.id).where(Household.id == row.household.id).with_for_update())
    query = _rows(scope).where(DropoutCase.id == case_id).with_for_update(of=(Household, DropoutCase))
    locked = (await session.execute(query, execution_options={"populate_existing": True})).one_or_none()
    if locked is None:  # it moved out of sight meanwhile
        raise DropoutCaseNotFound
    return DropoutRow(*locked)


async def find_active(session: ReadSession, member_id: UUID) -> DropoutCase | None:
    """The case of a child that is not over, if there is one."""
    query = select(DropoutCase).where(DropoutCase.member_id == member_id, DropoutCase.state.not_in(FINAL))
    return await session.scalar(query)


async def list_states(session: ReadSession, household_id: UUID) -> Sequence[State]:
    """The states of all cases of a household."""
    return (await session.scalars(select(DropoutCase.state).where(DropoutCase.household_id == household_id))).all()


async def find_suspected(
    session: ReadSession, risk_case_id: UUID, household_id: UUID, feeds: Collection[str]
) -> list[tuple[Member, Evidence]]:
    """Who of a household the schooling alerts of a check are about, each with the last of them."""
    query = (
        select(Member, Evidence)
        .join(Evidence, Evidence.person_key == Member.person_key)
        .where(Evidence.case_id == risk_case_id, Evidence.feed.in_(feeds), Evidence.withdrawn_at.is_(None))
        .where(Member.household_id == household_id, Member.left_on.is_(None))
        .order_by(Evidence.occurred_on, Evidence.evidence_id)
    )
    last = {member.id: (member, evidence) for member, evidence in await session.execute(query)}
    return [last[member_id] for member_id in sorted(last)]


async def lock_returned(session: WriteSession, person_keys: Collection[str]) -> dict[str, DropoutCase]:
    """The cases of those of the persons who came back, by person; nobody else changes them until commit."""
    query = (
        select(Member.person_key, DropoutCase)
        .join(DropoutCase, DropoutCase.member_id == Member.id)
        .where(Member.person_key.in_(person_keys), Member.left_on.is_(None), DropoutCase.state == "returned")
        .order_by(DropoutCase.id)
        .with_for_update(of=DropoutCase)
    )
    found = await session.execute(query, execution_options={"populate_existing": True})
    return {row[0]: row[1] for row in found}


async def list_moves(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[DropoutMove]:
    """The history of a case, oldest first."""
    query = select(DropoutMove).where(DropoutMove.case_id == case_id, within(DropoutMove.area_code, scope))
    return (await session.scalars(query.order_by(DropoutMove.id))).all()


async def list_entries(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[DropoutEntry]:
    """Visits, plans and lessons of a case, as they were entered."""
    query = select(DropoutEntry).where(DropoutEntry.case_id == case_id, within(DropoutEntry.area_code, scope))
    return (await session.scalars(query.order_by(DropoutEntry.id))).all()


async def list_steps(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[LegalStep]:
    """The legal steps of a case, also those withdrawn, oldest first."""
    query = select(LegalStep).where(LegalStep.case_id == case_id, within(LegalStep.area_code, scope))
    return (await session.scalars(query.order_by(LegalStep.id))).all()


async def list_stay_checks(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[StayCheck]:
    """The checks after each return, oldest first."""
    query = select(StayCheck).where(StayCheck.case_id == case_id, within(StayCheck.area_code, scope))
    return (await session.scalars(query.order_by(StayCheck.id))).all()


async def get_stay_check(session: ReadSession, scope: Scope, case_id: UUID, check_id: UUID) -> StayCheck:
    """One check of a case; raises `StayCheckNotFound`. Whoever answers it has locked the case."""
    query = select(StayCheck).where(
        StayCheck.id == check_id, StayCheck.case_id == case_id, within(StayCheck.area_code, scope)
    )
    return existing(await session.scalar(query), StayCheckNotFound)


def came_back(household_id: UUID | None = None) -> Select[DropoutCase, Member]:
    """Cases that are not over, or ended because the child left the register, with the child as it is in it again; all, or
    those of a household's children. Only the last case of each: what it led to since counts."""
    child, here, later, other = aliased(Member), aliased(Member), aliased(DropoutCase), aliased(Member)
    causes = select(DropoutMove.cause).where(DropoutMove.case_id == DropoutCase.id)
    last_cause = causes.order_by(DropoutMove.id.desc()).limit(1).scalar_subquery()
    left = and_(DropoutCase.state == "exempt", DropoutCase.exemption != "completed", last_cause == "register")
    goes_on = and_(DropoutCase.state.not_in(FINAL), here.id != child.id)
    newer = select(later.id).join(other, other.id == later.member_id)
    newer = newer.where(other.person_key == child.person_key, later.id > DropoutCase.id)
    return (
        select(DropoutCase, here)
        .join(child, child.id == DropoutCase.member_id)
        .join(here, here.person_key == child.person_key)
        .where(here.left_on.is_(None), or_(left, goes_on), ~newer.exists())
        .where(here.household_id == household_id if household_id else true())
    )


def _rows(scope: Scope) -> Select[DropoutCase, Member, Household]:
    return (
        select(DropoutCase, Member, Household)
        .join(Member, Member.id == DropoutCase.member_id)
        .join(Household, Household.id == DropoutCase.household_id)
        .where(within(DropoutCase.area_code, scope))
    )
