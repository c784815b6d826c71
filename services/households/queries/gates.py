"""Everything that the gates ask of one case and its household."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from services.households.models import (
    Authorisation,
    CaseEvidence,
    CaseMove,
    ComparisonTicket,
    EliminationCheck,
    IncomeSummary,
    Measure,
    Member,
    MonitoringCase,
    NoticeEntry,
    Objection,
    PublicNotice,
    Visit,
)
from services.households.queries.gate_history import (
    assured_since,
    carried_on,
    count_back,
    count_waiting,
    labour_since,
)
from services.households.queries.household_facts import find_facts
from services.households.queries.monitoring import came_anew
from services.households.queries.visits import looked
from services.households.rules.gate_facts import (
    EliminationFacts,
    GateFacts,
    HelpMeasure,
    IncomeFacts,
    Terms,
    Ticket,
    Vote,
)
from services.households.rules.household_facts import Facts
from services.households.rules.income_year import Income
from services.households.rules.months import add_months
from services.households.rules.notices import NoticeRun
from services.households.rules.rounds import (
    ROAD,
    Step,
    brought_visits,
    entered,
    half_of,
    times_entered,
    vote_of,
    withdrawn,
)
from shared.clock import CHINA, local_date
from shared.db.engine import ReadSession, seeing_everywhere


@dataclass(frozen=True, slots=True)
class GateQuestion:
    """For which case and state the facts are gathered; `line` is the income line in force that day, yuan per head."""

    case: MonitoringCase
    to_state: str
    on: date
    terms: Terms
    line: int | None
    vote: Vote | None = None  # that the move itself brings along

    @property
    def half(self) -> str:
        """On which half of the road the question is asked."""
        return half_of(self.to_state)


async def load_gate_facts(session: ReadSession, asked: GateQuestion) -> GateFacts:
    """The facts as of that day. The case is one the asker has got; the rest is the same whoever asks, or a gate would
    give each desk an answer of its own."""
    async with seeing_everywhere(session):
        return await _load(session, asked)


async def _load(session: ReadSession, asked: GateQuestion) -> GateFacts:
    case, on = asked.case, asked.on
    steps = await _steps(session, case)
    found = await find_facts(session, [case.household_id], on)
    year = await _year(session, case, asked.line)
    tickets = await _tickets(session, case)
    check, carried, back = await _check(session, case, steps), await carried_on(session, case), withdrawn(steps)
    adults = await _adults(session, case, add_months(on, -12 * asked.terms.comparison.min_age))
    return GateFacts(
        monitoring_class=case.monitoring_class,
        main_risk=case.main_risk,
        risks=tuple(case.risks),
        identified_on=case.identified_on,
        withdrawn_on=local_date(back) if back else None,
        visited=await _visited(session, asked, steps),
        authorised=await _authorised(session, case, on),
        vote=asked.vote if asked.to_state == ROAD[asked.half][1] else vote_of(steps, asked.half),
        notice=await _notice(session, asked, steps),
        tickets=tuple(Ticket(one.kind, one.due_on, one.state == "answered") for one in tickets),
        adults=len(adults),
        asked_in_part=_in_part(tickets, adults),
        measures=await _measures(session, case),
        income=_against_line(year),
        year=year,
        check=_told(check),
        new_evidence=await _new_evidence(session, case, check),
        assured_since=await assured_since(session, case, asked.terms.gate, carried),
        labour_since=await labour_since(session, case, asked.terms.gate, carried),
        back_at_school=await count_back(session, case.household_id),
        waiting=await count_waiting(session, case.household_id),
        **_household(found.get(case.household_id)),
    )


def _household(facts: Facts | None) -> dict[str, Any]:
    """Of a household that is dissolved, or out of sight, nothing is known."""
    if facts is None:
        return {}
    return {
        "household_class": facts.household_class,
        "people": facts.people,
        "able": facts.labour_able,
        "weak": facts.labour_weak,
        "no_labour_covered": facts.no_labour_covered,
        "schooling": facts.schooling_met,
        "medical": facts.medical_met,
        "housing": facts.safe_housing,
        "water": facts.safe_water,
        "dwelling_level": facts.dwelling_level,
        "only_home": facts.only_home,
        "uninsured": facts.uninsured,
        "out_of_school": facts.dropouts,
        "open_checks": facts.open_checks,
    }


async def _steps(session: ReadSession, case: MonitoringCase) -> Sequence[Step]:
    query = (
        select(CaseMove.to_state, CaseMove.at, CaseMove.evidence, CaseMove.from_state)
        .where(CaseMove.case_id == case.id, CaseMove.round == case.round, came_anew())
        .order_by(CaseMove.id)
    )
    return [Step(*row) for row in await session.execute(query)]


async def _visited(session: ReadSession, asked: GateQuestion, steps: Sequence[Step]) -> bool:
    """Whether somebody was there since the road began, and said what they found: two people where two must go. The first
    time a visit just before counts: nobody is visited twice for one thing; once sent back, somebody has to look again."""
    first, _ = ROAD[asked.half]
    times, since = times_entered(steps, first), entered(steps, first)
    if asked.half == "identification" and times < 2:
        since = asked.case.opened_at
    if since is None:
        return False  # nobody asks yet whether the risk is gone
    if times < 2:
        since -= timedelta(days=asked.terms.gate.visit_before_days)
    until = datetime.combine(asked.on + timedelta(days=1), datetime.min.time(), CHINA)
    of_it = or_(Visit.household_id == asked.case.household_id, Visit.id.in_(brought_visits(steps, asked.half)))
    query = select(Visit.id).where(of_it, looked(), Visit.visited_at >= since, Visit.visited_at < until)
    return await session.scalar(query.limit(1)) is not None


async def _authorised(session: ReadSession, case: MonitoringCase, on: date) -> bool:
    query = select(Authorisation.id).where(
        Authorisation.case_id == case.id, Authorisation.round == case.round, Authorisation.signed_on <= on
    )
    return await session.scalar(query.limit(1)) is not None


async def _notice(session: ReadSession, asked: GateQuestion, steps: Sequence[Step]) -> NoticeRun | None:
    """The live entry on a notice that was drafted since the case last came to be published, if it was not sent back since.

    An objection that nobody has answered counts on whatever sheet it was made: taking that one down answers nobody.
    """
    case = asked.case
    began, published = (entered(steps, state) for state in ROAD[asked.half])
    if published is None:
        return None
    query = (
        select(NoticeEntry.notice_id, PublicNotice.started_on, PublicNotice.ended_on)
        .join(PublicNotice, PublicNotice.id == NoticeEntry.notice_id)
        .where(
            NoticeEntry.case_id == case.id,
            NoticeEntry.kind == asked.half,
            NoticeEntry.round == case.round,
            NoticeEntry.void_at.is_(None),
            NoticeEntry.added_at >= max(published, began or published),
        )
    )
    row = (await session.execute(query)).one_or_none()
    upheld_here = (Objection.state == "upheld") & (Objection.notice_id == (row and row.notice_id))
    counted = select(func.count().filter(Objection.state == "open"), func.count().filter(upheld_here)).where(
        Objection.case_id == case.id
    )
    waiting, upheld = (await session.execute(counted)).one()
    return NoticeRun(row and row.started_on, row and row.ended_on, waiting, upheld)


async def _tickets(session: ReadSession, case: MonitoringCase) -> Sequence[ComparisonTicket]:
    query = select(ComparisonTicket).where(
        ComparisonTicket.case_id == case.id,
        ComparisonTicket.round == case.round,
        ComparisonTicket.state != "withdrawn",
    )
    return (await session.scalars(query)).all()


async def _adults(session: ReadSession, case: MonitoringCase, born_by: date) -> set[UUID]:
    query = select(Member.id).where(
        Member.household_id == case.household_id, Member.left_on.is_(None), Member.birth_on <= born_by
    )
    return set(await session.scalars(query))


def _in_part(tickets: Sequence[ComparisonTicket], adults: set[UUID]) -> frozenset[str]:
    """Kinds of which a bureau was asked after some of the people, and not after all."""
    asked = {kind: {one.member_id for one in tickets if one.kind == kind} for kind in {one.kind for one in tickets}}
    return frozenset(kind for kind, people in asked.items() if not adults <= people)


async def _measures(session: ReadSession, case: MonitoringCase) -> tuple[HelpMeasure, ...]:
    query = select(Measure.risk, Measure.kind, Measure.sub_kind, Measure.state, Measure.delivered_on).where(
        Measure.case_id == case.id, Measure.round == case.round
    )
    query = query.order_by(Measure.id)  # as they were planned: a snapshot keeps them so
    return tuple(HelpMeasure(*row) for row in await session.execute(query))


_SUMS = tuple(one.name for one in fields(Income) if one.name not in ("property_income", "line"))


async def _year(session: ReadSession, case: MonitoringCase, line: int | None) -> Income | None:
    """The sums as they stand, beside the line in force that day; None: never computed."""
    summary = await session.get(IncomeSummary, case.household_id)
    if summary is None:
        return None
    return Income(property_income=summary.property, line=line, **{name: getattr(summary, name) for name in _SUMS})


def _against_line(year: Income | None) -> IncomeFacts | None:
    """Without people, without a line in force, or never computed, nothing is known of it."""
    if year is None or year.reference_per_head is None or year.line is None:
        return None
    return IncomeFacts(year.reference_per_head, Decimal(year.line), year.net_income, year.rigid, year.period_last)


def _told(check: EliminationCheck | None) -> EliminationFacts | None:
    if check is None:
        return None
    return EliminationFacts(
        check.checked_on, check.income_stable, check.spending_solved, check.manner, check.has_contact
    )


async def _new_evidence(session: ReadSession, case: MonitoringCase, check: EliminationCheck | None) -> int:
    """How often somebody was found at risk after the last check, which knew nothing of it."""
    if check is None:
        return 0
    query = select(func.count()).where(CaseEvidence.case_id == case.id, CaseEvidence.added_at > check.recorded_at)
    return await session.scalar(query) or 0


async def _check(session: ReadSession, case: MonitoringCase, steps: Sequence[Step]) -> EliminationCheck | None:
    """The last one since the case came to be checked."""
    since = entered(steps, "elimination_check")
    if since is None:
        return None
    query = (
        select(EliminationCheck)
        .where(
            EliminationCheck.case_id == case.id,
            EliminationCheck.round == case.round,
            EliminationCheck.recorded_at >= since,
        )
        .order_by(EliminationCheck.id.desc())
        .limit(1)
    )
    return await session.scalar(query)
