"""Others hear who lives where, whatever changed it, and once more when they ask for it."""

from typing import Any

import pytest

from services.households.events import MOST_MEMBERS
from services.households.usecases import telling
from shared.contracts.households import MemberRecord, MembersChanged
from shared.lanes import Lane
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.commands import command
from tests.households.conftest import BAMBOO, PINE, Households, household, id_number, person

MATCH = {"If-Match": "*"}


async def heard(service: Households) -> list[MemberRecord]:
    """All records told since the last time, in order."""
    records = [record for event in await service.told(MembersChanged) for record in event.members]
    await service.sql("DELETE FROM outbox")
    return records


def newest(records: list[MemberRecord]) -> dict[str, MemberRecord]:
    """What somebody knows who has heard them: the latest of each person."""
    return {one.person_key: one for one in sorted(records, key=lambda one: one.changed_at)}


def key(service: Households, number: int) -> str:
    return service.vault.person_key(id_number(number))


async def changed(service: Households, path: str, body: dict[str, Any]) -> None:
    answer = await service.call("PATCH", path, json=body, headers=MATCH)
    assert answer.status_code == 200, answer.text


async def test_a_new_household_is_told_with_its_people(service: Households) -> None:
    body = household(1, PINE, [person(1), person(2, "张小三", "20")])
    [id_] = await service.register(body)
    records = await heard(service)
    assert {one.person_key for one in records} == {key(service, 1), key(service, 2)}
    assert {(str(r.household_id), r.household_key, r.area_code, r.household_class, r.active) for r in records} == {
        (id_, service.vault.household_key(body["national_code"]), PINE, "ordinary", True)
    }


async def test_what_others_know_of_a_household_is_told_again_when_it_changes(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    await heard(service)
    await changed(service, f"/households/{id_}", {"address": "松林村 7 号", "phone": "15400000017"})
    assert await heard(service) == []
    await changed(service, f"/households/{id_}", {"class": "monitored", "area_code": BAMBOO})
    assert [(r.area_code, r.household_class) for r in await heard(service)] == [(BAMBOO, "monitored")] * 2
    await changed(service, f"/households/{id_}", {"national_code": "5399-0001"})
    assert {r.household_key for r in await heard(service)} == {service.vault.household_key("5399-0001")}


async def test_members_who_come_change_and_leave(service: Households) -> None:
    first, second = await service.register(household(1, PINE), household(2, BAMBOO, [person(2)]))
    known = newest(await heard(service))
    added = await service.post(f"/households/{first}/members", person(3, "张小三", "20"))
    member = f"/members/{added.json()['id']}"
    [record] = await heard(service)
    assert (record.person_key, str(record.household_id), record.active) == (key(service, 3), first, True)

    await changed(service, member, {"name": "张大三"})
    assert await heard(service) == [], "a name is nobody else's business"
    await changed(service, member, {"id_number": id_number(4)})
    told = await heard(service)
    assert [(r.person_key, r.active) for r in told] == [(key(service, 3), False), (key(service, 4), True)]
    known |= newest(told)

    assert (await service.post(f"{member}/removal", {"reason": "married_out"})).status_code == 200
    assert (await service.post(f"/households/{second}/members", person(4, "张大三", "28"))).status_code == 201
    left, came = await heard(service)
    assert (left.active, came.active, str(came.household_id)) == (False, True, second)
    assert left.changed_at < came.changed_at, "the later record counts, in whatever order they arrive"
    await changed(service, member, {"id_number": id_number(5)})
    assert await heard(service) == [], "the record of somebody who has left is not where they live"


async def test_an_import_tells_of_those_it_changed(service: Households) -> None:
    rows = [household(n, PINE, [person(n), person(100 + n, "某", "20")]) for n in range(1, 4)]
    assert (await service.post("/households/imports", rows)).status_code == 200
    assert await service.sql("SELECT DISTINCT lane FROM outbox") == [(Lane.BULK,)]
    events = await service.told(MembersChanged)
    assert len(events) == 1, "a part of an import is one event, not one for each person"
    assert len(await heard(service)) == 6
    await service.post("/households/imports", rows)
    assert await heard(service) == [], "the same again changes nothing"

    moved = {**rows[0], "area_code": BAMBOO, "members": [person(1), person(201, "新", "20")]}
    renamed = {**rows[1], "address": "新址", "members": [person(2, "张四"), person(202, "新", "20")]}
    answer = await service.post("/households/imports", [moved, renamed, rows[2]])
    assert answer.json()["failed"] == 0
    told = await heard(service)
    assert {(r.person_key, r.area_code) for r in told} == {
        *((key(service, number), BAMBOO) for number in (1, 101, 201)),  # 101 is not in the file and moves as well
        (key(service, 202), PINE),
    }
    assert len(told) == 4, "one record for each person"


async def test_a_dry_run_tells_nothing(service: Households) -> None:
    await service.post("/households/imports?dry_run=true", [household(1, PINE)])
    assert await heard(service) == []


async def test_an_event_has_at_most_a_thousand_people(service: Households) -> None:
    numbers = iter(range(1250))

    def someone(relation: str) -> dict[str, Any]:
        number = next(numbers)
        born = f"19{60 + number // 1000}0101"
        return {"name": "张三", "id_number": id_number(number % 1000, born), "relation": relation}

    rows = [household(n, PINE, [someone("02"), *(someone("99") for _ in range(4))]) for n in range(250)]
    answer = await service.post("/households/imports", rows)
    assert answer.json()["members"]["added"] == 1250, answer.text
    sizes = [len(event.members) for event in await service.told(MembersChanged)]
    assert sorted(sizes) == [250, MOST_MEMBERS]


async def test_the_whole_register_once_more(
    service: Households,
    cluster: Cluster,
    database_name: str,
    vault_settings: VaultSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "PAGE", 2)
    first, second = await service.register(
        household(1, PINE, [person(1), person(2, "甲", "20"), person(3, "乙", "20")]), household(2, BAMBOO, [person(4)])
    )
    members = {m["name"]: m["id"] for m in (await service.get(f"/households/{first}"))["members"]}
    await service.post(f"/members/{members['甲']}/removal", {"reason": "deceased"})
    await service.post(f"/members/{members['乙']}/removal", {"reason": "married_out"})
    await service.post(f"/households/{second}/members", person(3, "乙", "12"))
    known = newest(await heard(service))
    done = await command(cluster, database_name, vault_settings, "announce", "households")
    assert done.output == "households: 5 people told once more\n"
    again = await heard(service)
    assert len(again) == 4, "of somebody who lives elsewhere now only that is told"
    assert {k: r.model_copy(update={"changed_at": known[k].changed_at}) for k, r in newest(again).items()} == known
    lost = newest([*known.values(), *again])
    assert {k: (str(r.household_id), r.active) for k, r in lost.items()} == {
        key(service, 1): (first, True),
        key(service, 2): (first, False),
        key(service, 3): (second, True),
        key(service, 4): (second, True),
    }
    pages = await service.sql("SELECT detail->>'members' FROM audit_entry WHERE action = 'household:announce'")
    assert sorted(pages) == [("1",), ("2",), ("2",)]
