"""A placement (介绍安置) in one table: its states, the legal moves, and what makes each.

referred 已介绍 → offered 拟录用 → accepted 本人同意 / refused 未成 → placed 待到岗 → arrived 已到岗 → ended 已离岗.
Source: issue 5, Posts and matching; "still there at 30, 90, 180 days" (稳岗率) is of docs/placements.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, get_args

from services.jobs.rules.placement_refusals import PlacementDayOutOfOrder, PlacementMoveIllegal
from services.jobs.rules.placement_refusing import Lesson
from shared.contracts.jobs_placement_policies import PlacementClocks
from shared.errors import Fault, InvalidInput

State = Literal["referred", "offered", "accepted", "refused", "placed", "arrived", "ended"]
Cause = Literal["hand", "trip", "other_post", "stay_check", "moved_on", "underage"]
"""By hand; present on a trip; the person took another post; a call; arrived at another post; found to be under 16."""
Need = Literal["reason", "wage"]
"""What a move has to bring."""

STATES: tuple[State, ...] = get_args(State)
FINAL: tuple[State, ...] = ("refused", "ended")
LIVE: tuple[State, ...] = tuple(state for state in STATES if state not in FINAL)
PROPOSED: tuple[State, ...] = ("referred", "offered")
"""Nobody has promised anything; a person may be proposed for several posts at once."""
BOUND: tuple[State, ...] = ("accepted", "placed")
"""Holds an opening of the post; a person is bound to one post at most."""

THERE: tuple[State, ...] = ("arrived",)
"""At work; a person is at one post at a time."""
BEGUN: State = "referred"

HAND: tuple[Cause, ...] = ("hand",)


@dataclass(frozen=True, slots=True)
class Move:
    """One legal move. `on`: what makes it; `needs`: what it has to bring."""

    source: State
    to: State
    on: tuple[Cause, ...] = HAND
    needs: tuple[Need, ...] = ()


MOVES: tuple[Move, ...] = (
    Move("referred", "offered"),
    Move("offered", "accepted", needs=("wage",)),
    Move("accepted", "placed", ("hand", "trip")),
    Move("placed", "arrived", needs=("wage",)),
    *(Move(state, "refused", ("hand", "other_post", "underage"), ("reason",)) for state in PROPOSED),
    Move("accepted", "refused", ("hand", "underage"), ("reason",)),
    Move("placed", "ended", ("hand", "underage"), ("reason",)),
    Move("arrived", "ended", ("hand", "stay_check", "moved_on", "underage"), ("reason",)),
)
"""All of them; each pair of states once."""

_BY_PAIR: Mapping[tuple[State, State], Move] = {(move.source, move.to): move for move in MOVES}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A move as somebody asks for it. `wage` in yuan a month; `note` is sealed; `lesson` of a refusal;
    `industry` (GB/T 4754) of an arrival, for the ledger."""

    to: State
    on: date
    reason: str | None = None
    wage: Decimal | None = None
    note: str | None = None
    lesson: Lesson | None = None
    industry: str | None = None


def moves_from(source: State) -> list[Move]:
    """The legal moves out of a state, in the table's order."""
    return [move for move in MOVES if move.source == source]


def require_move(source: State, to: State, cause: Cause) -> Move:
    """The move, if the table has it and `cause` makes it; raises `PlacementMoveIllegal`."""
    move = _BY_PAIR.get((source, to))
    if move is None or cause not in move.on:
        raise PlacementMoveIllegal(field="to")
    return move


def require_brought(move: Move, *, reason: str | None, wage: object | None) -> None:
    """Raise `InvalidInput` with everything the move needs and does not bring, or brings and has no use for."""
    brought = {"reason": reason is not None, "wage": wage is not None}
    faults = [Fault(need, f"placement-needs-{need}") for need in move.needs if not brought[need]]
    if reason is not None and "reason" not in move.needs:
        faults.append(Fault("reason", "placement-reason-without-need"))
    if faults:
        raise InvalidInput(faults)


def require_order(on: date, state_since: date, today: date) -> None:
    """Raise `PlacementDayOutOfOrder` unless the move lies between the last one and today."""
    if not state_since <= on <= today:
        raise PlacementDayOutOfOrder(field="on", first=state_since.isoformat(), last=today.isoformat())


def due_on(state: State, since: date, clocks: PlacementClocks) -> date | None:
    """The last day for the next move that is in time; None where the policy sets no clock."""
    days = {str(name): days for name, days in clocks.states.items()}.get(state)
    return None if days is None else since + timedelta(days=days)
