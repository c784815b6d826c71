"""Policies over HTTP, and telling everything once more."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.directory.api.permits import Announce, ReadPolicies, WritePolicies
from services.directory.queries import policies as queries
from services.directory.schemas.fields import AreaText, PolicyKind
from services.directory.schemas.policies import AnnouncedOut, NewPolicy, PolicyEnd, PolicyOut
from services.directory.usecases import policies as usecases
from services.directory.usecases.announcements import announce_all as tell_all
from shared.areas import normalise
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created
from shared.http.context import Db
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor

router = APIRouter(prefix="/v1", tags=["Policies · 政策参数"])

On = Annotated[date | None, Query(description="Day in question · 日期", examples=["2026-09-01"])]


@router.post(
    "/policies", status_code=201, summary="Publish a policy · 发布政策参数", responses={201: {"model": PolicyOut}}
)
async def publish_policy(new: NewPolicy, who: WritePolicies, db: Db, key: OptionalRequestKey) -> Response:
    """A new version; where it is valid, it counts before older ones of the same area. The county: its own areas only."""

    async def work(session: WriteSession) -> Response:
        policy = await usecases.publish_policy(session, who, new.draft(), str(who.id), utc_now())
        return created(PolicyOut.model_validate(policy), f"/directory/v1/policies?kind={policy.kind}")

    return await once(db, who, key, work)


@router.get("/policies", summary="All versions · 政策参数列表")
async def list_policies(
    who: ReadPolicies,
    db: Db,
    kind: PolicyKind | None = None,
    area: AreaText | None = None,
    on: On = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[PolicyOut]:
    """In the order of publication; with `area` those that reach it, with `on` those valid that day."""
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        rows = await queries.list_policies(session, kind=kind, area=area, on=on, after=start, limit=limit + 1)
    page, last = cut(rows, limit)
    items = [PolicyOut.model_validate(row) for row in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get("/policies/{kind}", summary="The version in force · 生效的政策参数")
async def read_policy(kind: PolicyKind, area: AreaText, who: ReadPolicies, db: Db, on: On = None) -> PolicyOut:
    """For an area and a day (today, if left out): the most local version, and among those the newest."""
    day = on or local_date(utc_now())
    async with db.read(who.scope) as session:
        return PolicyOut.model_validate(await usecases.get_policy_in_force(session, kind, normalise(area), day))


@router.post("/policies/{policy_id}/end", summary="End a policy · 终止政策参数")
async def end_policy(policy_id: UUID, end: PolicyEnd, who: WritePolicies, db: Db) -> PolicyOut:
    """Its last day, today or later. What is next in line counts from the day after."""
    async with db.write(who.scope) as session:
        return PolicyOut.model_validate(await usecases.end_policy(session, who, policy_id, end.last_day, utc_now()))


@router.post("/announcements", summary="Tell everything once more · 重新发布全部目录", tags=["Operations · 运维"])
async def announce_all(who: Announce, db: Db) -> AnnouncedOut:
    """Emits the present state of all areas, accounts, API keys and policies, for a service that is new."""
    async with db.write(who.scope) as session:
        told = await tell_all(session, utc_now(), who)
    return AnnouncedOut(areas=told.areas, accounts=told.accounts, api_keys=told.api_keys, policies=told.policies)
