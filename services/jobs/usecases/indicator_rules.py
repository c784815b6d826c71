"""The versions of `labour-indicators` and `labour-targets` in force, compiled once for whoever counts."""

from dataclasses import dataclass, field
from datetime import date
from typing import Self
from uuid import UUID

from services.jobs.rules.indicators import IndicatorRules, IndicatorsMissing
from shared.contracts.jobs_indicator_policies import LabourIndicators, LabourTargets
from shared.db.engine import ReadSession
from shared.projections import policies
from shared.projections.policies import Policies
from shared.versions import pick

INDICATORS = "labour-indicators"
TARGETS = "labour-targets"

_compiled: dict[UUID, IndicatorRules] = {}
"""By version. A version never changes, and a county has a handful in its life."""


@dataclass(slots=True)
class IndicatorRuleSets:
    """All versions. What counts is the one in force on the day that is counted for: old months keep their formulas."""

    policies: Policies
    found: dict[tuple[str, date], IndicatorRules | None] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: ReadSession) -> Self:
        """As this service knows them now."""
        return cls(await policies.load(session, INDICATORS))

    def find(self, area_code: str, day: date) -> IndicatorRules | None:
        """For a village, or for the first digits of an area's code."""
        if (area_code, day) not in self.found:
            policy = pick(self.policies.versions, area_code, day)
            if policy is not None and policy.id not in _compiled:
                _compiled[policy.id] = IndicatorRules.of(policy.id, LabourIndicators.model_validate(policy.body))
            self.found[area_code, day] = _compiled[policy.id] if policy is not None else None
        return self.found[area_code, day]

    def require(self, area_code: str, day: date) -> IndicatorRules:
        """Raises `IndicatorsMissing`."""
        rules = self.find(area_code, day)
        if rules is None:
            raise IndicatorsMissing(kind=INDICATORS)
        return rules


async def get_targets(session: ReadSession, area_prefix: str, day: date) -> tuple[LabourTargets, UUID]:
    """The targets in force; raises `PolicyMissing`."""
    return await policies.in_force(session, TARGETS, area_prefix, day, LabourTargets)
