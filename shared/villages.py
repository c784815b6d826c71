"""Where a row of a list is: villages by the names of the areas they lie in, as far as the row gives them."""

from collections.abc import Iterable, Mapping, Sequence

from shared.areas import AreaCode, Level, Scope, level, parent

LEVELS = ("province", "prefecture", "county", "township", "village")
Names = tuple[str | None, ...]
"""From the province down to the village, as a row has them."""


class Villages:
    """The villages within a scope, by name. A name that two of them share needs the one above it.

    `endings`: what lists put behind a village's name → what it stands for.
    """

    def __init__(self, areas: Iterable[tuple[str, str]], scope: Scope, endings: Mapping[str, str]) -> None:
        self._endings = endings
        names = {code: name.strip() for code, name in areas}
        self._villages: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
        for code in names:
            if scope.covers(code) and level(AreaCode(code)) is Level.VILLAGE:
                lineage = _lineage(code, names, endings)
                self._villages.setdefault(plain(names[code], endings), []).append((code, lineage))

    def find(self, row: Sequence[str | None]) -> str | None:
        """The code of the only village that the names fit; None when there is none, or more than one."""
        given = {place: plain(name, self._endings) for place, name in zip(LEVELS, row, strict=True) if name}
        fitting = [
            code
            for code, lineage in self._villages.get(given.pop("village", ""), ())
            if all(lineage.get(place, name) == name for place, name in given.items())
        ]
        return fitting[0] if len(fitting) == 1 else None


def plain(name: str, endings: Mapping[str, str]) -> str:
    """A name without blanks, and with what its ending stands for."""
    bare = "".join(name.split())
    for ending, written in endings.items():
        if bare.endswith(ending):
            return bare.removesuffix(ending) + written
    return bare


def _lineage(code: str, names: Mapping[str, str], endings: Mapping[str, str]) -> dict[str, str]:
    """Names above a village by level, as far as they are known; an unknown one fits every name."""
    found: dict[str, str] = {}
    above = parent(AreaCode(code))
    while above is not None:
        if above in names:
            found[level(above).value] = plain(names[above], endings)
        above = parent(above)
    return found
