"""Feeds and what they were before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.alerts.models import Feed, FeedVersion
from services.alerts.rules.alerts import FeedNotFound
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import newest_first
from shared.errors import existing


async def get_feed(session: ReadSession, code: str) -> Feed:
    """Raises `FeedNotFound`."""
    return existing(await session.get(Feed, code), FeedNotFound)


async def lock_feed(session: WriteSession, code: str) -> Feed:
    """For a change of it, or of what is held against it. Raises `FeedNotFound`."""
    return existing(await session.get(Feed, code, with_for_update=True), FeedNotFound)


async def list_versions(session: ReadSession, code: str, *, before: int | None, limit: int) -> Sequence[FeedVersion]:
    """What the feed was, the newest first; `before` a version."""
    wanted = select(FeedVersion).where(FeedVersion.feed == code)
    return (await session.scalars(newest_first(wanted, FeedVersion.version, before=before, limit=limit))).all()


async def find_version_at(session: ReadSession, code: str, at: datetime) -> FeedVersion | None:
    """What the feed was at that moment; None where nobody wrote it down."""
    versions = select(FeedVersion).where(FeedVersion.feed == code, FeedVersion.changed_at <= at)
    return await session.scalar(versions.order_by(FeedVersion.version.desc()).limit(1))


async def list_shipped(session: ReadSession) -> dict[str, dict[str, Any]]:
    """By feed: what was shipped of it when that was taken over last; unknown where the county was first.

    What a migration wrote down as a later version than the first was the county's already.
    """
    installed = and_(FeedVersion.version == 1, FeedVersion.changed_by == UUID(int=0))
    content = case((FeedVersion.shipped.is_not(None), FeedVersion.shipped), else_=FeedVersion.content).label("kept")
    query = select(FeedVersion.feed, content).where(or_(FeedVersion.shipped.is_not(None), installed))
    query = query.ext(distinct_on(FeedVersion.feed)).order_by(FeedVersion.feed, FeedVersion.version.desc())
    return {row.feed: row.kept for row in await session.execute(query)}
