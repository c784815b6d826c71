"""What stands in the tables for an entry: the row, and the line of its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.jobs.models import Person
from services.jobs.queries.ledger import Row
from services.jobs.rules.ledger import FIELDS, Entry, Source
from shared.clock import local_date
from shared.ids import new_id
from shared.security.vault import Vault

EMPLOYER = "ledger-employer"
"""Purpose of an employer's name, sealed, and of its blind index."""

Changes = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Act:
    """Who writes into a month, when, and from where. What is carried nobody said: it is not confirmed."""

    month: date
    source: Source
    by: UUID
    now: datetime

    def columns(self) -> dict[str, Any]:
        """What a row says of it."""
        said = self.source != "carried"
        return {
            "source": self.source,
            "confirmed_on": local_date(self.now) if said else None,
            "confirmed_by": self.by if said else None,
            "changed_at": self.now,
            "changed_by": self.by if said else None,
        }


def employer_key(vault: Vault, name: str | None) -> str | None:
    """What finds an equal name again; blanks and letter case do not make another."""
    return vault.index("".join(name.split()).casefold(), EMPLOYER) if name else None


def new_row(act: Act, person: Person, entry: Entry, sealed: bytes | None, organised: bool | None) -> dict[str, Any]:
    """A row that was not there. The entry's employer is its key."""
    key = {"person_id": person.id, "month": act.month, "area_code": person.area_code, "version": 1}
    return {**key, **_told(entry, sealed, organised), **act.columns()}


def changed_row(act: Act, row: Row, entry: Entry, sealed: bytes | None, organised: bool | None) -> dict[str, Any]:
    """A row that was there, with what is said now."""
    return {**row, "version": row["version"] + 1, **_told(entry, sealed, organised), **act.columns()}


def _told(entry: Entry, sealed: bytes | None, organised: bool | None) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in FIELDS if name not in ("employer", "services")},
        "services": list(entry.services),
        "employer_key": entry.employer,
        "employer_name_sealed": sealed if entry.employer is not None else None,
        "organised": organised,
    }


def line(
    row: Row,
    what: str,
    at: datetime,
    differs: Changes | None = None,
    employer_from: bytes | None = None,
    policy_id: UUID | None = None,
) -> dict[str, Any]:
    """A line of history on what `row` has become. `policy_id`: the rules by which it was taken."""
    told = differs or {}
    renamed = "employer" in told
    return {
        "id": new_id(),
        "month": row["month"],
        "person_id": row["person_id"],
        "area_code": row["area_code"],
        "what": what,
        "source": row["source"],
        "by": row["changed_by"],
        "at": at,
        "version": row["version"],
        "fields": list(told) or (["confirmed_on"] if what == "confirmed" else []),
        "detail": {name: [_plain(one) for one in told[name]] for name in told if name != "employer"} or None,
        "employer_from_sealed": employer_from if renamed else None,
        "employer_to_sealed": row["employer_name_sealed"] if renamed else None,
        "policy_id": policy_id,
    }


def _plain(value: Any) -> Any:
    """As JSON has it; amounts as text, for they are read back into a column."""
    match value:
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
        case Decimal():
            return f"{value:.2f}"
        case None | bool() | str() | int():
            return value
    return str(value)
