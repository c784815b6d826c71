"""What every service has: outbox, inbox, dead letters, idempotency keys, audit trail, and copies of the directory."""

from shared.db.base import ServiceBase, service_metadata
from shared.http.idempotency import IdempotencyKeyMixin
from shared.inbox import DeadLetterMixin, InboxMixin
from shared.outbox import OutboxMixin
from shared.projections.accounts import AccountMixin
from shared.projections.areas import AreaMixin
from shared.projections.policies import PolicyMixin
from shared.security.audit import AuditEntryMixin


class Base(ServiceBase):
    """Base of the service's tables."""

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
    """Areas, from the directory."""


class Policy(PolicyMixin, Base):
    """Policies, from the directory."""


class Account(AccountMixin, Base):
    """Accounts, from the directory."""
