"""Passwords: Argon2id (RFC 9106) in threads of its own, so that hashing neither blocks the loop nor runs wild."""

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from services.directory.rules.sign_in import SignInThrottled
from services.directory.settings import Argon2Settings

P = ParamSpec("P")
T = TypeVar("T")

_RETRY_SECONDS = 2


class Passwords:
    """Hashes and checks. At most `threads` at a time; when too many wait, further sign-ins are refused."""

    def __init__(self, settings: Argon2Settings | None = None) -> None:
        settings = settings or Argon2Settings()
        self._hasher = PasswordHasher(settings.time_cost, settings.memory_cost, settings.parallelism)
        self._pool = ThreadPoolExecutor(settings.threads, "argon2")
        self._batch = asyncio.Semaphore(settings.threads)
        self._most_waiting = settings.waiting
        self._waiting = 0
        # What an unknown username's password is checked against, so that the answer takes as long as for a known one.
        self._nobody = self._hasher.hash("nobody")

    async def hash(self, password: str) -> str:
        """A new hash, with its salt and cost in it."""
        return await self._run(self._hasher.hash, _normal(password))

    async def hash_many(self, passwords: Sequence[str]) -> list[str]:
        """Hashes in the order given. No more are queued than run, so that a sign-in waits for one hash, not for all."""

        async def one(password: str) -> str:
            async with self._batch:
                return await self.hash(password)

        return await asyncio.gather(*map(one, passwords))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password; None stands for nobody's. Raises `SignInThrottled` when too many wait."""
        if self._waiting >= self._most_waiting:
            raise SignInThrottled(retry_after=_RETRY_SECONDS)
        self._waiting += 1
        try:
            found = await self._run(self._verify, password_hash or self._nobody, _normal(password))
        finally:
            self._waiting -= 1
        return found and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made at another cost than the settings say today."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False

    async def _run(self, work: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


def _normal(password: str) -> str:
    """NFKC (NIST SP 800-63B §5.1.1.2): input methods write the same password in full width or half width."""
    return unicodedata.normalize("NFKC", password)
