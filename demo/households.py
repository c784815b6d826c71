"""Households of the synthetic county, one at a time: any number up to 420,000 in the same little memory."""

from collections.abc import Iterator
from datetime import date
from math import ceil
from random import Random
from typing import Literal, NamedTuple

from demo import names
from demo.county import Household, HouseholdClass, Member
from demo.people import (
    DAUGHTER,
    DAUGHTER_IN_LAW,
    FATHER,
    GRANDCHILD,
    HEAD,
    HUSBAND,
    MOTHER,
    SON,
    WIFE,
    Register,
    Role,
    make_member,
)
from demo.places import Village, villages
from shared.areas import AreaCode
from shared.idnumber import Sex

MAX_HOUSEHOLDS = 420_000
STORY_VILLAGE = AreaCode("539921100200")
"""The village of the first household, which has a pupil and adults: here a demo tells its story."""

Generation = Literal["elder", "adult", "child"]


class Plan(NamedTuple):
    """Who lives together: how many of each generation."""

    elders: int
    adults: int
    children: int


class Person(NamedTuple):
    """One who lives there, before there is a name."""

    generation: Generation
    sex: Sex
    age: int


PLANS = {  # and how common each is, by size; the mean is 4.1 persons
    Plan(1, 0, 0): 4,
    Plan(0, 1, 0): 2,
    Plan(2, 0, 0): 6,
    Plan(0, 2, 0): 4,
    Plan(0, 1, 1): 2,
    Plan(0, 2, 1): 11,
    Plan(1, 2, 0): 2,
    Plan(0, 1, 2): 2,
    Plan(1, 1, 1): 2,
    Plan(0, 2, 2): 18,
    Plan(1, 2, 1): 4,
    Plan(2, 2, 0): 3,
    Plan(1, 1, 2): 1,
    Plan(0, 2, 3): 9,
    Plan(1, 2, 2): 7,
    Plan(2, 2, 1): 4,
    Plan(2, 2, 2): 9,
    Plan(1, 2, 3): 4,
    Plan(2, 2, 3): 5,
    Plan(2, 2, 4): 2,
}
_PLANS, _SHARES = tuple(PLANS), tuple(PLANS.values())
_STORY = Plan(1, 2, 2)
_STORY_YOUNGEST = 8
_RELATIONS: dict[Generation, dict[Generation, tuple[str, str]]] = {  # head's, theirs: if a man, if a woman
    "elder": {
        "elder": (HUSBAND, WIFE),
        "adult": (SON, DAUGHTER_IN_LAW),
        "child": (GRANDCHILD, GRANDCHILD),
    },
    "adult": {"elder": (FATHER, MOTHER), "adult": (HUSBAND, WIFE), "child": (SON, DAUGHTER)},
}
_GENERATION_NAMES = "文明志国永德世家玉春思宗朝克绍"
_ETHNIC_GROUPS = ("01",) * 44 + ("03", "06", "06", "07", "07", "07")  # Han, Hui, Miao, Yi (GB/T 3304)
_CLASSES: tuple[HouseholdClass, ...] = ("ordinary",) * 74 + ("lifted_out",) * 23 + ("monitored",) * 3


def households(count: int, seed: int, today: date) -> Iterator[Household]:
    """`count` households over the villages by their size; ages are as of `today`. The same for the same arguments."""
    if not 0 <= count <= MAX_HOUSEHOLDS:
        raise ValueError(f"a county has 0 to {MAX_HOUSEHOLDS} households")
    return _generate(count, Random(seed), today)


def _generate(count: int, rng: Random, today: date) -> Iterator[Household]:
    register = Register(today)
    for village, share in spread(count):
        for number in range(1, share + 1):
            story = number == 1 and village.code == STORY_VILLAGE
            plan = _STORY if story else rng.choices(_PLANS, _SHARES)[0]
            youngest = _STORY_YOUNGEST if story else rng.randint(0, 14 if plan.elders else 25)
            yield _household(rng, register, today, village, number, _people(rng, plan, youngest))


def spread(count: int) -> Iterator[tuple[Village, int]]:
    """Villages with their number of households, the story's village first: of any count it has at least one."""
    ordered = sorted(villages(), key=lambda village: village.code != STORY_VILLAGE)
    whole = sum(village.weight for village in ordered)
    weight, given = 0.0, 0
    for village in ordered:
        weight += village.weight
        upto = min(count, ceil(count * weight / whole))
        yield village, upto - given
        given = upto


def _people(rng: Random, plan: Plan, youngest: int) -> list[Person]:
    """A plan's people, with ages that fit: each generation some 20 to 30 years before the next."""
    ages = [youngest]
    while len(ages) < plan.children:
        ages.append(ages[-1] + rng.randint(1, 4))
    children = [Person("child", _sex(rng, 0.52), age) for age in reversed(ages[: plan.children])]
    woman = ages[-1] + rng.randint(20, 29) if children else rng.randint(23, 55 if plan.elders else 62)
    man = woman + rng.randint(0, 5)
    elder = man + rng.randint(22, 32) if plan.adults else rng.randint(62, 90)
    return [
        *_generation(rng, "elder", plan.elders, elder, elder - rng.randint(0, 4)),
        *_generation(rng, "adult", plan.adults, man, woman),
        *children,
    ]


def _generation(rng: Random, generation: Generation, number: int, man: int, woman: int) -> list[Person]:
    couple = [Person(generation, "1", man), Person(generation, "2", woman)]
    if number == 1:
        return [couple[int(_sex(rng, 0.5)) - 1]]
    return couple[:number]


def _sex(rng: Random, men: float) -> Sex:
    return "1" if rng.random() < men else "2"


def _head(rng: Random, people: list[Person]) -> Person:
    """Mostly the man between the generations, sometimes his father, sometimes his wife."""
    elders = [person for person in people if person.generation == "elder"]
    adults = [person for person in people if person.generation == "adult"]
    if not adults or (elders and rng.random() < 0.25):
        return elders[0]
    if not elders and rng.random() < 0.1:
        return adults[-1]
    return adults[0]


def _roles(rng: Random, people: list[Person]) -> list[Role]:
    """What each is to the head, who comes first; wives keep the surname they came with."""
    head = _head(rng, people)
    family = names.surname(rng)
    shared_name = rng.choice(_GENERATION_NAMES) if rng.random() < 0.3 else ""
    lone_daughter = people[0].generation == "elder" and sum(p.generation == "adult" for p in people) == 1
    roles = []
    for person in people:
        relation = _RELATIONS[head.generation][person.generation][int(person.sex) - 1]
        wife = person.sex == "2" and person.generation != "child"
        if lone_daughter and person.generation == "adult":
            wife = False
            relation = DAUGHTER if relation == DAUGHTER_IN_LAW else relation
        roles.append(
            Role(
                person.sex,
                person.age,
                HEAD if person is head else relation,
                names.surname(rng) if wife else family,
                shared_name if person.generation == "child" else "",
                wife,
            )
        )
    return sorted(roles, key=lambda role: role.relation != HEAD)


def _household(
    rng: Random, register: Register, today: date, village: Village, number: int, people: list[Person]
) -> Household:
    ethnic_group = rng.choice(_ETHNIC_GROUPS)
    members: list[Member] = []
    for role in _roles(rng, people):
        member = make_member(rng, register, today, role, ethnic_group)
        while any(member.name == other.name for other in members):  # brothers are not called the same
            member = make_member(rng, register, today, role, ethnic_group)
        members.append(member)
    return Household(
        national_code=f"{village.code}{number:04}",
        area_code=village.code,
        natural_village=rng.choice(village.hamlets),
        household_class=rng.choice(_CLASSES),
        members=tuple(members),
    )
