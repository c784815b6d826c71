"""What the tests of silence share: the policies told, and reports of a day long past."""

import asyncio
from typing import Any

import httpx

from shared.contracts.directory import PolicyPublished
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, MEDICAL, Service, absence, cost, id_number

ZEROS = "/alerts/v1/zero-reports"
CALENDAR = "/alerts/v1/calendar"
CONTRADICTIONS = "/alerts/v1/contradictions"
BODIES: dict[str, dict[str, Any]] = {
    "alert-merge": {"window": {"days": 30}},
    "feed-calendar": {
        "weekend": [6, 7],
        "expected_from": "2026-01-01",
        "terms": [{"name": "2026-S1", "first": "2026-03-02", "last": "2026-07-10", "lists_due": "2026-03-25"}],
        "in_term_only": ["education.absence"],
        "at_term_start": ["education.not-enrolled"],
    },
    "feed-reminder": {
        "default": {"before": [3, 1], "after": 1, "repeat": 3, "times": 5},
        "rules": [{"cadence": "daily", "remind": {"after": 1}}],
    },
    "self-report": {
        "code_minutes": 10,
        "tries": 5,
        "codes_per_phone": [{"count": 3, "minutes": 60}],
        "codes_per_address": [{"count": 30, "minutes": 60}],
        "codes_overall": [{"count": 60, "minutes": 60}],
        "tries_per_address": [{"count": 60, "minutes": 60}],
    },
}


def policy(kind: str, version: int = 1, area_prefix: str = "", **changed: Any) -> PolicyPublished:
    """A version of a policy; `changed` replaces fields of its body."""
    return PolicyPublished(
        policy_id=new_id(),
        kind=kind,
        area_prefix=area_prefix,
        valid_from="2021-01-01",
        version=version,
        author="default",
        body={**BODIES[kind], **changed},
    )


async def tell_policies(service: Service) -> None:
    """As the directory does at the first start."""
    await service.tell(*map(policy, BODIES))
    service.heard.events.clear()
    service.heard.messages.clear()


async def push(service: Service, occurred_on: str = "2026-02-10", ref: str = "YB-1", **changed: Any) -> str:
    """A medical bill of that day; its alert's id."""
    person = {"id_number": id_number(int.from_bytes(ref.encode()[-2:]) % 20_000), "name": "某人"}
    draft = cost(**{"occurred_on": occurred_on, "source_ref": ref, "person": person, **changed})
    answer = await service.post(ALERTS, draft, headers=MEDICAL)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def push_absence(service: Service, occurred_on: str, ref: str) -> str:
    """A pupil's absence on that day; its alert's id."""
    person = {"id_number": id_number(int.from_bytes(ref.encode()[-2:]) % 20_000), "name": "某人"}
    answer = await service.post(ALERTS, absence(occurred_on=occurred_on, source_ref=ref, person=person))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def zero(service: Service, period: str, feed: str = "medical.cost", **more: Any) -> httpx.Response:
    """A zero report of the medical insurance bureau."""
    body = {"feed": feed, "period": period, **more.pop("body", {})}
    return await service.post(ZEROS, body, **{"headers": MEDICAL, **more})


async def month_of(service: Service, headers: Any, month: str = "2026-03", **params: str) -> dict[str, Any]:
    """A month of the calendar: by feed, then by period."""
    answer = await service.get(CALENDAR, params={"month": month, **params}, headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        feed["feed"]: {period["period"]: period for period in feed["periods"]}
        for bureau in answer.json()["bureaus"]
        for feed in bureau["feeds"]
    }


async def soon(service: Service, statement: str) -> list[Any]:
    """The rows of a statement once there are any."""
    for _ in range(500):
        if rows := await service.sql(statement):
            return rows
        await asyncio.sleep(0.02)
    raise AssertionError(statement)
