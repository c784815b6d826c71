"""When a username is locked because somebody guesses, and how long one stays signed in."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from shared.errors import TooMany, Unauthenticated


class CredentialsInvalid(Unauthenticated):
    """Unknown username, closed account or wrong password: which, is not told."""

    code: ClassVar[str] = "credentials-invalid"


class RefreshTokenInvalid(Unauthenticated):
    """The refresh token is unknown, expired, revoked or was used before."""

    code: ClassVar[str] = "refresh-token-invalid"


class AccountLocked(TooMany):
    """Too many wrong passwords for this username, known or not; `retry_after` seconds."""

    code: ClassVar[str] = "account-locked"


class SignInThrottled(TooMany):
    """Too many failures from this address, or too many sign-ins at once; `retry_after` seconds."""

    code: ClassVar[str] = "sign-in-throttled"


@dataclass(frozen=True, slots=True, repr=False)
class Proved:
    """Whose password was given, and its hash then: it may be another one before anything rests on that."""

    account_id: UUID
    password_hash: str

    def require_same(self, password_hash: str) -> None:
        """Raise `CredentialsInvalid` where the password was changed since."""
        if password_hash != self.password_hash:
            raise CredentialsInvalid


@dataclass(frozen=True, slots=True)
class Limits:
    """`failures` within `span` lock for `span`."""

    failures: int
    span: timedelta


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failed sign-ins with one username."""

    failures: int
    last_failed_at: datetime
    locked_until: datetime | None = None


def require_unlocked(attempts: Attempts | None, now: datetime) -> None:
    """Raise `AccountLocked` while the lock holds."""
    if attempts and attempts.locked_until and now < attempts.locked_until:
        raise AccountLocked(retry_after=math.ceil((attempts.locked_until - now).total_seconds()))


def after_failure(attempts: Attempts | None, now: datetime, limits: Limits) -> Attempts:
    """One failure more. Failures older than the span, or before a lock that is over, are forgotten."""
    fresh = attempts is None or attempts.locked_until is not None or now - attempts.last_failed_at > limits.span
    failures = 1 if attempts is None or fresh else attempts.failures + 1
    locked_until = now + limits.span if failures >= limits.failures else None
    return Attempts(failures, now, locked_until)


def refresh_expiry(family_expires_at: datetime, now: datetime, idle: timedelta) -> datetime:
    """When a refresh token made now ends: never after its family."""
    return min(now + idle, family_expires_at)
