"""What the audit rules found (数据质量问题): of a household, of a county, counted, explained; and the rules."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api import finding_views as views
from services.households.api.permits import ExplainFinding, ReadFinding, ReadQualityRule
from services.households.api.reader import ReaderOf
from services.households.queries import findings as find
from services.households.queries.findings import FindingFilter
from services.households.queries.register import get_household
from services.households.rules.quality.rule import Severity
from services.households.schemas import findings as schemas
from services.households.usecases import quality as usecases
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import area_cursor
from shared.http.fields import AnyArea
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.http.versions import etag

router = APIRouter(prefix="/v1", tags=["Data quality · 数据质量"])


@router.get("/households/{household_id}/findings", summary="Findings of a household · 一户的数据质量问题")
async def list_household_findings(
    household_id: UUID,
    who: ReadFinding,
    db: Db,
    reader_of: ReaderOf,
    mended: Annotated[bool, Query(description="What was mended, the last first · 已整改的问题")] = False,
) -> list[schemas.FindingView]:
    """The gravest first, those explained away among them. They are as fresh as the household's last change."""
    async with db.read(who.scope) as session:
        await get_household(session, who.scope, household_id)
        rows = await find.list_of_household(session, who.scope, household_id, mended=mended)
        return await views.finding_views(session, who.scope, rows, reader_of(who))


@router.get("/findings", summary="Findings · 数据质量问题清单")
async def list_findings(
    who: ReadFinding,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    rule: Annotated[str | None, Query(max_length=60, description="Code of the rule · 规则代码")] = None,
    severity: Annotated[Severity | None, Query(description="Of that severity · 严重程度")] = None,
    explained: Annotated[bool, Query(description="Those explained away instead · 已说明的问题")] = False,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.FindingView]:
    """Open findings within the caller's areas, village by village."""
    start = area_cursor(after)
    wanted = FindingFilter(rule, severity, explained)
    async with db.read(who.scope) as session:
        rows = await find.list_findings(session, who.scope.within(area), wanted, start, limit + 1)
        page, last = cut(rows, limit)
        items = await views.finding_views(session, who.scope, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.area_code, last.id) if last else None)


@router.get("/findings/counts", summary="Counts · 数据质量问题统计")
async def count_findings(
    who: ReadFinding,
    db: Db,
    reader_of: ReaderOf,
    by: Annotated[Literal["rule", "village"], Query(description="By rule, or by village · 按规则或按村")] = "rule",
    area: Below = None,
) -> list[schemas.FindingCount]:
    """Open findings, the most first. They say where to help with mending; nobody is ranked by them."""
    async with db.read(who.scope) as session:
        counts = await find.count_findings(session, who.scope.within(area), by)
        return await views.count_views(session, counts, by, reader_of(who))


@router.post(
    "/findings/{finding_id}/explanation",
    status_code=201,
    response_model=schemas.FindingView,
    summary="Explain one · 说明情况",
)
async def explain_finding(
    finding_id: UUID,
    draft: schemas.Explanation,
    who: ExplainFinding,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """It is true as it stands, and why. The finding is silent until the values it rests on change."""

    async def work(session: WriteSession) -> Response:
        finding = await usecases.explain_finding(session, vault, who, finding_id, draft.reason, utc_now())
        [view] = await views.finding_views(session, who.scope, [finding], reader_of(who))
        place = f"/households/v1/households/{finding.household_id}/findings"
        return created(view, place, {"ETag": etag(finding.version)})

    return await once(db, who, key, work)


@router.delete(
    "/findings/{finding_id}/explanation", response_model=schemas.FindingView, summary="Take it back · 撤回说明"
)
async def withdraw_explanation(finding_id: UUID, who: ExplainFinding, db: Db, reader_of: ReaderOf) -> Response:
    """The finding speaks again; doing so twice changes nothing."""
    async with db.write(who.scope) as session:
        finding = await usecases.withdraw_explanation(session, who, finding_id)
        [view] = await views.finding_views(session, who.scope, [finding], reader_of(who))
    return json_answer(view, headers={"ETag": etag(finding.version)})


@router.get("/quality-rules", summary="Audit rules · 数据质量规则")
async def list_quality_rules(
    who: ReadQualityRule,
    db: Db,
    reader_of: ReaderOf,
    area: Annotated[AnyArea | None, Query(description="As they are in force there · 区划")] = None,
) -> schemas.QualityRulesView:
    """Every rule with its wording, its source and the fields to mend, and whether it is asked."""
    async with db.read(who.scope) as session:
        in_force = await usecases.load_rule_sets(session, local_date(utc_now()))
    rule_set, policy_id = in_force.find(area or who.scope.first_area())
    return views.rules_view(rule_set, policy_id, reader_of(who))
