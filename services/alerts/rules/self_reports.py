"""Who may report himself: phones, codes, and how often. Pure."""

import math
import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from shared.errors import Fault, Invalid, TooMany

FEED = "household.request"
"""The feed that a household's own request (自主申报) is an alert of."""
CODE_DIGITS = 6

_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})", re.ASCII)
_BETWEEN = re.compile(r"[\s\-()]+")
_FIELDS = {"person.id_number": "id_number", "person.name": "name", "person.phone": "phone"}


class PhoneInvalid(Invalid):
    """Not a mobile number of China: no code can be sent there."""

    code = "phone-invalid"


class PhoneCodeInvalid(Invalid):
    """Wrong, expired, used, tried too often, or never sent: the answer is the same for all of them."""

    code = "phone-code-invalid"


class TooOften(TooMany):
    """More often than the policy `self-report` allows."""

    code = "too-often"


def normalise_phone(text: str) -> str:
    """The eleven digits of a mobile number, however it was typed. Raises `PhoneInvalid`."""
    found = _MOBILE.fullmatch(_BETWEEN.sub("", unicodedata.normalize("NFKC", text)))
    if found is None:
        raise PhoneInvalid(field="phone")
    return found[1]


def span_end(now: datetime, minutes: int) -> datetime:
    """When the span of so many minutes that `now` lies in is over. Spans follow each other without a gap."""
    span = minutes * 60
    return datetime.fromtimestamp((int(now.timestamp()) // span + 1) * span, UTC)


def require_room(count: int, limit: int, ends_at: datetime, now: datetime) -> None:
    """Raise `TooOften` when something was done more than `limit` times in the span that ends then."""
    if count > limit:
        raise TooOften(retry_after=max(1, math.ceil((ends_at - now) / timedelta(seconds=1))))


def request_faults(faults: Collection[Fault]) -> list[Fault]:
    """The intake's faults in the words of a household's request: it knows no evidence."""
    return [
        Fault(_FIELDS.get(one.field, "text" if one.field.startswith("evidence") else one.field), one.code, one.params)
        for one in faults
    ]
