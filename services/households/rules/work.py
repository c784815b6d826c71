"""Help to find work: which measures ask the jobs service, and which of them an arrival at work delivers."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

KIND = "employment"
TRAINING = "employment.training"
WITHOUT_JOB = frozenset({"employment.travel", "employment.public_post"})
"""Of its sub-kinds those that ask for no post on the labour market: a subsidy, a public-interest post."""
FAMILY = "employment"
"""Of checks."""


class Asking(NamedTuple):
    """A planned measure, or a check, that asks for work. `member_id` None: for whoever of the household can work."""

    id: UUID
    sub_kind: str | None
    member_id: UUID | None
    planned_on: date


def asks_for_work(kind: str, sub_kind: str | None) -> bool:
    """Whether a measure is for the jobs service to find."""
    return kind == KIND and sub_kind not in WITHOUT_JOB


def services_of(sub_kind: str | None) -> list[str]:
    """What it asks for (就业服务需求)."""
    return ["training"] if sub_kind == TRAINING else ["referral"]


def measure_ref(measure_id: UUID) -> str:
    """How the need is known to both services."""
    return f"measure:{measure_id}"


def check_ref(case_id: UUID) -> str:
    """The same, of a check."""
    return f"check:{case_id}"


def delivered_by(
    planned: Iterable[Asking], ref: str | None, member_id: UUID, on: date, *, training: bool
) -> Asking | None:
    """Which planned measure somebody's arrival at work, or the end of a course, delivers: the one that asked, else the
    oldest that may be theirs. What was planned after that day it cannot deliver."""
    fitting = [
        one
        for one in planned
        if (one.sub_kind == TRAINING) == training and one.planned_on <= on and one.member_id in (None, member_id)
    ]
    for one in fitting:
        if ref == measure_ref(one.id):
            return one
    return min(fitting, key=lambda one: (one.planned_on, one.id), default=None)
