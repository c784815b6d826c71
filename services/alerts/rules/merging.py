"""When a further report is more evidence for an alert, when it is news, and when it is an alert of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeGuard
from uuid import UUID

from services.alerts.rules.alerts import Severity, State
from shared.contracts.households import Verdict
from shared.contracts.policies import AlertMerge, WorseningRule

EvidenceOutcome = Literal["merged", "worsened", "snoozed"]
"""归并, 加重, 静默: no news; news on an open alert; no news after it was dismissed."""
Judgement = Literal["new", "merge", "worsen", "snooze", "reopen"]
Outcome = Literal["new", "reopened", "repeated", "merged", "worsened", "snoozed"]
"""新增, 重启, 重复, 归并, 加重, 静默: what became of a row."""

_RANKS: Mapping[Severity, int] = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A report that is to be judged."""

    feed: str
    severity: Severity
    reported_at: datetime
    values: Mapping[str, Any]  # its evidence, as the feed's schema has it


@dataclass(slots=True)
class Newest:
    """The newest alert on the same subject and risk family, with what was told of it."""

    id: UUID
    state: State
    severity: Severity  # the highest so far
    last_evidence_at: datetime
    verdict: Verdict | None = None
    answered_at: datetime | None = None
    told: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    """By feed: evidence that somebody was sent for, or the first one of a feed that was merged."""


def judge(newest: Newest, report: Incoming, policy: AlertMerge | None) -> Judgement:
    """What a report is to the newest alert on its subject and risk family, at the time of the report.

    Without a policy in force nothing is merged: to see something twice is better than to miss it.
    """
    if policy is None or newest.state in ("withdrawn", "expired", "dropped"):
        return "new"
    if newest.state == "answered":
        until = snoozed_until(newest.verdict, newest.answered_at, policy)
        if until is None or report.reported_at >= until:
            return "new"
        return "reopen" if worse(newest, report, policy.worsening) else "snooze"
    if report.reported_at >= policy.window.after(newest.last_evidence_at):
        return "new"
    return "worsen" if worse(newest, report, policy.worsening) else "merge"


def worse(newest: Newest, report: Incoming, rules: Iterable[WorseningRule]) -> bool:
    """Whether a report is news: of a higher severity, or a value of it is what the feed's rule calls news.

    Numbers are compared with the highest one of that feed that was told, other values with all of them. A feed that
    reports for the first time has none: then only the severity counts.
    """
    if higher(report.severity, newest.severity):
        return True
    told = newest.told.get(report.feed, ())
    return any(_is_news(rule, told, report.values) for rule in rules if rule.feed == report.feed)


def _is_news(rule: WorseningRule, told: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> bool:
    after, before = values.get(rule.field), [one[rule.field] for one in told if one.get(rule.field) is not None]
    if rule.another_value:
        return after is not None and bool(before) and after not in before
    numbers = [one for one in before if _is_number(one)]
    return _is_number(after) and bool(numbers) and rule.worse(max(numbers), after)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def snoozed_until(verdict: Verdict | None, answered_at: datetime | None, policy: AlertMerge | None) -> datetime | None:
    """Until when a verdict keeps its subject quiet; None when it does not."""
    if policy is None or answered_at is None or verdict is None or verdict == "risk_confirmed":
        return None
    span = policy.snooze.get(verdict)
    return span.after(answered_at) if span else None


def rank(severity: Severity) -> int:
    """The graver, the higher."""
    return _RANKS[severity]


def higher(one: Severity, other: Severity) -> bool:
    """Whether `one` is graver than `other`."""
    return _RANKS[one] > _RANKS[other]


def highest(severities: Iterable[Severity]) -> Severity:
    """The gravest of them."""
    return max(severities, key=_RANKS.__getitem__)
