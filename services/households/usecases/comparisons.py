"""Information comparison (信息比对): the household signs, bureaus are asked of its assets, and answer yes or no.

A bureau sees whom a question is about only to answer it: the name and the ID number are shown once one asks for them,
which is on record, and not any more when the answer is there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.households.models import AssetAnswer, Authorisation, ComparisonTicket, Member, MonitoringCase
from services.households.queries import comparisons as find
from services.households.queries.comparisons import TicketRow
from services.households.queries.monitoring import lock_case
from services.households.rules import comparisons as rules
from services.households.rules.monitoring.states import ASKED
from services.households.usecases.gates import load_terms
from services.households.usecases.sealing import ID_NUMBER
from shared.clock import local_date
from shared.contracts.gate_policies import AssetComparison
from shared.db.engine import WriteSession
from shared.errors import DateInFuture
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal, Role
from shared.security.vault import Vault

SIGNER = "authorisation"
"""Purpose under which the signer's name is sealed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed the authorisation when (the name is stored sealed), and the scan's SHA-256, if there is one."""

    signer: str
    member_id: UUID | None
    signed_on: date
    scan_sha256: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom a question is about, in clear."""

    name: str
    id_number: str


async def record_authorisation(
    session: WriteSession, vault: Vault, who: Principal, case_id: UUID, told: Signature, now: datetime
) -> Authorisation:
    """Keep that the household signed (承诺授权查询书)."""
    case = (await lock_case(session, who.scope, case_id)).case
    if case.state not in ASKED:
        raise rules.CaseNotCompared
    if told.signed_on > local_date(now):
        raise DateInFuture(field="signed_on")
    if told.member_id is not None and not await find.list_people(
        session, who.scope, case.household_id, [told.member_id]
    ):
        raise rules.SignerElsewhere(field="member_id")
    signed = Authorisation(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        round=case.round,
        member_id=told.member_id,
        signer_sealed=vault.seal(told.signer.encode(), SIGNER),
        signed_on=told.signed_on,
        scan_sha256=told.scan_sha256,
        recorded_by=who.id,
        recorded_at=now,
    )
    session.add(signed)
    await session.flush()
    await audit.record(session, who, "authorisation:record", case.id, area_code=case.area_code)
    return signed


async def ask_bureaus(
    session: WriteSession,
    who: Principal,
    case_id: UUID,
    member_ids: Collection[UUID] | None,
    kinds: Collection[str] | None,
    now: datetime,
) -> Sequence[TicketRow]:
    """Ask for people of the household, everybody old enough unless named, of each kind, the required ones unless named.

    What was asked already is not asked again. Returns the new questions.
    """
    case = (await lock_case(session, who.scope, case_id)).case
    if case.state not in ASKED:
        raise rules.CaseNotCompared
    today = local_date(now)
    signed = await find.find_authorisation(session, case, today)
    if signed is None:
        raise rules.NotAuthorised
    in_force = await load_terms(session, case.area_code, today)
    policy = in_force.terms.comparison
    wanted = sorted(set(policy.required if kinds is None else kinds))
    rules.require_kinds(wanted, policy.kinds)
    people = await _people(session, who, case, member_ids, policy, today)
    asked = await find.find_asked(session, case)
    rows = [
        TicketRow(
            _ticket(who, case, member, kind, policy, in_force.policy_ids["asset-comparison"], signed, now), member
        )
        for member in people
        for kind in wanted
        if (member.id, kind) not in asked
    ]
    session.add_all(row.ticket for row in rows)
    await session.flush()
    await audit.record(session, who, "comparison:ask", case.id, area_code=case.area_code, count=len(rows))
    return rows


async def _people(
    session: WriteSession,
    who: Principal,
    case: MonitoringCase,
    member_ids: Collection[UUID] | None,
    policy: AssetComparison,
    today: date,
) -> list[Member]:
    found = await find.list_people(session, who.scope, case.household_id, member_ids)
    grown = [member for member in found if rules.is_old_enough(member.birth_on, policy.min_age, today)]
    if member_ids is not None and len(grown) < len(set(member_ids)):
        raise rules.PersonNotAsked(field="member_ids", age=policy.min_age)
    if not grown:
        raise rules.NobodyToAsk(age=policy.min_age)
    return grown


def _ticket(
    who: Principal,
    case: MonitoringCase,
    member: Member,
    kind: str,
    policy: AssetComparison,
    policy_id: UUID,
    signed: Authorisation,
    now: datetime,
) -> ComparisonTicket:
    today = local_date(now)
    return ComparisonTicket(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        round=case.round,
        member_id=member.id,
        kind=kind,
        feed=policy.kinds[kind].feed,
        state="open",
        authorisation_id=signed.id,
        policy_id=policy_id,
        asked_on=today,
        due_on=policy.due_on(kind, today),
        version=1,
        asked_by=who.id,
        asked_at=now,
    )


async def reveal_person(session: WriteSession, vault: Vault, who: Principal, ticket_id: UUID) -> Shown:
    """Whom an open question is about. Who looked is on record before it is shown."""
    row = await find.get_ticket(session, who.scope, feeds_of(who), ticket_id)
    _require_open(row.ticket)
    ticket, member = row.ticket, row.member
    await audit.record(session, who, "comparison:reveal", ticket.id, area_code=ticket.area_code, kind=ticket.kind)
    return Shown(member.name, vault.open(member.id_number_sealed, ID_NUMBER).decode())


async def answer_ticket(
    session: WriteSession, who: Principal, ticket_id: UUID, answer: AssetAnswer, now: datetime
) -> TicketRow:
    """A bureau says yes or no, and nothing else. Late is better than never; the same again changes nothing."""
    row = await find.lock_ticket(session, who.scope, feeds_of(who), ticket_id)
    ticket = row.ticket
    if ticket.state == "answered" and (ticket.answer, ticket.answered_by) == (answer, who.id):
        return row
    _require_open(ticket)
    ticket.state, ticket.answer = "answered", answer
    ticket.answered_at, ticket.answered_by = now, who.id
    ticket.version += 1
    await audit.record(session, who, "comparison:answer", ticket.id, area_code=ticket.area_code, kind=ticket.kind)
    return row


async def withdraw_ticket(session: WriteSession, who: Principal, ticket_id: UUID) -> TicketRow:
    """A question that was put by mistake; the gate counts it as not asked."""
    row = await find.lock_ticket(session, who.scope, feeds_of(who), ticket_id)
    _require_open(row.ticket)
    row.ticket.state = "withdrawn"
    row.ticket.version += 1
    await audit.record(session, who, "comparison:withdraw", ticket_id, area_code=row.ticket.area_code)
    return row


def feeds_of(who: Principal) -> frozenset[str] | None:
    """Which questions an account may see: a bureau those of its feeds, the others those of their areas."""
    return who.feeds if who.role is Role.BUREAU else None


def _require_open(ticket: ComparisonTicket) -> None:
    if ticket.state != "open":
        raise rules.TicketClosed
