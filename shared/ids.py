"""Identifiers: UUID version 7 (RFC 9562), so that rows made together lie together in an index."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A new time-ordered identifier."""
    return compat.uuid7()
