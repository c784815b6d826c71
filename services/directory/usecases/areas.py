"""Areas (行政区划): imported as a table, renamed and closed one by one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import text

from services.directory import events
from services.directory.models import Area
from services.directory.queries import areas as queries
from services.directory.rules.areas import AreaDraft, check_areas, decode, read_areas
from shared.areas import level, parent
from shared.db.bulk import stage
from shared.db.engine import WriteSession
from shared.errors import InvalidInput
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal

_COLUMNS = ("code", "name", "level", "parent_code", "active")
_UPSERT = """
INSERT INTO area ({columns}) SELECT {columns} FROM {staged}
ON CONFLICT (code) DO UPDATE SET name = excluded.name, active = excluded.active
"""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do."""

    rows: int
    added: int
    changed: int
    unchanged: int


async def import_areas(session: WriteSession, who: Principal, content: bytes, *, dry_run: bool) -> ImportReport:
    """Add and change the areas of a CSV file: all rows, or none (`InvalidInput`, by lines). Areas not in it stay.

    A province has 20,000 rows: reading and comparing leave the event loop, writing is one COPY.
    """
    rows, faults = await asyncio.to_thread(lambda: read_areas(decode(content)))
    await queries.lock_areas(session)
    known = await queries.find_all_states(session)
    faults += await asyncio.to_thread(check_areas, rows, who.scope, known)
    if faults:
        raise InvalidInput([fault.under(line) for line, fault in sorted(faults, key=itemgetter(0))])
    touched = [draft for _, draft in rows if known.get(draft.code) != (draft.name, draft.active)]
    added = sum(draft.code not in known for draft in touched)
    if touched and not dry_run:
        await _write(session, touched)
        await emit(session, *events.areas_changed(touched))
        await audit.record(session, who, "area:write", "areas", added=added, changed=len(touched) - added)
    return ImportReport(len(rows), added, len(touched) - added, len(rows) - len(touched))


async def change_area(
    session: WriteSession, who: Principal, code: str, *, name: str | None, active: bool | None
) -> Area:
    """Rename an area, close it, or open it again."""
    await queries.lock_areas(session)
    area = await queries.get_area(session, code)
    who.require_area(code)
    area.name = area.name if name is None else name
    area.active = area.active if active is None else active
    await emit(session, *events.areas_changed([area]))
    await audit.record(session, who, "area:write", code, area_code=code)
    return area


async def _write(session: WriteSession, drafts: Sequence[AreaDraft]) -> None:
    rows = [(d.code, d.name, level(d.code).value, parent(d.code), d.active) for d in drafts]
    staged = await stage(session, "area", _COLUMNS, rows)
    await session.execute(text(_UPSERT.format(columns=", ".join(_COLUMNS), staged=staged)))
