"""The bytes that are sealed of a report, and those that make a row the same: alike on every road it may come."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson


def record_of(
    id_number: str | None, name: str | None, phone: str | None, national_code: str | None, evidence: Mapping[str, Any]
) -> bytes:
    """What is sealed. Keys are sorted: the same row is the same bytes, however its sender wrote it."""
    record = {
        "person": {"id_number": id_number, "name": name, "phone": phone} if id_number is not None else None,
        "household": {"national_code": national_code} if national_code is not None else None,
        "evidence": evidence,
    }
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def rest_of(occurred_on: date, area_code: str, severity: str | None) -> bytes:
    """The rest of the row. The severity as it was sent: a feed's new default makes no new row of an old one."""
    return f"|{occurred_on}|{area_code}|{severity}".encode()
