"""Households merge and split, people move, are born and die; what hangs on them follows, and nothing is lost to sight."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.households.models import Base
from services.households.rules.checks import Residence
from services.households.usecases.following import FOLLOWS, NATIONAL, STAYS, WITH_CASES, WITH_PERSONS, WITH_TASKS
from shared.areas import AreaCode
from shared.contracts.households import MembersChanged, TaskOpened
from tests.households.conftest import BAMBOO, BRIDGE, COUNTY, PINE, STONE, Households, household, id_number, person
from tests.households.test_register import found
from tests.households.test_register_history import history, told


async def people(service: Households, id_: str) -> dict[str, dict[str, Any]]:
    """The members of a household by name."""
    return {one["name"]: one for one in (await service.get(f"/households/{id_}"))["members"]}


async def act(
    service: Households, path: str, body: dict[str, Any], role: str = "county", area: str = COUNTY, version: str = "*"
) -> Any:
    """A POST on what was read in that version."""
    return await service.post(path, body, role, area, headers={"If-Match": version})


def two() -> tuple[dict[str, Any], dict[str, Any]]:
    """A couple in one village and the parents of one of them in another, of one township."""
    return (
        household(1, PINE, [person(1, "张三"), person(2, "王五", "12")]),
        household(2, BAMBOO, [person(3, "张父"), person(4, "张母", "12")]),
    )


async def merged(service: Households) -> tuple[str, str, Any]:
    """The parents live with the couple: target, source, answer."""
    target, source = await service.register(*two())
    old = await people(service, source)
    relations = [
        {"member_id": old["张父"]["id"], "relation": "51"},
        {"member_id": old["张母"]["id"], "relation": "母亲"},
    ]
    body = {"household_id": source, "version": 1, "members": relations, "why": "合户申请"}
    return target, source, await act(service, f"/households/{target}/merge", body, "township", STONE, '"1"')


async def test_two_households_become_one(service: Households) -> None:
    target, source, answer = await merged(service)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"'), answer.text
    assert {one["name"]: one["relation"] for one in answer.json()["members"]} == {
        "张三": "02",
        "王五": "12",
        "张父": "51",
        "张母": "52",
    }
    old = await service.get(f"/households/{source}", "village", BAMBOO)
    assert (old["dissolved_reason"], old["merged_into"], old["members"]) == ("merged", target, [])
    assert [one["id"] for one in (await service.get("/households"))["items"]] == [target]
    assert [one["id"] for one in await found(service, id_number=id_number(3))] == [target]
    [*_, event] = await service.told(MembersChanged)
    assert {(str(one.household_id), one.area_code, one.active) for one in event.members} == {(target, PINE, True)}
    assert len(event.members) == 2


async def test_a_merge_stands_in_the_history_of_both(service: Households) -> None:
    target, source, _ = await merged(service)
    there, here = await history(service, target), await history(service, source)
    assert sorted(one["what"] for one in there) == ["added", "came", "came", "received"]
    assert sorted(one["what"] for one in here) == ["added", "merged", "went", "went"]
    [end] = [one for one in here if one["what"] == "merged"]
    assert told(end)[2]["merged_into"] == (None, target)
    assert (end["why"], end["source"]) == ("合户申请", "merge")
    assert len({one["act_id"] for one in here + there if one["source"] == "merge"}) == 1
    came = [told(one)[2] for one in there if one["member_name"] == "张父"]
    assert came == [{"household_id": (source, target), "relation": ("02", "51")}]


async def test_cases_tasks_and_evidence_follow_a_merge(service: Households) -> None:
    target, source = await service.register(*two())
    await service.deliver(service.alert(3, area=BAMBOO))
    [opened] = await service.told(TaskOpened)
    await act(service, f"/tasks/{opened.task_id}/assignment", {"area_code": COUNTY})  # out of the township's sight
    old = await people(service, source)
    relations = [{"member_id": old["张父"]["id"], "relation": "51"}]
    body = {"household_id": source, "version": 1, "members": relations}
    answer = await act(service, f"/households/{target}/merge", body, "township", STONE, '"1"')
    assert answer.status_code == 200, answer.text
    assert await service.sql("SELECT household_id::text, subject_key, area_code FROM risk_case") == [
        (target, target, PINE)
    ]
    assert await service.sql("SELECT household_id::text FROM task") == [(target,)]
    assert await service.sql("SELECT area_code FROM evidence") == [(PINE,)]
    # another alert, on the person or on the household that is no more, joins the case
    await service.deliver(service.alert(4), service.alert(code=f"{BAMBOO}0002"))
    assert len(await service.told(TaskOpened)) == 1
    assert await service.sql("SELECT count(*) FROM evidence") == [(3,)]


async def test_an_alert_that_waited_for_a_merge_goes_where_the_people_are(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, source, _ = await merged(service)
    key = service.vault.person_key(id_number(3))

    async def before_the_merge(*_: Any) -> dict[str, Residence]:
        return {key: Residence(UUID(source), AreaCode(BAMBOO))}

    monkeypatch.setattr("services.households.queries.checks.find_residences", before_the_merge)
    await service.deliver(service.alert(3))
    [opened] = await service.told(TaskOpened)
    assert (str(opened.household_id), opened.area_code, opened.subject_key) == (target, PINE, target)


async def test_a_merge_that_cannot_be(service: Households) -> None:
    target, source = await service.register(*two())
    path = f"/households/{target}/merge"
    body = {"household_id": source, "version": 1}
    assert (await act(service, path, body)).json()["code"] == "household-two-heads"
    assert (await act(service, path, {**body, "version": 2})).status_code == 412
    assert (await act(service, path, body, version='"7"')).status_code == 412
    assert (await service.post(path, body)).status_code == 428
    assert (await act(service, path, {**body, "household_id": target})).json()["code"] == "households-same"
    assert (await act(service, path, body, "village", PINE)).json()["code"] == "household-not-found"
    stranger = {"member_id": "018f0000-0000-7000-8000-00000000000a", "relation": "51"}
    assert (await act(service, path, {**body, "members": [stranger]})).json()["code"] == "member-not-of-household"
    assert await service.sql("SELECT 1 FROM household WHERE dissolved_on IS NOT NULL OR version > 1") == []


async def test_nothing_of_a_dissolved_household_changes(service: Households) -> None:
    target, source, _ = await merged(service)
    patch = await service.call("PATCH", f"/households/{source}", json={"land_mu": 1}, headers={"If-Match": "*"})
    entered = await service.post(f"/households/{source}/members", person(9))
    again = await act(service, f"/households/{target}/merge", {"household_id": source, "version": 2})
    assert {one.json()["code"] for one in (patch, entered, again)} == {"household-dissolved"}
    report = await service.call(
        "POST", "/households/imports", content=b"[]", headers={"Content-Type": "application/json"}
    )
    assert report.status_code == 200
    answer = await service.post("/households/imports", [household(2, BAMBOO, [person(9)])])
    assert [one["code"] for one in answer.json()["errors"]] == ["household-dissolved"]


async def test_merges_in_a_row_lead_to_the_last(service: Households) -> None:
    target, source, _ = await merged(service)
    [last] = await service.register(household(5, BRIDGE, [person(5, "李四")]))
    head = (await people(service, target))["张三"]["id"]
    body = {"household_id": target, "version": 2, "members": [{"member_id": head, "relation": "28"}]}
    assert (await act(service, f"/households/{last}/merge", body)).status_code == 200
    assert await service.sql("SELECT id::text FROM household WHERE merged_into = :last ORDER BY id", last=last) == [
        (one,) for one in sorted((target, source))
    ]


async def test_two_merges_at_once_do_not_wait_for_each_other_for_ever(service: Households) -> None:
    first, second = await service.register(household(1, PINE, [person(1)]), household(2, PINE, [person(2)]))
    one, other = (await people(service, first))["张三"]["id"], (await people(service, second))["张三"]["id"]
    answers = await asyncio.gather(
        act(
            service,
            f"/households/{first}/merge",
            {"household_id": second, "version": 1, "members": [{"member_id": other, "relation": "73"}]},
        ),
        act(
            service,
            f"/households/{second}/merge",
            {"household_id": first, "version": 1, "members": [{"member_id": one, "relation": "71"}]},
        ),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await service.sql("SELECT count(*) FROM household WHERE dissolved_on IS NULL") == [(1,)]


FAMILY = [person(1, "张三"), person(2, "王五", "12"), person(3, "张子", "20"), person(4, "张媳", "38")]


async def test_a_household_is_split(service: Households) -> None:
    [source] = await service.register(household(1, PINE, FAMILY, natural_village="王家湾", **{"class": "lifted_out"}))
    await service.deliver(service.alert(3), service.alert(1, feed="medical.cost"))
    who = await people(service, source)
    body = {
        "members": [
            {"member_id": who["张子"]["id"], "relation": "户主"},
            {"member_id": who["张媳"]["id"], "relation": "妻"},
        ],
        "national_code": f"{PINE}0099",
    }
    key = {"If-Match": '"1"', "Idempotency-Key": "split-1"}
    answer, again = [
        await service.post(f"/households/{source}/split", body, "village", PINE, headers=key) for _ in range(2)
    ]
    assert (answer.status_code, again.json()) == (201, answer.json()), answer.text
    made = answer.json()
    assert answer.headers["location"] == f"/households/v1/households/{made['id']}"
    assert (made["natural_village"], made["class"], made["head_name"]) == ("王家湾", "lifted_out", "张子")
    assert set(await people(service, source)) == {"张三", "王五"}
    assert await service.sql("SELECT household_id::text, risk_family FROM risk_case ORDER BY 2") == [
        (made["id"], "education"),  # about the son alone
        (source, "medical"),
    ]
    assert await service.sql("SELECT DISTINCT t.household_id = c.household_id FROM task t JOIN risk_case c"
                             " ON c.id = t.case_id") == [(True,)]  # fmt: skip
    assert sorted(one["what"] for one in await history(service, source)) == ["added", "divided", "went", "went"]
    assert sorted(one["what"] for one in await history(service, made["id"])) == ["added", "came", "came"]
    [*_, event] = await service.told(MembersChanged)
    assert {str(one.household_id) for one in event.members} == {made["id"]}


async def test_a_split_that_cannot_be(service: Households) -> None:
    [source] = await service.register(household(1, PINE, FAMILY))
    who = {name: one["id"] for name, one in (await people(service, source)).items()}

    async def refused(*moving: tuple[str, str], **more: Any) -> str:
        members = [{"member_id": who[name], "relation": relation} for name, relation in moving]
        answer = await act(service, f"/households/{source}/split", {"members": members, **more})
        assert answer.status_code in (404, 409, 422), answer.text
        return str(answer.json()["code"])

    everybody = (("张三", "02"), ("王五", "12"), ("张子", "20"), ("张媳", "38"))
    assert await refused(*everybody) == "household-nobody-stays"
    assert await refused(("张子", "20")) == "household-head-missing"
    assert await refused(("张子", "02"), ("张媳", "02")) == "household-two-heads"
    staying = [{"member_id": who["王五"], "relation": "02"}]
    assert await refused(("张子", "02"), staying=staying) == "household-two-heads"
    assert await refused(("张子", "02"), national_code=f"{PINE}0001") == "household-exists"
    assert await refused(("张子", "02"), area_code="539921100299") == "area-unknown"
    assert await service.sql("SELECT count(*) FROM household") == [(1,)]


async def test_a_head_who_leaves_hands_over(service: Households) -> None:
    [source] = await service.register(household(1, PINE, FAMILY))
    who = {name: one["id"] for name, one in (await people(service, source)).items()}
    body = {
        "members": [{"member_id": who["张三"], "relation": "02"}],
        "staying": [{"member_id": who["王五"], "relation": "02"}],
        "area_code": BRIDGE,
    }
    answer = await act(service, f"/households/{source}/split", body)
    assert (answer.status_code, answer.json()["area"]["code"]) == (201, BRIDGE)
    assert (await service.get(f"/households/{source}"))["head_name"] == "王五"


async def test_a_person_moves_and_the_last_one_takes_the_household_along(service: Households) -> None:
    first, second = await service.register(household(1, PINE, [person(1)]), household(2, BAMBOO, [person(2, "李四")]))
    member = (await people(service, first))["张三"]
    await service.deliver(service.alert(1))
    path, body = f"/members/{member['id']}/move", {"household_id": second, "relation": "02"}
    assert (await act(service, path, body)).json()["code"] == "household-two-heads"
    body["relation"] = "其他亲属"
    assert (await act(service, path, body, version='"2"')).status_code == 412
    assert (await act(service, path, body, "village", PINE)).json()["code"] == "household-not-found"
    moved = await act(service, path, body, "township", STONE, '"1"')
    assert (moved.status_code, moved.json()["relation"], moved.headers["etag"]) == (200, "97", '"2"')
    assert set(await people(service, second)) == {"李四", "张三"}
    old = await service.get(f"/households/{first}")
    assert (old["dissolved_reason"], old["merged_into"]) == ("empty", None)
    assert await service.sql("SELECT household_id::text, area_code FROM risk_case") == [(second, BAMBOO)]
    assert await service.sql("SELECT area_code, household_id::text FROM task") == [(BAMBOO, second)]
    assert (await act(service, path, {"household_id": second, "relation": "97"})).json()["code"] == "households-same"


async def test_of_two_moves_at_once_the_second_finds_the_person_gone(service: Households) -> None:
    first, second, third = await service.register(
        household(1, PINE, [person(1), person(4, "王五", "12")]),
        *(household(number, PINE, [person(number, "李四")]) for number in (2, 3)),
    )
    path = f"/members/{(await people(service, first))['王五']['id']}/move"
    ends = [second, third] * 3
    answers = await asyncio.gather(
        *(act(service, path, {"household_id": end, "relation": "97"}, version='"1"') for end in ends)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    [(went,)] = await service.sql("SELECT count(*) FROM register_change WHERE what = 'went'")
    assert went == 1


async def test_a_household_dies_out_and_a_mistake_is_taken_back(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1), person(2, "王五", "12")]))
    members = {one["name"]: one["id"] for one in (await people(service, id_)).values()}
    await service.post(f"/members/{members['张三']}/removal", {"reason": "deceased"}, "village", PINE)
    assert (await service.get(f"/households/{id_}"))["dissolved_on"] is None
    await service.post(f"/members/{members['王五']}/removal", {"reason": "deceased", "on": "2026-11-01"})
    gone = await service.get(f"/households/{id_}")
    assert (gone["dissolved_on"], gone["dissolved_reason"]) == ("2026-11-01", "deceased")
    path = f"/members/{members['王五']}/restoration"
    back = await act(service, path, {"why": "误登记"}, "village", PINE, '"2"')
    assert (back.status_code, back.json()["left_on"]) == (200, None), back.text
    assert (await service.get(f"/households/{id_}"))["dissolved_on"] is None
    assert (await act(service, path, {})).json()["code"] == "member-present"
    assert [one["what"] for one in await history(service, id_)][:1] == ["restored"]
    [*_, event] = await service.told(MembersChanged)
    assert [one.active for one in event.members] == [True]


async def test_a_mistake_in_a_removal_leaves_the_household(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    [member] = (await people(service, id_)).values()
    await service.post(f"/members/{member['id']}/removal", {"reason": "mistake"})
    assert (await service.get(f"/households/{id_}"))["dissolved_on"] is None
    assert (await service.post(f"/households/{id_}/members", person(2), "village", PINE)).status_code == 201


def test_every_table_of_a_household_says_what_becomes_of_it() -> None:
    tables = {table.name for table in Base.metadata.tables.values() if "household_id" in table.columns}
    assert tables == {*FOLLOWS, *STAYS, *WITH_CASES, *WITH_TASKS, *NATIONAL, *WITH_PERSONS}
