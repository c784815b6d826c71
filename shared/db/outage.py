"""Tells "the database is away or busy" (try again, answer 503) from "this request is wrong"."""

import asyncpg
from sqlalchemy import exc

_PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    ConnectionError,
    TimeoutError,
    OSError,
)


def is_outage(error: BaseException) -> bool:
    """True when the same work may succeed later without anybody changing it."""
    if isinstance(error, exc.TimeoutError):  # no free connection in the pool
        return True
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated or _caused_by_outage(error)
    return isinstance(error, _PASSING)


def _caused_by_outage(error: exc.DBAPIError) -> bool:
    cause: BaseException | None = error.orig
    while cause is not None:
        if isinstance(cause, _PASSING):
            return True
        cause = cause.__cause__
    return False
