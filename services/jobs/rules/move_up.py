"""The move-up queue (转岗), pure: why somebody who is out at work should get a better post, and how urgent it is.

Policy `move-up`. The speech: too many in odd, heavy, low-paid work; move them to better posts.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Literal

from shared.contracts.jobs_placement_policies import MoveUp

Reason = Literal["odd", "strength", "below_line", "below_median", "wants_change"]
"""零工, 体能型, 低于工资线, 低于本县同工种中位数, 本人要求转岗."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """Somebody's work this month. `wage`: yuan a month; `median`: of the county's people in the same trade, if known."""

    work_kind: str | None
    wage: Decimal | None
    wants_change: bool
    median: Decimal | None = None
    median_people: int = 0


@dataclass(frozen=True, slots=True)
class Urgency:
    """How urgent it is, the higher the sooner, and why. Without a reason nobody stands in the queue."""

    points: int
    reasons: tuple[Reason, ...]


def urgency_of(work: AtWork, policy: MoveUp) -> Urgency:
    """What speaks for a move, and how much."""
    found: dict[Reason, int] = {}
    weights = policy.weights
    if work.work_kind == "odd" and "odd" in policy.kinds:
        found["odd"] = weights.odd
    if work.work_kind == "strength" and "strength" in policy.kinds:
        found["strength"] = weights.strength
    if work.wage is not None and work.wage < policy.wage_line:
        found["below_line"] = _in_proportion(weights.below_line, work.wage, policy.wage_line)
    floor = _floor(work, policy)
    if work.wage is not None and floor is not None and work.wage < floor:
        found["below_median"] = _in_proportion(weights.below_median, work.wage, floor)
    if work.wants_change:
        found["wants_change"] = weights.wants_change
    return Urgency(sum(found.values()), tuple(found))


def _floor(work: AtWork, policy: MoveUp) -> Decimal | None:
    if work.median is None or work.median_people < policy.median_people:
        return None
    return work.median * policy.median_percent / 100


def _in_proportion(weight: int, wage: Decimal, line: Decimal) -> int:
    """The whole weight at nothing earned, none at the line; whole points, rounded up: below is below."""
    return ceil(weight * (line - wage) / line)
