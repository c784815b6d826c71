"""Signing in (登录): counting failures, and telling nobody whether a username exists.

The password is checked between two transactions, for that takes 50 ms and no connection should wait for it.
"""

from datetime import datetime

from services.directory.models import Account
from services.directory.queries import accounts as account_queries
from services.directory.rules.sign_in import Attempts, Limits, after_failure, require_unlocked
from shared.db.engine import ReadSession, WriteSession
from shared.security import audit
from shared.security.principals import SYSTEM


async def admit(session: ReadSession, username: str, index: str, now: datetime) -> Account | None:
    """The open account with that username, if there is one; raises `AccountLocked`, known or not."""
    failures = (await account_queries.find_failures(session, [index])).get(index)
    if failures is not None:
        require_unlocked(Attempts(failures.failures, failures.last_failed_at, failures.locked_until), now)
    return await account_queries.find_active_by_username(session, username)


async def count_failure(
    session: WriteSession, account: Account | None, index: str, now: datetime, limits: Limits
) -> None:
    """One wrong password more. Only the lock is audited: a guesser must not fill the trail."""
    row = await account_queries.lock_failures(session, index, now)
    attempts = after_failure(Attempts(row.failures, row.last_failed_at, row.locked_until), now, limits)
    row.failures, row.last_failed_at = attempts.failures, attempts.last_failed_at
    row.locked_until = attempts.locked_until
    if attempts.locked_until is not None:
        subject = account.id if account else "unknown-username"
        await audit.record(session, SYSTEM, "account:lock", subject, failures=attempts.failures)


async def forget_failures(session: WriteSession, index: str, account: Account, password_hash: str | None) -> None:
    """The right password came. `password_hash`: its new hash, when the old one was made at another cost."""
    await account_queries.delete_failures(session, index)
    if password_hash is not None:
        await account_queries.replace_hash(session, account.id, account.password_hash, password_hash)
