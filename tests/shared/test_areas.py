"""Area codes and scopes: levels, parents and prefixes, and that what is empty opens no door."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import areas
from shared.areas import AreaCode, InvalidAreaCode, Level, Scope

COUNTY, TOWNSHIP, VILLAGE = map(areas.normalise, ("539921", "539921100", "539921100201"))


def group(width: int) -> st.SearchStrategy[str]:
    return st.one_of(st.just("0" * width), st.integers(0, 10**width - 1).map(lambda n: f"{n:0{width}}"))


codes = st.tuples(st.integers(10, 99).map(str), group(2), group(2), group(3), group(3)).map(
    lambda groups: areas.normalise("".join(groups))
)
scopes = st.one_of(
    st.just(Scope.everywhere()),
    st.just(Scope.nowhere()),
    st.lists(codes, max_size=5).map(lambda some: Scope.of(*some)),
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("53", "530000000000"),
        ("539921", "539921000000"),
        (" 539921100 ", "539921100000"),
        ("５３９９２１", "539921000000"),
        ("539921100201", "539921100201"),
    ],
)
def test_a_code_of_whole_groups_is_filled_up(text: str, code: str) -> None:
    assert areas.normalise(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "area-code-length"),
        (" ", "area-code-length"),
        ("5", "area-code-length"),
        ("5399211", "area-code-length"),
        ("5399211002011", "area-code-length"),
        ("53992A", "area-code-characters"),
        ("٥٣٩٩٢١", "area-code-characters"),
        ("53 992", "area-code-characters"),
        ("000000000000", "area-code-province"),
        ("03", "area-code-province"),
    ],
)
def test_anything_else_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(InvalidAreaCode) as caught:
        areas.normalise(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "level", "prefix", "parent"),
    [
        ("530000000000", Level.PROVINCE, "53", None),
        ("539900000000", Level.PREFECTURE, "5399", "530000000000"),
        ("539921000000", Level.COUNTY, "539921", "539900000000"),
        ("539920000000", Level.COUNTY, "539920", "539900000000"),  # only a whole group of zeros is absent
        ("539921100000", Level.TOWNSHIP, "539921100", "539921000000"),
        ("539921100200", Level.VILLAGE, "539921100200", "539921100000"),
        ("441900003000", Level.TOWNSHIP, "441900003", "441900000000"),  # a prefecture without counties
        ("441900003001", Level.VILLAGE, "441900003001", "441900003000"),
    ],
)
def test_the_tree(text: str, level: Level, prefix: str, parent: str | None) -> None:
    code = areas.normalise(text)

    assert (areas.level(code), areas.prefix(code), areas.parent(code)) == (level, prefix, parent)


@given(codes)
def test_every_code_climbs_to_its_province_through_areas_that_hold_it(code: AreaCode) -> None:
    order = list(Level)
    at: AreaCode = code
    while above := areas.parent(at):
        assert code.startswith(areas.prefix(above))
        assert order.index(areas.level(above)) < order.index(areas.level(at))
        at = above
    assert at == code[:2] + "0" * 10


@given(codes)
def test_the_prefix_says_all(code: AreaCode) -> None:
    assert areas.normalise(areas.prefix(code)) == areas.code_of(areas.prefix(code)) == code


def test_a_scope_covers_its_area_and_all_below() -> None:
    scope = Scope.of(TOWNSHIP)

    assert scope.covers(TOWNSHIP)
    assert scope.covers(VILLAGE)
    assert not scope.covers(COUNTY)
    assert not scope.covers("539921101201")
    assert not scope.covers("539921010201")


@given(codes, codes)
def test_a_scope_covers_a_code_just_when_it_stands_on_the_way_up(held: AreaCode, asked: AreaCode) -> None:
    def way_up(code: AreaCode | None) -> set[AreaCode]:
        return {code, *way_up(areas.parent(code))} if code else set()

    if asked[:2] == held[:2] or held not in way_up(asked):
        assert Scope.of(held).covers(asked) == (held in way_up(asked))


@given(scopes, codes)
def test_sql_patterns_say_the_same_as_covers(scope: Scope, code: AreaCode) -> None:
    patterns = [re.compile(pattern.replace("%", ".*")) for pattern in scope.like_patterns()]

    assert any(pattern.fullmatch(code) for pattern in patterns) == scope.covers(code)


@given(scopes)
def test_a_scope_survives_storing(scope: Scope) -> None:
    assert Scope.parse(scope.serialise()) == scope


@given(st.lists(codes, min_size=1, max_size=5))
def test_areas_within_another_add_nothing(held: list[AreaCode]) -> None:
    province = areas.normalise(held[0][:2])
    scope = Scope.of(*held, province)

    assert scope == Scope.of(province, *(code for code in held if code[:2] != province[:2]))


def test_everywhere_and_nowhere() -> None:
    assert Scope.everywhere().covers(VILLAGE)
    assert not Scope.nowhere().covers(VILLAGE)
    assert Scope.everywhere().like_patterns() == ["%"]
    assert Scope.nowhere().like_patterns() == []
    assert Scope.parse(["*"]) == Scope.everywhere()


def test_what_is_empty_opens_no_door() -> None:
    assert Scope.parse([]) == Scope.nowhere()
    assert Scope.of() == Scope.nowhere()
    for empty in ([""], ["539921", ""], ["%"], ["*", "539921"], ["5399211"]):
        with pytest.raises(InvalidAreaCode):
            Scope.parse(empty)
    for no_code in ("", "53", "539921", "%"):
        assert not Scope.everywhere().covers(no_code)


def test_the_codes_below_a_prefix_and_within_an_area() -> None:
    assert areas.bounds("539921100") == ("539921100000", "539921100999")
    assert areas.bounds("") == ("0" * 12, "9" * 12)
    assert areas.span(COUNTY) == ("539921000000", "539921999999")
    assert areas.span(VILLAGE) == (VILLAGE, VILLAGE)


@given(scopes, st.one_of(st.none(), codes), codes)
def test_a_scope_within_an_area_covers_what_both_cover(scope: Scope, area: AreaCode | None, code: AreaCode) -> None:
    both = scope.covers(code) and (area is None or Scope.of(area).covers(code))
    assert scope.within(area).covers(code) == both


def test_a_scope_begins_with_its_lowest_area() -> None:
    assert Scope.of(VILLAGE, AreaCode("539922000000")).first_area() == VILLAGE
    assert Scope.of(COUNTY).first_area() == COUNTY
    assert Scope.of(COUNTY, AreaCode("539922000000")).around() == "539900000000"
    assert Scope.of(AreaCode("539921101000"), AreaCode("539921102000")).around() == "539921000000"
    assert Scope.of(VILLAGE).around() == VILLAGE
    assert Scope.everywhere().around() is Scope.nowhere().around() is None
    assert Scope.everywhere().first_area() == Scope.nowhere().first_area() == "0" * 12


def test_around_a_scope_lies_what_its_parts_lie_in() -> None:
    assert Scope.of(VILLAGE, AreaCode("539922000000")).above() == {VILLAGE[:end] for end in (2, 4, 6, 9)}
    assert Scope.everywhere().above() == Scope.nowhere().above() == set()
