"""What the body of each kind of policy (政策参数) holds. The directory checks a body by this before it publishes."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.clock import end_of_day, local_date
from shared.contracts.alerts import Severity
from shared.contracts.households import Verdict


class Span(BaseModel):
    """A span of time: whole calendar days, ending with the last day (北京时间), or hours to the minute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, Field(ge=0, le=3650)] | None = None
    hours: Annotated[float, Field(ge=0, le=87600)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.days is None) == (self.hours is None):
            raise ValueError("give days or hours")
        return self

    def after(self, moment: datetime) -> datetime:
        """When the span that begins at `moment` is over."""
        if self.days is not None:
            return end_of_day(local_date(moment) + timedelta(days=self.days))
        assert self.hours is not None
        return moment + timedelta(hours=self.hours)


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeadlineRule(_Body):
    """A deadline for a feed, a severity, or both; what is left out matches all."""

    feed: str | None = None
    severity: str | None = None
    due: Span


class TaskDeadline(_Body):
    """`task-deadline` (核查任务时限): the first rule that fits counts, `default` where none does."""

    default: Span
    rules: list[DeadlineRule] = []

    def span(self, feed: str, severity: str) -> Span:
        """The time a village has to check an alert of this feed and severity."""
        for rule in self.rules:
            if rule.feed in (None, feed) and rule.severity in (None, severity):
                return rule.due
        return self.default


class TaskEscalation(_Body):
    """`task-escalation` (超期上报): how long after its deadline an open task goes to the township, then the county."""

    to_township: Span
    to_county: Span


class CaseMerge(_Body):
    """`case-merge` (预警合并): alerts on one household and risk this close together are one case."""

    window: Span


class TriageRule(_Body):
    """Whether a visit is needed for a feed, a severity, a verdict, or some of them; what is left out matches all."""

    feed: str | None = None
    severity: Severity | None = None
    verdict: Verdict | None = None
    visit: bool

    @model_validator(mode="after")
    def _risk_is_always_told(self) -> Self:
        if self.visit and self.verdict == "risk_confirmed":
            raise ValueError("a confirmed risk may always be told")
        return self


class Triage(_Body):
    """`triage` (分诊): when a verdict needs a visit (入户走访), and when a call or a known fact will do.

    The first rule that fits counts, `visit` where none does. A confirmed risk never needs one: it is told at once,
    and the visit is for what follows.
    """

    visit: bool
    rules: list[TriageRule] = []

    def needs_visit(self, feed: str, severity: str, verdict: str) -> bool:
        """Whether a verdict on an alert of this feed and severity must rest on a visit."""
        if verdict == "risk_confirmed":
            return False
        for rule in self.rules:
            if rule.feed in (None, feed) and rule.severity in (None, severity) and rule.verdict in (None, verdict):
                return rule.visit
        return self.visit


Dismissing = Literal["no_risk", "already_helped", "moved_away", "duplicate", "wrong_person", "unreachable"]
"""Verdicts after which the same bad news may be left alone for a while; never `risk_confirmed`."""


class WorseningRule(_Body):
    """By how much a number in a feed's evidence must have grown to be news; where both are given, both count."""

    feed: str
    field: str
    at_least_ratio: Annotated[float, Field(ge=1)] | None = None
    at_least: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if self.at_least_ratio is None and self.at_least is None:
            raise ValueError("give at_least_ratio or at_least")
        return self

    def worse(self, before: float, after: float) -> bool:
        """Whether `after` is news for somebody who was told of `before`."""
        return (
            after > before
            and (self.at_least_ratio is None or after >= before * self.at_least_ratio)
            and (self.at_least is None or after - before >= self.at_least)
        )


class AlertMerge(_Body):
    """`alert-merge` (预警归并): when a further report is more evidence for an alert, and when it is news.

    Reports on one subject and one family of risks within `window` of the last one are one alert. A dismissed alert
    keeps its subject quiet for `snooze`; a verdict that is not named there does not. A higher severity is always news.
    """

    window: Span
    snooze: dict[Dismissing, Span] = {}
    worsening: list[WorseningRule] = []


BODIES: dict[str, type[_Body]] = {
    "task-deadline": TaskDeadline,
    "task-escalation": TaskEscalation,
    "case-merge": CaseMerge,
    "triage": Triage,
    "alert-merge": AlertMerge,
}
