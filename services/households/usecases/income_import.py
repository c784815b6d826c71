"""Many lines of income from one file: by the same rules as one, all in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.households.queries import income_reports as find
from services.households.rules.income_import import ImportedLine, Outcome, find_place, outcome_of
from services.households.rules.income_reports import Latest, Place
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

Placed = tuple[ImportedLine, Place]


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
        counts: dict[str, Any] = dict(self.outcomes.items())
        await audit.record(
            session, self.who, "income:import", "import", dry_run=self.dry_run, origin=self.origin, **counts
        )

    async def _take_part(self, session: WriteSession, lines: Sequence[ImportedLine]) -> None:
        keys = await asyncio.to_thread(self._keys, lines)
        persons, households = ({pair[n] for pair in keys if pair[n]} for n in (0, 1))
        places = await find.find_keys(session, persons, households)
        placed = list(self._placed(lines, keys, places))
        latest = await find.find_latest(session, {(SOURCE, line.ref(place)) for line, place in placed})
        rows, ended = [], []
        for line, place in placed:
            known = latest.get((SOURCE, line.ref(place)))
            outcome = outcome_of(line, known)
            self.outcomes[outcome] += 1
            if outcome != "unchanged":
                rows.append(self._row(line, place, known))
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

    def _placed(
        self, lines: Sequence[ImportedLine], keys: Sequence[tuple[str, str]], places: dict[str, Place]
    ) -> Iterator[Placed]:
        for line, (person, household) in zip(lines, keys, strict=True):
            place = find_place(line, places.get(person), places.get(household))
            if isinstance(place, Fault):
                self.faults.append((line.row, place))
            elif (ref := line.ref(place)) in self._seen:
                self.faults.append((line.row, Fault("", "income-row-twice")))
            else:
                self._seen.add(ref)
                yield line, place

    def _row(self, line: ImportedLine, place: Place, known: Latest | None) -> dict[str, Any]:
        return {
            "id": new_id(),
            "household_id": place.household_id,
            "area_code": place.area_code,
            "member_id": place.member_id,
            "item": line.item,
            "amount": line.amount,
            "month_first": line.span.first,
            "month_last": line.span.last,
            "paid_on": line.span.paid_on,
            "source": SOURCE,
            "origin": self.origin,
            "source_ref": line.ref(place),
            "revision": known.revision + 1 if known else 1,
            "corrects_id": known.entry_id if known else None,
            "recorded_by": self.who.id,
            "recorded_at": self.now,
        }
