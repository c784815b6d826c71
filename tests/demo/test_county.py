"""The synthetic county: nobody in it can be real, and everything in it could be."""

import tracemalloc
from collections import Counter
from datetime import date
from itertools import islice

import pytest
from stdnum.cn import ric

from demo import county
from demo.county import Household, Member
from demo.feeds import shipped_feeds
from demo.households import MAX_HOUSEHOLDS, STORY_VILLAGE, households, spread
from demo.people import Register
from demo.places import COUNTY
from shared import areas, idnumber
from shared.areas import Level, Scope
from tests.shipped import DEFAULTS

TODAY = date(2026, 11, 23)
AREAS = {area.code: area for area in county.areas()}
ORGANISATIONS = {organisation.code: organisation for organisation in county.organisations()}
ACCOUNTS = list(county.accounts(seed=1))


@pytest.fixture(scope="module")
def sample() -> list[Household]:
    return list(households(10_000, 1, TODAY))


@pytest.fixture(scope="module")
def people(sample: list[Household]) -> list[Member]:
    return [member for household in sample for member in household.members]


def age(member: Member) -> int:
    born = member.born_on
    return TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))


# areas, organisations, accounts


def test_the_areas_are_a_tree_whose_levels_are_those_of_their_codes() -> None:
    seen: set[str] = set()
    for code, area in AREAS.items():
        assert areas.normalise(code) == code
        assert area.level == areas.level(code)
        assert area.parent_code == (None if code == COUNTY else areas.parent(code))
        assert area.parent_code is None or area.parent_code in seen
        seen.add(code)
    assert Counter(area.level for area in AREAS.values()) == {
        Level.COUNTY: 1,
        Level.TOWNSHIP: 30,
        Level.VILLAGE: 260,
    }


def test_names_are_unique_among_the_areas_of_one_parent_and_kinds_fit_their_codes() -> None:
    assert len({(area.parent_code, area.name) for area in AREAS.values()}) == len(AREAS)
    for area in AREAS.values():
        if area.level == Level.TOWNSHIP:
            assert area.name[-1] == {"0": "道", "1": "镇", "2": "乡"}[area.code[6]]
        if area.level == Level.VILLAGE:
            assert area.name.endswith("社区" if area.code[9] == "0" else "村")


def test_the_county_is_not_on_any_map() -> None:
    with pytest.raises(KeyError):  # stdnum knows the province but no such county
        ric.get_birth_place(idnumber.complete(f"{COUNTY[:6]}19900101001"))


def test_there_are_bureaus_offices_townships_and_villages() -> None:
    assert Counter(organisation.kind for organisation in ORGANISATIONS.values()) == {
        "bureau": 18,
        "county_centre": 2,
        "township": 30,
        "village": 260,
    }
    assert "education.absence" in ORGANISATIONS["education"].feeds
    assert "medical.cost" in ORGANISATIONS["medical-insurance"].feeds
    owed = [feed for organisation in ORGANISATIONS.values() for feed in organisation.reports]
    assert sorted(owed) == sorted(shipped_feeds()), "every feed has one bureau that owes it"
    assert {feed["bureau"]["code"]: feed["bureau"]["zh"] for feed in shipped_feeds().values()} == dict(county.BUREAUS)
    assert all(organisation.area_code in AREAS for organisation in ORGANISATIONS.values())


def test_every_question_of_a_comparison_finds_somebody_who_answers_it() -> None:
    asked = {kind["feed"] for kind in DEFAULTS["asset-comparison"]["kinds"].values()}
    answering = [feed for account in ACCOUNTS for feed in account.feeds if feed.startswith("comparison.")]
    assert sorted(answering) == sorted(asked)
    assert not asked & {feed for organisation in ORGANISATIONS.values() for feed in organisation.reports}


def test_accounts_belong_to_an_organisation_and_see_its_area() -> None:
    assert len({account.username for account in ACCOUNTS}) == len(ACCOUNTS)
    for account in ACCOUNTS:
        home = ORGANISATIONS[account.organisation]
        assert (account.area_code, account.feeds) == (home.area_code, home.feeds)
        offices = ("county", "supervisor", "admin") if home.kind == "county_centre" else (home.kind,)
        assert account.role in offices


def test_every_desk_has_somebody() -> None:
    roles = Counter(account.role for account in ACCOUNTS)
    names = {account.username for account in ACCOUNTS}

    assert (roles["admin"], roles["supervisor"], roles["county"], roles["bureau"]) == (1, 1, 2, 18)
    assert {"admin", "supervisor", "centre-a", "education", "t539921100a", "v539921100200a"} <= names
    staffed = Counter(account.organisation for account in ACCOUNTS)
    assert set(staffed) == set(ORGANISATIONS)
    assert max(n for code, n in staffed.items() if code[0] == "5") == 2


# households


def test_the_same_seed_makes_the_same_county() -> None:
    def first(seed: int) -> list[Household]:
        return list(islice(households(2000, seed, TODAY), 200))

    assert first(1) == first(1)
    assert first(1) != first(2)
    assert list(county.accounts(1)) == ACCOUNTS != list(county.accounts(2))


@pytest.mark.parametrize("count", [0, 1, 7, 259, 2000, MAX_HOUSEHOLDS])
def test_any_number_isspread_over_the_villages(count: int) -> None:
    shares = [share for _, share in spread(count)]

    assert sum(shares) == count
    assert min(shares) >= (1 if count >= 2000 else 0)
    assert max(shares) < 10_000  # a household's number in its village has four digits


@pytest.mark.parametrize("count", [-1, MAX_HOUSEHOLDS + 1])
def test_more_than_a_county_holds_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="0 to 420000"):
        households(count, 1, TODAY)


@pytest.mark.parametrize("count", [1, 50, 2000])
@pytest.mark.parametrize("seed", range(5))
def test_the_first_household_can_tell_the_story(count: int, seed: int) -> None:
    first = next(households(count, seed, TODAY))

    assert first.area_code == STORY_VILLAGE
    assert any(member.is_pupil for member in first.members)
    assert age(first.head) >= 18
    assert any(Scope.of(a.area_code).covers(STORY_VILLAGE) and a.role == "village" for a in ACCOUNTS)


def test_households_are_of_real_sizes_in_real_villages(sample: list[Household]) -> None:
    sizes = Counter(len(household.members) for household in sample)
    places = {(household.area_code, household.natural_village) for household in sample}

    assert 4.0 < sum(size * n for size, n in sizes.items()) / len(sample) < 4.2
    assert set(sizes) == set(range(1, 9))
    assert sizes.most_common(1)[0][0] == 4
    assert all(AREAS[code].level == Level.VILLAGE for code, _ in places)
    assert len({code for code, _ in places}) == 260
    assert len(places) > 260 * 5
    assert len({household.national_code for household in sample}) == len(sample)
    assert all(household.national_code.startswith(household.area_code) for household in sample)


def test_household_classes_are_mixed_as_in_the_field(sample: list[Household]) -> None:
    classes = Counter(household.household_class for household in sample)

    assert 0.02 < classes["monitored"] / len(sample) < 0.04
    assert 0.2 < classes["lifted_out"] / len(sample) < 0.26
    assert sum(classes.values()) == len(sample)


def test_id_numbers_are_valid_unique_impossible_and_say_what_the_member_says(people: list[Member]) -> None:
    numbers = [str(member.id_number) for member in people]

    assert idnumber.check_many(numbers, TODAY) == numbers
    assert len(set(numbers)) == len(numbers)
    assert {number[:4] for number in numbers} == {"5399"}
    assert len({number[:6] for number in numbers}) > 5
    for member in people:
        assert idnumber.birth_on(member.id_number) == member.born_on
        assert idnumber.sex(member.id_number) == member.sex


def test_a_day_has_499_numbers_for_each_sex_and_no_more() -> None:
    register, born_on = Register(TODAY), date(1990, 1, 1)
    men = [register.id_number(0, born_on, "1") for _ in range(499)]
    women = [register.id_number(0, born_on, "2") for _ in range(499)]

    assert len({*men, *women}) == 998
    with pytest.raises(OverflowError):
        register.id_number(0, born_on, "1")


def test_phones_look_right_ring_nowhere_and_are_nobody_elses(people: list[Member]) -> None:
    phones = [member.phone for member in people if member.phone]

    assert all(len(phone) == 11 and phone.isdigit() and phone.startswith("154") for phone in phones)
    assert len(set(phones)) == len(phones)


def test_every_household_has_one_head_who_comes_first_and_can_be_called(sample: list[Household]) -> None:
    for household in sample:
        relations = [member.relation for member in household.members]
        assert relations[0] == "02"
        assert relations.count("02") == 1
        assert len({"11", "12"} & set(relations)) <= 1
        assert relations.count("11") + relations.count("12") <= 1
        assert household.head.phone
        assert age(household.head) >= 18


def test_relations_fit_sex_and_age(sample: list[Household]) -> None:
    sexes = {"11": "1", "12": "2", "20": "1", "30": "2", "38": "2", "51": "1", "52": "2"}
    for household in sample:
        head = household.head
        relations = {member.relation for member in household.members}
        assert "38" not in relations or "20" in relations  # a daughter-in-law came with a son
        for member in household.members[1:]:
            assert member.sex == sexes.get(member.relation, member.sex)
            match member.relation:
                case "11" | "12":
                    assert member.sex != head.sex
                case "20" | "30":
                    assert 18 <= age(head) - age(member) <= 50
                case "40":
                    assert 36 <= age(head) - age(member) <= 80
                case "51" | "52":
                    assert 17 <= age(member) - age(head) <= 45
                case relation:
                    assert relation == "38"


def test_all_of_school_age_are_pupils_and_nobody_else_is(people: list[Member]) -> None:
    for member in people:
        assert member.is_pupil == (6 <= age(member) <= 15)
        assert (member.school_stage == "primary") == (6 <= age(member) <= 11)


def test_labour_and_health_agree_with_the_rules_the_field_checks(people: list[Member]) -> None:
    for member in people:
        if age(member) < 16:
            assert member.labour_skill == "none"
        elif age(member) < 60 and member.health == ("healthy",) and not member.school_stage:
            assert member.labour_skill in ("ordinary", "skilled")
        assert ("healthy" in member.health) == (member.health == ("healthy",))
    assert {member.labour_skill for member in people} == {"ordinary", "skilled", "weak", "lost", "none"}
    assert {state for member in people for state in member.health} == {
        "healthy",
        "chronic",
        "serious",
        "disabled",
    }


def test_names_vary_and_nobody_shares_one_at_home(sample: list[Household], people: list[Member]) -> None:
    names = [member.name for member in people]

    assert all(2 <= len(name) <= 4 for name in names)
    assert len(set(names)) > len(names) * 0.6
    assert len({name[0] for name in names}) > 100
    assert Counter(names).most_common(1)[0][1] < len(names) * 0.001
    assert all(len({m.name for m in h.members}) == len(h.members) for h in sample)


def test_children_have_their_fathers_surname(sample: list[Household]) -> None:
    for household in sample:
        head = household.head
        if head.sex == "1":
            for member in household.members:
                if member.relation in ("20", "30", "51"):
                    assert member.name[0] == head.name[0]


def test_memory_does_not_grow_with_the_county() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in households(count, 1, TODAY):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(100)  # first use fills caches
    assert peak(4000) < peak(400) + 200_000
