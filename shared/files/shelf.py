"""Sealed files of one kind: where they lie in the store, what opens them, and what seals them anew under another key."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence, Sized
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from shared.files.store import FileStore, though_refused
from shared.security.sealed_files import FRAME, OVERHEAD, FileSeal, seal_stream
from shared.security.vault import CannotOpen, Vault

Key = UUID | int
"""What a file is called by; a set's files are called by the set and their number in it."""

_KEY = len(str(UUID(int=0)))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Files below one `folder` of the store, which ends with a slash, sealed for one `purpose`."""

    store: FileStore
    vault: Vault
    folder: str
    purpose: str

    def name(self, *key: Key) -> str:
        """What a file is called in the store."""
        return self.folder + "/".join(map(str, key))

    def seal(self, *key: Key) -> FileSeal:
        """What seals it."""
        return self._seal(self.name(*key))

    async def write(self, pieces: AsyncIterable[bytes], *key: Key) -> bytes:
        """Seal a file into the store as it comes, whole or not at all; the SHA-256 of its content."""
        digest = hashlib.sha256()
        await self.store.write(self.name(*key), seal_stream(pieces, self.seal(*key), digest))
        return digest.digest()

    def open(self, *key: Key) -> BinaryIO:
        """A file in clear; blocks. Raises `FileNotFoundError`, `FileRefused`."""
        return self.store.open_sealed(self.name(*key), self.seal(*key))

    async def delete(self, *key: Key) -> None:
        """Forget a file. Raises `FileRefused`."""
        await self.store.delete(self.name(*key))

    async def delete_set(self, sent: Key, files: int) -> None:
        """Forget a set of so many files."""
        for number in range(files):
            await self.delete(sent, number)

    @asynccontextmanager
    async def unless_refused(self, sent: Key, files: Sized) -> AsyncIterator[None]:
        """A set of files, as many as `files` has by then, that is kept if the block ends well; else it goes, also when
        nobody waits any more. What the store does not let go is an orphan (`forget_orphans`): the reason is raised."""
        try:
            yield
        except BaseException:
            with though_refused():
                await asyncio.shield(self.delete_set(sent, len(files)))
            raise

    async def list_older(self, moment: datetime) -> Sequence[tuple[UUID, str]]:
        """Files last written before `moment`: the first part of what each is called by, and its name in the store."""
        names = await asyncio.to_thread(self.store.list_older, self.folder, moment)
        return [(UUID(name.removeprefix(self.folder)[:_KEY]), name) for name in names]

    async def reseal(self) -> int:
        """Seal with the vault's active key what bears another; how many files. May be stopped, and begun again.

        A file is replaced as a whole, under its own name, so whoever reads it goes on reading: its frames lie where they
        lay and each says which key it bears. One that is deleted meanwhile may come back, and is swept as an orphan.
        """
        done = 0
        for name in await asyncio.to_thread(self.store.list_names, self.folder):
            try:
                head = await asyncio.to_thread(self.store.read_head, name, OVERHEAD)
                if self.vault.needs_reseal(head):
                    seal = self._seal(name)
                    await self.store.write(name, seal_stream(_pieces(self.store.open_sealed(name, seal)), seal))
                    done += 1
            except FileNotFoundError:
                continue  # somebody has deleted it
            except CannotOpen as error:
                error.add_note(f"file {name}")
                raise
        return done

    def _seal(self, name: str) -> FileSeal:
        return FileSeal(self.vault, self.purpose, name)


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, FRAME):
            yield piece
