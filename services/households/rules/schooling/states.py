"""The case of one child who dropped out, in one table: its states, the legal moves, who or what makes each.

Source: docs/field.md, Local terms, 控辍保学. "Back" counts only while the checks after the return hold: nobody moves a
case to `stable` by hand, and one absence undoes a return.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from services.households.rules.schooling.refusals import DropoutMoveIllegal, DropoutMoveNotYours
from shared.contracts.households import Level

State = Literal["found", "persuading", "returned", "again_absent", "home_taught", "stable", "exempt"]
"""已发现, 劝返中, 已返校（稳定核查中）, 再次失学, 送教上门, 稳定就学, 不再属控辍对象."""

Cause = Literal["opening", "visit", "hand", "check", "alert", "register"]
"""What made a move: the case was opened, a persuasion visit, somebody, a check after the return, a bureau's alert, the
register (of age, dead, gone from the county)."""

STATES: tuple[State, ...] = get_args(State)
OUT: tuple[State, ...] = ("found", "persuading", "again_absent")
"""The child is in no school: the dropout ledger (辍学台账), persuasion and the legal steps are about these."""
FINAL: tuple[State, ...] = ("stable", "exempt")
"""The case is over; a child who drops out once more gets another one. What ended because the child left the register goes
on where it stood when the child is in it again."""
ACTIVE: tuple[State, ...] = tuple(state for state in STATES if state not in FINAL)

ANYBODY: tuple[Level, ...] = ("village", "township", "county")
ABOVE: tuple[Level, ...] = ("township", "county")
NOBODY: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One legal move. `by`: the levels that make it by hand; `on`: what makes it beside that."""

    source: State
    to: State
    by: tuple[Level, ...] = NOBODY
    on: tuple[Cause, ...] = ()


MOVES: tuple[Move, ...] = (
    Move("found", "persuading", on=("visit",)),
    Move("again_absent", "persuading", on=("visit",)),
    *(Move(state, "returned", ANYBODY) for state in (*OUT, "home_taught")),
    Move("returned", "again_absent", ANYBODY, ("check", "alert")),
    Move("returned", "stable", on=("check",)),
    *(Move(state, "home_taught", ABOVE) for state in OUT),
    Move("home_taught", "persuading", ABOVE),
    *(Move(state, "exempt", ABOVE, ("register",)) for state in ACTIVE),
    *(Move("exempt", state, on=("register",)) for state in ACTIVE),  # who had left the register is in it again
)
"""All of them; each pair of states once."""

_BY_PAIR = {(move.source, move.to): move for move in MOVES}


def require_move(source: State, to: State, cause: Cause, level: Level | None = None) -> Move:
    """The move, if the table has it and `cause`, or by hand the level, makes it.

    Raises `DropoutMoveIllegal` and `DropoutMoveNotYours`.
    """
    move = _BY_PAIR.get((source, to))
    if move is None or (cause == "hand" and not move.by) or (cause != "hand" and cause not in move.on):
        raise DropoutMoveIllegal(field="to")
    if cause == "hand" and level not in move.by:
        raise DropoutMoveNotYours(field="to")
    return move


def assured(states: Collection[State]) -> bool:
    """Whether schooling is assured (义务教育有保障), by the states of a household's cases.

    A return counts once it is stable: until then nobody shall call the household's risk gone.
    """
    return all(state in (*FINAL, "home_taught") for state in states)
