"""Feeds: which kinds of alert there are, what evidence each wants, and how a county changes them."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from services.alerts.api.answers import feed_detail, feed_version_view, feed_view
from services.alerts.api.permits import ReadFeeds, ReadFeedVersions, WriteFeeds
from services.alerts.models import Feed
from services.alerts.queries import feeds as queries
from services.alerts.queries.reference import list_feeds
from services.alerts.rules.alerts import FeedNotFound, sight
from services.alerts.schemas.feeds import FeedContent, FeedDetail, FeedVersionView, FeedView, NewFeed
from services.alerts.usecases import feeds as usecases
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Speaks
from shared.http.fields import Answer
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, CursorInvalid, Limit, Page, cut, decode_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.messages import Language
from shared.security.principals import Principal, Role

router = APIRouter(prefix="/v1/feeds", tags=["Feeds · 预警类别"])

MAX_VERSION = 2**31
Code = Annotated[str, Path(max_length=100, examples=["education.absence"])]


class FeedList(Answer):
    """All feeds in sight; there are a few dozen at most."""

    items: list[FeedView]


@router.get("", summary="List feeds · 预警类别列表")
async def list_all(who: ReadFeeds, db: Db, language: Speaks) -> FeedList:
    """A bureau's own feeds; all of them for everybody else: a cadre learns here what a task's evidence means."""
    async with db.read(who.scope) as session:
        feeds = await list_feeds(session, _seen(who))
    return FeedList(items=[feed_view(feed, language) for feed in feeds])


@router.post("", status_code=201, summary="Make a feed · 新增预警类别", responses={201: {"model": FeedDetail}})
async def create_feed(new: NewFeed, who: WriteFeeds, db: Db, language: Speaks, key: OptionalRequestKey) -> Response:
    """It takes reports within a second. Bureaus report under it when the directory gives it to them."""

    async def work(session: WriteSession) -> Response:
        made = await usecases.create_feed(session, who, new, utc_now())
        place = f"/alerts/v1/feeds/{made.code}"
        return created(feed_detail(made, language), place, {"ETag": etag(made.version)})

    return await once(db, who, key, work)


@router.get("/{code}", summary="Read one feed · 预警类别详情", response_model=FeedDetail)
async def read_feed(code: Code, who: ReadFeeds, db: Db, language: Speaks) -> Response:
    """One feed with the JSON Schema of its evidence, its version as `ETag`, and the body a change starts from."""
    _require_sight(who, code)
    async with db.read(who.scope) as session:
        return _answer(await queries.get_feed(session, code), language)


@router.put("/{code}", summary="Change a feed · 修改预警类别", response_model=FeedDetail)
async def change_feed(
    code: Code, content: FeedContent, who: WriteFeeds, db: Db, language: Speaks, if_match: IfMatch = None
) -> Response:
    """Replaces all but the code; counts within a second. `If-Match` is required."""
    async with db.write(who.scope) as session:
        expect = partial(expect_version, if_match)
        return _answer(await usecases.change_feed(session, who, code, content, expect, utc_now()), language)


@router.post("/{code}/activation", summary="Open a feed again · 启用预警类别", response_model=FeedDetail)
async def activate_feed(code: Code, who: WriteFeeds, db: Db, language: Speaks, if_match: IfMatch = None) -> Response:
    """It takes reports again. `If-Match` is required."""
    async with db.write(who.scope) as session:
        expect = partial(expect_version, if_match)
        return _answer(await usecases.set_feed_active(session, who, code, True, expect, utc_now()), language)


@router.post("/{code}/deactivation", summary="Close a feed · 停用预警类别", response_model=FeedDetail)
async def deactivate_feed(code: Code, who: WriteFeeds, db: Db, language: Speaks, if_match: IfMatch = None) -> Response:
    """It takes nothing more; what it took stays, and is answered. `If-Match` is required."""
    async with db.write(who.scope) as session:
        expect = partial(expect_version, if_match)
        return _answer(await usecases.set_feed_active(session, who, code, False, expect, utc_now()), language)


@router.get("/{code}/versions", summary="What a feed was · 预警类别历史版本")
async def list_versions(
    code: Code, who: ReadFeedVersions, db: Db, after: After = None, limit: Limit = 50
) -> Page[FeedVersionView]:
    """Every version whole, with who made it and when; the newest first."""
    _require_sight(who, code)
    before = _version_before(after)
    async with db.read(who.scope) as session:
        await queries.get_feed(session, code)
        rows = await queries.list_versions(session, code, before=before, limit=limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[feed_version_view(row) for row in page], next=encode_cursor(last.version) if last else None)


def _version_before(after: str | None) -> int | None:
    match decode_cursor(after, 1):
        case None:
            return None
        case [int(version)] if 0 < version < MAX_VERSION:
            return version
    raise CursorInvalid(field="after")


def _seen(who: Principal) -> frozenset[str] | None:
    return sight(who).feeds if who.role is Role.BUREAU else None


def _require_sight(who: Principal, code: str) -> None:
    seen = _seen(who)
    if seen is not None and code not in seen:
        raise FeedNotFound


def _answer(feed: Feed, language: Language) -> Response:
    return json_answer(feed_detail(feed, language), headers={"ETag": etag(feed.version)})
