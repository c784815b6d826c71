"""What is known of one household, in one record: for grades, gates and audit rules. `FACT_FIELDS` names the same fields."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from shared.contracts.household_facts import FACT_FIELDS, FACT_TYPES, FactField

__all__ = ["FACT_FIELDS", "FACT_TYPES", "FactField", "Facts", "title_code"]


@dataclass(frozen=True, slots=True)
class Facts:
    """One household on one day. Counts are of the people who live there now; money in yuan; None: not known.

    `open_*`: alerts that somebody is still checking, by family of risks. `confirmed_*`: checks that found a risk.
    """

    household_id: UUID
    area_code: str
    household_class: str
    relocated: bool | None
    dwelling_level: str | None
    only_home: bool | None
    safe_housing: bool | None
    safe_water: bool | None
    schooling_met: bool | None
    medical_met: bool | None
    land_mu: float | None
    road_km: float | None
    no_labour_covered: bool | None
    poverty_cause: str | None
    monitoring_class: str | None
    monitoring_state: str | None
    main_risk: str | None
    risks: str | None  # codes with commas between; None where there are none
    people: int
    labour_able: int
    labour_weak: int
    labour_none: int
    labour_unknown: int
    working_age: int
    under_16: int
    sixty_up: int
    pupils: int
    dropouts: int
    ill_serious: int
    ill_chronic: int
    disabled: int
    disabled_level_1: int
    disabled_level_2: int
    disabled_level_3: int
    disabled_level_4: int
    working: int
    public_posts: int
    uninsured: int
    insurance_unknown: int
    minimum_living: int
    extreme_poverty: int
    open_checks: int
    open_checks_high: int
    open_severity: str | None
    open_families: str | None
    confirmed_year: int
    confirmed_families: str | None
    days_since_confirmed: int | None
    days_since_visit: int | None
    net_income: float | None
    net_per_head: float | None
    reference_per_head: float | None
    income_line: float | None
    claims: float | None
    rigid_medical: float | None
    rigid_education: float | None
    rigid_disaster: float | None
    rigid_accident: float | None
    self_paid: float | None
    self_paid_share: float | None

    def row(self) -> Mapping[str, Any]:
        """As expressions take it."""
        return {name: getattr(self, name) for name in _NAMES}


_NAMES = tuple(field.name for field in fields(Facts))


def title_code(field: str) -> str:
    """The code of a field's title in the message catalogue."""
    return f"fact-{field.replace('_', '-')}"
