"""The rules against pretence, table by table."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.households.rules import pretence as rules
from services.households.rules.positions import Position, distance_km, middle, surely_apart_km
from services.households.rules.pretence import Answer, BackAgain, Closed, Seen, Stop, Told
from services.households.rules.triage import Alerted
from services.households.rules.visits import needs_two
from shared.clock import CHINA
from shared.contracts.visit_policies import (
    CopiedTextLimits,
    EchoLimits,
    PaceLimits,
    PhotoOriginLimits,
    PlaceLimits,
    ReopenedLimits,
    SamePhotoLimits,
    TwoPeopleRule,
    VisitRules,
)

AT = datetime(2026, 3, 4, 10, tzinfo=CHINA)
A, B, C = (UUID(int=n) for n in (1, 2, 3))
HOME = Position(27.44, 104.87, 20)
TEXT = "户主在家，老两口身体尚可，儿子在浙江务工，每月寄回两千元，房屋无漏雨，饮水正常，孙女在镇中心小学就读"


def north(kilometres: float, accuracy_m: float | None = 20) -> Position:
    """So far north of home."""
    return Position(27.44 + kilometres / 111.195, 104.87, accuracy_m)


@pytest.mark.parametrize(
    ("a", "b", "kilometres"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 0), (0, 1), 111.195),
        ((0, 0), (90, 0), 10_007.6),
        ((0, 0), (0, 180), 20_015.1),
        ((0, 179.5), (0, -179.5), 111.195),
        ((39.9042, 116.4074), (31.2304, 121.4737), 1067.3),  # Beijing, Shanghai
    ],
)
def test_distance(a: Any, b: Any, kilometres: float) -> None:
    assert distance_km(Position(*a), Position(*b)) == pytest.approx(kilometres, rel=1e-3)


degrees = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180), st.none() | st.floats(0, 1e5))


@given(degrees, degrees)
def test_distance_is_the_same_both_ways_and_never_below_nothing(a: Position, b: Position) -> None:
    assert distance_km(a, b) == pytest.approx(distance_km(b, a), abs=1e-6)
    assert 0 <= surely_apart_km(a, b, 100) <= distance_km(a, b) <= 20_016


def test_what_the_phones_may_be_off_is_taken_away() -> None:
    assert surely_apart_km(HOME, north(10), 100) == pytest.approx(9.96, abs=0.01)
    assert surely_apart_km(HOME, north(10, None), 3000) == pytest.approx(6.98, abs=0.01)
    assert surely_apart_km(HOME, north(10, 50_000), 0) == 0


PACE = PaceLimits(kilometres_an_hour=60, least_kilometres=3)


@pytest.mark.parametrize(
    ("kilometres", "accuracy", "minutes", "suspected"),
    [
        (42, 20, 5, True),
        (42, 20, -5, True),  # the one recorded later may have been made before
        (42, 20, 60, False),
        (30, 20, 30, False),  # at the limit
        (31, 20, 30, True),
        (2.5, 20, 0, False),  # next door, with a bad clock
        (4, 20, 0, True),
        (42, 41_000, 1, False),  # the phone hardly knows where it is
        (42, None, 60, False),
    ],
)
def test_pace(kilometres: float, accuracy: float | None, minutes: float, suspected: bool) -> None:
    here, other = Stop(A, AT, HOME), Stop(B, AT + timedelta(minutes=minutes), north(kilometres, accuracy))
    found = rules.pace(here, other, PACE, 100)
    assert (found is not None) == suspected
    if found is not None:
        turned = rules.pace(other, here, PACE, 100)
        assert turned is not None
        assert turned.key == found.key, "one pair is one finding, from whichever side it is seen"
        assert found.limits == {"kilometres_an_hour": 60, "least_kilometres": 3}


PLACES = PlaceLimits(household_kilometres=5, least_of_household=3, village_kilometres=15, least_of_village=10)


@pytest.mark.parametrize(
    ("kilometres", "of_household", "of_village", "basis"),
    [
        (6, 3, 0, "household"),
        (4, 3, 0, None),
        (6, 2, 9, None),  # too little is known
        (16, 2, 10, "village"),
        (14, 2, 10, None),
        (16, 0, 0, None),
    ],
)
def test_place(kilometres: float, of_household: int, of_village: int, basis: str | None) -> None:
    here = Stop(A, AT, north(kilometres))
    found = rules.out_of_place(here, [HOME] * of_household, [HOME] * of_village, PLACES, 100)
    assert (found and found.values["basis"]) == basis


def test_one_wrong_place_does_not_move_the_middle() -> None:
    assert distance_km(middle([HOME] * 5 + [Position(39.9, 116.4)] * 2), HOME) == 0


@pytest.mark.parametrize(
    ("text", "normal"),
    [("老人在家， 身体 好。", "老人在家身体好"), ("ＡＢＣ 123！", "abc123"), ("……", ""), ("\u3000", "")],
)
def test_normal_text(text: str, normal: str) -> None:
    assert rules.normal_text(text) == normal


COPIED = CopiedTextLimits(least_characters=30, similarity=0.9, days=180, compare_last=50)


@pytest.mark.parametrize(
    ("text", "suspected"),
    [
        (TEXT, True),
        (TEXT.replace("，", "。 "), True),
        (TEXT.replace("两千", "三千"), False),  # 44 characters: two changed runs of three are too many of them
        (TEXT + "，无其他", True),
        ("情况无变化", False),
        (TEXT[::-1], False),
        ("", False),
    ],
)
def test_copied_text(text: str, suspected: bool) -> None:
    found = rules.copied_text(A, TEXT, [Told(B, text)], COPIED)
    assert (found is not None) == suspected


def test_a_changed_word_in_a_long_text_is_still_copied() -> None:
    long = TEXT + "。" + TEXT[::-1]
    found = rules.copied_text(A, long, [Told(B, long.replace("两千", "三千")), Told(C, "别的")], COPIED)
    assert found is not None
    assert found.values["visits"] == [str(B)]
    assert found.values["similarity"] < 1


def test_short_texts_are_alike_by_nature() -> None:
    assert rules.copied_text(A, "家中无变化，收入稳定", [Told(B, "家中无变化，收入稳定")], COPIED) is None


@given(st.text(), st.text())
def test_similarity_is_a_share_and_symmetric(one: str, other: str) -> None:
    assert 0 <= rules.similarity(one, other) == rules.similarity(other, one) <= 1
    assert rules.similarity(one, one) == 1


PHOTO = SamePhotoLimits(days=365, distance=4)
SCENE = 0x0F0F_3355_AA55_C3C3


@pytest.mark.parametrize(
    ("digest", "likeness", "exact"),
    [
        (b"x", 0, True),  # the same bytes, whatever the hash
        (b"y", SCENE, False),
        (b"y", SCENE ^ 0b1111, False),
        (b"y", SCENE ^ 0b11111, None),
        (b"y", SCENE - 2**64, False),  # the same bits, as the database signs them
        (b"y", 0, None),
    ],
)
def test_same_photo(digest: bytes, likeness: int, exact: bool | None) -> None:
    found = rules.same_photo(Seen(A, b"x", SCENE), [Seen(B, digest, likeness), Seen(C, b"z", ~SCENE)], PHOTO)
    assert (found and found.values["exact"]) == exact
    if found is not None:
        assert found.values["photos"] == [str(B)]


def test_two_walls_are_not_one_photo() -> None:
    assert rules.same_photo(Seen(A, b"x", 0), [Seen(B, b"y", 0), Seen(C, b"z", 1)], PHOTO) is None


ORIGIN = PhotoOriginLimits(hours=48, kilometres=5)


@pytest.mark.parametrize(
    ("hours", "kilometres", "seen"),
    [
        (None, None, set()),
        (47, 4, set()),
        (49, None, {"hours"}),
        (-49, 4, {"hours"}),
        (None, 6, {"kilometres"}),
        (500, 60, {"hours", "kilometres"}),
    ],
)
def test_photo_origin(hours: float | None, kilometres: float | None, seen: set[str]) -> None:
    taken = None if hours is None else AT + timedelta(hours=hours)
    place = None if kilometres is None else north(kilometres)
    found = rules.photo_origin(A, (taken, place), (AT, HOME), ORIGIN, 100)
    assert (set(found.values) - {"photo_id"} if found else set()) == seen
    assert rules.photo_origin(A, (None, north(60)), (AT, None), ORIGIN, 100) is None  # a visit without a place


ECHO = EchoLimits(least_answers=8, hours=24, share=0.95)
QUICK, LATE = timedelta(hours=2), timedelta(hours=25)


def answers(count: int, verdict: str | None = "risk_confirmed", after: Any = QUICK, evidence: bool = False) -> Any:
    return [Answer(verdict, after if verdict else None, evidence)] * count


@pytest.mark.parametrize(
    ("listed", "suspected"),
    [
        (answers(20), True),
        (answers(20, "no_risk"), True),
        (answers(8), True),
        (answers(7), False),  # a short list may be alike
        (answers(19) + answers(1, "no_risk"), True),
        (answers(18) + answers(2, "no_risk"), False),
        (answers(20, evidence=True), False),
        (answers(20, after=LATE), False),
        (answers(20, after=timedelta(hours=24)), True),
        (answers(10) + answers(10, None), False),  # half of it is still open
        (answers(18, evidence=True) + answers(2), False),
        (answers(20, None), False),
        ([], False),
    ],
)
def test_echo(listed: list[Answer], suspected: bool) -> None:
    assert (rules.echo("539921100200:2026-03-04", listed, ECHO) is not None) == suspected


REOPENED = ReopenedLimits(days=183, verdicts=["no_risk", "already_helped"])


@pytest.mark.parametrize(
    ("before", "after", "days", "suspected"),
    [
        ("no_risk", "risk_confirmed", 30, True),
        ("no_risk", "risk_confirmed", 0, True),
        ("no_risk", "risk_confirmed", 183, True),
        ("no_risk", "risk_confirmed", 184, False),
        ("already_helped", "risk_confirmed", 100, True),
        ("risk_confirmed", "risk_confirmed", 30, False),  # nobody said that it was gone
        ("unreachable", "risk_confirmed", 30, False),
        ("no_risk", "no_risk", 30, False),  # another false alarm is no sign of anything
        ("no_risk", "risk_confirmed", -1, False),
    ],
)
def test_reopened(before: str, after: str, days: int, suspected: bool) -> None:
    opened = AT + timedelta(days=days)
    earlier, later = Closed(A, before, AT - timedelta(days=9), AT), Closed(B, after, opened, opened + timedelta(days=2))
    assert (rules.reopened(earlier, later, REOPENED) is not None) == suspected


@pytest.mark.parametrize(("days", "suspected"), [(0, True), (183, True), (184, False), (-1, False)])
def test_back_again(days: int, suspected: bool) -> None:
    case = BackAgain(A, B, AT.date(), AT.date() + timedelta(days=days))
    assert (rules.back_again(case, REOPENED) is not None) == suspected


RULES = VisitRules(
    rules=[
        TwoPeopleRule(feed="cadre.patrol", two_people=False),
        TwoPeopleRule(grade="red", verdict="no_risk", two_people=True),
        TwoPeopleRule(severity="high", verdict="no_risk", two_people=True),
        TwoPeopleRule(grade="red", feed="medical.cost", two_people=True),
    ]
)
LOW, HIGH = Alerted("medical.cost", "low"), Alerted("education.absence", "high")


@pytest.mark.parametrize(
    ("alerts", "verdict", "grade", "two"),
    [
        ([LOW], "no_risk", None, False),
        ([LOW], "no_risk", "red", True),
        ([LOW, HIGH], "no_risk", "green", True),
        ([HIGH], "already_helped", "green", False),
        ([HIGH], "risk_confirmed", "red", False),
        ([LOW], None, "red", True),
        ([HIGH], None, "red", False),
        ([], None, "red", False),  # a routine visit has no verdict and no feed
        ([Alerted("cadre.patrol", "high")], "no_risk", "red", False),  # the first rule that fits
    ],
)
def test_two_people(alerts: list[Alerted], verdict: str | None, grade: str | None, two: bool) -> None:
    assert needs_two(RULES, alerts, verdict=verdict, grade=grade) == two


def test_without_a_policy_one_person_is_enough() -> None:
    assert needs_two(None, [HIGH], verdict="no_risk", grade="red") is False
    assert needs_two(VisitRules(two_people=True), [], verdict=None, grade=None) is True
    assert needs_two(VisitRules(two_people=True), [HIGH], verdict="risk_confirmed", grade="red") is False


def test_a_policy_cannot_hold_back_a_confirmed_risk() -> None:
    with pytest.raises(ValueError, match="may always be told"):
        TwoPeopleRule(verdict="risk_confirmed", two_people=True)
