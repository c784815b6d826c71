"""When alerts are one case: the same subject and the same kind of risk, close enough in time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.households.rules.desks import Desk, desk_for
from shared.areas import AreaCode
from shared.contracts.policies import Span


@dataclass(frozen=True, slots=True)
class Residence:
    """Where a known person or household is registered."""

    household_id: UUID
    area_code: AreaCode


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an alert is about: a household of ours, or a key that nobody here has."""

    key: str
    household_id: UUID | None
    desk: Desk

    @property
    def area_code(self) -> AreaCode:
        """The area of the case: the household's, or of the desk that looks for an unknown person."""
        return self.desk.area_code


@dataclass(slots=True)
class OpenCase:
    """A case that waits for its check."""

    case_id: UUID
    task_id: UUID
    subject_key: str
    area_code: str
    due_at: datetime
    last_evidence_at: datetime


def subject_of(residence: Residence | None, unknown_key: str, alert_area: AreaCode) -> Subject:
    """The household where it is known, else the key the alert came with."""
    if residence is None:
        return Subject(unknown_key, None, desk_for(None, alert_area))
    return Subject(str(residence.household_id), residence.household_id, desk_for(residence.area_code, alert_area))


def joins(case: OpenCase, reported_at: datetime, window: Span) -> bool:
    """Whether an alert belongs to the open case: it came within the window after the case's last evidence.

    An alert that was overtaken on its way, and is older than evidence the case has, belongs to it as well.
    """
    return reported_at < window.after(case.last_evidence_at)
