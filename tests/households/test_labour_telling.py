"""The jobs service hears of everybody of 15 and older, whatever changed them, and of nobody else."""

import base64
from datetime import date, timedelta
from typing import Any

import pytest

from services.households.queries.labour import BY_KEYS
from services.households.usecases import telling
from services.households.usecases.labour_telling import tell_come_of_age
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.labour import FACTS, ID_NUMBER, NAME, PHONE, LabourChanged, LabourRecord
from shared.db.engine import raw
from shared.lanes import Lane
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.commands import command
from tests.households.conftest import BAMBOO, PINE, Households, household, id_number, person

MATCH = {"If-Match": "*"}


async def heard(service: Households) -> list[LabourRecord]:
    """All records told since the last time, in order."""
    records = [record for event in await service.told(LabourChanged) for record in event.people]
    await service.sql("DELETE FROM outbox")
    return records


def key(service: Households, number: int, born: str = "19900101") -> str:
    return service.vault.person_key(id_number(number, born))


def young(number: int, born: date) -> dict[str, Any]:
    return person(number, "张小三", "20") | {"id_number": id_number(number, born.strftime("%Y%m%d"))}


async def changed(service: Households, path: str, body: dict[str, Any]) -> None:
    answer = await service.call("PATCH", path, json=body, headers=MATCH)
    assert answer.status_code == 200, answer.text


async def members(service: Households, household_id: str) -> list[str]:
    return [one["id"] for one in (await service.get(f"/households/{household_id}"))["members"]]


def years_ago(years: int, days: int = 0) -> date:
    today = local_date(utc_now())
    return today.replace(year=today.year - years) + timedelta(days=days)


async def test_personal_data_travel_sealed_and_open_with_their_purposes(service: Households) -> None:
    body = person(1, "李四", phone="15412345678", health=["chronic"], disability_class=4, disability_level=3)
    await service.register(household(1, PINE, [body], relocated=True, relocation_site="彩云安置区"))
    [told] = await service.told(LabourChanged)
    [one] = told.people
    opened = {
        purpose: service.vault.open(base64.b64decode(sealed), purpose).decode()
        for purpose, sealed in (
            (NAME, one.name_sealed),
            (ID_NUMBER, one.id_number_sealed),
            (PHONE, one.phone_sealed),
        )
    }
    assert opened == {NAME: "李四", ID_NUMBER: id_number(1), PHONE: "15412345678"}
    assert service.vault.open_json(base64.b64decode(one.facts_sealed), FACTS) == {
        "birth_on": "1990-01-01",
        "health": ["chronic"],
        "disability_class": 4,
        "disability_level": 3,
    }
    assert (one.relocated, one.relocation_site, one.sex, one.area_code) == (
        True,
        "彩云安置区",
        body.get("sex", "1"),
        PINE,
    )
    assert "李四" not in told.model_dump_json()
    assert "15412345678" not in told.model_dump_json()


async def test_from_fifteen_on(service: Households) -> None:
    people = [person(1), young(2, years_ago(15)), young(3, years_ago(15, 1))]
    await service.register(household(1, PINE, people))
    told = {one.person_key for one in await heard(service)}
    assert told == {key(service, 1), key(service, 2, years_ago(15).strftime("%Y%m%d"))}


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"labour_skill": "lost"}, "labour_skill", "lost"),
        ({"education": "60"}, "education", "60"),
        ({"pupil": True, "school_stage": "college"}, "school_stage", "college"),
        ({"relocated": True}, "relocated", True),
    ],
)
async def test_facts_of_a_person_are_told_when_they_change(
    service: Households, change: dict[str, Any], field: str, value: Any
) -> None:
    [id_] = await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    first, _ = await members(service, id_)
    await heard(service)
    await changed(service, f"/members/{first}", change)
    [told] = await heard(service)
    assert getattr(told, field) == value


async def test_health_and_phone_are_told_and_what_is_no_business_of_work_is_not(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1)]))
    [only] = await members(service, id_)
    await heard(service)
    await changed(service, f"/members/{only}", {"ethnic_group": "02", "medical_insurance": "none"})
    await changed(service, f"/households/{id_}", {"address": "松林村 7 号"})
    assert await heard(service) == []
    await changed(service, f"/members/{only}", {"health": ["serious"], "phone": "15400000099"})
    [told] = await heard(service)
    assert service.vault.open_json(base64.b64decode(told.facts_sealed), FACTS)["health"] == ["serious"]
    assert told.phone_sealed is not None
    assert service.vault.open(base64.b64decode(told.phone_sealed), PHONE) == b"15400000099"


async def test_a_household_that_moves_is_told_with_all_its_people(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    await heard(service)
    await changed(service, f"/households/{id_}", {"area_code": BAMBOO, "class": "monitored"})
    assert {(one.area_code, one.household_class) for one in await heard(service)} == {(BAMBOO, "monitored")}
    await changed(service, f"/households/{id_}", {"relocation_site": "彩云安置区"})
    assert [one.relocation_site for one in await heard(service)] == ["彩云安置区"] * 2


async def test_who_leaves_is_told_as_gone_and_comes_back(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1), person(2, "张小三", "20")]))
    _, second = await members(service, id_)
    await heard(service)
    left = {"reason": "moved_away"}
    answer = await service.post(f"/members/{second}/removal", left, headers=MATCH)
    assert answer.status_code == 200, answer.text
    assert [(one.person_key, one.active) for one in await heard(service)] == [(key(service, 2), False)]
    answer = await service.post(f"/members/{second}/restoration", {}, headers=MATCH)
    assert answer.status_code == 200, answer.text
    assert [(one.person_key, one.active) for one in await heard(service)] == [(key(service, 2), True)]


async def test_a_mended_number_is_told_as_two_people(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1)]))
    [only] = await members(service, id_)
    await service.sql("DELETE FROM outbox")
    await changed(service, f"/members/{only}", {"id_number": id_number(9)})
    told = await service.told(LabourChanged)
    assert [[one.person_key for one in event.gone] for event in told if event.gone] == [[key(service, 1)]]
    assert [one.person_key for event in told for one in event.people] == [key(service, 9)]


async def test_an_import_tells_in_the_bulk_lane_of_new_and_changed_people(service: Households) -> None:
    first = household(1, PINE, [person(1), person(2, "张小三", "20")])
    answer = await service.post("/households/imports", [first], "county")
    assert answer.status_code == 200, answer.text
    assert len(await heard(service)) == 2
    first["members"][1]["labour_skill"] = "skilled"
    await service.post("/households/imports", [first], "county")
    lanes = await service.sql("SELECT lane FROM outbox WHERE type = :type", type=LabourChanged.type)
    assert lanes == [(Lane.BULK,)]
    assert [(one.person_key, one.labour_skill) for one in await heard(service)] == [(key(service, 2), "skilled")]
    await service.post("/households/imports", [first], "county")
    assert await heard(service) == []


async def test_people_to_tell_of_are_found_by_their_keys(service: Households) -> None:
    """Who lives here and who left, each by an index: one change must not read a county's whole register."""
    async with service.database.read(Scope.everywhere()) as session:
        connection = await raw(session)
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN {BY_KEYS}", ["k"], date(2000, 1, 1))]
    text = "\n".join(plan)
    assert "Seq Scan" not in text, text
    assert "uq_member_person_key" in text, text
    assert "ix_member_left" in text, text


async def test_who_turns_fifteen_is_told_once(service: Households) -> None:
    grown, child = young(2, years_ago(15)), young(3, years_ago(15, 1))
    await service.register(household(1, PINE, [person(1), grown, child]))
    await service.sql("DELETE FROM outbox")

    async def night(day: int) -> int:
        async with service.database.write(Scope.everywhere()) as session:
            return await tell_come_of_age(session, service.vault, utc_now() + timedelta(days=day))

    assert [await night(-1), await night(-1), await night(0), await night(0)] == [0, 0, 1, 0]
    assert [one.person_key for one in await heard(service)] == [key(service, 2, years_ago(15).strftime("%Y%m%d"))]
    assert await night(1) == 1


async def test_the_whole_register_is_told_again_for_a_new_service(
    service: Households,
    cluster: Cluster,
    database_name: str,
    vault_settings: VaultSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "PAGE", 2)
    await service.register(
        household(1, PINE, [person(1), young(3, years_ago(8))]), household(2, BAMBOO, [person(2, "王五")])
    )
    await service.sql("DELETE FROM outbox")
    ran = await command(cluster, database_name, vault_settings, "announce", "households")
    assert ran.exit_code == 0, ran.output
    told = {one.person_key: one.active for one in await heard(service)}
    assert told == {key(service, 1): True, key(service, 2): True}
