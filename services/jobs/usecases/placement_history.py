"""How a placement comes to a state: its day, its clock, a line of its history."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.jobs.models import Placement, PlacementMove
from services.jobs.rules.placement_states import Cause, State
from services.jobs.usecases.placement_clocks import Clocks
from services.jobs.usecases.sealing import seal_text
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security.vault import Vault

NOTE = "placement-note"
"""Purpose under which the words of moves and calls are sealed."""


@dataclass(frozen=True, slots=True)
class Step:
    """What makes a move: the cause, the day it happened, by whom and when it was entered; `note` is sealed."""

    cause: Cause
    on: date
    by: UUID
    at: datetime
    reason: str | None = None
    ref: UUID | None = None
    note: str | None = None
    policy_id: UUID | None = None


def go(session: WriteSession, vault: Vault, placement: Placement, to: State, clocks: Clocks, step: Step) -> None:
    """Come to a state, with its day, its clock and a line of history. What else follows, is the caller's."""
    source = placement.state
    placement.state, placement.state_since = to, step.on
    setattr(placement, f"{to}_on", step.on)
    if to == "refused":
        placement.refused_reason = step.reason
    elif to == "ended":
        placement.ended_reason = step.reason
        placement.call_mark = placement.call_on = placement.call_attempt = None
    placement.version += 1
    placement.updated_at = step.at
    clocks.start(placement)
    write_move(session, vault, placement, source, step)


def write_move(session: WriteSession, vault: Vault, placement: Placement, source: State | None, step: Step) -> None:
    """A line, for the state the placement has come to."""
    line = PlacementMove(
        id=new_id(),
        placement_id=placement.id,
        area_code=placement.area_code,
        from_state=source,
        to_state=placement.state,
        cause=step.cause,
        reason=step.reason,
        ref=step.ref,
        happened_on=step.on,
        at=step.at,
        by=step.by,
        policy_id=step.policy_id,
        note_sealed=seal_text(vault, step.note, NOTE),
    )
    session.add(line)
