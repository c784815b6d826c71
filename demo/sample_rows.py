"""Rows of a bureau's export: whom each is about and what it says, by the plans of `samples.toml`."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from demo import names
from demo.county import Household, Member, areas
from demo.feeds import Feed
from demo.places import COUNTY, NEIGHBOURS, Village, villages
from shared.idnumber import complete

Plan = dict[str, Any]
"""A feed's section of `samples.toml`."""
Value = str | int | float | bool | date | None

STRANGERS = 0.02
"""Share of rows about people who are not in the register: they live here, their papers are from elsewhere."""
PERIOD_DAYS = 28

_NEIGHBOUR = NEIGHBOURS[-1]
_GROWN_UP, _OLD = 18, 60


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the county, and the household."""

    member: Member
    household: Household
    age: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an export, by field of the feed; `alarming` rows trigger the feed's rule."""

    values: dict[str, Value]
    area_code: str
    household_class: str | None  # None: not in the register
    alarming: bool


@cache
def plans() -> dict[str, Plan]:
    """Every feed's plan."""
    return tomllib.loads(Path(__file__).with_name("samples.toml").read_text(encoding="utf-8"))


@cache
def township_names() -> dict[str, str]:
    """By area code: the name of its township."""
    found = {str(area.code): area.name for area in areas()}
    return {code: found[code[:9] + "000"] for code in found if code[:9] + "000" in found}


class People:
    """The people of some households, by what they are to a bureau."""

    def __init__(self, households: Sequence[Household], today: date) -> None:
        self._all = [
            Someone(member, one, (today - member.born_on).days * 100 // 36525)
            for one in households
            for member in one.members
        ]
        self._found: dict[tuple[str, str], list[Someone]] = {}

    def one(self, rng: Random, who: str, among: str) -> Someone:
        """Somebody: `who` they are, `among` all, the poor (lifted out or monitored) or the monitored."""
        found = self._found.get((who, among))
        if found is None:
            found = [one for one in self._all if _is(one, who) and _is_among(one.household.household_class, among)]
            found = self._found[who, among] = found or [one for one in self._all if _is(one, who)] or self._all
        return rng.choice(found)


def rows(feed: Feed, plan: Plan, people: People, count: int, rng: Random, today: date) -> Iterator[Row]:
    """`count` rows, 1 to 5 % of them alarming, the first alarming one near the beginning."""
    share = rng.uniform(0.02, 0.04)
    alarms = {rng.randrange(min(count, 20)), *rng.sample(range(count), round(count * share))}
    for number in range(count):
        alarming = number in alarms
        if feed["subject"] == "area":
            yield _about_area(feed, plan, rng.choice(villages()), number, alarming, rng, today)
        elif not alarming and rng.random() < STRANGERS:
            yield _about_stranger(feed, plan, number, rng, today)
        else:
            among = plan.get("poor", "poor") if alarming else "all"
            someone = people.one(rng, _who(feed, plan, alarming), among)
            yield _about(feed, plan, someone, number, alarming, rng, today)


def _who(feed: Feed, plan: Plan, alarming: bool) -> str:
    if feed["subject"] == "household":
        return "head"
    who: str = plan.get("who", "anybody")
    return plan.get("alarming_who", who) if alarming else who


def _about(feed: Feed, plan: Plan, someone: Someone, number: int, alarming: bool, rng: Random, today: date) -> Row:
    household = someone.household
    values: dict[str, Value] = {
        "person.id_number": str(someone.member.id_number),
        "person.name": someone.member.name,
        "person.phone": someone.member.phone,
        "household.national_code": household.national_code,
        "area_name": _village_name(household.area_code),
        **_happening(number, rng, today),
        **_evidence(feed, plan, alarming, someone.age, rng, today),
    }
    return Row(values, household.area_code, household.household_class, alarming)


def _about_stranger(feed: Feed, plan: Plan, number: int, rng: Random, today: date) -> Row:
    age = rng.randint(25, 55)
    birthday = today - timedelta(days=age * 366)
    village = rng.choice(villages())
    values: dict[str, Value] = {
        "person.id_number": str(complete(f"{_NEIGHBOUR}{birthday:%Y%m%d}{rng.randint(1, 999):03}")),
        "person.name": names.surname(rng) + names.given_name(rng, "1", birthday.year),
        "area_name": village.name,
        **_happening(number, rng, today),
        **_evidence(feed, plan, False, max(age, _OLD), rng, today),
    }
    return Row(values, village.code, None, False)


def _about_area(feed: Feed, plan: Plan, village: Village, number: int, alarming: bool, rng: Random, today: date) -> Row:
    values: dict[str, Value] = {
        "area_code": village.code,
        "area_name": village.name,
        **_happening(number, rng, today),
        **_evidence(feed, plan, alarming, 0, rng, today),
    }
    return Row(values, village.code, None, alarming)


def _happening(number: int, rng: Random, today: date) -> dict[str, Value]:
    day = today - timedelta(days=rng.randint(1, PERIOD_DAYS))
    return {"occurred_on": day, "source_ref": f"{COUNTY[:6]}-{today:%Y%m}-{number + 1:06}"}


def _evidence(feed: Feed, plan: Plan, alarming: bool, age: int, rng: Random, today: date) -> dict[str, Value]:
    properties = feed["evidence_schema"]["properties"]
    values = plan["alarming" if alarming else "usual"]
    found: dict[str, Value] = {}
    for name, wanted in values.items():
        fitting = wanted[found[wanted["by"]]] if isinstance(wanted, dict) and "by" in wanted else wanted
        found[name] = _value(fitting, properties[name]["type"], age, rng, today)
    return found


def _value(wanted: Any, kind: str, age: int, rng: Random, today: date) -> Value:
    match wanted:
        case {"ago": [least, greatest]}:
            return today - timedelta(days=rng.randint(least, greatest))
        case [int() | float() as least, int() | float() as greatest] if not isinstance(least, bool):
            number = rng.uniform(least, greatest)
            return round(number) if kind == "integer" else round(number, 2)
        case [*choices]:
            found: Value = rng.choice(choices)
            return found
        case "@age":
            return age
        case str() if wanted.startswith("@"):
            return _of_today(wanted, today)
    value: Value = wanted
    return value


def _of_today(wanted: str, today: date) -> str:
    """The period a file of today is about."""
    month = today.replace(day=1) - timedelta(days=1)
    begun = today.year if today.month >= 9 else today.year - 1
    season = _SEASONS[2 <= today.month < 8]
    return {
        "@month": f"{month:%Y-%m}",
        "@year": f"{today:%Y}",
        "@term": f"{today.year}{season}",
        "@school_year": f"{begun}-{begun + 1}",
    }[wanted]


_SEASONS = ("秋", "春")


def _is(someone: Someone, who: str) -> bool:
    member, age = someone.member, someone.age
    return {
        "anybody": True,
        "head": member is someone.household.head,
        "pupil": member.is_pupil,
        "student": member.school_stage in ("senior", "vocational"),
        "child": age < _GROWN_UP,
        "adult": age >= _GROWN_UP,
        "elder": age > _OLD,
        "worker": _GROWN_UP <= age < _OLD and member.labour_skill in ("ordinary", "skilled"),
    }[who]


def _is_among(household_class: str, among: str) -> bool:
    return among == "all" or household_class == "monitored" or (among == "poor" and household_class == "lifted_out")


@cache
def _names() -> dict[str, str]:
    return {village.code: village.name for village in villages()}


def _village_name(area_code: str) -> str:
    return _names()[area_code]
