"""Settings of the directory, beside those every service has."""

from datetime import timedelta

from pydantic import BaseModel, Field

from services.directory.rules.sign_in import Limits
from shared.settings import ServiceSettings


class Argon2Settings(BaseModel):
    """Cost of hashing one password: OWASP's recommended argon2id of 19 MiB, some 20 ms a core.

    A county's two cores must let 300 people in at the end of a month; guessing is stopped by the lock-out.
    """

    time_cost: int = Field(2, ge=1, description="Passes over the memory")
    memory_cost: int = Field(19_456, ge=8, description="KiB one hash takes; times `threads` at the worst moment")
    parallelism: int = Field(1, ge=1, description="Lanes of one hash")
    threads: int = Field(2, ge=1, description="Hashes computed at a time")
    waiting: int = Field(200, ge=1, description="Sign-ins that may wait for a thread; more are answered 429")


class LoginSettings(BaseModel):
    """How guessing is slowed down."""

    failures: int = Field(5, ge=1, description="Wrong passwords for one username before it is locked")
    lock_minutes: float = Field(15, gt=0, description="How long it is locked, and how long a failure counts")
    address_failures: int = Field(60, ge=1, description="Failures from one client address in `address_minutes`")
    address_minutes: float = Field(5, gt=0, description="Span of time for `address_failures`")

    @property
    def limits(self) -> Limits:
        """As the rules take it."""
        return Limits(self.failures, timedelta(minutes=self.lock_minutes))


class SessionSettings(BaseModel):
    """How long one stays signed in."""

    access_minutes: float = Field(15, gt=0, description="Life of an access token; a closed account works that long on")
    idle_hours: float = Field(12, gt=0, description="A refresh token not used for so long is void")
    days: float = Field(14, gt=0, description="After so long one signs in with the password again")

    @property
    def access(self) -> timedelta:
        """Life of an access token."""
        return timedelta(minutes=self.access_minutes)

    @property
    def idle(self) -> timedelta:
        """Life of a refresh token."""
        return timedelta(hours=self.idle_hours)

    @property
    def whole(self) -> timedelta:
        """Life of a chain of refresh tokens."""
        return timedelta(days=self.days)


class DirectorySettings(ServiceSettings):
    """`LOGIN_FAILURES`, `ARGON2_TIME_COST`, `SESSION_DAYS` and so on in the environment."""

    argon2: Argon2Settings = Argon2Settings()
    login: LoginSettings = LoginSettings()
    session: SessionSettings = SessionSettings()
