"""Access tokens: JWT (RFC 7519, 9068) signed with an asymmetric key whose public half the issuer publishes (JWKS).

The issuer is the directory service, or by settings any OIDC issuer that puts role, areas and feeds into its tokens.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import jwt
from pydantic import BaseModel, Field

from shared.areas import Scope
from shared.errors import Unauthenticated
from shared.security.permits import NotAuthenticated
from shared.security.principals import Principal, Role

_REFRESH_SECONDS = 10.0  # a token with an unknown key id may make us ask the issuer at most this often
_AWAY_SECONDS = 1.0  # after it did not answer, nobody waits for it again so long
_REMEMBERED = 4096


class TokenSettings(BaseModel):
    """Whose tokens are believed."""

    issuer: str = Field("shouwang", description="`iss` that tokens must carry")
    audience: str = Field("shouwang", description="`aud` that tokens must carry")
    jwks_url: str = Field("http://directory:8000/directory/v1/jwks", description="Where the issuer publishes its keys")
    role_claim: str = Field("role", description="Claim that holds one of our roles")
    areas_claim: str = Field("areas", description="Claim that holds the list of area prefixes")
    feeds_claim: str = Field("feeds", description="Claim that holds the list of feed codes")


class TokenExpired(Unauthenticated):
    """Get a new one with the refresh token."""

    code = "token-expired"


FindKey = Callable[[str], Awaitable[jwt.PyJWK | None]]
"""The public key with that key id, or None."""


class HttpKeys:
    """The issuer's public keys by HTTP. A known key goes on working while the issuer is away."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url
        self._client = client
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asking = asyncio.Lock()
        self._asked_at = self._away_at = float("-inf")

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key, asking the issuer when it is new to us. Anybody can make up key ids, so those who come meanwhile wait
        for the one who asks. Raises `ConnectionError` while the issuer is away.
        """
        if key_id not in self._keys:
            async with self._asking:
                if key_id not in self._keys and time.monotonic() - self._asked_at > _REFRESH_SECONDS:
                    await self._ask()
        return self._keys.get(key_id)

    async def _ask(self) -> None:
        if time.monotonic() - self._away_at < _AWAY_SECONDS:
            raise ConnectionError
        try:
            answer = await self._client.get(self._url)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            self._away_at = time.monotonic()
            raise ConnectionError from error
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(answer.json()).keys if key.key_id}
        self._asked_at = time.monotonic()


class TokenVerifier:
    """Checks tokens. A token that was checked is remembered until it expires, which saves the signature check."""

    def __init__(self, settings: TokenSettings, find_key: FindKey) -> None:
        self._settings = settings
        self._find_key = find_key
        self._checked: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def principal(self, token: str) -> Principal:
        """The account the token speaks for; raises `NotAuthenticated` or `TokenExpired`."""
        digest = hashlib.sha256(token.encode()).digest()
        if (known := self._checked.get(digest)) is not None:
            if known[0] <= time.time():
                del self._checked[digest]
                raise TokenExpired
            return known[1]
        claims = await self._claims(token)
        principal = self._principal_of(claims)
        self._checked[digest] = (float(claims["exp"]), principal)
        if len(self._checked) > _REMEMBERED:
            self._checked.popitem(last=False)
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key_id = jwt.get_unverified_header(token).get("kid", "")
            key = await self._find_key(key_id)
            if key is None:
                raise NotAuthenticated
            return jwt.decode(
                token,
                key,
                algorithms=["ES256", "EdDSA", "RS256", "PS256"],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                # Clocks differ: what the issuer has just signed is not too young where a clock is slow.
                options={"require": ["exp", "iat", "sub"], "verify_iat": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired from error
        except jwt.PyJWTError as error:
            raise NotAuthenticated from error

    def _principal_of(self, claims: dict[str, Any]) -> Principal:
        settings = self._settings
        try:
            role = Role(claims[settings.role_claim])
            scope = Scope.parse(claims[settings.areas_claim])
        except (KeyError, ValueError, TypeError) as error:
            raise NotAuthenticated from error
        feeds = frozenset(claims.get(settings.feeds_claim) or ())
        return Principal(_subject(settings.issuer, claims["sub"]), "account", role, scope, feeds)


def _subject(issuer: str, subject: str) -> UUID:
    """Our accounts are UUIDs; a foreign issuer's subject is hashed into one."""
    try:
        return UUID(subject)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"{issuer}|{subject}")
