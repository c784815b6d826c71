"""The door: proves a password in three steps, because hashing must not hold a database connection.

1. look: is the username locked? 2. hash, in a thread. 3. write down how it ended, and commit that: a failure counts
even though the request fails. Attempts on one username take turns, or a hundred guesses at once would all
pass step 1 before the first failure is counted.
"""

from collections.abc import Callable
from datetime import datetime

from services.directory.passwords import Passwords
from services.directory.rules.sign_in import CredentialsInvalid, Limits, Proved
from services.directory.throttle import Throttle, Turns
from services.directory.usecases import sign_in as usecases
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.security.vault import Vault


class Door:
    """Where passwords are proved; on `app.state.door`."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        passwords: Passwords,
        throttle: Throttle,
        limits: Limits,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.passwords = passwords
        self._database = database
        self._vault = vault
        self._throttle = throttle
        self._limits = limits
        self._turns = Turns()
        self._now = now

    def username_index(self, username: str) -> str:
        """The keyed hash under which failures are counted."""
        return self._vault.index(username, "username")

    async def prove(self, username: str, password: str, address: str) -> Proved:
        """Whose password it is; raises `CredentialsInvalid`, `AccountLocked` or `SignInThrottled`."""
        self._throttle.require_room(address)
        index = self.username_index(username)
        async with self._turns.of(index):
            proved = await self._prove(username, index, password)
        if proved is None:
            self._throttle.count(address)
            raise CredentialsInvalid
        return proved

    async def _prove(self, username: str, index: str, password: str) -> Proved | None:
        async with self._database.read(Scope.nowhere()) as session:
            account = await usecases.admit(session, username, index, self._now())
        matches = await self.passwords.matches(account.password_hash if account else None, password)
        if account is not None and matches:
            outdated = self.passwords.is_outdated(account.password_hash)
            renewed = await self.passwords.hash(password) if outdated else None
            async with self._database.write(Scope.nowhere()) as session:
                await usecases.forget_failures(session, index, account, renewed)
            return Proved(account.id, renewed or account.password_hash)
        async with self._database.write(Scope.nowhere()) as session:
            await usecases.count_failure(session, account, index, self._now(), self._limits)
        return None
