"""Nobody's risk ends by being struck off and entered anew: by hand, by a file or by a list."""

from typing import Any

import pytest
from sqlalchemy import event

from tests.households import lists
from tests.households.conftest import BRIDGE, PINE, Households, household, person
from tests.households.road import ANY, Road, newborn, two_people
from tests.households.test_regrouped_cases import neighbours, people, states


async def strike_off(service: Households, household_id: str, *names: str) -> None:
    """They have moved away, as the village says; all, where nobody is named."""
    for one in await people(service, household_id):
        if not names or one["name"] in names:
            gone = {"reason": "moved_away"}
            answer = await service.post(f"/members/{one['id']}/removal", gone, headers=ANY)
            assert answer.status_code == 200, answer.text


async def test_struck_off_and_entered_anew_they_are_looked_at(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    await strike_off(service, road.household_id)
    assert await road.state() == "moved_away"
    [anew] = await service.register(household(70, PINE, two_people(1)))
    assert (await states(service))[anew] == ("clue", 1)
    [evidence] = await service.sql("SELECT evidence FROM case_move ORDER BY id DESC LIMIT 1")
    assert evidence[0] == {"returned": {"from": road.household_id, "case": road.case_id}}


async def test_entered_one_by_one_into_another_household_they_are_looked_at_once(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    await strike_off(service, road.household_id)
    home = await neighbours(service)
    for one in two_people(1):
        answer = await service.post(f"/households/{home}/members", {**one, "relation": "97"}, "village", PINE)
        assert answer.status_code == 201, answer.text
    assert (await states(service))[home] == ("clue", 1)
    assert await service.sql("SELECT count(*) FROM monitoring_case") == [(2,)]


async def test_entered_anew_where_nobody_sees_what_they_left_they_are_looked_at(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    await strike_off(service, road.household_id)
    answer = await service.post("/households", household(70, BRIDGE, two_people(1)), "village", BRIDGE)
    assert answer.status_code == 201, answer.text
    assert (await states(service))[answer.json()["id"]] == ("clue", 1)


async def test_struck_off_one_by_one_it_is_as_if_they_had_moved(service: Households) -> None:
    """The case goes on with who is left, and they are watched where they are entered: most of them, not one of them."""
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP)
    son = newborn(9, joined_reason="birth")
    answer = await service.post(f"/households/{road.household_id}/members", son, "village", PINE)
    assert answer.status_code == 201, answer.text
    home = await neighbours(service)
    for one, watched in ((newborn(9), False), (two_people(1)[1], True)):
        await strike_off(service, road.household_id, one["name"])
        body = {**one, "relation": "97"}
        assert (await service.post(f"/households/{home}/members", body, "village", PINE)).status_code == 201
        assert (home in await states(service)) is watched, one["name"]
    assert await road.state() == "observation", "the son was born while it was checked"


@pytest.mark.parametrize(("days", "looked_at"), [(0, True), (200, False)])
async def test_called_gone_struck_off_and_entered_anew(service: Households, days: int, looked_at: bool) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION)
    await service.sql("UPDATE monitoring_case SET eliminated_on = eliminated_on - CAST(:days AS integer)", days=days)
    await strike_off(service, road.household_id)
    [anew] = await service.register(household(70, PINE, two_people(1)))
    assert (anew in await states(service)) is looked_at, "as when they move: what was gone for half a year is gone"


async def test_a_file_that_enters_them_anew_is_no_way_round(service: Households) -> None:
    roads = [await (await Road(service, number).open()).walk(*Road.IDENTIFICATION) for number in (1, 3)]
    for road in roads:
        await strike_off(service, road.household_id)
    home = await neighbours(service)
    file = [
        household(70, PINE, two_people(1)),
        household(50, PINE, [person(50, "赵强", labour_skill="ordinary"), *_as_others(two_people(3))]),
        household(71, PINE, [person(71, "钱多")]),
    ]
    queries = await _count_statements(service, file)
    found = await states(service)
    [(anew,)] = await service.sql("SELECT id::text FROM household WHERE national_code = :code", code=f"{PINE}0070")
    assert (found[anew], found[home], len(found)) == (("clue", 1), ("clue", 1), 4)
    lines = await service.sql("SELECT evidence->'returned'->>'case' FROM case_move WHERE evidence ? 'returned'")
    assert {line[0] for line in lines} == {road.case_id for road in roads}
    again = await service.post("/households/imports", file)
    assert (again.status_code, len(await states(service))) == (200, 4), "nobody is looked at twice"
    more = [household(100 + n, PINE, [person(100 + n)]) for n in range(50)]
    assert await _count_statements(service, more) < queries, "one question for all of them"


def _as_others(people_: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "relation": "97"} for one in people_]


async def _count_statements(service: Households, file: list[dict[str, Any]]) -> int:
    """How many statements an import takes."""
    engine, seen = service.database.engine.sync_engine, 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1

    event.listen(engine, "before_cursor_execute", count)
    answer = await service.post("/households/imports", file)
    event.remove(engine, "before_cursor_execute", count)
    assert answer.status_code == 200, answer.text
    assert answer.json()["failed"] == 0, answer.text
    return seen


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(("said", "state"), [("是", "clue"), ("否", "monitored")])
async def test_no_list_says_that_the_risk_of_who_returns_is_gone(
    service: Households, said: str, state: str, *, at_once: bool
) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    await strike_off(service, road.household_id)
    code = f"{PINE}0070"
    monitored = {"监测对象类型": "边缘易致贫户", "致贫（返贫）风险": "因病", "识别时间": "2026-01-05"}
    monitored |= {"风险是否消除": "是", "风险消除时间": "2026-08-05"} if said == "是" else {}
    rows = [
        lists.person(code, 2, **monitored),
        lists.person(code, 3, "李桂花", "配偶"),
        lists.person(f"{PINE}0071", 71, "钱多", **monitored),
    ]
    if at_once:
        assert (await lists.send(service, lists.workbook(rows), dry_run="false")).status_code == 202
        await lists.work(service)
    else:
        await lists.written(service, lists.workbook(rows))
    [(anew,)] = await service.sql("SELECT id::text FROM household WHERE national_code = :code", code=code)
    [(other,)] = await service.sql("SELECT id::text FROM household WHERE national_code = :code", code=f"{PINE}0071")
    found = await states(service)
    assert (found[anew], found[other]) == ((state, 1), ("eliminated" if said == "是" else "monitored", 1))
