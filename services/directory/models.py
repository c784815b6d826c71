"""Tables of the directory. What other services may know of them leaves through `events.py`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import ServiceBase, service_metadata
from shared.http.idempotency import IdempotencyKeyMixin
from shared.inbox import DeadLetterMixin, InboxMixin
from shared.outbox import OutboxMixin
from shared.security.audit import AuditEntryMixin


class Base(ServiceBase):
    """The directory's tables."""

    __abstract__ = True

    metadata = service_metadata()


class Outbox(OutboxMixin, Base):
    """Events on their way out."""


class Inbox(InboxMixin, Base):
    """Empty: the directory listens to nobody. Operators find the same tables in every service."""


class DeadLetter(DeadLetterMixin, Base):
    """Empty, as the inbox."""


class IdempotencyKey(IdempotencyKeyMixin, Base):
    """Answered requests."""


class AuditEntry(AuditEntryMixin, Base):
    """Who did what."""


class Area(Base):
    """An area (行政区划) by its 12-digit code. Level and parent follow from the code; stored to be searched by."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]  # searched with LIKE: a county has some hundred areas, an index would cost more than it saves
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(index=True)
    active: Mapped[bool]


class Organisation(Base):
    """An organisation (单位): a bureau, a township's government, a village's committee, the county's centre."""

    __tablename__ = "organisation"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    area_code: Mapped[str] = mapped_column(index=True)
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Account(Base):
    """An account (账号). `areas` are prefixes as `Scope.serialise` writes them."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("username = lower(username)", name="username_lower"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    display_name: Mapped[str]
    role: Mapped[str]
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    organisation: Mapped[str | None] = mapped_column(ForeignKey("organisation.code"), index=True)
    active: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class SignInFailure(Base):
    """Failed sign-ins by the keyed hash of the username typed.

    Unknown usernames are counted like known ones, so that a lock tells nothing; and people type passwords into the
    username field, so it is not kept in clear.
    """

    __tablename__ = "sign_in_failure"

    username_index: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class RefreshToken(Base):
    """A refresh token by its SHA-256. Tokens that came from one sign-in are one `family`."""

    __tablename__ = "refresh_token"

    hash: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[UUID] = mapped_column(index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    family_expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ApiKey(Base):
    """An API key (接口密钥) of a bureau's system. `bureau` is its organisation's code."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bureau: Mapped[str] = mapped_column(ForeignKey("organisation.code"), index=True)
    label: Mapped[str]
    prefix: Mapped[str]  # the secret's first characters, to tell keys apart
    secret_hash: Mapped[str] = mapped_column(unique=True)
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id"))
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]


class Policy(Base):
    """One version of a policy (政策参数). Only its last day changes after it was published."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("kind", "area_prefix", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    area_prefix: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    version: Mapped[int]
    author: Mapped[str]
    note: Mapped[str | None]
    body: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]


class SigningKey(Base):
    """A key that signs access tokens: the newest without `retires_at`. Published until `retires_at`."""

    __tablename__ = "signing_key"
    __table_args__ = (
        Index("uq_signing_key_current", text("(1)"), unique=True, postgresql_where=text("retires_at IS NULL")),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    sealed_pem: Mapped[bytes]  # PKCS#8, sealed by the vault for "signing-key"
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    retires_at: Mapped[datetime | None]
