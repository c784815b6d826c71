"""A month is carried forward (结转): what nobody changed goes on, and says that nobody has confirmed it yet."""

from collections.abc import Collection
from datetime import date, datetime

from services.jobs.queries import carrying as queries
from services.jobs.rules.months import AHEAD, month_of, months_between, move
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import Database, WriteSession

_EVERYWHERE = Scope.everywhere()


async def carry_forward(session: WriteSession, month: date, now: datetime) -> int | None:
    """Give everybody who has a row in the month before one in `month`; how many. None: it was done before.

    Left out is who moved away or died; who was out and past the last day of work is carried as not out. Rows that are
    there already stay. The session sees everywhere.
    """
    await queries.take_turn(session)
    if await queries.is_carried(session, month):
        return None
    carried = await queries.carry_all(session, month, now)
    await queries.note_carried(session, month, carried, now)
    return carried


async def roll_months(database: Database, now: datetime) -> None:
    """Make the months to come, and carry forward up to the present one, a month in a transaction."""
    present = month_of(local_date(now))
    async with database.write(_EVERYWHERE) as session:
        await queries.make_months(session, present, move(present, AHEAD))
        last = await queries.find_last_carried(session)
    for month in months_between(move(last, 1) if last else present, present):
        async with database.write(_EVERYWHERE) as session:
            await carry_forward(session, month, now)


async def follow_moves(session: WriteSession, person_keys: Collection[str], now: datetime) -> None:
    """People who live in another village now take the present month's row along; what was counted before stays."""
    await queries.follow_people(session, month_of(local_date(now)), now, person_keys)
