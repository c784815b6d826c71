"""Labour brands, counted from the ledger."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.jobs.rules.months import month_of, month_text, move
from shared.clock import local_date, utc_now
from tests.jobs.conftest import BAMBOO, BRIDGE, PINE, STONE, Jobs
from tests.jobs.posts import codes, employer, post

MONTH = month_of(local_date(utc_now()))
ROW = """
INSERT INTO labour_row (person_id, month, area_code, status, trade, wage, work_area, services, source, version, changed_at)
VALUES (:person, :month, :area, 'out', :trade, :wage, '441900', '{}', 'hand', 1, now())
"""


async def works(service: Jobs, person: UUID, trade: str, wage: int, area: str = PINE, month: date = MONTH) -> None:
    """Somebody is out in a trade."""
    await service.sql(ROW, person=person, month=month, area=area, trade=trade, wage=wage)


async def county(service: Jobs) -> list[UUID]:
    """Four fitters and a mason in Pine, a mason in Bamboo, two cooks beyond the bridge."""
    pine = await service.people(*range(1, 6))
    bamboo = await service.people(6, area_code=BAMBOO)
    bridge = await service.people(7, 8, area_code=BRIDGE)
    for number, person in enumerate(pine[:4]):
        await works(service, person, "61804", 5000 + 500 * number)
    await works(service, pine[4], "62901", 7000)
    await works(service, bamboo[0], "62901", 6000, BAMBOO)
    for person in bridge:
        await works(service, person, "40302", 4000, BRIDGE)
    return [*pine, *bamboo, *bridge]


def quotients(ranking: Any) -> dict[str, float | None]:
    return {one["trade"]["code"]: one["quotient"] for one in ranking["trades"]}


async def test_against_the_published_reference(service: Jobs) -> None:
    await county(service)
    against = {"against": "reference"}
    found = await service.get("/brands", params=against)
    assert found["people"] == 8
    assert quotients(found) == {
        "61804": pytest.approx(0.5 / 0.03),
        "40302": pytest.approx(0.25 / 0.08),
        "62901": pytest.approx(0.25 / 0.15),
    }
    assert found["source"].startswith("示例")
    assert not any(one["brand"] for one in found["trades"])  # fewer than 30 people
    await service.sql("UPDATE policy SET body = jsonb_set(body, '{least_people}', '4') WHERE kind = 'trade-reference'")
    found = await service.get("/brands", params=against)
    assert [one["trade"]["code"] for one in found["trades"] if one["brand"]] == ["61804"]


async def test_a_village_against_all_that_its_county_sees(service: Jobs) -> None:
    await county(service)
    found = await service.get("/brands", params={"area": PINE, "against": "ledger"})
    assert quotients(found) == {"61804": pytest.approx(0.8 / 0.5), "62901": pytest.approx(0.2 / 0.25)}
    assert found["source"] is None
    own = await service.get("/brands", "village", PINE, params={"against": "ledger"})
    assert list(quotients(own).values()) == [pytest.approx(1)] * 2


async def test_against_the_posts_on_offer(service: Jobs) -> None:
    await county(service)
    one = await employer(service)
    await post(service, one, openings=10)
    await post(service, one, openings=30, trade="62901")
    found = await service.get("/brands")  # unless another is asked for: the shipped shares are an example
    assert found["source"] is None
    assert quotients(found) == {"61804": pytest.approx(0.5 / 0.25), "62901": pytest.approx(0.25 / 0.75), "40302": None}


async def test_who_leads_and_what_it_pays(service: Jobs) -> None:
    people = await county(service)
    last = move(MONTH, -1)
    for person, wage in zip(people[:3], (4000, 4600, 9000), strict=True):
        await works(service, person, "61804", wage, month=last)
    await service.post(f"/people/{people[3]}/certificates", {"trade": "61804", "issued_on": "2024-05-01"})
    found = await service.get("/brands/61804", "township", STONE)
    assert [(one["area"]["code"], one["people"]) for one in found["villages"]] == [(PINE, 4)]
    assert [(one["person"]["id"], one["wage"], one["certificates"]) for one in found["people"][:2]] == [
        (str(people[3]), 6500, 1),
        (str(people[2]), 6000, 0),
    ]
    assert [(one["month"], one["people"], one["pay"]) for one in found["pay"]] == [
        (last.isoformat(), 3, 4600),
        (MONTH.isoformat(), 4, 5750),
    ]
    masked = await service.get("/brands/61804", "supervisor", params={"month": month_text(MONTH)})
    assert masked["people"][0]["person"]["name"] != found["people"][0]["person"]["name"]


async def test_nobody_sees_the_people_of_another_area(service: Jobs) -> None:
    await county(service)
    found = await service.get("/brands/61804", "village", BRIDGE)
    assert (found["villages"], found["people"], found["pay"]) == ([], [], [])
    refused = await service.call("GET", "/brands", "bureau")
    assert (refused.status_code, codes(refused)) == (403, ["role-not-permitted"])
