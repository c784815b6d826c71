"""The register's bulk road: thousands of households in one transaction, by the same rules as one."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Uuid, any_, literal, select

from services.households.models import Household, Member
from services.households.queries.imports import find_known, named, take_turn
from services.households.queries.whereabouts import list_of_households
from services.households.rules.imports import (
    Decision,
    Entry,
    Known,
    KnownHousehold,
    KnownMember,
    Outcome,
    Person,
    claimed_elsewhere,
    decide,
)
from services.households.rules.register import HouseholdFacts, MemberFacts
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS, Changes
from services.households.rules.whereabouts import Whereabouts
from services.households.usecases.claims import Claim, claim_persons
from services.households.usecases.following import follow_households
from services.households.usecases.grading import regrade_later
from services.households.usecases.history import Act, Line, note_many
from services.households.usecases.income import recompute
from services.households.usecases.labour_telling import tell_labour
from services.households.usecases.quality import mark_due
from services.households.usecases.regrouped_cases import look_at_joined, look_at_moved, look_at_returned
from services.households.usecases.sealing import (
    HOUSEHOLD_PHONE,
    PERSON_PHONE,
    household_values,
    member_values,
    open_text,
    phone_index,
)
from services.households.usecases.telling import tell_members
from shared.db.bulk import stage
from shared.db.engine import WriteSession, raw
from shared.errors import Conflict, Fault
from shared.ids import new_id
from shared.lanes import Lane
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault


class RegisterChanged(Conflict):
    """Somebody entered one of the households or people while the import was deciding on them."""

    code: ClassVar[str] = "register-changed"


@dataclass(slots=True)
class Import:
    """One import, taken in parts. Two at once would find each other's people only at the end, so they queue."""

    vault: Vault
    who: Principal
    now: datetime
    dry_run: bool
    households: Counter[Outcome] = field(default_factory=Counter)
    members: Counter[Outcome] = field(default_factory=Counter)
    act_id: UUID = field(default_factory=new_id)
    _seen_households: set[str] = field(default_factory=set)
    _seen_persons: set[str] = field(default_factory=set)

    async def begin(self, session: WriteSession) -> None:
        """Wait for an import that is running."""
        await take_turn(session)

    async def take(self, session: WriteSession, rows: Sequence[tuple[int, HouseholdFacts]]) -> list[tuple[int, Fault]]:
        """Take one part: write the households without faults, return the faults of the others by row."""
        entries = await asyncio.to_thread(self._index, rows)
        known = await find_known(session, self.who.scope, named(entries))
        known.seen_households, known.seen_persons = self._seen_households, self._seen_persons
        decided = [decide(entry, known) for entry in entries]
        decisions = [one for one in decided if isinstance(one, Decision)]
        for decision in decisions:
            self.households[decision.household] += 1
            self.members.update(decision.members)
        if not self.dry_run:
            await self._claim(session, entries, known)
            if decisions:
                await self._write(session, decisions, known)
        refused = zip(entries, decided, strict=True)
        return [(entry.row, fault) for entry, faults in refused if isinstance(faults, list) for fault in faults]

    async def finish(self, session: WriteSession) -> None:
        """Put on record who imported how much."""
        await audit.record(
            session,
            self.who,
            "household:import",
            "import",
            dry_run=self.dry_run,
            households=dict(self.households),
            members=dict(self.members),
        )

    def _index(self, rows: Iterable[tuple[int, HouseholdFacts]]) -> list[Entry]:
        """Blind indexes first: they are all that is needed to find out what is new."""
        vault = self.vault
        return [
            Entry(
                row,
                facts,
                tuple(
                    Person(person, vault.person_key(person.id_number), phone_index(vault, person.phone))
                    for person in facts.members
                ),
                phone_index(vault, facts.phone),
            )
            for row, facts in rows
        ]

    async def _claim(self, session: WriteSession, entries: Sequence[Entry], known: Known) -> None:
        """Put on record who was found to live in another household: somebody has to say in which one."""
        claims = [
            Claim(person.facts, registered.id if registered else None, entry.facts.area_code, entry.code)
            for entry in entries
            if known.scope.covers(entry.facts.area_code)
            for person in claimed_elsewhere(entry, known)
            for registered in (known.households.get(entry.code),)
        ]
        await claim_persons(session, self.vault, self.who, claims, "import", self.now)

    async def _write(self, session: WriteSession, decisions: Sequence[Decision], known: Known) -> None:
        rows = await asyncio.to_thread(self._rows, decisions, known)
        await _upsert(session, Household, rows.households)
        await _upsert(session, Member, rows.members)
        await note_many(session, rows.lines)
        changed = [known.households[one.entry.code].id for one in decisions if one.household == "changed"]
        await follow_households(session, changed)
        await look_at_moved(session, self.who, changed, self.now)
        entered = select(Member.id).where(Member.id == any_(literal(rows.entered, ARRAY(Uuid))))
        await look_at_joined(session, self.who, entered, self.now)
        await look_at_returned(session, self.vault, self.who, entered, self.now)
        others = await list_of_households(session, rows.renewed) if rows.renewed else ()
        told = [*rows.told, *others]
        await tell_members(session, self.vault, told, Lane.BULK)
        alone = {row["person_key"] for row in rows.members} - {one.person_key for one in told}
        await tell_labour(session, self.vault, alone, Lane.BULK)
        await recompute(session, {row["household_id"] for row in rows.members} | set(changed), self.now)
        touched = {row["id"] for row in rows.households} | {row["household_id"] for row in rows.members}
        await regrade_later(session, touched, self.now)
        await mark_due(session, self.who, {one["area_code"] for one in (*rows.households, *rows.members)}, self.now)

    def _rows(self, decisions: Sequence[Decision], known: Known) -> "_Rows":
        """Seal and lay out what is new or changed."""
        rows = _Rows(registered={one.id for one in known.households.values()})
        act = Act(self.vault, self.who.id, self.now, "import", id=self.act_id)
        for decision in decisions:
            entry = decision.entry
            registered = known.households.get(entry.code)
            household_id = registered.id if registered else new_id()
            self._lay_household(rows, act, decision, household_id, registered)
            for person, changes in zip(entry.persons, decision.member_changes, strict=True):
                if changes is None or changes:
                    member = known.members.get(person.person_key)
                    self._lay_member(rows, act, person, (household_id, entry.facts.area_code), member, changes)
            if decision.retold:
                rows.renewed.append(household_id)  # its people who are not in the file are told of as well
            else:
                rows.told += self._added(decision, household_id)
        return rows

    def _lay_household(
        self, rows: "_Rows", act: Act, decision: Decision, household_id: UUID, registered: KnownHousehold | None
    ) -> None:
        facts, changes = decision.entry.facts, decision.household_changes
        place = (household_id, facts.area_code)
        if registered is None:
            rows.lines.append(act.line(place, "added", {"members": (None, len(facts.members))}))
        elif changes:
            rows.lines.append(act.line(place, "changed", self._phones(changes, registered, facts, HOUSEHOLD_PHONE)))
        if changes is None or changes:
            values = {**household_values(self.vault, facts), **_kept(registered, HOUSEHOLD_FIELDS, facts)}
            rows.households.append({"id": household_id, **values, **self._dates})

    def _lay_member(
        self,
        rows: "_Rows",
        act: Act,
        person: Person,
        place: tuple[UUID, str],
        member: KnownMember | None,
        changes: Changes | None,
    ) -> None:
        facts, (household_id, area_code) = person.facts, place
        member_id = member.id if member else new_id()
        if member and changes:
            told = self._phones(changes, member, facts, PERSON_PHONE)
            rows.lines.append(act.line(place, "changed", told, (member_id, facts.name)))
        elif household_id in rows.registered:
            rows.lines.append(act.line(place, "added", person=(member_id, facts.name)))
        if member is None:
            rows.entered.append(member_id)
        values = {**member_values(self.vault, facts), **_kept(member, MEMBER_FIELDS, facts)}
        where = {"id": member_id, "household_id": household_id, "area_code": area_code}
        rows.members.append({**where, **values, **self._dates})

    def _phones(
        self, changes: Changes, known: KnownHousehold | KnownMember, facts: HouseholdFacts | MemberFacts, purpose: str
    ) -> Changes:
        """The changes with phones in place of their indexes."""
        if "phone" not in changes:
            return changes
        return {**changes, "phone": (open_text(self.vault, known.phone_sealed, purpose), facts.phone)}

    @property
    def _dates(self) -> dict[str, Any]:
        return {"version": 1, "created_at": self.now, "updated_at": self.now}

    def _added(self, decision: Decision, household_id: UUID) -> list[Whereabouts]:
        """The people others do not know yet; nothing of the others of that household has changed for them."""
        entry = decision.entry
        added = [p for p, outcome in zip(entry.persons, decision.members, strict=True) if outcome == "added"]
        key = self.vault.household_key(entry.code) if added else None
        area_code, household_class = entry.facts.area_code, entry.facts.household_class
        return [Whereabouts(person.person_key, household_id, key, area_code, household_class) for person in added]


@dataclass(slots=True)
class _Rows:
    """What one part of an import writes, and whom it tells of."""

    households: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    entered: list[UUID] = field(default_factory=list)  # people who were not there before
    registered: set[UUID] = field(default_factory=set)  # households that were
    told: list[Whereabouts] = field(default_factory=list)
    renewed: list[UUID] = field(default_factory=list)  # households that moved or are of another class now


def _kept(
    known: KnownHousehold | KnownMember | None, fields: Sequence[str], facts: HouseholdFacts | MemberFacts
) -> dict[str, Any]:
    """What is registered of `fields`, with what was given instead."""
    registered = {name: known.fields.get(name) for name in fields} if known else {}
    return {**registered, **facts.further}


async def _upsert(session: WriteSession, model: type[Household] | type[Member], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or update those whose id is there. COPY cannot write under row-level security; staging can."""
    if not rows:
        return
    names = {a.key: a.columns[0].name for a in model.__mapper__.column_attrs if a.key in rows[0]}
    table, columns = model.__tablename__, list(names.values())
    staged = await stage(session, table, columns, ([row[key] for key in names] for row in rows))
    fixed = {"id", "created_at", "version"}
    updates = [f"{column} = excluded.{column}" for column in columns if column not in fixed]
    listed = ", ".join(columns)
    insert = (
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {staged} "  # noqa: S608
        f"ON CONFLICT (id) DO UPDATE SET {', '.join(updates)}, version = {table}.version + 1"
    )
    try:
        await (await raw(session)).execute(insert)
    except asyncpg.UniqueViolationError as error:
        raise RegisterChanged from error
