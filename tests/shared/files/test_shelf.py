"""A shelf of sealed files: each opens under its own name alone, and under a new key when the old one is to go."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from shared.clock import utc_now
from shared.files import FilesSettings, FileStore, Shelf
from shared.security.sealed_files import FRAME
from shared.security.vault import CannotOpen, Vault, VaultSettings, new_key


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


def shelf(folder: Path, vault: Vault, name: str = "photos/") -> Shelf:
    return Shelf(FileStore(FilesSettings(url=folder.as_uri())), vault, name, "photo")


async def test_sets_and_single_files_are_found_by_their_ids(tmp_path: Path, vault: Vault) -> None:
    photos, one, two = shelf(tmp_path, vault), uuid4(), uuid4()
    assert await photos.write(pieces(b"one"), one) == hashlib.sha256(b"one").digest()
    await photos.write(pieces(b"two"), two, 1)
    assert (photos.open(one).read(), photos.open(two, 1).read()) == (b"one", b"two")
    older = await photos.list_older(utc_now() + timedelta(seconds=5))
    assert sorted(older) == sorted([(one, f"photos/{one}"), (two, f"photos/{two}/1")])
    (tmp_path / "photos" / str(one)).replace(tmp_path / "photos" / str(two) / "2")
    with pytest.raises(CannotOpen):
        photos.open(two, 2).read()
    await photos.delete(two, 1)
    with pytest.raises(FileNotFoundError):
        photos.open(two, 1)


@pytest.mark.parametrize("size", [0, 10, FRAME, 2 * FRAME + 7])
async def test_the_old_key_can_go(tmp_path: Path, vault: Vault, vault_settings: VaultSettings, size: int) -> None:
    content, one = bytes(n % 251 for n in range(size)), uuid4()
    await shelf(tmp_path, vault).write(pieces(content), one)
    await shelf(tmp_path, vault, "files/").write(pieces(b"another's"), one)
    ring = vault_settings.model_copy(update={"keys": {**vault_settings.keys, 2: SecretStr(new_key())}, "active": 2})
    rotated = shelf(tmp_path, Vault(ring))
    reading = rotated.open(one)
    assert reading.read(3) == content[:3]
    assert [await rotated.reseal() for _ in range(2)] == [1, 0]
    assert reading.read() == content[3:], "who was reading it goes on"
    alone = Vault(ring.model_copy(update={"keys": {2: ring.keys[2]}}))
    assert shelf(tmp_path, alone).open(one).read() == content
    with pytest.raises(CannotOpen):
        await shelf(tmp_path, alone, "files/").reseal()


async def test_where_no_files_are_nothing_is_made(tmp_path: Path, vault: Vault) -> None:
    assert await shelf(tmp_path / "nowhere", vault).reseal() == 0
    assert list(tmp_path.iterdir()) == []
