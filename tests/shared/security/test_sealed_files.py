"""A sealed file reads back from any place, and nobody can cut it off, swap its frames, or pass off another's."""

import hashlib
import io
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.security import sealed_files
from shared.security.sealed_files import FRAME, OVERHEAD, FileSeal, open_sealed, seal_stream
from shared.security.vault import CannotOpen, Vault, VaultSettings

VAULT = Vault(VaultSettings.generate())
SEALED = FRAME + OVERHEAD
SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 2 * FRAME + 17]


def a_seal(name: str = "one") -> FileSeal:
    return FileSeal(VAULT, "file", name)


async def in_pieces(content: bytes, length: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), length):
        yield content[start : start + length]


async def sealed(content: bytes, length: int = 70_001, name: str = "one") -> list[bytes]:
    return [frame async for frame in seal_stream(in_pieces(content, length), a_seal(name))]


def opened(stored: bytes, name: str = "one") -> io.BufferedReader:
    reader = open_sealed(lambda start, end: memoryview(stored)[start:end], len(stored), a_seal(name))
    assert isinstance(reader, io.BufferedReader)
    return reader


def content_of(size: int) -> bytes:
    return (b"0123456789abcdef#" * (size // 17 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
async def test_it_reads_back(size: int) -> None:
    content = content_of(size)
    stored = b"".join(await sealed(content))
    assert opened(stored).read() == content
    assert len(stored) == size + max(1, -(-size // FRAME)) * OVERHEAD
    if size >= 16:  # a byte or two may stand among the sealed ones by chance
        assert content[:16] not in stored


@pytest.mark.parametrize("length", [1000, FRAME, 3 * FRAME])
async def test_pieces_of_any_length_make_the_same_frames(length: int) -> None:
    content = content_of(2 * FRAME + 5)
    frames = await sealed(content, length)
    assert [len(frame) - OVERHEAD for frame in frames] == [FRAME, FRAME, 5]


@pytest.mark.parametrize("size", [0, 5, 2 * FRAME, 2 * FRAME + 5])
async def test_a_digest_is_fed_what_passes_by(size: int) -> None:
    content, digest = content_of(size), hashlib.sha256()
    pieces = in_pieces(content, 99_991)
    stored = b"".join([frame async for frame in seal_stream(pieces, a_seal(), digest)])
    assert opened(stored).read() == content
    assert digest.digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize("at_once", [-1, 1000, 5 * FRAME])
async def test_frames_are_bound_to_their_place(at_once: int) -> None:
    first, second, last = await sealed(content_of(2 * FRAME + 17))
    for forged in ([second, first, last], [first, second], [first], [first, second, second], [first, last], [last]):
        reader = opened(b"".join(forged))
        with pytest.raises(CannotOpen):
            while reader.read(at_once):
                pass


async def test_a_file_cut_off_within_a_frame_does_not_open() -> None:
    stored = b"".join(await sealed(content_of(FRAME + 500)))
    for length in (0, 10, OVERHEAD, SEALED - 1, SEALED + 5, SEALED + OVERHEAD + 1, len(stored) - 1):
        with pytest.raises(CannotOpen):
            opened(stored[:length]).read()


async def test_another_name_or_purpose_does_not_open() -> None:
    stored = b"".join(await sealed(b"content"))
    with pytest.raises(CannotOpen):
        opened(stored, name="other").read()
    other = FileSeal(VAULT, "photo", "one")
    with pytest.raises(CannotOpen):
        open_sealed(lambda start, end: memoryview(stored)[start:end], len(stored), other).read()


async def test_the_last_frame_of_an_empty_file_is_checked() -> None:
    with pytest.raises(CannotOpen):
        opened(b"\x01\x01" + bytes(28)).read()


@pytest.fixture
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few bytes are many frames."""
    monkeypatch.setattr(sealed_files, "FRAME", 16)
    monkeypatch.setattr(sealed_files, "_SEALED", 16 + OVERHEAD)


Step = st.tuples(st.sampled_from(["read", "set", "current", "end"]), st.integers(-40, 120))


@pytest.mark.usefixtures("small_frames")
def test_it_reads_like_a_plain_file() -> None:
    @settings(max_examples=200, deadline=None)
    @given(content=st.binary(max_size=100), steps=st.lists(Step, max_size=12))
    def check(content: bytes, steps: list[tuple[str, int]]) -> None:
        seal = a_seal()
        frames = [content[start : start + 16] for start in range(0, len(content), 16)] or [b""]
        stored = b"".join(
            seal.seal(frame, number, last=number == len(frames) - 1) for number, frame in enumerate(frames)
        )
        ours, plain = opened(stored), io.BytesIO(content)
        for step, number in steps:
            if step == "read":
                assert ours.read(abs(number)) == plain.read(abs(number))
            elif step == "set":
                assert ours.seek(abs(number)) == plain.seek(abs(number))
            else:
                whence = io.SEEK_CUR if step == "current" else io.SEEK_END
                start = plain.tell() if step == "current" else len(content)
                offset = max(number, -start)
                assert ours.seek(offset, whence) == plain.seek(offset, whence)
            assert ours.tell() == plain.tell()

    check()
