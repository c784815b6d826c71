"""Subsidies for those who go out to work, pure: how far it is, since when, and which rule of the policy fits.

Policy `labour-subsidies`; domain source: docs/placements.md, Subsidies.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.jobs.rules.placement_refusals import SubsidyNotDue, SubsidyTooHigh, WageProofMissing
from shared.contracts.jobs_placement_policies import Distance, LabourSubsidies, SubsidyRule

ABROAD = "abroad"


@dataclass(frozen=True, slots=True)
class Worker:
    """What decides on a subsidy. `certified_on`: a certificate of the year, if any; `work_area` null: not out at work."""

    home_area: str
    household_class: str
    work_area: str | None
    started_on: date | None
    certified_on: date | None = None


def distance(home_area: str, work_area: str) -> Distance:
    """How far, by the groups of the area codes (GB/T 2260): county six digits, province two. Abroad is outside."""
    if work_area == ABROAD or work_area[:2] != home_area[:2]:
        return "outside"
    return "county" if work_area[:6] == home_area[:6] else "province"


def whole_months(start: date, today: date) -> int:
    """Months that are over, both days counted as days at work: from 27 August three are over on 26 November."""
    tomorrow = date.fromordinal(today.toordinal() + 1)
    months = (tomorrow.year - start.year) * 12 + tomorrow.month - start.month
    anniversary = min(start.day, monthrange(tomorrow.year, tomorrow.month)[1])
    return months - (tomorrow.day < anniversary)


def fits(rule: SubsidyRule, worker: Worker, today: date) -> bool:
    """Whether somebody qualifies today by that rule."""
    if rule.classes and worker.household_class not in rule.classes:
        return False
    if rule.kind == "training":
        return worker.certified_on is not None and worker.certified_on.year == today.year
    if worker.work_area is None or worker.started_on is None:
        return False
    return (
        distance(worker.home_area, worker.work_area) == rule.distance
        and whole_months(worker.started_on, today) >= rule.months
    )


def due(rules: Sequence[SubsidyRule], worker: Worker, today: date) -> list[SubsidyRule]:
    """One rule of each kind, the first that fits."""
    found: dict[str, SubsidyRule] = {}
    for rule in rules:
        if rule.kind not in found and fits(rule, worker, today):
            found[rule.kind] = rule
    return list(found.values())


def require_claim(
    policy: LabourSubsidies | None, code: str, worker: Worker, amount: Decimal, today: date, *, proven: bool
) -> SubsidyRule:
    """The rule by which that much may be claimed; raises `SubsidyNotDue`, `SubsidyTooHigh`, `WageProofMissing`."""
    rule = policy.find(code) if policy else None
    if policy is None or rule is None or rule not in due(policy.rules, worker, today):
        raise SubsidyNotDue(field="rule")
    if amount > rule.most:
        raise SubsidyTooHigh(field="amount", most=str(rule.most))
    if rule.wage_proof and not proven:
        raise WageProofMissing(field="wage_proof")
    return rule
