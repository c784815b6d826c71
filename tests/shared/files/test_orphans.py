"""What nobody knows of goes: files of uploads that were refused, and of processes that died."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.files import FilesSettings, FileStore, Shelf
from shared.files.orphans import GRACE, forget_orphans
from shared.ids import new_id
from shared.postgres import Cluster
from shared.security.vault import Vault
from tests.shared.tried import Tried, tried_table


@pytest.fixture
def shelf(tmp_path: Path, vault: Vault) -> Shelf:
    return Shelf(FileStore(FilesSettings(url=tmp_path.as_uri())), vault, "sets/", "trial")


async def lay(shelf: Shelf, *files: int) -> UUID:
    """A set of files."""
    sent = new_id()
    for number in files:
        await shelf.write(_pieces(), sent, number)
    return sent


async def _pieces() -> AsyncIterator[bytes]:
    yield b"content"


async def lying(shelf: Shelf) -> list[str]:
    return sorted(name for _, name in await shelf.list_older(utc_now() + timedelta(days=1)))


async def test_a_set_is_kept_unless_it_was_refused(shelf: Shelf) -> None:
    sent = await lay(shelf, 0, 1)
    async with shelf.unless_refused(sent, range(2)):
        pass
    assert await lying(shelf) == [shelf.name(sent, 0), shelf.name(sent, 1)]
    with pytest.raises(ValueError, match="refused"):
        async with shelf.unless_refused(sent, range(2)):
            raise ValueError("refused")
    assert await lying(shelf) == []


async def test_what_never_arrived_whole_is_told_by_what_it_is_a_part_of(shelf: Shelf, tmp_path: Path) -> None:
    sent = await lay(shelf, 0)
    lone = new_id()
    for name in (f"{sent}/1#1", f"{lone}#1"):
        (tmp_path / "sets" / name).write_bytes(b"part")
    older = await shelf.list_older(utc_now() + timedelta(days=1))
    assert sorted(older) == [(sent, f"sets/{sent}/0"), (sent, f"sets/{sent}/1#1"), (lone, f"sets/{lone}#1")]


async def test_it_goes_when_nobody_waits_any_more(shelf: Shelf) -> None:
    sent = await lay(shelf, 0)

    async def upload() -> None:
        async with shelf.unless_refused(sent, range(1)):
            await asyncio.sleep(600)

    task = asyncio.create_task(upload())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await lying(shelf) == []


async def test_what_no_row_knows_goes_once_it_is_old(
    shelf: Shelf, database: Database, cluster: Cluster, database_name: str
) -> None:
    known, over, stray = [await lay(shelf, 0, 1) for _ in range(3)]
    async with tried_table(cluster, database_name):
        async with database.write(Scope.everywhere()) as session:
            session.add_all([Tried(id=known, state="queued"), Tried(id=over, state="done")])
        kept = Tried.state == "queued"
        assert await forget_orphans(database, shelf, utc_now(), Tried.id, kept) == 0, "it may be on its way"
        later = utc_now() + GRACE + timedelta(minutes=1)
        assert await forget_orphans(database, shelf, later, Tried.id) == 2
        assert not any(str(stray) in name for name in await lying(shelf))
        assert await forget_orphans(database, shelf, later, Tried.id, kept) == 2
        assert await lying(shelf) == [shelf.name(known, 0), shelf.name(known, 1)]
