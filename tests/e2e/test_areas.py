"""A township without water: one report, one task for each village, one answer for the bureau."""

from typing import Any

import httpx

from tests.e2e import story
from tests.e2e.story import eventually, report, see_alert, task_of
from tests.e2e.system import System


async def test_a_water_cut_is_one_task_a_village_and_the_bureau_sees_each_answer(system: System) -> None:
    area_code = system.story_family().area_code
    township = area_code[:9] + "000"
    water, cadre = system.bureau(story.WATER), await system.sign_in("village", area_code)
    alert = await report(water, story.water_cut([township]))

    task = await eventually(lambda: task_of(cadre, alert), what="the village sees the water cut")
    assert (task["household"], task["area"]["code"]) == (None, area_code)
    households = await households_of(cadre, task)
    registered = await system.ask("SELECT id FROM households.household WHERE area_code = $1", area_code)
    assert {one["household"]["id"] for one in households} == {str(row["id"]) for row in registered}
    assert len(households) == task["area_list"]["households"] > 0

    seen = await eventually(lambda: checking(water, alert), what="the bureau sees who is asked")
    villages = {check["area_code"]: check for check in seen["areas"]}
    assert len(villages) > 1
    assert all(code.startswith(township[:9]) for code in villages)
    inhabited = await system.ask(
        "SELECT area_code, count(*) AS households FROM households.household WHERE area_code LIKE $1 GROUP BY 1",
        f"{township[:9]}%",
    )
    assert {code: check["households"] for code, check in villages.items()} == {
        row["area_code"]: row["households"] for row in inhabited
    }

    answers = [{"household_id": one["household"]["id"], "affected": True, "at_risk": False} for one in households]
    answers[0] |= {"at_risk": True, "note": "水窖已干"}
    told = await cadre.post(f"/households/v1/tasks/{task['id']}/households", json={"households": answers})
    assert (told.status_code, told.json()["recorded"]) == (200, len(households)), told.text
    case = await cadre.get(f"/households/v1/monitoring-cases/{told.json()['results'][0]['monitoring_case_id']}")
    assert "water" in {risk["code"] for risk in case.json()["risks"]}, case.text
    verdict = {"task_id": task["id"], "verdict": "risk_confirmed", "reason": "全村断水", "basis": "known_fact"}
    given = await cadre.post("/households/v1/verdicts", json={"verdicts": [verdict]})
    assert (given.status_code, given.json()["given"]) == (200, 1), given.text
    answered = await eventually(lambda: said_by(water, alert, area_code), what="the first village's answer")
    assert (answered["verdict"], answered["basis"], answered["reason"]) == ("risk_confirmed", "known_fact", "全村断水")
    assert (answered["checked"], answered["at_risk"]) == (len(households), 1)
    assert (await see_alert(water, alert))["state"] == "checking", "the other villages have not answered yet"

    desk = await system.sign_in("township", township)
    others = [
        {"task_id": check["task_id"], "verdict": "no_risk", "reason": "已接通应急供水", "basis": "phone"}
        for code, check in villages.items()
        if code != area_code
    ]
    rest = await desk.post("/households/v1/verdicts", json={"verdicts": others})
    assert (rest.status_code, rest.json()["given"]) == (200, len(others)), rest.text
    done = await eventually(lambda: in_state(water, alert, "answered"))
    assert done["verdict"] == "risk_confirmed", "the gravest speaks for all"


async def test_what_comes_later_joins_the_villages_open_check_and_its_list_grows(system: System) -> None:
    area_code = system.story_family().area_code
    water, cadre = system.bureau(story.WATER), await system.sign_in("village", area_code)
    nobodys = {"codes": [area_code], "natural_villages": ["无人寨"]}
    first = await report(water, story.water_cut([], area=nobodys))
    task = await eventually(lambda: task_of(cadre, first), what="the village sees the water cut")
    assert task["area_list"]["households"] == 0

    wider = await report(water, story.water_cut([area_code]))
    joined = await eventually(lambda: task_of(cadre, wider), what="the wider report is in the village's check")
    again = await report(water, story.water_cut([area_code]), 200)
    assert (again["id"], again["outcome"]) == (wider["id"], "merged")
    assert joined["id"] == task["id"], "one task"
    registered = await system.ask("SELECT id FROM households.household WHERE area_code = $1", area_code)
    assert len(await households_of(cadre, task)) == len(registered) > 0

    verdict = {"task_id": task["id"], "verdict": "risk_confirmed", "reason": "全村断水", "basis": "known_fact"}
    given = await cadre.post("/households/v1/verdicts", json={"verdicts": [verdict]})
    assert (given.status_code, given.json()["given"]) == (200, 1), given.text
    for alert in (first, wider):
        done = await eventually(lambda alert=alert: in_state(water, alert, "answered"), what="both have the verdict")
        assert done["verdict"] == "risk_confirmed"


async def test_a_withdrawn_water_cut_is_off_every_list(system: System) -> None:
    area_code = system.story_family().area_code
    water, cadre = system.bureau(story.WATER), await system.sign_in("village", area_code)
    alert = await report(water, story.water_cut([area_code]))
    await eventually(lambda: task_of(cadre, alert))
    answer = await water.post(f"/alerts/v1/alerts/{alert['id']}/withdrawal", json={"reason": "wrong meter"})
    assert answer.status_code == 200, answer.text

    async def gone() -> bool:
        return await task_of(cadre, alert) is None

    await eventually(gone, what="the task is off the list")


async def test_after_the_demo_load_everybody_was_told_of(system: System) -> None:
    """Whom the register holds alerts knows, in the same household, village and class."""
    register = """
        SELECT person_key, h.id AS household_id, household_key, h.area_code, class AS household_class
        FROM households.member JOIN households.household h ON h.id = household_id WHERE left_on IS NULL
    """
    known = """
        SELECT person_key, household_id, household_key, area_code, household_class
        FROM alerts.known_member WHERE active
    """
    missing = f"SELECT count(*) AS n FROM ({register} EXCEPT {known}) AS unknown"

    async def told() -> bool:
        return bool((await system.ask(missing))[0]["n"] == 0)

    await eventually(told, what="alerts knows everybody of the register")
    counts = await system.ask(
        f"SELECT (SELECT count(*) FROM ({register}) AS r) AS n, count(*) AS m FROM ({known}) AS k"
    )
    assert counts[0]["n"] == counts[0]["m"] > 100


async def households_of(cadre: httpx.AsyncClient, task: dict[str, Any]) -> list[dict[str, Any]]:
    """The whole list of a task, page by page."""
    found: list[dict[str, Any]] = []
    query = {"limit": "5"}
    while True:
        answer = await cadre.get(f"/households/v1/tasks/{task['id']}/households", params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        query["after"] = page["next"]


async def checking(bureau: httpx.AsyncClient, alert: dict[str, Any]) -> dict[str, Any] | None:
    return await in_state(bureau, alert, "checking")


async def in_state(bureau: httpx.AsyncClient, alert: dict[str, Any], state: str) -> dict[str, Any] | None:
    """The alert, when it is in that state."""
    seen = await see_alert(bureau, alert)
    return seen if seen["state"] == state else None


async def said_by(bureau: httpx.AsyncClient, alert: dict[str, Any], area_code: str) -> dict[str, Any] | None:
    """The check of one village, when it has answered."""
    checks = (await see_alert(bureau, alert))["areas"]
    [check] = [one for one in checks if one["area_code"] == area_code]
    return check if check["verdict"] else None
