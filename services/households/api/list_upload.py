"""The body of an upload of list workbooks on its way into the store: counted, hashed and sealed piece by piece."""

from functools import partial
from typing import get_args

from fastapi import Request

from services.households.rules.register_imports import ListKind, ListKindInvalid
from services.households.usecases.list_reading import FileReader
from services.households.usecases.register_imports import ArrivedFile, ArrivedSet
from services.households.workbook_lists import LISTS, MOST_FILES
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.files import Shelf
from shared.files.heads import rows_of_each
from shared.http.form_stream import FormStream
from shared.http.sealed_upload import SealedFile, seal_files
from shared.ids import new_id
from shared.villages import Villages


async def receive_set(request: Request, shelf: Shelf, limit: int) -> ArrivedSet:
    """Seal all files into the store and read their heads. Nothing is kept when anything is wrong with one of them.

    Raises `FilesTooLarge`, `FormInvalid`, `FormFieldInvalid`, `ListKindInvalid`, `TableInvalid`, `TookTooLong`,
    `ClientDisconnect`.
    """
    import_id, files = new_id(), list[SealedFile]()
    async with shelf.unless_refused(import_id, files):
        form = await seal_files(request, shelf.store, partial(shelf.seal, import_id), files, limit, MOST_FILES)
        kind, dry_run = _kind(form), form.dry_run()
        reader = FileReader(LISTS[kind], Villages([], Scope.nowhere(), {}), local_date(utc_now()))
        estimates = await rows_of_each(reader.open, shelf, import_id, [one.name for one in files])
    arrived = [
        ArrivedFile(one.name, one.counted.size, one.digest.digest(), rows)
        for one, rows in zip(files, estimates, strict=True)
    ]
    return ArrivedSet(import_id, kind, dry_run, arrived)


def _kind(form: FormStream) -> ListKind:
    kind = form.fields.get("kind")
    for known in get_args(ListKind):
        if kind == known:
            return known  # type: ignore[no-any-return]
    raise ListKindInvalid(field="kind")
