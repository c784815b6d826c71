"""What every service has: outbox, inbox, dead letters, idempotency keys, audit trail, and copies of the directory."""

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import ServiceBase, service_metadata
from shared.http.idempotency import IdempotencyKeyMixin
from shared.inbox import DeadLetterMixin, InboxMixin
from shared.outbox import OutboxMixin
from shared.projections.accounts import AccountMixin
from shared.projections.api_keys import ApiKeyMixin
from shared.projections.areas import AreaMixin
from shared.projections.policies import PolicyMixin
from shared.security.audit import AuditEntryMixin


class Base(ServiceBase):
    """Tables of this service."""

    __abstract__ = True

    metadata = service_metadata()


class Outbox(OutboxMixin, Base):
    """Events on their way out."""


class Inbox(InboxMixin, Base):
    """Events that were handled."""


class DeadLetter(DeadLetterMixin, Base):
    """Events that could not be handled."""


class IdempotencyKey(IdempotencyKeyMixin, Base):
    """Answered requests."""


class AuditEntry(AuditEntryMixin, Base):
    """Who did what."""


class Area(AreaMixin, Base):
    """Areas, as the directory tells them."""


class Account(AccountMixin, Base):
    """Accounts, as the directory tells them: whose webhooks are whose."""

    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))


class ApiKey(ApiKeyMixin, Base):
    """API keys, as the directory tells them."""


class Policy(PolicyMixin, Base):
    """Policies, as the directory tells them."""
