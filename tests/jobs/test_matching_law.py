"""Who may not be put forward for a post, and why."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.jobs.rules.distances import Distances
from services.jobs.rules.law import FILTERS, ExclusionCode, UnlawfulBar, barred_to_minors, excluded_by, unlawful_bars
from services.jobs.rules.matching_terms import Opening, Seeker
from shared.contracts.jobs_match_policies import LabourDistances
from shared.contracts.jobs_posts_policies import PostRules
from tests.jobs.matching_strategies import MEASURED, openings, seekers, terms

SEEKER = Seeker("p", "n", "539921100201", 30, "2")
OPENING = Opening("o", "e1", "60501", "440306", 3, 4000, 6000)


def reasons(seeker: dict[str, Any], opening: dict[str, Any]) -> list[str]:
    return list(excluded_by(replace(SEEKER, **seeker), replace(OPENING, **opening), terms()))


@pytest.mark.parametrize(
    ("seeker", "opening", "expected"),
    [
        ({}, {}, []),
        ({"age": 15}, {}, ["under_sixteen"]),
        ({"age": 16}, {}, []),
        ({"age": 17}, {"hazardous": True}, ["minor_hazardous"]),
        ({"age": 18}, {"hazardous": True}, []),
        ({"age": 17}, {"demand": "very_heavy"}, ["minor_hazardous"]),
        ({"age": 17}, {"demand": "heavy"}, []),
        ({"age": 18}, {"demand": "very_heavy"}, []),
        ({"age": 16}, {"trade": "61600"}, ["minor_hazardous"]),
        ({"age": 18}, {"trade": "61600"}, []),
        ({"age": 17}, {"night": True}, ["minor_night"]),
        ({"age": 18}, {"night": True}, []),
        ({"age": 15}, {"night": True, "hazardous": True}, ["under_sixteen", "minor_hazardous", "minor_night"]),
        ({"sex": "2"}, {"sex": "1"}, []),
        ({"sex": "2"}, {"sex": "1", "sex_reason": "habit"}, []),
        ({"sex": "2"}, {"sex": "1", "sex_reason": "forbidden_for_women"}, ["sex_by_law"]),
        ({"sex": "1"}, {"sex": "1", "sex_reason": "forbidden_for_women"}, []),
        ({"age": 50}, {"age_high": 45}, []),
        ({"age": 50}, {"age_high": 45, "age_reason": "special_work"}, ["age_by_law"]),
        ({"age": 45}, {"age_high": 45, "age_reason": "special_work"}, []),
        ({"age": 20}, {"age_low": 25}, []),
        ({"age": 17}, {"age_low": 25}, ["age_by_law"]),
        ({"age": 17}, {"age_low": 18}, ["age_by_law"]),
        ({"age": 20}, {"age_low": 25, "age_reason": "special_work"}, ["age_by_law"]),
        ({"health": frozenset({"serious"})}, {"demand": "heavy"}, ["health_limit"]),
        ({"health": frozenset({"serious"})}, {"demand": "light"}, []),
        ({"health": frozenset({"chronic"})}, {"health_limits": frozenset({"chronic"})}, ["health_limit"]),
        ({"disability_level": 2, "disability_class": 4}, {"demand": "heavy"}, ["disability_limit"]),
        ({"disability_level": 3, "disability_class": 4}, {"demand": "heavy"}, []),
        ({"disability_level": 1, "disability_class": 1}, {"demand": "light"}, ["disability_limit"]),
        ({"disability_level": 1, "disability_class": 4}, {"demand": "light"}, []),
        ({}, {"certificates": frozenset({"60501"})}, ["certificate_missing"]),
        ({"trades": frozenset({"60501", "62901"})}, {"certificates": frozenset({"60501"})}, []),
        ({"wage_floor": 4001}, {}, ["wage_floor"]),
        ({"wage_floor": 4000}, {}, []),
        ({"wage": 4001}, {}, ["no_better_pay"]),
        ({"wage": 4000}, {}, []),
        ({"refused_areas": ("33", "4403")}, {}, ["place_refused"]),
        ({"refused_areas": ("33",)}, {}, []),
        ({"care_within_km": 5}, {"place": "539921100201"}, []),
        ({"care_within_km": 5}, {"place": "539921100202"}, ["care_distance"]),
        ({"care_within_km": 6}, {"place": "539921100202"}, []),
        ({"care_within_km": 1000}, {"place": "330100"}, ["care_distance"]),
        ({"care_within_km": 1000}, {"place": "440306"}, ["care_distance"]),
        ({"care_within_km": 2000}, {"place": "440306"}, []),
        ({"night_ok": False}, {"night": True}, ["night_refused"]),
    ],
)
def test_a_pair_is_excluded_for_these_reasons(
    seeker: dict[str, Any], opening: dict[str, Any], expected: list[str]
) -> None:
    assert reasons(seeker, opening) == expected


def test_every_reason_has_its_filter_in_the_order_of_telling() -> None:
    assert tuple(one.code for one in FILTERS) == get_args(ExclusionCode)


@given(seekers, openings)
def test_nobody_under_age_meets_what_the_law_forbids(seeker: Seeker, opening: Opening) -> None:
    if not excluded_by(seeker, opening, terms()):
        assert seeker.age >= 16
        assert seeker.age >= 18 or not (opening.hazardous or opening.night)
        assert seeker.age >= 18 or opening.demand != "very_heavy"
        assert seeker.age >= 18 or not opening.trade.startswith("616")


@pytest.mark.parametrize(
    ("trades", "trade", "barred"),
    [(None, "61600", True), (None, "61700", False), (["617"], "61600", False), (["617"], "61700", True)],
)
def test_the_county_says_which_trades_are_closed_to_minors(trades: list[str] | None, trade: str, barred: bool) -> None:
    """Unless it says anything, mining is: a body of before this field has it too."""
    rules = PostRules.model_validate({"minor_trades": trades} if trades else {})
    assert barred_to_minors(replace(OPENING, trade=trade), replace(terms(), post_rules=rules)) is barred


def test_no_county_opens_every_trade_to_minors() -> None:
    with pytest.raises(ValidationError):
        PostRules(minor_trades=[])


@given(seekers, openings, st.sampled_from([None, "1", "2"]))
def test_a_bar_by_sex_without_a_legal_reason_changes_nothing(seeker: Seeker, opening: Opening, sex: str | None) -> None:
    unreasoned = replace(opening, sex=sex, sex_reason="habit")
    assert excluded_by(seeker, unreasoned, terms()) == excluded_by(seeker, replace(opening, sex=None), terms())


def test_bars_without_a_legal_reason_are_reported() -> None:
    posts = [
        replace(OPENING, post_id="sex", sex="1", sex_reason="habit"),
        replace(OPENING, post_id="old", age_high=35),
        replace(OPENING, post_id="adult", age_low=18),
        replace(OPENING, post_id="older", age_low=19),
        replace(
            OPENING, post_id="lawful", sex="1", sex_reason="forbidden_for_women", age_high=50, age_reason="special_work"
        ),
    ]
    assert unlawful_bars(posts, terms()) == [
        UnlawfulBar("sex", "sex", "habit"),
        UnlawfulBar("old", "age", None),
        UnlawfulBar("older", "age", None),
    ]


def test_distance_is_by_road_and_unknown_where_nobody_measured() -> None:
    distances = Distances(LabourDistances(detour=1.3, places=list(MEASURED)))
    assert distances.kilometres("539921100201", "539921100201") == 0
    assert distances.kilometres("539921100201", "539921100202") == 6
    assert distances.kilometres("539921101201", "539921101202") is None
    assert distances.kilometres("539921100201", "110101") is None
    assert distances.kilometres("539921100201", "440306") == pytest.approx(1.3 * 1080, rel=0.02)


def test_until_full_age_hard_work_is_forbidden_and_no_county_lowers_it() -> None:
    """One age for both sides: who is young enough to be barred, and which bar by age needs no ground."""
    later = replace(terms(), post_rules=PostRules(full_age=20))
    assert list(excluded_by(replace(SEEKER, age=19), replace(OPENING, hazardous=True), later)) == ["minor_hazardous"]
    with pytest.raises(ValidationError):
        PostRules(full_age=17)
