"""Compares a list with the register, household by household: nothing of it is done yet.

The decisions are those of the bulk road (`rules.imports.decide`), about what the list says alone: what it has no column
for, and what a cell leaves blank, stays as it is registered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.households.rules.imports import (
    Decision,
    Known,
    KnownHousehold,
    claimed_elsewhere,
    decide,
)
from services.households.rules.register_imports import NationalRecord, Outcome, case_conflict, days_conflict
from services.households.usecases.list_entries import ListedEntry, ListedPerson, Place
from services.households.usecases.list_findings import Counts, Finding
from services.households.usecases.list_layout import MEMBERS, Laid, Layout
from services.households.usecases.list_telling import seal
from shared.clock import local_date
from shared.errors import Fault
from shared.ids import new_id
from shared.security.vault import Vault


@dataclass(slots=True)
class Comparison:
    """One check of one import, or of some parts of it. Pure sums.

    `at_once`: it is written at once, so whoever is new is sealed for who hears of them; in the trace `trace`.
    """

    import_id: UUID
    vault: Vault
    by: UUID
    now: datetime
    at_once: bool = False
    trace: str | None = None
    counts: Counts = field(default_factory=Counts)
    listed: set[str] = field(default_factory=set)  # codes of households
    refused: set[str] = field(default_factory=set)  # likewise
    areas: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)

    def compare(
        self,
        entries: Sequence[ListedEntry],
        known: Known,
        heads: Mapping[str, UUID | None],
        cases: Mapping[UUID, str],
        living: Mapping[UUID, int],
        number: int,
    ) -> Laid:
        """What would be written of one part, and what stands in the way. `heads`, `cases`, `living`: see
        `queries.list_staging`.

        The rows are numbered on from `number`.
        """
        today = local_date(self.now)
        layout = Layout(self.import_id, self.vault, self.by, self.now, self.counts, number, self.at_once)
        laid = layout.laid
        taken: list[tuple[ListedEntry, Decision]] = []
        left_out: set[str] = set()
        for entry in entries:
            registered = known.households.get(entry.code)
            self._cover(entry, registered)
            for one in claimed_elsewhere(entry, known):
                assert isinstance(one, ListedPerson)
                layout.lay_claim(entry, registered.id if registered else None, one)
            faults = [*entry.faults, *_mismatches(entry, known, heads)]
            decided = decide(entry, known) if not faults else None
            if isinstance(decided, Decision):
                taken.append((entry, decided))
                continue
            faults += [_placed(entry, fault) for fault in decided or ()]
            laid.findings += [_finding("conflicting", entry, *one) for one in faults]
            self.refuse(entry.code, entry.facts.area_code, len(entry.persons))
            left_out.update(person.person_key for person in entry.persons)
        for entry, decision in taken:
            registered = known.households.get(entry.code)
            if registered and (warning := _people_differ(entry, living.get(registered.id, 0))):
                self.counts.add(entry.facts.area_code, "household", "warned")
                laid.findings.append(_finding("warned", entry, entry.place, warning, registered.id))
            household_id = registered.id if registered else new_id()
            record = _record(entry, household_id, cases.get(household_id), laid, today)
            layout.lay_household(entry, decision, (household_id, registered), record)
            for person, changes in zip(entry.persons, decision.member_changes, strict=True):
                assert isinstance(person, ListedPerson)
                member = known.members.get(person.person_key)
                layout.lay_member(entry, person, (household_id, registered), (member, changes))
        laid.left_out = left_out - known.seen_persons
        if layout.new:
            laid.new = MEMBERS.write(layout.rows)
            _, laid.told = seal(self.vault, layout.new, self.now, self.trace)
        return laid

    def blank(self) -> "Comparison":
        """Of the same import, with nothing compared yet."""
        return Comparison(self.import_id, self.vault, self.by, self.now, self.at_once, self.trace)

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

    def _cover(self, entry: ListedEntry, registered: KnownHousehold | None) -> None:
        """The list speaks of these villages and classes: who is of them and not in it has vanished from it."""
        self.listed.add(entry.code)
        self.areas.add(entry.facts.area_code)
        self.classes.add(entry.facts.household_class if "household_class" in entry.given else "ordinary")
        if registered is not None:
            self.classes.add(str(registered.fields["household_class"]))


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


def _people_differ(entry: ListedEntry, living: int) -> Fault | None:
    """No refusal: a household list says nothing of who they are, and what it says of the household is good."""
    if entry.people in (None, living):
        return None
    return Fault("check.people", "household-people-differ", {"listed": entry.people, "registered": living})


def _finding(
    outcome: Outcome, entry: ListedEntry, place: Place, fault: Fault, household_id: UUID | None = None
) -> Finding:
    return Finding(outcome, entry.facts.area_code, entry.code, place, fault, household_id)


def _record(
    entry: ListedEntry, household_id: UUID, state: str | None, laid: Laid, today: date
) -> NationalRecord | None:
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
    if impossible := days_conflict(record, today):
        fault = Fault("case.identified_on", impossible)
    elif conflict := case_conflict(record, state):
        fault = Fault("case.class", conflict, {"state": state})
    else:
        return record if state is None else None
    laid.findings.append(_finding("conflicting", entry, entry.place, fault))
    return None
