"""When a report is more of the same, news, or an alert of its own; and what is left of one that is taken back in part."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from demo.feeds import shipped_feeds
from services.alerts.rules.accounting import days_of_account, due_tonight
from services.alerts.rules.alerts import AlertAlreadyWithdrawn, EvidenceNotFound
from services.alerts.rules.areas import Named, meet, names
from services.alerts.rules.merging import Incoming, Newest, judge, snoozed_until
from services.alerts.rules.withdrawals import Piece, take_back
from shared.clock import CHINA
from shared.contracts.policies import AlertMerge, WorseningRule
from shared.errors import DomainError
from tests.shipped import DEFAULTS

NOON = datetime(2026, 3, 2, 12, tzinfo=CHINA)
POLICY = AlertMerge.model_validate(
    {
        "window": {"days": 30},
        "snooze": {"no_risk": {"days": 90}, "moved_away": {"days": 180}},
        "worsening": [
            {"feed": "medical.cost", "field": "self_pay", "at_least_ratio": 1.3, "at_least": 2000},
            {"feed": "medical.cost", "field": "days", "at_least": 5},
        ],
    }
)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


def newest(**changed: Any) -> Newest:
    """An open alert about a bill of 8,000 yuan."""
    alert: dict[str, Any] = {
        "id": FIRST,
        "state": "checking",
        "severity": "medium",
        "last_evidence_at": NOON,
        "told": {"medical.cost": [{"self_pay": 8000}]},
    }
    return Newest(**{**alert, **changed})


def dismissed(verdict: Any = "no_risk") -> Newest:
    """The same, answered at noon."""
    return newest(state="answered", verdict=verdict, answered_at=NOON)


def report(days: float = 1, self_pay: Any = 8100, severity: Any = "medium", feed: str = "medical.cost") -> Incoming:
    """A bill reported so many days after noon."""
    return Incoming(feed, severity, NOON + timedelta(days=days), {"self_pay": self_pay})


@pytest.mark.parametrize("state", ["reported", "checking"])
def test_within_the_window_an_open_alert_takes_it_in(state: Any) -> None:
    assert judge(newest(state=state), report(), POLICY) == "merge"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("2026-04-01T23:59:59+08:00", "merge"), ("2026-04-02T00:00:00+08:00", "new")],  # the 30th day is whole
)
def test_the_window_runs_from_the_last_evidence(moment: str, expected: str) -> None:
    late = Incoming("medical.cost", "medium", datetime.fromisoformat(moment), {"self_pay": 8000})
    assert judge(newest(), late, POLICY) == expected


def test_after_the_window_worse_is_new_as_well() -> None:
    assert judge(newest(), report(days=31, self_pay=99_000), POLICY) == "new"


@pytest.mark.parametrize(
    ("self_pay", "severity", "feed", "expected"),
    [
        (10_400, "medium", "medical.cost", "worsen"),  # 1.3 times and 2,400 more
        (10_399, "medium", "medical.cost", "merge"),  # not 1.3 times
        (8_000, "high", "medical.cost", "worsen"),  # graver is always news
        (8_000, "low", "medical.cost", "merge"),
        (99_000, "medium", "other.feed", "merge"),  # no rule, and nothing to compare with
        (None, "medium", "medical.cost", "merge"),
        ("99000", "medium", "medical.cost", "merge"),  # no number
        (True, "medium", "medical.cost", "merge"),
    ],
)
def test_what_is_worse(self_pay: Any, severity: Any, feed: str, expected: str) -> None:
    assert judge(newest(), report(1, self_pay, severity, feed), POLICY) == expected


def test_both_amounts_count() -> None:
    small = newest(told={"medical.cost": [{"self_pay": 1000}]})
    assert judge(small, report(self_pay=2999), POLICY) == "merge"  # three times, but not 2,000 more
    assert judge(small, report(self_pay=3000), POLICY) == "worsen"


def test_it_is_compared_with_the_worst_that_was_told() -> None:
    told = newest(told={"medical.cost": [{"self_pay": 8000}, {"self_pay": 12_000}, {"days": 3}]})
    assert judge(told, report(self_pay=12_000), POLICY) == "merge"
    assert judge(told, report(self_pay=15_600), POLICY) == "worsen"
    days = Incoming("medical.cost", "medium", NOON, {"days": 8})
    assert judge(told, days, POLICY) == "worsen"


def test_nothing_told_by_that_feed_is_nothing_to_compare_with() -> None:
    assert judge(newest(told={}), report(self_pay=99_000), POLICY) == "merge"


@pytest.mark.parametrize(
    ("ratio", "amount", "before", "after", "expected"),
    [(1.0, None, 0, 0, False), (1.0, None, 0, 1, True), (None, 5, 3, 8, True), (None, 5, 3, 7, False)],
)
def test_a_rule_wants_growth(ratio: Any, amount: Any, before: float, after: float, expected: bool) -> None:
    rule = WorseningRule(feed="f", field="x", at_least_ratio=ratio, at_least=amount)
    assert rule.worse(before, after) is expected


@pytest.mark.parametrize("measure", [{}, {"another_value": True, "at_least": 1}])
def test_a_rule_has_one_measure(measure: Any) -> None:
    with pytest.raises(ValueError, match="at_least_ratio or at_least, or another_value"):
        WorseningRule(feed="f", field="x", **measure)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["洪涝"], "地震", "worsen"),
        (["洪涝"], "洪涝", "merge"),
        (["洪涝", "地震"], "洪涝", "merge"),  # of both somebody was told
        (["洪涝"], None, "merge"),
        ([], "地震", "merge"),  # nothing to compare with
        ([None], "地震", "merge"),
    ],
)
def test_another_kind_is_news(before: list[Any], after: Any, expected: str) -> None:
    rule = WorseningRule(feed="emergency.area-disaster", field="disaster", another_value=True)
    told = newest(told={rule.feed: [{"disaster": one} for one in before]})
    report = Incoming(rule.feed, "medium", NOON, {"disaster": after})
    assert judge(told, report, POLICY.model_copy(update={"worsening": [rule]})) == expected


@pytest.mark.parametrize(
    ("verdict", "days", "self_pay", "expected"),
    [
        ("no_risk", 1, 8100, "snooze"),
        ("no_risk", 89, 8100, "snooze"),
        ("no_risk", 91, 8100, "new"),
        ("no_risk", 1, 10_400, "reopen"),
        ("no_risk", 91, 10_400, "new"),
        ("moved_away", 170, 8100, "snooze"),
        ("already_helped", 1, 8100, "new"),  # not named in this policy
        ("unreachable", 1, 8100, "new"),
        ("risk_confirmed", 1, 8100, "new"),
        ("risk_confirmed", 1, 99_000, "new"),
    ],
)
def test_after_a_verdict(verdict: Any, days: float, self_pay: float, expected: str) -> None:
    assert judge(dismissed(verdict), report(days, self_pay), POLICY) == expected


def test_a_dismissed_alert_is_opened_anew_by_a_graver_report() -> None:
    assert judge(dismissed(), report(severity="high"), POLICY) == "reopen"


@pytest.mark.parametrize("state", ["withdrawn", "expired"])
def test_what_is_over_takes_in_nothing(state: Any) -> None:
    assert judge(newest(state=state), report(), POLICY) == "new"


@pytest.mark.parametrize("alert", [newest(), dismissed()])
def test_without_a_policy_nothing_is_merged(alert: Newest) -> None:
    assert judge(alert, report(), None) == "new"


def test_until_when_a_verdict_keeps_quiet() -> None:
    assert snoozed_until("no_risk", NOON, POLICY) == datetime(2026, 6, 1, tzinfo=CHINA)
    for verdict, answered_at, policy in (
        ("risk_confirmed", NOON, POLICY),
        ("duplicate", NOON, POLICY),
        (None, NOON, POLICY),
        ("no_risk", None, POLICY),
        ("no_risk", NOON, None),
    ):
        assert snoozed_until(verdict, answered_at, policy) is None  # type: ignore[arg-type]


def piece(
    id_: UUID, ref: str, feed: str = "a", severity: Any = "medium", told: bool = False, gone: bool = False
) -> Piece:
    return Piece(id_, feed, ref, severity, told, gone)


PIECES = [
    piece(FIRST, "1", told=True),
    piece(SECOND, "2", severity="low"),
    piece(THIRD, "3", feed="b", severity="high"),
]


def test_all_of_ones_own_is_taken_back_and_others_stand() -> None:
    taking = take_back(PIECES, {"a"}, None)
    assert ([one.id for one in taking.taken], [one.id for one in taking.left]) == ([FIRST, SECOND], [THIRD])
    assert taking.severity == "high"
    assert taking.to_tell == [PIECES[2]], "nobody was told of what is left"


def test_one_row_is_taken_back() -> None:
    taking = take_back(PIECES, None, "2")
    assert [one.id for one in taking.left] == [FIRST, THIRD]
    assert taking.to_tell == [], "the first one was told and stands"
    assert take_back(PIECES[:2], None, "1").to_tell == [PIECES[1]]


def test_the_last_one_leaves_nothing() -> None:
    taking = take_back([piece(FIRST, "1", told=True, gone=True), piece(SECOND, "2")], {"a"}, None)
    assert ([one.id for one in taking.taken], taking.left, taking.to_tell) == ([SECOND], [], [])


def test_of_equals_the_newest_is_told() -> None:
    taking = take_back([piece(FIRST, "1", told=True), piece(SECOND, "2"), piece(THIRD, "3")], None, "1")
    assert [one.id for one in taking.to_tell] == [THIRD]


def test_as_many_are_told_as_it_takes_for_all_areas() -> None:
    """Nobody looks in the second village any more when what was told of it is taken back."""
    both, one, other = Named(["539921100001", "539921100002"]), Named(["539921100001"]), Named(["539921100002"])
    pieces = [
        Piece(FIRST, "a", "1", "high", True, False, both),
        Piece(SECOND, "a", "2", "medium", True, False, one),
        Piece(THIRD, "a", "3", "low", False, False, other),
        Piece(UUID(int=4), "a", "4", "low", False, False, one),
    ]
    assert [piece.id for piece in take_back(pieces, None, "1").to_tell] == [THIRD]
    assert take_back(pieces, None, "2").to_tell == []


@pytest.mark.parametrize(
    ("feeds", "ref", "error"),
    [
        ({"c"}, None, EvidenceNotFound),
        ({"b"}, "1", EvidenceNotFound),
        (None, "9", EvidenceNotFound),
        (None, "4", AlertAlreadyWithdrawn),
    ],
)
def test_what_cannot_be_taken_back(feeds: Any, ref: str | None, error: type[DomainError]) -> None:
    with pytest.raises(error):
        take_back([*PIECES, piece(UUID(int=4), "4", gone=True)], feeds, ref)


TODAY = date(2026, 3, 17)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (date(2026, 3, 1), TODAY)),
        (date(2026, 1, 5), None, (date(2026, 1, 5), TODAY)),
        (None, date(2026, 2, 9), (date(2026, 2, 1), date(2026, 2, 9))),
        (TODAY, TODAY, (TODAY, TODAY)),
        (date(2025, 3, 17), TODAY, (date(2025, 3, 17), TODAY)),
        (date(2026, 3, 18), None, "days-reversed"),
        (date(2025, 3, 16), None, "days-too-many"),
    ],
)
def test_the_days_of_an_account(first: date | None, last: date | None, expected: Any) -> None:
    found: Any
    try:
        found = days_of_account(first, last, TODAY)
    except DomainError as error:
        found = error.code
    assert found == expected


@pytest.mark.parametrize(
    ("hour", "last_hours_ago", "expected"),
    [(1, None, False), (2, None, True), (5, None, True), (6, None, False), (3, 11, False), (3, 13, True)],
)
def test_once_a_night(hour: int, last_hours_ago: int | None, expected: bool) -> None:
    now = datetime(2026, 3, 2, hour, 30, tzinfo=CHINA)
    last = None if last_hours_ago is None else now - timedelta(hours=last_hours_ago)
    assert due_tonight(last, now) is expected


def test_shipped_measures_of_worse_are_fields_of_shipped_feeds() -> None:
    feeds = shipped_feeds()
    for rule in AlertMerge.model_validate(DEFAULTS["alert-merge"]).worsening:
        kinds = ("string",) if rule.another_value else ("number", "integer")
        assert feeds[rule.feed]["evidence_schema"]["properties"][rule.field]["type"] in kinds, rule


def test_whatever_an_amount_decides_can_be_reopened_by_more_of_it() -> None:
    """Of one severity a feed could otherwise never be worse than what was dismissed."""
    measured = {(rule.feed, rule.field) for rule in AlertMerge.model_validate(DEFAULTS["alert-merge"]).worsening}
    for code, feed in shipped_feeds().items():
        texts = " ".join(level["when"] for level in feed["rule"]["levels"]) if feed.get("rule") else ""
        for name, schema in feed["evidence_schema"]["properties"].items():
            if feed["subject"] != "area" and "元" in schema.get("title", "") and re.search(rf"\b{name} >=? ", texts):
                assert (code, name) in measured, (code, name)


A, B, TOWNSHIP = "539921100001", "539921100002", "539921100000"


@pytest.mark.parametrize(
    ("reports", "one", "named"),
    [
        ([Named([A, B])], Named([A]), True),
        ([Named([A])], Named([A, B]), False),
        ([Named([A]), Named([B])], Named([A, B]), True),
        ([Named([TOWNSHIP])], Named([A, B]), True),
        ([Named([A, B])], Named([TOWNSHIP]), False),
        ([Named([A])], Named([A], ["上寨"]), True),
        ([Named([A], ["上寨"])], Named([A]), False),
        ([Named([A], ["上寨"])], Named([A], ["上寨", "下寨"]), False),
        ([Named([A], ["上寨"]), Named([A, B], ["下寨"])], Named([A], ["上寨", "下寨"]), True),
        ([Named([A], ["上寨"]), Named([A, B], ["下寨"])], Named([B], ["上寨"]), False),
        ([], Named([A]), False),
    ],
)
def test_whom_others_have_named(reports: list[Named], one: Named, named: bool) -> None:
    assert names(reports, one) is named


def test_which_areas_meet() -> None:
    assert meet(Named([A]), Named([TOWNSHIP]))
    assert meet(Named([TOWNSHIP]), Named([B]))
    assert not meet(Named([A]), Named([B, "539921101001"]))
