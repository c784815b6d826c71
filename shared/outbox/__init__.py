"""Events leave a service through its outbox: written in the same transaction as the change they tell of."""

from shared.outbox.emit import emit
from shared.outbox.models import OutboxMixin
from shared.outbox.relay import Relay

__all__ = ["OutboxMixin", "Relay", "emit"]
