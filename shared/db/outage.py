"""Tells "the database or the store is away or busy" (try again, answer 503) from "this request is wrong" (answer 4xx)."""

import errno
import socket

import asyncpg
from obstore.exceptions import BaseError as StoreError
from pydantic_core import PydanticSerializationError
from sqlalchemy import exc

_BLAMELESS = (
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    ConnectionRefusedError,
    socket.gaierror,
    StoreError,  # what is not there is a `FileNotFoundError`
    asyncpg.DeadlockDetectedError,  # of two, either
    asyncpg.SerializationError,
)
_OF_THE_MACHINE = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)
)
_PASSING = (
    *_BLAMELESS,
    asyncpg.PostgresConnectionError,
    asyncpg.CrashShutdownError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    ConnectionError,
    TimeoutError,
    OSError,
)
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError, UnicodeEncodeError)


def is_outage(error: BaseException) -> bool:
    """True when the same work may succeed later without anybody changing it."""
    if isinstance(error, exc.TimeoutError):  # no free connection in the pool
        return True
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated or _caused_by(error, _PASSING)
    return isinstance(error, _PASSING)


def is_blameless(error: BaseException) -> bool:
    """True of an outage that no work is the cause of: nobody answers there, there is no room, or others were in the way."""
    if isinstance(error, exc.DBAPIError):
        return _caused_by(error, _BLAMELESS)
    return isinstance(error, _BLAMELESS) or (isinstance(error, OSError) and error.errno in _OF_THE_MACHINE)


def is_unstorable(error: BaseException) -> bool:
    """True when a text of the request cannot be stored, told or looked for: PostgreSQL takes no NUL, and nothing takes a
    lone surrogate."""
    if isinstance(error, PydanticSerializationError):  # which tells its cause in words alone
        return "surrogates not allowed" in str(error)
    return isinstance(error, _UNSTORABLE) or (isinstance(error, exc.DBAPIError) and _caused_by(error, _UNSTORABLE))


def _caused_by(error: exc.DBAPIError, wanted: tuple[type[Exception], ...]) -> bool:
    cause: BaseException | None = error.orig
    while cause is not None:
        if isinstance(cause, wanted):
            return True
        cause = cause.__cause__
    return False
