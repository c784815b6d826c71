"""Places of work: to county level or below, or abroad."""

from services.jobs.codes import LISTS
from shared import areas

ABROAD = "abroad"
COUNTY_DIGITS = 6
UNDIVIDED = frozenset(LISTS["undivided_place"].texts)
"""Six digits of places that have no counties below them (GB/T 2260), as 东莞. There this level will do."""


class InvalidPlace(ValueError):
    """The text is no place of work; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normalise(entered: str) -> str:
    """An area code of 12 digits, or "abroad". Raises `InvalidPlace`, for a mere province or city as well."""
    if entered == ABROAD:
        return entered
    try:
        code = areas.normalise(entered)
    except areas.InvalidAreaCode as wrong:
        raise InvalidPlace(wrong.code) from None
    if len(areas.prefix(code)) < COUNTY_DIGITS and code[:COUNTY_DIGITS] not in UNDIVIDED:
        raise InvalidPlace("place-to-county")
    return code


def as_in_ledger(place: str) -> str:
    """The one spelling the ledger has of a place: six digits where nothing below the county is named, else twelve."""
    return place if place[COUNTY_DIGITS:].strip("0") or place == ABROAD else place[:COUNTY_DIGITS]
