"""Files sealed in frames, so that one of any size is written while it arrives and read from any place in it.

A frame holds 1 MiB of the file (the last one what is left) and is a sealed value like any other of the vault's. Its
number, whether it is the last, and the file's own name are authenticated with it: a frame cannot stand in another's
place or in another file, none can be left out, and a file that was cut off does not open at its end.
"""

import io
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from typing import BinaryIO

from shared.security.vault import CannotOpen, Vault

FRAME = 1 << 20
"""Bytes of the file in a frame."""
OVERHEAD = 30
"""Bytes a sealed frame is longer: header, nonce and tag of the vault."""
_SEALED = FRAME + OVERHEAD

ReadRange = Callable[[int, int], bytes]
"""Bytes of the sealed file from one place up to another."""


@dataclass(frozen=True, slots=True)
class FileSeal:
    """What seals and opens the frames of one file."""

    vault: Vault
    purpose: str  # "file"
    name: str  # what the file is called where it lies: its frames open under this name alone

    def seal(self, frame: bytes, number: int, *, last: bool) -> bytes:
        """Seal frame `number`, counted from 0."""
        return self.vault.seal(frame, self._bound(number, last))

    def open(self, sealed: bytes, number: int, *, last: bool) -> bytes:
        """Open a frame. Raises `CannotOpen` when it is another one, or not the last where the file ends."""
        return self.vault.open(sealed, self._bound(number, last))

    def _bound(self, number: int, last: bool) -> str:
        return f"{self.purpose}:{self.name}:{number}:{'last' if last else 'more'}"


async def seal_stream(pieces: AsyncIterable[bytes], seal: FileSeal) -> AsyncIterator[bytes]:
    """The sealed frames of a file that arrives in pieces of any length. Holds one frame in memory."""
    waiting = bytearray()
    number = 0
    async for piece in pieces:
        waiting += piece
        while len(waiting) > FRAME:  # not at equality: the last frame is known for what it is only at the end
            yield seal.seal(bytes(waiting[:FRAME]), number, last=False)
            del waiting[:FRAME]
            number += 1
    yield seal.seal(bytes(waiting), number, last=True)


def open_sealed(read_range: ReadRange, size: int, seal: FileSeal) -> BinaryIO:
    """The file in clear as a seekable binary stream; `size` is that of the sealed one. Reading may raise `CannotOpen`.

    One frame in clear is in memory at a time, and nothing in clear is written anywhere.
    """
    return io.BufferedReader(_Opened(read_range, size, seal), FRAME)


class _Opened(io.RawIOBase):
    def __init__(self, read_range: ReadRange, size: int, seal: FileSeal) -> None:
        super().__init__()
        self._read_range = read_range
        self._sealed_size = size
        self._seal = seal
        self._last = max(0, -(-size // _SEALED) - 1)
        self._size = size - (self._last + 1) * OVERHEAD
        if self._size < self._last * FRAME:
            raise CannotOpen
        self._place = 0
        self._number = -1
        self._frame = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override] # narrower than Buffer
        if self._place >= self._size:
            if self._number < 0:
                self._load(self._last)  # an empty file has a frame too, and it may be forged
            return 0
        number, start = divmod(self._place, FRAME)
        if number != self._number:
            self._load(number)
        piece = self._frame[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def _load(self, number: int) -> None:
        start = number * _SEALED
        sealed = self._read_range(start, min(start + _SEALED, self._sealed_size))
        self._frame = memoryview(self._seal.open(sealed, number, last=number == self._last))
        self._number = number
