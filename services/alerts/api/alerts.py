"""Alerts: report one, read them, take one back."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from prometheus_client import Counter
from starlette.responses import Response

from services.alerts.api.answers import alert_detail, alert_summary, evidence_view, explainer, reported_alert
from services.alerts.api.permits import ReadAlerts, ReportAlerts, WithdrawAlerts
from services.alerts.api.quick_route import QuickRoute
from services.alerts.api.rule_answers import not_triggered
from services.alerts.models import NewAlert, OutboxRow
from services.alerts.queries import alerts as queries
from services.alerts.queries.compiled_rules import find_explaining, list_explaining
from services.alerts.rules.alerts import Severity, State, sight
from services.alerts.schemas.alerts import (
    AlertDetail,
    AlertDraft,
    AlertSummary,
    EvidenceView,
    ReportedAlert,
    Withdrawal,
)
from services.alerts.schemas.fields import FeedCode
from services.alerts.schemas.rules import NotTriggered
from services.alerts.usecases import intake, waiting
from services.alerts.usecases.looking import look_at_alert
from services.alerts.usecases.screening import Bench
from services.alerts.usecases.withdrawals import withdraw_alert
from shared.clock import local_date, utc_now
from shared.db.engine import EMITTED, Database, WriteSession, raw
from shared.http import problems
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals, Speaks, Texts
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.security.principals import Principal
from shared.security.vault import Vault

router = APIRouter(prefix="/v1/alerts", tags=["Alerts · 预警"])
hot = APIRouter(prefix="/v1/alerts", tags=["Alerts · 预警"], route_class=QuickRoute)

_LOCATION = "/alerts/v1/alerts"
_NOT_TRIGGERED = Counter(
    "alerts_not_triggered_total", "Single reports that their feed's rule did not let through; nothing is kept", ["feed"]
)


@hot.post(
    "",
    status_code=201,
    summary="Report one alert · 报送预警",
    response_model=ReportedAlert,
    responses={
        200: {
            "model": ReportedAlert | NotTriggered,
            "description": "The alert it is or belongs to, or why it is none · 重复报送、已归并或未触发",
        }
    },
)
async def report_alert(draft: AlertDraft, who: ReportAlerts, request: Request, key: OptionalRequestKey) -> Response:
    """One early warning. The same row again (same `source_ref`, or the same content without one) is harmless.

    A report on a subject that has an alert of the same risk is further evidence of it; only when it is worse is it news.
    What the feed's rule does not let through is answered 200 with `"state": "not_triggered"`, and nothing of it is kept.
    """
    # Not asked for one by one: each dependency costs 20 us, and this is the road every alert takes.
    db, vault = request.app.state.database, request.app.state.vault
    for code in draft.area.codes if draft.area else (draft.area_code,):
        reference = await request.app.state.reference.knowing(draft.feed, code)
    now = utc_now()
    bench = Bench(reference.rules, local_date(now))

    async def settle(session: WriteSession, alert: NewAlert, told: OutboxRow) -> Response:
        reported = await intake.settle_report(session, who, alert, told, vault)
        return _answer(reported_alert(reported))

    async def report_in(session: WriteSession) -> Response:
        connection = await raw(session)
        report = intake.screen_report(who, draft, reference, bench)
        report = await intake.ask_register(connection, report, vault)
        if report.judged.severity is None:
            await waiting.note_no_alert(session, who, report, vault, now)
            return _no_alert(request, who, report, bench)
        alert, told = intake.prepare_report(who, report, vault, now)
        if (new := await intake.report_alert(connection, alert, told)) is None:
            return await settle(session, alert, told)
        session.info[EMITTED] = True
        return _answer(new)

    if key is not None:
        return await once(db, who, key, report_in)
    report = intake.screen_report(who, draft, reference, bench)
    if report.judged.is_open:
        facts = await request.app.state.register.ask(intake.asked_of(report, vault))
        report = intake.told(report, facts)
    if report.judged.severity is None:
        await _note_no_alert(db, who, report, vault, now)
        return _no_alert(request, who, report, bench)
    alert, told = intake.prepare_report(who, report, vault, now)
    async with db.single() as connection:
        new = await intake.report_alert(connection, alert, told)
    if new is not None:
        db.outbox_filled.set()
        return _answer(new)
    async with db.write(who.scope) as session:
        return await settle(session, alert, told)


async def _note_no_alert(db: Database, who: Principal, report: intake.Report, vault: Vault, now: datetime) -> None:
    if not await waiting.leaves_nothing(db, report):
        async with db.write(who.scope) as session:
            await waiting.note_no_alert(session, who, report, vault, now)


def _no_alert(request: Request, who: Principal, report: intake.Report, bench: Bench) -> Response:
    _NOT_TRIGGERED.labels(report.draft.feed).inc()
    texts, language = request.app.state.catalogue, problems.language(request)
    return json_answer(not_triggered(report, bench, who, texts, language), 200)


def _answer(alert: ReportedAlert) -> Response:
    place = f"{_LOCATION}/{alert.id}"
    return (
        created(alert, place) if alert.outcome in ("new", "reopened") else json_answer(alert, 200, {"Location": place})
    )


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
        own = await queries.find_own(session, sight(who), page)
        said = await queries.find_said(session, sight(who), own.values())
    return Page(
        items=[alert_summary(row, own.get(row.id), said.get(row.id)) for row in page],
        next=encode_cursor(last.id) if last else None,
    )


@router.get("/{alert_id}", summary="Read one alert · 预警详情")
async def read_alert(
    alert_id: UUID, who: ReadAlerts, db: Db, vault: Seals, texts: Texts, language: Speaks
) -> AlertDetail:
    """One alert with its evidence, why it became one, and, once given, its verdict. The person is masked."""
    async with db.read(who.scope) as session:
        seen = await look_at_alert(session, who, alert_id, utc_now())
        report = seen.own or seen.alert  # another bureau's rule explains nothing of one's own report
        feed, rule = await find_explaining(session, report)
    return alert_detail(seen, who, vault, explainer(report, rule, feed, who, texts, language))


@router.get("/{alert_id}/evidences", summary="Its further evidence · 预警的其他证据")
async def list_evidence(
    alert_id: UUID,
    who: ReadAlerts,
    db: Db,
    vault: Seals,
    texts: Texts,
    language: Speaks,
    after: After = None,
    limit: Limit = 50,
) -> Page[EvidenceView]:
    """Reports that became no alert of their own, newest first; a bureau sees those of its own feeds."""
    async with db.read(who.scope) as session:
        await queries.get_alert(session, sight(who), alert_id)
        rows = await queries.list_evidence(session, sight(who), alert_id, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        rules = await list_explaining(session, page)
    items = [
        evidence_view(row, who, vault, explainer(row, rule, feed, who, texts, language))
        for row, (feed, rule) in zip(page, rules, strict=True)
    ]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.post("/{alert_id}/withdrawal", summary="Take an alert back · 撤回预警", responses={200: {"model": AlertDetail}})
async def withdraw(
    alert_id: UUID, body: Withdrawal, who: WithdrawAlerts, db: Db, vault: Seals, key: OptionalRequestKey
) -> Response:
    """For what was sent in error: all of one's own reports in the alert, or the row `source_ref`.

    The alert stands while any report in it does. 409 once it is withdrawn, expired, or has a verdict.
    """

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        await withdraw_alert(session, who, alert_id, body.reason, vault, now, body.source_ref)
        await session.flush()
        return json_answer(alert_detail(await look_at_alert(session, who, alert_id, now), who, vault))

    return await once(db, who, key, work)
