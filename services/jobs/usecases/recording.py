"""What one act does to the rows of one month: looked at row by row, written all at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.jobs.models import Person
from services.jobs.queries import ledger as queries
from services.jobs.queries.carrying import carry_some
from services.jobs.queries.ledger import Row, entry_of
from services.jobs.queries.people import list_by_ids
from services.jobs.queries.tasks import close_completed
from services.jobs.rules import ledger as rules
from services.jobs.rules.ledger import Entry, Source, Worker, carried, changes
from services.jobs.rules.months import month_of, month_text, move
from services.jobs.usecases.ledger_checks import LEDGER_RULES, Rulebook, load_rulebook
from services.jobs.usecases.ledger_lines import EMPLOYER, Act, changed_row, employer_key, line, new_row
from services.jobs.usecases.ledger_needs import follow_wishes
from services.jobs.usecases.wages import jobless_again, minor_working, wage_reported
from shared.clock import local_date
from shared.contracts.envelope import Event
from shared.db.engine import WriteSession
from shared.errors import Fault
from shared.lanes import Lane
from shared.outbox import emit
from shared.projections.policies import PolicyMissing
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

RECORD, CONFIRM = "ledger:record", "ledger:confirm"
MOST_BACK = 24
"""Months for which there are partitions; the policy `ledger-rules` may say less."""

Done = Literal["made", "changed", "confirmed", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as somebody wants it. `version`: the one they read, 0 for none; None overwrites what is there."""

    person_id: UUID
    month: date
    entry: Entry
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one draft of many. A refused one has `faults`; `minor`: told as a working minor.

    `version` is the row's after it, 0 where there is none."""

    person_id: UUID
    outcome: Done
    faults: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()
    minor: bool = False
    version: int = 0


def _refused(person_id: UUID, *faults: Fault) -> Outcome:
    return Outcome(person_id, "refused", faults)


@dataclass(slots=True)
class Recording:
    """One act. Nothing is written before all of it was looked at."""

    session: WriteSession
    vault: Vault
    who: Principal
    act: Act
    lane: Lane | None
    rulebook: Rulebook
    made: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    people: dict[UUID, Person] = field(default_factory=dict)
    rows: Mapping[UUID, Row] = field(default_factory=dict)
    said_before: Mapping[UUID, Row] = field(default_factory=dict)

    @classmethod
    async def begin(
        cls,
        session: WriteSession,
        vault: Vault,
        who: Principal,
        month: date,
        now: datetime,
        source: Source = "hand",
        lane: Lane | None = None,
    ) -> "Recording":
        """Load the rules in force. Raises `MonthClosed` where nobody may write the month."""
        rules.require_open(month, local_date(now), MOST_BACK)
        rulebook = await load_rulebook(session, local_date(now))
        return cls(session, vault, who, Act(month, source, who.id, now), lane, rulebook)

    async def hold(self, people: Collection[UUID]) -> None:
        """Find these people, those in sight, and lock their rows of this month until the commit."""
        self.people = await list_by_ids(self.session, self.who.scope, people)
        self.rows = await queries.lock_rows(self.session, self.act.month, self.people)

    async def take(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Record drafts on people who are held; of two on one person the later is refused."""
        people, rows = self.people, self.rows
        home = [one.person_id for one in drafts if one.entry.status == "not_out"]
        self.said_before = await self._find_said_before([one for one in home if one in people], rows)
        seen: set[UUID] = set()
        outcomes = []
        for draft in drafts:
            person, row = people.get(draft.person_id), rows.get(draft.person_id)
            fault = self._in_the_way(draft, person, row)
            if draft.person_id in seen:
                fault = Fault("person_id", "ledger-person-twice")
            seen.add(draft.person_id)
            if fault is not None or person is None:
                outcomes.append(_refused(draft.person_id, *filter(None, [fault])))
            else:
                outcomes.append(self._judge(person, draft.entry) or self._record(person, draft.entry, row))
        await self._write()
        await self._audit(RECORD, outcomes)
        return outcomes

    async def confirm(self, people: Sequence[UUID]) -> list[Outcome]:
        """Confirm rows as they stand."""
        await self.hold(people)
        home = [person_id for person_id, row in self.rows.items() if row["status"] == "not_out"]
        self.said_before = await self._find_said_before(home, self.rows)
        outcomes = [self._confirm(one, self.people.get(one), self.rows.get(one)) for one in people]
        await self._write()
        await self._audit(CONFIRM, outcomes)
        return outcomes

    async def carry_on(self, people: Collection[UUID]) -> None:
        """Rows of this month that are still carried say what the month before says now; who has none gets one."""
        before = await queries.lock_rows(self.session, move(self.act.month, -1), people)
        had = await queries.lock_rows(self.session, self.act.month, people)
        await carry_some(self.session, self.act.month, people, self.act.now)
        rows = await queries.lock_rows(self.session, self.act.month, people)
        for person_id, row in rows.items():
            if row["source"] == "carried" and (old := before.get(person_id)) is not None:
                entry = carried(entry_of(old, old["employer_key"]), self.act.month)
                self._change(row, entry, old["employer_name_sealed"])
        await self._write(rows.keys() - had.keys())

    def _in_the_way(self, draft: Draft, person: Person | None, row: Row | None) -> Fault | None:
        """What stands in the way of a draft, whatever it says."""
        if person is None:
            return Fault("person_id", "person-not-found")
        if row is None and not person.active:
            return Fault("person_id", "person-gone")
        checks, _ = self.rulebook.find(person.area_code)
        if checks is None:
            return Fault("person_id", PolicyMissing.code, {"kind": LEDGER_RULES})
        back = checks.rules.months_back
        if self.act.month < move(month_of(local_date(self.act.now)), -back):
            return Fault("month", rules.MonthClosed.code, {"months": back})
        if draft.version is not None and draft.version != (row["version"] if row else 0):
            return Fault("version", rules.RowMovedOn.code)
        return None

    def _judge(self, person: Person, entry: Entry) -> Outcome | None:
        """The refusal, if it may not stand so."""
        if rules.is_minor_working(entry, person.birth_on, self.act.month):
            self.events.append(minor_working(person, entry, self.act.month, self.act.now))
            return Outcome(person.id, "refused", [Fault("status", rules.MinorWorks.code)], minor=True)
        checks, _ = self.rulebook.get(person.area_code)
        faults = checks.faults(entry, _worker(person), self.act.month)
        return _refused(person.id, *faults) if faults else None

    def _record(self, person: Person, told: Entry, row: Row | None) -> Outcome:
        checks, _ = self.rulebook.get(person.area_code)
        warnings = checks.warnings(told, _worker(person))
        entry = replace(told, employer=employer_key(self.vault, told.employer))
        sealed = self._seal(told.employer, entry.employer, row)
        if row is not None:
            done = self._change(row, entry, sealed)
            if done != "unchanged":
                self._tell(person, row, self.changed[-1], entry)
            version = row["version"] + (done != "unchanged")
            return Outcome(person.id, done, warnings=warnings, version=version)
        made = new_row(self.act, person, entry, sealed, checks.is_organised(entry))
        self.made.append(made)
        self.lines.append(line(made, "made", self.act.now, policy_id=checks.policy_id))
        self._tell(person, None, made, entry)
        return Outcome(person.id, "made", warnings=warnings, version=1)

    def _seal(self, name: str | None, key: str | None, row: Row | None) -> bytes | None:
        """The same name keeps its bytes: sealed anew it would look like a change."""
        if name is None:
            return None
        if row is not None and row["employer_key"] == key:
            sealed: bytes = row["employer_name_sealed"]
            return sealed
        return self.vault.seal(name.encode(), EMPLOYER)

    def _change(self, row: Row, entry: Entry, sealed: bytes | None) -> Done:
        """Put a row into what `entry` says, if that is anything new. What somebody says is confirmed by it."""
        differs = changes(entry_of(row, row["employer_key"]), entry)
        if not differs and (self.act.source == "carried" or row["confirmed_on"] is not None):
            return "unchanged"
        checks, _ = self.rulebook.find(row["area_code"])
        new = changed_row(self.act, row, entry, sealed, checks.is_organised(entry) if checks else None)
        done: Done = "changed" if differs else "confirmed"
        self.changed.append(new)
        said = self.act.source != "carried"
        what, policy_id = (done if said else "carried"), (checks.policy_id if said and checks else None)
        self.lines.append(line(new, what, self.act.now, differs, row["employer_name_sealed"], policy_id))
        return done

    def _confirm(self, person_id: UUID, person: Person | None, row: Row | None) -> Outcome:
        if person is None or row is None:
            return _refused(person_id, Fault("person_id", rules.RowNotFound.code))
        if row["confirmed_on"] is not None:
            return Outcome(person_id, "unchanged")
        checks, _ = self.rulebook.find(person.area_code)
        if checks is None:
            return _refused(person_id, Fault("person_id", PolicyMissing.code, {"kind": LEDGER_RULES}))
        entry = entry_of(row, row["employer_key"])
        if refused := self._judge(person, entry):
            return refused
        done = self._change(row, entry, row["employer_name_sealed"])
        self._tell(person, row, self.changed[-1], entry)
        warnings = checks.warnings(entry, _worker(person))
        return Outcome(person_id, done, warnings=warnings)

    def _tell(self, person: Person, old: Row | None, new: Row, entry: Entry) -> None:
        self._tell_wage(person, old, new)
        self._tell_jobless(person, old, new, entry)

    def _tell_wage(self, person: Person, old: Row | None, new: Row) -> None:
        """Tell what is earned where it was not told so; take it back when nobody was out in that month after all."""
        told = old is not None and old["status"] == "out" and old["confirmed_on"] is not None
        if new["status"] == "out":
            if old is None or not told or any(old[name] != new[name] for name in ("wage", "channel", "work_area")):
                self.events.append(wage_reported(person, new, self.act.now))
        elif old is not None and told and (new["ended_on"] is None or new["ended_on"] < self.act.month):
            revision: int = new["version"]
            self.events.append(wage_reported(person, old, self.act.now, revision=revision, withdrawn=True))

    def _tell_jobless(self, person: Person, old: Row | None, new: Row, entry: Entry) -> None:
        """Tell who has no work any more this month. Of a placement that ended the placement has told, with its reason."""
        before = self.said_before.get(person.id, old)
        if before is None or not self._present() or self.act.source == "placement":
            return
        by_placement = before["source"] == "placement" and before["ended_on"] is not None
        if not by_placement and rules.is_jobless_again(entry_of(before, before["employer_key"]), entry):
            self.events.append(jobless_again(person, new, self.act.now))

    async def _find_said_before(self, home: Collection[UUID], rows: Mapping[UUID, Row]) -> Mapping[UUID, Row]:
        """Of those at home of whom nobody has said so this month: what was said last. Their row may have been carried
        as not out when the work had ended; that nobody has heard of yet."""
        if not self._present() or self.act.source == "placement":
            return {}
        unsaid = [one for one in home if one not in rows or _carried_home(rows[one])]
        return await queries.find_last_said(self.session, self.act.month, unsaid) if unsaid else {}

    def _present(self) -> bool:
        return self.act.month == month_of(local_date(self.act.now))

    async def _write(self, carried_now: Collection[UUID] = ()) -> None:
        await queries.insert_rows(self.session, self.made)
        await queries.update_rows(self.session, self.act.month, self.changed)
        await queries.note_changes(self.session, self.lines)
        await emit(self.session, *self.events, lane=self.lane)
        await follow_wishes(self.session, [*self.made, *self.changed], self.people, self.act.now)
        said = [row["person_id"] for row in (*self.made, *self.changed)]
        if said and self.act.source != "carried" and self._present():
            await close_completed(self.session, said, self.who.id, self.act.now)
        written = [*carried_now, *said]
        following = move(self.act.month, 1)
        if written and following <= month_of(local_date(self.act.now)):
            act = replace(self.act, month=following, source="carried")
            await replace(self, act=act, made=[], changed=[], lines=[], events=[], people={}, rows={}).carry_on(written)

    async def _audit(self, action: str, outcomes: Sequence[Outcome]) -> None:
        counts: Mapping[str, int] = {
            one: sum(o.outcome == one for o in outcomes) for one in {o.outcome for o in outcomes}
        }
        written = [*self.made, *self.changed]
        month = month_text(self.act.month)
        subject, area = (written[0]["person_id"], written[0]["area_code"]) if len(written) == 1 else (month, None)
        await audit.record(
            self.session, self.who, action, subject, area_code=area, month=month, source=self.act.source, **counts
        )


def _carried_home(row: Row) -> bool:
    return row["confirmed_on"] is None and row["status"] == "not_out"


def _worker(person: Person) -> Worker:
    return Worker(person.birth_on, person.area_code, person.labour_skill)
