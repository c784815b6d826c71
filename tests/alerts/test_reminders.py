"""Reminders: before a report is due and after, each once, and none where somebody spoke."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from services.alerts.usecases import calendar
from shared.areas import Scope
from shared.clock import CHINA
from shared.contracts.alerts import ReportDue
from tests.alerts.conftest import ALERTS, MEDICAL, Service
from tests.alerts.silence import policy, push, tell_policies, zero


@pytest.fixture
async def told(service: Service) -> Service:
    """The service with its policies, one county, and two feeds that owe reports."""
    await tell_policies(service)
    await service.sql("UPDATE feed SET active = code IN ('medical.cost', 'education.absence', 'upper.clue')")
    await service.sql("UPDATE area SET active = false WHERE code LIKE '539922%'")
    return service


def china(text: str) -> datetime:
    """A moment by the clock in China."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


async def remind(service: Service, text: str) -> int:
    async with service.database.write(Scope.everywhere()) as session:
        return await calendar.remind(session, china(text))


async def heard(service: Service, count: int, feed: str = "medical.cost") -> list[tuple[Any, ...]]:
    """The reminders of a feed, once there are `count` of all feeds."""
    events = await service.heard.hear(ReportDue, count)
    assert len(events) == count
    return [(e.period, e.when, e.days, str(e.due_on)) for e in events if e.feed == feed]


async def test_before_and_after_each_once(told: Service) -> None:
    await told.sql("UPDATE feed SET active = code = 'medical.cost'")
    days = {}
    for day in [*range(1, 12), 14, 17, 20, 23, 26]:
        for hour in ("00:00:01", "12:00", "23:59:59"):
            days[day] = days.get(day, 0) + await remind(told, f"2026-03-{day:02}T{hour}")
    assert {day: count for day, count in days.items() if count} == {4: 1, 6: 1, 8: 1, 11: 1, 14: 1, 17: 1, 20: 1}
    due = "2026-03-07"
    assert await heard(told, 7) == [
        ("2026-02", "before", 3, due),
        ("2026-02", "before", 1, due),
        *[("2026-02", "after", n, due) for n in (1, 4, 7, 10, 13)],
    ]
    (event, *_) = told.heard.of(ReportDue)
    versions = await told.sql("SELECT id FROM policy WHERE kind = 'feed-reminder'")
    assert (event.bureau, event.area_prefix, event.policy_id) == ("medical-insurance", "539921", versions[0][0])


async def test_a_day_in_china_begins_at_midnight_there(told: Service) -> None:
    await told.sql("UPDATE feed SET active = code = 'medical.cost'")
    assert await remind(told, "2026-03-03T23:59:59") == 0
    assert await remind(told, "2026-03-04T00:00:00") == 1


async def test_who_spoke_is_left_alone(told: Service) -> None:
    await told.sql("UPDATE feed SET active = code = 'medical.cost'")
    assert await remind(told, "2026-03-06T08:00") == 1
    await told.sql("DELETE FROM report_reminder")
    made = (await zero(told, "2026-02")).json()
    assert await remind(told, "2026-03-06T08:00") == 0
    await told.post(f"/alerts/v1/zero-reports/{made['id']}/withdrawal", {"reason": "漏报"}, headers=MEDICAL)
    assert await remind(told, "2026-03-06T08:00") == 1
    await told.sql("DELETE FROM report_reminder")
    alert_id = await push(told, "2026-02-10")
    assert await remind(told, "2026-03-06T08:00") == 0
    await told.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "误报"}, headers=MEDICAL)
    assert await remind(told, "2026-03-06T08:00") == 1


async def test_after_an_outage_only_the_latest_is_sent(told: Service) -> None:
    await told.sql("UPDATE feed SET active = code = 'medical.cost'")
    assert await remind(told, "2026-03-16T08:00") == 1
    assert await heard(told, 1) == [("2026-02", "after", 9, "2026-03-07")]


async def test_a_day_of_silence_is_told_the_day_after_it_was_due(told: Service) -> None:
    await told.sql("UPDATE feed SET active = code = 'education.absence'")
    assert await remind(told, "2026-03-02T08:00") == 0
    counts = [await remind(told, f"2026-03-{day:02}T08:00") for day in range(3, 13)]
    #         Tue Wed Thu Fri Sat Sun Mon Tue Wed Thu: Monday's silence is told on Wednesday, Friday's on Tuesday
    assert counts == [0, 1, 1, 1, 1, 0, 0, 1, 1, 1]


async def test_events_are_never_reminded_of(told: Service) -> None:
    await told.sql("UPDATE feed SET active = code = 'upper.clue'")
    assert [await remind(told, f"2026-03-{day:02}T08:00") for day in range(1, 29)] == [0] * 28


async def test_processes_that_remind_at_once_tell_once(told: Service) -> None:
    told_by = await asyncio.gather(*(remind(told, "2026-03-06T08:00") for _ in range(6)))
    assert sum(told_by) == 4
    found = Counter((e.feed, e.period) for e in await told.heard.hear(ReportDue, 4))
    absent = [("education.absence", f"2026-03-0{day}") for day in (2, 3, 4)]
    assert found == dict.fromkeys([("medical.cost", "2026-02"), *absent], 1)
    assert await told.count("report_reminder") == 4


async def test_killed_before_the_commit_nothing_was_told_and_the_next_one_tells(told: Service) -> None:
    with pytest.raises(KeyboardInterrupt):
        async with told.database.write(Scope.everywhere()) as session:
            assert await calendar.remind(session, china("2026-03-06T08:00")) == 4
            raise KeyboardInterrupt
    assert (await told.count("report_reminder"), await told.count("outbox")) == (0, 0)
    assert await remind(told, "2026-03-06T08:00") == 4


async def test_without_a_policy_nobody_is_reminded_and_others_are_not_held_up(told: Service) -> None:
    await told.sql("UPDATE area SET active = true")
    await told.sql("DELETE FROM policy WHERE kind = 'feed-reminder'")
    assert await remind(told, "2026-03-06T08:00") == 0
    await told.tell(policy("feed-reminder", area_prefix="539922", default={"after": 1}))
    await told.sql("UPDATE feed SET active = code = 'medical.cost'")
    assert await remind(told, "2026-03-08T08:00") == 1
    assert [e.area_prefix for e in await told.heard.hear(ReportDue)] == ["539922"]


async def test_old_ones_are_forgotten_when_they_cannot_come_again(told: Service) -> None:
    await remind(told, "2026-03-06T08:00")
    async with told.database.write(Scope.everywhere()) as session:
        await calendar.forget_reminders(session, china("2028-03-01T08:00"))
    assert await told.count("report_reminder") == 4
    async with told.database.write(Scope.everywhere()) as session:
        await calendar.forget_reminders(session, china("2028-06-01T08:00"))
    assert await told.count("report_reminder") == 0
