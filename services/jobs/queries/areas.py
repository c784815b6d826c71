"""Areas as answers name them: with all that they lie in."""

from collections.abc import Iterable

from shared import areas
from shared.areas import AreaCode
from shared.db.engine import ReadSession
from shared.projections.areas import find_names


def lineage(code: str) -> list[AreaCode]:
    """The area and those it lies in, up to the county, highest first."""
    found = [AreaCode(code)]
    while len(areas.prefix(found[0])) > 6 and (above := areas.parent(found[0])) is not None:
        found.insert(0, above)
    return found


async def find_names_above(session: ReadSession, codes: Iterable[str]) -> dict[str, str]:
    """Names of the areas and of those they lie in, by code."""
    return await find_names(session, {above for code in set(codes) for above in lineage(code)})
