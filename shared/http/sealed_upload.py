"""Files of a form on their way into the store: counted, hashed and sealed piece by piece, never whole in memory."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import ClassVar

from fastapi import Request

from shared.errors import TooLarge
from shared.files import FileStore
from shared.http.form_stream import FormFieldInvalid, FormStream
from shared.http.problems import BODY_UNREAD
from shared.security.sealed_files import FileSeal, seal_stream

FORM_OVERHEAD = 100_000
"""Bytes of a form around its files."""


class FilesTooLarge(TooLarge):
    """The files of a set are larger than the service takes."""

    code: ClassVar[str] = "file-too-large"


@dataclass(slots=True)
class SealedFile:
    """The bytes of one file passing by; `left` is what the set may still have."""

    name: str  # as its sender calls it
    pieces: AsyncIterator[bytes]
    left: int
    limit: int
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self.pieces:
            self.size += len(piece)
            if self.size > self.left:
                raise FilesTooLarge(max_bytes=self.limit)
            self.digest.update(piece)
            yield piece


async def seal_files(
    request: Request,
    store: FileStore,
    seal_of: Callable[[int], FileSeal],
    files: list[SealedFile],
    limit: int,
    most_files: int,
) -> FormStream:
    """Seal all files of the request into the store, each under its seal's name; the form with its fields.

    `files` grows while they come: whatever is raised, the caller deletes so many. Raises `FilesTooLarge`,
    `FormInvalid`, `FormFieldInvalid`, `ClientDisconnect`.
    """
    setattr(request.state, BODY_UNREAD, True)
    if int(request.headers.get("content-length") or 0) > limit + FORM_OVERHEAD:
        raise FilesTooLarge(max_bytes=limit)
    form = FormStream(request.stream(), request.headers.get("content-type", ""), most_files)
    while await form.next_file():
        file = SealedFile(form.file_name, form.file(), limit - sum(one.size for one in files), limit)
        files.append(file)
        seal = seal_of(len(files) - 1)
        await store.write(seal.name, seal_stream(file, seal))
    setattr(request.state, BODY_UNREAD, False)
    if not files:
        raise FormFieldInvalid(field="file")
    return form
