"""Who lives where, as the register tells it: the newest record counts, and alerts follow their person."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from shared.clock import utc_now
from shared.contracts.envelope import Event
from shared.contracts.households import MembersChanged
from tests.alerts.conftest import Service, merge_policy
from tests.alerts.merging import CODE, HOUSEHOLD, about, bill, known, look, member, verdict

pytestmark = pytest.mark.usefixtures("every_bill_triggers")

OTHER = UUID("01890000-0000-7000-8000-00000000bbbb")
NOW = utc_now()


async def homes(service: Service) -> list[tuple[Any, ...]]:
    """Household and whether active, of everybody known."""
    rows = await service.sql("SELECT household_id, active FROM known_member ORDER BY person_key")
    return [tuple(row) for row in rows]


async def subjects(service: Service) -> list[tuple[Any, ...]]:
    """Subject and whether it takes in more, of every alert, oldest first."""
    return [tuple(row) for row in await service.sql("SELECT subject_key, merging FROM alert ORDER BY id")]


async def test_the_newest_record_counts_in_every_order(service: Service) -> None:
    number = 0
    for together in (True, False):
        for order in permutations(range(4)):
            number += 1
            records = [
                member(service, number, HOUSEHOLD, changed_at=NOW),
                member(service, number, HOUSEHOLD, active=False, changed_at=NOW + timedelta(minutes=1)),
                member(service, number, OTHER, changed_at=NOW + timedelta(minutes=1)),  # left and came in one deed
                member(service, number, HOUSEHOLD, changed_at=NOW - timedelta(days=1)),
            ]
            events: list[Event] = [MembersChanged(members=[records[place]]) for place in order]
            for delivery in [events] if together else [[event] for event in events]:
                await service.tell(*delivery)
    assert set(await homes(service)) == {(OTHER, True)}
    assert len(await homes(service)) == 48
    assert await service.count("dead_letter") == 0


async def test_a_thousand_in_one_event(service: Service) -> None:
    await known(service, *(member(service, number) for number in range(1000)))
    await known(service, *(member(service, number, OTHER) for number in range(500, 1000)))
    rows = await service.sql("SELECT household_id, count(*) FROM known_member GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in rows] == [(HOUSEHOLD, 500), (OTHER, 500)]


async def test_an_alert_follows_somebody_who_becomes_known(service: Service) -> None:
    first = await bill(service, "1", status=201, **about(1))
    by_code = await bill(service, "2", status=201, person=None, household={"national_code": CODE})
    stranger = await bill(service, "3", status=201, **about(9))
    await known(service, member(service, 1), member(service, 2))

    household = (str(HOUSEHOLD), True)
    assert (await subjects(service))[:2] == [(str(HOUSEHOLD), False), household], "the younger takes in what comes"
    assert (await subjects(service))[2] != household
    for ref, number in (("4", 1), ("5", 2)):
        assert (await bill(service, ref, **about(number)))["id"] == by_code["id"]
    assert (await look(service, first))["state"] == "reported"
    assert (await bill(service, "6", **about(9)))["id"] == stranger["id"]


async def test_an_open_alert_goes_before_a_dismissed_one(service: Service) -> None:
    open_one = await bill(service, "1", status=201, **about(1))
    dismissed = await bill(service, "2", status=201, **about(2))
    await service.tell(verdict(service, dismissed, "no_risk"))
    await known(service, member(service, 1), member(service, 2))
    assert (await bill(service, "3", **about(2)))["id"] == open_one["id"]


async def test_who_moves_leaves_the_alert_with_the_household(service: Service) -> None:
    await known(service, member(service, 1), member(service, 2))
    first = await bill(service, "1", status=201, **about(1))
    await known(service, member(service, 1, OTHER))
    assert (await bill(service, "2", status=201, **about(1)))["id"] != first["id"]
    assert (await bill(service, "3", **about(2)))["id"] == first["id"]
    assert await subjects(service) == [(str(HOUSEHOLD), True), (str(OTHER), True)]


async def test_a_policy_that_comes_late_counts_from_then_on(service: Service) -> None:
    await service.sql("DELETE FROM policy")
    ids = {(await bill(service, str(number), status=201))["id"] for number in range(2)}
    await service.tell(merge_policy())
    merged = await bill(service, "3")
    assert (merged["outcome"], merged["id"] in ids) == ("merged", True)
