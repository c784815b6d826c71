"""Labour in the synthetic county: employers with posts, needs, a month of the ledger, and a run of matching.

Through the public API, as the county's labour centre would. Each part may be repeated: what is there already stays.
"""

import asyncio
import tomllib
from collections.abc import Collection
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol

CONTENT: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
NEEDS, ROWS = 30, 45
"""How many people need work, and of how many the ledger of this month tells."""
PATIENCE_SECONDS = 60.0
ROW = {
    "status": "out",
    "channel": "relatives",
    "point_to_point": False,
    "stability": "stable",
    "compared": "same",
    "wants_change": False,
}
"""What all rows say beside those of `labour.toml`."""


class Api(Protocol):
    """The system as somebody of the county sees it."""

    async def get(self, path: str, **request: Any) -> Any:
        """GET that must succeed."""

    async def post(self, path: str, done_before: str = "", **request: Any) -> Any:
        """POST; a refusal for the mistake `done_before` alone means that it was done before."""

    async def put(self, path: str, **request: Any) -> Any:
        """PUT that must succeed."""


async def load_labour(api: Api, avoid: Collection[str], today: date) -> int:
    """Load it; of how many people. Households in `avoid` are left to the stories that scripts tell of them."""
    people = [one for one in await _workers(api, today) if one["household_id"] not in avoid]
    await _load_posts(api)
    await _load_needs(api, people[:NEEDS], today)
    await _load_rows(api, people[NEEDS : NEEDS + ROWS], today)
    runs = await api.get("/jobs/v1/matching-runs")
    if not runs["items"]:
        await api.post("/jobs/v1/matching-runs", json={})
    return min(len(people), NEEDS + ROWS)


async def _workers(api: Api, today: date) -> list[dict[str, Any]]:
    """Who can work; the register tells of people in the bulk lane, a moment after it has them."""
    born = {"born_from": f"{today.year - 55}-01-01", "born_to": f"{today.year - 19}-01-01", "limit": "200"}
    page: dict[str, Any] = {"items": []}
    for _ in range(int(2 * PATIENCE_SECONDS)):
        page = await api.get("/jobs/v1/people", params=born)
        if len(page["items"]) >= NEEDS + ROWS:
            break
        await asyncio.sleep(0.5)
    healthy = _healthy(page)
    return [one for one in page["items"] if one["labour_skill"] and not one["pupil"] and one["health"] == [healthy]]


def _healthy(page: dict[str, Any]) -> str:
    """The word for good health, in whichever language: the one most people have."""
    words = [word for one in page["items"] for word in one["health"]]
    return max(set(words), key=words.count, default="")


async def _load_posts(api: Api) -> None:
    known = {one["name"]: one["id"] for one in (await api.get("/jobs/v1/employers"))["items"]}
    for content in CONTENT["employer"]:
        employer = {name: value for name, value in content.items() if name != "posts"}
        if employer["name"] not in known:
            known[employer["name"]] = (await api.post("/jobs/v1/employers", json=employer))["id"]
        for post in content["posts"]:
            offer = {"employer_id": known[employer["name"]], "place": employer["area_code"], **post}
            await api.post("/jobs/v1/posts", "post-ref-known", json=offer)


async def _load_needs(api: Api, people: list[dict[str, Any]], today: date) -> None:
    """One each: the key makes the same once more no second need."""
    for person, wish in zip(people, cycle(CONTENT["wish"]), strict=False):
        headers = {"Idempotency-Key": f"demo-need-{person['id']}"}
        found = await api.get("/jobs/v1/needs", params={"person": person["id"]})
        if not found["items"]:
            until = {"until_on": f"{today.year + 1}-12-31"}
            await api.post("/jobs/v1/needs", json={"person_id": person["id"], **until, **wish}, headers=headers)


async def _load_rows(api: Api, people: list[dict[str, Any]], today: date) -> None:
    month = f"{today.year}-{today.month:02}"
    for person, row in zip(people, cycle(CONTENT["row"]), strict=False):
        body = {**ROW, "started_on": f"{today.year}-02-20" if today.month > 2 else today.isoformat(), **row}
        path = f"/jobs/v1/ledger/months/{month}/people/{person['id']}"
        await api.put(path, json=body, headers={"If-Match": "*"})
