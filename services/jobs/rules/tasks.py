"""Labour tasks (任务): their kinds, and what may come of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import get_args
from uuid import UUID

from services.jobs.rules.placement_stay import Outcome


class TaskKind(StrEnum):
    """What is to be done."""

    CORRECT_ROW = "correct_row"  # by a comparison with an export
    COMPLETE_ROW = "complete_row"  # by a placement, or where the row has a minor at work
    PHONE_CHECK = "phone_check"
    STAY_CHECK = "stay_check"
    NEED_CALL = "need_call"


class TaskState(StrEnum):
    """What became of it."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


OUTCOMES: Mapping[str, frozenset[str]] = {
    TaskKind.CORRECT_ROW: frozenset({"corrected", "row_is_right", "not_reached"}),
    TaskKind.COMPLETE_ROW: frozenset({"completed", "row_is_right", "not_reached"}),
    TaskKind.PHONE_CHECK: frozenset({"agrees", "differs", "not_reached"}),
    TaskKind.STAY_CHECK: frozenset(get_args(Outcome)),
    TaskKind.NEED_CALL: frozenset({"still_wants", "wants_no_more", "not_reached"}),
}
"""By kind of task. `not_reached`: nobody answered (未联系上)."""


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task to be opened. `subject_id`: the row it is about; one open task of a kind for each."""

    kind: TaskKind
    area_code: str
    subject_id: UUID
    due_on: date
    person_id: UUID | None = None
    policy_id: UUID | None = None
