"""What was so only for the day of the gate, or found after the check, opens no gate."""

from typing import Any
from uuid import uuid4

import pytest

from shared.clock import utc_now
from tests.households.conftest import BAMBOO, PINE, Households, household, person, policy_id
from tests.households.monitoring import CASES
from tests.households.road import ANY, Road
from tests.households.test_monitoring import CONFIRMED

CHECKED = (*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:2])
NEXT = "elimination_deliberation"
NO_LABOUR = "UPDATE member SET labour_skill = 'none'"


async def checked(service: Households) -> Road:
    """A household of which nothing is missing at its elimination check."""
    road = await (await Road(service).open()).walk(*CHECKED)
    assert await road.missing(NEXT) == set()
    return road


async def change(service: Households, name: str, **fields: Any) -> None:
    """The county corrects what the register says of somebody."""
    [(member_id,)] = await service.sql("SELECT id::text FROM member WHERE name = :name", name=name)
    answer = await service.call("PATCH", f"/members/{member_id}", json=fields, headers=ANY)
    assert answer.status_code == 200, answer.text


async def held(road: Road, code: str) -> None:
    """Missing until a month has passed."""
    assert await road.missing(NEXT) == {code}
    await road.let_pass(29)
    assert code in await road.missing(NEXT)
    await road.let_pass(1)
    assert code not in await road.missing(NEXT)


async def test_hands_that_came_yesterday_are_none(service: Households) -> None:
    road = await checked(service)
    await service.sql(NO_LABOUR)
    assert await road.missing(NEXT) == {"labour"}
    await service.register(household(50, PINE, [person(50, "赵强", labour_skill="ordinary"), person(51, "钱多", "97")]))
    [(member_id,)] = await service.sql("SELECT id::text FROM member WHERE name = '赵强'")
    body = {"household_id": road.household_id, "relation": "97"}
    answer = await service.post(f"/members/{member_id}/move", body, "village", PINE, headers=ANY)
    assert answer.status_code == 200, answer.text
    await held(road, "labour-held")


@pytest.mark.parametrize("skill", ["weak", "ordinary"])
async def test_who_could_not_work_till_yesterday_does_not_carry_a_household(service: Households, skill: str) -> None:
    road = await checked(service)
    await service.sql(NO_LABOUR)
    await change(service, "李桂花", labour_skill=skill)
    await held(road, "labour-held")


async def test_who_could_work_all_along_carries_it_whoever_else_comes(service: Households) -> None:
    road = await checked(service)
    await change(service, "张三", labour_skill="skilled")
    assert await road.missing(NEXT) == set(), "more able than before is no news"
    await service.sql("UPDATE member SET labour_skill = 'none' WHERE name = '李桂花'")
    await change(service, "李桂花", labour_skill="weak")
    assert await road.missing(NEXT) == set()


async def test_insured_for_the_day_is_not_insured(service: Households) -> None:
    road = await checked(service)
    await service.sql("UPDATE member SET medical_insurance = 'none' WHERE name = '李桂花'")
    assert await road.missing(NEXT) == {"uninsured"}
    await change(service, "李桂花", medical_insurance="resident")
    await held(road, "assured-held")


async def test_sent_away_the_uninsured_are_still_missed(service: Households) -> None:
    road = await checked(service)
    await service.sql("UPDATE member SET medical_insurance = 'none' WHERE name = '李桂花'")
    [(member_id,)] = await service.sql("SELECT id::text FROM member WHERE name = '李桂花'")
    body = {"reason": "moved_away"}
    answer = await service.post(f"/members/{member_id}/removal", body, headers=ANY)
    assert answer.status_code == 200, answer.text
    await held(road, "assured-held")


async def test_merged_into_a_household_with_workers_their_hands_are_new_to_it(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP[:-1])
    [home] = await service.register(household(50, BAMBOO, [person(50, "赵强", labour_skill="ordinary")]))
    members = (await service.get(f"/households/{road.household_id}"))["members"]
    version = (await service.get(f"/households/{road.household_id}"))["version"]
    relations = [{"member_id": one["id"], "relation": "97"} for one in members]
    body = {"household_id": road.household_id, "version": version, "members": relations}
    assert (await service.post(f"/households/{home}/merge", body, headers=ANY)).status_code == 200
    gate = await service.get(f"{CASES}/{road.case_id}/gate?to=elimination_check")
    assert "labour-held" in {one["code"] for one in gate["conditions"] if not one["met"]}


async def test_a_risk_that_is_confirmed_after_the_check_asks_for_another(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION[:-1])
    assert await road.missing("eliminated") == set()
    alert = service.alert(road.number * 2, feed="household.request", at=utc_now())
    await service.deliver(alert.model_copy(update={"risk_family": "other"}))
    [(task_id,)] = await service.sql("SELECT id::text FROM task WHERE state = 'open'")
    said = await service.post(f"/tasks/{task_id}/verdict", CONFIRMED, "village", PINE)
    assert said.status_code == 201, said.text
    assert await service.sql("SELECT count(*) FROM case_evidence WHERE risk IS NULL AND risk_case_id IS NOT NULL") == [
        (1,)
    ]
    assert await road.missing("eliminated") == {"new-evidence"}
    answer = await road.service.post(f"{CASES}/{road.case_id}/moves", {"to": "eliminated"}, headers=ANY)
    assert "unmet-new-evidence" in [one["code"] for one in answer.json()["errors"]]
    back = await service.post(
        f"{CASES}/{road.case_id}/moves", {"to": "elimination_check", "note": "新风险"}, headers=ANY
    )
    assert back.status_code == 200, back.text
    await road.walk("look_again", "check")
    assert "new-evidence" not in await road.missing(NEXT)


async def test_an_area_s_alert_that_waits_for_an_answer_is_an_open_check(service: Households) -> None:
    road = await checked(service)
    check, task = uuid4(), uuid4()
    await service.sql(
        "INSERT INTO risk_case (id, subject_key, risk_family, area_code, state, opened_at, last_evidence_at)"
        " VALUES (:id, 'area', 'disaster', :area, 'open', now(), now())",
        id=check,
        area=PINE,
    )
    await service.sql(
        "INSERT INTO task (id, case_id, level, area_code, state, due_at, policy_id, created_at, version)"
        " VALUES (:id, :check, 'village', :area, 'open', now(), :policy, now(), 1)",
        id=task,
        check=check,
        area=PINE,
        policy=policy_id("gate-terms"),
    )
    await service.sql(
        "INSERT INTO task_household (task_id, household_id, area_code) VALUES (:task, CAST(:home AS uuid), :area)",
        task=task,
        home=road.household_id,
        area=PINE,
    )
    assert await road.missing(NEXT) == {"open-checks"}
    await service.sql("UPDATE task_household SET remarked_at = now(), affected = false")
    assert await road.missing(NEXT) == set()


@pytest.mark.parametrize(("state", "missing"), [("returned", {"out-of-school"}), ("stable", set())])
async def test_back_at_school_counts_while_the_stay_checks_hold(
    service: Households, state: str, missing: set[str]
) -> None:
    road = await checked(service)
    await service.sql(
        "INSERT INTO dropout_case (id, member_id, household_id, area_code, state, source, found_on, state_since, round,"
        " returned_on, legal_step, policy_id, opened_by, opened_at, version, updated_at)"
        " SELECT gen_random_uuid(), id, household_id, area_code, :state, 'hand', current_date, current_date, 1,"
        " current_date, 0, gen_random_uuid(), gen_random_uuid(), now(), 1, now() FROM member WHERE name = '李桂花'",
        state=state,
    )
    assert await road.missing(NEXT) == missing


@pytest.mark.parametrize(
    ("said", "visited"),
    [
        ("kind = 'no_change'", False),
        ("second_needed = true", False),
        ("second_needed = true, second_by = gen_random_uuid(), second_at = now()", True),
    ],
)
async def test_no_change_is_no_visit_nor_is_one_without_its_second_person(
    service: Households, said: str, visited: bool
) -> None:
    road = await checked(service)
    await service.sql(f"UPDATE visit SET {said}")
    assert ("visit" not in await road.missing(NEXT)) is visited
    assert ("visit" not in await road.missing("notice")) is visited
