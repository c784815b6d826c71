"""Alerts as bureaus' systems send them: many at once, and again after every lost answer, until all have been taken."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import date
from typing import Any

import httpx

from demo.households import households
from demo.load import SEED
from tests.e2e import story
from tests.e2e.story import Person
from tests.e2e.system import HOUSEHOLDS, System

Row = dict[str, Any]
KEPT = ("accepted", "merged", "worsened", "snoozed", "repeated")
SENDERS = 6
BATCH_ROWS = 200
STRANGERS = range(100, 1900)
"""Numbers of people whom no register knows. With the known people they are fewer than half the rows of a long load: some
rows are more evidence for an alert."""
PATIENCE = 120.0
"""Seconds a sender goes on trying one request: longer than any part of the system is ever away here."""


class Load:
    """Rows with source_refs of their own, about every household and some people nobody knows."""

    def __init__(self, system: System, label: str, strangers: range = STRANGERS) -> None:
        self.label = label
        self.sent = 0
        self.subjects: set[tuple[str, str]] = set()
        """(household or stranger, feed): each must have become one task."""
        self._system = system
        self._people = _people(system, strangers)

    def rows(self, count: int) -> list[Row]:
        """The next rows: of both feeds in turn, about one after the other."""
        made = []
        for number in range(self.sent, self.sent + count):
            subject, person = self._people[number // 2 % len(self._people)]
            write = (story.absence, story.bill)[number % 2]
            made.append(write(person, source_ref=f"{self.label}-{number}"))
            self.subjects.add((subject, made[-1]["feed"]))
        self.sent += count
        return made

    async def send(self, count: int, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """Send rows, half of them in batches and half one by one; `meanwhile` begins when a fifth of those is in."""
        rows = self.rows(count)
        half = count // 2
        begun = asyncio.Event()
        async with asyncio.TaskGroup() as sending:
            sending.create_task(self._send_one_by_one(rows[:half], begun))
            for feed in (story.ABSENCE, story.BILL):
                of_feed = [row for row in rows[half:] if row["feed"] == feed]
                for start in range(0, len(of_feed), BATCH_ROWS):
                    sending.create_task(self._send_batch(feed, of_feed[start : start + BATCH_ROWS], begun))
            if meanwhile is not None:
                await begun.wait()
                await meanwhile()

    async def _send_one_by_one(self, rows: Sequence[Row], begun: asyncio.Event) -> None:
        waiting = iter(rows)
        taken = itertools.count(1)

        async def send() -> None:
            async with AsyncExitStack() as open_clients:
                bureaus = {
                    feed: await open_clients.enter_async_context(self._system.bureau(feed))
                    for feed in (story.ABSENCE, story.BILL)
                }
                for row in waiting:
                    answer = await insist(bureaus[row["feed"]], "POST", "/alerts/v1/alerts", row)
                    assert answer.status_code in (200, 201), answer.text
                    if next(taken) * 5 >= len(rows):
                        begun.set()

        async with asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(send())

    async def _send_batch(self, feed: str, rows: list[Row], begun: asyncio.Event) -> None:
        await begun.wait()  # so that batches are under way when something is killed
        async with self._system.bureau(feed) as bureau:
            answer = await insist(bureau, "POST", "/alerts/v1/batches", rows)
            assert answer.status_code == 202, answer.text
            place = f"/alerts/v1/batches/{answer.json()['id']}"
            while (batch := (await insist(bureau, "GET", place)).json())["state"] in ("queued", "running"):
                await asyncio.sleep(0.1)
        assert (batch["state"], batch["rejected"]) == ("done", 0), batch
        assert sum(batch[name] for name in KEPT) == len(rows), batch


async def insist(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> httpx.Response:
    """Send until it is answered by something else than a fault of the system."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = await client.request(method, path, json=body)
            if answer.status_code < 500:
                return answer
            fault = f"{answer.status_code} {answer.text}"
        except httpx.TransportError as error:
            fault = type(error).__name__
        assert time.monotonic() < deadline, f"{method} {path}: {fault}"
        await asyncio.sleep(0.05)


def _people(system: System, numbers: range) -> list[tuple[str, Person]]:
    """Everybody in the demo county whom no story is about, and strangers; each with the subject of their cases."""
    told = {person["id_number"] for person in system.demo["people"]}
    known = [
        (one.national_code, {"id_number": member.id_number, "name": member.name, "area_code": one.area_code})
        for one in households(HOUSEHOLDS, SEED, date.fromisoformat(system.demo["loaded_on"]))
        for member in one.members
        if member.id_number not in told
    ]
    areas = sorted({person["area_code"] for _, person in known})
    strangers = [story.stranger(areas[number % len(areas)], number) for number in numbers]
    unknown = [(person["id_number"], person) for person in strangers]
    mixed = [one for pair in itertools.zip_longest(known, unknown) for one in pair]
    return [one for one in mixed if one is not None]
