"""Every change of the register is on record: who, when, from what to what, by what, and why."""

from typing import Any

from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    Households,
    account_id,
    household,
    id_number,
    person,
)
from tests.households.road import newborn
from tests.households.test_imports import imported


async def history(service: Households, id_: str, role: str = "county", area: str = COUNTY) -> list[dict[str, Any]]:
    """All of it, newest first."""
    found = await service.get(f"/households/{id_}/history?limit=200", role, area)
    assert found["next"] is None
    return list(found["items"])


def told(line: dict[str, Any]) -> tuple[str, str, dict[str, tuple[Any, Any]]]:
    """What, source, and from and to by field."""
    return line["what"], line["source"], {one["field"]: (one["before"], one["after"]) for one in line["fields"]}


async def test_changes_by_hand(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1)], phone="15400000018"))
    path = f"/households/{id_}"
    body = {"class": "monitored", "land_mu": 2.5, "phone": "15400000019", "why": "入户核实"}
    await service.call("PATCH", path, "village", PINE, json=body, headers={"If-Match": '"1"'})
    await service.call("PATCH", path, "village", PINE, json={"class": "monitored"}, headers={"If-Match": '"2"'})
    changed, added = await history(service, id_, "village", PINE)
    assert told(added) == ("added", "hand", {"members": (0, 1)})
    assert told(changed) == (
        "changed",
        "hand",
        {
            "household_class": ("ordinary", "monitored"),
            "land_mu": (None, 2.5),
            "phone": ("154****0018", "154****0019"),
        },
    )
    assert (changed["by"], changed["why"]) == (str(account_id("village", PINE)), "入户核实")
    assert (changed["what_text"], changed["source_text"]) == ("修改", "人工录入")


async def test_fields_and_codes_are_told_in_words(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1, health=["healthy"])]))
    body = {"dwelling_level": "C", "safe_housing": False, "class": "lifted_out"}
    await service.call("PATCH", f"/households/{id_}", json=body, headers={"If-Match": '"1"'})
    [member] = (await service.get(f"/households/{id_}"))["members"]
    body = {"health": ["serious", "disabled"], "education": "70"}
    await service.call("PATCH", f"/members/{member['id']}", json=body, headers={"If-Match": '"1"'})
    removal = {"reason": "moved_away"}
    await service.post(f"/members/{member['id']}/removal", removal)
    told = {
        (one["field_text"], one["before_text"], one["after_text"])
        for line in await history(service, id_)
        for one in line["fields"]
    }
    assert {
        ("房屋安全等级", None, "C级"),
        ("住房安全", None, None),
        ("户类型", "一般农户", "脱贫户"),
        ("健康状况", "健康", "患有大病、残疾"),
        ("文化程度", None, "初级中学教育"),
        ("减员日期", None, None),
        ("减员原因", None, "户籍迁出"),
        ("人数", None, None),
    } <= told


async def test_changes_of_people_are_sealed_and_masked(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1, "张三丰", health=["healthy"])]))
    [member] = (await service.get(f"/households/{id_}"))["members"]
    body = {"name": "张君宝", "id_number": id_number(7), "health": ["serious"], "school_stage": "senior", "why": "病历"}
    await service.call("PATCH", f"/members/{member['id']}", json=body, headers={"If-Match": '"1"'})
    line = (await history(service, id_))[0]
    assert told(line) == (
        "changed",
        "hand",
        {
            "name": ("张三丰", "张君宝"),
            "id_number": (f"5399**********{id_number(1)[14:]}", f"5399**********{id_number(7)[14:]}"),
            "health": (["healthy"], ["serious"]),
            "school_stage": (None, "senior"),
        },
    )
    assert (line["member_id"], line["member_name"]) == (member["id"], "张君宝")
    masked = (await history(service, id_, "supervisor"))[0]
    assert told(masked)[2] == {
        "name": (None, None),
        "id_number": (None, None),
        "health": (None, None),
        "school_stage": (None, "senior"),
    }
    assert (masked["member_name"], masked["why"]) == ("张**", None)
    stored = str(await service.sql("SELECT detail, fields, what FROM register_change"))
    assert not [secret for secret in ("张三丰", "张君宝", "病历", "serious", id_number(7)) if secret in stored]


async def test_coming_and_leaving(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    child = newborn(2, relation="子", joined_reason="新生儿")
    born = await service.post(f"/households/{id_}/members", child, "village", PINE)
    assert born.status_code == 201, born.text
    gone = {"reason": "deceased", "on": "2026-10-01", "why": "医院证明"}
    await service.post(f"/members/{born.json()['id']}/removal", gone, "village", PINE)
    left, came, _ = await history(service, id_)
    assert told(came) == ("added", "birth", {"joined_reason": (None, "birth")})
    assert told(left) == ("left", "death", {"left_on": (None, "2026-10-01"), "left_reason": (None, "deceased")})
    assert (left["member_name"], left["why"]) == ("张小三", "医院证明")


async def test_who_is_a_year_old_is_not_born(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    old = newborn(2, days=366, joined_reason="birth")
    refused = await service.post(f"/households/{id_}/members", old, "village", PINE)
    assert (refused.status_code, refused.json()["code"]) == (422, "joined-not-newborn"), refused.text
    missed = {**old, "joined_reason": "missed"}
    assert (await service.post(f"/households/{id_}/members", missed, "village", PINE)).status_code == 201
    young = newborn(3, days=364, joined_reason="birth")
    assert (await service.post(f"/households/{id_}/members", young, "village", PINE)).status_code == 201


async def test_imports(service: Households) -> None:
    first = household(1, PINE, [person(1, phone="15400000017")], phone="15400000018")
    await imported(service, [first])
    [(id_,)] = await service.sql("SELECT id FROM household")
    second = {
        **household(1, BAMBOO, [person(1, phone="15400000016"), person(2, "张小三", "20")], safe_water=False),
        "national_code": first["national_code"],
    }
    await imported(service, [second])
    await imported(service, [second])  # the same again is no change
    *changes, added = await history(service, str(id_))
    assert told(added) == ("added", "import", {"members": (None, 1)})
    assert {one["what"] for one in changes} == {"changed", "added"}
    fields = {(one["member_id"] is None, one["what"]): told(one)[2] for one in changes}
    assert fields == {
        (True, "changed"): {
            "area_code": (PINE, BAMBOO),
            "phone": ("154****0018", None),
            "safe_water": (None, False),
        },
        (False, "changed"): {"phone": ("154****0017", "154****0016")},
        (False, "added"): {},
    }
    assert len({one["act_id"] for one in changes}) == 1
    assert added["act_id"] != changes[0]["act_id"]


async def test_history_is_paged_and_stays_within_areas(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    for number in range(1, 6):
        body = {"address": f"{number}号"}
        await service.call("PATCH", f"/households/{id_}", json=body, headers={"If-Match": "*"})
    seen: list[str] = []
    page = await service.get(f"/households/{id_}/history?limit=2")
    while True:
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        page = await service.get(f"/households/{id_}/history?limit=2&after={page['next']}")
    assert len(seen) == len(set(seen)) == 6
    assert seen == sorted(seen, reverse=True)
    hidden = await service.call("GET", f"/households/{id_}/history", "village", BRIDGE)
    assert hidden.json()["code"] == "household-not-found"


async def test_history_follows_to_another_village(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    await service.call("PATCH", f"/households/{id_}", json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    lines = await history(service, id_, "village", BRIDGE)
    assert [one["what"] for one in lines] == ["changed", "added"]
