"""Who somebody is: number, sex, birth, and whether they stand in the register once."""

import re

from services.households.rules.quality.record import HouseholdRecord, Person
from services.households.rules.quality.rule import FOUND, Params, of_household, of_person
from shared.contracts.quality_policies import QualityRules

_UNREADABLE = re.compile(
    r"[0-9*?？＊_#@]"
)  # a mask or a broken conversion; Latin names and the dot of Yi names are names


@of_household("household-empty", "fatal", "member.left_on")
def household_empty(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "户主 missing": a household in which nobody lives any more."""
    return None if home.members else FOUND


@of_person("id-number-invalid", "fatal", "member.id_number")
def id_number_invalid(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: ID checksum/length (18/20/22)."""
    return {"fault": one.id_fault} if one.id_fault else None


@of_person("person-in-two-households", "fatal", "member.id_number", "member.left_on")
def person_in_two_households(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: same ID twice."""
    return FOUND if one.in_another_household else None


@of_household("person-entered-twice", "fatal", "member.name", "member.birth_on", "member.id_number")
def person_entered_twice(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "same ID twice": one name and birthday twice in a household, under two numbers."""
    people = {(one.name, one.birth_on) for one in home.members}
    return {"count": len(home.members) - len(people)} if len(people) < len(home.members) else None


@of_person("sex-not-as-id", "logic", "member.sex", "member.id_number")
def sex_not_as_id(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "ID checksum": GB 11643, the 17th digit is odd for men."""
    return FOUND if one.id_sex is not None and one.id_sex != one.sex else None


@of_person("birth-not-as-id", "logic", "member.birth_on", "member.id_number")
def birth_not_as_id(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "ID checksum": GB 11643, digits 7 to 14 are the birthday."""
    return FOUND if one.id_birth_on is not None and one.id_birth_on != one.birth_on else None


@of_person("recorded-dead", "fatal", "member.left_on", "member.id_number")
def recorded_dead(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "same ID twice": somebody with this number has died in the register."""
    return FOUND if one.recorded_dead else None


@of_person("age-implausible", "plausible", "member.birth_on")
def age_implausible(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived: the dead are not taken off the list; older than the policy says people get."""
    return {"age": one.age, "most": numbers.age_most} if one.age > numbers.age_most else None


@of_person("name-unreadable", "logic", "member.name")
def name_unreadable(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived: a masked or broken name came in with an export (张*三, 李?)."""
    return FOUND if _UNREADABLE.search(one.name) else None


RULES = (
    household_empty,
    id_number_invalid,
    person_in_two_households,
    person_entered_twice,
    sex_not_as_id,
    birth_not_as_id,
    recorded_dead,
    age_implausible,
    name_unreadable,
)
