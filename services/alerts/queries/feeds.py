"""Feeds and what they were before."""

from collections.abc import Sequence

from sqlalchemy import select

from services.alerts.models import Feed, FeedVersion
from services.alerts.rules.alerts import FeedNotFound
from shared.db.engine import ReadSession, WriteSession
from shared.errors import existing


async def get_feed(session: ReadSession, code: str) -> Feed:
    """Raises `FeedNotFound`."""
    return existing(await session.get(Feed, code), FeedNotFound)


async def lock_feed(session: WriteSession, code: str) -> Feed:
    """For a change of it, or of what is held against it. Raises `FeedNotFound`."""
    return existing(await session.get(Feed, code, with_for_update=True), FeedNotFound)


async def list_versions(session: ReadSession, code: str, *, before: int | None, limit: int) -> Sequence[FeedVersion]:
    """What the feed was, the newest first; `before` a version."""
    wanted = select(FeedVersion).where(FeedVersion.feed == code).order_by(FeedVersion.version.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(FeedVersion.version < before)
    return (await session.scalars(wanted)).all()
