"""Events of the alerts service: what the bureaus see coming."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Event

Severity = Literal["low", "medium", "high"]


class AlertRaised(Event):
    """A bureau's early warning (预警) was accepted."""

    type: ClassVar[str] = "alerts.alert-raised"
    topic: ClassVar[str] = "alerts.alert"

    alert_id: UUID
    feed: str  # "education.absence"
    risk_family: str  # "education"
    severity: Severity
    occurred_on: date
    reported_at: datetime
    area_code: str  # 12 digits, as the bureau gave it
    person_key: str | None  # keyed hash of the ID number
    household_key: str | None  # keyed hash of the national household code (户编号)
    sealed: str  # base64; opens (purpose "alert") to {"person": {...}, "household": {...}, "evidence": {...}}

    @property
    def key(self) -> str:
        """All alerts on one person, or one household code, stay in order."""
        return self.person_key or self.household_key or str(self.alert_id)


class AlertWithdrawn(Event):
    """The bureau took its alert back: it was sent in error."""

    type: ClassVar[str] = "alerts.alert-withdrawn"
    topic: ClassVar[str] = "alerts.alert"

    alert_id: UUID
    subject_key: str  # the key of the alert that is withdrawn
    withdrawn_at: datetime

    @property
    def key(self) -> str:
        """Behind the alert it takes back."""
        return self.subject_key


EVENTS = (AlertRaised, AlertWithdrawn)
