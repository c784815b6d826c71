"""What of a case's history belongs to the round that runs: what was seen before it was sent back counts no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.households.rules.gate_facts import Vote
from services.households.rules.monitoring.states import CLOSED
from services.households.rules.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a case in its present round, oldest first in a sequence."""

    to_state: str
    at: datetime
    evidence: Mapping[str, Any]
    from_state: str | None = None


ROAD = {
    "identification": ("visit_check", "notice"),
    "elimination": ("elimination_check", "elimination_notice"),
}
"""Of each half of the road: where it begins anew when it is sent back, and where the village publishes."""


def half_of(state: str) -> NoticeKind:
    """Whether a state lies on the road in, or on the road out."""
    return "elimination" if state.startswith("eliminat") else "identification"


def entered(steps: Sequence[Step], state: str) -> datetime | None:
    """When the case last came to a state."""
    return next((step.at for step in reversed(steps) if step.to_state == state), None)


def withdrawn(steps: Sequence[Step]) -> datetime | None:
    """When its elimination was last withdrawn (回退): the risk never went, so that help and watching begin anew."""
    back = [step.at for step in steps if step.to_state == "monitored" and step.from_state in CLOSED]
    return back[-1] if back else None


def times_entered(steps: Sequence[Step], state: str) -> int:
    """How often it came there."""
    return sum(1 for step in steps if step.to_state == state)


def _since_beginning(steps: Sequence[Step], half: str) -> Sequence[Step]:
    first, _ = ROAD[half]
    places = [place for place, step in enumerate(steps) if step.to_state == first]
    return steps[places[-1] :] if places else steps


def vote_of(steps: Sequence[Step], half: str) -> Vote | None:
    """The deliberation that led to the notice, if the village has voted since the road began anew."""
    _, notice = ROAD[half]
    for step in reversed(_since_beginning(steps, half)):
        minutes = step.evidence.get("minutes")
        if step.to_state == notice and isinstance(minutes, Mapping):
            return Vote(int(minutes["attendees"]), int(minutes["votes_for"]))
    return None


def brought_visits(steps: Sequence[Step], half: str) -> set[UUID]:
    """The visits on record that moves since then named; a day that is only said is none."""
    named = [step.evidence.get("visit_id") for step in _since_beginning(steps, half)]
    return {UUID(str(visit_id)) for visit_id in named if visit_id}
