"""What each part of a score is worth."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from services.jobs.rules.matching_terms import Opening, Seeker
from services.jobs.rules.score import closeness, priority, score_of
from shared.contracts.jobs_match_policies import PartWeights
from tests.jobs.matching_strategies import openings, seekers, terms

SEEKER = Seeker("p", "n", "539921100201", 30, "2", wanted_trades=("60501",))
OPENING = Opening("o", "e3", "60501", "440306", 3, 4500, 6000)


@pytest.mark.parametrize(
    ("part", "seeker", "opening", "points"),
    [
        ("trade", {}, {}, 250),
        ("trade", {}, {"trade": "60503"}, 150),
        ("trade", {}, {"trade": "62901"}, 75),
        ("trade", {}, {"trade": "40302"}, 0),
        ("trade", {"wanted_trades": ("40302", "60503")}, {}, 150),
        ("trade", {"wanted_trades": ()}, {}, 125),
        ("skill", {}, {}, 40),
        ("skill", {"labour_skill": "skilled"}, {}, 60),
        ("skill", {"labour_skill": "none"}, {}, 0),
        ("skill", {"own_trade": "60501"}, {}, 140),
        ("skill", {"trades": frozenset({"60501"})}, {}, 200),
        ("pay", {}, {}, 200),  # 1,500 over the usual 3,000
        ("pay", {}, {"pay_low": 3750}, 100),
        ("pay", {"wage": 4000}, {}, 50),  # 500 of 2,000
        ("pay", {"wage": 4049}, {}, 50),  # in steps of 50 yuan
        ("pay", {"wage": 5000}, {}, 0),
        ("place", {}, {}, 60),  # three people of the village in the county
        ("place", {}, {"employer_id": "e1"}, 100),
        ("place", {"area_code": "539921101201"}, {}, 0),
        ("stability", {}, {}, 70),  # the prior
        ("stability", {}, {"employer_id": "e1"}, 86),  # (19 + 7) / 30
        ("stability", {}, {"employer_id": "e2"}, 25),  # (3 + 7) / 40
        ("lodging", {}, {}, 50),
        ("lodging", {"lodging_needed": True}, {}, 0),
        ("lodging", {"lodging_needed": True}, {"lodging": True}, 50),
        ("training", {}, {}, 0),
        ("training", {}, {"course": True}, 50),
        ("training", {"own_trade": "60503"}, {"course": True}, 60),
        ("training", {"trades": frozenset({"60501"})}, {}, 100),
    ],
)
def test_a_part_is_worth(part: str, seeker: dict[str, Any], opening: dict[str, Any], points: int) -> None:
    told = dict(score_of(replace(SEEKER, **seeker), replace(OPENING, **opening), terms()))
    assert told[part] == points


@given(seekers, openings)
def test_a_score_lies_between_nothing_and_full(seeker: Seeker, opening: Opening) -> None:
    weights = terms().weights.parts.model_dump()
    told = score_of(seeker, opening, terms())
    assert all(0 <= points <= weights[part] for part, points in told.items())
    assert set(told) == set(weights)


def test_groups_add_to_the_worth_of_a_placement_not_to_the_score() -> None:
    poor = replace(SEEKER, groups=frozenset({"registered_poor", "grade_red", "relocated"}))
    assert priority(SEEKER, terms()) == 500
    assert priority(poor, terms()) == 500 + 300 + 400
    assert score_of(poor, OPENING, terms()) == score_of(SEEKER, OPENING, terms())


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [("60501", "60501", 1000), ("60501", "60503", 600), ("60501", "62901", 300), ("60501", "40302", 0)],
)
def test_trades_are_near_by_their_codes(one: str, other: str, near: int) -> None:
    assert closeness(one, other) == closeness(other, one) == near


def test_weights_together_are_a_thousand() -> None:
    with pytest.raises(ValidationError, match="1000"):
        PartWeights(trade=250, skill=200, pay=200, place=100, stability=100, lodging=50, training=99)
