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
    subject_key: str = Field(description="The partition key of the alert that got worse")

    @property
    def key(self) -> str:
        """Behind the alert it belongs to, which may be about somebody else of the household."""
        return self.subject_key


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


class AreaAlertWorsened(AreaAlertRaised):
    """Worse came in on a warning about areas that was raised before: those areas look again, or sooner."""

    type: ClassVar[str] = "alerts.area-alert-worsened"
    title_zh: ClassVar[str] = "区域预警加重"

    evidence_id: UUID = Field(description="The evidence that is worse; areas, `sealed`, days and severity are its own")


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


class EvidenceWithdrawn(Event):
    """One evidence of an alert was sent in error; the alert stands on what is left."""

    type: ClassVar[str] = "alerts.evidence-withdrawn"
    topic: ClassVar[str] = "alerts.alert"
    title_zh: ClassVar[str] = "预警证据已撤回"

    alert_id: UUID = Field(description="The alert, which stands")
    evidence_id: UUID = Field(description="The evidence that is withdrawn; the alert's own id: its first one")
    subject_key: str = Field(description="The partition key of the alert")
    withdrawn_at: datetime = Field(description="When the bureau said so")

    @property
    def key(self) -> str:
        """Behind the alert it belongs to."""
        return self.subject_key


class ReportDue(Event):
    """A bureau's report for a period is due soon, or was due and nothing came: neither alert nor zero report."""

    type: ClassVar[str] = "alerts.report-due"
    topic: ClassVar[str] = "alerts.calendar"
    title_zh: ClassVar[str] = "报送到期提醒"

    bureau: str = Field(description="Organisation code of the bureau that owes the report")
    feed: str = Field(description="Code of its feed, e.g. `medical.cost`")
    period: str = Field(description="Period: `2026-03-02`, `2026-03-T1` (旬), `2026-03`, `2026-Q1`, `2026-S1` (学期)")
    area_prefix: str = Field(description="The county whose report it is, 6 digits")
    due_on: date = Field(description="Last day that is in time, by the calendar in China")
    when: Literal["before", "after"] = Field(description="after: the due day has passed in silence")
    days: int = Field(description="Days before or after the due day, on the day of the reminder")
    policy_id: UUID = Field(description="Version of the `feed-reminder` policy that asks for it")

    @property
    def key(self) -> str:
        """Reminders of one feed stay in order."""
        return self.feed


class ContradictionFound(Event):
    """A bureau reported zero (零报告) for a period, and an alert says otherwise."""

    type: ClassVar[str] = "alerts.contradiction-found"
    topic: ClassVar[str] = "alerts.calendar"
    title_zh: ClassVar[str] = "零报告与预警矛盾"

    contradiction_id: UUID = Field(description="The contradiction, as it is listed")
    zero_report_id: UUID = Field(description="The zero report that is contradicted")
    bureau: str = Field(description="Organisation code of the bureau that reported zero")
    feed: str = Field(description="Code of its feed")
    period: str = Field(description="Period that was reported as empty")
    kind: Literal["own_alert", "confirmed_elsewhere"] = Field(
        description="own_alert: the feed itself brought an alert of that period; confirmed_elsewhere: a household's "
        "own request, a patrol or a transfer of the feed's risk family was confirmed by a check"
    )
    alert_id: UUID = Field(description="The alert that contradicts")
    found_at: datetime = Field(description="When that was noticed")

    @property
    def key(self) -> str:
        """In order with the reminders of the feed."""
        return self.feed


class PhoneCodeIssued(Event):
    """A household asked for a code to report by phone. Whoever runs a text message gateway sends it on."""

    type: ClassVar[str] = "alerts.phone-code-issued"
    topic: ClassVar[str] = "alerts.phone-code"
    title_zh: ClassVar[str] = "申报验证码已签发"

    code_id: UUID = Field(description="This sending; a gateway that sees it twice sends once")
    sealed: str = Field(description='base64; opens (purpose "phone-code") to {"phone": ..., "code": ...}')
    expires_at: datetime = Field(description="From then on the code is refused; no use to send it later")

    @property
    def key(self) -> str:
        """A code is in order with itself only."""
        return str(self.code_id)


class AlertExpired(Event):
    """Nobody answered an alert for so long that an answer would tell nothing any more."""

    type: ClassVar[str] = "alerts.alert-expired"
    topic: ClassVar[str] = "alerts.alert"
    title_zh: ClassVar[str] = "预警已过期"

    alert_id: UUID = Field(description="The alert that is over")
    subject_key: str = Field(description="The partition key of the alert")
    expired_at: datetime = Field(description="When that was noticed")

    @property
    def key(self) -> str:
        """Behind the alert it ends."""
        return self.subject_key


class AccountAsked(Event):
    """The alerts service asks what became of alerts that it takes for open, so that the books balance."""

    type: ClassVar[str] = "alerts.account-asked"
    topic: ClassVar[str] = "alerts.account"
    title_zh: ClassVar[str] = "预警对账请求"

    check_id: UUID = Field(description="This question; the answer names it")
    alert_ids: list[UUID] = Field(min_length=1, max_length=1000, description="Alerts that nobody has answered yet")
    asked_at: datetime = Field(description="When it was asked")

    @property
    def key(self) -> str:
        """Each question stands alone."""
        return str(self.check_id)


EVENTS = (
    AlertRaised,
    AlertWorsened,
    AreaAlertRaised,
    AreaAlertWorsened,
    AlertWithdrawn,
    EvidenceWithdrawn,
    AlertExpired,
    AccountAsked,
    ReportDue,
    ContradictionFound,
    PhoneCodeIssued,
)
