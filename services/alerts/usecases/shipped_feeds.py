"""A later release ships more words for a feed than an installation has: what is new is shown, and taken over when asked.

Headings, choices, words for choices, titles: a feed's file counts once, when it is installed. From then on it is the
county's, and nothing is taken over unasked.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from services.alerts.models import Feed
from services.alerts.queries import feeds as queries
from services.alerts.queries.reference import list_feeds
from services.alerts.rules.alerts import FeedNotFound
from services.alerts.rules.shipped_feeds import Change, changes, take_over
from services.alerts.schemas.feeds import FeedContent
from services.alerts.usecases.feeds import change_feed, columns_of, content_of
from shared.db.engine import ReadSession, WriteSession
from shared.security.principals import Principal

_FOLDER = Path(__file__).parents[1] / "feeds"


class News(NamedTuple):
    """An installed feed, and what is new in the shipped one."""

    feed: Feed
    changes: list[Change]


@cache
def shipped() -> Mapping[str, dict[str, Any]]:
    """Every feed of this release by its code, as a version keeps it."""
    files = [orjson.loads(path.read_bytes()) for path in sorted(_FOLDER.glob("*.json"))]
    return {file["code"]: _kept(file) for file in files}


def _kept(file: Mapping[str, Any]) -> dict[str, Any]:
    content = FeedContent.model_validate({name: file[name] for name in FeedContent.model_fields if name in file})
    return {**content.model_dump(mode="json"), "columns": columns_of(content)["columns"]}


async def list_news(session: ReadSession) -> list[News]:
    """Feeds of which this release ships something new, by code."""
    before = await queries.list_shipped(session)
    found = [
        News(feed, changes(_ours(feed), _merged(before.get(feed.code), feed)))
        for feed in await list_feeds(session, None)
        if feed.code in shipped()
    ]
    return [news for news in found if news.changes]


async def take_over_feed(
    session: WriteSession, who: Principal, code: str, expect: Callable[[int], None], now: datetime
) -> Feed:
    """Make a version of the feed with what is new; without anything new there is none.

    Raises `FeedNotFound`, also of a feed that is none of ours, and what `change_feed` raises.
    """
    if code not in shipped():
        raise FeedNotFound
    feed = await queries.lock_feed(session, code)
    before = (await queries.list_shipped(session)).get(code)
    content = FeedContent.model_validate(_merged(before, feed))
    return await change_feed(session, who, code, content, expect, now, shipped=shipped()[code])


def _ours(feed: Feed) -> dict[str, Any]:
    return content_of(feed).model_dump(mode="json")


def _merged(before: Mapping[str, Any] | None, feed: Feed) -> dict[str, Any]:
    return take_over(before, _ours(feed), shipped()[feed.code])
