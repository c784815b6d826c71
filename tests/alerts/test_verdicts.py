"""A bureau's system that cannot be called reads the verdicts one after the other, and misses none."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest

from services.alerts.background import place_restored
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised
from shared.contracts.households import VerdictGiven
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, EDUCATION, MEDICAL, Service, absences, bearer, cost, faults, id_number

VERDICTS = "/alerts/v1/verdicts"


def verdict_on(
    service: Service, *alerts: AlertRaised, verdict: str = "no_risk", minutes: int = 0, **more: Any
) -> VerdictGiven:
    reason = service.vault.seal("已返校".encode(), "verdict-reason")
    return VerdictGiven(
        case_id=new_id(),
        task_id=new_id(),
        subject_key="x",
        alert_ids=[alert.alert_id for alert in alerts],
        verdict=verdict,
        reason_sealed=base64.b64encode(reason).decode(),
        visited_on=None,
        given_by=new_id(),
        given_at=utc_now() + timedelta(minutes=minutes),
        **more,
    )


async def raise_alerts(service: Service, count: int) -> list[Any]:
    for draft in absences(count):
        assert (await service.post(ALERTS, draft)).status_code == 201
    return await service.heard.hear(AlertRaised, count)


async def test_verdicts_come_in_order_page_by_page(service: Service) -> None:
    alerts = await raise_alerts(service, 3)
    for alert in alerts:
        await service.tell(verdict_on(service, alert))

    first = (await service.get(VERDICTS, params={"limit": 2})).json()
    second = (await service.get(VERDICTS, params={"limit": 2, "after": first["next"]})).json()
    third = (await service.get(VERDICTS, params={"after": second["next"]})).json()

    told = [item["alert_id"] for item in first["items"] + second["items"]]
    assert told == [str(alert.alert_id) for alert in alerts]
    assert (first["more"], second["more"]) == (True, False)
    assert third == {"items": [], "next": second["next"], "more": False}
    assert first["items"][0]["reason"] == "已返校"

    await service.tell(verdict_on(service, alerts[0], verdict="risk_confirmed", minutes=1))
    (again,) = (await service.get(VERDICTS, params={"after": third["next"]})).json()["items"]
    assert (again["alert_id"], again["verdict"]) == (str(alerts[0].alert_id), "risk_confirmed")


async def test_what_a_verdict_rests_on_is_told_with_it(service: Service) -> None:
    called, silent = await raise_alerts(service, 2)
    await service.tell(verdict_on(service, called, basis="phone"), verdict_on(service, silent))
    told = {item["alert_id"]: item["basis"] for item in (await service.get(VERDICTS)).json()["items"]}
    assert told == {str(called.alert_id): "phone", str(silent.alert_id): None}


async def test_a_verdict_told_twice_or_out_of_date_is_told_on_once(service: Service) -> None:
    (alert,) = await raise_alerts(service, 1)
    given = verdict_on(service, alert)
    await service.tell(given)
    await service.tell(given)
    await service.tell(verdict_on(service, alert, verdict="moved_away", minutes=-5))
    assert [item["verdict"] for item in (await service.get(VERDICTS)).json()["items"]] == ["no_risk"]


async def test_a_verdict_that_commits_late_is_not_overlooked(service: Service) -> None:
    """The older transaction writes first and commits last; who reads in between must not go past it."""
    early, late = await raise_alerts(service, 2)
    insert = (
        "INSERT INTO verdict_notice (id, alert_id, feed, area_code, verdict, answered_at) "
        "VALUES (uuidv7(), '{}', 'education.absence', '539921100001', 'no_risk', now())"
    )
    async with service.database.engine.connect() as slow:
        transaction = await slow.begin()
        await slow.exec_driver_sql(insert.format(late.alert_id))
        await service.tell(verdict_on(service, early))
        before = (await service.get(VERDICTS)).json()
        await transaction.commit()
    after = (await service.get(VERDICTS, params={"after": before["next"]} if before["next"] else {})).json()
    told = [item["alert_id"] for item in before["items"] + after["items"]]
    assert sorted(told) == sorted([str(early.alert_id), str(late.alert_id)])


async def test_each_bureau_hears_of_its_own_feeds_and_areas(service: Service) -> None:
    (alert,) = await raise_alerts(service, 1)
    bill = cost(person={"id_number": id_number(900), "name": "某人"})
    await service.post(ALERTS, bill, headers=MEDICAL)
    mine = await service.heard.hear(AlertRaised, 2)
    await service.tell(verdict_on(service, *mine))

    async def told(headers: Any, **params: Any) -> list[str]:
        answer = await service.get(VERDICTS, headers=headers, params=params)
        return sorted(item["feed"] for item in answer.json()["items"])

    assert await told(EDUCATION) == ["education.absence"]
    assert await told(MEDICAL) == ["medical.cost"]
    assert await told(MEDICAL, feed="education.absence") == []
    assert await told(bearer("county")) == ["education.absence", "medical.cost"]
    assert await told(bearer("county", areas=["539922"])) == []
    for role in ("supervisor", "admin"):
        answer = await service.get(VERDICTS, headers=bearer(role), params={"feed": alert.feed})
        (seen,) = answer.json()["items"]
        assert (seen["alert_id"], seen["reason"]) == (str(alert.alert_id), None)


async def test_who_read_before_a_restore_reads_on_after_it(service: Service) -> None:
    """A new database begins to count its transactions anew: what it tells would lie before all that was restored."""
    alerts = await raise_alerts(service, 4)
    for alert in alerts[:3]:
        await service.tell(verdict_on(service, alert))
    readers = {}
    for told in (1, 2, 3):
        readers[told] = (await service.get(VERDICTS, params={"limit": told})).json()["next"]
    await service.sql(
        "DELETE FROM verdict_notice WHERE id = (SELECT max(id::text)::uuid FROM verdict_notice)"
    )  # not in the copy
    await service.sql("UPDATE verdict_notice SET xid = xid + 1000000000")
    await service.tell(verdict_on(service, alerts[3]))

    for _ in range(2):  # the second time there is nothing to do
        await place_restored(service.database)
        assert await read_from(service, None) == [0, 1, 3]
        assert await read_from(service, readers[1]) == [1, 3]
        assert await read_from(service, readers[2]) == [3]
        assert await read_from(service, readers[3]) == [3]


async def read_from(service: Service, after: str | None) -> list[int]:
    """Which pupils' verdicts are read from there on, page by page."""
    pupils = [str(id_) for [id_] in await service.sql("SELECT id FROM alert ORDER BY id")]
    told: list[int] = []
    while True:
        page = (await service.get(VERDICTS, params={"limit": 1, **({"after": after} if after else {})})).json()
        told += [pupils.index(item["alert_id"]) for item in page["items"]]
        after = page["next"]
        if not page["more"]:
            return told


async def test_a_place_that_was_forgotten_is_read_on_from(service: Service) -> None:
    (alert,) = await raise_alerts(service, 1)
    await service.tell(verdict_on(service, alert))
    last = (await service.get(VERDICTS)).json()["next"]
    await service.sql("DELETE FROM verdict_notice")
    assert (await service.get(VERDICTS, params={"after": last})).json() == {"items": [], "next": last, "more": False}
    await service.tell(verdict_on(service, alert, verdict="risk_confirmed", minutes=1))
    assert await read_from(service, last) == [0]


@pytest.mark.parametrize("after", ["x", "W10", "WzEsMl0", "WzAsICJ4Il0", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE1LCAieCJd"])
async def test_a_cursor_of_somebody_else_is_refused(service: Service, after: str) -> None:
    answer = await service.get(VERDICTS, params={"after": after})
    assert (answer.status_code, faults(answer)) == (422, {"after": "cursor-invalid"})


async def test_readers_and_writers_side_by_side_miss_none(service: Service) -> None:
    alerts = await raise_alerts(service, 20)
    seen: list[str] = []

    async def read() -> None:
        after = None
        while len(seen) < len(alerts):
            answer = (await service.get(VERDICTS, params={"after": after} if after else {})).json()
            seen.extend(item["alert_id"] for item in answer["items"])
            after = answer["next"]
            await asyncio.sleep(0)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(read())
        for alert in alerts:
            group.create_task(service.tell(verdict_on(service, alert)))
    assert sorted(seen) == sorted(str(alert.alert_id) for alert in alerts)


async def test_every_report_behind_an_alert_is_told_of(service: Service) -> None:
    """Two bills of one person are one alert; each row's sender waits for an answer to that row."""
    for ref in ("YB-1", "YB-2"):
        await service.post(ALERTS, cost(source_ref=ref), headers=MEDICAL)
    (alert,) = await service.heard.hear(AlertRaised)
    await service.tell(verdict_on(service, alert))
    items = (await service.get(VERDICTS, headers=MEDICAL)).json()["items"]
    assert sorted(item["source_ref"] for item in items) == ["YB-1", "YB-2"]
    assert {item["alert_id"] for item in items} == {str(alert.alert_id)}
