"""What is known of a household: one record, one statement, the same for one and for many."""

import dataclasses
from datetime import date, timedelta
from types import NoneType
from typing import Any, get_args, get_type_hints
from uuid import UUID

from services.households.codes import LISTS
from services.households.queries.household_facts import SCHEMA, find_facts, frame_of_area, frame_of_households
from services.households.rules.household_facts import FACT_FIELDS, Facts, title_code
from shared.areas import Scope
from shared.clock import local_date, utc_now
from tests.households.conftest import BAMBOO, BRIDGE, PINE, STONE, Households, household, id_number, person
from tests.households.test_catalogue import CATALOGUE

PYTHON = {"number": (int, float), "text": (str,), "boolean": (bool,), "date": (date,)}


def test_the_record_and_the_vocabulary_are_one() -> None:
    hints = get_type_hints(Facts)
    assert list(hints) == ["household_id", *FACT_FIELDS] == list(SCHEMA)
    for name, field in FACT_FIELDS.items():
        of = set(get_args(hints[name]) or (hints[name],)) - {NoneType}
        assert len(of) == 1, name
        assert of <= set(PYTHON[field.type]), name


def test_every_fact_has_a_title_and_its_codes_a_list() -> None:
    assert [name for name in FACT_FIELDS if title_code(name) not in CATALOGUE] == []
    lists = {field.codes for field in FACT_FIELDS.values() if field.codes}
    assert lists <= LISTS.keys()


async def facts_of(service: Households, household_id: str, on: date | None = None) -> dict[str, Any]:
    """All that is known of one household."""
    async with service.database.read(Scope.everywhere()) as session:
        found = await find_facts(session, [UUID(household_id)], on or local_date(utc_now()))
    return dataclasses.asdict(found[UUID(household_id)])


async def test_people_are_counted(service: Households) -> None:
    members = [
        {"name": "张三", "id_number": id_number(1, "19800101"), "relation": "02", "labour_skill": "ordinary"},
        {"name": "李四", "id_number": id_number(2, "19820101"), "relation": "12", "labour_skill": "weak"},
        {"name": "张小", "id_number": id_number(3, "20150101"), "relation": "20", "school_stage": "primary"},
        {"name": "张幺", "id_number": id_number(4, "20140101"), "relation": "30"},
        {"name": "张老", "id_number": id_number(5, "19500101"), "relation": "51", "health": ["serious", "chronic"]},
    ]
    [id_] = await service.register(household(1, members=members))
    known = await facts_of(service, id_)
    wanted = {
        "area_code": PINE,
        "household_class": "ordinary",
        "people": 5,
        "labour_able": 1,
        "labour_weak": 1,
        "labour_unknown": 3,
        "working_age": 2,
        "under_16": 2,
        "sixty_up": 1,
        "pupils": 1,
        "dropouts": 1,
        "ill_serious": 1,
        "ill_chronic": 1,
        "disabled": 0,
        "open_checks": 0,
        "open_severity": None,
        "risks": None,
        "days_since_visit": None,
        "net_income": None,
        "self_paid_share": None,
    }
    assert {name: known[name] for name in wanted} == wanted
    later = await facts_of(service, id_, date(2030, 1, 2))
    assert (later["under_16"], later["dropouts"]) == (1, 0), "age is that of the day"


async def test_who_has_left_is_not_counted(service: Households) -> None:
    [id_] = await service.register(household(1, members=[person(1), person(2, relation="10")]))
    members = (await service.get(f"/households/{id_}"))["members"]
    gone = next(one["id"] for one in members if one["relation"] == "10")
    await service.sql("UPDATE member SET left_on = '2026-01-01', left_reason = 'deceased' WHERE id = :id", id=gone)
    assert (await facts_of(service, id_))["people"] == 1


async def test_alerts_checks_and_visits(service: Households) -> None:
    [id_, other] = await service.register(household(1), household(2, BAMBOO))
    now = utc_now()
    high = service.alert(1, feed="medical.cost").model_copy(update={"severity": "high"})
    await service.deliver(service.alert(1), high)
    known = await facts_of(service, id_)
    assert (known["open_checks"], known["open_checks_high"], known["open_severity"]) == (2, 1, "high")
    assert known["open_families"] == ",education,medical,"
    assert (await facts_of(service, other))["open_checks"] == 0

    tasks = await service.sql("SELECT t.id FROM task t JOIN risk_case c ON c.id = case_id ORDER BY risk_family")
    told = {"reason": "属实", "basis": "phone", "contact": "本人"}
    await service.post(f"/tasks/{tasks[0][0]}/verdict", {**told, "verdict": "risk_confirmed"}, "village", PINE)
    await service.post(f"/tasks/{tasks[1][0]}/verdict", {**told, "verdict": "duplicate"}, "village", PINE)
    known = await facts_of(service, id_)
    assert (known["open_checks"], known["open_severity"], known["open_families"]) == (0, None, None)
    assert (known["confirmed_year"], known["confirmed_families"], known["days_since_confirmed"]) == (
        1,
        ",education,",
        0,
    )
    later = await facts_of(service, id_, local_date(now) + timedelta(days=400))
    assert (later["confirmed_year"], later["days_since_confirmed"]) == (0, 400)


async def test_one_by_one_and_as_a_frame_alike(service: Households) -> None:
    ids = await service.register(household(1), household(2, BAMBOO, natural_village="大湾"), household(3, BRIDGE))
    await service.sql(
        "UPDATE household SET dwelling_level = 'D', only_home = true, safe_water = false, land_mu = 3.25,"
        " risks = '{illness,school}' WHERE national_code LIKE :code",
        code=f"{BAMBOO}%",
    )
    await service.deliver(service.alert(2))
    today = local_date(utc_now())
    async with service.database.read(Scope.everywhere()) as session:
        singles = await find_facts(session, [UUID(one) for one in ids], today)
        frame = await frame_of_households(session, [UUID(one) for one in ids], today)
        township = await frame_of_area(session, STONE[:9], today)
    assert set(township["household_id"]) == set(ids[:2])
    for whole in (frame, township):
        for row in whole.to_dicts():
            single = dataclasses.asdict(singles[UUID(row["household_id"])])
            assert {**row, "household_id": UUID(row["household_id"])} == single


async def test_only_what_is_in_sight(service: Households) -> None:
    ids = [UUID(one) for one in await service.register(household(1), household(2, BRIDGE))]
    async with service.database.read(Scope.parse([PINE])) as session:
        assert list(await find_facts(session, ids, local_date(utc_now()))) == ids[:1]
    await service.sql("UPDATE household SET dissolved_on = '2026-01-01' WHERE id = :id", id=ids[0])
    async with service.database.read(Scope.everywhere()) as session:
        assert list(await find_facts(session, ids, local_date(utc_now()))) == ids[1:]
