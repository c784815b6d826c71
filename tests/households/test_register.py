"""The register through the API: enter, change, leave, search, reveal."""

from typing import Any

import pytest

from shared.contracts.households import TaskOpened
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

FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９ｘ")


async def found(service: Households, role: str = "county", at: str = COUNTY, /, **sought: Any) -> list[dict[str, Any]]:
    """What a search finds."""
    answer = await service.post("/households/search", sought, role, at)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def codes(answer: Any) -> dict[str, str]:
    """A problem's mistakes: field → code."""
    return {error["field"]: error["code"] for error in answer.json().get("errors") or []}


async def test_a_household_is_entered_and_shown_masked(service: Households) -> None:
    child = {"name": "张小三", "id_number": id_number(2, "20150312"), "relation": "之子", "school_stage": "小学"}
    body = household(
        1, PINE, [person(1, phone="154 0000 0017"), child], phone="１５４００００００１８", natural_village="王家湾"
    )
    answer = await service.post("/households", body, "village", PINE)
    assert answer.status_code == 201, answer.text
    shown = await service.get(answer.headers["location"].removeprefix("/households/v1"), "village", PINE)
    assert shown == answer.json()
    assert (shown["class"], shown["head_name"], shown["phone"]) == ("ordinary", "张三", "154****0018")
    assert shown["area"]["names"] == ["云岫县", "青石镇", "松林村"]
    head, pupil = shown["members"]
    assert (head["id_number"][4:14], head["phone"]) == ("**********", "154****0017")
    assert (pupil["relation"], pupil["relation_text"], pupil["school_stage"]) == ("20", "子", "primary")
    assert (pupil["pupil"], pupil["birth_on"], pupil["sex"]) == (True, "2015-03-12", "2")


async def test_nothing_personal_is_stored_in_clear(service: Households) -> None:
    await service.register(household(1, PINE, [person(1, phone="15400000017")], phone="15400000018"))
    for table in ("household", "member", "audit_entry"):
        text = str(await service.sql(f"SELECT t::text FROM {table} t"))
        assert id_number(1) not in text
        assert "1540000001" not in text


async def test_entering_twice_and_one_person_in_two_households(service: Households) -> None:
    await service.register(household(1, PINE))
    again = await service.post("/households", household(1, PINE, [person(5)]))
    assert (again.status_code, again.json()["code"]) == (409, "household-exists")
    # the village cannot see Pine, and is not told where the person lives
    other = await service.post("/households", household(2, BRIDGE, [person(3), person(1)]), "village", BRIDGE)
    assert (other.status_code, other.json()["code"]) == (409, "person-in-another-household")
    assert PINE not in other.text
    assert await service.sql("SELECT count(*) FROM member") == [(1,)], "nothing is half-written"


async def test_who_lives_there_already_is_not_said_to_live_elsewhere(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    answer = await service.post(f"/households/{id_}/members", person(1))
    assert (answer.status_code, answer.json()["code"]) == (409, "person-in-this-household")
    assert await service.sql("SELECT count(*) FROM double_entry") == [(0,)]


async def test_a_request_may_be_repeated(service: Households) -> None:
    sent = [await service.post("/households", household(1, PINE), headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"area_code": STONE}, "area_code", "area-not-village"),
    ({"area_code": "5399"}, "area_code", "area-not-village"),
    ({"area_code": "53992x"}, "area_code", "area-code-characters"),
    ({"area_code": "539921100299"}, "area_code", "area-unknown"),
    ({"class": "rich"}, "class", "choice-invalid"),
    ({"national_code": "x"}, "national_code", "field-invalid"),
    ({"phone": "12345"}, "phone", "phone-invalid"),
    ({"grade": "red"}, "grade", "field-unknown"),
    ({"members": [person(1, relation="03")]}, "members.0.relation", "choice-invalid"),
    ({"members": [{**person(1), "id_number": "539921199001010019"}]}, "members.0.id_number", "id-number-checksum"),
    ({"members": [{**person(1), "id_number": 1}]}, "members.0.id_number", "field-invalid"),
    ({"members": [{"name": "张三"}]}, "members.0.relation", "field-missing"),
    ({"members": [person(1, name="张\u0000三")]}, "members.0.name", "field-invalid"),
    ({"members": [person(1, birth_on="2999-01-01")]}, "members.0.birth_on", "date-in-future"),
    ({"members": [person(1, birth_on="0199-01-01")]}, "members.0.birth_on", "date-too-early"),
]


async def test_bad_households(service: Households) -> None:
    for change, field, code in BAD:
        answer = await service.post("/households", {**household(1, PINE), **change})
        assert answer.status_code == 422, (change, answer.text)
        assert codes(answer)[field] == code, change
        assert id_number(1)[:17] not in answer.text
    assert await service.sql("SELECT 1 FROM household") == []


async def test_changes_need_the_version_that_was_read(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, phone="15400000018"))
    path = f"/households/{id_}"

    async def change(body: dict[str, Any], version: str | None) -> Any:
        headers = {"If-Match": version} if version else {}
        return await service.call("PATCH", path, "village", PINE, json=body, headers=headers)

    assert (await change({"class": "monitored"}, None)).status_code == 428
    assert (await change({"class": "monitored"}, '"7"')).status_code == 412
    changed = await change({"class": "监测对象", "phone": None}, '"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["class"], changed.json()["phone"]) == ("monitored", None)
    assert codes(await change({"class": None}, '"2"')) == {"class": "field-missing"}
    assert (await change({"area_code": BAMBOO}, '"2"')).status_code == 404, "not within the village's own area"
    assert await found(service, phone="15400000018") == []


async def test_everything_follows_a_household_that_moves(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    await service.deliver(service.alert(1))
    [opened] = await service.told(TaskOpened)
    visit = {"id": "018f0000-0000-7000-8000-000000000001", "visited_at": "2026-03-02T10:00:00+08:00"}
    assert (await service.post(f"/tasks/{opened.task_id}/visits", visit, "village", PINE)).status_code == 201
    moved = await service.call("PATCH", f"/households/{id_}", json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    assert moved.status_code == 200
    tables = ("household", "member", "risk_case", "evidence", "task", "visit")
    for table in tables:
        assert await service.sql(f"SELECT DISTINCT area_code FROM {table}") == [(BRIDGE,)], table
    [mine] = (await service.get("/tasks?mine=true", "village", BRIDGE))["items"]
    assert (await service.get(f"/cases/{mine['case_id']}", "village", BRIDGE))["visits"][0]["id"] == visit["id"]
    assert (await service.get("/tasks", "village", PINE))["items"] == []


async def test_members_change_and_leave(service: Households) -> None:
    first, second = await service.register(household(1, PINE), household(2, PINE, [person(2)]))
    added = await service.post(f"/households/{first}/members", person(3, "王五", "12"), "village", PINE)
    assert added.status_code == 201
    path = f"/members/{added.json()['id']}"
    taken = await service.call("PATCH", path, json={"id_number": id_number(2)}, headers={"If-Match": '"1"'})
    assert taken.json()["code"] == "person-in-another-household"
    body = {"name": "王武", "id_number": id_number(4), "health": ["chronic", "残疾"]}
    changed = await service.call("PATCH", path, "village", PINE, json=body, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["health"]) == ("王武", ["chronic", "disabled"])
    assert len(await found(service, id_number=id_number(4))) == 1

    assert (await service.post(f"/households/{second}/members", person(4), "village", PINE)).status_code == 409
    left = await service.post(f"{path}/removal", {"reason": "married_out"}, "village", PINE)
    assert (left.status_code, left.json()["left_reason"]) == (200, "married_out")
    assert (await service.post(f"{path}/removal", {"reason": "deceased"})).json()["code"] == "member-left"
    assert (await service.post(f"/households/{second}/members", person(4), "village", PINE)).status_code == 201
    [now] = await found(service, id_number=id_number(4))
    assert now["id"] == second
    assert len((await service.get(f"/households/{first}"))["members"]) == 2, "who left stays on record"


async def test_a_household_that_is_no_more_is_known_by_its_last_head(service: Households) -> None:
    people = [person(1, "张老"), person(2, "李桂花", "12")]
    gone, lived_in = await service.register(
        household(1, PINE, people), household(2, PINE, [person(3), person(4, "李四", "12")])
    )
    members = {one: (await service.get(f"/households/{one}"))["members"] for one in (gone, lived_in)}
    for member in (*members[gone], members[lived_in][0]):
        assert (await service.post(f"/members/{member['id']}/removal", {"reason": "moved_away"})).status_code == 200
    listed = (await service.get("/households?dissolved=true"))["items"]
    assert [(one["id"], one["head_name"]) for one in listed] == [(gone, "张老")]
    assert (await service.get(f"/households/{gone}"))["head_name"] == "张老"
    assert [one["head_name"] for one in (await service.get("/households"))["items"]] == [None], (
        "somebody has to say who is head now"
    )
    assert (await service.get(f"/households/{lived_in}"))["head_name"] is None


async def test_an_id_number_is_found_however_it_is_written(service: Households) -> None:
    number = next(n for n in (id_number(i) for i in range(1, 100)) if n.endswith("X"))
    [id_] = await service.register(household(1, PINE, [{**person(1), "id_number": number}]))
    disability_card = f"{number}42"
    for written in (number, number.lower(), number.translate(FULL_WIDTH), f" {number}\u3000", disability_card):
        [one] = await found(service, id_number=written)
        assert (one["id"], [member["name"] for member in one["members"]]) == (id_, ["张三"])


async def test_searching_by_name_phone_and_code(service: Households) -> None:
    people = [person(1, "欧阳明月", phone="15400000017"), person(2, "张明", "20")]
    [id_, other] = await service.register(
        household(1, PINE, people, phone="087012345678"), household(2, BRIDGE, [person(3, "李明月")])
    )
    assert {one["id"] for one in await found(service, name="明月")} == {id_, other}
    assert [m["name"] for one in await found(service, name="阳明") for m in one["members"]] == ["欧阳明月"]
    assert await found(service, name="月明") == []
    assert [one["id"] for one in await found(service, name="明月", area=RIVER)] == [other]
    assert [one["id"] for one in await found(service, "village", PINE, name="明月", area=COUNTY)] == [id_]
    assert await found(service, "village", PINE, name="明月", area=BRIDGE) == []
    assert [one["id"] for one in await found(service, phone="+86 154-0000-0017")] == [id_]
    assert [one["id"] for one in await found(service, phone="0870-12345678")] == [id_]
    assert [one["id"] for one in await found(service, national_code=f"{PINE}0001")] == [id_]
    assert await found(service, "village", BRIDGE, national_code=f"{PINE}0001") == []
    assert await found(service, name="%_") == []
    for wrong in ({}, {"name": "明"}, {"name": "明月", "phone": "15400000017"}, {"area": PINE}):
        assert (await service.post("/households/search", wrong)).status_code == 422


@pytest.mark.parametrize("name", ["张三", "张三丰", "欧阳大明", "阿依古丽买提", "阿依古丽·买买提", "Li大明Ming"])
async def test_any_part_of_a_name_is_enough(service: Households, name: str) -> None:
    await service.register(household(1, PINE, [person(1, name)]), household(2, PINE, [person(2, "某某")]))
    for start in range(len(name) - 1):
        for end in range(start + 2, len(name) + 1):
            items = await found(service, name=name[start:end])
            assert [member["name"] for one in items for member in one["members"]] == [name], name[start:end]
    for apart in {name[0] + name[-1], name[1] + name[0]} - {name[:2]}:
        assert await found(service, name=apart) == []


async def test_names_are_paged(service: Households) -> None:
    await service.register(household(1, PINE, [person(n, f"王大明{n}", "99") for n in range(1, 8)]))
    seen: list[str] = []
    after = ""
    while True:
        answer = await service.post(f"/households/search?limit=3{after}", {"name": "大明"})
        seen += [member["name"] for one in answer.json()["items"] for member in one["members"]]
        if answer.json()["next"] is None:
            break
        after = f"&after={answer.json()['next']}"
    assert sorted(seen) == sorted(f"王大明{n}" for n in range(1, 8))


async def test_every_search_is_on_record_without_what_was_sought(service: Households) -> None:
    await service.register(household(1, PINE))
    await found(service, "village", PINE, id_number=id_number(1))
    rows = await service.sql("SELECT role, detail::text FROM audit_entry WHERE action = 'household:search'")
    assert rows == [("village", '{"by": "id_number", "found": 1}')]


async def test_a_field_is_revealed_and_put_on_record(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1)]))
    [member] = (await service.get(f"/households/{id_}"))["members"]
    path = f"/members/{member['id']}/reveal"
    assert (await service.post(path, {"field": "name", "reason": "visit"})).status_code == 422
    assert (await service.post(path, {"field": "id_number", "reason": "curious"})).status_code == 422
    assert (await service.post(path, {"field": "phone", "reason": "visit"})).json()["code"] == "nothing-to-reveal"
    shown = await service.post(path, {"field": "id_number", "reason": "verification"}, "village", PINE)
    assert shown.json() == {"field": "id_number", "value": id_number(1)}
    assert shown.headers["cache-control"] == "no-store"
    rows = await service.sql("SELECT role, subject, detail FROM audit_entry WHERE action = 'member:reveal'")
    assert rows == [("village", member["id"], {"field": "id_number", "reason": "verification"})]


async def test_lists_by_area_and_class(service: Households) -> None:
    await service.register(
        *(household(n, PINE, [person(n)]) for n in range(1, 6)),
        household(6, BRIDGE, [person(6)], **{"class": "lifted_out"}),
    )
    seen: list[str] = []
    page = await service.get("/households?limit=2")
    while True:
        seen += [one["national_code"] for one in page["items"]]
        if page["next"] is None:
            break
        page = await service.get(f"/households?limit=2&after={page['next']}")
    assert len(seen) == len(set(seen)) == 6
    assert len((await service.get(f"/households?area={STONE}"))["items"]) == 5
    assert len((await service.get("/households?class=lifted_out"))["items"]) == 1
    for wrong in ("x", "WyJcdTAwMDAiLCAiMSJd", "WzEsMl0"):
        assert (await service.call("GET", f"/households?after={wrong}")).json()["code"] == "cursor-invalid"


async def test_code_lists_in_both_languages(service: Households) -> None:
    lists = {one["name"]: one for one in await service.get("/codes", headers={"Accept-Language": "en"})}
    relation = {code["code"]: code["text"] for code in lists["relation"]["codes"]}
    assert (lists["relation"]["standard"], relation["02"]) == ("GB/T 4761", "head of household")
    assert lists["sex"]["standard"] == "GB/T 2261.1"
