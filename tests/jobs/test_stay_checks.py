"""Calls after an arrival: opened when due, answered by phone, and what each answer changes."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.jobs.background import sweep_placements
from services.jobs.queries.stability import stability_of
from shared.areas import Scope, normalise
from shared.clock import utc_now
from shared.contracts.jobs import JoblessAgain, PlacementEnded, WageReported
from tests.jobs.conftest import BRIDGE, PINE, Jobs
from tests.jobs.placements import WAGE, Placing, ago, code, employer, post, refer, today

MONTH = f"{today():%Y-%m}"


async def at_work(service: Jobs, days: int, number: int = 1, area: str = PINE, **terms: Any) -> Placing:
    """Somebody who arrived so many days ago."""
    [person] = await service.people(number, area_code=area)
    placing = await refer(service, person, await post(service, **terms), area)
    return await placing.arrived(days)


async def sweep(service: Jobs) -> None:
    await sweep_placements(service.database, service.vault, utc_now())


async def waiting(service: Jobs, area: str = PINE) -> list[Any]:
    """The calls on the village's desk."""
    items: list[Any] = (await service.get("/tasks?kind=stay_check", "village", area))["items"]
    return items


async def answer(service: Jobs, outcome: str, area: str = PINE, **more: Any) -> httpx.Response:
    """Answer the one call that waits."""
    [task] = await waiting(service, area)
    body = {"outcome": outcome, "on": today().isoformat(), **more}
    return await service.post(f"/stay-checks/{task['subject_id']}/answer", body, "village", area)


async def let_pass(service: Jobs, days: int) -> None:
    """Everything of placements lies so many days further back."""
    for table, columns in {
        "placement": ("arrived_on", "state_since", "call_on", "accepted_on", "placed_on", "offered_on", "referred_on"),
        "stay_check": ("due_on",),
    }.items():
        await service.sql(f"UPDATE {table} SET {', '.join(f'{one} = {one} - {days}' for one in columns)}")


async def test_a_call_is_opened_when_it_is_due_and_once(service: Jobs) -> None:
    placing = await at_work(service, 29)
    await sweep(service)
    assert await waiting(service) == []
    await let_pass(service, 1)
    for _ in range(2):
        await sweep(service)
    [task] = await waiting(service)
    assert task["due_on"] == (today() + timedelta(days=7)).isoformat()
    assert task["outcomes"] == ["better_post", "home_without_work", "not_reached", "other_employer", "same_post"]
    check = await service.get(f"/stay-checks/{task['subject_id']}", "village", PINE)
    assert (check["placement_id"], check["mark"], check["attempt"]) == (placing.id, 30, 1)
    plain = await service.post(
        f"/tasks/{task['id']}/completion", {"outcome": "same_post"}, "village", PINE, headers={"If-Match": "*"}
    )
    assert code(plain) == (409, "labour-task-own-route")


async def test_half_a_year_at_the_post(service: Jobs) -> None:
    placing = await at_work(service, 30)
    for mark, outcome in ((30, "same_post"), (90, "better_post"), (180, "same_post")):
        await sweep(service)
        assert (await answer(service, outcome, wage="6100")).status_code == 200
        found = await placing.view()
        assert found["stay"][str(mark)]["code"] == outcome
        await let_pass(service, {30: 60, 90: 90, 180: 90}[mark])
    await sweep(service)
    assert await waiting(service) == []
    assert (found["state"], found["wage"], found["next_call_on"]) == ("arrived", "6100.00", None)
    assert [(one["mark"], one["state"]["code"]) for one in found["stay_checks"]] == [
        (30, "answered"),
        (90, "answered"),
        (180, "answered"),
    ]
    assert {state for (state,) in await service.sql("SELECT state FROM labour_task WHERE kind = 'stay_check'")} == {
        "done"
    }


async def test_what_is_heard_goes_into_the_ledger(service: Jobs) -> None:
    await at_work(service, 30)
    before = len(await service.told(WageReported))
    await sweep(service)
    assert (await answer(service, "same_post", wage="6400")).status_code == 200
    assert await service.sql("SELECT wage FROM labour_row ORDER BY month DESC LIMIT 1") == [(6400,)]
    told = await service.told(WageReported)
    assert (len(told), told[-1].wage, told[-1].month) == (before + 1, 6400, MONTH)


async def test_a_row_whose_work_has_ended_by_the_village_stays(service: Jobs) -> None:
    await at_work(service, 30)
    yesterday = today() - timedelta(days=1)
    await service.sql("UPDATE labour_row SET ended_on = greatest(:day, month)", day=yesterday)
    before = await service.sql("SELECT wage, ended_on FROM labour_row ORDER BY month DESC LIMIT 1")
    await sweep(service)
    assert (await answer(service, "same_post", wage="6400")).status_code == 200
    assert await service.sql("SELECT wage, ended_on FROM labour_row ORDER BY month DESC LIMIT 1") == before


async def test_somebody_at_home_without_work(service: Jobs) -> None:
    placing = await at_work(service, 30)
    await sweep(service)
    assert (await answer(service, "home_without_work", note="家中老人生病")).status_code == 200
    found = await placing.view()
    assert (found["state"], found["reason"]["code"], found["stay"]["30"]["code"]) == (
        "ended",
        "home_without_work",
        "home_without_work",
    )
    assert found["stay_checks"][0]["note"] == "家中老人生病"
    [jobless] = await service.told(JoblessAgain)
    assert (str(jobless.finding_id), jobless.found_in, jobless.reason) == (placing.id, "placement", "home_without_work")
    assert [one.reason for one in await service.told(PlacementEnded)] == ["home_without_work"]
    assert await service.sql("SELECT filled FROM post") == [(0,)]
    assert await service.sql("SELECT ended_on FROM labour_row ORDER BY month DESC LIMIT 1") == [(today(),)]


async def test_somebody_with_another_employer(service: Jobs) -> None:
    placing = await at_work(service, 95)
    await sweep(service)
    assert (await answer(service, "other_employer")).status_code == 200
    found = await placing.view()
    assert (found["state"], found["stay"]["30"], found["stay"]["90"]["code"]) == ("ended", None, "other_employer")
    assert await service.told(JoblessAgain) == []


async def test_who_is_not_reached_is_called_again_and_at_most_three_times(service: Jobs) -> None:
    placing = await at_work(service, 30)
    for attempt in (1, 2, 3):
        await sweep(service)
        assert (await answer(service, "not_reached")).status_code == 200
        found = await placing.view()
        assert found["stay_checks"][-1]["attempt"] == attempt
        await sweep(service)
        assert await waiting(service) == []  # not on the same day
        await let_pass(service, 3)
    assert found["stay"]["30"]["code"] == "not_reached"
    await sweep(service)
    assert await waiting(service) == []
    await let_pass(service, 51)
    await sweep(service)
    assert (await answer(service, "same_post")).status_code == 200
    assert (await placing.view())["stay"]["90"]["code"] == "same_post"


async def test_answers_that_are_refused(service: Jobs) -> None:
    await at_work(service, 30)
    await sweep(service)
    [task] = await waiting(service)
    path = f"/stay-checks/{task['subject_id']}/answer"
    body = {"outcome": "same_post", "on": today().isoformat()}
    assert code(await service.post(path, {**body, "on": ago(31)}, "village", PINE)) == (422, "stay-check-day")
    assert code(await service.post(path, {**body, "outcome": "gone"}, "village", PINE))[0] == 422
    assert code(await service.post(path, body, "village", BRIDGE)) == (404, "stay-check-not-found")
    assert code(await service.call("GET", f"/stay-checks/{task['subject_id']}", "village", BRIDGE))[0] == 404
    answers = await asyncio.gather(*(service.post(path, body, "village", PINE) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"stay-check-answered"}


async def test_without_the_policy_the_call_waits(service: Jobs) -> None:
    await at_work(service, 30)
    await service.sql("DELETE FROM policy WHERE kind = 'placement-clocks'")
    await sweep(service)
    assert await waiting(service) == []
    assert await service.sql("SELECT call_on FROM placement") == [(today() + timedelta(days=1),)]


async def test_what_the_village_said_since_is_not_overwritten(service: Jobs) -> None:
    await at_work(service, 30)
    await service.sql("UPDATE labour_row SET employer_id = NULL, wage = 4000")
    await sweep(service)
    assert (await answer(service, "same_post", wage="6400")).status_code == 200
    assert await service.sql("SELECT DISTINCT wage FROM labour_row") == [(4000,)]


@pytest.mark.parametrize("scope", [Scope.everywhere(), Scope.of(normalise(BRIDGE)), Scope.nowhere()])
async def test_how_many_stay_with_an_employer_whoever_asks(service: Jobs, scope: Scope) -> None:
    good, new = await employer(service, "好厂"), await employer(service, "新厂")
    post_id = await post(service, good, openings=9)
    people = await service.people(*range(1, 7))
    fates = ("same_post", "better_post", "other_employer", "not_reached", None, None)
    for person, fate in zip(people, fates, strict=True):
        placing = await (await refer(service, person, post_id)).arrived(100)
        await service.sql("UPDATE placement SET stay_90 = :fate WHERE id = CAST(:id AS uuid)", fate=fate, id=placing.id)
    await service.sql(
        "UPDATE placement SET state = 'ended', ended_on = :day WHERE id = CAST(:id AS uuid)", day=today(), id=placing.id
    )
    assert WAGE
    await service.sql("UPDATE placement SET ended_on = arrived_on + 20 WHERE id = CAST(:id AS uuid)", id=placing.id)
    [late] = await service.people(7)
    await (await refer(service, late, post_id)).arrived(20)  # nobody can know yet
    async with service.database.read(scope) as session:
        found = await stability_of(session, [good, new], today())
    assert found[good].arrived == 6
    assert (found[good].answered, found[good].still_there) == (4, 2)
    assert found[good].share == 0.5
    assert new not in found
