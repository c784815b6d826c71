"""The input of a run as a text: read back it is the same, and the same things in another order are the same text."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.rules.matching import match
from services.jobs.rules.matching_snapshot import Input, digest, packed, read, unpacked, written
from services.jobs.rules.matching_terms import Opening, Seeker
from tests.jobs.matching_strategies import openings, seekers, terms

DAY = date(2026, 11, 27)


@settings(max_examples=60, deadline=None)
@given(st.lists(seekers, max_size=8), st.lists(openings, max_size=8))
def test_what_was_written_is_read(some: list[Seeker], offered: list[Opening]) -> None:
    text = written(Input(DAY, some, offered, terms()))
    back = read(unpacked(packed(text)))
    assert back.day == DAY
    assert sorted(back.seekers, key=lambda one: one.person_id) == sorted(some, key=lambda one: one.person_id)
    assert sorted(back.openings, key=lambda one: one.post_id) == sorted(offered, key=lambda one: one.post_id)
    assert back.terms == terms()
    assert written(back) == text


@settings(max_examples=30, deadline=None)
@given(st.lists(seekers, max_size=8), st.lists(openings, max_size=6))
def test_order_is_no_part_of_it(some: list[Seeker], offered: list[Opening]) -> None:
    one = written(Input(DAY, some, offered, terms()))
    other = written(Input(DAY, some[::-1], offered[::-1], terms()))
    assert digest(one) == digest(other)
    first, second = read(one), read(other)
    assert (
        match(first.seekers, first.openings, first.terms).assignment.posts.tolist()
        == match(second.seekers, second.openings, second.terms).assignment.posts.tolist()
    )
