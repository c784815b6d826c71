"""A file is there whole or not at all, and only its owner's folder has it."""

import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.files import FilesSettings, FileStore
from shared.security.sealed_files import FileSeal, seal_stream
from shared.security.vault import CannotOpen, Vault


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(FilesSettings(url=(tmp_path / "some where").as_uri()))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def pieces(count: int, fails: bool = False) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"piece of a file " * 100_000
    if fails:
        raise ConnectionResetError


async def test_written_read_and_forgotten(store: FileStore, vault: Vault, tmp_path: Path) -> None:
    seal = FileSeal(vault, "file", "files/1")
    await store.write("files/1", seal_stream(pieces(5), seal))
    assert store.open_sealed("files/1", seal).read() == b"piece of a file " * 500_000
    assert b"piece" not in b"".join(path.read_bytes() for path in files_in(tmp_path))
    assert stat.S_IMODE((tmp_path / "some where").stat().st_mode) == 0o700
    with pytest.raises(CannotOpen):
        store.open_sealed("files/1", FileSeal(vault, "file", "files/2")).read()
    await store.delete("files/1")
    await store.delete("files/1")
    assert files_in(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        store.open_sealed("files/1", seal)


async def test_nothing_is_left_of_a_file_that_breaks_off(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        await store.write("files/1", pieces(12, fails=True))
    assert files_in(tmp_path) == []


async def test_old_names_are_listed(store: FileStore) -> None:
    await store.write("files/1", pieces(1))
    await store.write("photos/1", pieces(1))
    later = utc_now() + timedelta(seconds=5)
    assert store.list_older("files/", later) == ["files/1"]
    assert store.list_older("files/", later - timedelta(hours=1)) == []
