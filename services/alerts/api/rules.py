"""Screening rules: published, read, ended, and how their alerts fared."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.alerts.api.permits import ReadRules, WriteRules
from services.alerts.api.rule_answers import rule_quality, rule_view
from services.alerts.queries import rules as queries
from services.alerts.queries.rule_quality import get_quality
from services.alerts.rules.alerts import sight
from services.alerts.schemas.fields import AreaCode, FeedCode
from services.alerts.schemas.rules import NewRule, RuleEnd, RuleQuality, RuleView
from services.alerts.usecases import rules as usecases
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created
from shared.http.context import Db
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.versions import pick

router = APIRouter(prefix="/v1/rules", tags=["Screening rules · 筛查规则"])

On = Annotated[date | None, Query(description="Valid that day; today if left out · 日期", examples=["2026-09-01"])]


@router.get("", summary="Versions of screening rules · 筛查规则列表")
async def list_rules(
    who: ReadRules,
    db: Db,
    feed: FeedCode | None = None,
    area: AreaCode | None = None,
    on: On = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[RuleView]:
    """In the order of publication. With `area` those that reach it, each saying whether it is the one in force there."""
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        rows = await queries.list_rules(
            session, sight(who).feeds, feed=feed, area=area, on=on, after=start, limit=limit + 1
        )
        page, last = cut(rows, limit)
        in_force: set[UUID] | None = None
        if area is not None:
            day = on or local_date(utc_now())
            reaching = await queries.list_rules(session, sight(who).feeds, feed=feed, area=area, on=day)
            of_feeds = {one.feed for one in reaching}
            picked = (pick([one for one in reaching if one.feed == code], area, day) for code in of_feeds)
            in_force = {one.id for one in picked if one is not None}
    items = [rule_view(row, in_force) for row in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get("/{rule_id}", summary="Read one version · 筛查规则详情")
async def read_rule(rule_id: UUID, who: ReadRules, db: Db) -> RuleView:
    """One version, also an old one: alerts point at it."""
    async with db.read(who.scope) as session:
        return rule_view(await queries.get_rule(session, sight(who).feeds, rule_id))


@router.post("", status_code=201, summary="Publish a version · 发布筛查规则", responses={201: {"model": RuleView}})
async def publish_rule(new: NewRule, who: WriteRules, db: Db, key: OptionalRequestKey) -> Response:
    """Checked as a whole before it counts: each mistake in a condition is told with its `position`."""
    draft = usecases.RuleDraft(
        feed=new.feed,
        area_prefix=new.area,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
        levels=[level.model_dump() for level in new.levels],
        parameters=new.parameters,
        note=new.note,
    )

    async def work(session: WriteSession) -> Response:
        rule = await usecases.publish_rule(session, who, draft, utc_now())
        return created(rule_view(rule), f"/alerts/v1/rules/{rule.id}")

    return await once(db, who, key, work)


@router.post("/{rule_id}/end", summary="End a version · 终止筛查规则")
async def end_rule(rule_id: UUID, end: RuleEnd, who: WriteRules, db: Db) -> RuleView:
    """Its last day, today or later. What is next in line counts after that; with none, every report is an alert."""
    async with db.write(who.scope) as session:
        return rule_view(await usecases.end_rule(session, who, rule_id, end.last_day, utc_now()))


@router.get("/{rule_id}/quality", summary="How the reports of a rule fared · 规则命中率")
async def read_quality(rule_id: UUID, who: ReadRules, db: Db) -> RuleQuality:
    """Hit rate, and the median days to report and verdict, of all that it let through in one's own areas: alerts, and
    reports that went into an alert that was there. A verdict counts once for an alert, for each version that let
    something into it before.
    """
    async with db.read(who.scope) as session:
        rule = await queries.get_rule(session, sight(who).feeds, rule_id)
        return rule_quality(rule, await get_quality(session, sight(who), rule))
