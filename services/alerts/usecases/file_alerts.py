"""The rows of a file that trigger become alerts: checked, hashed and sealed, as a single report would be.

Only these rows cost a hash or a seal. The same row sent as a report is the same row here: its hash is made of the
same bytes. All sums, no waiting: called in a thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
import polars as pl

from services.alerts import events
from services.alerts.codes import FAMILY_OF_TOPIC
from services.alerts.models import NewAlert, OutboxRow
from services.alerts.queries.unmatched import WaitingRow
from services.alerts.rules import Feed, Severity, canonical, evidence_faults, family_of, holds_id_number
from services.alerts.rules.screening_rules import FACTS
from services.alerts.usecases.file_rows import PLACE, PLACELESS
from services.alerts.usecases.record import record_of, rest_of, with_facts
from shared.areas import Scope
from shared.idnumber import IdNumber
from shared.ids import new_id
from shared.lanes import Lane
from shared.security.vault import Vault
from shared.telemetry import current_traceparent

UNMATCHED = "unmatched-row"
MAX_NAME = 100
MAX_REF = 100
_OWN = (
    *("person.id_number", "person.name", "person.phone", "household.national_code", "source_ref"),
    *("occurred_on", "area_code", PLACELESS, "severity", "rule_id"),
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose file it is, and what of it may become an alert."""

    file_id: UUID
    reported_by: UUID
    scope: Scope
    feed: Feed
    fields: Sequence[str]  # of evidence
    areas: frozenset[str]
    day: date  # of rows that name none
    today: date
    reported_at: datetime


@dataclass(slots=True)
class Prepared:
    """Rows with all sums done; what is left is to store them."""

    alerts: list[NewAlert] = field(default_factory=list)
    told: list[OutboxRow] = field(default_factory=list)  # one for each of `alerts`
    places: list[int] = field(default_factory=list)  # likewise
    waiting: list[WaitingRow] = field(default_factory=list)
    refused: list[tuple[int, str, str, Mapping[str, Any]]] = field(default_factory=list)  # place, field, code, params


@dataclass(frozen=True, slots=True)
class Row:
    """One row on its way to be an alert. Its repr is blind."""

    place: int = field(repr=False)
    id_number: str | None = field(repr=False)
    name: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    household: str | None = field(repr=False)
    source_ref: str | None = field(repr=False)
    occurred_on: date
    area_code: str | None
    placeless: bool  # the area is not the row's own
    severity: Severity
    rule_id: UUID | None
    facts: Mapping[str, bool]  # what the register knew, where the rule asked
    evidence: dict[str, Any] = field(repr=False)


def prepare(triggered: pl.DataFrame, waiting: pl.DataFrame, sender: Sender, vault: Vault) -> Prepared:
    """Check, hash and seal what `file_look` left of a frame: rows that trigger, and rows that wait for the register."""
    ready, trace = Prepared(), current_traceparent()
    for row in rows_of(triggered, sender):
        if _is_sound(row, sender, ready):
            alert = _alert(row, sender, vault)
            ready.alerts.append(alert)
            ready.told.append(events.raised_row(alert, alert.risk_family, trace))
            ready.places.append(row.place)
    for row in rows_of(waiting, sender):
        if _is_sound(row, sender, ready):
            ready.waiting.append(_waiting(row, vault))
    return ready


def _is_sound(row: Row, sender: Sender, ready: Prepared) -> bool:
    faults = faults_of(row, sender)
    ready.refused += [(row.place, name, code, params) for name, code, params in faults]
    return not faults


def rows_of(rows: pl.DataFrame, sender: Sender) -> Iterator[Row]:
    """The rows of a frame one by one, blanks left out of their evidence."""
    names = [name for name in sender.fields if name in rows.columns]
    evidence = zip(*(_as_json(rows[name]) for name in names), strict=True) if names else iter([()] * rows.height)
    own = zip(*(_column(rows, name) for name in (PLACE, *_OWN)), strict=True)
    told = [name for name in FACTS if name in rows.columns]
    facts = rows.select(told).to_dicts() if told else [{}] * rows.height
    for (place, number, name, phone, code, ref, day, area, placeless, severity, rule_id), values, known in zip(
        own, evidence, facts, strict=True
    ):
        yield Row(
            place=place,
            id_number=number,
            name=name,
            phone=phone,
            household=code,
            source_ref=ref,
            occurred_on=day or sender.day,
            area_code=area,
            placeless=bool(placeless),
            severity=severity or sender.feed.default_severity,
            rule_id=UUID(rule_id) if rule_id else None,
            facts=known,
            evidence={name: value for name, value in zip(names, values, strict=True) if value is not None},
        )


def _column(rows: pl.DataFrame, name: str) -> list[Any]:
    return rows[name].to_list() if name in rows.columns else [None] * rows.height


def _as_json(column: pl.Series) -> list[Any]:
    return (column.dt.to_string("iso") if column.dtype == pl.Date else column).to_list()


def faults_of(row: Row, sender: Sender) -> list[tuple[str, str, Mapping[str, Any]]]:
    """What keeps a row from being an alert, as a single report would be told."""
    faults: list[tuple[str, str, Mapping[str, Any]]] = []
    if (row.id_number is None) == (row.household is None):
        faults.append(("", "person-or-household", {}))
    if row.id_number is not None:
        faults += _line_faults("person.name", row.name, MAX_NAME)
    if row.household is not None and not _is_household(row.household):
        faults.append(("household.national_code", "field-invalid", {}))
    if row.source_ref is not None:
        faults += _line_faults("source_ref", row.source_ref, MAX_REF)
        if len(row.source_ref) > 17 and holds_id_number(row.source_ref, sender.today):
            faults.append(("source_ref", "source-ref-personal", {}))
    if row.occurred_on > sender.today:
        faults.append(("occurred_on", "date-in-future", {}))
    if row.area_code is None or row.area_code not in sender.areas:
        faults.append(("area_code", "area-unknown", {}))
    elif not sender.scope.covers(row.area_code):
        faults.append(("area_code", "area-not-permitted", {"area": row.area_code}))
    if canonical(row.evidence) is None:
        faults.append(("evidence", "evidence-invalid", {}))
    faults += [(one.field, one.code, one.params) for one in evidence_faults(sender.feed.evidence, row.evidence)]
    return faults


def _line_faults(name: str, text: str | None, longest: int) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    if not text:
        yield name, "field-missing", {}
    elif len(text) > longest:
        yield name, "text-too-long", {"max_length": longest}
    elif not text.isprintable() and _has_control(text):
        yield name, "field-invalid", {}


def _has_control(text: str) -> bool:
    return any(character < " " or "\x7f" <= character <= "\x9f" for character in text)


def _is_household(code: str) -> bool:
    return 4 <= len(code) <= 40 and code.isascii() and code.replace("-", "a").isalnum()


def _keys(row: Row, vault: Vault) -> tuple[str | None, str | None]:
    person = vault.person_key(IdNumber(row.id_number)) if row.id_number else None
    return person, vault.household_key(row.household) if row.household else None


def _alert(row: Row, sender: Sender, vault: Vault) -> NewAlert:
    record, row_hash = _hashed(row, vault)
    person_key, household_key = _keys(row, vault)
    return NewAlert(
        id=new_id(),
        feed=sender.feed.code,
        source_ref=row.source_ref,
        dedup=_dedup(row, row_hash),
        row_hash=row_hash,
        severity=row.severity,
        occurred_on=row.occurred_on,
        area_code=row.area_code or "",
        person_key=person_key,
        household_key=household_key,
        sealed=vault.seal(with_facts(record, row.facts), "alert"),
        reported_by=sender.reported_by,
        batch_id=sender.file_id,
        reported_at=sender.reported_at,
        lane=Lane.BULK,
        risk_family=family_of(sender.feed.risk_family, row.evidence, FAMILY_OF_TOPIC),
        rule_id=row.rule_id,
    )


def _hashed(row: Row, vault: Vault) -> tuple[bytes, bytes]:
    record = record_of(row.id_number, row.name, row.phone, row.household, canonical(row.evidence) or b"")
    return record, vault.fingerprint(record + rest_of(row.occurred_on, row.area_code or "", None), "alert-row")


def _dedup(row: Row, row_hash: bytes) -> bytes:
    return b"ref:" + row.source_ref.encode() if row.source_ref else b"row:" + row_hash


def _waiting(row: Row, vault: Vault) -> WaitingRow:
    whole = orjson.dumps(
        {
            "person.id_number": row.id_number,
            "person.name": row.name,
            "person.phone": row.phone,
            "household.national_code": row.household,
            "source_ref": row.source_ref,
            "occurred_on": row.occurred_on,
            "area_code": None if row.placeless else row.area_code,
            "evidence": row.evidence,
        }
    )
    dedup = _dedup(row, _hashed(row, vault)[1])
    return WaitingRow(row.place, dedup, *_keys(row, vault), vault.seal(whole, UNMATCHED))
