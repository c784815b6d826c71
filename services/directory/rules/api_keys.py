"""When an API key (接口密钥) ends, and what a rotation does to it."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from shared.areas import Scope
from shared.clock import end_of_day, local_date
from shared.errors import Conflict, Invalid

MAX_DAYS = 1096
MAX_OVERLAP_HOURS = 720
SHOWN = 9
"""Characters of a secret that lists show: the mark and six of 43."""


class ExpiryInvalid(Invalid):
    """The last day is not between today and three years from now."""

    code: ClassVar[str] = "expiry-invalid"


class ApiKeyEnded(Conflict):
    """The key is revoked, expired or was replaced already."""

    code: ClassVar[str] = "api-key-ended"


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """A key to be issued; no `scope` means the bureau's whole area."""

    organisation: str
    label: str
    feeds: frozenset[str]
    scope: Scope | None
    expires_on: date


@dataclass(frozen=True, slots=True)
class KeyState:
    """Of a key, what the rules ask."""

    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    replaced: bool


def new_secret() -> str:
    """256 random bits, marked so that a secret scanner finds a key that leaked."""
    return f"sw_{secrets.token_urlsafe(32)}"


def expiry(last_day: date, now: datetime) -> datetime:
    """The end of the key's last day."""
    today = local_date(now)
    if not today <= last_day <= today + timedelta(days=MAX_DAYS):
        raise ExpiryInvalid(field="expires_on", days=MAX_DAYS)
    return end_of_day(last_day)


def require_rotatable(key: KeyState, now: datetime) -> None:
    """Raise unless the key works and has no successor."""
    if key.revoked_at or key.replaced or key.expires_at <= now:
        raise ApiKeyEnded


def successor_expiry(key: KeyState, now: datetime) -> datetime:
    """The new key lives as long as the old one was meant to."""
    return now + (key.expires_at - key.created_at)


def overlap_end(key: KeyState, now: datetime, hours: int) -> datetime:
    """When the old key stops: after the overlap, and never later than it would have."""
    return min(key.expires_at, now + timedelta(hours=hours))
