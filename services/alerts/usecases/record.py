"""The bytes that are sealed of a report, and those that make a row the same: alike on every road it may come."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from services.alerts.models import NewAlert
from services.alerts.queries.unmatched import REF
from services.alerts.rules.screening import canonical
from shared.security.vault import Vault

ROW = b"row:"
"""What a `dedup` begins with that is a row's hash, for want of a number of the sender's."""
ALERT_ROW = "alert-row"
"""What a row's hash is made for."""


def record_of(
    id_number: str | None,
    name: str | None,
    phone: str | None,
    national_code: str | None,
    evidence: bytes,
    area: Mapping[str, Any] | None = None,
) -> bytes:
    """What is sealed: `{"evidence": {...}, "household": ..., "person": ...}`, the same bytes for the same row.

    `evidence`: JSON, keys sorted. An alert about areas has them as `area` beside these.
    """
    who: dict[str, Any] = {
        "household": {"national_code": national_code} if national_code is not None else None,
        "person": {"id_number": id_number, "name": name, "phone": phone} if id_number is not None else None,
    }
    if area is not None:
        who["area"] = area
    return b'{"evidence":' + evidence + b"," + orjson.dumps(who)[1:]


@lru_cache(10_000)
def rest_of(occurred_on: date, area_code: str, severity: str | None) -> bytes:
    """The rest of the row. The severity as it was sent: a feed's new default makes no new row of an old one."""
    return f"|{occurred_on.isoformat()}|{area_code}|{severity}".encode()


def former_hashes(alert: NewAlert, vault: Vault) -> list[bytes]:
    """By which a row may be known that came as JSON when a number's hash was of its text: whole ones without a point.

    Which severity its sender gave is not known any more: none, or the alert's. None where there is no such number.
    """
    whole = vault.open_json(alert.sealed, "alert")
    evidence, person, household = whole["evidence"], whole["person"] or {}, whole["household"] or {}
    former = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in evidence.items()}
    if all(type(former[name]) is type(value) for name, value in evidence.items()):
        return []
    id_number, name, phone = (person.get(one) for one in ("id_number", "name", "phone"))
    written, code = canonical(former) or b"", household.get("national_code")
    record = record_of(id_number, name, phone, code, written, whole.get("area"))
    rests = [rest_of(alert.occurred_on, alert.area_code, severity) for severity in (None, alert.severity)]
    return [vault.fingerprint(record + rest, ALERT_ROW) for rest in rests]


def facts_behind(facts: Mapping[str, bool]) -> bytes:
    """What the register knew when the rule asked, as it stands behind the record so that the alert can be explained later.

    Of the row's hash it is no part: the same row is the same whatever the register knows.
    """
    return b',"facts":' + orjson.dumps(facts)


def with_facts(record: bytes, facts: bytes) -> bytes:
    """The record with what stands behind it, if anything does."""
    return record[:-1] + facts + b"}" if facts else record


def dedup_of(source_ref: str | None, row_hash: bytes) -> bytes:
    """What makes a row the same as another of its feed: the sender's own number, or for want of one its hash."""
    return REF + source_ref.encode() if source_ref else ROW + row_hash
