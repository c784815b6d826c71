"""Where somebody lives, as far as others are told."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Whereabouts(NamedTuple):
    """One person. `since` is when that became so; None: with what is being done now."""

    person_key: str
    household_id: UUID
    household_key: str | None
    area_code: str
    household_class: str
    active: bool = True
    since: datetime | None = None
