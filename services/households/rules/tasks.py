"""What may be done with a task in which state: open → accepted → done or cancelled. Overdue is a mark, never a lock."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from shared.errors import Conflict, DateInFuture, Invalid, NotFound

CLOCK_SKEW = timedelta(minutes=10)
"""How far a visitor's phone may go ahead."""


class TaskNotFound(NotFound):
    """No such task within the asker's areas."""

    code: ClassVar[str] = "task-not-found"


class CaseNotFound(NotFound):
    """No such case within the asker's areas."""

    code: ClassVar[str] = "case-not-found"


class AlertUnknown(NotFound):
    """An alert was withdrawn that never came here."""

    code: ClassVar[str] = "alert-unknown"


class TaskAlreadyClosed(Conflict):
    """The task is done or cancelled: nothing can be added to what was decided."""

    code: ClassVar[str] = "task-already-closed"


class TaskTaken(Conflict):
    """Somebody else has accepted the task."""

    code: ClassVar[str] = "task-taken"


class TaskIsStayCheck(Conflict):
    """The task is about a child who came back to school: it is answered at the dropout case."""

    code: ClassVar[str] = "task-is-stay-check"


class AccountUnknown(Invalid):
    """No active account has that id."""

    code: ClassVar[str] = "account-unknown"


class VisitUnknown(Invalid):
    """The verdict names a visit that was not made for this task."""

    code: ClassVar[str] = "visit-unknown"


class VisitIdReused(Conflict):
    """Another visit was sent under this id."""

    code: ClassVar[str] = "visit-id-reused"


def require_active(state: str) -> None:
    """Raise `TaskAlreadyClosed` unless the task is open or accepted."""
    if state not in ("open", "accepted"):
        raise TaskAlreadyClosed


def require_check(dropout_case_id: UUID | None) -> None:
    """Raise `TaskIsStayCheck` unless the task is the check of an alert."""
    if dropout_case_id is not None:
        raise TaskIsStayCheck


def require_free(assignee_id: UUID | None, who_id: UUID) -> None:
    """Raise `TaskTaken` when the task is in somebody else's hands."""
    if assignee_id not in (None, who_id):
        raise TaskTaken


def require_past(visited_at: datetime, now: datetime) -> None:
    """Raise `DateInFuture` for a visit that is still to come."""
    if visited_at > now + CLOCK_SKEW:
        raise DateInFuture(field="visited_at")
