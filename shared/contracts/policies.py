"""What the body of each kind of policy (政策参数) holds. The directory checks a body by this before it publishes."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.clock import end_of_day, local_date
from shared.contracts import (
    case_policies,
    gate_policies,
    jobs_indicator_policies,
    jobs_ledger_policies,
    jobs_match_policies,
    jobs_placement_policies,
    jobs_posts_policies,
    jobs_reconcile_policies,
    quality_policies,
    schooling_policies,
)
from shared.contracts.alerts import Severity
from shared.contracts.grade_policies import GradeRules
from shared.contracts.households import Verdict
from shared.contracts.income_policies import IncomeLine, IncomeRules
from shared.contracts.visit_policies import PretenceDetectors, VisitRules


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


class Days(_Body):
    """A span of calendar days, both ends within it."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("the last day lies before the first")
        return self


class SchoolTerm(Days):
    """One school term (学期). `lists_due`: the day by which the lists of its beginning are due."""

    name: Annotated[str, Field(pattern=r"^[0-9]{4}-S[1-9]$")]
    lists_due: date | None = None


class FeedCalendar(_Body):
    """`feed-calendar` (报送日历): on which days bureaus work, when terms are, how strictly due days are taken.

    `holidays` and `working_days` are the State Council's yearly notice (放假调休). `postpone`: a due day on a day off
    moves to the next working day (遇节假日顺延). Feeds in `in_term_only` that report daily are expected on school days
    only; feeds `at_term_start` report a term at its beginning: by `lists_due`, else `due_day` days after its first day.
    `expected_from`: periods that ended before that day are owed by nobody; without it, before the feed was made.
    """

    weekend: list[Annotated[int, Field(ge=1, le=7)]] = [6, 7]
    holidays: list[Days] = []
    working_days: list[date] = []
    postpone: bool = True
    expected_from: date | None = None
    terms: list[SchoolTerm] = []
    in_term_only: list[str] = []
    at_term_start: list[str] = []

    @model_validator(mode="after")
    def _terms_apart(self) -> Self:
        ordered = sorted(self.terms, key=lambda term: term.first)
        if any(later.first <= earlier.last for earlier, later in pairwise(ordered)):
            raise ValueError("terms overlap")
        if len({term.name for term in self.terms}) < len(self.terms):
            raise ValueError("two terms of one name")
        if set(range(1, 8)) <= set(self.weekend):
            raise ValueError("no working day is left")
        return self


class Reminders(_Body):
    """When a report is reminded of: so many days `before` it is due; then `after` so many, and again every `repeat`."""

    before: list[Annotated[int, Field(ge=0, le=60)]] = []
    after: Annotated[int, Field(ge=1, le=60)] | None = None
    repeat: Annotated[int, Field(ge=1, le=60)] | None = None
    times: Annotated[int, Field(ge=1, le=12)] = 1

    @model_validator(mode="after")
    def _repeats_what_is_sent(self) -> Self:
        if self.times > 1 and (self.after is None or self.repeat is None):
            raise ValueError("give after and repeat, or times = 1")
        return self


class ReminderRule(_Body):
    """Reminders for a feed, a cadence, or both; what is left out matches all."""

    feed: str | None = None
    cadence: str | None = None
    remind: Reminders


class FeedReminder(_Body):
    """`feed-reminder` (报送提醒): the first rule that fits counts, `default` where none does."""

    default: Reminders
    rules: list[ReminderRule] = []

    def of(self, feed: str, cadence: str) -> Reminders:
        """How the reports of this feed are reminded of."""
        for rule in self.rules:
            if rule.feed in (None, feed) and rule.cadence in (None, cadence):
                return rule.remind
        return self.default


class Limit(_Body):
    """At most `count` in each span of so many minutes."""

    count: Annotated[int, Field(ge=1, le=1_000_000)]
    minutes: Annotated[int, Field(ge=1, le=44_640)]


class SelfReporting(_Body):
    """`self-report` (自主申报): how long a phone code lives, how often it may be tried, and how often all this is done."""

    code_minutes: Annotated[int, Field(ge=1, le=60)]
    tries: Annotated[int, Field(ge=1, le=10)]
    codes_per_phone: list[Limit]
    codes_per_address: list[Limit]
    codes_overall: list[Limit]
    tries_per_address: list[Limit]


Dismissing = Literal["no_risk", "already_helped", "moved_away", "duplicate", "wrong_person", "unreachable"]
"""Verdicts after which the same bad news may be left alone for a while; never `risk_confirmed`."""


class WorseningRule(_Body):
    """What makes a value in a feed's evidence news: a number that has grown by so much (where both are given, both
    count), or any `another_value` than was told: an earthquake is not the flood of last week.
    """

    feed: str
    field: str
    at_least_ratio: Annotated[float, Field(ge=1)] | None = None
    at_least: Annotated[float, Field(gt=0)] | None = None
    another_value: bool = False

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.another_value == (self.at_least_ratio is not None or self.at_least is not None):
            raise ValueError("give at_least_ratio or at_least, or another_value")
        return self

    def worse(self, before: float, after: float) -> bool:
        """Whether the number `after` is news for somebody who was told of `before`."""
        return (
            after > before
            and (self.at_least_ratio is None or after >= before * self.at_least_ratio)
            and (self.at_least is None or after - before >= self.at_least)
        )


class AlertMerge(_Body):
    """`alert-merge` (预警归并): when a further report is more evidence for an alert, and when it is news.

    Reports on one subject and one family of risks within `window` of the last one are one alert. A dismissed alert
    keeps its subject quiet for `snooze`, unless that is areas; a verdict that is not named there does not. A higher
    severity is always news.
    """

    window: Span
    snooze: dict[Dismissing, Span] = {}
    worsening: list[WorseningRule] = []


BODIES: dict[str, type[BaseModel]] = {
    "task-deadline": TaskDeadline,
    "task-escalation": TaskEscalation,
    "case-merge": CaseMerge,
    "triage": Triage,
    "feed-calendar": FeedCalendar,
    "feed-reminder": FeedReminder,
    "self-report": SelfReporting,
    "alert-merge": AlertMerge,
    "visit-rules": VisitRules,
    "pretence-detectors": PretenceDetectors,
    **case_policies.BODIES,
    "grade-rules": GradeRules,
    **gate_policies.BODIES,
    **jobs_posts_policies.BODIES,
    **quality_policies.BODIES,
    **schooling_policies.BODIES,
    **jobs_placement_policies.BODIES,
    **jobs_indicator_policies.BODIES,
    **jobs_ledger_policies.BODIES,
    "income-line": IncomeLine,
    "income-rules": IncomeRules,
    **jobs_match_policies.BODIES,
    **jobs_reconcile_policies.BODIES,
}
