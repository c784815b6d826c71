"""One person in two households: refused, kept, seen by each from its side, settled by whoever may."""

from typing import Any

from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    RIVER,
    STONE,
    Households,
    household,
    id_number,
    person,
)
from tests.households.test_imports import imported
from tests.households.test_regrouping import act, people


async def duplicates(
    service: Households, role: str = "county", area: str = COUNTY, query: str = ""
) -> list[dict[str, Any]]:
    """The list of one reader."""
    return list((await service.get(f"/register/duplicates{query}", role, area))["items"])


async def claimed(service: Households) -> tuple[str, str, dict[str, Any]]:
    """A village enters somebody who lives in another village: where they live, who claims them, the entry."""
    held, other = await service.register(
        household(1, PINE, [person(1), person(2, "张子", "20")]), household(2, BAMBOO, [person(3)])
    )
    answer = await service.post(f"/households/{other}/members", person(2, "张子", "女婿"), "village", BAMBOO)
    assert (answer.status_code, answer.json()["code"]) == (409, "person-in-another-household")
    [entry] = await duplicates(service)
    return held, other, entry


async def test_both_sides_are_shown_to_those_above(service: Households) -> None:
    held, other, entry = await claimed(service)
    assert (entry["name"], entry["id_number"][4:14], entry["relation"]) == ("张子", "**********", "28")
    assert (entry["held"]["household_id"], entry["claimed"]["household_id"]) == (held, other)
    assert entry["member_id"] == (await people(service, held))["张子"]["id"]
    assert (entry["times"], entry["source"], entry["decision"]) == (1, "hand", None)
    assert entry["first_by"] != entry["settled_by"] is None
    masked = (await duplicates(service, "supervisor"))[0]
    assert masked["name"] == "张*"


async def test_each_village_sees_its_own_side(service: Households) -> None:
    held, other, entry = await claimed(service)
    [mine] = await duplicates(service, "village", PINE)
    assert (mine["held"]["household_id"], mine["claimed"]) == (held, None)
    [theirs] = await duplicates(service, "village", BAMBOO)
    assert (theirs["held"], theirs["member_id"], theirs["claimed"]["household_id"]) == (None, None, other)
    assert held not in str(theirs)
    assert PINE not in str(theirs)
    assert await duplicates(service, "village", BRIDGE) == []
    assert (await service.call("GET", f"/register/duplicates/{entry['id']}", "township", RIVER)).status_code == 404


async def test_the_same_claim_again_is_counted(service: Households) -> None:
    _, other, entry = await claimed(service)
    await service.post(f"/households/{other}/members", person(2, "张子", "28"), "village", BAMBOO)
    [again] = await duplicates(service)
    assert (again["id"], again["times"]) == (entry["id"], 2)


async def test_an_import_keeps_what_it_refuses(service: Households) -> None:
    await service.register(household(1, PINE, [person(1)]))
    rows = [household(3, BRIDGE, [person(1), person(5)]), household(4, BRIDGE, [person(6)])]
    await imported(service, rows, dry_run="true")
    assert await duplicates(service) == []
    await imported(service, rows)
    [entry] = await duplicates(service)
    assert entry["claimed"] == {
        "household_id": None,
        "national_code": f"{BRIDGE}0003",
        "area": {"code": BRIDGE, "names": ["云岫县", "大河镇", "石桥村"]},
    }
    assert entry["source"] == "import"


async def test_a_new_household_and_a_changed_number_are_kept_too(service: Households) -> None:
    await service.register(household(1, PINE, [person(1)]))
    answer = await service.post("/households", household(2, BRIDGE, [person(3), person(1)]), "village", BRIDGE)
    assert answer.status_code == 409
    [other] = await service.register(household(5, BAMBOO, [person(5, "赵六")]))
    member = (await people(service, other))["赵六"]["id"]
    body = {"id_number": id_number(1)}
    changed = await service.call("PATCH", f"/members/{member}", json=body, headers={"If-Match": "*"})
    assert changed.status_code == 409
    assert {one["claimed"]["national_code"] for one in await duplicates(service)} == {f"{BRIDGE}0002", f"{BAMBOO}0005"}


async def settle(
    service: Households, entry: dict[str, Any], body: Any, role: str, area: str, version: str = "*"
) -> Any:
    """The answer to a decision."""
    return await act(service, f"/register/duplicates/{entry['id']}/settlement", body, role, area, version)


async def test_the_one_above_lets_the_person_move(service: Households) -> None:
    held, other, entry = await claimed(service)
    body = {"decision": "moves", "why": "上门女婿"}
    assert (await settle(service, entry, body, "village", BAMBOO)).json()["code"] == "duplicate-other-side"
    assert (await settle(service, entry, body, "village", PINE)).json()["code"] == "duplicate-other-side"
    assert (await settle(service, entry, body, "township", STONE, '"9"')).status_code == 412
    answer = await settle(service, entry, body, "township", STONE, '"1"')
    assert (answer.status_code, answer.json()["decision"]) == (200, "moves"), answer.text
    assert set(await people(service, held)) == {"张三"}
    assert (await people(service, other))["张子"]["relation"] == "28"
    assert await duplicates(service) == []
    assert [one["id"] for one in await duplicates(service, query="?settled=true")] == [entry["id"]]
    assert (await settle(service, entry, body, "township", STONE)).json()["code"] == "duplicate-settled"


async def test_the_person_stays(service: Households) -> None:
    held, _, entry = await claimed(service)
    answer = await settle(service, entry, {"decision": "stays"}, "county", COUNTY)
    assert (answer.status_code, answer.json()["decision"]) == (200, "stays")
    assert "张子" in await people(service, held)


async def test_one_side_gives_up(service: Households) -> None:
    _, _, entry = await claimed(service)
    bare = await settle(service, entry, {"decision": "released"}, "village", PINE)
    assert bare.status_code == 422, "why the person leaves"
    assert (await settle(service, entry, {"decision": "withdrawn"}, "village", PINE)).status_code == 403
    answer = await settle(service, entry, {"decision": "withdrawn"}, "village", BAMBOO)
    assert answer.json()["decision"] == "withdrawn"


async def test_whoever_is_released_can_be_entered(service: Households) -> None:
    _, other, entry = await claimed(service)
    answer = await settle(service, entry, {"decision": "released", "reason": "married_out"}, "village", PINE)
    assert (answer.status_code, answer.json()["decision"]) == (200, "released"), answer.text
    entered = await service.post(f"/households/{other}/members", person(2, "张子", "28"), "village", BAMBOO)
    assert entered.status_code == 201


async def test_a_removal_settles_by_itself(service: Households) -> None:
    held, _, _ = await claimed(service)
    member = (await people(service, held))["张子"]["id"]
    await service.post(f"/members/{member}/removal", {"reason": "married_out"}, "village", PINE)
    [entry] = await duplicates(service, query="?settled=true")
    assert entry["decision"] == "released"


async def test_nobody_moves_into_a_household_that_is_not_there(service: Households) -> None:
    await service.register(household(1, PINE, [person(1)]))
    await service.post("/households", household(2, BRIDGE, [person(1)]))
    [entry] = await duplicates(service)
    assert (await settle(service, entry, {"decision": "moves"}, "county", COUNTY)).json()["code"] == (
        "duplicate-no-household"
    )
    await service.register(household(2, BRIDGE, [person(9, "李四")]))
    two_heads = await settle(service, entry, {"decision": "moves"}, "county", COUNTY)
    assert two_heads.json()["code"] == "household-two-heads"


async def test_nothing_personal_is_kept_in_clear(service: Households) -> None:
    await claimed(service)
    stored = str(await service.sql("SELECT d::text FROM double_entry d"))
    assert id_number(2) not in stored
    assert "张子" not in stored
