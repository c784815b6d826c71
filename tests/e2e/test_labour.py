"""Without work, placed, earning: the road from an alert to a better grade, on both buses."""

from typing import Any
from uuid import UUID

import httpx

from tests.e2e import labour, story
from tests.e2e.labour import get, post
from tests.e2e.story import eventually, report, task_of
from tests.e2e.system import System


async def open_needs(who: httpx.AsyncClient, household_id: str, source_ref: str) -> dict[str, Any] | None:
    page = await get(who, "/jobs/v1/needs", household=household_id)
    return next((one for one in page["items"] if one["source_ref"].startswith(source_ref)), None)


async def grade_is(who: httpx.AsyncClient, household_id: str, grade: str) -> bool:
    return bool((await get(who, f"/households/v1/households/{household_id}/grade"))["grade"] == grade)


async def test_from_an_alert_by_matching_to_work_to_income_to_a_better_grade(system: System) -> None:
    area = system.story_family().area_code
    village, county = await system.sign_in("village", area), await system.sign_in("county")
    township = await system.sign_in("township", area[:9] + "000")
    await labour.grade_by_income_alone(system, area)
    body = labour.couple(area)
    household = await post(village, "/households/v1/households", body)
    home, (_, wife) = household["id"], household["members"]
    poor = {"item": "wages.other", "amount": 4000, "first_month": labour.month(12), "last_month": labour.month(1)}
    await post(village, f"/households/v1/households/{home}/income/entries", poor)
    await eventually(lambda: grade_is(village, home, "red"), what="4,000 yuan a year for two is below the line")

    # The labour bureau sees him without work; his village calls, and it is true: a case, and help for his wife as well.
    alert = await report(system.bureau("hr.jobless-return"), labour.jobless(body["members"][0], area))
    task = await eventually(lambda: task_of(village, alert))
    verdict = {"verdict": "risk_confirmed", "basis": "phone", "reason": "no work since spring", "contact": "himself"}
    await post(village, f"/households/v1/tasks/{task['id']}/verdict", verdict)
    [case] = (await get(village, "/households/v1/monitoring-cases", household=home))["items"]
    path = f"/households/v1/monitoring-cases/{case['id']}"
    await post(township, f"{path}/fast-lane", {"reason": "other", "note": "household without work"}, 200, **labour.ANY)
    measure = await post(township, f"{path}/measures", labour.work_for(wife["id"]))
    helped = {"measure-delivered", "income-line"}
    assert "delivered-any" in await labour.missing(village, path, "observation")
    assert helped <= await labour.missing(village, path, "elimination_deliberation")

    # Two needs are there without a word more: of him, because the alert was about him, and of her, by the measure.
    his = await eventually(lambda: open_needs(village, home, "check:"), what="the check asks for work")
    assert (his["person"]["name"], his["source"]["code"]) == ("赵有田", "case")
    hers = await eventually(lambda: open_needs(village, home, f"measure:{measure['id']}"), what="the measure asks")
    assert hers["person"]["name"] == "钱桂芳"

    # Both want what one post alone pays for sure; a run proposes it to them, and people decide.
    post_id = await labour.open_post(county, pays="8000.00")
    for need in (his, hers):
        await labour.wants(village, need, wage_floor="8000.00")
    run, proposed = await labour.match(township, area)
    for need in (his, hers):
        assert proposed[need["id"]]["post"]["id"] == post_id
        assert {part["code"] for part in proposed[need["id"]]["parts"]} >= {"trade", "pay", "place"}
    began = labour.first_of_month(3)  # he went at once, and it is entered only now
    chosen = {"run_id": run["id"], "proposal_ids": [proposed[his["id"]]["id"]], "on": began}
    [referred] = (await post(township, "/jobs/v1/placements/from-proposals", chosen, 200))["items"]
    placed = await labour.go(township, referred["placement_id"], began, "8600")
    assert placed["state"] == "arrived"
    assert (await get(village, f"/jobs/v1/needs/{his['id']}"))["state"] == "met"
    her_placement = await labour.accept(village, proposed[hers["id"]])
    await labour.go(township, her_placement, labour.day(), "8100")

    # Is he still there? His village has a call to make, and he earns a little more by now.
    call = await eventually(lambda: labour.call_of(village, his), what="the call after his arrival is due")
    heard = {"outcome": "same_post", "on": labour.day(), "wage": "8800"}
    answered = await post(village, f"/jobs/v1/stay-checks/{call['subject_id']}/answer", heard, 200)
    assert "same_post" in [said["code"] for said in answered["stay"].values() if said]

    # Wages month by month: the ledger has them, the income knows them, the grade follows, the measure is delivered.
    months = (await get(village, f"/jobs/v1/ledger/people/{his['person']['id']}/months"))["items"]
    earned = {one["month"]: one["wage"] for one in months}
    assert [earned[labour.month(back)] for back in range(4)] == ["8800.00", "8600.00", "8600.00", "8600.00"]
    await eventually(lambda: grade_is(village, home, "green"), what="25,800 yuan more, and the grade improves")
    lines = (await get(village, f"/households/v1/households/{home}/income"))["lines"]
    told = {one["first_month"]: one for one in lines if one["person"] and one["person"]["name"] == "赵有田"}
    wages = [(told[labour.month(back)]["item"]["code"], told[labour.month(back)]["amount"]) for back in (1, 2, 3)]
    assert wages == [("wages.outside", "8600.00")] * 3

    async def delivered() -> dict[str, Any] | None:
        found: dict[str, Any] = await get(village, f"/households/v1/measures/{measure['id']}")
        return found if found["state"] == "delivered" else None

    found = await eventually(delivered, what="her arrival delivers the measure")
    assert (found["source_ref"], found["delivered_on"]) == (f"jobs:{her_placement}", labour.day())

    # What the case waited for of work and of wages is there; what is missing now is people's.
    assert "delivered-any" not in await labour.missing(village, path, "observation")
    assert not helped & await labour.missing(village, path, "elimination_deliberation")

    # He is dismissed: nobody has to report it. His village gets a check by itself.
    dismissed = {"to": "ended", "on": labour.day(), "reason": "dismissed"}
    await post(township, f"/jobs/v1/placements/{placed['id']}/moves", dismissed, 200, **labour.ANY)

    async def his_village_asks() -> dict[str, Any] | None:
        tasks = await story.tasks(village, household=home, feed="jobs.jobless")
        return tasks[0] if tasks else None

    again = await eventually(his_village_asks, what="the alert that nobody reported is a task")
    assert again["evidence"][-1]["facts"]["found_in"] == "就业安置"


async def test_after_the_demo_load_the_labour_force_is_known(system: System) -> None:
    """Everybody of 15 and older, and nobody younger, came over in the bulk lane."""

    async def same() -> bool:
        [here] = await system.ask(
            "SELECT count(*) AS n, min(age(birth_on)) >= '15 years' AS old FROM jobs.person WHERE active"
        )
        [there] = await system.ask(
            "SELECT count(*) AS n FROM households.member WHERE left_on IS NULL AND birth_on <= now() - interval '15 years'"
        )
        assert here["old"] in (True, None)
        return bool(here["n"] == there["n"] > 0)

    await eventually(same, seconds=60, what="jobs knows whom households knows")


async def test_after_the_demo_load_there_is_something_of_everything(system: System) -> None:
    county = await system.sign_in("county")
    posts = (await get(county, "/jobs/v1/posts", limit="200"))["items"]
    assert {one["ref"] for one in posts} >= {"DG-1", "NB-2", "YX-1"}
    assert {one["state"] for one in posts} == {"open"}
    needs = (await get(county, "/jobs/v1/needs", source="hand", limit="200"))["items"]
    assert len(needs) > 10
    [course] = (await get(county, "/jobs/v1/courses"))["items"]
    assert 0 < course["seated"] < course["seats"]
    run = (await get(county, "/jobs/v1/matching-runs"))["items"][-1]
    assert run["state"] == "done"
    [proposed] = await system.ask(
        "SELECT count(*) AS n FROM jobs.matching_proposal WHERE run_id = $1 AND post_id IS NOT NULL", UUID(run["id"])
    )
    assert proposed["n"] > 0
    # Who cares for somebody at home has a post at all only because the demo's distances are published.
    [near] = await system.ask(
        "SELECT count(*) AS n FROM jobs.matching_proposal m JOIN jobs.work_need n ON n.id = m.need_id"
        " JOIN jobs.post p ON p.id = m.post_id WHERE m.run_id = $1 AND n.care_within_km = 30 AND p.place = '539921000000'",
        UUID(run["id"]),
    )
    assert near["n"] > 0

    async def targets() -> dict[str, dict[str, Any]] | None:
        found = await get(county, "/jobs/v1/targets")
        listed = {one["code"]: one for one in found["targets"]}
        return listed if found["waiting"] == 0 and listed["employment"]["value"] else None

    found = await eventually(targets, seconds=60, what="the ledger of the demo is written and counted")
    assert 60 < found["employment"]["value"] < 100
    assert found["employment"]["could"] > 0
    assert all(one["reached"] is not None for one in found.values())
