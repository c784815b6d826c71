"""Lays out what a list would write, row by row of the tables in which it waits until it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.households.models.imports import WRITTEN_OF_HOUSEHOLD, WRITTEN_OF_MEMBER
from services.households.queries.labour import LabourFacts
from services.households.queries.list_staging import array
from services.households.rules.imports import Decision, KnownHousehold, KnownMember
from services.households.rules.register_fields import Changes
from services.households.rules.register_imports import NationalRecord
from services.households.usecases.claims import CLAIM, told_of
from services.households.usecases.history import Act
from services.households.usecases.list_entries import ListedEntry, ListedPerson, Place
from services.households.usecases.list_findings import Counts, Finding
from services.households.usecases.sealing import (
    HOUSEHOLD_PHONE,
    PERSON_PHONE,
    sealed_id_number,
    sealed_phone,
)
from shared.db.copying import RowFormat
from shared.ids import new_id
from shared.security.vault import Vault

_NEW_MEMBER = {"pupil": False, "health": []}
_NEW_HOUSEHOLD = {"household_class": "ordinary"}

_STAGED = ("import_id", "number", "outcome", "noted", "file", "sheet", "row_number", "base_version", "fields")
HOUSEHOLD_COLUMNS = (*_STAGED, "detail", "sealed", "retold", "monitoring", *WRITTEN_OF_HOUSEHOLD)
MEMBER_COLUMNS = (*_STAGED, "detail", "sealed", *WRITTEN_OF_MEMBER)
_TYPES = {
    **dict.fromkeys(("id", "household_id"), "uuid"),
    **dict.fromkeys(("id_number_sealed", "phone_sealed"), "bytea"),
    **dict.fromkeys(("pupil", "serious_illness_insurance"), "boolean"),
    "birth_on": "date",
    "work_months": "smallint",
}
MEMBERS = RowFormat([_TYPES.get(name, "text") for name in WRITTEN_OF_MEMBER])
"""Rows of `WRITTEN_OF_MEMBER`, with arrays as literals."""
_OF_HOUSEHOLD = tuple("household_class" if name == "class" else name for name in WRITTEN_OF_HOUSEHOLD)


@dataclass(slots=True)
class Laid:
    """What one part of a list would write: rows in the order of `HOUSEHOLD_COLUMNS` and `MEMBER_COLUMNS`.

    `left_out`: keys of people who were not taken, in this part or before it. `new` and `told` are of a list that is
    written at once: who is new together with their household, rows of `WRITTEN_OF_MEMBER` as COPY takes them and
    not among `members`; and the outbox rows that tell of them.
    """

    households: list[Sequence[Any]] = field(default_factory=list)
    members: list[Sequence[Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    new: Sequence[bytes] = ()
    told: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """Of one part of a list. Pure sums.

    Of a list that is written at once: `new` are whom others hear of, and `rows` theirs, of `WRITTEN_OF_MEMBER`.
    """

    import_id: UUID
    vault: Vault
    by: UUID
    now: datetime
    counts: Counts
    number: int  # of the row laid out last
    at_once: bool = False
    laid: Laid = field(default_factory=Laid)
    new: list[LabourFacts] = field(default_factory=list)
    rows: list[Sequence[Any]] = field(default_factory=list)
    _household: Mapping[str, Any] = field(default_factory=dict)  # the one laid out last

    def lay_household(
        self,
        entry: ListedEntry,
        decision: Decision,
        household: tuple[UUID, KnownHousehold | None],
        record: NationalRecord | None,
    ) -> None:
        """The household, unless the list says nothing new of it. `record`: its monitoring, to be adopted."""
        household_id, registered = household
        changes = decision.household_changes
        outcome = decision.household if record is None or decision.household == "added" else "changed"
        self.counts.add(entry.facts.area_code, "household", outcome)
        if outcome == "unchanged":
            return
        facts = entry.facts
        if registered is None:
            told: Changes = {"members": (None, len(entry.persons))}
            values = {**_NEW_HOUSEHOLD, **entry.given, "national_code": facts.national_code}
            values["household_key"] = self.vault.household_key(entry.code)
        else:
            told = self._phones(changes or {}, registered.phone_sealed, facts.phone, HOUSEHOLD_PHONE)
            values = {**registered.fields, **entry.given}
        values |= {"id": household_id, **self._phone(values, registered, facts.phone, HOUSEHOLD_PHONE)}
        self._household = values
        # A case that is adopted has a history of its own.
        head = self._head(outcome, entry.place, registered.version if registered else None, told, noted=bool(told))
        monitoring = _as_json(record) if record else None
        self.laid.households.append((*head, decision.retold, monitoring, *map(values.get, _OF_HOUSEHOLD)))

    def lay_member(
        self,
        entry: ListedEntry,
        person: ListedPerson,
        household: tuple[UUID, KnownHousehold | None],
        member: tuple[KnownMember | None, Changes | None],
    ) -> None:
        """One of its members, likewise."""
        household_id, registered = household
        known, changes = member
        outcome = "added" if changes is None else "changed" if changes else "unchanged"
        self.counts.add(entry.facts.area_code, "member", outcome)
        if outcome == "unchanged":
            return
        facts = person.facts
        member_id = known.id if known else new_id()
        if known is None:
            told: Changes = {}
            values = {**_NEW_MEMBER, "sex": facts.sex, "birth_on": facts.birth_on, **person.given}
            values |= {"id_number_sealed": sealed_id_number(self.vault, facts.id_number)}
        else:
            told = self._phones(changes or {}, known.phone_sealed, facts.phone, PERSON_PHONE)
            values = {**known.fields, **person.given}
        values |= {"id": member_id, "household_id": household_id, "area_code": entry.facts.area_code}
        values |= {"person_key": person.person_key, **self._phone(values, known, facts.phone, PERSON_PHONE)}
        noted = known is not None or registered is not None
        if at_once := self.at_once and not noted:
            self.new.append(_facts(values, self._household))
        values["health"] = array(values["health"])  # type: ignore[arg-type] # fields are of any type
        if at_once:
            self.rows.append(tuple(map(values.get, WRITTEN_OF_MEMBER)))
            return
        head = self._head(outcome, person.place, known.version if known else None, told, facts.name, noted=noted)
        self.laid.members.append((*head, *map(values.get, WRITTEN_OF_MEMBER)))

    def lay_claim(self, entry: ListedEntry, household_id: UUID | None, person: ListedPerson) -> None:
        """Whom the list has in another household than the register, sealed for whoever will say where they live."""
        self.number += 1
        sealed = self.vault.seal_json(told_of(person.facts), CLAIM)
        values = {"household_id": household_id, "area_code": entry.facts.area_code, "person_key": person.person_key}
        ref = orjson.dumps({"ref": entry.code}).decode()
        head: tuple[Any, ...] = (self.import_id, self.number, "claimed", False, *person.place, None, "{}")
        self.laid.members.append((*head, ref, sealed, *map(values.get, WRITTEN_OF_MEMBER)))

    def _head(
        self, outcome: str, place: Place, version: int | None, changes: Changes, name: str | None = None, *, noted: bool
    ) -> tuple[Any, ...]:
        """What stands before the register's own columns, with fields, values and seal of a line of its history."""
        self.number += 1
        fields, values, sealed = "{}", None, None
        if noted:
            act = Act(self.vault, self.by, self.now, "import")
            line = act.line((self.import_id, ""), outcome, changes, (self.import_id, name) if name else None)
            fields, values, sealed = array(line["fields"]), line["detail"], line["sealed"]
        told = orjson.dumps(values).decode() if values is not None else None
        return (self.import_id, self.number, outcome, noted, *place, version, fields, told, sealed)

    def _phones(self, changes: Changes, sealed: bytes | None, phone: str | None, purpose: str) -> Changes:
        """The changes with phones in place of their indexes."""
        if "phone" not in changes:
            return changes
        before = self.vault.open(sealed, purpose).decode() if sealed else None
        return {**changes, "phone": (before, phone)}

    def _phone(
        self, values: Mapping[str, Any], known: KnownHousehold | KnownMember | None, phone: str | None, purpose: str
    ) -> dict[str, Any]:
        index = values.get("phone")
        if phone is None:
            return {"phone_index": index, "phone_sealed": known.phone_sealed if known else None}
        return {"phone_index": index, "phone_sealed": sealed_phone(self.vault, phone, purpose)}


def _facts(person: Mapping[str, Any], household: Mapping[str, Any]) -> LabourFacts:
    """Somebody who is new, as they will be registered: see `list_writing.list_new`."""
    said, lives = person.get, household.get
    return LabourFacts(
        person_key=person["person_key"],
        household_id=household["id"],
        area_code=household["area_code"],
        active=True,
        household_class=household["household_class"],
        relation=person["relation"],
        sex=person["sex"],
        birth_on=person["birth_on"],
        education=said("education"),
        pupil=person["pupil"],
        school_stage=said("school_stage"),
        labour_skill=said("labour_skill"),
        health=person["health"],
        disability_class=None,
        disability_level=None,
        relocated=bool(lives("relocated")),
        relocation_site=lives("relocation_site"),
        grade=None,
        name=person["name"],
        id_number_sealed=person["id_number_sealed"],
        phone_sealed=said("phone_sealed"),
        household_key=household["household_key"],
    )


def _as_json(record: NationalRecord) -> str:
    return orjson.dumps(
        {
            "class": record.monitoring_class,
            "risks": record.risks,
            "identified_on": record.identified_on,
            "eliminated": record.eliminated,
            "eliminated_on": record.eliminated_on,
        }
    ).decode()
