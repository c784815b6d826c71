"""Alerts: report one, read them, take one back."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.alerts.api.answers import alert_detail, alert_summary, explainer
from services.alerts.api.permits import ReadAlerts, ReportAlerts, WithdrawAlerts
from services.alerts.api.quick_route import QuickRoute
from services.alerts.queries import alerts as queries
from services.alerts.queries.compiled_rules import find_explaining
from services.alerts.queries.intake import Connection
from services.alerts.rules import Severity, State, sight
from services.alerts.schemas.alerts import AlertDetail, AlertDraft, AlertSummary, Withdrawal
from services.alerts.schemas.fields import FeedCode
from services.alerts.usecases import intake
from services.alerts.usecases.withdrawal import withdraw_alert
from shared.clock import utc_now
from shared.db.engine import EMITTED, WriteSession, raw
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals, Speaks, Texts
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor

router = APIRouter(prefix="/v1/alerts", tags=["Alerts · 预警"])
hot = APIRouter(prefix="/v1/alerts", tags=["Alerts · 预警"], route_class=QuickRoute)

_PLACE = "/alerts/v1/alerts"


@hot.post(
    "",
    status_code=201,
    summary="Report one alert · 报送预警",
    response_model=AlertSummary,
    responses={200: {"model": AlertSummary, "description": "The row is known: its first alert · 重复报送"}},
)
async def report_alert(draft: AlertDraft, who: ReportAlerts, request: Request, key: OptionalRequestKey) -> Response:
    """One early warning. The same row again (same `source_ref`, or the same content without one) is harmless."""
    # Not asked for one by one: each dependency costs 20 us, and this is the road every alert takes.
    db, vault = request.app.state.database, request.app.state.vault
    reference = await request.app.state.reference.knowing(draft.feed, draft.area_code)

    async def report(connection: Connection) -> tuple[Response, bool]:
        alert, fresh = await intake.report_alert(connection, who, draft, reference, vault, utc_now())
        place = f"{_PLACE}/{alert.id}"
        return created(alert, place) if fresh else json_answer(alert, 200, {"Location": place}), fresh

    async def report_in(session: WriteSession) -> Response:
        response, session.info[EMITTED] = await report(await raw(session))
        return response

    if key is not None:
        return await once(db, who, key, report_in)
    async with db.single() as connection:
        response, fresh = await report(connection)
    if fresh:
        db.outbox_filled.set()
    return response


@router.get("", summary="List alerts · 预警列表")
async def list_alerts(
    who: ReadAlerts,
    db: Db,
    feed: FeedCode | None = None,
    state: State | None = None,
    severity: Severity | None = None,
    occurred_from: Annotated[date | None, Query(description="First day, inclusive · 起始日期")] = None,
    occurred_to: Annotated[date | None, Query(description="Last day, inclusive · 截止日期")] = None,
    area: Annotated[str | None, Query(pattern=r"^[0-9]{2,12}$", description="Area prefix · 区划代码前缀")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[AlertSummary]:
    """Alerts of one's own feeds, newest first; county, supervisors and administrators see all feeds."""
    wanted = queries.Filter(feed, state, severity, occurred_from, occurred_to, area)
    async with db.read(who.scope) as session:
        rows = await queries.list_alerts(session, sight(who), wanted, decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[alert_summary(row) for row in page], next=encode_cursor(last.id) if last else None)


@router.get("/{alert_id}", summary="Read one alert · 预警详情")
async def read_alert(
    alert_id: UUID, who: ReadAlerts, db: Db, vault: Seals, texts: Texts, language: Speaks
) -> AlertDetail:
    """One alert with its evidence, why it became one, and, once given, its verdict. The person is masked."""
    async with db.read(who.scope) as session:
        alert = await queries.get_alert(session, sight(who), alert_id)
        feed, rule = await find_explaining(session, alert)
    return alert_detail(alert, who, vault, explainer(alert, rule, feed, texts, language))


@router.post("/{alert_id}/withdrawal", summary="Take an alert back · 撤回预警", responses={200: {"model": AlertDetail}})
async def withdraw(
    alert_id: UUID, body: Withdrawal, who: WithdrawAlerts, db: Db, vault: Seals, key: OptionalRequestKey
) -> Response:
    """For an alert sent in error. 409 once it is withdrawn or has a verdict."""

    async def work(session: WriteSession) -> Response:
        alert = await withdraw_alert(session, who, alert_id, body.reason, vault, utc_now())
        return json_answer(alert_detail(alert, who, vault))

    return await once(db, who, key, work)
