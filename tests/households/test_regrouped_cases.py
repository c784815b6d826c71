"""Nobody leaves a national case, or loses a risk, by living with the neighbours for the day of a gate."""

from typing import Any

import pytest
from sqlalchemy import event

from shared.contracts.monitoring import CaseMoved
from tests.households import lists
from tests.households.conftest import BAMBOO, BRIDGE, COUNTY, PINE, Households, household, person
from tests.households.monitoring import CASES
from tests.households.road import ANY, Road, two_people

COUNTY_DESK = Road.ELIMINATION[:-1]
LIVE = "SELECT count(*) FROM notice_entry WHERE void_at IS NULL"


async def people(service: Households, household_id: str) -> list[dict[str, Any]]:
    return list((await service.get(f"/households/{household_id}"))["members"])


async def merge(service: Households, source: str, target: str) -> None:
    members = [{"member_id": one["id"], "relation": "97"} for one in await people(service, source)]
    body = {"household_id": source, "version": (await service.get(f"/households/{source}"))["version"]}
    answer = await service.post(f"/households/{target}/merge", {**body, "members": members}, headers=ANY)
    assert answer.status_code == 200, answer.text


async def split(service: Households, source: str, names: set[str]) -> str:
    """Those leave for a household of their own; its id."""
    leaving = [one["id"] for one in await people(service, source) if one["name"] in names]
    moving = [{"member_id": id_, "relation": "97" if n else "02"} for n, id_ in enumerate(leaving)]
    answer = await service.post(f"/households/{source}/split", {"members": moving}, headers=ANY)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def neighbours(service: Households, area: str = PINE) -> str:
    [found] = await service.register(household(50, area, [person(50, "赵强", labour_skill="ordinary")]))
    return found


async def states(service: Households) -> dict[str, tuple[str, int]]:
    """State and round of the case of each household."""
    rows = await service.sql("SELECT household_id::text, state, round FROM monitoring_case ORDER BY id")
    return {row[0]: (row[1], row[2]) for row in rows}


async def test_in_the_county_s_hands_a_case_that_changes_its_household_is_observed_anew(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *COUNTY_DESK)
    assert await road.state() == "elimination_county"
    target = await neighbours(service, BAMBOO)
    await merge(service, road.household_id, target)
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    assert (case["household"]["id"], case["state"]) == (target, "observation")
    last = case["moves"][-1]
    assert (last["from_state"], last["to_state"]) == ("elimination_county", "observation")
    assert last["evidence"] == {"carried": {"from": road.household_id, "to": target}}
    assert await service.sql(LIVE) == [(1,)], "that of the identification"
    road.household_id = target
    await road.let_pass(31)  # whose hands and home these are counts from the day the case came
    await road.walk("assure", "earn")
    moved = await service.post(
        f"{CASES}/{road.case_id}/moves", {"to": "elimination_check"}, "village", BAMBOO, headers=ANY
    )
    assert moved.status_code == 200, moved.text
    gate = await service.get(f"{CASES}/{road.case_id}/gate?to=eliminated", "county", COUNTY)
    missing = {one["code"] for one in gate["conditions"] if not one["met"]}
    assert {"visit", "elimination-check", "votes", "notice"} <= missing


@pytest.mark.parametrize(("steps", "state"), [(14, "visit_check"), (4, "visit_check"), (0, "clue")])
async def test_who_was_not_decided_on_yet_is_visited_where_they_live_now(
    service: Households, steps: int, state: str
) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION[:steps])
    assert road.refused == []
    await merge(service, road.household_id, await neighbours(service))
    assert await road.state() == state
    assert await service.sql(LIVE) == [(0,)]
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    assert "carried" in case["moves"][-1]["evidence"]
    if steps:
        assert {"visit", "votes"} <= await road.missing("township_review")


async def test_help_goes_on_where_the_household_lives_now(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP[:4])
    target = await neighbours(service)
    await merge(service, road.household_id, target)
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    last = case["moves"][-1]
    assert (case["state"], last["from_state"], last["to_state"]) == ("observation", "observation", "observation")
    assert "并户" in last["text"]


@pytest.mark.parametrize("leaving", [{"张三", "李桂花"}, {"赵强"}])
async def test_merged_eliminated_and_split_again_the_poor_are_looked_at(service: Households, leaving: set[str]) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP)
    target = await neighbours(service)
    await merge(service, road.household_id, target)
    road.household_id = target
    await road.let_pass(30)  # whose home and hands these are was not looked at before the merge
    await road.walk("to_elimination_check", "assure", "earn", *Road.ELIMINATION)
    assert await road.state() == "eliminated"
    new = await split(service, target, leaving)
    found = await states(service)
    assert found[target] == ("clue", 2), "who stays is identified anew, or is not"
    assert found.get(new) == (("clue", 1) if "张三" in leaving else None)
    if "张三" in leaving:
        [line] = await service.sql(
            "SELECT evidence->'divided'->>'case' FROM case_move m JOIN monitoring_case c ON c.id = m.case_id"
            " WHERE c.household_id = CAST(:id AS uuid)",
            id=new,
        )
        assert line == (road.case_id,)


async def test_one_by_one_is_no_way_round_either(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP)
    home = await neighbours(service)
    [other] = await service.register(household(60, PINE, [person(60, "钱多")]))
    await merge(service, road.household_id, home)
    for name, there in (("李桂花", True), ("张三", True)):
        [member] = [one for one in await people(service, home) if one["name"] == name]
        body = {"household_id": other, "relation": "97"}
        assert (await service.post(f"/members/{member['id']}/move", body, headers=ANY)).status_code == 200
        assert (other in await states(service)) is there


async def test_who_marries_out_takes_no_case_along(service: Households) -> None:
    people_ = [person(2, "张三"), person(3, "李桂花", "12"), person(4, "张小妹", "30")]
    [home] = await service.register(household(1, PINE, people_))
    other = await neighbours(service)
    opened = await service.post(CASES, {"household_id": home, "source": "patrol", "note": "走访"}, "village", PINE)
    assert opened.status_code == 201
    [member] = [one for one in await people(service, home) if one["name"] == "张小妹"]
    body = {"household_id": other, "relation": "38"}
    assert (await service.post(f"/members/{member['id']}/move", body, headers=ANY)).status_code == 200
    assert await states(service) == {home: ("clue", 1)}


async def test_a_risk_gone_for_half_a_year_is_not_looked_at_because_a_son_moves_out(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION)
    await service.sql("UPDATE monitoring_case SET eliminated_on = eliminated_on - 200")
    await split(service, road.household_id, {"李桂花"})
    assert await states(service) == {road.household_id: ("eliminated", 1)}


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
    son = {**person(9, "张小三", "20"), "joined_reason": "birth"}
    answer = await service.post(f"/households/{road.household_id}/members", son, "village", PINE)
    assert answer.status_code == 201, answer.text
    home = await neighbours(service)
    for one, watched in ((person(9, "张小三"), False), (two_people(1)[1], True)):
        await strike_off(service, road.household_id, one["name"])
        body = {**one, "relation": "97"}
        assert (await service.post(f"/households/{home}/members", body, "village", PINE)).status_code == 201
        assert (home in await states(service)) is watched, one["name"]
    assert await road.state() == "elimination_check"


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


@pytest.mark.parametrize(("said", "state"), [("是", "clue"), ("否", "monitored")])
async def test_no_list_says_that_the_risk_of_who_returns_is_gone(service: Households, said: str, state: str) -> None:
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
    await lists.written(service, lists.workbook(rows))
    [(anew,)] = await service.sql("SELECT id::text FROM household WHERE national_code = :code", code=code)
    [(other,)] = await service.sql("SELECT id::text FROM household WHERE national_code = :code", code=f"{PINE}0071")
    found = await states(service)
    assert (found[anew], found[other]) == ((state, 1), ("eliminated" if said == "是" else "monitored", 1))


REVIEWED = {
    "township_review": (14, "visit_check"),
    "county_decision": (15, "visit_check"),
    "elimination_township": (33, "elimination_check"),
    "elimination_county": (34, "elimination_check"),
}


@pytest.mark.parametrize("by", ["hand", "file", "list"])
@pytest.mark.parametrize("state", REVIEWED)
async def test_who_moves_while_others_review_is_looked_at_where_they_live_now(
    service: Households, state: str, by: str
) -> None:
    steps, back = REVIEWED[state]
    road = await (await Road(service).open()).walk(*(Road.IDENTIFICATION + Road.HELP + Road.ELIMINATION)[:steps])
    assert (road.refused, await road.state()) == ([], state)
    await settle_in(service, road, BAMBOO, by)
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    last = case["moves"][-1]
    assert (case["state"], last["from_state"], last["to_state"]) == (back, state, back)
    assert last["evidence"] == {"moved": {"from": PINE, "to": BAMBOO}}
    assert "迁往他村" in last["text"]
    [(kept,)] = await service.sql(
        "SELECT detail FROM audit_entry WHERE action = 'case:move' AND area_code = :area ORDER BY id DESC LIMIT 1",
        area=BAMBOO,
    )
    assert (kept["moved_from"], kept["moved_to"]) == (state, back)
    told = (await service.told(CaseMoved))[-1]
    assert (told.from_state, told.to_state) == (state, back)
    assert (await service.sql(LIVE))[0][0] == (1 if back == "elimination_check" else 0), "that of the identification"


async def settle_in(service: Households, road: Road, area: str, by: str) -> None:
    """The household lives in another village from now on."""
    if by == "hand":
        body = {"area_code": area}
        answer = await service.call("PATCH", f"/households/{road.household_id}", json=body, headers=ANY)
        assert answer.status_code == 200, answer.text
    elif by == "file":
        answer = await service.post("/households/imports", [{**household(1, PINE, two_people(1)), "area_code": area}])
        assert (answer.status_code, answer.json()["failed"]) == (200, 0), answer.text
    else:
        there = {"户类型": "一般农户", "行政村（社区）": "竹溪村"}
        code = f"{PINE}0001"
        rows = [lists.person(code, 2, **there), lists.person(code, 3, "李桂花", "配偶", **there)]
        await lists.written(service, lists.workbook(rows))


async def test_who_is_not_published_yet_moves_as_they_are(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION[:-5])
    assert await road.state() == "notice"
    await settle_in(service, road, BAMBOO, "hand")
    assert await road.state() == "notice", "published anew, where they live now"


@pytest.mark.parametrize(
    ("steps", "state"), [(3, "visit_check"), (14, "visit_check"), (20, "observation"), (34, "observation")]
)
async def test_who_others_move_in_with_is_looked_at_anew(service: Households, steps: int, state: str) -> None:
    """Of two households it is one, and was looked at without the other."""
    road = await (await Road(service).open()).walk(*(Road.IDENTIFICATION + Road.HELP + Road.ELIMINATION)[:steps])
    before = await road.state()
    await merge(service, await neighbours(service), road.household_id)
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    assert case["state"] == state
    assert (case["moves"][-1]["from_state"] == before) is (state != before)
