"""Events of the alerts service: what the bureaus see coming."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Event

Severity = Literal["low", "medium", "high"]


class AlertRaised(Event):
    """A bureau's early warning (预警) was accepted."""

    type: ClassVar[str] = "alerts.alert-raised"
    topic: ClassVar[str] = "alerts.alert"
    title_zh: ClassVar[str] = "预警已受理"

    alert_id: UUID = Field(description="The alert, as the bureau sees it in its list")
    feed: str = Field(description="Code of the bureau's feed, e.g. `education.absence`")
    risk_family: str = Field(description="Kind of risk; alerts of one family merge into one case, e.g. `education`")
    severity: Severity = Field(description="As reported, or the feed's default")
    occurred_on: date = Field(description="Day on which it happened, by the bureau's word")
    reported_at: datetime = Field(description="When this system took the alert")
    area_code: str = Field(description="12 digits, as the bureau gave it")
    person_key: str | None = Field(description="Keyed hash of the ID number; null for an alert on a household")
    household_key: str | None = Field(description="Keyed hash of the national household code (户编号)")
    sealed: str = Field(
        description='base64; opens (purpose "alert") to {"person": {...}, "household": {...}, "evidence": {...}}'
    )

    @property
    def key(self) -> str:
        """All alerts on one person, or one household code, stay in order, within a lane."""
        return self.person_key or self.household_key or str(self.alert_id)


class AlertWorsened(AlertRaised):
    """Worse evidence came in on an alert that was raised before: look again, or sooner."""

    type: ClassVar[str] = "alerts.alert-worsened"
    title_zh: ClassVar[str] = "预警加重"

    evidence_id: UUID = Field(description="The evidence that is worse; `sealed`, days and severity are its own")


class AreaAlertRaised(Event):
    """A warning about whole areas (water cut, flood, price fall): every household there is concerned."""

    type: ClassVar[str] = "alerts.area-alert-raised"
    topic: ClassVar[str] = "alerts.alert"
    title_zh: ClassVar[str] = "区域预警已受理"

    alert_id: UUID = Field(description="The alert, as the bureau sees it in its list")
    feed: str = Field(description="Code of the bureau's feed, e.g. `water.supply`")
    risk_family: str = Field(description="Kind of risk, e.g. `water`")
    severity: Severity = Field(description="As reported, or the feed's default")
    occurred_on: date = Field(description="Day on which it happened, by the bureau's word")
    reported_at: datetime = Field(description="When this system took the alert")
    area_codes: list[str] = Field(description="12 digits each: villages, or townships with all their villages")
    natural_villages: list[str] = Field(description="Names of natural villages (自然村) within them; empty: all")
    sealed: str = Field(description='base64; opens (purpose "alert") to {"area": {...}, "evidence": {...}}')

    @property
    def key(self) -> str:
        """An area alert is in order with itself only."""
        return str(self.alert_id)


class AlertWithdrawn(Event):
    """The bureau took its alert back: it was sent in error."""

    type: ClassVar[str] = "alerts.alert-withdrawn"
    topic: ClassVar[str] = "alerts.alert"
    title_zh: ClassVar[str] = "预警已撤回"

    alert_id: UUID = Field(description="The alert that is withdrawn")
    subject_key: str = Field(description="The partition key of the alert that is withdrawn")
    withdrawn_at: datetime = Field(description="When the bureau said so")

    @property
    def key(self) -> str:
        """Behind the alert it takes back, and in its lane."""
        return self.subject_key


EVENTS = (AlertRaised, AlertWorsened, AreaAlertRaised, AlertWithdrawn)
