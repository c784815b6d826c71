"""Two bureaus whose reports about areas are one alert: each sees and hears what it has named, and no more."""

from sqlalchemy import text

from tests.alerts.conftest import BATCHES, Service, until
from tests.alerts.test_area_alerts import WATER, cut, water

__all__ = ["water"]


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
