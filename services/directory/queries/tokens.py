"""Refresh tokens and signing keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text, update

from services.directory.models import RefreshToken, SigningKey
from shared.db.engine import ReadSession, WriteSession

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('directory-signing-key'))")


async def lock_refresh_token(session: WriteSession, token_hash: str) -> RefreshToken | None:
    """Two requests with one token: the second waits and then finds it used."""
    return (
        await session.scalars(select(RefreshToken).where(RefreshToken.hash == token_hash).with_for_update())
    ).one_or_none()


async def revoke_family(session: WriteSession, family: UUID, now: datetime) -> None:
    """End one sign-in."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.family == family, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke_all(session: WriteSession, account_id: UUID, now: datetime) -> None:
    """End every sign-in of an account."""
    await session.execute(
        update(RefreshToken)
        .where(RefreshToken.account_id == account_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def lock_signing_keys(session: WriteSession) -> None:
    """One maker of keys at a time."""
    await session.execute(_LOCK)


async def find_current_key(session: ReadSession) -> SigningKey | None:
    """The key that signs."""
    return (await session.scalars(select(SigningKey).where(SigningKey.retires_at.is_(None)))).one_or_none()


async def list_published_keys(session: ReadSession, now: datetime) -> Sequence[SigningKey]:
    """Keys whose tokens may still be valid, newest first."""
    query = select(SigningKey).where(or_(SigningKey.retires_at.is_(None), SigningKey.retires_at > now))
    return (await session.scalars(query.order_by(SigningKey.created_at.desc()))).all()


async def find_published_key(session: ReadSession, kid: str, now: datetime) -> SigningKey | None:
    """One published key."""
    query = select(SigningKey).where(
        SigningKey.kid == kid, or_(SigningKey.retires_at.is_(None), SigningKey.retires_at > now)
    )
    return (await session.scalars(query)).one_or_none()
