"""A list is read and compared by processes of their own: what they find is what one of them would have found."""

import asyncio
import os
import re
import signal
from typing import Any

import asyncpg
import pytest

from services.households.queries import register_imports as queries
from services.households.usecases import list_work
from services.households.usecases.list_files import FileSet
from services.households.usecases.list_sums import PartSums
from shared import time_limit
from shared.db.listening import MOST_ATTEMPTS
from shared.postgres import Cluster
from shared.side_processes import preload
from tests.households.conftest import PINE, Households
from tests.households.lists import AREA, Row, applied, checked, found, person, send, tally, work, workbook

preload(__name__)  # what is to hang must be there in time


def killed(*_: Any) -> None:
    """As by whoever hands out memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(*_: Any) -> None:
    """In what keeps the interpreter's lock."""
    re.match(r"(a*)*b", "a" * 99)


def hangs_at_the_second(files: FileSet, number: int) -> Any:
    """Of the files of a set."""
    return hangs() if number == 1 else read_one(files, number)


read_one = FileSet.read_one


def code(number: int) -> str:
    return f"{PINE}{number:04}"


BROKEN = person(code(1), 1, 与户主关系="谁也不是")  # cannot be read: whoever stands in it is left out, not taken
LIST = [
    BROKEN,
    person(code(2), 1, "张二"),  # taken: nobody was before
    person(code(2), 2, "李二", "配偶"),
    person(code(3), 2, "李三"),  # in two households
    person(code(4), 2, "李四"),  # in three
    person(code(5), 5, "王五"),
    person(code(5), 6, "王六"),  # two heads
    person(code(6), 6, "王七"),  # left out before, so this one is taken
    person(code(7), 7, "赵八", 文化程度="本科", 劳动技能="普通劳动力"),
    person(code(2), 8, "李小", "之子"),  # far from the others of the household
]
OTHER: list[Row] = [
    person(code(6), 9, "王九", "配偶"),  # of a household in the file before
    person(code(8), 10, "钱十", 健康状况="残疾", 文化程度="小学"),
    {**person(code(9), 6, "王六"), **AREA},  # taken by now
]


def plain(items: list[dict[str, Any]]) -> list[Any]:
    """Findings without what differs from import to import."""
    kept = ("outcome", "national_code", "file", "sheet", "row", "field", "code")
    return [[one.get(name) for name in kept] for one in items]


async def outcome(service: Households, **form: Any) -> Any:
    view = await checked(service, workbook(LIST), workbook(OTHER), **form)
    staged = [
        await service.sql(f"SELECT {what} FROM staged_{table} ORDER BY number")
        for table, what in (("household", "national_code, outcome"), ("member", "name, outcome, health, education"))
    ]
    conflicts = plain(await found(service, view, "conflicting"))
    await service.sql("DELETE FROM staged_household")
    await service.sql("DELETE FROM staged_member")
    return tally(view["households"]), tally(view["members"]), view["rows_read"], conflicts, staged


async def test_parts_that_are_compared_at_once_are_found_as_one_is(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await outcome(service)
    households, members, rows, conflicts, (staged_households, staged_members) = whole
    assert (rows, tally(households)["added"], tally(members)["added"]) == (len(LIST) + len(OTHER), 4, 7)
    assert [one[0] for one in staged_households] == [code(2), code(6), code(7), code(8)], "in the order of the list"
    assert [one[0] for one in staged_members] == ["张二", "李二", "李小", "王七", "王九", "赵八", "钱十"]
    assert {one[1] for one in conflicts} == {code(1), code(3), code(4), code(5), code(9)}
    for households_in_a_part in (1, 2, 3):
        monkeypatch.setattr(list_work, "PART", households_in_a_part)
        assert await outcome(service) == whole


async def test_what_is_written_lies_in_the_order_of_the_list(
    service: Households, monkeypatch: pytest.MonkeyPatch, cluster: Cluster, database_name: str
) -> None:
    """However what waits lies: earlier lists leave room between it, and who reads it at the same time shares the scan."""
    dsn = cluster.dsn("shouwang", database_name).replace("+asyncpg", "")
    owner = await asyncpg.connect(dsn, server_settings={"search_path": "households"})
    await owner.execute("TRUNCATE household, member CASCADE")  # no room is left from tests before
    monkeypatch.setattr(list_work, "PART", 3)
    people = [person(code(number), number, f"人{number:02}", "户主") for number in range(1, 21)]
    view = await checked(service, workbook(people[:10]), workbook(people[10:]))
    for table in ("staged_household", "staged_member"):
        await owner.execute(f"UPDATE {table} SET number = number WHERE number < 20")  # these lie behind the others now
        await owner.execute(f"ANALYZE {table}")  # as the server does by itself: then it reads them as they lie
    await owner.close()
    assert (await applied(service, view))["state"] == "applied"
    households = [row[0] for row in await service.sql("SELECT national_code FROM household ORDER BY ctid")]
    assert households == [code(number) for number in range(1, 21)]
    names = [row[0] for row in await service.sql("SELECT name FROM member ORDER BY ctid")]
    assert names == [one["姓名"] for one in people]


@pytest.mark.parametrize(("where", "what"), [(FileSet, "read_one"), (PartSums, "enter"), (PartSums, "compare")])
async def test_a_list_that_kills_who_reads_it_is_tried_again_and_then_given_up(
    service: Households, monkeypatch: pytest.MonkeyPatch, where: type, what: str
) -> None:
    answer = await send(service, workbook([person(code(1), 1)]))
    with monkeypatch.context() as during:
        during.setattr(where, what, killed)
        await work(service)
    view = await service.get(f"/register-imports/{answer.json()['id']}")
    assert (view["state"], view["failure"]["code"]) == ("failed", "import-broken")
    assert await service.sql("SELECT attempts FROM register_import") == [(MOST_ATTEMPTS,)]
    assert await service.sql("SELECT count(*) FROM staged_member") == [(0,)]


@pytest.mark.parametrize(
    ("where", "what", "how", "of"),
    [
        (FileSet, "read_one", hangs_at_the_second, "第 2 个文件："),
        (PartSums, "enter", hangs, ""),
        (PartSums, "compare", hangs, ""),
    ],
)
async def test_a_list_that_keeps_its_reader_for_ever_is_given_up_and_says_so(
    service: Households, monkeypatch: pytest.MonkeyPatch, where: type, what: str, how: Any, of: str
) -> None:
    slow = await send(service, workbook([person(code(1), 1)]), workbook([person(code(2), 2)]))
    with monkeypatch.context() as during:
        during.setattr(where, what, how)
        during.setattr(time_limit, "_seconds", 8.0)
        await work(service)
    view = await service.get(f"/register-imports/{slow.json()['id']}")
    assert (view["state"], view["failure"]["code"]) == ("failed", "took-too-long")
    assert view["failure"]["message"].startswith(f"{of}处理时间超过上限")
    assert await service.sql("SELECT count(*) FROM member") == [(0,)]
    assert (await checked(service, workbook([person(code(3), 3)])))["state"] == "checked"


async def test_a_reader_that_was_killed_once_does_no_harm(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await send(service, workbook([person(code(1), 1)]), workbook([person(code(2), 2)]))
    begin = queries.forget_findings
    tries = 0

    async def mended(*given: Any) -> None:
        nonlocal tries
        tries += 1
        if tries > 1:
            monkeypatch.undo()
        await begin(*given)

    monkeypatch.setattr(FileSet, "read_one", killed)
    monkeypatch.setattr(queries, "forget_findings", mended)
    await work(service)
    view = await service.get(f"/register-imports/{answer.json()['id']}")
    assert (view["state"], tally(view["members"]), tries) == ("checked", {"added": 2}, 2)


async def test_an_import_that_is_stopped_lays_nothing_down_any_more(service: Households) -> None:
    await send(service, workbook([person(code(number), number) for number in range(1, 30)]))
    working = asyncio.create_task(work(service))
    await asyncio.sleep(0.3)
    working.cancel()
    await asyncio.wait([working])
    before = await service.sql("SELECT count(*) FROM staged_member")
    await asyncio.sleep(0.5)
    assert await service.sql("SELECT count(*) FROM staged_member") == before
    await work(service)
    assert await service.sql("SELECT count(*) FROM staged_member") == [(29,)]
