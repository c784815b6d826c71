"""Where a row of a list is: villages by the names of the areas they lie in, as far as the row gives them."""

from collections.abc import Iterable, Mapping, Sequence

from shared.areas import AreaCode, Level, Scope, level, parent

LEVELS = ("province", "prefecture", "county", "township", "village")
Names = tuple[str | None, ...]
"""From the province down to the village, as a row has them."""


class Villages:
    """The villages within a scope, by name. A name that two of them share needs the one above it."""

    def __init__(self, areas: Iterable[tuple[str, str]], scope: Scope) -> None:
        names = {code: name.strip() for code, name in areas}
        self._villages: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
        for code in names:
            if scope.covers(code) and level(AreaCode(code)) is Level.VILLAGE:
                lineage = _lineage(code, names)
                self._villages.setdefault(plain(names[code]), []).append((code, lineage))

    def find(self, row: Sequence[str | None]) -> str | None:
        """The code of the only village that the names fit; None when there is none, or more than one."""
        given = {place: plain(name) for place, name in zip(LEVELS, row, strict=True) if name}
        fitting = [
            code
            for code, lineage in self._villages.get(given.pop("village", ""), ())
            if all(lineage.get(place, name) == name for place, name in given.items())
        ]
        return fitting[0] if len(fitting) == 1 else None


def plain(name: str) -> str:
    """A village's name without what some lists put behind it: 松林村委会 is 松林村."""
    bare = "".join(name.split())
    for ending, written in (("村民委员会", "村"), ("村委会", "村"), ("居民委员会", "社区"), ("居委会", "社区")):
        if bare.endswith(ending):
            return bare.removesuffix(ending) + written
    return bare


def _lineage(code: str, names: Mapping[str, str]) -> dict[str, str]:
    """Names above a village by level, as far as they are known; an unknown one fits every name."""
    found: dict[str, str] = {}
    above = parent(AreaCode(code))
    while above is not None:
        if above in names:
            found[level(above).value] = plain(names[above])
        above = parent(above)
    return found
