"""Telephone checks through the routes: drawn blindly, answered by others, weighed."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from services.jobs.rules.proportions import wilson
from services.jobs.rules.sampling import Draw, population_name
from tests.jobs.checks import open_tasks
from tests.jobs.conftest import BRIDGE, COUNTY, PINE, RIVER, STONE, Jobs, policy_id
from tests.jobs.test_ledger import HOME, OUT, THIS, place, put


async def out_in(service: Jobs, area: str, *numbers: int) -> list[UUID]:
    """People of a village whom the ledger has out."""
    people = await service.people(*numbers, area_code=area)
    for one in people:
        answer = await service.call("PUT", place(one), "village", area, json=OUT)
        assert answer.status_code == 200, answer.text
    return people


async def set_policy(service: Jobs, **values: Any) -> None:
    """Change the policy of the tests."""
    for name, value in values.items():
        await service.sql(
            "UPDATE policy SET body = jsonb_set(body, ARRAY[:name], CAST(:value AS jsonb)) WHERE kind = 'ledger-sample'",
            name=name,
            value=str(value),
        )


async def drawn(service: Jobs, size: int = 100, area: str = COUNTY, **more: Any) -> dict[str, Any]:
    """Draw; the sample."""
    answer = await service.post("/samples", {"month": THIS, "area": area, "size": size, **more})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def listed(service: Jobs, sample: dict[str, Any], role: str = "county", area: str = COUNTY) -> list[Any]:
    """Whom to call."""
    path = f"/samples/{sample['id']}/rows"
    items: list[Any] = (await service.get(path, role, area, params={"limit": 200}))["items"]
    return items


async def answer(service: Jobs, row: Any, role: str = "county", area: str = COUNTY, **body: Any) -> Any:
    """Record what came of a call; the answer."""
    read = await service.call("GET", f"/sampled-rows/{row['id']}", "county", COUNTY)
    headers = {"If-Match": read.headers["etag"]}
    return await service.post(f"/sampled-rows/{row['id']}/answer", body, role, area, headers=headers)


async def answered(service: Jobs, row: Any, **body: Any) -> Any:
    """An answer that must be taken; the row after it."""
    found = await answer(service, row, **body)
    assert found.status_code == 200, found.text
    return found.json()


async def test_drawn_by_township_and_again_by_its_seed(service: Jobs) -> None:
    stone = await out_in(service, PINE, *range(1, 13))
    river = await out_in(service, BRIDGE, *range(20, 24))
    [home] = await service.people(30)
    await put(service, home, HOME)
    await set_policy(service, least_per_township=1)
    sample = await drawn(service, 4)
    assert [(one["area"]["code"], one["population"], one["drawn"]) for one in sample["townships"]] == [
        (STONE, 12, 3),
        (RIVER, 4, 1),
    ]
    people = await listed(service, sample)
    again = Draw(bytes.fromhex(sample["seed"]), {STONE: 3, RIVER: 1})
    again.take([*((one, RIVER) for one in river), *((one, STONE) for one in reversed(stone))])
    assert {one["person"]["id"] for one in people} == {str(one) for one in again.drawn()}
    assert sample["population_hash"] == population_name([*river, *stone])
    assert sample["policy_id"] == str(policy_id("ledger-sample"))


async def test_what_to_ask(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    [row] = await listed(service, await drawn(service))
    asked = {one["field"]: one["ledger"] for one in row["ask"]}
    assert asked == {"status": "是", "work_area": "441900", "employer": "某五金厂", "wage": "5200.00"}
    assert row["person"]["phone"] == "154****0001"
    phone = await service.post(f"/sampled-rows/{row['id']}/phone")
    assert phone.json() == {"phone": "15400000001"}
    assert await service.sql("SELECT count(*) FROM audit_entry WHERE action = 'ledger-sample:phone'") == [(1,)]


async def test_nobody_picks_the_people(service: Jobs) -> None:
    [one, *_] = await out_in(service, PINE, 1, 2)
    for more in ({"people": [str(one)]}, {"seed": "00"}):
        refused = await service.post("/samples", {"month": THIS, "area": COUNTY, "size": 1, **more})
        assert refused.status_code == 422
    for role in ("village", "township"):
        area = PINE if role == "village" else STONE
        refused = await service.post("/samples", {"month": THIS, "area": area, "size": 1}, role, area)
        assert refused.status_code == 403
    await drawn(service, 1)
    again = await service.post("/samples", {"month": THIS, "area": COUNTY, "size": 1})
    assert (again.status_code, again.json()["code"]) == (409, "sample-drawn-already")
    await drawn(service, 1, STONE)  # a township for itself


async def test_seeds_differ(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    await set_policy(service, draws=2)
    assert (await drawn(service))["seed"] != (await drawn(service))["seed"]


async def test_the_village_sees_nothing_of_it(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    sample = await drawn(service)
    [row] = await listed(service, sample, "township", STONE)
    assert await open_tasks(service, "phone_check", "village", PINE) == []
    [task] = await open_tasks(service, "phone_check", "township", STONE)
    assert (task["subject_id"], task["area"]["code"], task["person"]) == (row["id"], STONE, None)
    for path in (f"/samples/{sample['id']}", f"/samples/{sample['id']}/rows", f"/sampled-rows/{row['id']}"):
        assert (await service.call("GET", path, "village", PINE)).status_code == 403
    assert await listed(service, sample, "township", RIVER) == []
    other = await service.call("GET", f"/sampled-rows/{row['id']}", "township", RIVER)
    assert other.status_code == 404


async def test_who_answers_is_policy(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    await set_policy(service, answered_by='["county"]')
    [row] = await listed(service, await drawn(service))
    refused = await answer(service, row, "township", STONE, verdict="right")
    assert (refused.status_code, refused.json()["code"]) == (409, "sample-answered-by-others")
    assert (await service.post(f"/sampled-rows/{row['id']}/phone", None, "township", STONE)).status_code == 409
    assert (await answered(service, row, verdict="right"))["state"] == "right"


async def test_an_answer_closes_its_task_and_stays(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    [row] = await listed(service, await drawn(service))
    wrong = {"wrong_fields": ["wage"], "said": {"wage": "3000"}, "note": "五月起降薪"}
    found = await answered(service, row, verdict="wrong", **wrong)
    assert found["note"] == "五月起降薪"
    assert [(one["field"], one["said"]) for one in found["ask"] if one["wrong"]] == [("wage", "3000")]
    assert await service.sql("SELECT kind, state, outcome FROM labour_task") == [("phone_check", "done", "differs")]
    again = await answer(service, row, verdict="right")
    assert (again.status_code, again.json()["code"]) == (409, "sample-answer-final")
    [(sealed,)] = await service.sql("SELECT answer_sealed FROM sampled_row")
    assert "降薪".encode() not in bytes(sealed)


async def test_what_is_tolerated_is_right(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    [row] = await listed(service, await drawn(service))
    found = await answered(service, row, verdict="wrong", wrong_fields=["wage"], said={"wage": "5000"})
    assert (found["state"], [one["wrong"] for one in found["ask"]]) == ("right", [False] * 4)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"verdict": "wrong"}, "sample-wrong-field-missing"),
        ({"verdict": "right", "wrong_fields": ["wage"]}, "sample-wrong-field-missing"),
        ({"verdict": "wrong", "wrong_fields": ["employer"]}, "sample-field-not-asked"),
    ],
)
async def test_answers_that_say_nothing(service: Jobs, body: dict[str, Any], code: str) -> None:
    await out_in(service, PINE, 1)
    await set_policy(service, ask='["status", "wage"]')
    [row] = await listed(service, await drawn(service))
    refused = await answer(service, row, **body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)


async def test_not_reached_is_final_after_some_calls(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    [row] = await listed(service, await drawn(service))
    states = [(await answered(service, row, verdict="not_reached"))["state"] for _ in range(3)]
    assert states == ["waiting", "waiting", "not_reached"]
    assert await service.sql("SELECT outcome FROM labour_task") == [("not_reached",)]


async def test_a_second_caller_has_to_look_again(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    [row] = await listed(service, await drawn(service))
    headers = {"If-Match": '"1"'}
    path = f"/sampled-rows/{row['id']}/answer"
    assert (await service.post(path, {"verdict": "not_reached"}, headers=headers)).status_code == 200
    assert (await service.post(path, {"verdict": "not_reached"}, headers=headers)).status_code == 412
    assert (await service.post(path, {"verdict": "not_reached"})).status_code == 428


async def test_the_error_rate_with_its_interval(service: Jobs) -> None:
    await out_in(service, PINE, *range(1, 9))
    await out_in(service, BRIDGE, *range(20, 22))
    await set_policy(service, calls=1)
    sample = await drawn(service)
    assert sample["error_rate"] is None
    rows = await listed(service, sample)
    stone: Iterator[Any] = (one for one in rows if one["village"]["code"] == PINE)
    river = [one for one in rows if one["village"]["code"] == BRIDGE]
    for body in (
        *[{"verdict": "wrong", "wrong_fields": ["status"]}] * 2,
        *[{"verdict": "right"}] * 4,
        *[{"verdict": "not_reached"}] * 2,
    ):
        await answered(service, next(stone), **body)
    for one in river:
        await answered(service, one, verdict="wrong", wrong_fields=["wage", "employer"])
    view = await service.get(f"/samples/{sample['id']}")
    first, second = view["townships"]
    assert (first["right"], first["wrong"], first["not_reached"]) == (4, 2, 2)
    assert first["error_rate"] == pytest.approx(2 / 6)
    interval = wilson(2 / 6, 6, 0.95)
    assert first["interval"] == pytest.approx({"low": interval.low, "high": interval.high})
    assert second["error_rate"] == 1
    assert view["error_rate"] == pytest.approx(0.8 * 2 / 6 + 0.2)
    assert view["effective_size"] == pytest.approx(100 / (64 / 6 + 4 / 2))
    assert view["non_response"] == pytest.approx(0.2)
    assert view["if_silent"] == pytest.approx({"low": 0.8 * 2 / 8 + 0.2, "high": 0.8 * 4 / 8 + 0.2})
    assert {one["field"]: one["people"] for one in view["wrong_fields"]} == {"status": 2, "employer": 2, "wage": 2}
    own = await service.get(f"/samples/{sample['id']}", "township", RIVER)
    assert [one["area"]["code"] for one in own["townships"]] == [RIVER]
    assert own["drawn"] == 2


async def test_by_precision(service: Jobs) -> None:
    await out_in(service, PINE, *range(1, 31))
    body = {"month": THIS, "area": COUNTY, "half_width": 0.15}
    found = await service.post("/samples", body)
    # 14.5 answers of 30 at a share of 0.2: 15; of ten who are called seven answer: 22.
    assert found.json()["drawn"] == 22
    neither = await service.post("/samples", {"month": THIS, "area": COUNTY})
    assert neither.status_code == 422
    assert neither.json()["errors"][0]["code"] == "sample-size-or-precision"


async def test_refused_draws(service: Jobs) -> None:
    nobody = await service.post("/samples", {"month": THIS, "area": COUNTY, "size": 1})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "sample-nobody")
    await out_in(service, PINE, 1, 2)
    await set_policy(service, most=1)
    large = await service.post("/samples", {"month": THIS, "area": COUNTY, "size": 2})
    assert (large.status_code, large.json()["code"]) == (422, "sample-too-large")
    for area in (PINE, "539922000000"):
        outside = await service.post("/samples", {"month": THIS, "area": area, "size": 1})
        assert outside.status_code == 404


async def test_supervisors_see_who_and_no_values(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    [row] = await listed(service, await drawn(service), "supervisor")
    assert row["person"]["name"] == "张*"
    assert {one["ledger"] for one in row["ask"]} == {None}


async def test_the_desk_sends_people_to_the_answer(service: Jobs) -> None:
    await out_in(service, PINE, 1)
    await drawn(service)
    [task] = await open_tasks(service, "phone_check")
    headers = {"If-Match": '"1"'}
    refused = await service.post(f"/tasks/{task['id']}/completion", {"outcome": "agrees"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "labour-task-own-route")
