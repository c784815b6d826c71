"""Visits with and without a task, one by one and many at once, by one person and by two."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.clock import utc_now
from shared.contracts.directory import PolicyPublished
from shared.contracts.households import TaskOpened, VerdictGiven
from shared.ids import new_id
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    LONG_AGO,
    PINE,
    STONE,
    Households,
    account_id,
    household,
    person,
    policy_id,
)
from tests.households.test_tasks import VERDICT, one_task, visit
from tests.shared.test_photos import picture, written

TWO_PEOPLE = {
    "rules": [{"grade": "red", "two_people": True}, {"severity": "medium", "verdict": "no_risk", "two_people": True}]
}


async def publish(service: Households, kind: str, body: dict[str, Any]) -> str:
    """Put a policy in force; its id."""
    published = PolicyPublished(
        policy_id=new_id(), kind=kind, area_prefix="", valid_from=LONG_AGO, version=2, author="test", body=body
    )
    await service.deliver(published)
    return str(published.policy_id)


async def one_household(service: Households, area: str = PINE, number: int = 1) -> tuple[str, list[str]]:
    """A household with two people; its id and theirs."""
    people = [person(number * 10, "张三", phone="15400000017"), person(number * 10 + 1, "张小三", "20")]
    [id_] = await service.register(household(number, area, people))
    return id_, [one["id"] for one in (await service.get(f"/households/{id_}"))["members"]]


async def test_a_routine_visit(service: Households) -> None:
    id_, [head, child] = await one_household(service)
    body = visit(met=[head, child])
    first = await service.post(f"/households/{id_}/visits", body, "village", PINE)
    assert first.status_code == 201, first.text
    view = first.json()
    assert (view["kind"], view["task_id"], view["household_id"], view["met"]) == ("visit", None, id_, [head, child])
    assert (view["findings"], view["latitude"], view["accuracy_m"]) == (body["findings"], 27.1, 12.0)
    assert (view["second_needed"], view["photos"], view["fields"]) == (False, [], [])
    again = await service.post(f"/households/{id_}/visits", body, "village", PINE)
    assert (again.status_code, again.json()) == (200, view)
    other = await service.post(f"/households/{id_}/visits", {**body, "findings": "别的"}, "village", PINE)
    assert (other.status_code, other.json()["code"]) == (409, "visit-id-reused")
    location = first.headers["location"].removeprefix("/households/v1")
    assert await service.get(location, "village", PINE) == view
    assert (await service.get(f"/households/{id_}/visits", "village", PINE))["items"] == [view]
    assert (await service.sql("SELECT count(*) FROM visit")) == [(1,)]
    assert await service.sql("SELECT action FROM audit_entry WHERE subject = :id", id=body["id"]) == [("visit:record",)]


async def test_a_visit_needs_no_more_than_id_and_time(service: Households) -> None:
    id_, _ = await one_household(service)
    body = {"id": str(uuid4()), "visited_at": utc_now().isoformat()}
    assert (await service.post(f"/households/{id_}/visits", body, "village", PINE)).status_code == 201


async def test_no_change_is_one_call(service: Households) -> None:
    id_, _ = await one_household(service)
    body = {"id": str(uuid4()), "at": utc_now().isoformat()}
    given = await service.post(f"/households/{id_}/no-change", body, "village", PINE)
    assert given.status_code == 201, given.text
    assert (given.json()["kind"], given.json()["findings"], given.json()["latitude"]) == ("no_change", None, None)
    assert (await service.post(f"/households/{id_}/no-change", body, "village", PINE)).status_code == 200
    as_visit = {"id": body["id"], "visited_at": body["at"]}
    assert (await service.post(f"/households/{id_}/visits", as_visit, "village", PINE)).status_code == 409
    late = {"id": str(uuid4()), "at": (utc_now() + timedelta(hours=1)).isoformat()}
    refused = await service.post(f"/households/{id_}/no-change", late, "village", PINE)
    assert (refused.status_code, refused.json()["code"]) == (422, "date-in-future")


async def test_a_household_elsewhere_is_not_there(service: Households) -> None:
    id_, _ = await one_household(service)
    body = visit()
    assert (await service.post(f"/households/{id_}/visits", body, "village", PINE)).status_code == 201
    no_change = {"id": str(uuid4()), "at": utc_now().isoformat()}
    for method, path, sent in (
        ("POST", f"/households/{id_}/visits", visit()),
        ("POST", f"/households/{id_}/no-change", no_change),
        ("GET", f"/households/{id_}/visits", None),
        ("GET", f"/visits/{body['id']}", None),
        ("POST", f"/visits/{body['id']}/confirmation", None),
    ):
        answer = await service.call(method, path, "village", BAMBOO, json=sent)
        assert answer.status_code == 404, (path, answer.text)
    mine, _ = await one_household(service, BAMBOO, 2)
    taken = await service.post(f"/households/{mine}/visits", body, "village", BAMBOO)  # an id out of sight
    assert (taken.status_code, taken.json()["code"]) == (409, "visit-id-reused")


async def test_the_supervisor_reads_no_words(service: Households) -> None:
    id_, [head, _] = await one_household(service)
    fields = [{"member_id": head, "field": "phone", "value": "15400000018"}]
    await service.post(f"/households/{id_}/visits", visit(met=[head], fields=fields), "village", PINE)
    [seen] = (await service.get(f"/households/{id_}/visits", "supervisor"))["items"]
    assert (seen["findings"], seen["with_whom"], seen["place"]) == (None, None, None)
    assert (seen["met"], seen["fields"], seen["latitude"]) == ([], [], 27.1)


async def test_visits_follow_a_household_to_another_village(service: Households) -> None:
    """Both those of a case and those without: two ways lead from the household to a visit."""
    task = await one_task(service)
    id_ = task["household"]["id"]
    await service.post(f"/tasks/{task['id']}/visits", visit(), "village", PINE)
    await service.post(f"/households/{id_}/visits", visit(), "village", PINE)
    moved = await service.call("PATCH", f"/households/{id_}", json={"area_code": BRIDGE}, headers={"If-Match": "*"})
    assert moved.status_code == 200, moved.text
    assert await service.sql("SELECT DISTINCT area_code FROM visit") == [(BRIDGE,)]
    assert len((await service.get(f"/households/{id_}/visits", "village", BRIDGE))["items"]) == 2


async def test_pages_of_visits_latest_first(service: Households) -> None:
    id_, _ = await one_household(service)
    start = utc_now() - timedelta(days=9)
    for day in (3, 1, 2, 2):
        body = visit(visited_at=(start + timedelta(days=day)).isoformat())
        assert (await service.post(f"/households/{id_}/visits", body)).status_code == 201
    seen, after = [], ""
    while after is not None:
        page = await service.get(f"/households/{id_}/visits?limit=1{after and f'&after={after}'}")
        seen += page["items"]
        after = page["next"]
    assert len({one["id"] for one in seen}) == len(seen) == 4
    assert [one["visited_at"] for one in seen] == sorted((one["visited_at"] for one in seen), reverse=True)
    wrong = await service.call("GET", f"/households/{id_}/visits?after=bm8")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor-invalid")


async def test_what_was_found_stands_beside_what_is_registered(service: Households) -> None:
    id_, [head, child] = await one_household(service)
    fields = [
        {"field": "natural_village", "value": "王家湾"},
        {"member_id": child, "field": "school_stage", "value": "初中"},
        {"member_id": head, "field": "phone", "value": "154 0000 0018"},
        {"member_id": head, "field": "name", "value": "张三"},
    ]
    given = await service.post(f"/households/{id_}/visits", visit(fields=fields), "village", PINE)
    assert given.status_code == 201, given.text
    shown = [(one["field"], one["value"], one["registered"], one["applied"]) for one in given.json()["fields"]]
    assert shown == [
        ("natural_village", "王家湾", None, False),
        ("school_stage", "junior", None, False),
        ("phone", "154****0018", "154****0017", False),
        ("name", "张三", "张三", False),
    ]
    assert (await service.get(f"/households/{id_}"))["natural_village"] is None, "nobody asked to apply it"


async def test_what_was_found_is_put_into_the_register_when_asked(service: Households) -> None:
    id_, [head, child] = await one_household(service)
    fields = [
        {"field": "natural_village", "value": "王家湾"},
        {"field": "class", "value": "脱贫户"},
        {"member_id": child, "field": "health", "value": ["chronic"]},
        {"member_id": head, "field": "phone", "value": "15400000017"},
    ]
    body = visit(fields=fields, apply=True)
    given = await service.post(f"/households/{id_}/visits", body, "village", PINE)
    assert given.status_code == 201, given.text
    assert [one["applied"] for one in given.json()["fields"]] == [True, True, True, False]
    now = await service.get(f"/households/{id_}")
    assert (now["natural_village"], now["class"], now["version"]) == ("王家湾", "lifted_out", 2)
    assert {one["id"]: one["health"] for one in now["members"]}[child] == ["chronic"]
    assert {one["id"]: one["version"] for one in now["members"]}[head] == 1, "what is as registered changes nothing"
    trail = "SELECT action, subject FROM audit_entry WHERE action = ANY (:actions) ORDER BY id DESC"
    written = await service.sql(trail, actions=["member:write", "household:write"])
    assert written[:2] == [("member:write", child), ("household:write", id_)]
    change = {"natural_village": "李家湾"}
    await service.call("PATCH", f"/households/{id_}", json=change, headers={"If-Match": "*"})
    again = await service.post(f"/households/{id_}/visits", body, "village", PINE)
    assert again.status_code == 200
    assert (await service.get(f"/households/{id_}"))["natural_village"] == "李家湾", "a repetition applies nothing"


@pytest.mark.parametrize(
    ("finding", "code", "field"),
    [
        ({"field": "no_such_field", "value": 1}, "field-unknown", "fields.0"),
        ({"field": "why", "value": "因为"}, "field-unknown", "fields.0"),
        ({"field": "class", "value": "rich"}, "choice-invalid", "fields.0"),
        ({"field": "class", "value": None}, "field-missing", "fields.0"),
        ({"field": "area_code", "value": BRIDGE}, "field-unknown", "fields.0"),
        ({"field": "national_code", "value": "539921"}, "field-unknown", "fields.0"),
        ({"field": "id_number", "value": "539921199001010010", "member_id": str(uuid4())}, None, "fields.0"),
        ({"field": "phone", "value": "none"}, "phone-invalid", "fields.0"),
        (
            {"field": "name", "value": "李四", "member_id": str(uuid4())},
            "visit-field-of-stranger",
            "fields.0.member_id",
        ),
    ],
)
async def test_findings_that_cannot_be(service: Households, finding: Any, code: str | None, field: str) -> None:
    id_, _ = await one_household(service)
    refused = await service.post(f"/households/{id_}/visits", visit(fields=[finding], apply=True), "village", PINE)
    assert refused.status_code == 422, refused.text
    [problem] = refused.json()["errors"]
    assert problem["field"] == field
    assert code in (None, problem["code"])
    assert "539921199001010010" not in refused.text
    assert await service.sql("SELECT count(*) FROM visit") == [(0,)]


async def test_who_is_met_lives_there(service: Households) -> None:
    id_, [head, _] = await one_household(service)
    await service.post(f"/members/{head}/removal", {"reason": "deceased"}, "village", PINE)
    refused = await service.post(f"/households/{id_}/visits", visit(met=[head]), "village", PINE)
    assert (refused.status_code, refused.json()["code"]) == (422, "visit-field-of-stranger")


async def test_a_task_of_an_unknown_person_takes_words_only(service: Households) -> None:
    await service.deliver(service.alert(77, area=BRIDGE))
    [opened] = await service.told(TaskOpened)
    fields = [{"field": "natural_village", "value": "王家湾"}]
    refused = await service.post(f"/tasks/{opened.task_id}/visits", visit(fields=fields))
    assert (refused.status_code, refused.json()["code"]) == (422, "visit-field-without-household")
    assert (await service.post(f"/tasks/{opened.task_id}/visits", visit())).status_code == 201


async def test_a_phone_comes_back_into_signal(service: Households) -> None:
    task = await one_task(service)
    id_, _ = await one_household(service, number=2)
    known, elsewhere = visit(), str(uuid4())
    await service.post(f"/households/{id_}/visits", known, "village", PINE)
    listed = [
        {**visit(), "task_id": task["id"]},
        {**known, "household_id": id_},
        {**visit(findings="别的"), "id": known["id"], "household_id": id_},
        {**visit(), "household_id": elsewhere},
        {"id": str(uuid4()), "visited_at": utc_now().isoformat(), "household_id": id_, "kind": "no_change"},
        {**visit(fields=[{"field": "address", "value": "村口"}], apply=True), "household_id": id_},
        {**visit(met=[str(uuid4())]), "household_id": id_},
        {**visit(visited_at=(utc_now() + timedelta(days=1)).isoformat()), "household_id": id_},
    ]
    answer = await service.post("/visits", {"visits": listed}, "village", PINE)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert [one["outcome"] for one in report["results"]] == [
        *("recorded", "repeated", "refused", "refused", "recorded", "recorded", "refused", "refused")
    ]
    refusals = [one["refusal"]["code"] for one in report["results"] if one["refusal"]]
    assert refusals == ["visit-id-reused", "household-not-found", "visit-field-of-stranger", "date-in-future"]
    assert (report["recorded"], report["repeated"], report["refused"]) == (3, 1, 4)
    assert (await service.get(f"/households/{id_}"))["address"] == "村口"
    again = (await service.post("/visits", {"visits": listed}, "village", PINE)).json()
    assert (again["recorded"], again["repeated"], again["refused"]) == (0, 4, 4)
    assert await service.sql("SELECT count(*) FROM visit") == [(4,)]


async def test_two_hundred_visits_at_once_and_no_more(service: Households) -> None:
    id_, _ = await one_household(service)
    start = utc_now() - timedelta(days=2)
    listed = [
        {
            **visit(findings="情况说明" * 900),
            "household_id": id_,
            "visited_at": (start + timedelta(minutes=n)).isoformat(),
        }
        for n in range(201)
    ]
    over = await service.post("/visits", {"visits": listed}, "village", PINE)
    assert (over.status_code, over.json()["errors"][0]["code"]) == (422, "too-long")
    before = utc_now()
    full = await service.post("/visits", {"visits": listed[:200]}, "village", PINE)
    assert full.json()["recorded"] == 200
    assert (utc_now() - before).total_seconds() < 25
    none = await service.post("/visits", {"visits": []}, "village", PINE)
    assert none.status_code == 422


@pytest.mark.parametrize("more", [{}, {"task_id": str(uuid4()), "household_id": str(uuid4())}])
async def test_a_listed_visit_has_one_subject(service: Households, more: Any) -> None:
    refused = await service.post("/visits", {"visits": [{**visit(), **more}]}, "village", PINE)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "task-or-household")


async def test_the_same_visit_twice_at_the_same_moment(service: Households) -> None:
    id_, _ = await one_household(service)
    body = visit(fields=[{"field": "address", "value": "村口"}], apply=True)
    answers = await asyncio.gather(
        *(service.post(f"/households/{id_}/visits", body, "village", PINE) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert (await service.get(f"/households/{id_}"))["version"] == 2, "applied once"


async def test_a_verdict_that_two_people_must_stand_for(service: Households) -> None:
    published = await publish(service, "visit-rules", TWO_PEOPLE)
    task = await one_task(service)
    path = f"/tasks/{task['id']}"
    assert "no_risk" not in (await service.get(path))["without_visit"]
    assert "already_helped" in (await service.get(path))["without_visit"]
    bare = await service.post(f"{path}/verdict", VERDICT, "village", PINE)
    assert (bare.status_code, bare.json()["code"]) == (409, "second-visitor-required")
    body = visit()
    assert (await service.post(f"{path}/visits", body, "village", PINE)).status_code == 201
    alone = await service.post(f"{path}/verdict", VERDICT, "village", PINE)
    assert (alone.status_code, alone.json()["code"]) == (409, "second-visitor-required")
    own = await service.post(f"/visits/{body['id']}/confirmation", role="village", area=PINE)
    assert (own.status_code, own.json()["code"]) == (409, "visit-own")
    second = await service.post(f"/visits/{body['id']}/confirmation", role="township", area=STONE)
    assert second.json()["second_by"] == str(account_id("township", STONE))
    assert (
        await service.post(f"/visits/{body['id']}/confirmation", role="township", area=STONE)
    ).json() == second.json()
    third = await service.post(f"/visits/{body['id']}/confirmation")
    assert (third.status_code, third.json()["code"]) == (409, "visit-confirmed-already")
    given = await service.post(f"{path}/verdict", VERDICT, "village", PINE)
    assert given.status_code == 201, given.text
    [row] = await service.sql("SELECT basis, policy_id, visit_policy_id::text FROM verdict")
    assert row == ("visit", None, published)
    assert len(await service.told(VerdictGiven)) == 1


async def test_a_confirmed_risk_is_told_by_one_person(service: Households) -> None:
    await publish(service, "visit-rules", {"two_people": True})
    task = await one_task(service)
    verdict = {"verdict": "risk_confirmed", "reason": "孩子已外出务工"}
    assert (await service.post(f"/tasks/{task['id']}/verdict", verdict, "village", PINE)).status_code == 201
    assert await service.sql("SELECT policy_id, visit_policy_id FROM verdict") == [(policy_id("triage"), None)]


async def test_a_household_whose_grade_asks_for_two(service: Households) -> None:
    published = await publish(service, "visit-rules", TWO_PEOPLE)
    id_, _ = await one_household(service)
    for grade, needed in (("red", True), ("yellow", False)):
        await service.sql("UPDATE household SET grade = :grade", grade=grade)
        view = (await service.post(f"/households/{id_}/visits", visit(), "village", PINE)).json()
        assert view["second_needed"] == needed
    assert await service.sql("SELECT policy_id::text FROM visit WHERE second_needed") == [(published,)]
    await service.sql("UPDATE household SET grade = 'red'")
    no_change = {"id": str(uuid4()), "at": utc_now().isoformat()}
    view = (await service.post(f"/households/{id_}/no-change", no_change, "village", PINE)).json()
    assert view["second_needed"] is False


async def test_visits_of_a_case_show_what_visits_show(service: Households) -> None:
    task = await one_task(service)
    body = visit()
    recorded = await service.post(f"/tasks/{task['id']}/visits", body, "village", PINE)
    shown = await service.get(f"/cases/{task['case_id']}", "village", PINE)
    assert shown["visits"] == [recorded.json()]
    routine = await service.post(f"/households/{task['household']['id']}/visits", visit(), "village", PINE)
    assert routine.status_code == 201
    assert len((await service.get(f"/cases/{task['case_id']}"))["visits"]) == 1, "it was made for no case"
    named = {**VERDICT, "visit_id": routine.json()["id"]}
    refused = await service.post(f"/tasks/{task['id']}/verdict", named, "county", COUNTY)
    assert (refused.status_code, refused.json()["code"]) == (422, "visit-unknown")


async def test_visits_go_over_to_the_household_that_theirs_became(service: Households) -> None:
    """Across villages: those of a case with the case, routine ones with their photos by themselves."""
    target, source = await service.register(household(1, PINE, [person(1)]), household(2, BAMBOO, [person(2, "李四")]))
    await service.deliver(service.alert(2))
    [opened] = await service.told(TaskOpened)
    of_case, routine = visit(), visit()
    assert (await service.post(f"/tasks/{opened.task_id}/visits", of_case, "village", BAMBOO)).status_code == 201
    assert (await service.post(f"/households/{source}/visits", routine, "village", BAMBOO)).status_code == 201
    form = {"id": str(uuid4()), "visit_id": routine["id"]}
    files = {"file": ("a.jpg", written(picture()))}
    assert (await service.call("POST", "/photos", "village", BAMBOO, data=form, files=files)).status_code == 201
    [member] = (await service.get(f"/households/{source}"))["members"]
    body = {
        "household_id": source,
        "version": 1,
        "members": [{"member_id": member["id"], "relation": "99"}],
        "why": "合户",
    }
    merged = await service.post(f"/households/{target}/merge", body, headers={"If-Match": "*"})
    assert merged.status_code == 200, merged.text
    shown = (await service.get(f"/households/{target}/visits", "village", PINE))["items"]
    assert {one["id"] for one in shown} == {of_case["id"], routine["id"]}
    assert await service.sql("SELECT DISTINCT area_code FROM visit UNION SELECT area_code FROM visit_photo") == [
        (PINE,)
    ]
    photo = await service.call("GET", f"/photos/{form['id']}", "village", PINE)
    assert photo.status_code == 200
