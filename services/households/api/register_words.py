"""The register's fields in words, and the codes they hold: on the page of a household, in lists, in the history."""

from collections.abc import Mapping
from typing import Any, Literal

from services.households.api.reader import Reader

CODED_OF_HOUSEHOLD: Mapping[str, str] = {name: name for name in ("dwelling_level", "poverty_cause", "dissolved_reason")}
CODED_OF_MEMBER: Mapping[str, str] = {
    name: name
    for name in (
        *("sex", "school_stage", "labour_skill", "health", "ethnic_group", "political_status", "education"),
        *("disability_class", "disability_level", "medical_insurance", "pension", "left_reason"),
    )
}
CODED_IN_LISTS: Mapping[str, str] = {
    **{name: name for name in ("grade", "monitoring_class", "monitoring_state")},
    **dict.fromkeys(("main_risk", "risks"), "risk"),
}
"""Fields that hold a code, or several, each with its list."""
_CODED = {
    **CODED_OF_HOUSEHOLD,
    **CODED_OF_MEMBER,
    **{name: name for name in ("household_class", "relation", "joined_reason")},
}


def field_text(of: Literal["household", "member"], field: str, reader: Reader) -> str:
    """What people call a field; the field itself where it has no name."""
    names = (f"register-field-{field}", f"quality-field-{of}.{field}")
    return next((reader.say(name) for name in names if name in reader.texts), field)


def value_text(field: str, value: Any, reader: Reader) -> str | None:
    """The code, or the codes, that a field of the register holds; None where it holds none."""
    return words(_CODED[field], value, reader) if field in _CODED else None


def words(codes: str, value: Any, reader: Reader) -> str | None:
    """A code of a list, or several of them; None for nothing."""
    if value is None or value == []:
        return None
    several = value if isinstance(value, list) else [value]
    return reader.say("task-title-join").join(reader.code(codes, str(one)) for one in several)
