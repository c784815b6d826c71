"""What a condition over a household may look at: the vocabulary that grade rules (分级规则) are published in.

The directory checks rules by it before it publishes them, `households` gathers the values
(`services/households/queries/household_facts.py`). Titles stand in the catalogue of households, as `fact-<name>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.expressions import Type


@dataclass(frozen=True, slots=True)
class FactField:
    """One field. `codes`: the code list its values are of. A text of several has a comma around each: `,01,0201,`."""

    type: Type
    codes: str | None = None


_NUMBER, _BOOLEAN, _TEXT = FactField("number"), FactField("boolean"), FactField("text")

FACT_FIELDS: Mapping[str, FactField] = {
    "area_code": _TEXT,
    # The household. Null: nobody has asked after it.
    "household_class": FactField("text", "household_class"),
    "relocated": _BOOLEAN,
    "dwelling_level": FactField("text", "dwelling_level"),  # A to D
    "only_home": _BOOLEAN,
    "safe_housing": _BOOLEAN,
    "safe_water": _BOOLEAN,
    "schooling_met": _BOOLEAN,
    "medical_met": _BOOLEAN,
    "land_mu": _NUMBER,
    "road_km": _NUMBER,
    "no_labour_covered": _BOOLEAN,
    "poverty_cause": FactField("text", "poverty_cause"),
    "monitoring_class": FactField("text", "monitoring_class"),
    "monitoring_state": FactField("text", "monitoring_state"),
    "main_risk": FactField("text", "risk"),
    "risks": FactField("text", "risk"),
    # The people who live in it now; never null.
    "people": _NUMBER,
    "labour_able": _NUMBER,  # ordinary and skilled
    "labour_weak": _NUMBER,
    "labour_none": _NUMBER,  # lost and none
    "labour_unknown": _NUMBER,
    "working_age": _NUMBER,  # 16 to 59
    "under_16": _NUMBER,
    "sixty_up": _NUMBER,
    "pupils": _NUMBER,  # in compulsory education
    "dropouts": _NUMBER,  # 7 to 15 and in no school, or with a case of dropping out
    "ill_serious": _NUMBER,
    "ill_chronic": _NUMBER,
    "disabled": _NUMBER,
    "disabled_level_1": _NUMBER,  # the gravest
    "disabled_level_2": _NUMBER,
    "disabled_level_3": _NUMBER,
    "disabled_level_4": _NUMBER,
    "working": _NUMBER,
    "public_posts": _NUMBER,
    "uninsured": _NUMBER,
    "insurance_unknown": _NUMBER,
    "minimum_living": _NUMBER,  # people on 低保
    "extreme_poverty": _NUMBER,  # people on 特困
    # Alerts and visits.
    "open_checks": _NUMBER,
    "open_checks_high": _NUMBER,
    "open_severity": FactField("text", "severity"),  # the highest; null: nothing is open
    "open_families": FactField("text", "risk_family"),
    "confirmed_year": _NUMBER,  # risks confirmed within 365 days
    "confirmed_families": FactField("text", "risk_family"),
    "days_since_confirmed": _NUMBER,
    "days_since_visit": _NUMBER,
    # The last 12 months, yuan; null: nothing was reckoned.
    "net_income": _NUMBER,
    "net_per_head": _NUMBER,
    "reference_per_head": _NUMBER,
    "income_line": _NUMBER,  # per head and year, as it stood when that was reckoned
    "claims": _NUMBER,
    "rigid_medical": _NUMBER,
    "rigid_education": _NUMBER,
    "rigid_disaster": _NUMBER,
    "rigid_accident": _NUMBER,
    "self_paid": _NUMBER,  # the four together
    "self_paid_share": _NUMBER,  # of net income; null where that is not above 0
}
"""Names and types, as `shared.expressions.parse` takes the latter (`FACT_TYPES`)."""

FACT_TYPES: Mapping[str, Type] = {name: field.type for name, field in FACT_FIELDS.items()}
