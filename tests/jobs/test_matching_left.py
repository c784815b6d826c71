"""Who stays without a post and what one change would open; how each group fared."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.rules.candidates import NOBODY
from services.jobs.rules.exposure import Exposure
from services.jobs.rules.law import CHANGEABLE, excluded_by
from services.jobs.rules.matches import matches_of
from services.jobs.rules.matching import match
from services.jobs.rules.matching_terms import Opening, Seeker
from services.jobs.rules.score import score_of
from tests.jobs.matching_strategies import openings, seekers, terms

SEEKER = Seeker("p", "n", "539921100201", 30, "2", wanted_trades=("60501",))
OPENING = Opening("o", "e3", "60501", "440306", 1, 4500, 6000)


@pytest.mark.parametrize(
    ("seeker", "opening", "code", "facts"),
    [
        (
            {},
            {"certificates": frozenset({"60501"}), "course": True},
            "certificate_missing",
            {"certificates": ["60501"], "course": 1},
        ),
        ({"wage_floor": 5000}, {}, "wage_floor", {"wage_floor": 5000, "pay": 4500}),
        ({"refused_areas": ("44", "33")}, {}, "place_refused", {"place": "440306", "refused": ["44"]}),
        ({"care_within_km": 10}, {"place": "110101"}, "care_distance", {"within_km": 10, "kilometres": None}),
        ({"care_within_km": 3}, {"place": "539921100202"}, "care_distance", {"within_km": 3, "kilometres": 6.0}),
        ({"night_ok": False}, {"night": True}, "night_refused", {}),
    ],
)
def test_one_change_would_open_a_post(
    seeker: dict[str, Any], opening: dict[str, Any], code: str, facts: dict[str, object]
) -> None:
    [left] = match([replace(SEEKER, **seeker)], [replace(OPENING, **opening)], terms()).left
    assert left.why == "no_possible_post"
    assert left.change is not None
    assert (left.change.code, left.change.facts) == (code, facts)


@pytest.mark.parametrize(
    ("seeker", "opening"),
    [
        ({"age": 15}, {"certificates": frozenset({"60501"})}),  # the law stands
        ({"wage": 5000}, {}),  # worse than today
        ({"wage_floor": 5000, "night_ok": False}, {"night": True}),  # two changes
    ],
)
def test_what_cannot_be_changed_by_one_thing_is_not_told(seeker: dict[str, Any], opening: dict[str, Any]) -> None:
    [left] = match([replace(SEEKER, **seeker)], [replace(OPENING, **opening)], terms()).left
    assert (left.why, left.change) == ("no_possible_post", None)


def test_whoever_is_outbid_hears_that_all_is_taken() -> None:
    some = [replace(SEEKER, person_id=f"p{n}") for n in range(3)]
    taken, free = OPENING, replace(OPENING, post_id="free", free=5, pay_low=4000)
    outcome = match([*some, replace(SEEKER, wage_floor=4200)], [taken, free], terms())
    assert outcome.left == []
    assert outcome.assignment.posts.tolist() == [1, 1, 1, 0]  # the dear post goes to whom no other will do
    tight = match([replace(one, wage_floor=4200) for one in some], [taken, free], terms())
    assert [(one.why, one.change and one.change.post) for one in tight.left] == [("all_taken", 1)] * 2


def test_the_nearest_post_is_told_and_the_certificate_it_lacks() -> None:
    """Fewest changes, then kilometres, then score; a place that nobody has measured comes last."""
    far = replace(OPENING, post_id="far", night=True)
    near = replace(OPENING, post_id="near", place="539921101201", trade="62901", certificates=frozenset({"62901"}))
    unknown = replace(OPENING, post_id="unknown", place="110101", night=True, pay_low=6000)
    twice = replace(near, post_id="twice", place=SEEKER.area_code, certificates=frozenset({"62901", "60501"}))
    seeker = replace(SEEKER, night_ok=False)
    [left] = match([seeker], [far, twice, unknown, near], terms()).left
    assert left.change is not None
    assert (left.change.post, left.change.facts) == (3, {"certificates": ["62901"], "course": 0})
    found = matches_of(seeker, [far, twice, unknown, near], terms(), 5)
    assert [one.match.opening.post_id for one in found.near] == ["near", "far", "unknown", "twice"]


@settings(max_examples=80, deadline=None)
@given(st.lists(seekers, max_size=10), st.lists(openings, max_size=8))
def test_the_change_is_the_nearest_of_those_that_would_do(some: list[Seeker], offered: list[Opening]) -> None:
    outcome = match(some, offered, terms())
    posts = outcome.assignment.posts
    used = np.bincount(posts[posts != NOBODY], minlength=len(offered))
    for left in outcome.left:
        seeker = some[left.person]
        near = [
            (_steps(seeker, opening), -sum(score_of(seeker, opening, terms()).values()), codes[0])
            for place, opening in enumerate(offered)
            if used[place] < opening.free
            and len(codes := excluded_by(seeker, opening, terms())) == 1
            and codes[0] in CHANGEABLE
        ]
        if left.change is None:
            assert near == []
        else:
            told = _steps(seeker, offered[left.change.post]), -left.change.score, left.change.code
            assert told[:2] == min(near)[:2]
            assert told in near
            assert excluded_by(seeker, offered[left.change.post], terms()) == [left.change.code]


def _steps(seeker: Seeker, opening: Opening) -> tuple[int, float]:
    """How many things would have to change, and how far it is, in whole kilometres."""
    far = terms().distances.kilometres(seeker.area_code, opening.place)
    return max(len(opening.certificates - seeker.trades), 1), float("inf") if far is None else round(far)


def test_every_group_is_counted_and_one_that_fares_badly_is_marked() -> None:
    men = [replace(SEEKER, person_id=f"m{n}", sex="1", age=20) for n in range(6)]
    women = [replace(SEEKER, person_id=f"w{n}", sex="2", age=50, wage_floor=9000) for n in range(6)]
    report = {(one.kind, one.group): one for one in match([*men, *women], [replace(OPENING, free=6)], terms()).exposure}
    score = 670.0  # 250 trade, 40 skill, 200 pay, 60 place, 70 stability, 50 lodging
    assert report["everybody", "all"] == Exposure("everybody", "all", 12, 6, 6, score, below=False)
    assert report["sex", "1"] == Exposure("sex", "1", 6, 6, 6, score, below=False)
    assert report["sex", "2"] == Exposure("sex", "2", 6, 0, 0, None, below=True)
    assert report["age", "16-24"].placed == 6
    assert report["age", "45-54"].below
    assert report["township", "539921100"].people == 12
    assert {kind for kind, _ in report} == {
        "everybody",
        "sex",
        "age",
        "household_class",
        "relocated",
        "disability",
        "township",
    }


def test_a_run_of_nobody_or_nothing_ends() -> None:
    assert match([], [OPENING], terms()).exposure == []
    nothing = match([SEEKER], [], terms())
    assert [(one.why, one.change) for one in nothing.left] == [("no_possible_post", None)]
    assert nothing.assignment.placed == 0
