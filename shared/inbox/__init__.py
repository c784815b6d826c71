"""Events enter a service through its inbox: claimed, handled and remembered in one transaction."""

from shared.inbox.inbox import Handler, Inbox, Received
from shared.inbox.models import DeadLetterMixin, InboxMixin

__all__ = ["DeadLetterMixin", "Handler", "Inbox", "InboxMixin", "Received"]
