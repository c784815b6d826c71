"""What of the directory's own is kept only for a time."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from services.directory.models import RefreshToken, SignInFailure, SigningKey
from shared.db.engine import WriteSession

_DAY = timedelta(days=1)


async def forget_expired(session: WriteSession, now: datetime) -> None:
    """Delete what has lost its meaning: dead tokens and keys, and old failures."""
    await session.execute(delete(RefreshToken).where(RefreshToken.expires_at < now))
    await session.execute(delete(SigningKey).where(SigningKey.retires_at < now))
    await session.execute(delete(SignInFailure).where(SignInFailure.last_failed_at < now - _DAY))
