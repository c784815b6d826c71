"""Rows of a list as entries of an import: what they say of a household and its people, and nothing that they do not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby, repeat
from typing import Any, NamedTuple

import polars as pl

from services.households.rules.imports import Entry, Fields, Person
from services.households.rules.register import is_pupil
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS
from services.households.rules.register_imports import heads, household_cells_differ
from services.households.usecases.list_cells import NOTHING, Coding
from services.households.usecases.list_files import Listing
from services.households.usecases.list_reading import AREA, CODE, PLACE
from services.households.usecases.sealing import phone_index
from services.households.workbook_lists import ListColumn, WorkbookList
from shared import idnumber
from shared.areas import AreaCode
from shared.errors import Fault
from shared.idnumber import IdNumber
from shared.security.vault import Vault

Place = tuple[int, int, int]
"""File, sheet, row."""


@dataclass(slots=True)
class ListedMember:
    """`MemberFacts` of what a list says; what it does not say is as of somebody new."""

    id_number: IdNumber
    phone: str | None
    given: Fields

    @property
    def name(self) -> str:
        """Empty where the list has no such column."""
        return self.given.get("name", "")  # type: ignore[return-value]

    @property
    def relation(self) -> str:
        """Likewise."""
        return self.given.get("relation", "")  # type: ignore[return-value]

    @property
    def sex(self) -> str:
        """As the ID number has it."""
        return idnumber.sex(self.id_number)

    @property
    def birth_on(self) -> date:
        """Likewise."""
        return idnumber.birth_on(self.id_number)

    @property
    def school_stage(self) -> str | None:
        """None as well where they go to none."""
        return self.given.get("school_stage")  # type: ignore[return-value]

    @property
    def pupil(self) -> bool:
        """As the school stage says."""
        return is_pupil(self.school_stage)

    @property
    def labour_skill(self) -> str | None:
        """As given."""
        return self.given.get("labour_skill")  # type: ignore[return-value]

    @property
    def health(self) -> Sequence[str]:
        """As given."""
        return self.given.get("health", ())  # type: ignore[return-value]

    @property
    def further(self) -> Mapping[str, Any]:
        """Of `MEMBER_FIELDS`."""
        return {name: self.given[name] for name in MEMBER_FIELDS if name in self.given}


@dataclass(slots=True)
class ListedHousehold:
    """`HouseholdFacts`, likewise."""

    national_code: str
    area_code: AreaCode
    phone: str | None
    given: Fields
    members: Sequence[ListedMember] = ()

    @property
    def address(self) -> str | None:
        """As given."""
        return self.given.get("address")  # type: ignore[return-value]

    @property
    def natural_village(self) -> str | None:
        """As given."""
        return self.given.get("natural_village")  # type: ignore[return-value]

    @property
    def household_class(self) -> str:
        """As given."""
        return self.given.get("household_class", "ordinary")  # type: ignore[return-value]

    @property
    def further(self) -> Mapping[str, Any]:
        """Of `HOUSEHOLD_FIELDS`."""
        return {name: self.given[name] for name in HOUSEHOLD_FIELDS if name in self.given}


@dataclass(frozen=True, slots=True)
class ListedPerson(Person):
    """A person of a list: `given` is what their row says, by field."""

    given: Fields
    place: Place

    @property
    def fields(self) -> Fields:
        """To compare with what is registered."""
        return self.given


@dataclass(frozen=True, slots=True)
class ListedEntry(Entry):
    """A household of a list with its people, what the list says of its monitoring, and what is wrong with its rows."""

    given: Fields
    place: Place
    case: Mapping[str, Any]
    head_key: str | None
    people: int | None  # how many a household list says there are; a person list shows them
    faults: Sequence[tuple[Place, Fault]]

    @property
    def fields(self) -> Fields:
        """To compare with what is registered."""
        return self.given


class EntryMaker:
    """Makes entries of a listing's rows; keeps what is found once for all."""

    def __init__(self, listing: Listing, list_: WorkbookList, vault: Vault) -> None:
        self._areas, self._vault = listing.areas, vault
        self._people = list_.kind == "person-list"
        present = [one for one in list_.columns if one.field in listing.rows.columns and one.field != CODE]
        self._parts = {part: Said([one for one in present if one.part == part], listing.codings) for part in _SHAPES}

    def entries(self, part: pl.DataFrame) -> list[ListedEntry]:
        """The households of one part, whose rows stand together."""
        said = {name: one.rows(part) for name, one in self._parts.items()}
        rows = map(_Row, part.select(*PLACE).iter_rows(), part[AREA].to_list(), *(said[name] for name in _SHAPES))
        return [
            self._entry(code, [row for _, row in group])
            for code, group in groupby(zip(part[CODE].to_list(), rows, strict=True), _code)
        ]

    def _entry(self, code: str, rows: list["_Row"]) -> ListedEntry:
        first, faults = rows[0], list[tuple[Place, Fault]]()
        whole, case = (
            _joined([row.household for row in rows], first, faults),
            _joined([row.case for row in rows], first, faults),
        )
        if any(row.area != first.area for row in rows):
            faults.append((first.place, Fault("area.village", "household-rows-differ")))
        persons = tuple(map(self._person, rows)) if self._people else ()
        if not self._people and len(rows) > 1:
            faults.append((rows[1].place, Fault("household.national_code", "household-twice")))
        if self._people and heads(person.facts.relation for person in persons) > 1:
            faults.append((first.place, Fault("member.relation", "list-two-heads")))
        counted = {count for row in rows if (count := row.check.get("people")) is not None} if self._people else set()
        if counted and counted != {len(rows)}:  # a household of which not all are shown is not the whole household
            faults.append((first.place, Fault("check.people", "household-count-differs", {"rows": len(rows)})))
        return self._of(code, first, whole, case, persons, faults)

    def _of(
        self,
        code: str,
        row: "_Row",
        whole: Mapping[str, Any],
        case: Mapping[str, Any],
        persons: tuple[ListedPerson, ...],
        faults: Sequence[tuple[Place, Fault]],
    ) -> ListedEntry:
        area, phone = AreaCode(self._areas[row.area] or ""), whole.get("phone")
        given = {"area_code": area, **whole}
        if index := phone_index(self._vault, phone):
            given["phone"] = index
        head = row.check.get("head_id_number")
        head_key = self._vault.person_key(IdNumber(head)) if head else None
        facts = ListedHousehold(code, area, phone, given)
        people = None if self._people else row.check.get("people")
        return ListedEntry(row.place[2], facts, persons, index, given, row.place, case, head_key, people, faults)

    def _person(self, row: "_Row") -> ListedPerson:
        given, phone = dict(row.member), row.member.get("phone")
        id_number = IdNumber(given.pop("id_number"))
        if index := phone_index(self._vault, phone):
            given["phone"] = index
        facts = ListedMember(id_number, phone, given)
        return ListedPerson(facts, self._vault.person_key(id_number), index, given, row.place)


def _as_it_is(said: dict[str, Any]) -> None: ...


def _of_household(said: dict[str, Any]) -> None:
    if "unsafe_housing" in said:
        said["safe_housing"] = said.pop("unsafe_housing")


def _of_member(said: dict[str, Any]) -> None:
    if "school_stage" in said:
        said["pupil"] = is_pupil(said["school_stage"])
    if "health" in said:
        said["health"] = list(said["health"])


_SHAPES: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "household": _of_household,
    "member": _of_member,
    "case": _as_it_is,
    "check": _as_it_is,
}
"""The parts of a row, and what brings its values into the form in which they are registered."""


class Said:
    """What rows say of one part, by field; a blank cell says nothing.

    Most rows say the same in the columns that are coded: each combination is looked up once.
    """

    def __init__(self, columns: Sequence[ListColumn], codings: Mapping[str, Coding]) -> None:
        self._coded = [(one.field, one.name, codings[one.field].values) for one in columns if one.field in codings]
        self._direct = [(one.field, one.name) for one in columns if one.field not in codings]
        self._shape = _SHAPES[columns[0].part] if columns else None
        self._combinations: dict[tuple[int, ...], dict[str, Any]] = {}

    def rows(self, part: pl.DataFrame) -> Iterator[Mapping[str, Any]]:
        """For each row: not to be changed, for other rows have the same."""
        coded: Iterator[dict[str, Any]] = repeat({}, part.height)
        if self._coded:
            coded = map(self._combination, zip(*(part[field].to_list() for field, _, _ in self._coded), strict=True))
        if not self._direct:
            return coded
        cells = zip(*(part[field].to_list() for field, _ in self._direct), strict=True)
        return map(partial(_with, [name for _, name in self._direct]), coded, cells)

    def _combination(self, numbers: tuple[int, ...]) -> dict[str, Any]:
        found = self._combinations.get(numbers)
        if found is None:
            cells = zip(self._coded, numbers, strict=True)
            said = {name: value for (_, name, values), number in cells if (value := values[number]) is not None}
            found = self._combinations[numbers] = {k: None if v is NOTHING else v for k, v in said.items()}
            if self._shape:
                self._shape(found)
        return found


class _Row(NamedTuple):
    place: Place
    area: int
    household: Mapping[str, Any]
    member: Mapping[str, Any]
    case: Mapping[str, Any]
    check: Mapping[str, Any]


def _code(row: tuple[str, _Row]) -> str:
    return row[0]


def _with(names: Sequence[str], said: dict[str, Any], cells: tuple[Any, ...]) -> dict[str, Any]:
    return {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None} | said


def _joined(rows: Sequence[Mapping[str, Any]], first: _Row, faults: list[tuple[Place, Fault]]) -> Mapping[str, Any]:
    """What the rows of one household say together; where they contradict each other the first one counts."""
    if all(row is rows[0] for row in rows):
        return rows[0]
    for name in household_cells_differ(rows):
        faults.append((first.place, Fault(name, "household-rows-differ")))
    joined: dict[str, Any] = {}
    for row in rows:
        joined = {**row, **joined}
    return joined
