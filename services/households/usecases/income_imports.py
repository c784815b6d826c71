"""Many lines of income from one file: by the same rules as one, all in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.households.queries import income_reports as find
from services.households.rules.imports import Outcome
from services.households.rules.income_imports import ImportedLine, find_owner, outcome_of
from services.households.rules.income_reports import Latest, Owner
from services.households.usecases.grading import regrade_later
from services.households.usecases.income import BATCH, recompute
from shared.db.engine import WriteSession, raw
from shared.errors import Fault
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

SOURCE = "import"
PART = 2_000
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('income-import'))"

Owned = tuple[ImportedLine, Owner]


@dataclass(slots=True)
class IncomeImport:
    """One file. Two at once would not see each other's lines, so they queue."""

    vault: Vault
    who: Principal
    origin: str | None
    now: datetime
    dry_run: bool
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    _touched: set[UUID] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    async def take(self, session: WriteSession, lines: Sequence[ImportedLine]) -> None:
        """Take all rows, then compute every household concerned once."""
        await (await raw(session)).execute(_ONE_AT_A_TIME)
        for start in range(0, len(lines), PART):
            await self._take_part(session, lines[start : start + PART])
        touched = sorted(self._touched)
        for start in range(0, len(touched), BATCH):
            await recompute(session, touched[start : start + BATCH], self.now)
        await regrade_later(session, touched, self.now)
        counts: dict[str, Any] = dict(self.outcomes.items())
        await audit.record(
            session, self.who, "income:import", "import", dry_run=self.dry_run, origin=self.origin, **counts
        )

    async def _take_part(self, session: WriteSession, lines: Sequence[ImportedLine]) -> None:
        keys = await asyncio.to_thread(self._keys, lines)
        persons, households = ({pair[n] for pair in keys if pair[n]} for n in (0, 1))
        owners = await find.find_by_key(session, persons, households)
        owned = list(self._owned(lines, keys, owners))
        latest = await find.find_latest(session, {(SOURCE, line.ref(owner)) for line, owner in owned})
        rows, ended = [], []
        for line, owner in owned:
            known = latest.get((SOURCE, line.ref(owner)))
            outcome = outcome_of(line, known)
            self.outcomes[outcome] += 1
            if outcome != "unchanged":
                rows.append(self._row(line, owner, known))
            if outcome == "changed" and known:
                ended.append(known.entry_id)
        if not self.dry_run:
            await find.end_entries(session, ended, "corrected", self.who.id, self.now)
            await find.insert_entries(session, rows)
            self._touched.update(row["household_id"] for row in rows)

    def _keys(self, lines: Sequence[ImportedLine]) -> list[tuple[str, str]]:
        """Blind indexes of person and household; empty where a row does not name one."""
        vault = self.vault
        return [
            (
                vault.person_key(line.id_number) if line.id_number else "",
                vault.household_key(line.national_code) if line.national_code else "",
            )
            for line in lines
        ]

    def _owned(
        self, lines: Sequence[ImportedLine], keys: Sequence[tuple[str, str]], owners: dict[str, Owner]
    ) -> Iterator[Owned]:
        for line, (person, household) in zip(lines, keys, strict=True):
            owner = find_owner(line, owners.get(person), owners.get(household))
            if isinstance(owner, Fault):
                self.faults.append((line.row, owner))
            elif (ref := line.ref(owner)) in self._seen:
                self.faults.append((line.row, Fault("", "income-row-twice")))
            else:
                self._seen.add(ref)
                yield line, owner

    def _row(self, line: ImportedLine, owner: Owner, known: Latest | None) -> dict[str, Any]:
        return {
            "id": new_id(),
            "household_id": owner.household_id,
            "area_code": owner.area_code,
            "member_id": owner.member_id,
            "item": line.item,
            "amount": line.amount,
            "month_first": line.span.first,
            "month_last": line.span.last,
            "paid_on": line.span.paid_on,
            "source": SOURCE,
            "origin": self.origin,
            "source_ref": line.ref(owner),
            "revision": known.revision + 1 if known else 1,
            "corrects_id": known.entry_id if known else None,
            "recorded_by": self.who.id,
            "recorded_at": self.now,
        }
