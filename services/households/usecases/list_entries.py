"""Rows of a list as entries of an import: what they say of a household and its people, and nothing that they do not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

import polars as pl

from services.households.rules.imports import Entry, Fields, Person
from services.households.rules.register import is_pupil
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS
from services.households.rules.register_imports import heads, household_cells_differ
from services.households.usecases.list_cells import NOTHING, CellInvalid, Read, reader_of
from services.households.usecases.list_reading import AREA, CODE, Listing
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

    name: str
    id_number: IdNumber
    relation: str
    phone: str | None = None
    school_stage: str | None = None
    labour_skill: str | None = None
    health: Sequence[str] = ()
    further: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sex(self) -> str:
        """As the ID number has it."""
        return idnumber.sex(self.id_number)

    @property
    def birth_on(self) -> date:
        """Likewise."""
        return idnumber.birth_on(self.id_number)

    @property
    def pupil(self) -> bool:
        """As the school stage says."""
        return is_pupil(self.school_stage)


@dataclass(slots=True)
class ListedHousehold:
    """`HouseholdFacts`, likewise."""

    national_code: str
    area_code: AreaCode
    address: str | None = None
    natural_village: str | None = None
    household_class: str = "ordinary"
    phone: str | None = None
    members: Sequence[ListedMember] = ()
    further: Mapping[str, Any] = field(default_factory=dict)


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
    faults: Sequence[tuple[Place, Fault]]

    @property
    def fields(self) -> Fields:
        """To compare with what is registered."""
        return self.given


class EntryMaker:
    """Makes entries of a listing's rows; keeps what is found once for all."""

    def __init__(self, listing: Listing, list_: WorkbookList, vault: Vault) -> None:
        self._listing = listing
        self._vault = vault
        present = [one for one in list_.columns if one.field in listing.rows.columns]
        self._people = list_.kind == "person-list"
        self._columns = {part: [self._column(one) for one in present if one.part == part] for part in _PARTS}

    def _column(self, column: ListColumn) -> "_Column":
        """Where to look and how to read, found once for millions of cells."""
        coding = self._listing.codings.get(column.field)
        # The reader of tables has checked ID numbers.
        read = None if coding is not None or column.kind == "id_number" else reader_of(column)
        return column.field, column.name, coding.values if coding is not None else None, read

    def entries(self, part: pl.DataFrame) -> list[ListedEntry]:
        """The households of one part."""
        rows = part.iter_rows(named=True)
        return [self._entry(list(group)) for _, group in groupby(rows, key=lambda row: row[CODE])]

    def _entry(self, rows: list[dict[str, Any]]) -> ListedEntry:
        first, faults = rows[0], _Faults()
        said = [self._cells(row, "household", faults) for row in rows]
        cases = [self._cells(row, "case", faults) for row in rows]
        whole, case = _joined(said), _joined(cases)
        for name in (*household_cells_differ(said), *household_cells_differ(cases)):
            faults.add(_place(first), name, "household-rows-differ")
        if len({row[AREA] for row in rows}) > 1:
            faults.add(_place(first), "area.village", "household-rows-differ")
        persons = tuple(self._persons(rows, faults)) if self._people else ()
        if not self._people and len(rows) > 1:
            faults.add(_place(rows[1]), "household.national_code", "household-twice")
        if self._people and heads(person.facts.relation for person in persons) > 1:
            faults.add(_place(first), "member.relation", "list-two-heads")
        self._count_people(rows, faults)
        return self._of(first, whole, case, persons, faults)

    def _of(
        self,
        row: Mapping[str, Any],
        whole: dict[str, Any],
        case: Mapping[str, Any],
        persons: tuple[ListedPerson, ...],
        faults: "_Faults",
    ) -> ListedEntry:
        code = whole.pop("national_code", None) or row[CODE]
        area = AreaCode(self._listing.areas[row[AREA]] or "")
        phone = whole.pop("phone", None)
        if "unsafe_housing" in whole:
            whole["safe_housing"] = whole.pop("unsafe_housing")
        index = phone_index(self._vault, phone)
        given: dict[str, Any] = {"area_code": area, **whole, **({"phone": index} if index else {})}
        further = {name: value for name, value in whole.items() if name in HOUSEHOLD_FIELDS}
        plain = {name: value for name, value in whole.items() if name not in HOUSEHOLD_FIELDS}
        facts = ListedHousehold(code, area, phone=phone, further=further, **plain)
        head = row.get("check.head_id_number")
        head_key = self._vault.person_key(IdNumber(head)) if head else None
        return ListedEntry(row["row"], facts, persons, index, given, _place(row), case, head_key, list(faults.found))

    def _persons(self, rows: Sequence[Mapping[str, Any]], faults: "_Faults") -> Iterator[ListedPerson]:
        for row in rows:
            cells = self._cells(row, "member", faults)
            cells["id_number"] = IdNumber(row["member.id_number"])
            yield self._person(row, cells)

    def _person(self, row: Mapping[str, Any], cells: dict[str, Any]) -> ListedPerson:
        further = {name: cells.pop(name) for name in MEMBER_FIELDS if name in cells}
        facts = ListedMember(**{"name": "", "relation": "", **cells}, further=further)
        index = phone_index(self._vault, facts.phone)
        given: dict[str, Any] = {name: value for name, value in cells.items() if name not in ("id_number", "phone")}
        if index:
            given["phone"] = index
        if "school_stage" in given:
            given["pupil"] = facts.pupil
        if "health" in given:
            given["health"] = list(facts.health)
        key = self._vault.person_key(facts.id_number)
        return ListedPerson(facts, key, index, given | further, _place(row))

    def _cells(self, row: Mapping[str, Any], part: str, faults: "_Faults") -> dict[str, Any]:
        """What the row says of one part, by field; a blank cell says nothing."""
        said: dict[str, Any] = {}
        for name, short, values, read in self._columns[part]:
            cell = row[name]
            if values is not None:
                value = values[cell]
            elif cell is None or read is None:
                value = cell
            else:
                value = _read(read, name, row, cell, faults)
            if value is not None:
                said[short] = None if value is NOTHING else value
        return said

    def _count_people(self, rows: Sequence[Mapping[str, Any]], faults: "_Faults") -> None:
        """A household of which the list shows others than it counts is not the whole household."""
        if not self._people or "check.people" not in self._listing.codings:
            return
        values = self._listing.codings["check.people"].values
        counted = {count for row in rows if (count := values[row["check.people"]]) is not None}
        if counted and counted != {len(rows)}:
            faults.add(_place(rows[0]), "check.people", "household-count-differs", {"rows": len(rows)})


_PARTS = ("household", "member", "case", "check")
_Column = tuple[str, str, "list[Any] | None", "Read | None"]
"""Field, its name within its part, the values of its numbers where it is coded, and else what reads a cell."""


@dataclass(slots=True)
class _Faults:
    found: list[tuple[Place, Fault]] = field(default_factory=list)

    def add(self, place: Place, name: str, code: str, params: Mapping[str, Any] | None = None) -> None:
        self.found.append((place, Fault(name, code, params or {})))


def _read(read: Read, name: str, row: Mapping[str, Any], cell: str, faults: _Faults) -> Any:
    try:
        return read(cell)
    except CellInvalid as invalid:
        faults.found.append((_place(row), invalid.at(name)))
        return None


def _joined(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            joined.setdefault(name, value)
    return joined


def _place(row: Mapping[str, Any]) -> Place:
    return row["file"], row["sheet"], row["row"]
