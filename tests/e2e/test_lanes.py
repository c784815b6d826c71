"""A file never holds up an alert that somebody waits for. By the order in which tasks come, not by a clock."""

from typing import Any
from uuid import uuid4

import httpx

from tests.e2e import story
from tests.e2e.load import Load
from tests.e2e.story import eventually, report, task_of
from tests.e2e.system import System
from tests.e2e.test_faults import nothing_lost_or_doubled, settled

ROWS = 8000
STRANGERS = range(10_000, 10_000 + ROWS)
"""So many that most rows are alerts of their own, and the files a long queue."""
_TAKEN_IN = """
SELECT sum(accepted) AS alerts, sum(accepted + merged + worsened + snoozed + repeated) AS rows
FROM alerts.batch WHERE id = ANY ($1)
"""
_HAS_COME = """
SELECT count(*) FILTER (WHERE alert_id = $1) AS single, count(*) FILTER (WHERE alert.batch_id = ANY ($2)) AS of_files
FROM households.evidence JOIN alerts.alert ON alert.id = alert_id
"""


async def test_a_single_alert_is_a_task_before_the_file_ahead_of_it_is_worked_off(system: System) -> None:
    family = system.family()
    cadre = await system.sign_in("village", family.area_code)
    load = Load(system, uuid4().hex[:8], STRANGERS)
    rows = load.rows(ROWS)
    files = [await send(system, feed, rows) for feed in (story.ABSENCE, story.BILL)]

    async def taken_in() -> int:
        """How many alerts the files made, once each of their rows has become one or evidence of one."""
        [found] = await system.ask(_TAKEN_IN, files)
        return int(found["alerts"]) if found["rows"] == ROWS else 0

    alerts = await eventually(taken_in, seconds=180, what="every row of the files is told before the single alert")
    single = await report(system.bureau(story.ABSENCE), story.absence(family.someone))

    async def has_come() -> dict[str, Any] | None:
        [found] = await system.ask(_HAS_COME, single["id"], files)
        return found if found["single"] else None

    seen = await eventually(has_come, seconds=180)
    # Behind the files in one lane it would come last, or on Kafka, whose partitions are not all as quick, nearly so.
    assert seen["of_files"] < alerts * 3 / 4, "it waited for the files"
    assert await task_of(cadre, single) is not None
    await settled(system, load)
    await nothing_lost_or_doubled(system, load, expect=ROWS)


async def send(system: System, feed: str, rows: list[dict[str, Any]]) -> str:
    """Post the rows of one feed as a file; its id."""
    bureau: httpx.AsyncClient
    async with system.bureau(feed) as bureau:
        answer = await bureau.post("/alerts/v1/batches", json=[row for row in rows if row["feed"] == feed])
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])
