"""Areas by the names that bureaus write: of many files the village's name is all there is to tell where."""

from collections.abc import Iterable, Mapping

from shared.areas import AreaCode, Scope, parent


def area_names(areas: Iterable[tuple[str, str]], scope: Scope) -> dict[str, str]:
    """Name → code within a scope: an area's own name, or with those above before it. What two areas share is left out."""
    names = {code: name.strip() for code, name in areas}
    found: dict[str, str | None] = {}
    for code in names:
        if scope.covers(code):
            for written in _written(AreaCode(code), names):
                found[written] = code if found.get(written, code) == code else None
    return {name: code for name, code in found.items() if code is not None}


def _written(code: AreaCode, names: Mapping[str, str]) -> Iterable[str]:
    """`龙泉村`, `龙泉镇龙泉村`, `云岫县龙泉镇龙泉村`."""
    written, above = "", AreaCode(code)
    while True:
        written = names[above] + written
        yield written
        higher = parent(above)
        if higher is None or higher not in names:
            return
        above = higher
