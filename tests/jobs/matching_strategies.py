"""Small worlds for the matching rules: few trades, places and ages, so that every filter and part has something to do."""

from hypothesis import strategies as st

from services.jobs.rules.distances import Distances
from services.jobs.rules.matching_terms import Opening, Seeker, Stayed, Terms
from shared.contracts.jobs_match_policies import (
    FitnessRule,
    LabourDistances,
    MatchingWeights,
    MeasuredPlace,
    PartWeights,
    Stay,
)
from shared.contracts.jobs_posts_policies import AgeBar, PostRules, SexBar

TRADES = ("60501", "60503", "60600", "40302", "62901", "61600")
VILLAGES = ("539921100201", "539921100202", "539921101201")
PLACES = ("440306", "330100", "539921", "539921100201", "539921101201", "110101")
POST_RULES = PostRules(
    sex_bars=[SexBar(reason="forbidden_for_women", law="Annex 1", sexes=["1"])],
    age_bars=[AgeBar(reason="special_work", law="Some law", low_most=40, high_least=40)],
)
MEASURED = (
    MeasuredPlace(area="539921100", longitude=104.8, latitude=27.4, within_km=6),
    MeasuredPlace(area="539921101", longitude=104.9, latitude=27.5),
    MeasuredPlace(area="539921", longitude=104.87, latitude=27.44),
    MeasuredPlace(area="4403", longitude=114.06, latitude=22.55),
)


def weights(**changes: object) -> MatchingWeights:
    """The weights of the tests."""
    body = MatchingWeights(
        parts=PartWeights(trade=250, skill=200, pay=200, place=100, stability=100, lodging=50, training=100),
        placed=500,
        groups={"registered_poor": 300, "grade_red": 400},
        candidates=5,
        usual_pay=3000,
        full_gain=0.5,
        least_pay_ratio=1.0,
        villagers_full=5,
        stay=Stay(share=0.7, placed=10),
        fitness=[
            FitnessRule(demand="heavy", health=["serious"], disability_levels=[1, 2]),
            FitnessRule(demand="light", disability_classes=[1], disability_levels=[1]),
        ],
    )
    return body.model_copy(update=changes)


def terms(**changes: object) -> Terms:
    """Terms with some villagers and some employers' records."""
    return Terms(
        weights(**changes),
        Distances(LabourDistances(detour=1.3, places=list(MEASURED))),
        villagers={(VILLAGES[0], "440306"): 3, (VILLAGES[0], "e1"): 9, (VILLAGES[1], "e2"): 1},
        stays={"e1": Stayed(20, 19), "e2": Stayed(30, 3)},
        post_rules=POST_RULES,
    )


def some(values: tuple[str, ...], most: int) -> st.SearchStrategy[list[str]]:
    """A few of the values, each once."""
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


seekers = st.builds(
    Seeker,
    person_id=st.uuids().map(str),
    need_id=st.uuids().map(str),
    area_code=st.sampled_from(VILLAGES),
    age=st.integers(14, 66),
    sex=st.sampled_from(("1", "2")),
    health=some(("healthy", "chronic", "serious"), 2).map(frozenset),
    disability_class=st.none() | st.integers(1, 7),
    disability_level=st.none() | st.integers(1, 4),
    trades=some(TRADES, 2).map(frozenset),
    own_trade=st.none() | st.sampled_from(TRADES),
    labour_skill=st.sampled_from(("ordinary", "skilled", "weak", "none")),
    wage=st.none() | st.integers(0, 8000),
    wanted_trades=some(TRADES, 3).map(tuple),
    wage_floor=st.none() | st.integers(0, 6000),
    refused_areas=some(("44", "3301", "539921"), 2).map(tuple),
    care_within_km=st.none() | st.sampled_from((0, 6, 20, 2000)),
    lodging_needed=st.booleans(),
    night_ok=st.booleans(),
    groups=some(("registered_poor", "relocated", "grade_red"), 2).map(frozenset),
)
openings = st.builds(
    Opening,
    post_id=st.uuids().map(str),
    employer_id=st.sampled_from(("e1", "e2", "e3")),
    trade=st.sampled_from(TRADES),
    place=st.sampled_from(PLACES),
    free=st.integers(1, 2),
    pay_low=st.integers(1500, 9000),
    pay_high=st.just(9000),
    lodging=st.booleans(),
    night=st.booleans(),
    hazardous=st.booleans(),
    age_low=st.none() | st.integers(16, 40),
    age_high=st.none() | st.integers(40, 60),
    age_reason=st.sampled_from((None, "special_work", "looks")),
    sex=st.none() | st.sampled_from(("1", "2")),
    sex_reason=st.sampled_from((None, "forbidden_for_women", "habit")),
    certificates=some(TRADES, 2).map(frozenset),
    health_limits=some(("serious", "chronic"), 1).map(frozenset),
    demand=st.sampled_from((None, "light", "heavy", "very_heavy")),
    course=st.booleans(),
)
