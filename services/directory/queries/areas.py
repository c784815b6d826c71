"""Areas (行政区划)."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from sqlalchemy import select, text

from services.directory.models import Area
from shared.areas import AreaCode, Scope, normalise, prefix
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order
from shared.errors import Invalid, NotFound, existing


class AreaNotFound(NotFound):
    """No area has that code."""

    code: ClassVar[str] = "area-not-found"


class AreaUnknown(Invalid):
    """The input names an area that the directory does not have."""

    code: ClassVar[str] = "area-unknown"


_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('directory-areas'))")
_UNKNOWN = text("""
SELECT prefix FROM unnest(CAST(:prefixes AS text[])) AS prefix
WHERE NOT EXISTS (SELECT FROM area WHERE code LIKE prefix || '%')
""")


async def list_areas(
    session: ReadSession, *, name: str | None, parent: str | None, level: str | None, after: str | None, limit: int
) -> Sequence[Area]:
    """Areas in the order of their codes; `name`: a part of it."""
    query = select(Area)
    if name:
        query = query.where(Area.name.contains(name, autoescape=True))
    if parent:
        query = query.where(Area.parent_code == parent)
    if level:
        query = query.where(Area.level == level)
    return (await session.scalars(in_order(query, Area.code, after=after, limit=limit))).all()


async def list_all(session: ReadSession) -> Sequence[Area]:
    """Every area, open or closed."""
    return (await session.scalars(select(Area).order_by(Area.code))).all()


async def list_below(session: ReadSession, code: AreaCode) -> Sequence[Area]:
    """The area and all below it."""
    return (await session.scalars(select(Area).where(Area.code.startswith(prefix(code))).order_by(Area.code))).all()


async def get_area(session: ReadSession, code: str) -> Area:
    """Raises `AreaNotFound`."""
    return existing(await session.get(Area, code), AreaNotFound)


async def lock_areas(session: WriteSession) -> None:
    """One writer of areas at a time, so that events of one area leave in the order of its changes."""
    await session.execute(_LOCK)


async def find_all_states(session: ReadSession) -> dict[str, tuple[str, bool]]:
    """Name and whether it is open, of every area by its code."""
    rows = await session.execute(select(Area.code, Area.name, Area.active))
    return {row.code: (row.name, row.active) for row in rows}


async def require_known(session: ReadSession, scope: Scope) -> None:
    """Raise `AreaUnknown` for a prefix under which there is no area: it is a typing mistake."""
    if unknown := await find_unknown(session, scope.prefixes):
        raise AreaUnknown(field="areas", area=min(unknown))


async def find_unknown(session: ReadSession, prefixes: Collection[str]) -> set[str]:
    """Those prefixes under which there is no area; everywhere ("") is always known."""
    wanted = [p for p in prefixes if p]
    return set(await session.scalars(_UNKNOWN, {"prefixes": wanted}))


async def require_active(session: ReadSession, code: AreaCode, field: str) -> None:
    """Raise `AreaUnknown` unless the area exists today."""
    if not await session.scalar(select(Area.active).where(Area.code == normalise(code))):
        raise AreaUnknown(field=field)
