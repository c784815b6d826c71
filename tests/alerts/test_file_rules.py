"""Periods, names of areas, and when a file will be done: pure sums."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.alerts.rules.area_names import area_names
from services.alerts.rules.calendar import PeriodInvalid, period_end
from services.alerts.rules.files import ends_at
from shared.areas import Scope


@pytest.mark.parametrize(
    ("text", "cadence", "last"),
    [
        ("2026-03-02", "daily", date(2026, 3, 2)),
        ("2026-03-30", "daily", date(2026, 3, 30)),
        ("2026-02-T1", "ten_days", date(2026, 2, 10)),
        ("2026-02-T2", "ten_days", date(2026, 2, 20)),
        ("2026-02-T3", "ten_days", date(2026, 2, 28)),
        ("2028-02", "monthly", date(2028, 2, 29)),
        ("2026-12", "event", date(2026, 12, 31)),
        ("2026-Q1", "quarterly", date(2026, 3, 31)),
        ("2026-Q4", "quarterly", date(2026, 12, 31)),
        ("2026-S2", "term", None),
    ],
)
def test_the_last_day_of_a_period(text: str, cadence: str, last: date | None) -> None:
    assert period_end(text, cadence) == last


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("2026-02-29", "daily"),
        ("2026-03", "daily"),
        ("2026-13", "monthly"),
        ("2026-3", "monthly"),
        ("2026-03-T4", "ten_days"),
        ("2026-Q5", "quarterly"),
        ("2026-S3", "term"),
        ("２０２６-03", "monthly"),
        ("2026-03\n", "monthly"),
        ("", "event"),
    ],
)
def test_what_is_no_period(text: str, cadence: str) -> None:
    with pytest.raises(PeriodInvalid):
        period_end(text, cadence)


def test_when_it_will_be_done() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    moved = start + timedelta(seconds=10)
    assert ends_at(250, 1000, start, moved) == moved + timedelta(seconds=30)
    assert ends_at(1200, 1000, start, moved) == moved
    assert ends_at(250, 1000, moved, start) == start, "a clock that was set back tells no end before now"
    assert ends_at(0, 1000, start, start) is None
    assert ends_at(10, None, start, moved) is None
    assert ends_at(0, 10, None, None) is None


def test_areas_by_the_names_that_bureaus_write() -> None:
    areas = [
        ("539921000000", "云岫县"),
        ("539921100000", "龙泉镇"),
        ("539921100001", "龙泉村"),
        ("539921100002", "新村"),
        ("539921101000", "大河镇"),
        ("539921101001", " 新村 "),
        ("539922000000", "邻县"),
        ("539922100001", "龙泉村"),
    ]
    found = area_names(areas, Scope.parse(["539921"]))
    assert found["龙泉村"] == found["龙泉镇龙泉村"] == found["云岫县龙泉镇龙泉村"] == "539921100001"
    assert "新村" not in found, "there are two"
    assert (found["龙泉镇新村"], found["大河镇新村"]) == ("539921100002", "539921101001")
    assert found["云岫县"] == "539921000000"
    assert "邻县" not in found
    assert area_names(areas, Scope.nowhere()) == {}
