"""Areas (行政区划): imported as a table, renamed and closed one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.directory import events
from services.directory.models import Area
from services.directory.queries import areas as queries
from services.directory.rules.areas import AreaDraft, check_areas, decode, read_areas
from services.directory.usecases.rows import RowsRejected
from shared.areas import level, parent
from shared.db.engine import WriteSession
from shared.outbox import emit
from shared.security import audit
from shared.security.principals import Principal


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do."""

    rows: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0


async def import_areas(session: WriteSession, who: Principal, content: bytes, *, dry_run: bool) -> ImportReport:
    """Add and change the areas of a CSV file: all rows, or none (`RowsRejected`). Areas not in it stay."""
    rows, mistakes = read_areas(decode(content))
    await queries.lock_areas(session)
    mistakes += check_areas(rows, who.scope, await queries.find_known_codes(session))
    if mistakes:
        raise RowsRejected(sorted(mistakes, key=lambda mistake: mistake.row))
    drafts = [draft for _, draft in rows]
    report, touched = await _merge(session, drafts, dry_run=dry_run)
    if touched and not dry_run:
        await emit(session, *events.areas_changed(touched))
        await audit.record(session, who, "area:write", "areas", added=report.added, changed=report.changed)
    return report


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


async def _merge(
    session: WriteSession, drafts: Sequence[AreaDraft], *, dry_run: bool
) -> tuple[ImportReport, list[Area]]:
    known = await queries.find_areas(session, [draft.code for draft in drafts])
    report = ImportReport(len(drafts))
    touched = []
    for draft in drafts:
        area = known.get(draft.code)
        if area is None:
            report.added += 1
            touched.append(_new(draft))
        elif (area.name, area.active) != (draft.name, draft.active):
            report.changed += 1
            if not dry_run:
                area.name, area.active = draft.name, draft.active
            touched.append(area)
    report.unchanged = len(drafts) - len(touched)
    if not dry_run:
        session.add_all(touched)
    return report, touched


def _new(draft: AreaDraft) -> Area:
    return Area(
        code=draft.code,
        name=draft.name,
        level=level(draft.code),
        parent_code=parent(draft.code),
        active=draft.active,
    )
