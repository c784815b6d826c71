"""Two bureaus whose reports about areas are one alert: each sees and hears what it has named, and no more."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.alerts.conftest import ALERTS, BATCHES, VILLAGE, Service, bearer, days_ago, key_changed, until
from tests.alerts.test_area_alerts import (
    FAR,
    SECOND,
    TOWNSHIP,
    WATER,
    cancelled,
    cut,
    opened,
    read,
    report,
    verdict,
    water,
)
from tests.alerts.test_feeds import FEEDS, new_feed, schema
from tests.alerts.test_rule_quality import in_force, quality
from tests.alerts.test_verdicts import VERDICTS
from tests.alerts.test_webhooks import HOOKS

__all__ = ["water"]

HEALTH, NARROW = {"X-API-Key": "health-secret"}, {"X-API-Key": "narrow-secret"}


@pytest.fixture
async def health(water: Service) -> Service:
    """A second bureau that warns of water: one key for the county, one for a village."""
    said = await water.post(
        FEEDS,
        new_feed(
            code="health.water",
            subject="area",
            risk_family="water",
            default_severity="low",
            columns=[],
            evidence_schema=schema(
                required=["germs"], properties={"germs": {"title": "细菌 · germs", "type": "integer"}}
            ),
        ),
        headers=bearer("county"),
    )
    assert said.status_code == 201, said.text
    narrow = key_changed("narrow-secret", ["health.water"], "health").model_copy(update={"areas": [VILLAGE]})
    await water.tell(key_changed("health-secret", ["health.water"], "health"), narrow)
    return water


def warning(*codes: str, ref: str) -> dict[str, Any]:
    """Germs in the water there."""
    return {
        "feed": "health.water",
        "source_ref": ref,
        "occurred_on": days_ago(1),
        "area": {"codes": list(codes)},
        "evidence": {"germs": 3},
    }


async def germs(service: Service, *codes: str, headers: Any = HEALTH, ref: str = "WS-1") -> dict[str, Any]:
    """The health bureau's report on those areas: merged into the water bureau's alert."""
    answer = await service.post(ALERTS, warning(*codes, ref=ref), headers=headers)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "merged"), answer.text
    return dict(answer.json())


@pytest.mark.parametrize("headers", [HEALTH, NARROW])
async def test_a_bureau_sees_the_areas_that_it_named(health: Service, headers: dict[str, str]) -> None:
    alert = await report(health, cut(TOWNSHIP, FAR))
    await germs(health, VILLAGE, headers=headers)
    await health.tell(opened(alert["id"], VILLAGE, SECOND, FAR), verdict(health, alert["id"], SECOND, "risk_confirmed"))
    seen = await read(health, alert["id"], headers)
    assert seen["area"]["codes"] == [VILLAGE]
    assert [one["area_code"] for one in seen["areas"]] == [VILLAGE]
    for whole in (WATER, bearer("county")):
        seen = await read(health, alert["id"], whole)
        assert seen["area"]["codes"] == [TOWNSHIP, FAR]
        assert [one["area_code"] for one in seen["areas"]] == [VILLAGE, SECOND, FAR]


@pytest.mark.parametrize(
    ("named", "heard"),
    [
        ([[VILLAGE]], {"WS-0": "no_risk"}),
        ([[VILLAGE], [FAR]], {"WS-0": "no_risk", "WS-1": None}),  # nobody looked in the last one
        ([[VILLAGE], [FAR, VILLAGE, SECOND]], {"WS-0": "no_risk", "WS-1": "risk_confirmed"}),
        ([[TOWNSHIP]], {"WS-0": "risk_confirmed"}),
    ],
)
async def test_a_bureau_hears_what_was_said_where_it_warned(
    health: Service, named: list[list[str]], heard: dict[str, str | None]
) -> None:
    bureau = bearer("bureau", ["health.water"])
    hook = await health.post(HOOKS, {"url": "https://health.invalid/hook"}, headers=bureau)
    assert hook.status_code == 201, hook.text
    level = {"severity": "low", "when": "germs >= :line"}
    rule = await in_force(health, feed="health.water", levels=[level], parameters={"line": 1})
    alert = await report(health, cut(TOWNSHIP, FAR))
    for n, codes in enumerate(named):
        await germs(health, *codes, ref=f"WS-{n}")
    await health.tell(opened(alert["id"], VILLAGE, SECOND, FAR), cancelled(alert["id"], FAR))
    await health.tell(verdict(health, alert["id"], VILLAGE), verdict(health, alert["id"], SECOND, "risk_confirmed"))

    told = (await health.get(VERDICTS, headers=HEALTH)).json()["items"]
    assert {one["source_ref"]: one["verdict"] for one in told} == heard
    assert all(one["state"] == ("answered" if one["verdict"] else "dropped") for one in told)
    called = (await health.get(f"{HOOKS}/{hook.json()['id']}/deliveries", headers=bureau)).json()["items"]
    bodies = await health.sql("SELECT body->'data'->>'source_ref', body->'data'->>'verdict' FROM webhook_delivery")
    assert (dict(bodies), len(called)) == (heard, len(heard))
    gravest = "risk_confirmed" if "risk_confirmed" in heard.values() else "no_risk"
    assert (await quality(health, rule, HEALTH))["verdicts"] == {gravest: 1}
    seen = await read(health, alert["id"], HEALTH)
    [listed] = (await health.get(ALERTS, headers=HEALTH)).json()["items"]
    again = (await health.post(ALERTS, warning(*named[0], ref="WS-0"), headers=HEALTH)).json()
    assert [seen["verdict"], seen["answer"]["verdict"], listed["verdict"], again["verdict"]] == [gravest] * 4
    [own] = (await health.get(VERDICTS, headers=WATER)).json()["items"]
    assert own["verdict"] == "risk_confirmed"


async def test_a_batch_locks_all_its_risks_in_one_order(water: Service) -> None:
    """Two batches that name two risks the other way round would wait for each other otherwise."""
    fall = cut(feed="agriculture.price-fall", source_ref="B-2", evidence={"product": "辣椒", "fall_percent": 40})
    take = "SELECT pg_try_advisory_xact_lock(hashtextextended('areas:{}', 0))"
    waiting = """SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"""
    async with water.database.engine.begin() as connection:
        assert await connection.scalar(text(take.format("industry")))
        answer = await water.post(BATCHES, [cut(source_ref="B-1"), fall], headers=WATER)

        async def waits() -> bool:
            return await water.sql(waiting) != []

        await until(waits)
        assert await water.sql(take.format("water")) == [(True,)], "nothing is held while it waits for the first"
    assert (await water.batch(answer.json()["id"], headers=WATER))["accepted"] == 2


async def test_a_batch_locks_all_alerts_that_may_take_its_reports_in_in_one_order(water: Service) -> None:
    """As verdicts do: one that is given for both would hold the first and wait for the second, the batch the other way."""
    first, second = [(await report(water, draft))["id"] for draft in (cut(SECOND, source_ref="A-1"), cut(FAR))]
    lock = "SELECT FROM alert WHERE id = '{}' FOR UPDATE"
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    rows = [cut(code, source_ref=f"B-{code}") for code in (FAR, SECOND)]
    async with water.database.engine.begin() as connection:
        await connection.execute(text(lock.format(first)))
        answer = await water.post(BATCHES, rows, headers=WATER)

        async def waits() -> bool:
            return await water.sql(waiting) != []

        await until(waits)
        await water.sql(lock.format(second) + " NOWAIT")  # nothing is held while it waits for the first
    assert (await water.batch(answer.json()["id"], headers=WATER))["merged"] == 2
