"""A bureau hears of its reports that end without a verdict, as of those with one: when it asks, and by its webhook."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.alerts.background import NOTICES_KEPT, expire_alerts, forget_records
from shared.clock import utc_now
from shared.contracts.households import AccountGiven
from tests.alerts.conftest import EDUCATION, MEDICAL, Service, bearer, days_ago
from tests.alerts.merging import about, age, bill, look, verdict, withdraw
from tests.alerts.test_accounting import ask, expires
from tests.alerts.test_consumers import opened
from tests.alerts.test_verdicts import VERDICTS
from tests.alerts.test_webhooks import HOOKS

pytestmark = pytest.mark.usefixtures("every_bill_triggers")


async def told(service: Service, after: str | None = None, headers: Any = MEDICAL) -> tuple[list[dict[str, Any]], str]:
    """What the bureau hears when it asks, and where it goes on."""
    answer = await service.get(VERDICTS, headers=headers, params={"after": after} if after else {})
    assert answer.status_code == 200, answer.text
    page = answer.json()
    return page["items"], page["next"]


async def called(service: Service) -> list[dict[str, Any]]:
    """What its system is called with, oldest first."""
    return [body for (body,) in await service.sql("SELECT body FROM webhook_delivery ORDER BY id")]


async def drop(service: Service, *alerts: dict[str, Any]) -> None:
    """Households answers at night that nobody checks these any more."""
    await age(service, 1)
    [check] = await ask(service)
    dropped = [UUID(alert["id"]) for alert in alerts]
    await service.tell(
        AccountGiven(check_id=check.check_id, given_at=utc_now(), missing=[], answered=[], dropped=dropped)
    )


@pytest.fixture
async def hook(service: Service) -> None:
    made = await service.post(HOOKS, {"url": "https://yb.invalid/hook"}, headers=bearer("bureau", ["medical.cost"]))
    assert made.status_code == 201, made.text


@pytest.mark.usefixtures("hook")
async def test_what_is_dropped_is_told_of_every_report_that_stands(service: Service) -> None:
    gone, other = await bill(service, "1", status=201), await bill(service, "4", status=201, **about(1))
    for ref in ("2", "3"):
        await bill(service, ref)
    await withdraw(service, gone, source_ref="2")
    began = opened(gone["id"], UUID(int=1))
    await service.tell(began, opened(other["id"], UUID(int=2)))
    await drop(service, gone)
    await service.tell(began)  # once more, after a restore

    items, after = await told(service)
    assert sorted((one["source_ref"], one["state"], one["verdict"]) for one in items) == [
        ("1", "dropped", None),
        ("3", "dropped", None),
    ]
    seen = await look(service, gone)
    assert (seen["state"], seen["dropped_at"]) == ("dropped", items[0]["ended_at"])
    assert (items[0]["basis"], items[0]["reason"], items[0]["answered_at"]) == (None, None, None)
    bodies = await called(service)
    assert {body["type"] for body in bodies} == {"alert.dropped"}
    assert sorted(body["data"]["source_ref"] for body in bodies) == ["1", "3"]
    own = {name: value for name, value in items[0].items() if name != "reason"}
    assert bodies[0]["data"].keys() == own.keys()
    assert (await told(service, headers=EDUCATION))[0] == []

    # Somebody looks after all: the newest notice counts.
    await service.tell(opened(gone["id"], UUID(int=3)), verdict(service, gone, "no_risk"))
    items, _ = await told(service, after)
    assert [(one["state"], one["verdict"], one["ended_at"]) for one in items] == [("answered", "no_risk", None)] * 2
    assert [body["type"] for body in (await called(service))[2:]] == ["alert.answered"] * 2


@pytest.mark.usefixtures("hook")
async def test_what_expires_is_told_once(service: Service) -> None:
    old = await bill(service, "1", status=201, occurred_on=days_ago(31))
    await bill(service, "2", status=201, **about(1))
    await expires(service, 30)
    for _ in range(2):
        await expire_alerts(service.database, utc_now())

    [item], after = await told(service)
    seen = await look(service, old)
    assert (item["alert_id"], item["state"], item["verdict"]) == (old["id"], "expired", None)
    assert item["ended_at"] == seen["expired_at"]
    [body] = await called(service)
    assert (body["type"], body["data"]["alert_id"], body["data"]["state"]) == ("alert.expired", old["id"], "expired")

    await forget_records(service.database, utc_now() + NOTICES_KEPT - timedelta(days=1))
    assert (await told(service))[0] == [item]
    await forget_records(service.database, utc_now() + NOTICES_KEPT + timedelta(days=1))
    assert await told(service) == ([], None)
    assert after is not None
