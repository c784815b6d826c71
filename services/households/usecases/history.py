"""The register's history (变更记录): one line for what an act did to a household or to one of its people.

Whatever changes the register says so here, in its own transaction. `Act` is who does what and why; a line is what it
did to one of those whom it touches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from services.households.models import Household, Member, RegisterChange
from services.households.rules.register_fields import PERSONAL, Changes
from shared.db.bulk import stage
from shared.db.engine import WriteSession, raw
from shared.ids import new_id
from shared.security.vault import Vault

CHANGE = "register-change"
"""Purpose of what is sealed of a line: `{"why": ..., "person": name, "fields": {field: [from, to]}}`."""

Line = dict[str, Any]
"""Columns of a `RegisterChange`."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does to the register. `source` is a code of `change_source`; `id` ties its lines together."""

    vault: Vault
    by: UUID
    at: datetime
    source: str
    why: str | None = None
    id: UUID = field(default_factory=new_id)

    def line(
        self,
        place: tuple[UUID, str],
        what: str,
        changes: Changes | None = None,
        person: Member | tuple[UUID, str] | None = None,
    ) -> Line:
        """What it did to the household at `place` (its id and area), or to one `person` (id and name) of it."""
        told = {name: [_plain(one) for one in change] for name, change in (changes or {}).items()}
        member_id, name = (person.id, person.name) if isinstance(person, Member) else person or (None, None)
        household_id, area_code = place
        return {
            "id": new_id(),
            "household_id": household_id,
            "area_code": area_code,
            "member_id": member_id,
            "what": what,
            "source": self.source,
            "act_id": self.id,
            "by": self.by,
            "at": self.at,
            "fields": list(told),
            "detail": {name: change for name, change in told.items() if name not in PERSONAL} or None,
            "sealed": self._seal(told, name),
        }

    def _seal(self, changes: Mapping[str, Any], person: str | None) -> bytes | None:
        personal = {name: change for name, change in changes.items() if name in PERSONAL}
        told = {"why": self.why, "person": person, "fields": personal}
        told = {name: value for name, value in told.items() if value}
        return self.vault.seal_json(told, CHANGE) if told else None


def place(household: Household) -> tuple[UUID, str]:
    """Where a line of history belongs."""
    return household.id, household.area_code


def note(session: WriteSession, *lines: Line) -> None:
    """Put lines on record, with the rows they are about."""
    session.add_all(RegisterChange(**line) for line in lines)


async def note_many(session: WriteSession, lines: Sequence[Line]) -> None:
    """The same for thousands."""
    if not lines:
        return
    columns = list(lines[0])
    rows = ([_text(line[name]) if name == "detail" else line[name] for name in columns] for line in lines)
    staged = await stage(session, "register_change", columns, rows)
    listed = ", ".join(columns)
    await (await raw(session)).execute(f"INSERT INTO register_change ({listed}) SELECT {listed} FROM {staged}")  # noqa: S608


def _text(detail: Mapping[str, Any] | None) -> str | None:
    return orjson.dumps(detail).decode() if detail is not None else None


def _plain(value: Any) -> Any:
    """As JSON has it."""
    match value:
        case Decimal():
            return float(value)
        case date() | datetime():
            return value.isoformat()
        case UUID():
            return str(value)
    return value
