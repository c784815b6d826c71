"""Synthetic people, posts and terms for the benchmark of matching, drawn by a seed; and their defaults."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np

import services.directory
from services.jobs.rules.distances import Distances
from services.jobs.rules.matching_terms import Opening, Seeker, Stayed, Terms
from shared.contracts.jobs_match_policies import LabourDistances, MatchingWeights, MeasuredPlace
from shared.contracts.jobs_posts_policies import AgeBar, PostRules, SexBar

VILLAGES, TRADES, PLACES, EMPLOYERS = 260, 120, 180, 1500
HEALTH = (frozenset({"healthy"}), frozenset({"chronic"}), frozenset({"serious"}), frozenset({"chronic", "disabled"}))
LAWFUL = PostRules(
    sex_bars=[SexBar(reason="forbidden_for_women", law="annex 1", sexes=["1"])],
    age_bars=[AgeBar(reason="special_work", law="special work", low_most=30, high_least=40)],
)
GROUPS = ("registered_poor", "relocated", "zero_employment", "grade_red", "grade_yellow", "jobless")


def shipped(kind: str) -> Any:
    """The body of a policy as it is shipped."""
    defaults = tomllib.loads((Path(services.directory.__file__).parent / "defaults.toml").read_text(encoding="utf-8"))
    [found] = [one["body"] for one in defaults["policy"] if one["kind"] == kind]
    return found


def draw(people: int, posts: int, openings: int, seed: int) -> tuple[list[Seeker], list[Opening], Terms]:
    """So many people, posts, and openings in all."""
    rng = np.random.default_rng(seed)
    trades = [f"{major}{group:02d}{one:02d}" for major, group, one in _codes(rng)]
    villages = [f"5399211{village // 26:02d}{village % 26 + 1:03d}" for village in range(VILLAGES)]
    places = [
        f"{province}{place:02d}{rng.integers(1, 30):02d}"
        for province in (53, 44, 33, 32, 51, 52)
        for place in range(1, 31)
    ]
    seekers = [_seeker(rng, number, villages, trades, places) for number in range(people)]
    free = 1 + rng.multinomial(openings - posts, np.ones(posts) / posts)
    offered = [_opening(rng, number, int(free[number]), trades, places) for number in range(posts)]
    measured = [
        MeasuredPlace(area=one, longitude=rng.uniform(100, 121), latitude=rng.uniform(22, 32))
        for one in sorted({*places, "539921"})
    ]
    there = {
        (villages[rng.integers(VILLAGES)], places[rng.integers(len(places))]): int(rng.integers(1, 12))
        for _ in range(4000)
    }
    stays = {f"e{number}": Stayed(20, int(rng.integers(4, 21))) for number in range(EMPLOYERS)}
    distances = Distances(LabourDistances(detour=1.3, places=measured))
    weights = MatchingWeights.model_validate(shipped("matching-weights"))
    return seekers, offered, Terms(weights, distances, there, stays, LAWFUL)


def _codes(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    return [(int(rng.integers(4, 7)), int(rng.integers(1, 13)), int(rng.integers(1, 12))) for _ in range(TRADES)]


def _some(rng: np.random.Generator, of: list[str], most: int) -> list[str]:
    return [of[place] for place in rng.integers(0, len(of), rng.integers(0, most + 1))]


def _seeker(rng: np.random.Generator, number: int, villages: list[str], trades: list[str], places: list[str]) -> Seeker:
    works = rng.random() < 0.45
    disabled = rng.random() < 0.05
    return Seeker(
        person_id=f"p{number}",
        need_id=f"n{number}",
        area_code=villages[rng.integers(len(villages))],
        age=int(rng.integers(15, 64)),
        sex=str(rng.integers(1, 3)),
        health=HEALTH[rng.choice(4, p=(0.86, 0.09, 0.02, 0.03))],
        disability_class=int(rng.integers(1, 8)) if disabled else None,
        disability_level=int(rng.integers(1, 5)) if disabled else None,
        trades=frozenset(_some(rng, trades, 1) if rng.random() < 0.25 else ()),
        own_trade=trades[rng.integers(TRADES)] if works else None,
        labour_skill=("ordinary", "skilled", "weak")[rng.choice(3, p=(0.75, 0.15, 0.1))],
        wage=int(rng.integers(18, 55)) * 100 if works else None,
        wanted_trades=tuple(_some(rng, trades, 3)),
        wage_floor=int(rng.integers(20, 60)) * 100 if rng.random() < 0.7 else None,
        refused_areas=tuple(one[:2] for one in _some(rng, places, 2)) if rng.random() < 0.3 else (),
        care_within_km=int(rng.choice((5, 20, 50))) if rng.random() < 0.08 else None,
        lodging_needed=bool(rng.random() < 0.5),
        night_ok=bool(rng.random() < 0.6),
        groups=frozenset(one for one in GROUPS if rng.random() < 0.15),
    )


def _opening(rng: np.random.Generator, number: int, free: int, trades: list[str], places: list[str]) -> Opening:
    trade, low = trades[rng.integers(TRADES)], int(rng.integers(24, 75)) * 100
    return Opening(
        post_id=f"o{number}",
        employer_id=f"e{rng.integers(EMPLOYERS)}",
        trade=trade,
        place=places[rng.integers(len(places))] if rng.random() < 0.9 else "539921",
        free=free,
        pay_low=low,
        pay_high=low + 1500,
        lodging=bool(rng.random() < 0.7),
        night=bool(rng.random() < 0.3),
        hazardous=bool(rng.random() < 0.1),
        age_low=int(rng.integers(16, 30)) if rng.random() < 0.5 else None,
        age_high=int(rng.integers(40, 61)) if rng.random() < 0.5 else None,
        age_reason="special_work" if rng.random() < 0.1 else None,
        sex=str(rng.integers(1, 3)) if rng.random() < 0.2 else None,
        sex_reason="forbidden_for_women" if rng.random() < 0.3 else None,
        certificates=frozenset({trade} if rng.random() < 0.15 else ()),
        health_limits=frozenset({"serious"} if rng.random() < 0.5 else ()),
        demand=("light", "medium", "heavy", "very_heavy")[rng.choice(4, p=(0.3, 0.4, 0.2, 0.1))],
        course=bool(rng.random() < 0.2),
    )
