"""A county's person list through the import of list workbooks, from the upload until the last row is in the register.

Ours: files for townships, sealed as they come, read, compared with the register, laid out, written in one transaction,
told in events of a thousand. Floor: asyncpg's COPY of the very rows that are left (households, people, history,
outbox) into tables with the same indexes. `REGISTER_IMPORT_PEOPLE` sets the size: 1,750,000 is the county's.
"""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import polars as pl
from sqlalchemy import select

from benchmarks.harness import Case, Figure
from benchmarks.world import World
from demo.county import Household
from demo.households import MAX_HOUSEHOLDS, households
from demo.places import COUNTY_NAME, TOWNSHIPS, villages
from services.households.codes import LISTS as CODES
from services.households.models import RegisterImport
from services.households.settings import HouseholdsSettings
from services.households.usecases.register_imports import ArrivedFile, ArrivedSet, accept_import, workbooks
from services.households.workbook_lists import LISTS
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.db.engine import Database
from shared.files import FilesSettings, FileStore, Shelf
from shared.ids import new_id
from shared.security.principals import SYSTEM
from shared.workbook_stream import stream_workbook
from shared.worker_process import keep_process

PEOPLE = int(os.environ.get("REGISTER_IMPORT_PEOPLE", "100000"))
_IN_FILE = 60_000  # people
_A_HOUSEHOLD = 4.1  # people
_TABLES = ("household", "member", "register_change", "outbox")
_LIST = LISTS["person-list"]


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """The set is written to disk first, file by file: a county's does not fit into memory beside all else."""
    world.tell(f"writing the workbooks of {PEOPLE:,} people")
    files = await asyncio.to_thread(lambda: list(_files(world.folder)))
    database, left = "", 0

    async def ours() -> list[float]:
        nonlocal database, left
        database = await world.clone()
        seconds = await _import(world, database, files)
        left = await _count_people(world, database)
        return [left / seconds]

    async def floor() -> list[float]:
        seconds = await _copy_again(world, database)
        await world.drop(database)
        return [left / seconds]

    yield Case((Figure("register_import", "people/s", target=0.3),), ours, floor, rounds=1)


async def _import(world: World, name: str, files: Sequence[Path]) -> float:
    """Seconds from the upload until it is written, by the process the service has for it."""
    settings = HouseholdsSettings.model_validate(
        {
            "database": world.settings("households", name),
            "vault": world.vault_settings,
            "files": FilesSettings(url=(world.folder / "store").as_uri()),
        }
    )
    database = Database(settings.database, "households", row_security=True)
    worker = asyncio.create_task(keep_process("services.households.worker", settings))
    try:
        await _until_it_listens(world, name)
        start = time.perf_counter()
        import_id = await _send(database, workbooks(FileStore(settings.files), world.vault), files)
        await _until_applied(world, database, import_id, start)
        return time.perf_counter() - start
    finally:
        worker.cancel()
        await asyncio.wait([worker])
        await database.stop()


async def _send(database: Database, shelf: Shelf, files: Sequence[Path]) -> UUID:
    import_id, arrived = new_id(), []
    for number, path in enumerate(files):
        await shelf.write(_pieces(path), import_id, number)
        arrived.append(ArrivedFile(path.name, path.stat().st_size, path.name.encode(), None))
    sent = ArrivedSet(import_id, "person-list", False, arrived)
    async with database.write(Scope.everywhere()) as session:
        await accept_import(session, shelf.vault, SYSTEM, sent, utc_now())
    return import_id


async def _until_it_listens(world: World, database: str) -> None:
    connection = await world.connect(database)
    try:
        listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'LISTEN%'"
        while not await connection.fetchval(listening, database):  # noqa: ASYNC110 it is another process
            await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def _until_applied(world: World, database: Database, import_id: UUID, start: float) -> None:
    """Tell how long it took to compare, and to write."""
    state = ""
    while state != "applied":
        await asyncio.sleep(0.05)  # seldom enough not to be work beside it
        async with database.read(Scope.everywhere()) as session:
            row = (await session.scalars(select(RegisterImport).where(RegisterImport.id == import_id))).one()
        assert row.state != "failed", row.failure
        if row.state != state:
            state = row.state
            world.tell(f"  {state} after {time.perf_counter() - start:.1f} s")


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, 1 << 20):
            yield piece


async def _count_people(world: World, database: str) -> int:
    connection = await world.connect(database)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM households.member"))
    finally:
        await connection.close()


async def _copy_again(world: World, database: str) -> float:
    """Seconds for the rows that are left, copied into tables like theirs."""
    connection = await world.connect(database)
    try:
        return sum([await _copy_table(connection, table) for table in _TABLES])
    finally:
        await connection.close()


async def _copy_table(connection: "asyncpg.Connection[Any]", table: str) -> float:
    identity = {"id"} if table == "outbox" else set()
    await connection.execute(f"CREATE TABLE copied_{table} (LIKE households.{table} INCLUDING ALL)")
    found = await connection.fetch(f"SELECT * FROM households.{table} ORDER BY id")
    columns = [column for column in found[0].keys() if column not in identity]  # noqa: SIM118 # a Record
    rows = [tuple(row[column] for column in columns) for row in found]
    del found
    await connection.execute("CHECKPOINT")
    start = time.perf_counter()
    await connection.copy_records_to_table(f"copied_{table}", records=rows, columns=columns)
    return time.perf_counter() - start


def _files(folder: Path) -> Iterator[Path]:
    wanted = min(round(PEOPLE / _A_HOUSEHOLD), MAX_HOUSEHOLDS)
    rows = itertools.chain.from_iterable(map(_rows, households(wanted, 20260323, local_date(utc_now()))))
    names = [one.field for one in _LIST.columns]
    for number in itertools.count():
        part = list(itertools.islice(rows, _IN_FILE))
        if not part:
            return
        frame = pl.DataFrame(part, schema=dict.fromkeys(names, pl.String))
        path = folder / f"people-{number}.xlsx"
        with path.open("wb") as file:
            file.writelines(stream_workbook([(_LIST.title, [one.heading for one in _LIST.columns], [frame])]))
        yield path


_TOWNS = {code: name for code, name, *_ in TOWNSHIPS}
_VILLAGES = {village.code: village.name for village in villages()}


def _rows(one: Household) -> Iterator[dict[str, str | None]]:
    """A household as the list has it; its rows may come in two files, for a set is one list."""
    for number, member in enumerate(one.members, 1):
        yield {
            "area.county": COUNTY_NAME,
            "area.township": _TOWNS[one.area_code[6:9]],
            "area.village": _VILLAGES[one.area_code],
            "household.national_code": one.national_code,
            "member.national_member_code": f"{one.national_code}{number:02}",
            "member.name": member.name,
            "check.id_type": "居民身份证",
            "member.id_number": str(member.id_number),
            "check.people": str(len(one.members)),
            "member.relation": _word("relation", member.relation),
            "member.ethnic_group": "汉族",
            "member.political_status": "群众",
            "member.education": "初中",
            "member.school_stage": _word("school_stage", member.school_stage),
            "member.health": "、".join(_word("health", one) or "" for one in member.health),
            "member.labour_skill": _word("labour_skill", member.labour_skill),
            "member.work_area": "440300" if number == 1 else None,
            "member.work_months": "8" if number == 1 else None,
            "member.serious_illness_insurance": "是",
            "household.household_class": _word("household_class", one.household_class),
            "household.unsafe_housing": "否",
            "household.safe_water": "是",
            "member.phone": member.phone,
        }


def _word(codes: str, code: str | None) -> str | None:
    return CODES[codes].text(code, "zh") if code else None
