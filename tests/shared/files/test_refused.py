"""A bucket that refuses one file for ever, and one that refuses everything for a while, are two things."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from obstore.exceptions import BaseError

from shared.clock import utc_now
from shared.files import FileRefused, FilesSettings, FileStore, Shelf, though_refused
from shared.ids import new_id
from shared.security.vault import Vault
from tests.bucket import URL, Bucket, open_bucket


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with open_bucket(monkeypatch) as opened:
        yield opened


@pytest.fixture
def shelf(bucket: Bucket, vault: Vault) -> Shelf:
    return Shelf(FileStore(FilesSettings(url=URL)), vault, "kept/", "file")


async def pieces() -> AsyncIterator[bytes]:
    yield b"a row"


async def test_one_file_that_is_refused(shelf: Shelf, bucket: Bucket) -> None:
    first, second = new_id(), new_id()
    for one in (first, second):
        await shelf.write(pieces(), one)
    bucket.refused.add(f"files/kept/{first}")
    with pytest.raises(FileRefused):
        shelf.open(first)
    with pytest.raises(FileRefused):
        await shelf.delete(first)
    assert shelf.open(second).read() == b"a row"
    for one in (first, second):
        with though_refused():
            await shelf.delete(one)
    older = await shelf.list_older(utc_now() + timedelta(days=1))
    assert [key for key, _ in older] == [first], "the sweep went on"


async def test_who_sent_a_set_that_is_refused_hears_why_though_the_store_lets_it_not_go(
    shelf: Shelf, bucket: Bucket
) -> None:
    sent = new_id()
    await shelf.write(pieces(), sent, 0)
    bucket.refused.add(f"files/kept/{sent}/0")
    with pytest.raises(ValueError, match="no table"):
        async with shelf.unless_refused(sent, range(1)):
            raise ValueError("no table")


async def test_while_everything_is_refused_no_file_is(shelf: Shelf, bucket: Bucket) -> None:
    one = new_id()
    await shelf.write(pieces(), one)
    bucket.closed = True
    with pytest.raises(BaseError):
        shelf.open(one)
    with pytest.raises(BaseError):
        await shelf.delete(one)
    bucket.closed = False
    assert shelf.open(one).read() == b"a row"
    with pytest.raises(FileNotFoundError):
        shelf.open(new_id())


async def test_one_that_is_refused_while_it_is_read(shelf: Shelf, bucket: Bucket) -> None:
    one = new_id()
    await shelf.write(pieces(), one)
    file = shelf.open(one)
    bucket.refused.add(f"files/kept/{one}")
    with pytest.raises(FileRefused):
        file.read()
