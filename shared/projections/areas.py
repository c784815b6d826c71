"""Areas (行政区划) as this service knows them."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from shared.areas import lineage
from shared.contracts.directory import AreasChanged
from shared.db.engine import ReadSession, WriteSession, raw
from shared.inbox import Received


class AreaMixin:
    """One area; `active` is false for a code that was closed."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    active: Mapped[bool]


_UPSERT = """
INSERT INTO area (code, name, active) SELECT * FROM unnest($1::text[], $2::text[], $3::bool[])
ON CONFLICT (code) DO UPDATE SET name = excluded.name, active = excluded.active
"""
_NAMES = text("SELECT code, name FROM area WHERE code = ANY(:codes)")
_ACTIVE = text("SELECT code FROM area WHERE code = ANY(:codes) AND active")
_ALL_ACTIVE = text("SELECT code, name FROM area WHERE active")


async def on_areas_changed(session: WriteSession, received: Sequence[Received[AreasChanged]]) -> None:
    """Keep the newest name and state of each area."""
    newest = {area.code: area for one in received for area in one.event.areas}
    rows = [(area.code, area.name, area.active) for area in newest.values()]
    await (await raw(session)).execute(_UPSERT, *map(list, zip(*rows, strict=True)))


async def find_names(session: ReadSession, codes: Collection[str]) -> dict[str, str]:
    """Names by code, closed areas too; unknown codes are absent."""
    rows = await session.execute(_NAMES, {"codes": list(codes)})
    return {row.code: row.name for row in rows}


async def find_names_above(session: ReadSession, codes: Iterable[str]) -> dict[str, str]:
    """Names of the areas and of those they lie in, by code."""
    return await find_names(session, {above for code in set(codes) for above in lineage(code)})


async def list_active(session: ReadSession) -> Sequence[tuple[str, str]]:
    """All areas of today with their names."""
    return [(row.code, row.name) for row in await session.execute(_ALL_ACTIVE)]


async def find_active(session: ReadSession, codes: Collection[str]) -> set[str]:
    """Those of `codes` that stand for an area of today."""
    return set(await session.scalars(_ACTIVE, {"codes": list(codes)}))
