"""Files of one kind in the store: what each is called there, and what seals it."""

from dataclasses import dataclass
from typing import BinaryIO, ClassVar
from uuid import UUID

from shared.files.store import FileStore
from shared.security.sealed_files import FileSeal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the originals of a service lie, sealed, and what opens them. A subclass says which kind they are of.

    What was sent is one file, or a set of files with numbers from 0.
    """

    store: FileStore
    vault: Vault

    folder: ClassVar[str]  # "files/"
    purpose: ClassVar[str]  # under which the frames are sealed

    def name(self, sent: UUID, number: int | None = None) -> str:
        """What a file is called in the store."""
        return f"{self.folder}{sent}" if number is None else f"{self.folder}{sent}/{number}"

    def seal(self, sent: UUID, number: int | None = None) -> FileSeal:
        """What seals it."""
        return FileSeal(self.vault, self.purpose, self.name(sent, number))

    def open(self, sent: UUID, number: int | None = None) -> BinaryIO:
        """A file in clear; blocks. Raises `FileNotFoundError`."""
        return self.store.open_sealed(self.name(sent, number), self.seal(sent, number))

    async def delete(self, sent: UUID, files: int | None = None) -> None:
        """Forget one file, or a set of so many."""
        for number in [None] if files is None else range(files):
            await self.store.delete(self.name(sent, number))
