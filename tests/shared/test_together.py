"""Questions of requests that run at the same time, answered by one statement."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.db.engine import Database
from shared.db.together import MOST, Together

asked: list[list[int]] = []


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()


async def doubled(connection: Any, numbers: Sequence[int]) -> list[int]:
    asked.append(list(numbers))
    return [row["n"] for row in await connection.fetch("SELECT n * 2 AS n FROM unnest($1::int[]) AS n", list(numbers))]


async def test_each_has_its_own_answer_and_one_statement_serves_many(database: Database) -> None:
    together = Together(database, doubled)
    answers = await asyncio.gather(*(together.ask(number) for number in range(MOST + 50)))
    assert answers == [number * 2 for number in range(MOST + 50)]
    assert [len(some) for some in asked] == [MOST, 50]
    assert await together.ask(7) == 14, "it goes on after a pause"


async def test_who_comes_while_a_statement_runs_goes_with_the_next(database: Database) -> None:
    together = Together(database, doubled)
    first = asyncio.create_task(together.ask(1))
    while not asked:
        await asyncio.sleep(0)
    late = [asyncio.create_task(together.ask(number)) for number in (2, 3)]
    assert [await first, *[await one for one in late]] == [2, 4, 6]
    assert asked == [[1], [2, 3]]


async def test_all_are_told_what_went_wrong_and_the_next_is_not(database: Database) -> None:
    async def divided(connection: Any, numbers: Sequence[int]) -> list[int]:
        return [await connection.fetchval("SELECT 10 / $1::int", number) for number in numbers]

    together = Together(database, divided)
    failed = await asyncio.gather(*(together.ask(number) for number in (1, 0)), return_exceptions=True)
    assert [type(one).__name__ for one in failed] == ["DivisionByZeroError"] * 2
    assert await together.ask(5) == 2


async def test_a_client_that_hangs_up_takes_nothing_from_the_others(database: Database) -> None:
    together = Together(database, doubled)
    gone, stays = (asyncio.create_task(together.ask(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 4
    assert gone.cancelled()
    assert await together.ask(3) == 6
