"""The rows of a file that trigger become alerts: checked, hashed and sealed, as a single report would be.

Only these rows cost a hash or a seal. The same row sent as a report is the same row here: its hash is made of the
same bytes. All sums, no waiting: called in a thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import polars as pl

from services.alerts import events
from services.alerts.codes import FAMILY_OF_TOPIC
from services.alerts.models import Finished, NewAlert
from services.alerts.queries.intake import finished
from services.alerts.queries.unmatched import WaitingRow
from services.alerts.rules.feeds import family_of
from services.alerts.rules.screening import canonical
from services.alerts.rules.screening_rules import FACTS
from services.alerts.usecases.file_checks import Mistake, Row, Sender, area_of, faults_of
from services.alerts.usecases.file_rows import KEY, PLACE, PLACELESS
from services.alerts.usecases.record import ALERT_ROW, dedup_of, facts_behind, record_of, rest_of, with_facts
from services.alerts.usecases.waiting import sealed_row
from shared.idnumber import IdNumber
from shared.ids import new_id
from shared.lanes import Lane
from shared.security.vault import Vault
from shared.telemetry import current_traceparent

_AT_ONCE = 250
"""Rows made at a time: what they leave behind is still in the cache when it is looked at again."""
_WHO = ("person.id_number", "person.name", "person.phone", "household.national_code", "source_ref")


@dataclass(slots=True)
class Prepared:
    """Rows with all sums done; what is left is to store them."""

    alerts: list[Finished] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # one for each of `alerts`
    waiting: list[WaitingRow] = field(default_factory=list)
    refused: list[tuple[int, Mistake]] = field(default_factory=list)  # by the place of the row


def prepare(triggered: pl.DataFrame, waiting: pl.DataFrame, sender: Sender, vault: Vault, start: int = 0) -> Prepared:
    """Check, hash and seal what `file_look` left of a frame: rows that trigger, and rows that wait for the register.

    `start`: rows of the file before the frame.
    """
    ready, trace = Prepared(), current_traceparent()
    for some in triggered.iter_slices(_AT_ONCE):
        rows = _sound(some, sender, ready)
        alerts = _alerts(rows, sender, vault)
        ready.alerts += finished(alerts, [events.raised_row(alert, trace) for alert in alerts])
        ready.places += [row.place for row in rows]
    ready.waiting = [_waiting(row, vault, start) for row in _sound(waiting, sender, ready)]
    return ready


def _sound(rows: pl.DataFrame, sender: Sender, ready: Prepared) -> list[Row]:
    """The rows without a fault; those of the others are noted."""
    sound = []
    for row in rows_of(rows, sender):
        if faults := faults_of(row, sender):
            ready.refused += [(row.place, fault) for fault in faults]
        else:
            sound.append(row)
    return sound


def rows_of(rows: pl.DataFrame, sender: Sender) -> Iterator[Row]:
    """The rows of a frame one by one, blanks left out of their evidence. Made column by column, at a third of the price."""
    evidence, rule_of = _evidence(rows, sender.fields), cache(UUID)
    day, usual = sender.day, sender.feed.default_severity
    columns = (
        *(_column(rows, name) for name in (PLACE, *_WHO)),
        [own or day for own in _column(rows, "occurred_on")],
        _column(rows, "area_code"),
        map(bool, _column(rows, PLACELESS)),
        _column(rows, KEY),
        [own or usual for own in _column(rows, "severity")],
        [id_ and rule_of(id_) for id_ in _column(rows, "rule_id")],
        _facts(rows),
        evidence,
        map(canonical, evidence),
    )
    return map(Row._make, zip(*columns, strict=True))


def _evidence(rows: pl.DataFrame, fields: Sequence[str]) -> list[dict[str, Any]]:
    names = [name for name in fields if name in rows.columns and rows[name].null_count() < rows.height]
    if not names:
        return [{} for _ in range(rows.height)]
    values = zip(*(_as_json(rows[name]) for name in names), strict=True)
    if any(rows[name].null_count() for name in names):
        return [{k: v for k, v in zip(names, row, strict=True) if v is not None} for row in values]
    return [dict(zip(names, row, strict=True)) for row in values]


def _facts(rows: pl.DataFrame) -> Sequence[bytes]:
    names = [name for name in FACTS if name in rows.columns]
    if not names:
        return [b""] * rows.height
    behind = cache(lambda known: facts_behind(dict(zip(names, known, strict=True))))
    return list(map(behind, zip(*(rows[name] for name in names), strict=True)))


def _column(rows: pl.DataFrame, name: str) -> list[Any]:
    return rows[name].to_list() if name in rows.columns else [None] * rows.height


def _as_json(column: pl.Series) -> list[Any]:
    return (column.dt.to_string("iso") if column.dtype == pl.Date else column).to_list()


def _keys(row: Row, vault: Vault) -> tuple[str | None, str | None]:
    """Of the person, or of the household."""
    if row.id_number is not None:
        return row.key or vault.person_key(IdNumber(row.id_number)), None
    return None, row.key or (vault.household_key(row.household) if row.household is not None else None)


def _alerts(rows: Sequence[Row], sender: Sender, vault: Vault) -> list[NewAlert]:
    areas = [area_of(row) if sender.about_areas else None for row in rows]
    hashed = [_hashed(row, area, vault) for row, area in zip(rows, areas, strict=True)]
    whole = [with_facts(record, row.facts) for row, (record, _) in zip(rows, hashed, strict=True)]
    each = zip(rows, areas, (row_hash for _, row_hash in hashed), vault.seal_many(whole, "alert"), strict=True)
    return [_alert(*one, sender, vault) for one in each]


def _alert(
    row: Row, area: Mapping[str, Any] | None, row_hash: bytes, sealed: bytes, sender: Sender, vault: Vault
) -> NewAlert:
    person_key, household_key = _keys(row, vault) if area is None else (None, None)
    return NewAlert(
        id=new_id(),
        feed=sender.feed.code,
        source_ref=row.source_ref,
        dedup=dedup_of(row.source_ref, row_hash),
        row_hash=row_hash,
        severity=row.severity,
        occurred_on=row.occurred_on,
        area_code=row.area_code or "",
        person_key=person_key,
        household_key=household_key,
        sealed=sealed,
        reported_by=sender.reported_by,
        batch_id=sender.file_id,
        reported_at=sender.reported_at,
        lane=Lane.BULK,
        risk_family=family_of(sender.feed.risk_family, row.evidence, FAMILY_OF_TOPIC),
        rule_id=row.rule_id,
        area=orjson.dumps(area, option=orjson.OPT_SORT_KEYS).decode() if area is not None else None,
    )


def _hashed(row: Row, area: Mapping[str, Any] | None, vault: Vault) -> tuple[bytes, bytes]:
    """What is sealed, but for the facts, and the hash that makes a row the same."""
    person, household = (row.id_number, row.household) if area is None else (None, None)
    record = record_of(person, row.name, row.phone, household, row.written or b"", area)
    return record, vault.fingerprint(record + rest_of(row.occurred_on, row.area_code or "", None), ALERT_ROW)


def _waiting(row: Row, vault: Vault, start: int) -> WaitingRow:
    named = {
        "person.id_number": row.id_number,
        "person.name": row.name,
        "person.phone": row.phone,
        "household.national_code": row.household,
        "source_ref": row.source_ref,
        "area_code": None if row.placeless else row.area_code,
    }
    row_hash = _hashed(row, None, vault)[1]
    sealed = sealed_row(named, row.occurred_on, row.evidence, vault, start + row.place)
    return WaitingRow(dedup_of(row.source_ref, row_hash), _keys(row, vault), row_hash, sealed, row.place)
