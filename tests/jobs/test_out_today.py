"""Who is out at work today: matching, moving up and subsidies ask as the totals do (`queries.as_of.out_on`)."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.jobs.queries.as_of import count_people
from services.jobs.queries.at_work import find_at_work
from services.jobs.queries.matching_facts import get_seeker, list_villagers
from shared.areas import Scope
from tests.jobs.conftest import Jobs
from tests.jobs.matching_county import at_work

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
    assert (seeker.wage is not None) == out
    assert ("jobless" in seeker.groups, "zero_employment" in seeker.groups) == (not out, not out)
