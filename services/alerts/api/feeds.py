"""Feeds: which kinds of alert there are, and what evidence each wants."""

from fastapi import APIRouter
from pydantic import BaseModel

from services.alerts.api.answers import feed_view
from services.alerts.api.permits import ReadFeeds
from services.alerts.queries.reference import list_feeds
from services.alerts.rules import FeedNotFound, sight
from services.alerts.schemas.feeds import FeedView
from shared.http.context import Db, Speaks

router = APIRouter(prefix="/v1/feeds", tags=["Feeds · 预警类别"])


class FeedList(BaseModel):
    """All feeds in sight; there are a few dozen at most."""

    items: list[FeedView]


@router.get("", summary="List feeds · 预警类别列表")
async def list_all(who: ReadFeeds, db: Db, language: Speaks) -> FeedList:
    """A bureau's own feeds; all of them for the county, supervisors and administrators."""
    async with db.read(who.scope) as session:
        feeds = await list_feeds(session, sight(who).feeds)
    return FeedList(items=[feed_view(feed, language) for feed in feeds])


@router.get("/{code}", summary="Read one feed · 预警类别详情")
async def read_feed(code: str, who: ReadFeeds, db: Db, language: Speaks) -> FeedView:
    """One feed with the JSON Schema of its evidence."""
    seen = sight(who).feeds
    if seen is not None and code not in seen:
        raise FeedNotFound
    async with db.read(who.scope) as session:
        feeds = await list_feeds(session, [code])
    if not feeds:
        raise FeedNotFound
    return feed_view(feeds[0], language)
