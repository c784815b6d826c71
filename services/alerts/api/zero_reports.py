"""Zero reports (零报告): a bureau says that a period had nothing, so that silence means something else."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.alerts.api.permits import ReadZeroReports, ReportZero, WithdrawZeroReports, reads_texts
from services.alerts.models import ZeroReport
from services.alerts.queries import zero_reports as queries
from services.alerts.rules.alerts import sight
from services.alerts.schemas.alerts import Withdrawal
from services.alerts.schemas.calendar import ZeroReportDraft, ZeroReportView
from services.alerts.schemas.fields import FeedCode
from services.alerts.usecases import zero_reports as usecases
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.security.principals import Principal
from shared.security.vault import Vault

router = APIRouter(prefix="/v1/zero-reports", tags=["Silence · 零报告与报送日历"])


@router.post(
    "",
    status_code=201,
    summary="Report that there was nothing · 零报告",
    response_model=ZeroReportView,
    responses={200: {"model": ZeroReportView, "description": "It stands already · 重复报送"}},
)
async def report_zero(
    draft: ZeroReportDraft, who: ReportZero, db: Db, vault: Seals, key: OptionalRequestKey
) -> Response:
    """For one feed and period, and the sender's areas. 409 when alerts of that period were sent. Harmless to repeat."""

    async def work(session: WriteSession) -> Response:
        report, fresh = await usecases.report_zero(session, who, draft.feed, draft.period, draft.note, vault, utc_now())
        answer, place = _view(report, who, vault), f"/alerts/v1/zero-reports/{report.id}"
        return created(answer, place) if fresh else json_answer(answer, 200, {"Location": place})

    return await once(db, who, key, work)


@router.get("", summary="List zero reports · 零报告列表")
async def list_zero_reports(
    who: ReadZeroReports,
    db: Db,
    vault: Seals,
    feed: FeedCode | None = None,
    period: Annotated[str | None, Query(max_length=10, description="Period · 报送期")] = None,
    bureau: Annotated[str | None, Query(max_length=64, description="Bureau · 部门")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[ZeroReportView]:
    """Newest first, withdrawn ones too: a bureau's own; all of them for the county, supervisors and administrators."""
    wanted = queries.Filter(feed, bureau, period)
    async with db.read(who.scope) as session:
        rows = await queries.list_zero_reports(session, sight(who), wanted, decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[_view(row, who, vault) for row in page], next=encode_cursor(last.id) if last else None)


@router.get("/{report_id}", summary="Read one zero report · 零报告详情")
async def read_zero_report(report_id: UUID, who: ReadZeroReports, db: Db, vault: Seals) -> ZeroReportView:
    """One zero report in sight."""
    async with db.read(who.scope) as session:
        return _view(await queries.get_zero_report(session, sight(who), report_id), who, vault)


@router.post(
    "/{report_id}/withdrawal",
    summary="Take a zero report back · 撤回零报告",
    responses={200: {"model": ZeroReportView}},
)
async def withdraw_zero_report(
    report_id: UUID, body: Withdrawal, who: WithdrawZeroReports, db: Db, vault: Seals, key: OptionalRequestKey
) -> Response:
    """The period is open again: alerts, or another zero report, may come. 409 once it is withdrawn."""

    async def work(session: WriteSession) -> Response:
        report = await usecases.withdraw_zero_report(session, who, sight(who), report_id, body.reason, vault, utc_now())
        return json_answer(_view(report, who, vault))

    return await once(db, who, key, work)


def _view(report: ZeroReport, who: Principal, vault: Vault) -> ZeroReportView:
    """Free texts may name people: supervisors and administrators do not get them."""

    def opened(sealed: bytes | None, purpose: str) -> str | None:
        if sealed is None or not reads_texts(who):
            return None
        return vault.open(sealed, purpose).decode()

    same = {
        name: getattr(report, name) for name in ZeroReportView.model_fields if name not in ("note", "withdrawal_reason")
    }
    return ZeroReportView(
        **same,
        note=opened(report.note_sealed, usecases.NOTE),
        withdrawal_reason=opened(report.withdrawal_reason_sealed, usecases.REASON),
    )
