"""What a row of an import means: something new, a change, nothing new, or a fault. Nothing is written here."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.households.rules.register import (
    AreaUnknown,
    HouseholdDissolved,
    HouseholdExists,
    HouseholdFacts,
    MemberFacts,
    PersonElsewhere,
)
from services.households.rules.register_fields import Changes, changed
from shared.areas import Scope
from shared.errors import Fault
from shared.security.principals import AreaNotPermitted

Outcome = Literal["added", "changed", "unchanged"]
Fields = Mapping[str, object]
"""What a row tells of a household or person, by field. In place of a phone stands its blind index: sealed values never
compare. What `further` does not give stays as it is registered; of the rest a row tells all."""

TOLD = ("area_code", "household_class")
"""What others hear of a household with each of its members, and an import can change."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of an import, with their blind indexes."""

    facts: MemberFacts
    person_key: str
    phone_index: str | None

    @property
    def fields(self) -> Fields:
        """To compare with what is registered."""
        f = self.facts
        return {
            "name": f.name,
            "relation": f.relation,
            "sex": f.sex,
            "birth_on": f.birth_on,
            "phone": self.phone_index,
            "pupil": f.pupil,
            "school_stage": f.school_stage,
            "labour_skill": f.labour_skill,
            "health": list(f.health),
            **f.further,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One household of an import. `row` says where it stood in the file."""

    row: int
    facts: HouseholdFacts
    persons: tuple[Person, ...]
    phone_index: str | None

    @property
    def code(self) -> str:
        """The national code, without which an import has no household to speak of."""
        assert self.facts.national_code is not None
        return self.facts.national_code

    @property
    def fields(self) -> Fields:
        """To compare with what is registered."""
        f = self.facts
        return {
            "area_code": f.area_code,
            "household_class": f.household_class,
            "address": f.address,
            "natural_village": f.natural_village,
            "phone": self.phone_index,
            **f.further,
        }


@dataclass(frozen=True, slots=True)
class KnownHousehold:
    """A registered household."""

    id: UUID
    fields: Fields
    phone_sealed: bytes | None = None
    dissolved: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class KnownMember:
    """A registered person, in the household they live in."""

    id: UUID
    household_id: UUID
    fields: Fields
    phone_sealed: bytes | None = None
    version: int = 1


@dataclass(slots=True)
class Known:
    """What is registered of the people in one part of an import. The `seen` of one part are those of all before it."""

    scope: Scope
    areas: Set[str]
    households: Mapping[str, KnownHousehold]  # by national code
    members: Mapping[str, KnownMember]  # by person key
    hidden_households: Set[str]  # national codes that are registered out of the asker's sight
    hidden_persons: Set[str]
    seen_households: set[str] = field(default_factory=set)
    seen_persons: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written for an entry: what changes of its household and of each person; None: they are new."""

    entry: Entry
    household_changes: Changes | None
    member_changes: tuple[Changes | None, ...]

    @property
    def household(self) -> Outcome:
        """What becomes of the household itself."""
        return _outcome(self.household_changes)

    @property
    def members(self) -> tuple[Outcome, ...]:
        """What becomes of each person."""
        return tuple(map(_outcome, self.member_changes))

    @property
    def retold(self) -> bool:
        """Whether others hear something else of a registered household now."""
        return any(name in TOLD for name in self.household_changes or ())


def decide(entry: Entry, known: Known) -> Decision | list[Fault]:
    """A household is taken whole or not at all; one with faults leaves no trace in `known`."""
    faults = [*_household_faults(entry, known), *_person_faults(entry, known)]
    if faults:
        return faults
    known.seen_households.add(entry.code)
    known.seen_persons.update(person.person_key for person in entry.persons)
    members = tuple(_changes(person.fields, known.members.get(person.person_key)) for person in entry.persons)
    return Decision(entry, _changes(entry.fields, known.households.get(entry.code)), members)


def claimed_elsewhere(entry: Entry, known: Known) -> list[Person]:
    """The people of an entry who are registered in another household, in sight or not."""
    registered = known.households.get(entry.code)
    return [
        person
        for person in entry.persons
        if person.person_key in known.hidden_persons
        or _lives_elsewhere(known.members.get(person.person_key), registered)
    ]


def _household_faults(entry: Entry, known: Known) -> Iterator[Fault]:
    if entry.code in known.seen_households:
        yield Fault("national_code", "household-twice")
    if entry.code in known.hidden_households:
        yield Fault("national_code", HouseholdExists.code)
    if (registered := known.households.get(entry.code)) is not None and registered.dissolved:
        yield Fault("national_code", HouseholdDissolved.code)
    if not known.scope.covers(entry.facts.area_code):
        yield Fault("area_code", AreaNotPermitted.code, {"area": entry.facts.area_code})
    elif entry.facts.area_code not in known.areas:
        yield Fault("area_code", AreaUnknown.code)


def _person_faults(entry: Entry, known: Known) -> Iterator[Fault]:
    registered = known.households.get(entry.code)
    here: set[str] = set()
    for number, person in enumerate(entry.persons):
        key, place = person.person_key, f"members.{number}.id_number"
        member = known.members.get(key)
        if key in here:
            yield Fault(place, "person-twice")
        elif key in known.seen_persons or key in known.hidden_persons or _lives_elsewhere(member, registered):
            yield Fault(place, PersonElsewhere.code)
        here.add(key)


def _lives_elsewhere(member: KnownMember | None, household: KnownHousehold | None) -> bool:
    return member is not None and (household is None or member.household_id != household.id)


def _changes(fields: Fields, registered: KnownHousehold | KnownMember | None) -> Changes | None:
    return None if registered is None else changed(registered.fields, fields)


def _outcome(changes: Changes | None) -> Outcome:
    if changes is None:
        return "added"
    return "changed" if changes else "unchanged"
