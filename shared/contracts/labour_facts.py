"""What a condition over the labour ledger may look at: one person of 15 or older, with their row of a month.

The vocabulary that `labour-indicators` (劳动力指标) is published in. The directory checks conditions by it before it
publishes them, `jobs` gathers the values (`services/jobs/queries/labour_frame.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.expressions import Type


@dataclass(frozen=True, slots=True)
class LabourField:
    """One field. `of_household`: the same for all people of a household, so that households can be counted by it."""

    type: Type
    of_household: bool = False


_NUMBER, _TEXT, _BOOLEAN = LabourField("number"), LabourField("text"), LabourField("boolean")
_DAY = LabourField("date")

PERSON: Mapping[str, LabourField] = {
    "area_code": LabourField("text", of_household=True),
    "household_class": LabourField("text", of_household=True),  # ordinary, lifted_out, monitored
    "relocated": LabourField("boolean", of_household=True),
    "relocation_site": LabourField("text", of_household=True),
    "grade": LabourField("text", of_household=True),  # green, yellow, red; null: never graded
    "age": _NUMBER,  # whole years on the day it is counted for
    "sex": _TEXT,  # GB/T 2261.1
    "relation": _TEXT,  # to the head, GB/T 4761
    "education": _TEXT,  # GB/T 4658
    "pupil": _BOOLEAN,  # goes to school
    "school_stage": _TEXT,
    "labour_skill": _TEXT,  # ordinary, skilled, weak, lost, none
    "health": _TEXT,  # several, with a comma around each: ",chronic,disabled,"
    "disability_level": _NUMBER,  # 1 is the gravest
}
"""Of the register, as it is known today: for months gone by as well."""

ROW: Mapping[str, LabourField] = {
    "in_ledger": _BOOLEAN,  # whether the person has a row for the month; never null
    "status": _TEXT,  # out, planned, not_out, on the day it is counted for
    "place": _TEXT,  # of work, seen from home: county, prefecture, province, outside, abroad
    "work_area": _TEXT,  # 6 or 12 digits, or "abroad"
    "industry": _TEXT,  # GB/T 4754
    "trade": _TEXT,  # GB/T 6565
    "work_kind": _TEXT,  # skilled, strength, odd
    "wage": _NUMBER,  # yuan a month
    "channel": _TEXT,
    "point_to_point": _BOOLEAN,
    "organised": _BOOLEAN,
    "stability": _TEXT,
    "compared": _TEXT,  # with last year: better, same, worse
    "wants_change": _BOOLEAN,
    "started_on": _DAY,
    "ended_on": _DAY,
    "days_home": _NUMBER,  # since work ended, for who is not out
    "able": _BOOLEAN,
    "willing": _BOOLEAN,
    "reason": _TEXT,  # for not being out
    "plan_on": _DAY,
    "possible_on": _DAY,
    # Some months before, as many as `look_back_months` says.
    "status_before": _TEXT,
    "wage_before": _NUMBER,
    "began_before": _BOOLEAN,  # out then, and since a day of that very month
    "same_employer": _BOOLEAN,  # now and then, by the employer's id or sealed name
    # The same of longer ago: `look_further_months`.
    "wage_earlier": _NUMBER,
    "began_earlier": _BOOLEAN,
    "same_employer_earlier": _BOOLEAN,
}
"""Of the ledger's row of the month."""

DEFINED = ("labour", "employed", "ready")
"""What the policy itself defines, in this order, each by those before it: labour (劳动力), employed (已就业), and
labour without work that could take some up (有就业能力和意愿的未就业劳动力). True, false or null for each person."""

HOUSEHOLD: Mapping[str, LabourField] = {
    f"household_{name}": LabourField("number", of_household=True) for name in ("people", *DEFINED)
}
"""How many people of 15 and older live in the household, and of how many of them each definition is true."""

FIELDS: Mapping[str, LabourField] = {
    **PERSON,
    **ROW,
    **{name: LabourField("boolean") for name in DEFINED},
    **HOUSEHOLD,
}
RAW_TYPES: Mapping[str, Type] = {name: field.type for name, field in {**PERSON, **ROW}.items()}
"""What is gathered; the rest is worked out of it."""
FIELD_TYPES: Mapping[str, Type] = {name: field.type for name, field in FIELDS.items()}
HOUSEHOLD_TYPES: Mapping[str, Type] = {name: field.type for name, field in FIELDS.items() if field.of_household}
AMOUNTS = tuple(name for name, field in ROW.items() if field.type == "number" and name.startswith("wage"))
"""What may be averaged, in yuan."""
