"""Rules tried over the county before they are published."""

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
from tests.households.graded import RED, again, publish, set_facts, with_red


async def test_a_trial(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE), household(4, BRIDGE))
    await set_facts(service, ids[0], **RED)
    for id_ in ids[1:3]:
        await set_facts(service, id_, dwelling_level="C", only_home=False)
    await again(service, *ids)
    body = {"rules": with_red("dwelling_level = 'C'"), "area": COUNTY}
    before = await service.sql("SELECT * FROM household_grade ORDER BY household_id")
    answer = await service.post("/grade-trials", body)
    assert answer.status_code == 200, answer.text
    tried = answer.json()
    assert (tried["households"], tried["moved"]) == (4, 3)
    assert tried["moves"] == [
        {"before": "green", "after": "red", "households": 2},
        {"before": "red", "after": "green", "households": 1},
    ]
    assert [(one["area"]["code"], len(one["moves"])) for one in tried["areas"]] == [(STONE, 2), (RIVER, 1)]
    villages = (await service.post("/grade-trials", {**body, "by": "village"})).json()["areas"]
    assert [one["area"]["code"] for one in villages] == [PINE, BAMBOO, BRIDGE]
    first = (await service.post("/grade-trials/households?limit=2", body)).json()
    rest = (await service.post(f"/grade-trials/households?limit=2&after={first['next']}", body)).json()
    listed = first["items"] + rest["items"]
    assert [one["household_id"] for one in listed] == ids[:3]
    assert [(one["before"], one["after"]) for one in listed] == [("red", "green"), ("green", "red"), ("green", "red")]
    assert listed[1]["text"] == "红色重点帮扶：房屋鉴定等级为C级"
    assert (listed[1]["head_name"], rest["next"]) == ("张三", None)
    assert await service.sql("SELECT * FROM household_grade ORDER BY household_id") == before


async def test_a_trial_of_a_part(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO), household(3, BRIDGE))
    await publish(service, with_red("people > 100"), area_prefix=BAMBOO)
    body = {"rules": with_red("people > 0"), "area": STONE}
    tried = (await service.post("/grade-trials", body)).json()
    assert (tried["households"], tried["moved"]) == (2, 1), "Bamboo has rules of its own, Bridge lies elsewhere"
    masked = (await service.call("POST", "/grade-trials/households", "admin", json=body)).json()
    assert [(one["household_id"], one["head_name"]) for one in masked["items"]] == [(ids[0], "张*")]
    village = (await service.post("/grade-trials", {**body, "area": PINE})).json()
    assert (village["households"], village["moved"]) == (1, 1)
    assert (await service.post("/grade-trials", body, "township", STONE)).status_code == 403


async def test_a_trial_tells_the_place_of_a_mistake(service: Households) -> None:
    answer = await service.post("/grade-trials", {"rules": with_red("peple > 0"), "area": COUNTY})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "rules.levels.0.conditions.0.when"
    assert error["code"] == "expression-field-unknown"
    assert "第 1 行第 1 列" in error["message"]
