"""The pure calendar: names, edges, due days, free days, terms; and what a day's silence is called."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.alerts.rules.calendar import (
    PeriodNotPlain,
    PeriodUnknown,
    Schedule,
    is_scheduled,
    is_working_day,
    month_days,
    period_named,
    period_of,
    periods_due,
    plain_period,
)
from services.alerts.rules.feeds import Cadence
from services.alerts.rules.silence import (
    Heard,
    PeriodInFuture,
    PeriodPushed,
    Reminder,
    owing_areas,
    reminded_span,
    reminder_for,
    require_zero_reportable,
    standing,
)
from shared.areas import AreaCode, Scope
from shared.contracts.policies import FeedCalendar, FeedReminder, Reminders

NOTICE = FeedCalendar.model_validate(
    {
        "holidays": [
            {"first": "2026-02-15", "last": "2026-02-23"},
            {"first": "2026-10-01", "last": "2026-10-07"},
        ],
        "working_days": ["2026-02-14", "2026-02-28", "2026-10-10"],
        "terms": [
            {"name": "2025-S2", "first": "2025-09-01", "last": "2026-01-23"},
            {"name": "2026-S1", "first": "2026-03-02", "last": "2026-07-10", "lists_due": "2026-03-25"},
        ],
        "in_term_only": ["education.absence"],
        "at_term_start": ["education.not-enrolled"],
    }
)
PLAIN = FeedCalendar(weekend=[], postpone=False)
CADENCES: tuple[Cadence, ...] = ("daily", "ten_days", "monthly", "quarterly", "term", "event")
days = st.dates(date(2025, 9, 1), date(2026, 7, 10))


def day(text: str) -> date:
    return date.fromisoformat(text)


def schedule(cadence: Cadence, due_day: int | None = None, feed: str = "some.feed", **more: object) -> Schedule:
    return Schedule(feed, cadence, due_day, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cadence", "on", "name", "first", "last"),
    [
        ("daily", "2026-03-02", "2026-03-02", "2026-03-02", "2026-03-02"),
        ("ten_days", "2026-03-01", "2026-03-T1", "2026-03-01", "2026-03-10"),
        ("ten_days", "2026-03-10", "2026-03-T1", "2026-03-01", "2026-03-10"),
        ("ten_days", "2026-03-11", "2026-03-T2", "2026-03-11", "2026-03-20"),
        ("ten_days", "2026-03-20", "2026-03-T2", "2026-03-11", "2026-03-20"),
        ("ten_days", "2026-03-21", "2026-03-T3", "2026-03-21", "2026-03-31"),
        ("ten_days", "2026-03-31", "2026-03-T3", "2026-03-21", "2026-03-31"),
        ("ten_days", "2026-02-28", "2026-02-T3", "2026-02-21", "2026-02-28"),
        ("ten_days", "2028-02-29", "2028-02-T3", "2028-02-21", "2028-02-29"),
        ("monthly", "2028-02-29", "2028-02", "2028-02-01", "2028-02-29"),
        ("monthly", "2026-12-31", "2026-12", "2026-12-01", "2026-12-31"),
        ("quarterly", "2026-01-01", "2026-Q1", "2026-01-01", "2026-03-31"),
        ("quarterly", "2026-03-31", "2026-Q1", "2026-01-01", "2026-03-31"),
        ("quarterly", "2026-06-30", "2026-Q2", "2026-04-01", "2026-06-30"),
        ("quarterly", "2026-12-31", "2026-Q4", "2026-10-01", "2026-12-31"),
        ("term", "2025-09-01", "2025-S2", "2025-09-01", "2026-01-23"),
        ("term", "2026-07-10", "2026-S1", "2026-03-02", "2026-07-10"),
        ("event", "2026-03-17", "2026-03", "2026-03-01", "2026-03-31"),
    ],
)
def test_a_day_belongs_to_a_period(cadence: Cadence, on: str, name: str, first: str, last: str) -> None:
    found = period_of(schedule(cadence), day(on), NOTICE)
    assert found is not None
    assert (found.name, found.first, found.last) == (name, day(first), day(last))


@pytest.mark.parametrize(
    ("cadence", "due_day", "on", "meant"),
    [
        ("event", None, "2026-03-01", "2026-03"),
        ("monthly", 5, "2026-03-05", None),  # February's report is due that day
        ("monthly", 5, "2026-03-06", "2026-03"),
        ("quarterly", 10, "2026-04-10", None),
        ("quarterly", 10, "2026-04-13", "2026-Q2"),
        ("daily", 1, "2026-03-10", None),
        ("daily", 0, "2026-03-10", "2026-03-10"),
        ("term", 10, "2026-03-02", "2026-S1"),
        ("term", 10, "2026-02-10", None),  # no term
    ],
)
def test_the_present_period_is_meant_once_the_one_before_is_done(
    cadence: Cadence, due_day: int | None, on: str, meant: str | None
) -> None:
    if meant is not None:
        assert plain_period(schedule(cadence, due_day), day(on), NOTICE).name == meant
        return
    with pytest.raises(PeriodNotPlain) as refused:
        plain_period(schedule(cadence, due_day), day(on), NOTICE)
    assert refused.value.faults[0].params["names"]


def test_between_two_terms_there_is_none() -> None:
    assert period_of(schedule("term"), day("2026-01-24"), NOTICE) is None
    assert period_of(schedule("term"), day("2026-03-01"), NOTICE) is None


@given(days, st.sampled_from(CADENCES))
def test_every_day_lies_in_one_period_that_its_name_finds_again(on: date, cadence: Cadence) -> None:
    one = schedule(cadence, 5)
    found = period_of(one, on, NOTICE)
    if found is None:
        assert cadence == "term"
        return
    assert found.first <= on <= found.last
    assert period_named(one, found.name, NOTICE) == found
    after = period_of(one, found.last + timedelta(days=1), NOTICE)
    assert after is None or (after.first == found.last + timedelta(days=1) and after.name > found.name)


@pytest.mark.parametrize(
    ("cadence", "name"),
    [
        ("daily", "2026-02-29"),
        ("daily", "2026-03"),
        ("daily", "2026-3-2"),
        ("daily", "２０２６-03-02"),
        ("ten_days", "2026-03-T0"),
        ("ten_days", "2026-03-T4"),
        ("ten_days", "2026-13-T1"),
        ("monthly", "2026-00"),
        ("monthly", "2026-13"),
        ("monthly", "2026-03-01"),
        ("monthly", "2026-03\n"),
        ("monthly", "1026-03"),
        ("quarterly", "2026-Q5"),
        ("quarterly", "2026-03"),
        ("term", "2026-S2"),
        ("term", "2026-03"),
        ("event", "2026"),
    ],
)
def test_a_name_that_is_none_is_refused(cadence: Cadence, name: str) -> None:
    with pytest.raises(PeriodUnknown) as caught:
        period_named(schedule(cadence), name, NOTICE)
    example = str(caught.value.params["example"])
    assert period_named(schedule(cadence), example, NOTICE).name == example, "the text shows one that there is"


@pytest.mark.parametrize(
    ("cadence", "due_day", "name", "due_on"),
    [
        ("monthly", 5, "2026-02", "2026-03-05"),  # by the 5th of the next month
        ("monthly", 5, "2026-11", "2026-12-07"),  # a Saturday: the Monday after it
        ("monthly", 5, "2026-09", "2026-10-08"),  # in the National Day week: the first day after it
        ("monthly", 10, "2026-09", "2026-10-10"),  # a Saturday that was made a working day
        ("monthly", 5, "2026-12", "2027-01-05"),
        ("monthly", 28, "2026-01", "2026-02-28"),  # a Saturday in February, worked
        ("ten_days", 3, "2026-02-T1", "2026-02-13"),
        ("ten_days", 5, "2026-02-T1", "2026-02-24"),  # 15 February: the first day of the Spring Festival
        ("quarterly", 10, "2026-Q1", "2026-04-10"),
        ("daily", 1, "2026-03-06", "2026-03-09"),  # Friday's is due on Monday
        ("daily", 1, "2026-02-28", "2026-03-02"),  # a Saturday that was made a working day
        ("term", 30, "2025-S2", "2026-02-24"),
    ],
)
def test_due_days(cadence: Cadence, due_day: int, name: str, due_on: str) -> None:
    assert period_named(schedule(cadence, due_day), name, NOTICE).due_on == day(due_on)


def test_grace_is_added_and_nothing_is_due_that_nobody_owes() -> None:
    assert period_named(schedule("monthly", 5, grace_days=2), "2026-02", NOTICE).due_on == day("2026-03-07")
    assert period_named(schedule("event"), "2026-02", NOTICE).due_on is None
    assert period_named(schedule("daily", 1), "2026-03-07", NOTICE).due_on is None, "a Saturday"
    new = schedule("monthly", 5, since=day("2026-03-02"))
    assert period_named(new, "2026-02", NOTICE).due_on is None, "it ended before the feed was made"
    assert period_named(new, "2026-03", NOTICE).due_on == day("2026-04-06")
    owed = NOTICE.model_copy(update={"expected_from": day("2026-01-01")})
    assert period_named(new, "2026-02", owed).due_on == day("2026-03-05"), "the county says from when"


def test_lists_of_a_term_are_due_at_its_beginning() -> None:
    lists = schedule("term", 20, "education.not-enrolled")
    assert period_named(lists, "2026-S1", NOTICE).due_on == day("2026-03-25")
    assert period_named(lists, "2025-S2", NOTICE).due_on == day("2025-09-22"), "20 days after the first, a Sunday"
    assert period_named(schedule("term", 30, "education.cost"), "2026-S1", NOTICE).due_on == day("2026-08-10")


def test_school_days_alone_are_owed_by_a_feed_of_the_term() -> None:
    absence = schedule("daily", 1, "education.absence")
    assert periods_due(absence, day("2026-02-01"), day("2026-02-28"), NOTICE) == []
    march = periods_due(absence, day("2026-03-01"), day("2026-03-31"), NOTICE)
    assert (march[0].name, march[-1].name, len(march)) == ("2026-03-02", "2026-03-30", 21)


def test_which_periods_fall_due_in_a_month() -> None:
    def names(one: Schedule, month: str) -> list[str]:
        span = month_days(month)
        assert span is not None
        return [period.name for period in periods_due(one, *span, NOTICE)]

    assert names(schedule("monthly", 5), "2026-03") == ["2026-02"]
    assert names(schedule("monthly", None), "2026-03") == ["2026-03"]
    assert names(schedule("monthly", None), "2026-02") == ["2026-01", "2026-02"], "31 January is moved to 2 February"
    assert names(schedule("ten_days", 3), "2026-03") == ["2026-02-T3", "2026-03-T1", "2026-03-T2"]
    assert names(schedule("quarterly", 10), "2026-03") == []
    assert names(schedule("quarterly", 10), "2026-04") == ["2026-Q1"]
    assert names(schedule("term", 20, "education.not-enrolled"), "2026-03") == ["2026-S1"]
    assert names(schedule("event"), "2026-03") == ["2026-03"]
    october = names(schedule("daily", 1), "2026-10")
    assert october[:2] == ["2026-09-30", "2026-10-08"], "nothing in the holidays, and what was due in them after them"
    assert "2026-10-10" in october


@given(st.sampled_from(CADENCES[:4]), st.integers(1, 28), days, days)
def test_due_periods_are_those_whose_due_day_lies_there(cadence: Cadence, due: int, one: date, other: date) -> None:
    """Against the plain way: look at every day of two years."""
    first, last = sorted((one, other))
    last = min(last, first + timedelta(days=70))
    feed = schedule(cadence, due, grace_days=due % 3)
    begin = first - timedelta(days=300)
    all_days = (begin + timedelta(days=n) for n in range((last - begin).days + 1))
    every = {period_of(feed, on, NOTICE) for on in all_days}
    wanted = sorted((p.first, p.name) for p in every if p and p.due_on and first <= p.due_on <= last)
    assert [(p.first, p.name) for p in periods_due(feed, first, last, NOTICE)] == wanted


def test_working_days() -> None:
    worked = ["2026-02-13", "2026-02-14", "2026-02-16", "2026-02-23", "2026-02-24", "2026-02-28"]
    assert [is_working_day(day(text), NOTICE) for text in worked] == [True, True, False, False, True, True]
    assert all(is_working_day(day("2026-03-01") + timedelta(days=n), PLAIN) for n in range(7))


def test_a_calendar_without_any_working_day_comes_to_an_end() -> None:
    """Holidays may be typed for a century: the due day is not looked for beyond half a year or so."""
    endless = FeedCalendar.model_validate({"holidays": [{"first": "2000-01-01", "last": "2100-01-01"}]})
    found = period_named(schedule("monthly", 5), "2026-02", endless)
    assert found.due_on is not None
    assert found.due_on < day("2027-01-01")


@pytest.mark.parametrize(
    "body",
    [
        {"weekend": [1, 2, 3, 4, 5, 6, 7]},
        {"weekend": [8]},
        {"holidays": [{"first": "2026-02-02", "last": "2026-02-01"}]},
        {"terms": [{"name": "spring", "first": "2026-03-02", "last": "2026-07-10"}]},
        {
            "terms": [
                {"name": "2026-S1", "first": "2026-03-02", "last": "2026-07-10"},
                {"name": "2026-S2", "first": "2026-07-10", "last": "2027-01-10"},
            ]
        },
        {
            "terms": [
                {"name": "2026-S1", "first": "2026-03-02", "last": "2026-07-10"},
                {"name": "2026-S1", "first": "2026-09-01", "last": "2027-01-10"},
            ]
        },
        {"graces": 3},
    ],
)
def test_a_calendar_that_cannot_be_is_not_published(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FeedCalendar.model_validate(body)


def test_months_and_missing_terms() -> None:
    assert month_days("2028-02") == (day("2028-02-01"), day("2028-02-29"))
    assert [month_days(text) for text in ("2026-13", "2026-2", "", "2026-02-01", "x")] == [None] * 5
    term = schedule("term", 20)
    assert is_scheduled(term, day("2026-02-01"), day("2026-02-28"), NOTICE), "holidays between known terms"
    assert not is_scheduled(term, day("2026-08-01"), day("2026-08-31"), NOTICE)
    assert not is_scheduled(term, day("2020-08-01"), day("2020-08-31"), NOTICE)
    assert is_scheduled(schedule("monthly", 5), day("2026-08-01"), day("2026-08-31"), NOTICE)


FEBRUARY = period_named(schedule("monthly", 5), "2026-02", NOTICE)
EVENT = period_named(schedule("event"), "2026-02", NOTICE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("heard", "today", "expected"),
    [
        (Heard(), "2026-03-05", ("pending", False, 0)),
        (Heard(), "2026-03-06", ("silent", False, 1)),
        (Heard(), "2026-04-01", ("silent", False, 27)),
        (Heard(3, 0, at("2026-03-05T15:59:59")), "2026-04-01", ("pushed", False, 0)),  # 23:59:59 in China
        (Heard(3, 0, at("2026-03-05T16:00:00")), "2026-04-01", ("pushed", True, 1)),  # the 6th in China
        (Heard(0, 1, at("2026-03-02T01:00:00")), "2026-04-01", ("pushed", False, 0)),  # a file without a hit
        (Heard(zero_reported=at("2026-03-05T15:00:00")), "2026-04-01", ("zero_reported", False, 0)),
        (Heard(zero_reported=at("2026-03-07T16:00:00")), "2026-04-01", ("zero_reported", True, 3)),
        # In time by a zero report, then alerts: heard in time, though it was not true.
        (Heard(1, 0, at("2026-03-20T01:00:00"), at("2026-03-04T01:00:00")), "2026-04-01", ("pushed", False, 0)),
    ],
)
def test_how_a_period_stands(heard: Heard, today: str, expected: tuple[str, bool, int]) -> None:
    found = standing(FEBRUARY, heard, day(today))
    assert (found.state, found.late, found.delay_days) == expected


def test_what_nobody_waits_for_is_never_silent() -> None:
    assert standing(EVENT, Heard(), day("2027-01-01")).state == "not_expected"
    assert standing(EVENT, Heard(2, 0, at("2026-03-20T01:00:00")), day("2027-01-01")).late is False


def test_what_may_be_reported_as_empty() -> None:
    require_zero_reportable(FEBRUARY, 0, FEBRUARY.first)
    with pytest.raises(PeriodInFuture):
        require_zero_reportable(FEBRUARY, 0, FEBRUARY.first - timedelta(days=1))
    with pytest.raises(PeriodPushed):
        require_zero_reportable(FEBRUARY, 1, day("2026-03-01"))


POLICY = Reminders(before=[3, 1], after=1, repeat=3, times=3)


@pytest.mark.parametrize(
    ("today", "turn"),
    [
        ("2026-03-01", None),
        ("2026-03-02", Reminder("before", 3)),
        ("2026-03-03", Reminder("before", 3)),  # the system was away on the 2nd
        ("2026-03-04", Reminder("before", 1)),
        ("2026-03-05", Reminder("before", 1)),
        ("2026-03-06", Reminder("after", 1)),
        ("2026-03-08", Reminder("after", 1)),
        ("2026-03-09", Reminder("after", 4)),
        ("2026-03-12", Reminder("after", 7)),
        ("2026-03-14", Reminder("after", 7)),
        ("2026-03-15", None),
    ],
)
def test_whose_turn_it_is(today: str, turn: Reminder | None) -> None:
    assert reminder_for(day("2026-03-05"), POLICY, day(today)) == turn


def test_one_reminder_after_is_sent_within_a_week_and_none_where_none_is_wanted() -> None:
    once = Reminders(after=2)
    found = [reminder_for(day("2026-03-05"), once, day("2026-03-05") + timedelta(days=n)) for n in range(11)]
    assert found == [None, None, *[Reminder("after", 2)] * 7, None, None]
    assert reminder_for(day("2026-03-05"), Reminders(), day("2026-03-09")) is None


@given(st.integers(-90, 90), st.lists(st.integers(0, 60), max_size=4), st.integers(1, 60), st.integers(1, 60))
def test_nothing_is_reminded_of_outside_the_span_that_is_looked_at(
    left: int, before: list[int], after: int, repeat: int
) -> None:
    policy = Reminders(before=before, after=after, repeat=repeat, times=2)
    back, ahead = reminded_span([policy])
    today = day("2026-03-05")
    if reminder_for(today + timedelta(days=left), policy, today) is not None:
        assert -back <= left <= ahead


def test_the_first_rule_that_fits_says_when() -> None:
    policy = FeedReminder.model_validate(
        {
            "default": {"after": 1},
            "rules": [
                {"feed": "a.b", "remind": {"after": 2}},
                {"cadence": "daily", "remind": {"after": 3}},
                {"feed": "c.d", "cadence": "monthly", "remind": {"after": 4}},
            ],
        }
    )
    asked = [("a.b", "daily"), ("x.y", "daily"), ("c.d", "monthly"), ("c.d", "term")]
    assert [policy.of(*one).after for one in asked] == [2, 3, 4, 1]
    with pytest.raises(ValidationError):
        Reminders(after=1, times=2)


def test_places_are_the_counties_in_sight_or_the_parts_of_them() -> None:
    counties = ["539921", "539922"]

    def owing(*prefixes: str) -> list[str]:
        scope = Scope.of(*(AreaCode(prefix.ljust(12, "0")) for prefix in prefixes))
        return owing_areas(scope, counties)

    assert owing_areas(Scope.everywhere(), counties) == ["539921", "539922"]
    assert owing("5399") == owing("53") == ["539921", "539922"]
    assert owing("539921") == ["539921"]
    assert owing("539921100") == ["539921100"], "a township sees its part"
    assert owing("539921100", "539922") == ["539921100", "539922"]
    assert owing("539921", "539922100001") == ["539921", "539922100001"]
    assert owing("540000") == owing() == []
    assert owing_areas(Scope.everywhere(), []) == []
