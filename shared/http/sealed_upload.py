"""A set of files in a form on its way into the store: sealed piece by piece, never whole in memory."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from fastapi import Request

from shared.errors import TooLarge
from shared.files import FileStore
from shared.http.form_stream import CountedFile, FormStream, form_of
from shared.http.problems import BODY_UNREAD
from shared.security.sealed_files import FileSeal, seal_stream

FORM_OVERHEAD = 100_000
"""Bytes of a form around its files."""


class FilesTooLarge(TooLarge):
    """The files of a set are larger than the service takes."""

    code: ClassVar[str] = "file-too-large"


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file of the form, what its sender calls it, and the SHA-256 of its content."""

    name: str
    counted: CountedFile
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


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
    `FormInvalid`, `FormFieldInvalid`, `FormFilesInvalid`, `ClientDisconnect`.
    """
    setattr(request.state, BODY_UNREAD, True)
    if int(request.headers.get("content-length") or 0) > limit + FORM_OVERHEAD:
        raise FilesTooLarge(max_bytes=limit)
    form = form_of(request, most_files)
    while await form.next_file():
        left = limit - sum(one.counted.size for one in files)
        counted = CountedFile(form.file(), left, lambda: FilesTooLarge(max_bytes=limit))
        files.append(SealedFile(form.file_name, counted))
        seal = seal_of(len(files) - 1)
        await store.write(seal.name, seal_stream(counted, seal, files[-1].digest))
    setattr(request.state, BODY_UNREAD, False)
    if not files:
        raise form.files_invalid()
    return form
