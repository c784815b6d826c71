"""Who is out at work today: matching, moving up, brands and indicators ask as the totals do (`queries.as_of.out_on`)."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.jobs.queries.as_of import count_people
from services.jobs.queries.at_work import find_at_work
from services.jobs.queries.brands import count_trades, list_leaders, list_pay, list_villages
from services.jobs.queries.labour_frame import FrameDay, frame_of_villages
from services.jobs.queries.matching_facts import get_seeker, list_villagers
from services.jobs.queries.move_up import reckon_medians
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import ReadSession
from tests.jobs.conftest import PINE, Jobs
from tests.jobs.matching_county import MASON, at_work

DAY = date(2026, 11, 20)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("row", "out"),
    [
        ({}, True),
        ({"started_on": DAY, "ended_on": DAY}, True),
        ({"ended_on": BEFORE}, False),
        ({"started_on": AFTER}, False),
        ({"status": "not_out", "ended_on": BEFORE}, False),
        ({"status": "not_out", "ended_on": AFTER}, True),
        ({"status": "not_out"}, False),
    ],
)
async def test_all_agree(service: Jobs, row: dict[str, Any], out: bool) -> None:
    [person] = await service.people(1)
    await at_work(service, person, DAY, **row)
    everywhere = Scope.everywhere()
    async with service.database.read(everywhere) as session:
        assert (await count_people(session, everywhere, DAY)).out == out
        assert (await find_at_work(session, person, DAY) is not None) == out
        assert bool(await list_villagers(session, everywhere, DAY)) == out
        seeker = await get_seeker(session, everywhere, person, DAY)
        assert await trade_counts(session, DAY) == [int(out)] * 4
        [counted] = (await frame_of_villages(session, [PINE], FrameDay(DAY, False, (3, 6)), {"status"})).to_dicts()
    assert (counted["status"] == "out") == out
    assert (seeker.wage is not None) == out
    assert ("jobless" in seeker.groups, "zero_employment" in seeker.groups) == (not out, not out)


async def trade_counts(session: ReadSession, day: date) -> list[int]:
    """People in the trade by each question of the brands."""
    everywhere = Scope.everywhere()
    counted = (await count_trades(session, everywhere, day)).get(MASON, 0)
    villages = sum(one.people for one in await list_villages(session, everywhere, day, MASON, 9))
    leaders = len(await list_leaders(session, everywhere, day, MASON, 9))
    paid = await list_pay(session, everywhere, day.replace(day=1), day, MASON)
    return [counted, villages, leaders, sum(one.people for one in paid)]


async def test_a_trade_earns_what_those_earn_who_are_out_in_it_today(service: Jobs) -> None:
    here, home, later = await service.people(1, 2, 3)
    await at_work(service, here, DAY, wage=5000)
    await at_work(service, home, DAY, wage=1000, ended_on=BEFORE)
    await at_work(service, later, DAY, wage=900, started_on=AFTER)
    async with service.database.write(Scope.everywhere()) as session:
        await reckon_medians(session, DAY, utc_now())
    assert await service.sql("SELECT wage, people FROM trade_median") == [(5000, 1)]


async def test_pay_of_a_past_month_is_of_those_out_on_its_last_day(service: Jobs) -> None:
    here, home = await service.people(1, 2)
    last = date(2026, 10, 31)
    await at_work(service, here, last, wage=5000, ended_on=date(2026, 11, 3))
    await at_work(service, home, last, wage=1000, ended_on=date(2026, 10, 20))
    everywhere = Scope.everywhere()
    async with service.database.read(everywhere) as session:
        assert [tuple(one) for one in await list_pay(session, everywhere, date(2026, 9, 1), DAY, MASON)] == [
            (date(2026, 10, 1), 1, 5000)
        ]
