"""Labour in the synthetic county: employers with posts, a course, needs, a run of matching, and this month's ledger.

Through the public API, as the county's labour centre would. Each part may be repeated: what is there already stays.
"""

import asyncio
import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from demo.api import PATIENCE_SECONDS, Api, LoadFailed
from demo.county import Household, Member
from demo.ledger import export_file, labour, ledger_file
from shared.masking import mask_id_number

CONTENT: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
NEEDS, LEARNERS = 30, 3
"""How many people ask for work, and how many of them learn something for it first."""


async def load_labour(api: Api, households: Sequence[Household], today: date) -> bytes:
    """Load it for these households, signed in as the county; the workbook that human resources has of the same people.

    The ledger is written beside the requests, some seconds more for a large county.
    """
    posts = await _load_posts(api)
    able = [member for one in households for member in labour(one, today)]
    await _until_known(api, able[-1:])
    needs = await _load_needs(api, able, today)
    await _load_course(api, posts, needs, today)
    runs = await api.get("/jobs/v1/matching-runs")
    run = runs["items"][0] if runs["items"] else await api.post("/jobs/v1/matching-runs", json={})
    await api.until(f"/jobs/v1/matching-runs/{run['id']}", "done")
    without = set(needs)
    ledger = {"file": ("ledger.csv", ledger_file(households, today, without))}
    month = {"month": f"{today:%Y-%m}", "dry_run": "false"}
    await api.post("/jobs/v1/ledger/imports", data=month, files=ledger)
    return export_file(households, today, without)


async def _until_known(api: Api, last: Sequence[Member]) -> None:
    """The register tells of people in the bulk lane, one after the other, a moment after it has them."""
    for member in last:
        for _ in range(4 * PATIENCE_SECONDS):
            if await api.post("/jobs/v1/people/search", json={"id_number": member.id_number}):
                return
            await asyncio.sleep(0.25)
        raise LoadFailed("the service jobs has not heard of the register's people")


async def _load_posts(api: Api) -> dict[str, tuple[str, str]]:
    """By number of the post, the ids of its employer and its own."""
    known = {one["name"]: one["id"] for one in (await api.get("/jobs/v1/employers"))["items"]}
    for content in CONTENT["employer"]:
        employer = {name: value for name, value in content.items() if name != "posts"}
        if employer["name"] not in known:
            known[employer["name"]] = (await api.post("/jobs/v1/employers", json=employer))["id"]
        for post in content["posts"]:
            offer = {"employer_id": known[employer["name"]], "place": employer["area_code"], **post}
            await api.post("/jobs/v1/posts", "post-ref-known", json=offer)
    posts = (await api.get("/jobs/v1/posts", params={"limit": "200"}))["items"]
    return {one["ref"]: (one["employer"]["id"], one["id"]) for one in posts if one["ref"]}


async def _load_needs(api: Api, able: Sequence[Member], today: date) -> dict[str, dict[str, Any]]:
    """Of the first who can work some want a post, each in a way of their own; their needs, by ID number."""
    page = await api.get("/jobs/v1/people", params={"limit": "200"})
    ids = {(one["name"], one["id_number"]): one["id"] for one in page["items"]}
    asked = {one["person"]["id"]: one for one in (await _hand_made(api))}
    until, needs = {"until_on": f"{today.year + 1}-12-31"}, {}
    healthy = [one for one in able if one.health == ("healthy",)][: min(NEEDS, len(able) // 3)]
    for member, wish in zip(healthy, cycle(CONTENT["wish"]), strict=False):
        person_id = ids.get((member.name, mask_id_number(member.id_number)))
        if person_id is None:
            continue
        if person_id not in asked:
            asked[person_id] = await api.post("/jobs/v1/needs", json={"person_id": person_id, **until, **wish})
        needs[str(member.id_number)] = asked[person_id]
    return needs


async def _hand_made(api: Api) -> list[dict[str, Any]]:
    page = await api.get("/jobs/v1/needs", params={"source": "hand", "limit": "200"})
    found: list[dict[str, Any]] = page["items"]
    return found


async def _load_course(
    api: Api, posts: dict[str, tuple[str, str]], needs: dict[str, dict[str, Any]], today: date
) -> None:
    """A course that leads to a post, and the first of those who want that work are in it."""
    content = {name: value for name, value in CONTENT["course"].items() if name != "post"}
    employer_id, post_id = posts[CONTENT["course"]["post"]]
    days = {
        "starts_on": (today + timedelta(days=14)).isoformat(),
        "ends_on": (today + timedelta(days=34)).isoformat(),
    }
    course = {**content, **days, "employer_id": employer_id, "post_id": post_id}
    known = (await api.get("/jobs/v1/courses", params={"trade": content["trade"]}))["items"]
    made = known[0] if known else await api.post("/jobs/v1/courses", json=course)
    learners = [one for one in needs.values() if "training" in {said["code"] for said in one["services"]}]
    for need in learners[: LEARNERS - made["seated"]]:
        entry = {"person_id": need["person"]["id"], "need_id": need["id"], "post_id": post_id}
        await api.post(f"/jobs/v1/courses/{made['id']}/enrolments", "enrolled-already", json=entry)
