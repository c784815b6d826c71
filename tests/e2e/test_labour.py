"""Without work, placed, earning: the road from an alert to a better grade, on both buses."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.e2e import labour, story
from tests.e2e.labour import get, post
from tests.e2e.story import eventually, report, task_of
from tests.e2e.system import System

pytestmark = pytest.mark.xdist_group("e2e")


async def open_needs(who: httpx.AsyncClient, household_id: str, source_ref: str) -> dict[str, Any] | None:
    page = await get(who, "/jobs/v1/needs", household=household_id)
    return next((one for one in page["items"] if one["source_ref"].startswith(source_ref)), None)


async def grade_is(who: httpx.AsyncClient, household_id: str, grade: str) -> bool:
    return bool((await get(who, f"/households/v1/households/{household_id}/grade"))["grade"] == grade)


async def test_from_an_alert_to_work_to_income_to_a_better_grade(system: System) -> None:
    area = system.story_family().area_code
    village, county = await system.sign_in("village", area), await system.sign_in("county")
    township = await system.sign_in("township", area[:9] + "000")
    await labour.grade_by_income_alone(system, area)
    body = labour.couple(area)
    household = await post(village, "/households/v1/households", body)
    home, man, wife = household["id"], *household["members"]
    poor = {"item": "wages.other", "amount": 4000, "first_month": labour.month(12), "last_month": labour.month(1)}
    await post(village, f"/households/v1/households/{home}/income/entries", poor)
    await eventually(lambda: grade_is(village, home, "red"), what="4,000 yuan a year for two is below the line")

    # The labour bureau sees him without work; his village calls, and it is true.
    alert = await report(system.bureau("hr.jobless-return"), labour.jobless(body["members"][0], area))
    task = await eventually(lambda: task_of(village, alert))
    verdict = {"verdict": "risk_confirmed", "basis": "phone", "reason": "no work since spring", "contact": "himself"}
    await post(village, f"/households/v1/tasks/{task['id']}/verdict", verdict)
    [case] = (await get(village, "/households/v1/monitoring-cases", household=home))["items"]

    # A need is there without a word more: for him, because the alert was about him.
    need = await eventually(lambda: open_needs(village, home, "check:"), what="the check asks for work")
    assert (need["person"]["name"], need["source"]["code"]) == ("赵有田", "case")
    post_id = await labour.open_post(county)
    placed = await labour.refer(township, need, post_id, labour.first_of_month(3), "8600")
    assert placed["state"] == "arrived"
    assert (await get(village, f"/jobs/v1/needs/{need['id']}"))["state"] == "met"

    # Three whole months of wages: the ledger has them, the income knows them, the grade follows.
    months = (await get(village, f"/jobs/v1/ledger/people/{need['person']['id']}/months"))["items"]
    assert {one["month"] for one in months} >= {labour.month(back) for back in (1, 2, 3)}
    await eventually(lambda: grade_is(village, home, "green"), what="25,800 yuan more, and the grade improves")

    # Help first: a measure for his wife asks for work too, and her arrival delivers it.
    fast = {"reason": "other", "note": "household without work"}
    await post(township, f"/households/v1/monitoring-cases/{case['id']}/fast-lane", fast, 200, **labour.ANY)
    measure = {
        "risk": "07",
        "kind": "employment",
        "sub_kind": "employment.export",
        "tag": "raise",
        "bureau": "human_resources",
        "content": "介绍到东莞务工",
        "planned_on": labour.day(),
        "due_on": labour.day(-30),
        "member_id": wife["id"],
    }
    planned = await post(township, f"/households/v1/monitoring-cases/{case['id']}/measures", measure)
    asked = await eventually(lambda: open_needs(village, home, f"measure:{planned['id']}"), what="the measure asks")
    assert asked["person"]["name"] == "钱桂芳"
    hers = await labour.refer(township, asked, post_id, labour.day(), "7000")

    async def delivered() -> dict[str, Any] | None:
        found: dict[str, Any] = await get(village, f"/households/v1/measures/{planned['id']}")
        return found if found["state"] == "delivered" else None

    found = await eventually(delivered, what="her arrival delivers the measure")
    assert (found["source_ref"], found["delivered_on"]) == (f"jobs:{hers['id']}", labour.day())
    assert man["id"] != wife["id"]

    # The case waits for people, and is not stuck.
    moved = await post(
        village, f"/households/v1/monitoring-cases/{case['id']}/moves", {"to": "visit_check"}, 200, **labour.ANY
    )
    assert moved["state"] == "visit_check"

    # He is dismissed: nobody has to report it. His village gets a check by itself.
    path = f"/jobs/v1/placements/{placed['id']}/moves"
    await post(township, path, {"to": "ended", "on": labour.day(), "reason": "dismissed"}, 200, **labour.ANY)

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


async def test_after_the_demo_load_there_is_labour_to_look_at(system: System) -> None:
    county = await system.sign_in("county")
    posts = (await get(county, "/jobs/v1/posts", limit="200"))["items"]
    assert {one["ref"] for one in posts} >= {"DG-1", "NB-2", "YX-1"}
    assert {one["state"] for one in posts} == {"open"}
    needs = (await get(county, "/jobs/v1/needs", source="hand", limit="200"))["items"]
    assert len(needs) > 10
    [rows] = await system.ask("SELECT count(*) AS n FROM jobs.labour_row WHERE source = 'hand' AND status = 'out'")
    assert rows["n"] > 10

    async def matched() -> dict[str, Any] | None:
        runs = (await get(county, "/jobs/v1/matching-runs"))["items"]
        return next((one for one in runs if one["state"] == "done"), None)

    run = await eventually(matched, seconds=60, what="the run of the demo is done")
    [proposed] = await system.ask(
        "SELECT count(*) AS n FROM jobs.matching_proposal WHERE run_id = $1 AND post_id IS NOT NULL", UUID(run["id"])
    )
    assert proposed["n"] > 0
