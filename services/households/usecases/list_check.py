"""Compares a list with the register and lays out what it would write, in tables of its own: nothing of it is done yet.

The decisions are those of the bulk road (`rules.imports.decide`), about what the list says alone: what it has no column
for, and what a cell leaves blank, stays as it is registered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.households.models.imports import WRITTEN_OF_HOUSEHOLD, WRITTEN_OF_MEMBER
from services.households.queries.list_staging import array
from services.households.rules.imports import (
    Decision,
    Known,
    KnownHousehold,
    KnownMember,
    claimed_elsewhere,
    decide,
)
from services.households.rules.register_fields import Changes
from services.households.rules.register_imports import NationalRecord, case_conflict, days_conflict
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
from shared.clock import local_date
from shared.errors import Fault
from shared.ids import new_id
from shared.security.vault import Vault

_NEW_MEMBER = {"pupil": False, "health": []}
_NEW_HOUSEHOLD = {"household_class": "ordinary"}


@dataclass(slots=True)
class Laid:
    """What one part of a list would write: rows in the order of `HOUSEHOLD_COLUMNS` and `MEMBER_COLUMNS`.

    `left_out`: keys of people who were not taken, in this part or before it.
    """

    households: list[Sequence[Any]] = field(default_factory=list)
    members: list[Sequence[Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)


_STAGED = ("import_id", "number", "outcome", "noted", "file", "sheet", "row_number", "base_version", "fields")
HOUSEHOLD_COLUMNS = (*_STAGED, "detail", "sealed", "retold", "monitoring", *WRITTEN_OF_HOUSEHOLD)
MEMBER_COLUMNS = (*_STAGED, "detail", "sealed", *WRITTEN_OF_MEMBER)
_OF_HOUSEHOLD = tuple("household_class" if name == "class" else name for name in WRITTEN_OF_HOUSEHOLD)


@dataclass(slots=True)
class Comparison:
    """One check of one import, or of some parts of it. Pure sums."""

    import_id: UUID
    vault: Vault
    by: UUID
    now: datetime
    counts: Counts = field(default_factory=Counts)
    listed: set[str] = field(default_factory=set)  # codes of households
    refused: set[str] = field(default_factory=set)  # likewise
    areas: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    number: int = 0  # of the row laid out last
    _claimed: list[tuple[ListedEntry, UUID | None, ListedPerson]] = field(default_factory=list)

    def compare(
        self,
        entries: Sequence[ListedEntry],
        known: Known,
        heads: Mapping[str, UUID | None],
        cases: Mapping[UUID, str],
    ) -> Laid:
        """What would be written of one part, and what stands in the way. `heads`, `cases`: see `queries.list_staging`."""
        taken: list[tuple[ListedEntry, Decision]] = []
        conflicts: list[Finding] = []
        left_out: set[str] = set()
        for entry in entries:
            registered = known.households.get(entry.code)
            self._cover(entry, registered)
            claimed = claimed_elsewhere(entry, known)
            self._claimed += [(entry, registered and registered.id, one) for one in claimed]  # type: ignore[misc]
            faults = [*entry.faults, *_mismatches(entry, known, heads)]
            decided = decide(entry, known) if not faults else None
            if isinstance(decided, Decision):
                taken.append((entry, decided))
                continue
            faults += [_placed(entry, fault) for fault in decided or ()]
            conflicts += [self._conflict(entry, *one) for one in faults]
            self.refuse(entry.code, entry.facts.area_code, len(entry.persons))
            left_out.update(person.person_key for person in entry.persons)
        laid = self._lay_out(taken, known, cases)
        laid.findings[:0] = conflicts
        laid.left_out = left_out - known.seen_persons
        return laid

    def blank(self) -> "Comparison":
        """Of the same import, with nothing compared yet."""
        return Comparison(self.import_id, self.vault, self.by, self.now)

    def add(self, other: "Comparison") -> None:
        """Take what was found of other parts."""
        self.counts.add_all(other.counts)
        self.listed |= other.listed
        self.refused |= other.refused
        self.areas |= other.areas
        self.classes |= other.classes

    def refuse(self, code: str, area_code: str, people: int) -> None:
        """A household of the list cannot be taken."""
        self.refused.add(code)
        self.counts.add(area_code, "household", "conflicting")
        self.counts.add(area_code, "member", "conflicting", people)

    def _lay_out(
        self,
        taken: Sequence[tuple[ListedEntry, Decision]],
        known: Known,
        cases: Mapping[UUID, str],
    ) -> Laid:
        laid = Laid(members=[self._claim_of(*one) for one in self._claimed])
        self._claimed.clear()
        for entry, decision in taken:
            registered = known.households.get(entry.code)
            household_id = registered.id if registered else new_id()
            record = self._record(entry, household_id, cases.get(household_id), laid)
            self._lay_household(laid, entry, decision, (household_id, registered), record)
            for person, changes in zip(entry.persons, decision.member_changes, strict=True):
                assert isinstance(person, ListedPerson)
                member = known.members.get(person.person_key)
                self._lay_member(laid, entry, person, (household_id, registered), (member, changes))
        return laid

    def _cover(self, entry: ListedEntry, registered: KnownHousehold | None) -> None:
        """The list speaks of these villages and classes: who is of them and not in it has vanished from it."""
        self.listed.add(entry.code)
        self.areas.add(entry.facts.area_code)
        self.classes.add(entry.facts.household_class if "household_class" in entry.given else "ordinary")
        if registered is not None:
            self.classes.add(str(registered.fields["household_class"]))

    def _conflict(self, entry: ListedEntry, place: Place, fault: Fault) -> Finding:
        return Finding("conflicting", entry.facts.area_code, entry.code, place, fault)

    def _record(self, entry: ListedEntry, household_id: UUID, state: str | None, laid: Laid) -> NationalRecord | None:
        """What the list says of the household's monitoring, if that is to be adopted."""
        case = entry.case
        if case.get("class") is None:
            return None
        record = NationalRecord(
            household_id=household_id,
            area_code=entry.facts.area_code,
            monitoring_class=case["class"],
            risks=tuple(case.get("risks") or ())[:5],
            identified_on=case.get("identified_on"),
            eliminated=bool(case.get("eliminated")),
            eliminated_on=case.get("eliminated_on"),
        )
        if impossible := days_conflict(record, local_date(self.now)):
            fault = Fault("case.identified_on", impossible)
        elif conflict := case_conflict(record, state):
            fault = Fault("case.class", conflict, {"state": state})
        else:
            return record if state is None else None
        laid.findings.append(self._conflict(entry, entry.place, fault))
        return None

    def _lay_household(
        self,
        laid: Laid,
        entry: ListedEntry,
        decision: Decision,
        household: tuple[UUID, KnownHousehold | None],
        record: NationalRecord | None,
    ) -> None:
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
        # A case that is adopted has a history of its own.
        head = self._head(outcome, entry.place, registered.version if registered else None, told, noted=bool(told))
        monitoring = _as_json(record) if record else None
        laid.households.append((*head, decision.retold, monitoring, *map(values.get, _OF_HOUSEHOLD)))

    def _lay_member(
        self,
        laid: Laid,
        entry: ListedEntry,
        person: ListedPerson,
        household: tuple[UUID, KnownHousehold | None],
        member: tuple[KnownMember | None, Changes | None],
    ) -> None:
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
        values["health"] = array(values["health"])  # type: ignore[arg-type] # fields are of any type
        noted = known is not None or registered is not None
        head = self._head(outcome, person.place, known.version if known else None, told, facts.name, noted=noted)
        laid.members.append((*head, *map(values.get, WRITTEN_OF_MEMBER)))

    def _claim_of(self, entry: ListedEntry, household_id: UUID | None, person: ListedPerson) -> Sequence[Any]:
        """Whom the list has in another household than the register, sealed for whoever will say where they live."""
        self.number += 1
        sealed = self.vault.seal_json(told_of(person.facts), CLAIM)
        values = {"household_id": household_id, "area_code": entry.facts.area_code, "person_key": person.person_key}
        ref = orjson.dumps({"ref": entry.code}).decode()
        head: tuple[Any, ...] = (self.import_id, self.number, "claimed", False, *person.place, None, "{}")
        return (*head, ref, sealed, *map(values.get, WRITTEN_OF_MEMBER))

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


def _mismatches(entry: ListedEntry, known: Known, heads: Mapping[str, UUID | None]) -> Iterable[tuple[Place, Fault]]:
    """Numbers of the national system that lead elsewhere than the register."""
    for person in entry.persons:
        assert isinstance(person, ListedPerson)
        member = known.members.get(person.person_key)
        code = person.given.get("national_member_code")
        if member is not None and code is not None and member.fields["national_member_code"] not in (None, code):
            yield person.place, Fault("member.national_member_code", "member-code-differs")
    registered = known.households.get(entry.code)
    if (
        entry.head_key is not None
        and entry.head_key in heads
        and (registered is None or heads[entry.head_key] != registered.id)
    ):
        yield entry.place, Fault("check.head_id_number", "person-in-another-household")


def _placed(entry: ListedEntry, fault: Fault) -> tuple[Place, Fault]:
    """A fault of the bulk road with the row and column it was made in: `members.2.id_number`."""
    part, _, rest = fault.field.partition(".")
    number, _, name = rest.partition(".")
    if part != "members":
        return entry.place, Fault(f"household.{fault.field}", fault.code, fault.params)
    person = entry.persons[int(number)]
    assert isinstance(person, ListedPerson)
    return person.place, Fault(f"member.{name}", fault.code, fault.params)


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
