"""Subsidies for those who go out to work, pure: how far it is, since when, and which rule of the policy fits.

Policy `labour-subsidies`; domain source: docs/placements.md, Subsidies.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.jobs.rules.distances import Seen, seen_from
from services.jobs.rules.placement_refusals import SubsidyNotDue, SubsidyTooHigh, WageProofMissing
from shared.contracts.jobs_placement_policies import Distance, LabourSubsidies, SubsidyRule

DISTANCES: Mapping[Seen, Distance] = {
    "county": "county",
    **dict.fromkeys(("prefecture", "province"), "province"),
    **dict.fromkeys(("outside", "abroad"), "outside"),
}


@dataclass(frozen=True, slots=True)
class Worker:
    """What decides on a subsidy. `work_area` null: not out at work. `trained`: allowance of the courses that were
    completed in the year, yuan."""

    home_area: str
    household_class: str
    work_area: str | None
    started_on: date | None
    trained: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Due:
    """A subsidy that somebody may claim, and how much of it at most, in yuan."""

    rule: SubsidyRule
    most: Decimal


def distance(home_area: str, work_area: str) -> Distance:
    """How far, as subsidies have it: the county, the province around it, or outside; abroad is outside."""
    return DISTANCES[seen_from(home_area, work_area)]


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
        return worker.trained > 0
    if worker.work_area is None or worker.started_on is None:
        return False
    return (
        distance(worker.home_area, worker.work_area) == rule.distance
        and whole_months(worker.started_on, today) >= rule.months
    )


def due(rules: Sequence[SubsidyRule], worker: Worker, today: date) -> list[Due]:
    """One of each kind, by the first rule that fits."""
    found: dict[str, Due] = {}
    for rule in rules:
        if rule.kind not in found and fits(rule, worker, today):
            most = min(rule.most, worker.trained) if rule.kind == "training" else rule.most
            found[rule.kind] = Due(rule, most)
    return list(found.values())


def require_claim(
    policy: LabourSubsidies, code: str, worker: Worker, amount: Decimal, today: date, *, proven: bool
) -> SubsidyRule:
    """The rule by which that much may be claimed; raises `SubsidyNotDue`, `SubsidyTooHigh`, `WageProofMissing`."""
    one = next((one for one in due(policy.rules, worker, today) if one.rule.code == code), None)
    if one is None:
        raise SubsidyNotDue(field="rule")
    if amount > one.most:
        raise SubsidyTooHigh(field="amount", most=str(one.most))
    if one.rule.wage_proof and not proven:
        raise WageProofMissing(field="wage_proof")
    return one.rule
