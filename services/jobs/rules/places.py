"""Places of work: to county level or below, or abroad."""

from shared import areas

ABROAD = "abroad"
COUNTY_DIGITS = 6
WITHOUT_COUNTIES = frozenset({"4419", "4420", "4604", "6202"})
"""东莞, 中山, 儋州, 嘉峪关: prefectures that have townships and no counties (GB/T 2260). There the prefecture will do."""


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
    known = areas.prefix(code)
    if len(known) < COUNTY_DIGITS and known not in WITHOUT_COUNTIES:
        raise InvalidPlace("place-to-county")
    return code
