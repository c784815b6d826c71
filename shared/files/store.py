"""An object store for files that are sealed before they come here. It sees bytes and names without meaning."""

import asyncio
import errno
import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NoReturn
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError
from obstore.store import LocalStore, ObjectStore, from_url
from pydantic import BaseModel, Field

from shared.security.sealed_files import FileSeal, open_sealed

log = logging.getLogger(__name__)

PART = 5 << 20
"""Bytes of a part on its way into a bucket; S3 takes none that are smaller."""

_UNFINISHED = "#"
"""In the name of a file in a folder while it arrives (`name#1`), and in no name of ours."""

MAX_BYTES = 2_000_000_000
"""What no setting can go beyond: the gateway in front says the same."""


class FilesSettings(BaseModel):
    """Where files lie, how large one may be, and how long it is kept."""

    url: str = Field(
        "file:///var/lib/shouwang/files",
        description="A folder (file:///...), or a bucket (s3://bucket/prefix; its keys and endpoint from AWS_*)",
    )
    max_bytes: int = Field(512_000_000, ge=1, le=MAX_BYTES, description="Bytes of the largest file that is taken")
    kept_days: int = Field(30, ge=1, description="Days a file is kept after it was worked off")
    unmatched_days: int = Field(90, ge=1, le=90, description="Days rows about people unknown to the register are kept")


class FileRefused(PermissionError):
    """The store answers, and does not give this one file, or does not let it go."""


@contextmanager
def though_refused() -> Iterator[None]:
    """A step of a sweep: where the store refuses its file, the next one is taken all the same, and this one next time."""
    try:
        yield
    except FileRefused as refused:
        log.warning("store refuses a file", extra={"file": refused.filename})


class FileStore:
    """Writes whole files or none, reads any part of them, and forgets them."""

    def __init__(self, settings: FilesSettings) -> None:
        self._settings = settings
        self._url = settings.url
        parts = urlsplit(settings.url)
        self.folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._opened: ObjectStore | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """To a process of ours (`shared.side_processes`) it goes as its settings."""
        return FileStore, (self._settings,)

    async def write(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a file as it comes. When `pieces` raises, nothing is kept and its error goes on."""
        store = self._store()
        await obstore.put_async(store, name, pieces, use_multipart=True, chunk_size=PART, max_concurrency=2)
        if self.folder is not None:
            await asyncio.to_thread(_sync, self.folder / name)

    async def delete(self, name: str) -> None:
        """Forget a file; no error when it is gone already. Raises `FileRefused`."""
        if self.folder is not None and _UNFINISHED in name:
            await asyncio.to_thread((self.folder / name).unlink, missing_ok=True)
            return
        try:
            await obstore.delete_async(self._store(), name)
        except (NotFoundError, FileNotFoundError):
            return
        except BaseError as error:
            await asyncio.to_thread(self._refuse, name, error)

    def open_sealed(self, name: str, seal: FileSeal) -> BinaryIO:
        """A sealed file in clear, seekable; blocks while it reads, so read it in a thread.

        Raises `FileNotFoundError`, `FileRefused`, and `CannotOpen` for a file that is not whole or another.
        """
        store = self._store()

        def read_range(start: int, end: int) -> memoryview:
            try:
                return memoryview(obstore.get_range(store, name, start=start, end=end))
            except PermissionDeniedError as error:
                self._refuse(name, error)

        try:
            size = obstore.head(store, name)["size"]
        except PermissionDeniedError as error:
            self._refuse(name, error)
        return open_sealed(read_range, size, seal)

    def _refuse(self, name: str, error: Exception) -> NoReturn:
        """The store has refused a file: that one alone, if it answers otherwise; else raises what it says to everything."""
        next(iter(obstore.list(self._store(), chunk_size=1)), None)
        raise FileRefused(errno.EACCES, "refused by the store", name) from error

    def list_older(self, prefix: str, moment: datetime) -> Sequence[str]:
        """Names below `prefix` of files last written before `moment`, also of those that are not whole."""
        found = (one for page in obstore.list(self._store(), prefix) for one in page)
        older = [one["path"] for one in found if one["last_modified"] < moment]
        return [*older, *self._unfinished(prefix, moment)]

    def _unfinished(self, prefix: str, moment: datetime) -> Iterator[str]:
        """What was arriving when its process was killed: the store's own listing passes it over."""
        if self.folder is not None:
            for path in (self.folder / prefix).rglob(f"*{_UNFINISHED}*"):
                with suppress(FileNotFoundError):  # whole by now
                    if path.stat().st_mtime < moment.timestamp():
                        yield path.relative_to(self.folder).as_posix()

    def list_names(self, prefix: str) -> Sequence[str]:
        """Names of all files below `prefix`; none where there is no place for files here."""
        if self._opened is None and self.folder is not None and not self.folder.is_dir():
            return []
        return [one["path"] for page in obstore.list(self._store(), prefix) for one in page]

    def read_head(self, name: str, length: int) -> bytes:
        """The first bytes of a file as it lies there. Raises `FileNotFoundError`."""
        return bytes(obstore.get_range(self._store(), name, start=0, end=length))

    def _store(self) -> ObjectStore:
        """Opened when first used: a process that never sees a file needs no place for them."""
        if self._opened is None:
            if self.folder is not None:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._opened = LocalStore(self.folder)
            else:
                self._opened = from_url(self._url)
        return self._opened


def _sync(path: Path) -> None:
    """To the disk, and its name into the folder: the answer that follows says that the file is there."""
    for place, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(place, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
