"""The fields of the register beyond who and where (docs/field.md, Register), and which of all fields are personal.

All of them may be empty, and empty means that nobody knows. Grade, monitoring and risks are not among them: those are
written by what decides on them, never by hand.
"""

from collections.abc import Mapping
from typing import Any

HOUSEHOLD_FIELDS = (
    "relocated",
    "relocation_site",
    "dwelling_level",
    "only_home",
    "safe_housing",
    "safe_water",
    "schooling_met",
    "medical_met",
    "land_mu",
    "road_km",
    "no_labour_covered",
    "poverty_cause",
)
MEMBER_FIELDS = (
    "national_member_code",
    "ethnic_group",
    "political_status",
    "education",
    "disability_class",
    "disability_level",
    "work_area",
    "work_months",
    "work_income",
    "public_post",
    "medical_insurance",
    "serious_illness_insurance",
    "pension",
    "minimum_living_allowance",
    "extreme_poverty_support",
    "relocated",
)

PERSONAL = frozenset(
    {
        "name",
        "id_number",
        "phone",
        "birth_on",
        "address",
        "health",
        "disability_class",
        "disability_level",
        "ethnic_group",
        "political_status",
        "work_area",
        "work_income",
    }
)
"""What nobody sees who does not work with the household, and what the history therefore keeps sealed."""

Change = tuple[Any, Any]
"""From and to."""
Changes = Mapping[str, Change]
"""By field, as people name it: `phone`, not the columns that hold it."""


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    """What is otherwise after than before; what `after` does not name stayed as it was."""
    return {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}
