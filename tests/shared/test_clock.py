"""The clock's days are Chinese ones; its moments are told in UTC."""

from datetime import UTC, date, datetime, timedelta

from shared.clock import CHINA, end_of_day, local_date, start_of_day

DAY = date(2026, 3, 5)


def test_a_day_is_a_chinese_one_and_its_bounds_are_told_in_utc() -> None:
    assert start_of_day(DAY) == datetime(2026, 3, 5, tzinfo=CHINA)
    assert end_of_day(DAY) == datetime(2026, 3, 6, tzinfo=CHINA)
    for moment in (start_of_day(DAY), end_of_day(DAY)):
        assert moment.tzinfo is UTC, "one answer holds one zone, whether just reckoned or read from the database"
    assert local_date(start_of_day(DAY)) == DAY
    assert local_date(end_of_day(DAY) - timedelta(microseconds=1)) == DAY


def test_the_ends_of_time_are_moments_too() -> None:
    assert start_of_day(date.min) == datetime.min.replace(tzinfo=UTC)
    assert end_of_day(date.min) == start_of_day(date.min + timedelta(days=1))
    assert start_of_day(date.max) == datetime(9999, 12, 31, tzinfo=CHINA)
    assert end_of_day(date.max) == datetime.max.replace(tzinfo=UTC)
