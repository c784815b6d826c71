"""Rounds: each is a transaction of its own, until one finds nothing, or less than a full part."""

from functools import partial

import pytest
from sqlalchemy import text

from shared.areas import Scope
from shared.db.engine import Database, WriteSession
from shared.db.rounds import each, hold, until_none, until_none_alone


class Work:
    """Does so much a round, and notes by which transaction."""

    def __init__(self, *parts: int) -> None:
        self.parts = list(parts)
        self.transactions: list[int] = []

    async def __call__(self, session: WriteSession) -> int:
        self.transactions.append(await session.scalar(text("SELECT pg_current_xact_id()::text::bigint")) or 0)
        return self.parts.pop(0)


@pytest.mark.parametrize(
    ("parts", "full", "done", "left"),
    [((0,), 1, 0, []), ((3, 1, 0), 1, 4, []), ((5, 5, 4, 5), 5, 14, [5]), ((5, 0, 5), 5, 5, [5]), ((2, 5), 5, 2, [5])],
)
async def test_until_nothing_or_a_part_that_is_not_full(
    database: Database, parts: tuple[int, ...], full: int, done: int, left: list[int]
) -> None:
    work = Work(*parts)
    assert await until_none(database, work, full) == done
    assert work.parts == left
    assert len(set(work.transactions)) == len(parts) - len(left)


async def test_what_was_done_stays_when_a_later_round_fails(database: Database) -> None:
    work = Work(1)

    async def step(session: WriteSession) -> int:
        await session.execute(text("INSERT INTO inbox (event_id, received_at) VALUES (gen_random_uuid(), now())"))
        return await work(session)

    with pytest.raises(IndexError):
        await until_none(database, step)
    async with database.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM inbox")) == 1


async def test_one_process_at_a_time_also_while_it_goes_on(database: Database) -> None:
    work, prepared = Work(2, 2, 0), Work(0, 0)

    async def prepare(session: WriteSession) -> None:
        await prepared(session)

    async def step(session: WriteSession) -> int:
        assert await until_none_alone(database, "trial", prepare, work) == 0, "another holds the turn"
        return await work(session)

    assert await until_none_alone(database, "trial", prepare, step) == 4
    assert (work.parts, prepared.parts) == ([], [0])
    async with database.write(Scope.everywhere()) as session:
        assert await hold(session, "trial"), "free again"
        assert await until_none_alone(database, "other", prepare, Work(0)) == 0
    assert prepared.parts == [], "another turn is not in the way"


async def test_a_step_that_fails_holds_up_no_other_and_is_raised() -> None:
    done = []

    async def step(name: str) -> None:
        done.append(name)
        if name in ("first", "third"):
            raise RuntimeError(name)

    names = ("first", "second", "third", "fourth")
    with pytest.raises(ExceptionGroup) as failed:
        await each(**{name: partial(step, name) for name in names})
    assert done == list(names)
    assert [str(one) for one in failed.value.exceptions] == ["first", "third"]
