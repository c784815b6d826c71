"""A file is there whole or not at all, and only its owner's folder has it."""

import asyncio
import signal
import stat
import sys
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


KILLED = """
import asyncio, os, signal, sys
from shared.files import FilesSettings, FileStore

async def pieces():
    while True:
        yield b"piece of a file " * 100_000
        if any("#" in name for _, _, names in os.walk(sys.argv[1]) for name in names):
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(FileStore(FilesSettings(url="file://" + sys.argv[1])).write("files/one/0", pieces()))
"""


async def test_what_a_killed_process_left_half_written_is_old_one_day(tmp_path: Path) -> None:
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(tmp_path))
    assert await asyncio.wait_for(killed.wait(), 30) == -signal.SIGKILL
    [left] = files_in(tmp_path)
    store, later = FileStore(FilesSettings(url=tmp_path.as_uri())), utc_now() + timedelta(seconds=5)
    [name] = store.list_older("files/", later)
    assert left == tmp_path / name
    assert store.list_older("photos/", later) == store.list_older("files/", later - timedelta(hours=1)) == []
    await store.delete(name)
    assert files_in(tmp_path) == []
