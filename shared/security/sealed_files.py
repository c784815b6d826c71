"""Files sealed in frames, so that one of any size is written while it arrives and read from any place in it.

A frame holds 1 MiB of the file (the last one what is left) and is a sealed value like any other of the vault's. Its
number, whether it is the last, and the file's own name are authenticated with it: a frame cannot stand in another's
place or in another file, none can be left out, and a file that was cut off does not open at its end.
"""

import hashlib
import io
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from shared.ahead import made_ahead
from shared.security.vault import CannotOpen, Vault

FRAME = 1 << 20
"""Bytes of the file in a frame."""
OVERHEAD = 30
"""Bytes a sealed frame is longer: header, nonce and tag of the vault."""
_SEALED = FRAME + OVERHEAD

ReadRange = Callable[[int, int], memoryview]
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

    def open_into(self, sealed: memoryview, number: int, place: memoryview, *, last: bool) -> None:
        """`open` straight into the `place` where it is wanted."""
        self.vault.open_into(sealed, self._bound(number, last), place)

    def _bound(self, number: int, last: bool) -> str:
        return f"{self.purpose}:{self.name}:{number}:{'last' if last else 'more'}"


def seal_stream(
    pieces: AsyncIterable[bytes], seal: FileSeal, digest: "hashlib._Hash | None" = None
) -> AsyncIterator[bytes]:
    """The sealed frames of a file that arrives in pieces of any length; `digest` is fed the file as it passes by.

    A frame is hashed and sealed in a thread while the next one arrives. Holds three frames in memory.
    """

    def sealed(frame: tuple[Sequence[memoryview], int, bool]) -> bytes:
        parts, number, last = frame
        content = b"".join(parts)
        if digest is not None:
            digest.update(content)
        return seal.seal(content, number, last=last)

    return made_ahead(sealed, _frames(pieces))


async def _frames(pieces: AsyncIterable[bytes]) -> AsyncIterator[tuple[Sequence[memoryview], int, bool]]:
    """The file cut into frames: the parts of each, its number, and whether it is the last. Copies nothing."""
    parts: list[memoryview] = []
    number, room = 0, FRAME
    async for piece in pieces:
        rest = memoryview(piece)
        while len(rest) > room:  # not at equality: the last frame is known for what it is only at the end
            yield [*parts, rest[:room]], number, False
            rest, parts, number, room = rest[room:], [], number + 1, FRAME
        parts.append(rest)
        room -= len(rest)
    yield parts, number, True


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
        length = min(FRAME, self._size - number * FRAME)
        if start == 0 and len(buffer) >= length:
            with memoryview(buffer) as view:
                self._seal.open_into(self._sealed(number), number, view[:length], last=number == self._last)
            self._place += length
            return length
        if number != self._number:
            self._load(number)
        piece = self._frame[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def _load(self, number: int) -> None:
        sealed = bytes(self._sealed(number))
        self._frame = memoryview(self._seal.open(sealed, number, last=number == self._last))
        self._number = number

    def _sealed(self, number: int) -> memoryview:
        start = number * _SEALED
        return self._read_range(start, min(start + _SEALED, self._sealed_size))
