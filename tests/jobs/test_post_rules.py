"""What a post may ask, how its openings are counted, and codes of employers: without a database."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobs.rules import credit_codes, posts
from services.jobs.rules.post_bars import Bars, bar_faults
from services.jobs.rules.post_refusals import (
    BureauKeepsNoPosts,
    CountyUnclear,
    OpeningsBelow,
    PostClosed,
    PostFilled,
    PostMoveIllegal,
    PostNobodyToFree,
    PostNotYours,
)
from shared.areas import Scope
from shared.contracts.jobs_posts_policies import PostRules
from shared.errors import DomainError
from shared.security.principals import Principal, Role
from tests.jobs.conftest import COUNTY, PINE, principal
from tests.shipped import DEFAULTS

RULES = PostRules.model_validate(DEFAULTS["post-rules"])
BENCH = Bars(trade="61804", physical_demand="medium")
PIT = Bars(trade="61600", physical_demand="heavy", hazardous=True)


def found(bars: Bars, **asked: Any) -> list[tuple[str, str]]:
    """Faults of those bars: where, and which."""
    changed = Bars(**{name: asked.get(name, getattr(bars, name)) for name in Bars.__dataclass_fields__})
    return [(one.field, one.code) for one in bar_faults(changed, RULES)]


@pytest.mark.parametrize(
    ("bars", "asked", "faults"),
    [
        (BENCH, {}, []),
        (BENCH, {"title": "冲压工（限男）"}, [("title", "title-bars")]),
        (BENCH, {"title": "质检 18-35岁，女性优先"}, [("title", "title-bars")]),
        (PIT, {"title": "采煤工限男", "sex": "1", "sex_reason": "forbidden_for_women"}, [("title", "title-bars")]),
        (BENCH, {"title": "３岁以下婴幼儿照护"}, []),
        (BENCH, {"title": "男装裁剪、女鞋制帮"}, []),
        (BENCH, {"sex": "1"}, [("sex", "sex-bar-unlawful")]),
        (BENCH, {"sex": "2"}, [("sex", "sex-bar-unlawful")]),
        (BENCH, {"sex": "1", "sex_reason": "heavy_boss"}, [("sex_reason", "sex-bar-unlawful")]),
        (BENCH, {"sex": "1", "sex_reason": "forbidden_for_women"}, [("sex_reason", "sex-bar-unfounded")]),
        (PIT, {"sex": "1", "sex_reason": "forbidden_for_women"}, []),
        (PIT, {"sex": "2", "sex_reason": "forbidden_for_women"}, [("sex_reason", "sex-bar-unfounded")]),
        (BENCH, {"sex": "1", "sex_reason": "forbidden_for_women", "physical_demand": "very_heavy"}, []),
        (BENCH, {"sex_reason": "forbidden_for_women"}, [("sex_reason", "bar-reason-alone")]),
        (BENCH, {"age_low": 15}, [("age_low", "age-below-working")]),
        (BENCH, {"age_low": 16}, []),
        (BENCH, {"age_low": 18}, []),
        (BENCH, {"age_low": 19}, [("age_reason", "age-bar-unlawful")]),
        (BENCH, {"age_low": 18, "age_high": 45}, [("age_high", "age-bar-unlawful")]),
        (BENCH, {"age_high": 60, "age_reason": "retirement_age"}, []),
        (BENCH, {"age_high": 45, "age_reason": "retirement_age"}, [("age_high", "age-high-unfounded")]),
        (BENCH, {"age_low": 20, "age_high": 60, "age_reason": "retirement_age"}, [("age_low", "age-low-unfounded")]),
        (BENCH, {"age_high": 60, "age_reason": "special_work"}, [("age_reason", "age-bar-unfounded")]),
        (PIT, {"age_low": 18, "age_high": 60, "age_reason": "special_work"}, []),
        (BENCH, {"age_low": 50, "age_high": 40}, [("age_high", "age-order"), ("age_high", "age-bar-unlawful")]),
        (BENCH, {"age_reason": "retirement_age"}, [("age_reason", "bar-reason-alone")]),
        (
            BENCH,
            {"sex": "1", "age_high": 40},
            [("sex", "sex-bar-unlawful"), ("age_high", "age-bar-unlawful")],
        ),
    ],
)
def test_no_bar_without_a_ground_in_law(bars: Bars, asked: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    assert found(bars, **asked) == faults


def test_a_refusal_names_the_grounds_that_may_be_given() -> None:
    [fault] = bar_faults(Bars(trade="61804", sex="1"), RULES)
    assert "女职工劳动保护特别规定" in fault.params["reasons"]
    assert "forbidden_for_women" in fault.params["reasons"]


@dataclass
class Slots:
    """A post, as far as its openings go."""

    openings: int
    filled: int = 0
    reserved: int = 0
    state: str = "open"
    closed_reason: str | None = None
    until_on: date | None = None

    def pass_by(self) -> None:
        """Its last day is over."""
        self.state, self.closed_reason = "closed", "past"


def refused(error: type[DomainError], work: Any, *arguments: Any, **named: Any) -> None:
    with pytest.raises(error):
        work(*arguments, **named)


def test_openings_are_taken_up_to_the_last_and_given_back() -> None:
    slots = Slots(2)
    posts.take_opening(slots, kept=False)
    assert (slots.filled, slots.state) == (1, "open")
    posts.take_opening(slots, kept=False)
    assert (slots.filled, slots.state) == (2, "filled")
    refused(PostFilled, posts.take_opening, slots, kept=False)
    posts.give_back(slots)
    assert (slots.filled, slots.state) == (1, "open")
    posts.give_back(slots)
    refused(PostNobodyToFree, posts.give_back, slots)


def test_a_kept_opening_is_for_whom_it_is_kept() -> None:
    slots = Slots(1)
    posts.reserve(slots, promised=0)
    assert slots.state == "filled"
    refused(PostFilled, posts.take_opening, slots, kept=False)
    refused(PostFilled, posts.reserve, slots, promised=0)
    posts.take_opening(slots, kept=True)
    assert (slots.filled, slots.reserved, slots.state) == (1, 0, "filled")


def test_a_kept_opening_that_is_let_go_opens_the_post() -> None:
    slots = Slots(1)
    posts.reserve(slots, promised=0)
    posts.release(slots)
    assert (slots.reserved, slots.state) == (0, "open")


def test_past_its_day_a_post_takes_whoever_was_put_forward_and_blacklisted_nobody() -> None:
    past = Slots(1, state="closed", closed_reason="past")
    posts.take_opening(past, kept=False)
    assert (past.filled, past.state) == (1, "closed")
    for reason in ("blacklisted", "withdrawn"):
        refused(PostClosed, posts.take_opening, Slots(1, state="closed", closed_reason=reason), kept=False)
    refused(PostClosed, posts.take_opening, Slots(1, state="proposed"), kept=False)
    refused(PostClosed, posts.reserve, past, promised=0)


@given(
    st.integers(1, 4), st.lists(st.sampled_from(["take", "kept", "back", "reserve", "release", "until"]), max_size=40)
)
def test_whatever_happens_no_more_people_than_openings(openings: int, happens: list[str]) -> None:
    slots = Slots(openings)
    moves: dict[str, Callable[[], object]] = {
        "take": lambda: posts.take_opening(slots, kept=False),
        "kept": lambda: posts.take_opening(slots, kept=True),
        "back": lambda: posts.give_back(slots),
        "reserve": lambda: posts.reserve(slots, promised=0),
        "release": lambda: posts.release(slots),
        "until": lambda: slots.pass_by(),
    }
    for move in happens:
        with suppress(DomainError):
            moves[move]()
        assert slots.filled >= 0
        assert slots.reserved >= 0
        assert slots.filled + slots.reserved <= slots.openings
        if slots.state != "closed":
            full = slots.filled + slots.reserved == slots.openings
            assert slots.state == ("filled" if full else "open")


def test_no_fewer_openings_than_people() -> None:
    posts.require_room(Slots(5, filled=2, reserved=1), 4, promised=1)
    refused(OpeningsBelow, posts.require_room, Slots(5, filled=2, reserved=1), 3, promised=1)


def test_a_promised_opening_is_kept_for_nobody_else() -> None:
    slots = Slots(2)
    posts.reserve(slots, promised=1)
    refused(PostFilled, posts.reserve, slots, promised=1)


@pytest.mark.parametrize(
    ("move", "state", "allowed"),
    [
        ("confirm", "proposed", True),
        ("confirm", "open", False),
        ("close", "open", True),
        ("close", "filled", True),
        ("close", "closed", False),
        ("reopen", "closed", True),
        ("reopen", "filled", False),
    ],
)
def test_moves(move: posts.Move, state: str, allowed: bool) -> None:
    if allowed:
        posts.require_move(move, state)
    else:
        refused(PostMoveIllegal, posts.require_move, move, state)


def test_a_township_changes_its_own_proposal_alone() -> None:
    township, county = principal(Role.TOWNSHIP, PINE), principal()
    posts.require_may_change(township, "proposed", township.id)
    posts.require_may_change(county, "open", township.id)
    refused(PostNotYours, posts.require_may_change, township, "open", township.id)
    refused(PostNotYours, posts.require_may_change, township, "proposed", county.id)


def test_the_register_is_of_one_county() -> None:
    assert posts.county_of(Scope.parse([COUNTY])) == COUNTY
    assert posts.county_of(Scope.parse([PINE])) == COUNTY
    for scope in (Scope.everywhere(), Scope.nowhere(), Scope.parse(["5399"]), Scope.parse(["539921", "539922"])):
        refused(CountyUnclear, posts.county_of, scope)


@pytest.mark.parametrize(
    ("role", "feeds", "allowed"),
    [
        (Role.BUREAU, {"hr.jobless-return"}, True),
        (Role.BUREAU, {"medical.cost"}, False),
        (Role.BUREAU, set(), False),
        (Role.BUREAU, {"*"}, True),
        (Role.COUNTY, set(), True),
    ],
)
def test_only_the_bureau_of_work_keeps_posts(role: Role, feeds: set[str], allowed: bool) -> None:
    who = Principal(principal().id, "account", role, Scope.parse([COUNTY]), frozenset(feeds))
    if allowed:
        posts.require_labour_bureau(who, RULES)
    else:
        refused(BureauKeepsNoPosts, posts.require_labour_bureau, who, RULES)


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ("91539921MA6K000019", None),
        (" 91539921ma6k000019 ", None),
        ("９１５３９９２１ＭＡ６Ｋ００００１９", None),
        ("91539921MA6K00001", "credit-code-length"),
        ("91539921MA6K000018", "credit-code-checksum"),
        ("91539921MA6I000019", "credit-code-characters"),
    ],
)
def test_codes_of_employers(entered: str, code: str | None) -> None:
    if code is None:
        assert credit_codes.normalise(entered) == "91539921MA6K000019"
        return
    with pytest.raises(credit_codes.InvalidCreditCode) as refusal:
        credit_codes.normalise(entered)
    assert refusal.value.code == code
