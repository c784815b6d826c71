"""What a later release ships of the feeds: shown beside what is installed, and taken over feed by feed."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from services.alerts.api.answers import feed_detail
from services.alerts.api.feeds import Code
from services.alerts.api.permits import WriteFeeds
from services.alerts.schemas.feeds import FeedDetail
from services.alerts.schemas.shipped_feeds import ShippedChange, ShippedFeed, ShippedFeeds
from services.alerts.usecases.shipped_feeds import list_news, take_over_feed
from shared.clock import utc_now
from shared.http.answers import json_answer
from shared.http.context import Db, Speaks
from shared.http.versions import IfMatch, etag, expect_version

router = APIRouter(prefix="/v1/shipped-feeds", tags=["Feeds · 预警类别"])


@router.get("", summary="List what a release brings · 新版内置预警类别的差异")
async def list_shipped_feeds(who: WriteFeeds, db: Db, language: Speaks) -> ShippedFeeds:
    """Installed feeds of which this release ships something new: headings, choices and words for them, titles, fields.

    What the county has changed or thrown away is not among it.
    """
    async with db.read(who.scope) as session:
        news = await list_news(session)
    return ShippedFeeds(
        items=[
            ShippedFeed(
                code=feed.code,
                name=feed.name_zh if language == "zh" else feed.name_en,
                version=feed.version,
                changes=[ShippedChange(**change._asdict()) for change in changes],
            )
            for feed, changes in news
        ]
    )


@router.post("/{code}/adoption", summary="Take over what is new · 并入新版内容", response_model=FeedDetail)
async def adopt_shipped_feed(
    code: Code, who: WriteFeeds, db: Db, language: Speaks, if_match: IfMatch = None
) -> Response:
    """Makes a version with what is listed, and overwrites nothing the county has changed. `If-Match` is required.

    Nothing new: the feed as it is.
    """
    async with db.write(who.scope) as session:
        feed = await take_over_feed(session, who, code, partial(expect_version, if_match), utc_now())
        return json_answer(feed_detail(feed, language), headers={"ETag": etag(feed.version)})
