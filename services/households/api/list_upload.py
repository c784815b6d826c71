"""The body of an upload of list workbooks on its way into the store: counted, hashed and sealed piece by piece."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import get_args
from uuid import UUID

from fastapi import Request

from services.households.rules.list_areas import Villages
from services.households.rules.register_imports import ListKind, ListKindInvalid, SetTooLarge
from services.households.usecases.list_reading import SetReader
from services.households.usecases.register_imports import ArrivedFile, ArrivedSet, delete_set
from services.households.workbook_lists import LISTS, MOST_FILES
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.files import Shelf
from shared.http.form_stream import FormFieldInvalid, FormStream
from shared.http.problems import BODY_UNREAD
from shared.ids import new_id

FORM_OVERHEAD = 100_000
"""Bytes of a form around its files."""
_YES = {"true": True, "false": False, "1": True, "0": False, "": True}


@dataclass(slots=True)
class _Counted:
    """The bytes of one file passing by; `left` is what the set may still have."""

    pieces: AsyncIterator[bytes]
    left: int
    limit: int
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self.pieces:
            self.size += len(piece)
            if self.size > self.left:
                raise SetTooLarge(max_bytes=self.limit)
            self.digest.update(piece)
            yield piece


async def receive_set(request: Request, shelf: Shelf, limit: int) -> ArrivedSet:
    """Seal all files into the store and read their heads. Nothing is kept when anything is wrong with one of them.

    Raises `SetTooLarge`, `FormInvalid`, `FormFieldInvalid`, `ListKindInvalid`, `TableInvalid`, `ClientDisconnect`.
    """
    setattr(request.state, BODY_UNREAD, True)
    if int(request.headers.get("content-length") or 0) > limit + FORM_OVERHEAD:
        raise SetTooLarge(max_bytes=limit)
    form = FormStream(request.stream(), request.headers.get("content-type", ""), MOST_FILES)
    import_id, files, names = new_id(), list[_Counted](), list[str]()
    try:
        while await form.next_file():
            counted = _Counted(form.file(), limit - sum(one.size for one in files), limit)
            files.append(counted)
            names.append(form.file_name)
            await shelf.write(counted, import_id, len(files) - 1)
        setattr(request.state, BODY_UNREAD, False)
        if not files:
            raise FormFieldInvalid(field="file")
        kind, dry_run = _kind(form), _dry_run(form)
        estimates = await asyncio.to_thread(_read_heads, shelf, import_id, kind, names)
    except BaseException:
        await asyncio.shield(delete_set(shelf, import_id, len(files)))
        raise
    arrived = [
        ArrivedFile(name, one.size, one.digest.digest(), rows)
        for name, one, rows in zip(names, files, estimates, strict=True)
    ]
    return ArrivedSet(import_id, kind, dry_run, arrived)


def _kind(form: FormStream) -> ListKind:
    kind = form.fields.get("kind")
    for known in get_args(ListKind):
        if kind == known:
            return known  # type: ignore[no-any-return]
    raise ListKindInvalid(field="kind")


def _dry_run(form: FormStream) -> bool:
    dry_run = _YES.get(form.fields.get("dry_run", "").lower())
    if dry_run is None:
        raise FormFieldInvalid(field="dry_run")
    return dry_run


def _read_heads(shelf: Shelf, import_id: UUID, kind: ListKind, names: list[str]) -> list[int | None]:
    """How many rows each file may have; a file without the headings is refused here, while somebody listens."""
    reader = SetReader(LISTS[kind], Villages([], Scope.nowhere(), {}), local_date(utc_now()))
    rows = []
    for number, name in enumerate(names):
        with shelf.open(import_id, number) as file:
            rows.append(reader.open(file, name).rows_estimate)
    return rows
