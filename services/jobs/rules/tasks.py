"""Labour tasks: what may come of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

OUTCOMES: Mapping[str, frozenset[str]] = {
    "correct_row": frozenset({"corrected", "row_is_right", "not_reached"}),
    "complete_row": frozenset({"completed", "row_is_right", "not_reached"}),
    "phone_check": frozenset({"agrees", "differs", "not_reached"}),
    "stay_check": frozenset({"same_post", "better_post", "other_employer", "home_without_work", "not_reached"}),
    "need_call": frozenset({"still_wants", "wants_no_more", "not_reached"}),
}
"""By kind of task. `not_reached`: nobody answered (未联系上)."""


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task to be opened. `subject_id`: the row it is about; one open task of a kind for each."""

    kind: str
    area_code: str
    subject_id: UUID
    due_on: date
    person_id: UUID | None = None
    policy_id: UUID | None = None
