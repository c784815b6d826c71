"""The three ledgers (三本台账): children who owe school, those suspected to have dropped out, those who have.

Never typed: the register says who owes school, alerts that are not answered make a suspicion, cases make a dropout.
A child stands in one of the two latter ledgers, never in both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from services.households.models import DropoutCase, Evidence, Household, Member, RiskCase
from services.households.queries.within import within
from services.households.rules.schooling.ages import Births
from services.households.rules.schooling.states import FINAL, OUT
from shared.areas import Scope
from shared.db.engine import ReadSession

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
    """A page of a ledger in the order of the persons' ids; `known`: only those of whose school something was told."""
    query = _children(scope, asked, known=known).order_by(Member.id).limit(limit)
    if after is not None:
        query = query.where(Member.id > after)
    return [Child(*row) for row in await session.execute(query)]


async def count_by_township(session: ReadSession, scope: Scope, asked: Asked) -> dict[str, int]:
    """How many children of a ledger, by the 12-digit code of their township."""
    township = func.rpad(func.left(Member.area_code, 9), 12, "0").label("township")
    rows = _children(scope, asked, known=False).with_only_columns(township, func.count(Member.id.distinct()))
    found = await session.execute(rows.group_by(township).order_by(township))
    return {row[0]: row[1] for row in found}


def _children(
    scope: Scope, asked: Asked, *, known: bool
) -> Select[Member, Household, DropoutCase | None, Evidence | None]:
    alert = _last_alert(asked)
    case = _last_case()
    query = (
        select(Member, Household, case, alert)
        .join(Household, Household.id == Member.household_id)
        .outerjoin(case, true())
        .outerjoin(alert, true())
        .where(within(Member.area_code, scope))
    )
    if asked.ledger == "dropped_out":
        within_term = [case.term == asked.term] if asked.term is not None else []
        return query.where(case.state.in_(OUT), Member.id.in_(_out(scope)), *within_term)
    query = query.where(*_owe_school(asked))
    if asked.ledger == "suspected":
        over = exists().where(
            DropoutCase.member_id == Member.id,
            or_(DropoutCase.state.not_in(FINAL), DropoutCase.state_since >= alert.occurred_on),
        )
        query = query.where(Member.id.in_(_alerted(scope, asked)), alert.evidence_id.is_not(None), ~over)
    elif known:
        ever = select(DropoutCase.member_id).where(within(DropoutCase.area_code, scope))
        query = query.where(or_(Member.id.in_(_alerted(scope, asked)), Member.id.in_(ever)))
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
        RiskCase.risk_family == "education",
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


def _alerted(scope: Scope, asked: Asked) -> Select[UUID]:
    """Persons with such an alert, found from the alerts: they are few."""
    person = aliased(Member)
    return (
        select(person.id)
        .join(RiskCase, RiskCase.household_id == person.household_id)
        .join(Evidence, and_(Evidence.case_id == RiskCase.id, Evidence.person_key == person.person_key))
        .where(within(RiskCase.area_code, scope), *_stands(asked))
    )


def _out(scope: Scope) -> Select[UUID]:
    return select(DropoutCase.member_id).where(DropoutCase.state.in_(OUT), within(DropoutCase.area_code, scope))


def _last_alert(asked: Asked) -> type[Evidence]:
    last = (
        select(Evidence)
        .join(RiskCase, RiskCase.id == Evidence.case_id)
        .where(RiskCase.household_id == Member.household_id, Evidence.person_key == Member.person_key)
        .where(*_stands(asked))
        .order_by(Evidence.occurred_on.desc(), Evidence.evidence_id.desc())
        .limit(1)
        .correlate(Member)
        .lateral()
    )
    return aliased(Evidence, last)


def _last_case() -> type[DropoutCase]:
    last = (
        select(DropoutCase)
        .where(DropoutCase.member_id == Member.id)
        .order_by(DropoutCase.id.desc())
        .limit(1)
        .correlate(Member)
        .lateral()
    )
    return aliased(DropoutCase, last)
