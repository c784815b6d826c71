"""Nobody leaves a national case, or loses a risk, by living with the neighbours for the day of a gate."""

from typing import Any

import pytest

from tests.households import lists
from tests.households.conftest import BAMBOO, COUNTY, PINE, POLICIES, Households, household, id_number, person
from tests.households.graded import publish
from tests.households.monitoring import CASES
from tests.households.road import ANY, Road, newborn, two_people

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


async def joins(service: Households, home: str, by: str) -> None:
    """Somebody lives there from now on."""
    neighbour = person(50, "赵强", "97", labour_skill="ordinary")
    if by == "move":
        [member] = await people(service, await neighbours(service))
        body = {"household_id": home, "relation": "97"}
        answer = await service.post(f"/members/{member['id']}/move", body, headers=ANY)
    elif by in ("birth", "marriage"):
        body = {**(newborn(9) if by == "birth" else person(9, "张小三", "20")), "joined_reason": by}
        answer = await service.post(f"/households/{home}/members", body, "village", PINE)
    elif by == "file":
        file = [household(1, PINE, [*two_people(1), neighbour])]
        answer = await service.post("/households/imports", file)
        assert answer.json()["failed"] == 0, answer.text
    else:
        code = f"{PINE}0001"
        rows = [lists.person(code, 2), lists.person(code, 3, "李桂花", "配偶"), lists.person(code, 50, "赵强", "其他")]
        await lists.written(service, lists.workbook(rows))
        return
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("by", ["move", "birth", "marriage", "file", "list"])
@pytest.mark.parametrize(("steps", "state"), [(7, "visit_check"), (15, "visit_check"), (34, "observation")])
async def test_who_comes_one_by_one_was_not_looked_at_either(
    service: Households, steps: int, state: str, by: str
) -> None:
    """Nobody finds, votes and publishes without the child that is born a day later."""
    road = await (await Road(service).open()).walk(*(Road.IDENTIFICATION + Road.HELP + Road.ELIMINATION)[:steps])
    assert road.refused == []
    before = await road.state()
    await joins(service, road.household_id, by)
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    last = case["moves"][-1]
    assert (case["state"], last["from_state"], last["to_state"]) == (state, before, state)
    there = {one["name"]: one["id"] for one in await people(service, road.household_id)}
    assert last["evidence"]["joined"]["members"] == [there["张小三" if by in ("birth", "marriage") else "赵强"]]
    assert ("from" in last["evidence"]["joined"]) is (by == "move")
    assert last["policies"].keys() == {"case-clocks"}
    assert "有人转入或新增" in last["text"]


@pytest.mark.parametrize(("steps", "state"), [(3, "visit_check"), (20, "observation")])
async def test_a_birth_where_nothing_is_under_review_moves_nothing(service: Households, steps: int, state: str) -> None:
    road = await (await Road(service).open()).walk(*(Road.IDENTIFICATION + Road.HELP)[:steps])
    before = await service.sql("SELECT count(*) FROM case_move")
    await joins(service, road.household_id, "birth")
    assert (await road.state(), await service.sql("SELECT count(*) FROM case_move")) == (state, before)


@pytest.mark.parametrize("by", ["birth", "list"])
async def test_where_the_terms_say_so_a_birth_sends_nothing_back(service: Households, by: str) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION[:15])
    await publish(service, {**POLICIES["gate-terms"], "newborns_send_back": False}, kind="gate-terms")
    if by == "birth":
        await joins(service, road.household_id, "birth")
    else:
        born = newborn(9)
        rows = [lists.person(f"{PINE}0001", 2), lists.person(f"{PINE}0001", 3, "李桂花", "配偶")]
        rows.append(lists.person(f"{PINE}0001", 9, "张小三", "之子", 证件号码=str(born["id_number"])))
        await lists.written(service, lists.workbook(rows))
    assert len(await people(service, road.household_id)) == 3
    assert await road.state() == "county_decision"
    await road.walk("to_monitored")
    assert (road.refused, await road.state()) == ([], "monitored")


async def test_whoever_else_comes_sends_it_back_whatever_the_terms_say(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION[:15])
    await publish(service, {**POLICIES["gate-terms"], "newborns_send_back": False}, kind="gate-terms")
    await joins(service, road.household_id, "marriage")
    assert await road.state() == "visit_check"


@pytest.mark.parametrize(
    ("steps", "state"),
    [(6, "visit_check"), (7, "visit_check"), (15, "visit_check"), (20, "observation"), (34, "observation")],
)
async def test_another_id_number_is_another_person_to_the_bureaus(service: Households, steps: int, state: str) -> None:
    """They answered of whoever has the number that was entered first; then it is put right, once nobody asks any more."""
    road = await (await Road(service).open()).walk(*(Road.IDENTIFICATION + Road.HELP + Road.ELIMINATION)[:steps])
    assert road.refused == []
    before, asked = await road.state(), "to_monitored" not in Road.IDENTIFICATION[:steps]
    [wife] = [one for one in await people(service, road.household_id) if one["name"] == "李桂花"]
    body = {"id_number": id_number(77)}
    assert (await service.call("PATCH", f"/members/{wife['id']}", json=body, headers=ANY)).status_code == 200
    case = await service.get(f"{CASES}/{road.case_id}", "county", COUNTY)
    last = case["moves"][-1]
    assert case["state"] == state
    if before != state:
        assert (last["from_state"], last["evidence"]) == (before, {"renumbered": {"members": [wife["id"]]}})
        assert "证件号码已变更" in last["text"]
    tickets = (await service.get(f"{CASES}/{road.case_id}/comparison", "county", COUNTY))["items"]
    taken_back = {one["member_id"] for one in tickets if one["state"] == "withdrawn"}
    assert taken_back == ({wife["id"]} if asked else set()), "a decision that was made stands"
    if asked:
        assert "comparison-asked" in await road.missing("monitored")
        await road.walk("ask", "answer")
        assert "comparison-asked" not in await road.missing("monitored")


async def test_another_phone_number_sends_nothing_back(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION[:15])
    [wife] = [one for one in await people(service, road.household_id) if one["name"] == "李桂花"]
    body = {"phone": "15400000017", "id_number": id_number(3)}
    assert (await service.call("PATCH", f"/members/{wife['id']}", json=body, headers=ANY)).status_code == 200
    assert await road.state() == "county_decision"


@pytest.mark.parametrize("meanwhile", [True, False])
async def test_what_went_on_without_who_was_struck_off_by_mistake_is_looked_at_anew(
    service: Households, *, meanwhile: bool
) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION[:14])
    [wife] = [one for one in await people(service, road.household_id) if one["name"] == "李桂花"]
    answer = await service.post(f"/members/{wife['id']}/removal", {"reason": "mistake"}, headers=ANY)
    assert answer.status_code == 200, answer.text
    if meanwhile:
        await road.walk("to_county_decision")
    answer = await service.post(f"/members/{wife['id']}/restoration", {}, headers=ANY)
    assert answer.status_code == 200, answer.text
    assert (road.refused, await road.state()) == ([], "visit_check" if meanwhile else "township_review")
