"""What people and bureaus do in the stories, each one request, and how a test waits for what follows."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from shared.clock import CHINA
from shared.idnumber import complete

T = TypeVar("T")
Person = dict[str, Any]
"""One of `people` in demo.json."""

STORY_SECONDS = 45.0
"""How long a story waits for an event to arrive. What must be quick is measured by itself."""

ABSENCE = "education.absence"
BILL = "medical.cost"
WATER = "water.supply"


@dataclass(frozen=True, slots=True)
class Family:
    """A household of the demo county."""

    household_id: str
    area_code: str
    people: tuple[Person, ...]

    @property
    def pupil(self) -> Person:
        """A child in compulsory education."""
        return next(person for person in self.people if person["pupil"])

    @property
    def adult(self) -> Person:
        """Somebody who is not."""
        return next(person for person in self.people if not person["pupil"])

    @property
    def someone(self) -> Person:
        """Anybody."""
        return self.people[0]


def families(demo: dict[str, Any]) -> list[Family]:
    """The households that demo.json names people of; the story's village comes first."""
    by_household: dict[str, list[Person]] = {}
    for person in demo["people"]:
        by_household.setdefault(person["household_id"], []).append(person)
    return [Family(id_, people[0]["area_code"], tuple(people)) for id_, people in by_household.items()]


def today() -> str:
    """The day in China."""
    return datetime.now(CHINA).date().isoformat()


def absence(person: Person, **other: Any) -> dict[str, Any]:
    """A pupil stayed away from school."""
    return _alert(ABSENCE, person, {"days_absent": 4}) | other


def bill(person: Person, **other: Any) -> dict[str, Any]:
    """A hospital bill that a family has to pay itself, in yuan."""
    return _alert(BILL, person, {"self_pay": 42300}) | other


def water_cut(codes: list[str], **other: Any) -> dict[str, Any]:
    """No water in some villages, or in all of a township."""
    return {
        "feed": WATER,
        "source_ref": f"story-{uuid4().hex[:12]}",
        "occurred_on": today(),
        "area": {"codes": codes},
        "severity": "medium",
        "evidence": {"kind": "断水", "days": 12},
        **other,
    }


def _alert(feed: str, person: Person, evidence: dict[str, Any]) -> dict[str, Any]:
    return {
        "feed": feed,
        "source_ref": f"story-{uuid4().hex[:12]}",
        "occurred_on": today(),
        "area_code": person["area_code"],
        "person": {"id_number": person["id_number"], "name": person["name"]},
        "evidence": evidence,
    }


def stranger(area_code: str, number: int) -> Person:
    """Somebody no register knows: born long ago in 539930, a county next door that has no one else."""
    born = date(1901, 12, 31) - timedelta(days=number // 1000)
    id_number = complete(f"539930{born:%Y%m%d}{number % 1000:03}")
    return {"id_number": id_number, "name": "路人", "area_code": area_code, "pupil": False}


def to_json(row: dict[str, Any]) -> bytes:
    """One line of NDJSON."""
    return json.dumps(row, ensure_ascii=False).encode()


async def report(bureau: httpx.AsyncClient, alert: dict[str, Any], expect: int | None = 201) -> dict[str, Any]:
    """The bureau posts an alert; its answer. `expect` None: a new alert, or more evidence for one."""
    answer = await bureau.post("/alerts/v1/alerts", json=alert)
    assert answer.status_code in ((200, 201) if expect is None else (expect,)), answer.text
    said: dict[str, Any] = answer.json()
    return said


async def tasks(cadre: httpx.AsyncClient, **filters: str) -> list[dict[str, Any]]:
    """The tasks an account sees as its own, all pages of them."""
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {"mine": "true", "limit": "200"} | filters
    while True:
        answer = await cadre.get("/households/v1/tasks", params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        query["after"] = page["next"]


async def task_of(account: httpx.AsyncClient, alert: dict[str, Any]) -> dict[str, Any] | None:
    """The account's own active task that the alert is evidence for."""
    for task in await tasks(account):
        shown = task["evidence"]
        if task["evidence_count"] > len(shown):  # a list shows the last alert of each task, the task itself all
            task = await see_task(account, task["id"])
        if any(one["alert_id"] == alert["id"] for one in task["evidence"]):
            return task
    return None


async def see_task(account: httpx.AsyncClient, task_id: str) -> dict[str, Any]:
    """One task, whole."""
    answer = await account.get(f"/households/v1/tasks/{task_id}")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def history_of(account: httpx.AsyncClient, task: dict[str, Any]) -> list[str]:
    """What has happened to the task, in order."""
    answer = await account.get(f"/households/v1/tasks/{task['id']}/history")
    assert answer.status_code == 200, answer.text
    return [event["what"] for event in answer.json()]


async def see_alert(bureau: httpx.AsyncClient, alert: dict[str, Any]) -> dict[str, Any]:
    """The alert as its bureau sees it now."""
    answer = await bureau.get(f"/alerts/v1/alerts/{alert['id']}")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def eventually(look: Callable[[], Awaitable[T | None]], *, seconds: float = STORY_SECONDS, what: str = "") -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while True:
        if found := await look():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or look}")
        await asyncio.sleep(0.02)


def end_of(days: int) -> datetime:
    """The deadline `days` after today: the first moment of the day after."""
    begin = datetime.now(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin + timedelta(days=days + 1)
