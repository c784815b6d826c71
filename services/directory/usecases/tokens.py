"""Tokens: a short access token everybody can check, and a refresh token that works once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from services.directory.models import Account, RefreshToken
from services.directory.queries import accounts as account_queries
from services.directory.queries import tokens as queries
from services.directory.rules.sign_in import CredentialsInvalid, Proved, refresh_expiry
from services.directory.usecases.signing_keys import ALGORITHM, take_signer
from shared.areas import Scope
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal, Role
from shared.security.tokens import TokenSettings
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Issuer:
    """What tokens are made with: whose they are, and how long they live."""

    vault: Vault
    tokens: TokenSettings
    access: timedelta
    idle: timedelta
    whole: timedelta


@dataclass(frozen=True, slots=True, repr=False)
class Granted:
    """A pair of tokens."""

    access_token: str
    expires_in: int  # seconds
    refresh_token: str


async def open_session(session: WriteSession, proved: Proved, issuer: Issuer, now: datetime) -> Granted:
    """Tokens for somebody who has just given the right password, unless it was changed since."""
    account = await account_queries.lock_active(session, proved.account_id)
    if account is None:
        raise CredentialsInvalid
    proved.require_same(account.password_hash)
    await audit.record(session, principal_of(account), "token:issue", account.id)
    return await _grant(session, account, new_id(), now + issuer.whole, issuer, now)


async def renew_session(session: WriteSession, refresh_token: str, issuer: Issuer, now: datetime) -> Granted | None:
    """New tokens for a refresh token, with what the account may do today. None when the token is void.

    A token that comes a second time was stolen, from the one who used it first or from the one who comes now: the
    whole family ends. That must be committed, so it is told by None and not by an exception.
    """
    token = await queries.lock_refresh_token(session, _hash(refresh_token))
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    account = await account_queries.lock_active(session, token.account_id)
    if account is None:
        return None
    if token.used_at is not None:
        await queries.revoke_family(session, token.family, now)
        await audit.record(session, principal_of(account), "token:reuse", account.id)
        return None
    token.used_at = now
    return await _grant(session, account, token.family, token.family_expires_at, issuer, now)


async def end_session(session: WriteSession, refresh_token: str, now: datetime) -> None:
    """Sign out: the whole family ends. An unknown token is no error (RFC 7009 §2.2)."""
    token = await queries.lock_refresh_token(session, _hash(refresh_token))
    if token is not None and token.revoked_at is None:
        await queries.revoke_family(session, token.family, now)


def principal_of(account: Account) -> Principal:
    """The account as the one who acts."""
    return Principal(account.id, "account", Role(account.role), Scope.parse(account.areas), frozenset(account.feeds))


async def _grant(
    session: WriteSession,
    account: Account,
    family: UUID,
    family_expires_at: datetime,
    issuer: Issuer,
    now: datetime,
) -> Granted:
    secret = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            hash=_hash(secret),
            family=family,
            account_id=account.id,
            expires_at=refresh_expiry(family_expires_at, now, issuer.idle),
            family_expires_at=family_expires_at,
            created_at=now,
        )
    )
    return Granted(await _sign(session, account, issuer, now), int(issuer.access.total_seconds()), secret)


async def _sign(session: WriteSession, account: Account, issuer: Issuer, now: datetime) -> str:
    signer = await take_signer(session, issuer.vault, now)
    claims = {
        "iss": issuer.tokens.issuer,
        "aud": issuer.tokens.audience,
        "sub": str(account.id),
        "iat": int(now.timestamp()),
        "exp": int((now + issuer.access).timestamp()),
        "jti": str(new_id()),
        issuer.tokens.role_claim: account.role,
        issuer.tokens.areas_claim: account.areas,
        issuer.tokens.feeds_claim: account.feeds,
    }
    return jwt.encode(claims, signer.private, ALGORITHM, headers={"kid": signer.kid})


def _hash(secret: str) -> str:
    """256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
