"""The body of an upload of exports on its way into the store, and what its fields say."""

from collections.abc import Mapping
from functools import partial

from fastapi import Request

from services.jobs.exports import EXPORTS, MOST_FILES, SOURCES
from services.jobs.rules.months import begun_month
from services.jobs.rules.reconciliation import AreaOutside, ExportSourceInvalid
from services.jobs.usecases.export_reading import ExportReader
from services.jobs.usecases.reconciliation import ArrivedExport, get_comparison, require_sender
from shared import areas
from shared.areas import AreaCode, Scope
from shared.clock import local_date, utc_now
from shared.contracts.jobs_reconcile_policies import ExportSource
from shared.db.engine import Database
from shared.files import Shelf
from shared.files.heads import rows_of_each
from shared.http.sealed_upload import SealedFile, seal_files
from shared.ids import new_id
from shared.security.principals import Principal
from shared.villages import Villages


async def receive_export(
    request: Request, database: Database, shelf: Shelf, who: Principal, limit: int
) -> ArrivedExport:
    """Seal all files into the store and read their heads. Nothing is kept when anything is wrong with one of them.

    Raises `FilesTooLarge`, `FormInvalid`, `FormFieldInvalid`, `ExportSourceInvalid`, `MonthInvalid`, `AreaOutside`,
    `BureauKeepsNoPosts`, `PolicyMissing`, `TableInvalid`, `TookTooLong`, `ClientDisconnect`.
    """
    run_id, files = new_id(), list[SealedFile]()
    async with shelf.unless_refused(run_id, files):
        form = await seal_files(request, shelf.store, partial(shelf.seal, run_id), files, limit, MOST_FILES)
        source, month = _source(form.fields), begun_month(form.fields.get("month", ""), local_date(utc_now()))
        area_code = _area(form.fields, who.scope)
        async with database.read(who.scope) as session:
            await require_sender(session, who, area_code, utc_now())
            comparison, _ = await get_comparison(session, area_code, utc_now())
        rule = comparison.sources.get(source)
        if rule is None:
            raise ExportSourceInvalid(field="source", expected=", ".join(comparison.sources))
        nowhere, today = Villages([], Scope.nowhere(), {}), local_date(utc_now())
        reader = ExportReader(EXPORTS[source], rule.headings, nowhere, AreaCode(""), shelf.vault, today)
        rows = await rows_of_each(reader.open, shelf, run_id, [one.name for one in files])
    estimate = None if None in rows else sum(filter(None, rows))
    return ArrivedExport(run_id, source, month, area_code, [(one.name, one.counted.size) for one in files], estimate)


def _source(fields: Mapping[str, str]) -> ExportSource:
    for source in SOURCES:
        if fields.get("source") == source:
            return source
    raise ExportSourceInvalid(field="source", expected=", ".join(SOURCES))


def _area(fields: Mapping[str, str], scope: Scope) -> str:
    """What the export covers: what the form says, else all of the sender's, if that is one area."""
    try:
        given = areas.normalise(fields["area"]) if fields.get("area") else None
    except areas.InvalidAreaCode:
        raise AreaOutside(field="area") from None
    if given is None and len(scope.prefixes) == 1 and "" not in scope.prefixes:
        given = areas.normalise(next(iter(scope.prefixes)))
    if given is None or not scope.covers(given) or len(areas.prefix(given)) < 6:
        raise AreaOutside(field="area")
    return given
