"""A column of ID numbers at once: the same answer for each as one by one, in numbers and in faults."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from shared import idnumber
from shared.idnumber import Fault
from shared.tables.id_numbers import normalise_column
from tests.shared.test_idnumber import bodies, full_width, nearly, numbers

TODAY = date(2026, 11, 23)

old = bodies.map(lambda body: body[:6] + body[8:])
cards = st.builds(
    lambda number, kind, level, reissue: number + kind + level + reissue,
    st.one_of(numbers, nearly),
    st.sampled_from("0123456789Xx"),
    st.sampled_from("012345x"),
    st.sampled_from(["", "B1", "b2", "01", "1B", "BB", "C1", "Ｂ1"]),
)
days = st.builds(
    lambda year, day: idnumber.complete(f"539921{year:04}{day:04}001"), st.integers(0, 9999), st.integers(0, 9999)
)
typed = st.one_of(
    numbers,
    nearly,
    old,
    cards,
    days,
    days.map(lambda number: number[:6] + number[8:17]),
    st.one_of(numbers, cards).map(str.lower),
    st.one_of(numbers, old, cards).map(full_width),
    st.one_of(numbers, old).map(lambda number: f" \u3000{number}\u200b\n"),
    st.text("0123456789XxbB. \t", max_size=23),
    st.text(max_size=24),
    st.sampled_from([15, 18, 20, 22]).flatmap(lambda n: st.text(st.characters(codec="ascii"), min_size=n, max_size=n)),
)


def one_by_one(texts: list[str | None]) -> tuple[list[str | None], list[str | None]]:
    found = [None if text is None else idnumber.check_many([text], TODAY)[0] for text in texts]
    return (
        [None if isinstance(each, Fault) else each for each in found],
        [each.value if isinstance(each, Fault) else None for each in found],
    )


def at_once(texts: list[str | None]) -> tuple[list[str | None], list[str | None]]:
    found, codes = normalise_column(pl.Series(texts, dtype=pl.String), TODAY)
    return found.to_list(), codes.to_list()


@given(st.lists(st.one_of(typed, st.none()), max_size=30))
def test_a_column_gives_what_one_by_one_gives(texts: list[str | None]) -> None:
    assert at_once(texts) == one_by_one(texts)


@given(st.one_of(*(st.lists(kind, min_size=1, max_size=30) for kind in (numbers, nearly, old, cards, days))))
def test_so_does_a_column_of_one_kind(texts: list[str]) -> None:
    assert at_once([*texts]) == one_by_one([*texts])


def test_every_day_is_judged_alike_with_every_check_character() -> None:
    years = (0, 1, 999, 1875, 1876, 1900, 2000, 2023, 2024, 2026, 2027)
    texts: list[str | None] = [
        f"539921{year:04}{day:04}00{day % 10}{'0123456789Xx'[day % 12]}" for year in years for day in range(1300)
    ]
    texts += [idnumber.complete(f"539921{year:04}{day:04}001") for year in years for day in range(1300)]

    assert at_once(texts) == one_by_one(texts)
