"""The check before a risk is called gone (消除核查): what somebody found who was there."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.households.models import EliminationCheck
from services.households.queries.monitoring import lock_case
from services.households.usecases.consequences import follow_up
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.errors import Conflict, DateInFuture
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

CHECK = "elimination-check"
"""Purpose under which the contact and the words are sealed."""
_STATES = ("elimination_check", "elimination_deliberation", "elimination_notice")


class CaseNotChecked(Conflict):
    """The case does not stand at its elimination check."""

    code: ClassVar[str] = "case-not-checked"


@dataclass(frozen=True, slots=True)
class Contact:
    """Who keeps in touch with the household afterwards (监测联系人)."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `contact` and `note` name people: they are stored sealed."""

    checked_on: date
    income_stable: bool
    spending_solved: bool
    manner: Literal["helped", "natural"]
    contact: Contact | None
    note: str | None


async def record_elimination_check(
    session: WriteSession, vault: Vault, who: Principal, case_id: UUID, found: Found, now: datetime
) -> EliminationCheck:
    """Keep what was found; of several the last counts, until the case is sent back."""
    case = (await lock_case(session, who.scope, case_id)).case
    if case.state not in _STATES:
        raise CaseNotChecked
    if found.checked_on > local_date(now):
        raise DateInFuture(field="checked_on")
    contact = {"name": found.contact.name, "phone": found.contact.phone} if found.contact else None
    check = EliminationCheck(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        round=case.round,
        checked_on=found.checked_on,
        income_stable=found.income_stable,
        spending_solved=found.spending_solved,
        manner=found.manner,
        has_contact=contact is not None,
        sealed=vault.seal_json({"contact": contact, "note": found.note}, CHECK),
        recorded_by=who.id,
        recorded_at=now,
    )
    session.add(check)
    await session.flush()
    await audit.record(session, who, "elimination-check:record", case.id, area_code=case.area_code)
    await follow_up(session, vault, who, [case.household_id], now, income=False)
    return check
