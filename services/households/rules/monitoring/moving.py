"""What a move brings along, and whether it may be made: order of days, who, evidence."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from services.households.rules.gate_facts import Vote
from services.households.rules.monitoring.clocks import Standing
from services.households.rules.monitoring.refusals import DayOutOfOrder, MoveIllegal, MoveNotYours
from services.households.rules.monitoring.states import Evidence, Move, find_move, missing
from shared.contracts.households import Level
from shared.contracts.monitoring import State
from shared.errors import Fault, InvalidInput

Way = Literal["helped", "natural"]
"""帮扶消除, 自然消除."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """A village's deliberation (民主评议). The text names people: it is stored sealed."""

    held_on: date
    attendees: int
    votes_for: int
    votes_against: int
    abstained: int
    text: str

    @property
    def carried(self) -> bool:
        """More for than against."""
        return self.votes_for > self.votes_against


@dataclass(frozen=True, slots=True)
class Brought:
    """The evidence of a move. `note` and `contact` are words: they are stored sealed."""

    visit_id: UUID | None = None
    visited_on: date | None = None
    signed_on: date | None = None
    compared_on: date | None = None
    minutes: Minutes | None = None
    way: Way | None = None
    contact: str | None = None
    note: str | None = None

    @property
    def vote(self) -> Vote | None:
        """As the gates count it."""
        return Vote(self.minutes.attendees, self.minutes.votes_for) if self.minutes else None

    def kinds(self) -> set[Evidence]:
        """What it amounts to."""
        found: dict[Evidence, bool] = {
            "visit": self.visit_id is not None or self.visited_on is not None,
            "signature": self.signed_on is not None,
            "comparison": self.compared_on is not None,
            "vote_for": self.minutes is not None and self.minutes.carried,
            "vote_against": self.minutes is not None and not self.minutes.carried,
            "note": self.note is not None,
            "way": self.way is not None,
            "contact": self.contact is not None,
        }
        return {kind for kind, there in found.items() if there}

    def days(self) -> list[date]:
        """Every day that is named."""
        held_on = self.minutes.held_on if self.minutes else None
        return [day for day in (self.visited_on, self.signed_on, self.compared_on, held_on) if day is not None]

    def plain(self) -> dict[str, Any]:
        """What is kept in clear: ids, days, numbers and codes."""
        minutes = self.minutes and {
            "held_on": self.minutes.held_on,
            "attendees": self.minutes.attendees,
            "votes_for": self.minutes.votes_for,
            "votes_against": self.minutes.votes_against,
            "abstained": self.minutes.abstained,
        }
        found = {
            "visit_id": self.visit_id,
            "visited_on": self.visited_on,
            "signed_on": self.signed_on,
            "compared_on": self.compared_on,
            "minutes": minutes,
            "way": self.way,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A move as somebody of that level asks for it, dated `on`."""

    to: State
    level: Level | None
    brought: Brought
    on: date


def judge(standing: Standing, wanted: Wanted, today: date) -> Move:
    """The move, when the table, the days and the evidence allow it; whether a gate stands before it is asked elsewhere.

    Raises `MoveIllegal`, `MoveNotYours`, `DayOutOfOrder`, and `InvalidInput` for missing evidence.
    """
    move = require_move(standing.state, wanted.to, wanted.level)
    require_order(wanted.on, standing.state_since, today)
    require_evidence(move, wanted.brought, wanted.on, standing.state_since)
    return move


def require_move(source: State, to: State, level: Level | None) -> Move:
    """The move, if the table has it and this level makes it; raises `MoveIllegal` or `MoveNotYours`."""
    move = find_move(source, to)
    if move is None:
        raise MoveIllegal(field="to")
    if level not in move.by:
        raise MoveNotYours(field="to")
    return move


def require_evidence(move: Move, brought: Brought, on: date, since: date) -> None:
    """Raise `InvalidInput` with everything that is missing, and with what had not happened yet on the day of the move.

    The village votes on what is before it: not before the day `since` when the case came to be deliberated.
    """
    faults = [Fault("evidence", f"case-needs-{kind.replace('_', '-')}") for kind in missing(move, brought.kinds())]
    if any(day > on for day in brought.days()):
        faults.append(Fault("evidence", "case-evidence-later"))
    votes = {"vote_for", "vote_against"} & set(move.needs)
    if votes and brought.minutes is not None and brought.minutes.held_on < since:
        faults.append(Fault("evidence", "case-vote-early"))
    if faults:
        raise InvalidInput(faults)


def require_order(on: date, state_since: date, today: date) -> None:
    """Raise `DayOutOfOrder` unless the move lies between the last one and today: no history is written backwards."""
    if not state_since <= on <= today:
        raise DayOutOfOrder(field="at", first=state_since.isoformat(), last=today.isoformat())
