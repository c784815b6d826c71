"""The ledger against the export of human resources: sent by the bureau, looked at by villages, agreed at the end."""

import io
from collections.abc import Mapping
from typing import Any

import httpx
from python_calamine import CalamineWorkbook

from demo.load import EXPORT
from tests.e2e import labour
from tests.e2e.embedded import Embedded
from tests.e2e.labour import get, post
from tests.e2e.story import eventually

OUTCOMES = ("same", "differs", "only_here", "only_there")


async def compare(bureau: httpx.AsyncClient, export: bytes) -> dict[str, Any]:
    """Send the export of this month; the comparison when it is done."""
    form = {"source": "human_resources", "month": labour.month(0)}
    sent = await bureau.post("/jobs/v1/reconciliations", data=form, files={"file": (EXPORT, export)})
    assert sent.status_code == 202, sent.text

    async def done() -> dict[str, Any] | None:
        run: dict[str, Any] = await get(bureau, sent.headers["Location"])
        assert run["state"] != "failed", run["failure"]
        return run if run["state"] == "done" else None

    return await eventually(done, seconds=60, what="the comparison is done")


async def correct(village: httpx.AsyncClient, person_id: str, said: Mapping[str, Any]) -> None:
    """Put into the ledger what the village found to be so."""
    path = f"/jobs/v1/ledger/months/{labour.month(0)}/people/{person_id}"
    answer = await village.patch(path, json=said, headers=labour.ANY)
    assert answer.status_code == 200, answer.text


async def test_what_human_resources_says_and_the_ledger_does_not(embedded: Embedded) -> None:
    county = await embedded.sign_in("county")
    bureau = await embedded.sign_in("bureau", username="human-resources")

    async def ledger_is_written() -> bool:
        return bool((await get(county, "/jobs/v1/ledger/imports"))["items"][0]["state"] == "applied")

    await eventually(ledger_is_written, seconds=60, what="the demo's ledger is written")
    export = (embedded.data_dir / EXPORT).read_bytes()
    run = await compare(bureau, export)
    place, counts = f"/jobs/v1/reconciliations/{run['id']}", run["counts"]
    assert all(counts[outcome] > 0 for outcome in OUTCOMES), counts
    assert {one["field"] for one in run["fields"]} >= {"status", "wage", "employer"}

    # Counted by village, and the workbook says the same, sheet by sheet.
    villages = await get(county, f"{place}/areas")
    assert {outcome: sum(one[outcome] for one in villages) for outcome in OUTCOMES} == {
        outcome: counts[outcome] for outcome in OUTCOMES
    }
    answer = await county.get(f"{place}/workbook")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    summary, _, here, there = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert sum(int(row[1]) for row in summary[3:]) == counts["same"]
    assert (len(here) - 1, len(there) - 1) == (counts["only_here"], counts["only_there"])

    # Villages get tasks; one of them looks, and human resources is right about a wage.
    assert (await post(county, f"{place}/tasks", None, 200))["opened"] > 0
    [row] = (await get(county, f"{place}/rows", outcome="differs", field="wage", limit="1"))["items"]
    [wage] = [one for one in row["differences"] if one["field"] == "wage"]
    village = await embedded.sign_in("village", row["area"]["code"])
    person = row["person"]["id"]
    [task] = (await get(village, "/jobs/v1/tasks", kind="correct_row", person=person))["items"]
    assert task["id"] == row["task_id"]
    await correct(village, person, {"wage": wage["theirs"]})

    async def closed() -> bool:
        return bool((await get(village, f"/jobs/v1/tasks/{task['id']}"))["state"] == "done")

    await eventually(closed, what="the task closes by itself, for the row agrees")

    # The next comparison agrees about that person, and the others are still to be looked at.
    again = (await compare(bureau, export))["counts"]
    assert (again["same"], again["differs"]) == (counts["same"] + 1, counts["differs"] - 1)
    assert (again["only_here"], again["only_there"]) == (counts["only_here"], counts["only_there"])
