"""Areas that people name: their own, and there today."""

from services.households.rules.register import AreaUnknown
from shared.db.engine import ReadSession
from shared.projections import areas
from shared.security.principals import Principal


async def require_area(session: ReadSession, who: Principal, area_code: str) -> None:
    """Raise `AreaNotPermitted` or `AreaUnknown` unless `who` may name that area."""
    who.require_area(area_code)
    if not await areas.find_active(session, [area_code]):
        raise AreaUnknown(field="area_code")
