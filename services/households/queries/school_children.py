"""The three ledgers (三本台账): children who owe school, those suspected to have dropped out, those who have.

Never typed: the register says who owes school, alerts that are not answered make a suspicion, cases make a dropout.
A child stands in one of the two latter ledgers, never in both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union
from sqlalchemy.dialects.postgresql import distinct_on

from services.households.models import DropoutCase, Evidence, Household, Member, RiskCase
from services.households.rules.schooling.ages import EDUCATION, Births
from services.households.rules.schooling.states import FINAL, OUT
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.db.pages import in_order
from shared.db.within import within

Ledger = Literal["school_age", "suspected", "dropped_out"]

_ANSWERED_AWAY = ("no_risk", "already_helped", "moved_away", "duplicate", "wrong_person")
"""Verdicts by which an alert is no suspicion any more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which children. `first` and `last`: days in which the alert came or the child was found; None: any."""

    ledger: Ledger
    births: Births
    done_stages: Sequence[str]
    feeds: Sequence[str]
    term: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A child with its last case and the last schooling alert on it that stands, if there are."""

    member: Member
    household: Household
    case: DropoutCase | None
    evidence: Evidence | None


async def list_children(
    session: ReadSession, scope: Scope, asked: Asked, after: UUID | None, limit: int, *, known: bool = False
) -> list[Child]:
    """A page of a ledger in the order of the persons' ids; `known`: only those of whose school something was told.

    First who they are, then what is known of these: nothing is looked up for children beyond the page.
    """
    query = in_order(_ids(scope, asked, known=known), Member.id, after=after, limit=limit)
    ids = (await session.scalars(query)).all()
    people = (
        select(Member, Household)
        .join(Household, Household.id == Member.household_id)
        .where(Member.id.in_(ids))
        .order_by(Member.id)
    )
    cases = {one.member_id: one for one in await session.scalars(_last_cases(ids))}
    alerts = {row[0]: row[1] for row in await session.execute(_last_alerts(asked, ids))}
    return [
        Child(member, household, cases.get(member.id), alerts.get(member.id))
        for member, household in await session.execute(people)
    ]


async def count_by_township(session: ReadSession, scope: Scope, asked: Asked) -> dict[str, int]:
    """How many children of a ledger, by the 12-digit code of their township."""
    township = func.rpad(func.left(Household.area_code, 9), 12, "0").label("township")
    rows = _ids(scope, asked, known=False).with_only_columns(township, func.count())
    found = await session.execute(rows.group_by(township).order_by(township))
    return {row[0]: row[1] for row in found}


def _ids(scope: Scope, asked: Asked, *, known: bool) -> Select[UUID]:
    """Who stands in the ledger, each once."""
    query = (
        select(Member.id)
        .join(Household, Household.id == Member.household_id)
        .where(within(Household.area_code, scope))  # the members' too, and with an index
    )
    case = DropoutCase
    if asked.ledger == "dropped_out":
        within_term = [case.term == asked.term] if asked.term is not None else []
        out = select(case.member_id).where(case.state.in_(OUT), within(case.area_code, scope), *within_term)
        return query.where(Member.id.in_(out))
    query = query.where(*_owe_school(asked))
    if asked.ledger == "suspected":
        over = exists().where(
            case.member_id == Member.id,
            or_(case.state.not_in(FINAL), case.state_since >= Evidence.occurred_on),
        )
        return query.where(Member.id.in_(_alerted(scope, asked).where(~over.correlate(Member, Evidence))))
    if known:
        ever = select(case.member_id).where(within(case.area_code, scope))
        query = query.where(Member.id.in_(union(_alerted(scope, asked), ever)))
    return query


def _owe_school(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Member.left_on.is_(None),
        Household.dissolved_on.is_(None),
        Member.birth_on.between(asked.births.first, asked.births.last),
    ]
    if asked.done_stages:
        found.append(or_(Member.school_stage.is_(None), Member.school_stage.not_in(asked.done_stages)))
    return found


def _stands(asked: Asked) -> list[ColumnElement[bool]]:
    """Alerts that count: of schooling, not withdrawn; for a suspicion also not answered away, and of the days asked."""
    found = [
        RiskCase.risk_family == EDUCATION,
        Evidence.feed.in_(asked.feeds),
        Evidence.withdrawn_at.is_(None),
    ]
    if asked.ledger == "suspected":
        # A check that was dropped without a verdict is no suspicion either: its alert was taken back or sent twice.
        waits = and_(RiskCase.verdict.is_(None), RiskCase.state == "open")
        found.append(or_(waits, RiskCase.verdict.not_in(_ANSWERED_AWAY)))
        if asked.first is not None and asked.last is not None:
            found.append(Evidence.occurred_on.between(asked.first, asked.last))
    return found


def _of_person() -> ColumnElement[bool]:
    return and_(Evidence.case_id == RiskCase.id, Evidence.person_key == Member.person_key)


def _alerted(scope: Scope, asked: Asked) -> Select[UUID]:
    """Persons with such an alert, found from the alerts: they are few."""
    return (
        select(Member.id)
        .select_from(RiskCase)
        .join(Member, Member.household_id == RiskCase.household_id)
        .join(Evidence, _of_person())
        .where(within(RiskCase.area_code, scope), *_stands(asked))
        .correlate(None)
    )


def _last_alerts(asked: Asked, ids: Sequence[UUID]) -> Select[UUID, Evidence]:
    return (
        select(Member.id, Evidence)
        .join(RiskCase, RiskCase.household_id == Member.household_id)
        .join(Evidence, _of_person())
        .where(Member.id.in_(ids), *_stands(asked))
        .ext(distinct_on(Member.id))
        .order_by(Member.id, Evidence.occurred_on.desc(), Evidence.evidence_id.desc())
    )


def _last_cases(ids: Sequence[UUID]) -> Select[DropoutCase]:
    return (
        select(DropoutCase)
        .where(DropoutCase.member_id.in_(ids))
        .ext(distinct_on(DropoutCase.member_id))
        .order_by(DropoutCase.member_id, DropoutCase.id.desc())
    )
