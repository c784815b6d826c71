"""What a row of an import means: something new, a change, nothing new, or a fault. Nothing is written here."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.households.rules.register import (
    AreaUnknown,
    HouseholdExists,
    HouseholdFacts,
    MemberFacts,
    PersonElsewhere,
)
from shared.areas import Scope
from shared.errors import Fault
from shared.security.principals import AreaNotPermitted

Outcome = Literal["added", "changed", "unchanged"]
Content = tuple[object, ...]
"""Everything of a row that can change, with blind indexes in place of what is sealed: sealed values never compare."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of an import, with their blind indexes."""

    facts: MemberFacts
    person_key: str
    phone_index: str | None

    @property
    def content(self) -> Content:
        """To compare with what is registered."""
        f = self.facts
        state = (f.pupil, f.school_stage, f.labour_skill, tuple(f.health))
        return (f.name, f.relation, f.sex, f.birth_on, self.phone_index, *state)


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
    def content(self) -> Content:
        """To compare with what is registered."""
        f = self.facts
        return (*self.told, f.address, f.natural_village, self.phone_index)

    @property
    def told(self) -> Content:
        """What others hear of the household with each of its members, before all else of its content."""
        return (self.facts.area_code, self.facts.household_class)


@dataclass(frozen=True, slots=True)
class KnownHousehold:
    """A registered household."""

    id: UUID
    content: Content

    def tells(self, told: Content) -> bool:
        """Whether others know the same of it already."""
        return self.content[: len(told)] == told


@dataclass(frozen=True, slots=True)
class KnownMember:
    """A registered person, in the household they live in."""

    id: UUID
    household_id: UUID
    content: Content


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
    """What is to be written for an entry."""

    entry: Entry
    household: Outcome
    members: tuple[Outcome, ...]


def decide(entry: Entry, known: Known) -> Decision | list[Fault]:
    """A household is taken whole or not at all; one with faults leaves no trace in `known`."""
    faults = [*_household_faults(entry, known), *_person_faults(entry, known)]
    if faults:
        return faults
    known.seen_households.add(entry.code)
    known.seen_persons.update(person.person_key for person in entry.persons)
    registered = known.households.get(entry.code)
    members = tuple(_outcome(person.content, known.members.get(person.person_key)) for person in entry.persons)
    return Decision(entry, _outcome(entry.content, registered), members)


def _household_faults(entry: Entry, known: Known) -> Iterator[Fault]:
    if entry.code in known.seen_households:
        yield Fault("national_code", "household-twice")
    if entry.code in known.hidden_households:
        yield Fault("national_code", HouseholdExists.code)
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


def _outcome(content: Content, registered: KnownHousehold | KnownMember | None) -> Outcome:
    if registered is None:
        return "added"
    return "unchanged" if registered.content == content else "changed"
