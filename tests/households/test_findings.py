"""Findings of the audit rules over HTTP: at every change, listed, counted, explained, and by night."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.households.background import audit_county
from services.households.usecases.quality import EXPLANATION
from shared.clock import local_date, utc_now
from shared.security.principals import SYSTEM
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    PINE,
    STONE,
    Households,
    account_id,
    household,
    id_number,
    person,
    policy_id,
)

REASON = {"reason": "已核对身份证和户口簿，情况属实"}


def rules_of(findings: list[dict[str, Any]]) -> list[str]:
    return sorted(one["rule"] for one in findings)


async def findings(service: Households, household_id: str, **more: Any) -> list[dict[str, Any]]:
    """Of one household, as the county sees them."""
    found: list[dict[str, Any]] = await service.get(f"/households/{household_id}/findings", **more)
    return found


async def night(service: Households) -> None:
    """The night after."""
    await service.sql("DELETE FROM quality_night")
    await audit_county(service.database, service.vault, 0, utc_now())


async def two_heads(service: Households, area: str = PINE, number: int = 1) -> str:
    """A household with two heads; its id."""
    people = [person(number, "石大山"), person(number + 1, "林小溪", "02")]
    [household_id] = await service.register(household(number, area, people))
    return household_id


async def test_a_household_is_audited_when_it_is_entered(service: Households) -> None:
    answer = await service.post("/households", household(1, PINE, [person(1), person(2, "林小溪", "02")]))
    body = answer.json()
    assert answer.status_code == 201, "a finding never refuses an entry"
    assert body["findings"] == {"fatal": 1, "logic": 0, "plausible": 0}
    [finding] = await findings(service, body["id"])
    assert finding == {
        "id": finding["id"],
        "rule": "head-twice",
        "severity": "fatal",
        "text": "有 2 名户主，只能有一名",
        "field": "member.relation",
        "field_text": "与户主关系",
        "mend_at": f"/households/v1/households/{body['id']}",
        "household": finding["household"],
        "member": None,
        "policy_id": str(policy_id("quality-rules")),
        "found_at": finding["found_at"],
        "explanation": None,
        "mended_at": None,
        "mended_by": None,
        "version": 1,
    }
    assert finding["household"]["area"]["names"][-1] == "松林村"


async def test_the_change_that_mends_it_is_on_record(service: Households) -> None:
    household_id = await two_heads(service)
    members = (await service.get(f"/households/{household_id}"))["members"]
    other = next(one for one in members if one["name"] == "林小溪")
    change = {"relation": "73", "sex": "1"}
    answer = await service.call(
        "PATCH", f"/members/{other['id']}", "village", PINE, json=change, headers={"If-Match": "*"}
    )
    assert answer.status_code == 200
    left = await findings(service, household_id)
    assert rules_of(left) == ["sex-not-as-id"]  # the number says otherwise
    assert left[0]["member"] == {"id": other["id"], "name": "林小溪"}
    assert left[0]["mend_at"] == f"/households/v1/members/{other['id']}"
    [mended] = await findings(service, household_id, params={"mended": True})
    assert (mended["rule"], mended["mended_by"]) == ("head-twice", str(account_id("village", PINE)))


async def test_every_way_of_changing_a_household_looks_again(service: Households) -> None:
    [household_id] = await service.register(household(1, PINE, [person(1)]))
    assert await findings(service, household_id) == []
    path = f"/households/{household_id}"
    added = await service.post(f"{path}/members", person(2, "林小溪", "02"))
    assert rules_of(await findings(service, household_id)) == ["head-twice"]
    await service.post(f"/members/{added.json()['id']}/removal", {"reason": "mistake"})
    assert await findings(service, household_id) == []
    changed = await service.call("PATCH", path, json={"road_km": 6}, headers={"If-Match": "*"})
    assert changed.json()["findings"] == {"fatal": 0, "logic": 0, "plausible": 1}
    again = await service.call("PATCH", path, json={"road_km": 4}, headers={"If-Match": "*"})
    assert again.json()["findings"] == {"fatal": 0, "logic": 0, "plausible": 0}


async def test_a_file_is_looked_at_soon_after_it_came(service: Households) -> None:
    [household_id] = await service.register(household(1, PINE, [person(1)]))
    body = [household(1, PINE, [person(1), person(3, "石三", "02")]), household(4, BRIDGE, [person(4)])]
    answer = await service.post("/households/imports", body)
    assert answer.json()["failed"] == 0, answer.text
    assert await findings(service, household_id) == []
    assert await service.sql("SELECT area_code FROM quality_due ORDER BY 1") == [(PINE,), (BRIDGE,)]
    await audit_county(service.database, service.vault, 23, utc_now().replace(hour=0))  # not at night
    assert rules_of(await findings(service, household_id)) == ["head-twice"]
    [(found_by,)] = await service.sql("SELECT found_by FROM quality_finding")
    assert found_by == account_id("county", COUNTY)
    assert await service.sql("SELECT 1 FROM quality_due") == []
    assert await service.sql("SELECT 1 FROM quality_night") == []


async def test_two_households_that_become_one_are_both_looked_at(service: Households) -> None:
    first = await two_heads(service)
    people = [person(5, "石五"), person(6, "石六", "99", phone="0871654321", labour_skill="weak", health=["healthy"])]
    [second] = await service.register(household(5, PINE, people))
    told = ["healthy-adult-without-labour", "member-phone-not-11-digits"]
    assert rules_of(await findings(service, second)) == told
    both = [one for id_ in (first, second) for one in (await service.get(f"/households/{id_}"))["members"]]
    relations = [{"member_id": one["id"], "relation": "99"} for one in both if one["name"] in ("林小溪", "石五")]
    body = {"household_id": second, "version": 1, "members": relations}
    merged = await service.post(f"/households/{first}/merge", body, headers={"If-Match": "*"})
    assert merged.status_code == 200, merged.text
    assert await findings(service, second) == []
    assert rules_of(await findings(service, first)) == told


async def test_a_finding_goes_on_with_its_new_values(service: Households) -> None:
    household_id = await two_heads(service)
    [before] = await findings(service, household_id)
    await service.post(f"/households/{household_id}/members", person(3, "石三", "02"))
    [after] = await findings(service, household_id)
    assert (after["id"], after["found_at"]) == (before["id"], before["found_at"])
    assert after["text"] == "有 3 名户主，只能有一名"


async def test_an_explanation_is_silent_until_the_values_change(service: Households) -> None:
    [household_id] = await service.register(household(1, PINE, road_km=6))
    [finding] = await findings(service, household_id)
    path = f"/findings/{finding['id']}/explanation"
    answer = await service.post(path, REASON, "township", STONE)
    assert answer.status_code == 201
    told = answer.json()["explanation"]
    assert (told["text"], told["by"]) == (REASON["reason"], str(account_id("township", STONE)))
    assert (await service.get(f"/households/{household_id}"))["findings"]["plausible"] == 0
    assert (await service.get("/findings"))["items"] == []
    assert rules_of((await service.get("/findings?explained=true"))["items"]) == ["road-too-far"]

    async def patch(**change: Any) -> None:
        await service.call("PATCH", f"/households/{household_id}", json=change, headers={"If-Match": "*"})

    await patch(address="王家湾 3 号")
    await night(service)
    assert (await service.get("/findings"))["items"] == []
    await patch(road_km=7)
    [again] = (await service.get("/findings"))["items"]
    assert (again["rule"], again["explanation"]) == ("road-too-far", None)
    assert again["id"] != finding["id"]


async def test_an_explanation_is_sealed_and_can_be_taken_back(service: Households) -> None:
    household_id = await two_heads(service)
    [finding] = await findings(service, household_id)
    path = f"/findings/{finding['id']}/explanation"
    await service.post(path, REASON, "township", STONE)
    [(sealed,)] = await service.sql("SELECT explanation_sealed FROM quality_finding")
    assert REASON["reason"].encode() not in sealed
    assert service.vault.open(sealed, EXPLANATION).decode() == REASON["reason"]
    for _ in range(2):
        back = await service.call("DELETE", path, "county")
        assert (back.status_code, back.json()["explanation"]) == (200, None)
    assert len((await service.get("/findings"))["items"]) == 1
    trail = [one for one in (await service.get("/audit", "supervisor"))["items"] if one["action"] == "finding:explain"]
    assert len(trail) == 2
    assert REASON["reason"] not in str(trail)


async def test_what_is_mended_needs_no_explanation(service: Households) -> None:
    household_id = await two_heads(service)
    [finding] = await findings(service, household_id)
    await service.sql("UPDATE member SET relation = '77' WHERE name = '林小溪'")
    await night(service)
    answer = await service.post(f"/findings/{finding['id']}/explanation", REASON)
    assert (answer.status_code, answer.json()["code"]) == (409, "finding-mended")
    [mended] = await findings(service, household_id, params={"mended": True})
    assert mended["mended_by"] == str(SYSTEM.id)


@pytest.mark.parametrize("reason", ["", "   ", "属实", "长" * 1001])
async def test_an_explanation_says_something(service: Households, reason: str) -> None:
    answer = await service.post(f"/findings/{uuid4()}/explanation", {"reason": reason})
    assert answer.status_code == 422


async def test_the_list_is_filtered_and_paged(service: Households) -> None:
    for number, area in ((1, PINE), (11, PINE), (21, BAMBOO), (31, BRIDGE)):
        await two_heads(service, area, number)
    await service.register(household(41, PINE, [person(41)], road_km=9))

    async def listed(query: str, role: str = "county", area: str = COUNTY) -> list[tuple[str, str]]:
        items, after = [], ""
        while True:
            page = await service.get(f"/findings?{query}&limit=2{after}", role, area)
            items += [(one["rule"], one["household"]["area"]["code"]) for one in page["items"]]
            if page["next"] is None:
                return items
            after = f"&after={page['next']}"

    heads = [("head-twice", area) for area in (PINE, PINE, BAMBOO, BRIDGE)]
    assert await listed("rule=head-twice") == heads
    assert await listed("severity=plausible") == [("road-too-far", PINE)]
    assert sorted(await listed("")) == sorted([*heads, ("road-too-far", PINE)])
    assert await listed(f"area={STONE}&severity=fatal") == heads[:3]
    assert await listed("severity=fatal", "village", BRIDGE) == heads[3:]
    for cursor in ("x", "WyIxIl0"):
        assert (await service.call("GET", f"/findings?after={cursor}")).status_code == 422


async def test_counts_by_rule_and_by_village(service: Households) -> None:
    for number, area in ((1, PINE), (11, PINE), (21, BRIDGE)):
        await two_heads(service, area, number)
    [far] = await service.register(household(31, PINE, [person(31)], road_km=9))
    [finding] = await findings(service, far)
    await service.post(f"/findings/{finding['id']}/explanation", REASON)
    by_rule = await service.get("/findings/counts?by=rule")
    assert [(one["key"], one["fatal"], one["plausible"], one["explained"]) for one in by_rule] == [
        ("head-twice", 3, 0, 0),
        ("road-too-far", 0, 0, 1),
    ]
    by_village = await service.get("/findings/counts?by=village")
    assert [(one["key"], one["text"], one["fatal"], one["explained"]) for one in by_village] == [
        (PINE, "松林村", 2, 1),
        (BRIDGE, "石桥村", 1, 0),
    ]
    assert [one["key"] for one in await service.get("/findings/counts?by=village", "township", STONE)] == [PINE]


async def test_another_areas_findings_are_not_there(service: Households) -> None:
    household_id = await two_heads(service)
    [finding] = await findings(service, household_id)
    assert (await service.call("GET", f"/households/{household_id}/findings", "village", BRIDGE)).status_code == 404
    path = f"/findings/{finding['id']}/explanation"
    assert (await service.post(path, REASON, "township", "539921101000")).status_code == 404
    assert (await service.call("DELETE", path, "township", "539921101000")).status_code == 404
    assert (await service.get("/findings", "village", BRIDGE))["items"] == []


async def test_a_supervisor_sees_which_and_not_whom_nor_what(service: Households) -> None:
    people = [person(1, "石大山", health=["healthy", "chronic"])]
    [household_id] = await service.register(household(1, PINE, people, road_km=6))
    for finding in await findings(service, household_id):
        await service.post(f"/findings/{finding['id']}/explanation", REASON)
    for path in (f"/households/{household_id}/findings", "/findings?explained=true"):
        answer = await service.call("GET", path, "supervisor")
        assert answer.status_code == 200
        assert "石**" in answer.text
        assert not [secret for secret in ("石大山", REASON["reason"], " 6 ") if secret in answer.text]


async def test_a_phone_in_two_households_is_found_wherever_the_other_is(service: Households) -> None:
    await service.register(household(1, BRIDGE, [person(1, phone="15400000017")]))
    body = household(2, PINE, [person(2)], phone="15400000017")
    answer = await service.post("/households", body, "village", PINE)  # who sees nothing of the other village
    [finding] = await findings(service, answer.json()["id"])
    assert finding["rule"] == "phone-in-two-households"
    await night(service)
    assert rules_of((await service.get("/findings"))["items"]) == [
        "member-phone-in-two-households",
        "phone-in-two-households",
    ]


async def test_the_dead_do_not_live_elsewhere(service: Households) -> None:
    [first] = await service.register(household(1, BRIDGE, [person(1), person(2, "石二", "77")]))
    members = (await service.get(f"/households/{first}"))["members"]
    dead = next(one for one in members if one["name"] == "石二")
    await service.post(f"/members/{dead['id']}/removal", {"reason": "deceased"})
    [second] = await service.register(household(3, PINE, [person(2, "石二")]))
    assert rules_of(await findings(service, second)) == ["recorded-dead"]


async def test_numbers_that_say_otherwise(service: Households) -> None:
    people = [person(1, sex="2"), person(2, "林小溪", "10", sex="1", birth_on="1990-01-02")]
    [household_id] = await service.register(household(1, PINE, people))
    assert rules_of(await findings(service, household_id)) == ["birth-not-as-id", "sex-not-as-id", "sex-not-as-id"]
    assert id_number(1) not in str(await service.sql("SELECT params::text, field FROM quality_finding"))


async def test_without_a_policy_nothing_is_asked_and_nothing_forgotten(service: Households) -> None:
    household_id = await two_heads(service)
    await service.sql("DELETE FROM policy WHERE kind = 'quality-rules'")
    await service.register(household(11, PINE, [person(11), person(12, "林小溪", "02")]))
    await service.post(f"/households/{household_id}/members", person(3, "石三", "02"))
    await night(service)
    [finding] = (await service.get("/findings"))["items"]
    assert finding["household"]["id"] == household_id
    view = await service.get("/quality-rules")
    assert (view["policy_id"], view["numbers"]) == (None, None)
    assert not [one for one in view["rules"] if one["on"]]


async def test_a_rule_that_is_turned_off_mends_nothing_by_hand(service: Households) -> None:
    household_id = await two_heads(service)
    await service.sql(
        """UPDATE policy SET body = jsonb_set(body, '{off}', '["head-twice"]') WHERE kind = 'quality-rules'"""
    )
    await night(service)
    assert await findings(service, household_id) == []
    view = await service.get("/quality-rules")
    assert [one["code"] for one in view["rules"] if not one["on"]] == ["head-twice"]


async def test_the_rules_tell_their_words_and_where_they_come_from(service: Households) -> None:
    view = await service.get("/quality-rules", "admin")
    rules = {one["code"]: one for one in view["rules"]}
    assert len(rules) > 80
    assert rules["wage-too-high"]["fields"] == [{"field": "member.work_income", "text": "务工月收入"}]
    assert "30,000" in rules["wage-too-high"]["source"]
    assert view["numbers"]["wage_most"] == 30000
    english = await service.get("/quality-rules", headers={"Accept-Language": "en"})
    assert not re.search("[\u4e00-\u9fff]", " ".join(one["text"] for one in english["rules"]))


async def test_a_night_that_was_stopped_goes_on_and_a_day_has_one(service: Households) -> None:
    for number, area in ((1, PINE), (11, BAMBOO), (21, BRIDGE)):
        await two_heads(service, area, number)
    await service.sql("DELETE FROM quality_finding")
    now = utc_now()
    today = local_date(now)
    await service.sql(
        "INSERT INTO quality_night (day, reached, started_at, households, found, mended)"
        " VALUES (:day, :area, :now, 2, 2, 0)",
        day=today,
        area=BAMBOO,
        now=now,
    )
    await audit_county(service.database, service.vault, 0, now)
    assert await service.sql("SELECT area_code FROM quality_finding") == [(BRIDGE,)]
    await audit_county(service.database, service.vault, 0, now)
    [(households, found, finished)] = await service.sql("SELECT households, found, finished_at FROM quality_night")
    assert (households, found) == (3, 3)
    assert finished is not None
    await audit_county(service.database, service.vault, 0, now + timedelta(days=1))
    assert len(await service.sql("SELECT 1 FROM quality_finding")) == 3


async def test_before_its_hour_there_is_no_night(service: Households) -> None:
    await two_heads(service)
    half_past_two_in_china = utc_now().replace(hour=18, minute=30)
    await audit_county(service.database, service.vault, 3, half_past_two_in_china)
    assert await service.sql("SELECT 1 FROM quality_night") == []
    await audit_county(service.database, service.vault, 2, half_past_two_in_china)
    assert len(await service.sql("SELECT 1 FROM quality_night")) == 1


async def test_findings_follow_the_household_to_another_village(service: Households) -> None:
    household_id = await two_heads(service)
    path = f"/households/{household_id}"
    await service.call("PATCH", path, json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    [finding] = (await service.get("/findings", "village", BRIDGE))["items"]
    assert UUID(finding["household"]["id"]) == UUID(household_id)
    assert (await service.get("/findings", "village", PINE))["items"] == []
