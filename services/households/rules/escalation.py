"""What happens to a task nobody does: it is marked overdue once, then raised (超期上报) level by level.

It stays with its desk all the time: a late task can still be done by those it was given to.
"""

from dataclasses import dataclass
from datetime import datetime

from services.households.rules.desks import LEVELS
from shared.contracts.households import Level
from shared.contracts.policies import TaskEscalation


@dataclass(frozen=True, slots=True)
class Waiting:
    """An overdue task that is still open. `raised_to` is the level that asks after it now, if any."""

    level: Level
    raised_to: Level | None
    due_at: datetime

    @property
    def at(self) -> Level:
        """The highest level that knows of it."""
        return self.raised_to or self.level


def is_overdue(due_at: datetime, now: datetime) -> bool:
    """Deadlines are the first moment that is too late."""
    return now >= due_at


def raise_to(task: Waiting, policy: TaskEscalation, now: datetime) -> Level | None:
    """The next level, when its time has come; one level at a time, so that each gets its chance.

    Both spans run from the deadline, not from the step before.
    """
    if task.at == LEVELS[-1]:
        return None
    upper = LEVELS[LEVELS.index(task.at) + 1]
    span = policy.to_township if upper == "township" else policy.to_county
    return upper if now >= span.after(task.due_at) else None
