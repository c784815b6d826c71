"""The process that works off lists, and what is taken of their columns without reading cell by cell."""

import asyncio
import io
import os
import signal
from datetime import date
from typing import Any

import polars as pl
import psutil
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.households.settings import HouseholdsSettings
from services.households.usecases import list_files, list_reading
from services.households.usecases.list_cells import DIRECT, PLAIN, CellInvalid, Direct, reader_of
from services.households.usecases.list_files import Gathering
from services.households.usecases.list_reading import BAD, FileReader
from services.households.workbook_lists import LISTS, ListColumn
from shared.areas import Scope
from shared.files import FilesSettings
from shared.villages import Villages
from shared.worker_process import keep_process
from tests.households.conftest import PINE, Households
from tests.households.lists import person, send, workbook
from tests.processes import runs, still_running

COLUMNS = {one.field: one for list_ in LISTS.values() for one in list_.columns if one.field in PLAIN}
CELLS = st.text(max_size=70) | st.from_regex(r"\A[0-9A-Za-z·一-龥() -]{1,70}\Z")
"""Cells as the reader of tables gives them: without blanks around them, and never empty."""


def test_only_direct_columns_have_a_pattern() -> None:
    assert PLAIN.keys() <= DIRECT
    assert PLAIN.keys() == COLUMNS.keys()


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
@settings(deadline=None, max_examples=50)
@given(cells=st.lists(CELLS.map(str.strip).filter(bool), min_size=1, max_size=20))
@example(
    cells=[
        "15400000017",
        "0871-6543210",
        "１５４０００００１７",
        "张三\u0007",
        "张\u202e三",
        "a" * 61,
        "5399-211",
        "x\ny",
    ]
)
def test_a_column_is_read_as_its_field_reads_each_cell(column: ListColumn, cells: list[str]) -> None:
    direct, read = Direct(column), reader_of(column)
    found = direct.read(pl.Series(cells))
    for cell, value in zip(cells, found, strict=True):
        try:
            expected = read(cell)
        except CellInvalid as invalid:
            expected = invalid.at(column.field)
        assert direct.faults.get(cell, value) == expected


def test_some_of_each_column_is_plain() -> None:
    plain = {
        "household.national_code": "5399211002000001",
        "household.address": "松林村3组",
        "household.phone": "08716543210",
        "member.name": "阿依·古丽",
        "member.phone": "15400000017",
        "member.national_member_code": "539921100200000101",
    }
    for field, pattern in PLAIN.items():
        assert pl.Series([plain[field]]).str.contains(pattern).all(), field


def test_mistakes_beyond_the_most_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (list_reading, list_files):
        monkeypatch.setattr(room, "MOST_FINDINGS", 5)
    wrong = [person(code, 1, 健康状况="硬朗", 联系电话="没有") for code in ("无", "B0", "A0001", "A0002")]
    villages = Villages([], Scope.everywhere(), {})
    gathering = Gathering(LISTS["person-list"], villages)
    for number in (1, 2):
        reader = FileReader(LISTS["person-list"], villages, date(2026, 3, 2))
        file = reader.take(number, reader.open(io.BytesIO(workbook(wrong)), ""))
        assert len(file.faults) == 5
        gathering.add(file)
    listing = gathering.listing()
    assert (len(listing.faults), listing.rows[BAD].sum()) == (5, 8)


def workers() -> list[psutil.Process]:
    """The worker processes of this test."""
    children = psutil.Process().children()
    return [child for child in children if "services.households.worker" in " ".join(child.cmdline())]


async def until(true: Any, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.05)


async def test_a_list_is_worked_off_by_a_process_of_its_own(
    service: Households, cluster: Any, database_name: str, vault_settings: Any, tmp_path: Any
) -> None:
    of_service = HouseholdsSettings.model_validate(
        {
            "database": {"url": cluster.dsn("households", database_name)},
            "vault": vault_settings,
            "files": FilesSettings(url=(tmp_path / "lists").as_uri()),
        }
    )
    keeping = asyncio.create_task(keep_process("services.households.worker", of_service))
    try:
        await until(_with_side_processes)
        [first] = workers()
        sides = first.children(recursive=True)
        first.send_signal(signal.SIGKILL)  # the service starts another one
        assert await asyncio.to_thread(still_running, sides) == [], "none outlives it"
        answer = await send(service, workbook([person(f"{PINE}0001", 1)]))

        async def checked() -> bool:
            return bool((await service.get(f"/register-imports/{answer.json()['id']}"))["state"] == "checked")

        await until(checked)
        [last] = [one for one in workers() if runs(one)]
        assert os.getpriority(os.PRIO_PROCESS, last.pid) > os.getpriority(os.PRIO_PROCESS, 0), "requests go first"
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
    assert not runs(last)


async def _with_side_processes() -> bool:
    return any("forkserver" in " ".join(one.cmdline()) for worker in workers() for one in worker.children())
