"""A dropout case goes from one state to another, and what follows from that for the child and the household."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.households import events
from services.households.models import DropoutCase, DropoutMove, Household, Member
from services.households.queries import dropouts as find
from services.households.rules.schooling.states import FINAL, Cause, State, assured
from services.households.usecases.history import Act, note, place
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.security.principals import Principal
from shared.security.vault import Vault

NOTE = "dropout-note"
"""Purpose under which the words of moves and checks are sealed."""


@dataclass(frozen=True, slots=True)
class Step:
    """Why and when a case moves. `note` names people: it is stored sealed."""

    cause: Cause
    on: date
    by: UUID
    at: datetime
    ref: UUID | None = None
    note: str | None = None
    policy_id: UUID | None = None


def write_move(
    session: WriteSession, vault: Vault | None, case: DropoutCase, source: State | None, to: State, step: Step
) -> None:
    """The case stands in `to` now, with a line in its history. The move is legal: the caller has asked the table."""
    case.state, case.state_since = to, step.on
    case.version += 1
    case.updated_at = step.at
    session.add(
        DropoutMove(
            id=new_id(),
            case_id=case.id,
            area_code=case.area_code,
            from_state=source,
            to_state=to,
            cause=step.cause,
            ref=step.ref,
            happened_on=step.on,
            at=step.at,
            by=step.by,
            policy_id=step.policy_id,
            note_sealed=vault.seal(step.note.encode(), NOTE) if vault and step.note else None,
        )
    )


async def settle(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    case: DropoutCase,
    member: Member,
    household: Household,
    now: datetime,
) -> None:
    """After a move of locked rows: the assurance (义务教育有保障), and the word to others when the case is over."""
    await session.flush()
    if case.state in FINAL:
        await emit(session, events.dropout_closed(case, member))
    met = assured(await find.list_states(session, household.id))
    before = household.schooling_met
    # What somebody found on a visit is not turned to "yes" by a case that never said "no".
    if before == met or (met and before is None) or household.dissolved_on is not None:
        return
    household.schooling_met = met
    household.version += 1
    household.updated_at = now
    act = Act(vault, who.id, now, "system")
    note(session, act.line(place(household), "changed", {"schooling_met": (before, met)}))
    await session.flush()
