"""One person's list by the batch's tables says the same as the rules, pair by pair."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.rules.law import CHANGEABLE, excluded_by
from services.jobs.rules.matches import NEAR, matches_of
from services.jobs.rules.matching_terms import Opening, Seeker
from services.jobs.rules.one_change import nearness
from services.jobs.rules.score import score_of
from tests.jobs.matching_strategies import openings, seekers, terms


@settings(max_examples=150, deadline=None)
@given(seekers, st.lists(openings, max_size=12), st.integers(1, 12))
def test_the_list_of_one_person_agrees_with_the_rules(seeker: Seeker, offered: list[Opening], most: int) -> None:
    found = matches_of(seeker, offered, terms(), most)
    reasons = {post.post_id: excluded_by(seeker, post, terms()) for post in offered}
    scores = {post.post_id: sum(score_of(seeker, post, terms()).values()) for post in offered}
    possible = [post for post, codes in reasons.items() if not codes]
    assert (found.looked_at, found.possible) == (len(offered), len(possible))
    assert [one.score for one in found.best] == sorted((scores[post] for post in possible), reverse=True)[:most]
    assert all(not one.excluded for one in found.best)
    assert found.excluded == Counter(code for codes in reasons.values() for code in codes)
    near = [post for post in offered if len(codes := reasons[post.post_id]) == 1 and codes[0] in CHANGEABLE]
    told = [nearness(seeker, one.match.opening, one.match.score, terms()) for one in found.near]
    assert told == sorted(nearness(seeker, post, scores[post.post_id], terms()) for post in near)[:NEAR]
    for one in found.near:
        assert one.match.excluded == reasons[one.match.opening.post_id] == [one.change]
