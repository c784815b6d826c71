"""The long steps of a start and a stop, for a progress line. What people read stands in `messages.toml`."""

from enum import StrEnum


class Step(StrEnum):
    """A code of this package's message catalogue."""

    COPY = "postgres-copy"
    CREATE = "postgres-create"
    START = "postgres-start"
    RECOVER = "postgres-recover"
    WAIT = "postgres-wait"
    STOP = "postgres-stop"
