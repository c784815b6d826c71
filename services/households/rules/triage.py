"""Triage (分诊): when a verdict may rest on a call or a known fact, and when somebody must have been there."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import ClassVar, get_args

from shared.contracts.alerts import Severity
from shared.contracts.households import Basis, Verdict
from shared.contracts.policies import Triage
from shared.errors import Conflict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From low to high."""


class VisitRequired(Conflict):
    """By the policy `triage` this verdict needs a visit. A risk that was found may be told without one."""

    code: ClassVar[str] = "visit-required"


class VisitMissing(Conflict):
    """The verdict says that it rests on a visit, and none was recorded."""

    code: ClassVar[str] = "visit-missing"


@dataclass(frozen=True, slots=True)
class Alerted:
    """Of what feed and how severe an alert is."""

    feed: str
    severity: Severity


def highest(alerts: Iterable[Alerted]) -> Severity | None:
    """The highest severity among alerts; None when there are none."""
    return max((one.severity for one in alerts), key=SEVERITIES.index, default=None)


def basis_of(told: Basis | None, *, visited: bool) -> Basis:
    """What a verdict rests on; where nobody says so on the visit, if one was recorded, else on what is known.

    Raises `VisitMissing`.
    """
    if told is None:
        return "visit" if visited else "known_fact"
    if told == "visit" and not visited:
        raise VisitMissing(field="basis")
    return told


def without_visit(policy: Triage | None, alerts: Collection[Alerted]) -> list[Verdict]:
    """The verdicts on these alerts that need no visit; without a policy in force only a confirmed risk."""
    return [verdict for verdict in VERDICTS if not _needs_visit(policy, alerts, verdict)]


def require_visit_where_needed(policy: Triage | None, alerts: Collection[Alerted], verdict: Verdict) -> None:
    """Raise `VisitRequired` when the policy wants one for this verdict on one of the alerts."""
    if _needs_visit(policy, alerts, verdict):
        raise VisitRequired(field="basis")


def _needs_visit(policy: Triage | None, alerts: Collection[Alerted], verdict: Verdict) -> bool:
    if verdict == "risk_confirmed":
        return False
    return policy is None or any(policy.needs_visit(one.feed, one.severity, verdict) for one in alerts)
