"""Month by month: every sum balances, whatever happens, in every area."""

from datetime import date, datetime, timedelta
from random import Random

import pytest

from services.households.rules.grade_movement import next_month, start_of
from services.households.usecases.grading_nightly import take_snapshots
from shared.clock import local_date, utc_now
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    STONE,
    Households,
    household,
)
from tests.households.graded import EVERYWHERE, RED, again, draft, publish, set_facts, snapshot, with_red
from tests.households.road import ANY


async def test_half_a_year_of_movement(service: Households) -> None:
    """Each month is kept when the next begins, whoever looks later sees the same, and every sum balances."""
    today = local_date(utc_now())
    months = [today.replace(day=1)]
    while len(months) < 4:
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE))
    # As if they had been entered in the first month.
    await service.sql("UPDATE grade_change SET at = :at", at=start_of(months[0]) + timedelta(days=1))

    def moment(month: int, day: int) -> datetime:
        return start_of(months[month]) + timedelta(days=day, hours=12)

    await set_facts(service, ids[0], **RED)
    await set_facts(service, ids[1], safe_water=False)
    await again(service, *ids, now=moment(0, 3))
    await snapshot(service, months[1])
    await set_facts(service, ids[0], dwelling_level="A")
    await set_facts(service, ids[1], dwelling_level="D")
    await again(service, *ids, now=moment(1, 3))
    await snapshot(service, months[2])
    await set_facts(service, ids[0], dwelling_level="D")
    await set_facts(service, ids[2], safe_water=False)
    await again(service, *ids[:2], now=moment(2, 3))
    await again(service, ids[2], now=moment(2, 4), cause="correction")
    await snapshot(service, months[3])
    await snapshot(service, months[3])
    asked = {"from": f"{months[0]:%Y-%m}", "to": f"{months[3]:%Y-%m}"}
    found = await service.get("/grade-movements", params=asked)
    shown = {(one["month"], line["grade"]): line for one in found["months"] for line in one["grades"]}
    assert all(one["balanced"] for one in found["months"])

    def of(month: int, grade: str) -> tuple[int, dict[str, int], dict[str, int], int]:
        line = shown[f"{months[month]:%Y-%m}", grade]
        return line["opening"], line["ins"], line["outs"], line["closing"]

    assert of(0, "green") == (0, {"registered": 3}, {"new": 2}, 1)
    assert of(0, "red") == (0, {"new": 1}, {}, 1)
    assert of(1, "red") == (1, {"reclassified": 1}, {"cleared": 1}, 1)
    assert of(1, "yellow") == (1, {}, {"reclassified": 1}, 0)
    assert of(2, "red") == (1, {"re_entered": 1}, {}, 2)
    assert of(2, "yellow") == (0, {"correction": 1}, {}, 1)
    assert of(3, "red") == (2, {}, {}, 2)
    assert found["kinds"]["re_entered"] == "再次进入"
    [red] = [one for one in found["total"] if one["grade"] == "red"]
    assert (red["opening"], red["closing"]) == (0, 2)
    listed = await service.get(f"/grade-movements/households?month={months[2]:%Y-%m}&to=red")
    assert [one["household_id"] for one in listed["items"]] == ids[:1]
    assert listed["items"][0]["head_name"] == "张三"
    township = await service.get("/grade-movements", "township", RIVER, params=asked)
    assert {one["grade"]: one["closing"] for one in township["total"]} == {"red": 0, "yellow": 1, "green": 0}
    assert await service.sql("SELECT count(*) FROM grade_snapshot") == [(3 + 3 + 3,)]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_happens_the_sums_balance(service: Households, seed: int) -> None:
    """Facts, rules, moves, grades by hand, dissolutions and snapshots in any order, in every area."""
    random = Random(seed)
    month = local_date(utc_now()).replace(day=1)
    first = (month - timedelta(days=1)).replace(day=1)
    ids = await service.register(*(household(n, random.choice([PINE, BAMBOO, BRIDGE])) for n in range(1, 7)))
    await service.sql("UPDATE grade_change SET at = :at", at=start_of(first) + timedelta(hours=1))
    span = utc_now() - start_of(first) - timedelta(hours=2)
    kept = False
    for number in range(30):
        now = start_of(first) + timedelta(hours=2) + span * (number / 30)
        if not kept and now > start_of(month):
            await snapshot(service, month)
            kept = True
        id_ = random.choice(ids)
        match random.choice(["fact", "fact", "fact", "moved", "rules", "by hand", "dissolved"]):
            case "fact":
                level, water = random.choice("ABCD"), random.choice([True, False, None])
                await set_facts(service, id_, dwelling_level=level, safe_water=water)
            case "moved":
                await set_facts(service, id_, area_code=random.choice([PINE, BAMBOO, BRIDGE]))
            case "rules":
                await publish(service, with_red(f"dwelling_level >= '{random.choice('BCDE')}'"), version=number + 2)
            case "by hand" if not await service.sql("SELECT 1 FROM household WHERE dissolved_on IS NOT NULL"):
                chosen = draft(grade=random.choice(["red", "green"]))
                await service.post(f"/households/{id_}/grade-override", chosen, headers=ANY)
            case "dissolved":
                await set_facts(service, id_, dissolved_on=random.choice([None, date(2026, 1, 1)]))
        await again(service, *random.sample(ids, 4), now=now, cause=random.choice(["fact", "correction"]))
    await again(service, *ids)
    asked = {"from": f"{first:%Y-%m}", "to": f"{month:%Y-%m}"}
    for role, area in (("county", COUNTY), ("township", STONE), ("township", RIVER), ("village", BAMBOO)):
        found = await service.get("/grade-movements", role, area, params=asked)
        assert [one["balanced"] for one in found["months"]] == [True, True], (role, area)
        board = (await service.get("/grades", role, area))["total"]
        assert {one["grade"]: one["closing"] for one in found["total"]} == {
            name: board[name] for name in ("red", "yellow", "green")
        }


async def test_a_snapshot_is_of_the_moment_the_month_began(service: Households) -> None:
    [id_] = await service.register(household(1))
    month = next_month(local_date(utc_now()).replace(day=1))
    await set_facts(service, id_, **RED)
    await again(service, id_, now=start_of(month) + timedelta(minutes=1))
    async with service.database.write(EVERYWHERE) as session:
        await take_snapshots(session, start_of(month) + timedelta(minutes=9))
    assert await service.sql("SELECT month, grade, households FROM grade_snapshot") != [(month, "green", 1)]
    await snapshot(service, month)
    kept = await service.sql(
        "SELECT area_code, grade, households FROM grade_snapshot WHERE month = :month", month=month
    )
    assert kept == [(PINE, "green", 1)]


async def test_months_that_were_missed_are_made_up_for(service: Households) -> None:
    await service.register(household(1))
    first = next_month(local_date(utc_now()).replace(day=1))
    await snapshot(service, first)
    third = next_month(next_month(first))
    await snapshot(service, third)
    assert await service.sql("SELECT month FROM grade_snapshot ORDER BY 1") == [
        (first,),
        (next_month(first),),
        (third,),
    ]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from": "2026-03", "to": "2026-02"}, "months-reversed"),
        ({"from": "2026-03", "to": "2099-01"}, "months-reversed"),
        ({"from": "2020-01", "to": "2026-01"}, "months-too-many"),
        ({"from": "2026-13", "to": "2026-02"}, "invalid-input"),
    ],
)
async def test_months_that_cannot_be(service: Households, params: dict[str, str], code: str) -> None:
    answer = await service.call("GET", "/grade-movements", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("month", ["0001-01", "1999-12", "2100-01", "9999-12"])
async def test_households_of_months_out_of_time(service: Households, month: str) -> None:
    answer = await service.call("GET", "/grade-movements/households", params={"month": month})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
