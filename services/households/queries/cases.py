"""Cases with what belongs to them: evidence, visits, verdicts, and the names to show."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.households.models import (
    CaseState,
    DropoutCase,
    Evidence,
    Household,
    Member,
    RiskCase,
    Task,
    Verdict,
    Visit,
)
from services.households.queries.verdicts import EvidenceSum, sum_evidence
from services.households.rules.register import HEADS
from services.households.rules.schooling.stay import FAMILY
from services.households.rules.tasks import CaseNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.filters import equal
from shared.db.pages import newest_first
from shared.db.within import within
from shared.errors import existing
from shared.projections.areas import find_names_above


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with its household, where known."""

    case: RiskCase
    household: Household | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What tasks and cases are shown with."""

    heads: dict[UUID, str]  # household → name of its head
    area_names: dict[str, str]
    evidence: dict[UUID, list[Evidence]]  # by case
    sums: dict[UUID, EvidenceSum]  # of all evidence, by case
    pupils: dict[UUID, str] = field(default_factory=dict)  # who is to stay at school, by the check of it


async def list_cases(
    session: ReadSession,
    scope: Scope,
    *,
    state: CaseState | None,
    household_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[CaseRow]:
    """Cases, newest first."""
    query = (
        select(RiskCase, Household)
        .outerjoin(Household, Household.id == RiskCase.household_id)
        .where(within(RiskCase.area_code, scope))
        .where(*equal((RiskCase.state, state), (RiskCase.household_id, household_id)))
    )
    query = newest_first(query, RiskCase.id, before=before, limit=limit)
    return [CaseRow(*row) for row in await session.execute(query)]


async def get_case(session: ReadSession, scope: Scope, case_id: UUID) -> CaseRow:
    """One case; raises `CaseNotFound`."""
    query = (
        select(RiskCase, Household)
        .outerjoin(Household, Household.id == RiskCase.household_id)
        .where(RiskCase.id == case_id, within(RiskCase.area_code, scope))
    )
    row = (await session.execute(query)).one_or_none()
    return CaseRow(*existing(row, CaseNotFound))


async def load_surroundings(
    session: ReadSession, scope: Scope, rows: Iterable[tuple[RiskCase, Household | None, str]], *, latest: bool = False
) -> Surroundings:
    """Heads, area names and evidence for (case, household, area code of the desk).

    `latest`: of each case only its last evidence, as lists show it; a case can have gathered hundreds. That of a whole
    area has few, and all of them say which natural villages are meant.
    """
    shown = list(rows)
    codes = {code for case, _, desk in shown for code in (case.area_code, desk)}
    cases = {case.id for case, _, _ in shown}
    brief = {case.id for case, _, _ in shown if latest and case.area_alert_id is None}
    evidence = await find_evidence(session, scope, cases - brief) if cases - brief else {}
    return Surroundings(
        await find_heads(session, scope, {household.id for _, household, _ in shown if household}),
        await find_names_above(session, codes),
        evidence | await find_latest_evidence(session, scope, brief) if brief else evidence,
        await sum_evidence(session, scope, cases),
        await _find_pupils(session, scope, {case.id for case, _, _ in shown if case.risk_family == FAMILY}),
    )


async def _find_pupils(session: ReadSession, scope: Scope, case_ids: Collection[UUID]) -> dict[UUID, str]:
    """The child of each check whether one stays at school."""
    if not case_ids:
        return {}
    query = (
        select(Task.case_id, Member.name)
        .join(DropoutCase, DropoutCase.id == Task.dropout_case_id)
        .join(Member, Member.id == DropoutCase.member_id)
        .where(Task.case_id.in_(case_ids), within(Task.area_code, scope))
    )
    return {row.case_id: row.name for row in await session.execute(query)}


async def find_heads(session: ReadSession, scope: Scope, household_ids: Collection[UUID]) -> dict[UUID, str]:
    """The name of each household's head, as `heads_of` has it: of one that is no more, whoever was its head last."""
    query = (
        select(Member.household_id, Member.name)
        .join(Household, Household.id == Member.household_id)
        .where(Member.household_id.in_(household_ids), Member.relation.in_(HEADS))
        .where(or_(Member.left_on.is_(None), Household.dissolved_on.is_not(None)), within(Member.area_code, scope))
        .order_by(Member.left_on, Member.relation)  # what comes last stays: 户主 where both are used
    )
    return {row.household_id: row.name for row in await session.execute(query)}


async def find_evidence(session: ReadSession, scope: Scope, case_ids: Collection[UUID]) -> dict[UUID, list[Evidence]]:
    """The evidence of each case, oldest first."""
    query = (
        select(Evidence)
        .where(Evidence.case_id.in_(case_ids), within(Evidence.area_code, scope))
        .order_by(Evidence.reported_at, Evidence.evidence_id)
    )
    found: dict[UUID, list[Evidence]] = {}
    for evidence in await session.scalars(query):
        found.setdefault(evidence.case_id, []).append(evidence)
    return found


async def find_latest_evidence(
    session: ReadSession, scope: Scope, case_ids: Collection[UUID]
) -> dict[UUID, list[Evidence]]:
    """The last evidence of each case, alone."""
    query = (
        select(Evidence)
        .where(Evidence.case_id.in_(case_ids), within(Evidence.area_code, scope))
        .ext(distinct_on(Evidence.case_id))
        .order_by(Evidence.case_id, Evidence.reported_at.desc(), Evidence.evidence_id.desc())
    )
    return {evidence.case_id: [evidence] for evidence in await session.scalars(query)}


async def find_contacts(session: ReadSession, scope: Scope, household_ids: Collection[UUID]) -> dict[UUID, Member]:
    """Whom to call in each household: somebody with a phone, the head first."""
    if not household_ids:
        return {}
    query = (
        select(Member)
        .where(Member.household_id.in_(household_ids), Member.left_on.is_(None), Member.phone_sealed.is_not(None))
        .where(within(Member.area_code, scope))
        .ext(distinct_on(Member.household_id))
        .order_by(Member.household_id, Member.relation.not_in(HEADS), Member.birth_on, Member.id)
    )
    return {member.household_id: member for member in await session.scalars(query)}


async def list_visits(session: ReadSession, scope: Scope, case_id: UUID) -> Sequence[Visit]:
    """The visits made for a case, oldest first."""
    query = select(Visit).where(Visit.case_id == case_id, within(Visit.area_code, scope)).order_by(Visit.visited_at)
    return (await session.scalars(query)).all()


async def list_visits_of(session: ReadSession, scope: Scope, case_ids: Collection[UUID]) -> dict[UUID, list[Visit]]:
    """`list_visits` for many."""
    query = select(Visit).where(Visit.case_id.in_(case_ids), within(Visit.area_code, scope)).order_by(Visit.visited_at)
    found: dict[UUID, list[Visit]] = {}
    for visit in await session.scalars(query):
        assert visit.case_id is not None
        found.setdefault(visit.case_id, []).append(visit)
    return found


async def list_verdicts(session: ReadSession, case_id: UUID) -> Sequence[Verdict]:
    """The verdicts on a case the caller has got by `get_case`."""
    return (await session.scalars(select(Verdict).where(Verdict.case_id == case_id).order_by(Verdict.id))).all()
