"""What the labour story does, each one request or one thing to wait for."""

from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from shared.clock import CHINA
from shared.idnumber import complete
from tests.e2e import story
from tests.e2e.system import System
from tests.shipped import DEFAULTS

ANY = {"If-Match": "*"}


def day(back: int = 0) -> str:
    """So many days ago, in China."""
    return (datetime.now(CHINA).date() - timedelta(days=back)).isoformat()


def month(back: int) -> str:
    """So many months ago."""
    today = datetime.now(CHINA).date()
    whole = today.year * 12 + today.month - 1 - back
    return f"{whole // 12}-{whole % 12 + 1:02}"


def couple(area_code: str) -> dict[str, Any]:
    """A household that nobody else tells stories of: a man of 36 and his wife, who can work."""
    number = uuid4().int % 900
    return {
        "national_code": f"{area_code}{uuid4().int % 9000 + 1000}",
        "area_code": area_code,
        "class": "lifted_out",
        "members": [
            {
                "name": "赵有田",
                "id_number": complete(f"53992119900312{number // 2 * 2 + 1:03}"),
                "relation": "02",
                "labour_skill": "ordinary",
                "health": ["healthy"],
                "phone": "15400007788",
            },
            {
                "name": "钱桂芳",
                "id_number": complete(f"53992119910518{number // 2 * 2:03}"),
                "relation": "12",
                "labour_skill": "ordinary",
                "health": ["healthy"],
            },
        ],
    }


async def post(who: httpx.AsyncClient, path: str, body: Any, expect: int = 201, **headers: str) -> dict[str, Any]:
    """POST that must succeed; its JSON."""
    answer = await who.post(path, json=body, headers=headers)
    assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.text}"
    said: dict[str, Any] = answer.json()
    return said


async def get(who: httpx.AsyncClient, path: str, **query: str) -> Any:
    """GET that must succeed; its JSON."""
    answer = await who.get(path, params=query)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


async def grade_by_income_alone(system: System, area_code: str) -> None:
    """Publish grades for one village that do not remember a confirmed risk: else red lasts 90 days whatever one earns."""
    body = deepcopy(DEFAULTS["grade-rules"])
    red = body["levels"][0]
    red["conditions"] = [one for one in red["conditions"] if not one["code"].startswith("confirmed")]
    body["parameters"].pop("confirmed_days")
    admin = await system.sign_in("admin")
    policy = {"kind": "grade-rules", "area": area_code, "valid_from": story.today(), "body": body}
    await post(admin, "/directory/v1/policies", policy)

    async def arrived() -> bool:
        sql = "SELECT 1 FROM households.policy WHERE kind = 'grade-rules' AND area_prefix = $1"
        return bool(await system.ask(sql, area_code))

    await story.eventually(arrived, what="households knows how the village grades")


async def missing(who: httpx.AsyncClient, case: str, to: str) -> set[str]:
    """What the gate before that state still asks of a case."""
    return {one["code"] for one in (await get(who, f"{case}/gate", to=to))["conditions"] if not one["met"]}


async def open_post(county: httpx.AsyncClient, pays: str) -> str:
    """A post with an employer far away that pays so much a month for sure; its id."""
    employer = {"name": f"东莞市示例五金有限公司{uuid4().hex[:6]}", "kind": "company", "area_code": "441900"}
    made = await post(county, "/jobs/v1/employers", employer)
    offer = {
        "employer_id": made["id"],
        "trade": "61804",
        "title": "五金装配工",
        "place": "441900",
        "openings": 5,
        "pay_low": pays,
        "pay_high": "9500.00",
        "lodging": True,
    }
    offered = await post(county, "/jobs/v1/posts", offer)
    assert offered["state"] == "open"
    return str(offered["id"])


async def wants(who: httpx.AsyncClient, need: dict[str, Any], **wishes: Any) -> None:
    """Say what somebody wants of work."""
    answer = await who.put(f"/jobs/v1/needs/{need['id']}/wishes", json=wishes, headers=ANY)
    assert answer.status_code == 200, answer.text


async def match(who: httpx.AsyncClient, area_code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Match an area's people with posts: the run when it is done, and what it proposes, by need."""
    asked = await post(who, "/jobs/v1/matching-runs", {"area_code": area_code}, 202)

    async def done() -> dict[str, Any] | None:
        run: dict[str, Any] = await get(who, f"/jobs/v1/matching-runs/{asked['id']}")
        assert run["state"] in ("queued", "running", "done"), run
        return run if run["state"] == "done" else None

    run = await story.eventually(done, what="the run is done")
    proposals = (await get(who, "/jobs/v1/matching-proposals", run=run["id"], limit="200"))["items"]
    return run, {one["need_id"]: one for one in proposals}


async def accept(who: httpx.AsyncClient, proposal: dict[str, Any]) -> str:
    """Take a proposal: the person is referred to the post; the placement's id."""
    answer = await who.post(f"/jobs/v1/matching-proposals/{proposal['id']}/acceptance", headers=ANY)
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted"), answer.text
    return answer.headers["Location"].rpartition("/")[2]


async def go(who: httpx.AsyncClient, placement_id: str, on: str, wage: str) -> dict[str, Any]:
    """From the referral to the arrival, all on that day; the placement then."""
    placement: dict[str, Any] = {}
    for move in (
        {"to": "offered"},
        {"to": "accepted", "wage": wage},
        {"to": "placed"},
        {"to": "arrived", "wage": wage, "industry": "C"},
    ):
        path = f"/jobs/v1/placements/{placement_id}/moves"
        placement = await post(who, path, {**move, "on": on}, 200, **ANY)
    return placement


async def call_of(village: httpx.AsyncClient, need: dict[str, Any]) -> dict[str, Any] | None:
    """The call to make on somebody who had a need and went to work."""
    query = {"kind": "stay_check", "person": need["person"]["id"]}
    tasks = (await get(village, "/jobs/v1/tasks", **query))["items"]
    return next(iter(tasks), None)


def work_for(member_id: str) -> dict[str, Any]:
    """A measure of a case: work is found for somebody."""
    return {
        "risk": "07",
        "kind": "employment",
        "sub_kind": "employment.export",
        "tag": "raise",
        "bureau": "human_resources",
        "content": "介绍到东莞务工",
        "planned_on": day(),
        "due_on": day(-30),
        "member_id": member_id,
    }


def jobless(person: dict[str, Any], area_code: str) -> dict[str, Any]:
    """He came home a hundred days ago and has found nothing."""
    return {
        "feed": "hr.jobless-return",
        "source_ref": f"story-{uuid4().hex[:12]}",
        "occurred_on": story.today(),
        "area_code": area_code,
        "person": {"id_number": person["id_number"], "name": person["name"]},
        "evidence": {"days_jobless": 100, "willing": True},
    }


def first_of_month(back: int) -> str:
    """The first day of a month, so many months ago: whole months of wages follow it."""
    return date.fromisoformat(f"{month(back)}-01").isoformat()
