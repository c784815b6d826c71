"""What keeps a row of a file that triggers from being an alert: all that a single report would be told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.alerts.rules.alerts import Severity
from services.alerts.rules.areas import place
from services.alerts.rules.screening import Feed, evidence_faults, holds_id_number
from shared.areas import AreaCode, Scope

MAX_NAME = 100
MAX_REF = 100
MAX_NATURAL_VILLAGES = 200
_LEAST_WITH_ID_NUMBER = 18  # characters
_BETWEEN_VILLAGES = re.compile(r"[、，,；;/\s]+")
_HOUSEHOLD = re.compile(r"[0-9A-Za-z\-]{4,40}")

Mistake = tuple[str, str, Mapping[str, Any]]
"""Field, code, parameters."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose file it is, and what of it may become an alert."""

    file_id: UUID
    reported_by: UUID
    scope: Scope
    feed: Feed
    about_areas: bool  # the feed warns of whole areas, not of people
    fields: Sequence[str]  # of evidence
    areas: frozenset[str]  # of today
    own_areas: frozenset[str]  # of these, the sender's
    day: date  # of rows that name none
    today: date
    reported_at: datetime


class Row(NamedTuple):
    """One row on its way to be an alert. Its repr is blind."""

    place: int
    id_number: str | None
    name: str | None
    phone: str | None
    household: str | None
    source_ref: str | None
    occurred_on: date
    area_code: str | None
    placeless: bool  # the area is not the row's own
    key: str | None  # of its person or household, where somebody asked for it before
    severity: Severity
    rule_id: UUID | None
    facts: bytes  # what the register knew, where the rule asked: JSON to stand behind the record
    evidence: dict[str, Any]
    written: bytes | None  # the same as JSON, keys sorted; None: it cannot be sent on

    def __repr__(self) -> str:
        return f"Row(place={self.place})"


def faults_of(row: Row, sender: Sender) -> list[Mistake]:
    """All of them; none for nearly every row, so looking for them has to be cheap."""
    faults = _area_faults(row, sender) if sender.about_areas else _subject_faults(row)
    if row.source_ref is not None:
        faults += _ref_faults(row.source_ref, sender.today)
    if row.occurred_on > sender.today:
        faults.append(("occurred_on", "date-in-future", {}))
    if row.area_code is None:
        faults.append(("area_name", "area-unclear", {}))
    elif row.area_code not in sender.own_areas:
        known = row.area_code in sender.areas
        faults.append(("area_code", "area-not-permitted" if known else "area-unknown", {"area": row.area_code}))
    if row.written is None:
        faults.append(("evidence", "evidence-invalid", {}))
    faults += [(one.field, one.code, one.params) for one in evidence_faults(sender.feed.evidence, row.evidence)]
    return faults


def area_of(row: Row) -> dict[str, Any]:
    """The area that a row warns of, and the natural villages within it, as a single report names them."""
    written = row.evidence.get("natural_villages")
    names = {name for name in _BETWEEN_VILLAGES.split(written) if name} if isinstance(written, str) else ()
    return {"codes": [row.area_code], "natural_villages": sorted(names)[:MAX_NATURAL_VILLAGES]}


def _subject_faults(row: Row) -> list[Mistake]:
    """Somebody by number and name, or a household by its code."""
    if (row.id_number is None) == (row.household is None):
        return [("", "person-or-household", {})]
    if row.household is not None:
        return [] if _HOUSEHOLD.fullmatch(row.household) else [("household.national_code", "field-invalid", {})]
    return [] if _is_line(row.name, MAX_NAME) else list(_line_faults("person.name", row.name, MAX_NAME))


def _area_faults(row: Row, sender: Sender) -> list[Mistake]:
    """An area no larger than a township; whether it is the sender's is told for all rows."""
    if row.area_code not in sender.own_areas:
        return []
    found = place([AreaCode(row.area_code or "")], "", sender.scope, sender.areas)
    return [("area_code", one.code, one.params) for one in found] if isinstance(found, list) else []


def _is_line(text: str | None, longest: int) -> bool:
    return text is not None and 0 < len(text) <= longest and text.isprintable()


def _ref_faults(text: str, today: date) -> Iterator[Mistake]:
    if not _is_line(text, MAX_REF):
        yield from _line_faults("source_ref", text, MAX_REF)
    if len(text) >= _LEAST_WITH_ID_NUMBER and holds_id_number(text, today):
        yield "source_ref", "source-ref-personal", {}


def _line_faults(name: str, text: str | None, longest: int) -> Iterator[Mistake]:
    if not text:
        yield name, "field-missing", {}
    elif len(text) > longest:
        yield name, "text-too-long", {"max_length": longest}
    elif any(character < " " or "\x7f" <= character <= "\x9f" for character in text):
        yield name, "field-invalid", {}
