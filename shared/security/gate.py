"""The gate of a service: bearer tokens for people, API keys for department systems."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from shared.security.permits import Gate, NotAuthenticated
from shared.security.principals import Principal
from shared.security.tokens import TokenVerifier

FindApiKey = Callable[[str], Awaitable[Principal | None]]
"""The principal of the API key with that SHA-256 (hex), if it is valid at this moment."""

_TRUST_SECONDS = 2.0  # how long a revoked key may go on working in a process that checked it just before
_REMEMBERED = 1024


def api_key_hash(key: str) -> str:
    """How a key is stored: it is 256 random bits, so one round of SHA-256 cannot be guessed backwards."""
    return hashlib.sha256(key.encode()).hexdigest()


async def no_api_keys(_hash: str) -> Principal | None:
    """For services that no department system talks to."""
    return None


class ServiceGate(Gate):
    """Tokens by the directory's keys, API keys by the service's own copy of them."""

    def __init__(self, tokens: TokenVerifier, find_api_key: FindApiKey = no_api_keys) -> None:
        self._tokens = tokens
        self._find_api_key = find_api_key
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def by_token(self, token: str) -> Principal:
        """The account behind a bearer token."""
        return await self._tokens.principal(token)

    async def by_api_key(self, key: str) -> Principal:
        """The department system behind an API key."""
        digest = api_key_hash(key)
        known = self._known.get(digest)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        if known is not None:  # while this request looks, the others with the key go on: one look-up, not a hundred
            self._known[digest] = (time.monotonic() + _TRUST_SECONDS, known[1])
        principal = await self._find_api_key(digest)
        if principal is None:
            self._known.pop(digest, None)
            raise NotAuthenticated
        self._known[digest] = (time.monotonic() + _TRUST_SECONDS, principal)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return principal
