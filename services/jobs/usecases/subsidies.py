"""Subsidies are claimed, and paid or refused. Found by the policy `labour-subsidies`; nothing is claimed by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from services.jobs.models import Person, SubsidyClaim
from services.jobs.queries import subsidies as find
from services.jobs.queries.at_work import find_at_work
from services.jobs.queries.people import lock_person
from services.jobs.queries.subsidies import ClaimRow, DueRow, SubsidyTerms, SumRow
from services.jobs.rules.placement_refusals import (
    ClaimDay,
    ClaimDecided,
    SubsidyClaimed,
    SubsidyListLong,
    SubsidyTooHigh,
)
from services.jobs.rules.subsidies import Worker, require_claim
from services.jobs.rules.training import allowance_due
from services.jobs.usecases.post_rules import get_training_rules
from services.jobs.usecases.sealing import seal_text
from shared.areas import Scope
from shared.clock import local_date
from shared.contracts.jobs_placement_policies import LabourSubsidies
from shared.db.engine import ReadSession, WriteSession
from shared.http.versions import expect_version
from shared.ids import new_id
from shared.projections import policies
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

NOTE = "subsidy-note"
KIND = "labour-subsidies"
NOTHING = Decimal("0.00")
MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody claims, by which rule of the policy; yuan. `note` is sealed."""

    person_id: UUID
    rule: str
    amount: Decimal
    wage_proof: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of it. `amount` that was paid in yuan; `reason` of a refusal."""

    state: Literal["paid", "refused"]
    on: date
    amount: Decimal | None = None
    reason: str | None = None


async def list_unclaimed(
    session: ReadSession, scope: Scope, kind: str | None, now: datetime, after: tuple[str, UUID, str] | None, limit: int
) -> Sequence[DueRow]:
    """Who qualifies today and has not claimed, by the policy of the area that is asked about."""
    return await find.list_unclaimed(session, scope, await _terms_of(session, scope, kind, now), after, limit)


async def sum_unclaimed(
    session: ReadSession, scope: Scope, kind: str | None, now: datetime, digits: int
) -> Sequence[SumRow]:
    """The same as people and yuan, by area of so many digits."""
    return await find.sum_unclaimed(session, scope, await _terms_of(session, scope, kind, now), digits)


async def take_unclaimed(
    session: WriteSession, who: Principal, scope: Scope, kind: str | None, now: datetime
) -> Sequence[DueRow]:
    """All of them for a workbook; who took it and how many is on record. Raises `SubsidyListLong`."""
    rows = await list_unclaimed(session, scope, kind, now, None, MOST_LINES + 1)
    if len(rows) > MOST_LINES:
        raise SubsidyListLong(field="area", most=MOST_LINES)
    await audit.record(session, who, "subsidy:export", "unclaimed", count=len(rows), areas=scope.serialise())
    return rows


async def claim_subsidy(session: WriteSession, vault: Vault, who: Principal, told: Claim, now: datetime) -> ClaimRow:
    """Record a claim; raises `SubsidyNotDue`, `SubsidyTooHigh`, `WageProofMissing`, `SubsidyClaimed`."""
    person = await lock_person(session, who.scope, told.person_id)
    today = local_date(now)
    body, policy_id = await policies.in_force(session, KIND, person.area_code, today, LabourSubsidies)
    worker = await _worker(session, person, now)
    rule = require_claim(body, told.rule, worker, told.amount, today, proven=told.wage_proof)
    if await find.find_claim(session, person.id, rule.kind, today.year) is not None:
        raise SubsidyClaimed(field="rule")
    claim = SubsidyClaim(
        id=new_id(),
        person_id=person.id,
        area_code=person.area_code,
        kind=rule.kind,
        rule=rule.code,
        year=today.year,
        amount=told.amount,
        wage_proof=told.wage_proof,
        work_area=worker.work_area,
        started_on=worker.started_on,
        state="claimed",
        claimed_on=today,
        policy_id=policy_id,
        note_sealed=seal_text(vault, told.note, NOTE),
        recorded_by=who.id,
        recorded_at=now,
        version=1,
        updated_at=now,
    )
    session.add(claim)
    await audit.record(session, who, "subsidy:claim", claim.id, area_code=person.area_code, kind=rule.kind)
    await session.flush()
    return ClaimRow(claim, person)


async def decide_claim(
    session: WriteSession, who: Principal, claim_id: UUID, if_match: str | None, told: Decision, now: datetime
) -> ClaimRow:
    """Paid or refused, once. Who was refused may claim anew. Raises `ClaimDecided`, `ClaimDay`, `SubsidyTooHigh`."""
    row = await find.lock_claim(session, who.scope, claim_id)
    claim = row.claim
    expect_version(if_match, claim.version)
    if claim.state != "claimed":
        raise ClaimDecided
    if not claim.claimed_on <= told.on <= local_date(now):
        raise ClaimDay(field="on", first=claim.claimed_on.isoformat(), last=local_date(now).isoformat())
    if told.amount is not None and told.amount > claim.amount:
        raise SubsidyTooHigh(field="amount", most=str(claim.amount))
    claim.state, claim.decided_on, claim.refused_reason = told.state, told.on, told.reason
    claim.paid = (told.amount or claim.amount) if told.state == "paid" else None
    claim.version += 1
    claim.updated_at = now
    await audit.record(session, who, "subsidy:decide", claim.id, area_code=claim.area_code, state=told.state)
    await session.flush()
    return row


async def _worker(session: ReadSession, person: Person, now: datetime) -> Worker:
    today = local_date(now)
    row = await find_at_work(session, person.id, today)
    work_area, started_on = (row.work_area, row.started_on) if row is not None else (None, None)
    rules, _ = await get_training_rules(session, person.area_code, now)
    courses = await find.list_completed(session, person.id, today.year)
    trained = sum((allowance_due(one.days, one.allowance, rules) for one in courses), NOTHING)
    return Worker(person.area_code, person.household_class, work_area, started_on, trained)


async def _terms_of(session: ReadSession, scope: Scope, kind: str | None, now: datetime) -> SubsidyTerms:
    """For a list: what counts where the areas asked about begin. A single claim takes the person's own village."""
    first, today = scope.first_area(), local_date(now)
    policy, _ = await policies.in_force(session, KIND, first, today, LabourSubsidies)
    rules, _ = await get_training_rules(session, first, now)
    return SubsidyTerms(policy, rules.most_days, today, kind)
