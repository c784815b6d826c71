"""Pages by key, one after the other, are the whole list."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Row, Select, Table, Text, insert, select

from shared.areas import Scope
from shared.db.engine import Database
from shared.db.pages import in_order, newest_first

ROWS = [(code, number) for code in ("甲", "丙", "乙") for number in (3, 1, 2)]
PAGED = Table(
    "paged",
    MetaData(),
    Column("code", Text(collation="C")),
    Column("number", Integer),
    prefixes=["TEMP"],
    postgresql_on_commit="DROP",
)

Walk = Callable[[Any, int], Select[str, int]]


def upwards(after: Any, limit: int) -> Select[str, int]:
    return in_order(select(PAGED.c.code, PAGED.c.number), PAGED.c.code, PAGED.c.number, after=after, limit=limit)


def downwards(before: Any, limit: int) -> Select[str, int]:
    return newest_first(select(PAGED.c.code, PAGED.c.number), PAGED.c.code, PAGED.c.number, before=before, limit=limit)


@pytest.mark.parametrize(("walk", "whole"), [(upwards, sorted(ROWS)), (downwards, sorted(ROWS, reverse=True))])
@pytest.mark.parametrize("limit", [1, 2, 4, 20])
async def test_pages_are_the_whole_list(
    database: Database, walk: Walk, whole: list[tuple[str, int]], limit: int
) -> None:
    async with database.write(Scope.nowhere()) as session:
        await (await session.connection()).run_sync(PAGED.create)
        await session.execute(insert(PAGED), [{"code": code, "number": number} for code, number in ROWS])
        found: list[Row[str, int]] = []
        while page := (await session.execute(walk(tuple(found[-1]) if found else None, limit))).all():
            assert len(page) <= limit
            found += page
    assert [tuple(row) for row in found] == whole


async def test_one_key_needs_no_tuple(database: Database) -> None:
    async with database.write(Scope.nowhere()) as session:
        await (await session.connection()).run_sync(PAGED.create)
        await session.execute(insert(PAGED), [{"code": "", "number": number} for number in range(9)])
        number = PAGED.c.number
        up = await session.scalars(in_order(select(number), number, after=5, limit=2))
        down = await session.scalars(newest_first(select(number), number, before=5, limit=2))
        assert (up.all(), down.all()) == ([6, 7], [4, 3])
