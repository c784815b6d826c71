"""Measures (帮扶措施), one household's plan (一户一策), and the check before elimination (消除核查)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api.help_views import elimination_check_view, measure_view, plan_view
from services.households.api.permits import (
    PrintPlan,
    ReadMeasure,
    RecordEliminationCheck,
    WriteMeasure,
)
from services.households.api.reader import Reader, ReaderOf
from services.households.models import Measure
from services.households.queries import measures as find
from services.households.queries.cases import find_heads
from services.households.queries.monitoring import get_case
from services.households.schemas import help as schemas
from services.households.usecases import gates
from services.households.usecases import measures as usecases
from services.households.usecases.elimination_checks import Contact, Found
from services.households.usecases.elimination_checks import record_elimination_check as record_check
from services.households.usecases.measures import Delivered, Planned
from shared.areas import lineage
from shared.clock import local_date, utc_now
from shared.db.engine import Database, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.versions import IfMatch, etag, expect_version
from shared.projections.areas import find_names_above
from shared.security.principals import Principal

router = APIRouter(prefix="/v1", tags=["Measures · 帮扶措施"])
CASE = "/monitoring-cases/{case_id}"


@router.get(f"{CASE}/measures", summary="Measures of a case · 帮扶措施列表")
async def list_measures(case_id: UUID, who: ReadMeasure, db: Db, reader_of: ReaderOf) -> list[schemas.MeasureView]:
    """Of all its rounds, oldest first."""
    async with db.read(who.scope) as session:
        await get_case(session, who.scope, case_id)
        found = await find.list_measures(session, who.scope, case_id)
    return [measure_view(one, reader_of(who), local_date(utc_now())) for one in found]


@router.post(
    f"{CASE}/measures", status_code=201, response_model=schemas.MeasureView, summary="Plan a measure · 制定帮扶措施"
)
async def plan_measure(
    case_id: UUID,
    draft: schemas.MeasureDraft,
    who: WriteMeasure,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """For a household that is identified, or in the fast lane. `fits` says whether a gate will count it for its risk."""

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        told = Planned(**draft.model_dump())
        measure = await usecases.plan_measure(session, vault, who, case_id, told, now)
        place = f"/households/v1/monitoring-cases/{case_id}/measures"
        return created(measure_view(measure, reader_of(who), local_date(now)), place, {"ETag": etag(measure.version)})

    return await once(db, who, key, work)


@router.get("/measures/{measure_id}", response_model=schemas.MeasureView, summary="One measure · 措施详情")
async def get_measure(measure_id: UUID, who: ReadMeasure, db: Db, reader_of: ReaderOf) -> Response:
    """With its version as ETag."""
    async with db.read(who.scope) as session:
        return _answer(await find.get_measure(session, who.scope, measure_id), reader_of(who), utc_now())


@router.post("/measures/{measure_id}/delivery", response_model=schemas.MeasureView, summary="Delivered · 落实措施")
async def deliver_measure(
    measure_id: UUID,
    draft: schemas.DeliveryDraft,
    who: WriteMeasure,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """With the proof. 409 unless it is planned."""
    told = Delivered(draft.delivered_on, draft.proof, draft.amount, draft.quota)
    now = utc_now()
    async with _locked(db, who, measure_id, if_match) as (session, measure):
        await usecases.deliver_measure(session, vault, who, measure, told, now)
        return _answer(measure, reader_of(who), now)


@router.post("/measures/{measure_id}/failure", response_model=schemas.MeasureView, summary="Did not come · 措施未落实")
async def fail_measure(
    measure_id: UUID,
    draft: schemas.MeasureEnding,
    who: WriteMeasure,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """A planned measure that will not come; the plan may need another."""
    now = utc_now()
    async with _locked(db, who, measure_id, if_match) as (session, measure):
        await usecases.fail_measure(session, vault, who, measure, draft.reason, now)
        return _answer(measure, reader_of(who), now)


@router.post("/measures/{measure_id}/withdrawal", response_model=schemas.MeasureView, summary="Withdraw · 撤销措施")
async def withdraw_measure(
    measure_id: UUID,
    draft: schemas.MeasureEnding,
    who: WriteMeasure,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Entered by mistake, delivered or not: no gate counts it any more."""
    now = utc_now()
    async with _locked(db, who, measure_id, if_match) as (session, measure):
        await usecases.withdraw_measure(session, vault, who, measure, draft.reason, now)
        return _answer(measure, reader_of(who), now)


@router.get(f"{CASE}/plan", summary="One household, one plan · 一户一策")
async def print_plan(case_id: UUID, who: PrintPlan, db: Db, reader_of: ReaderOf) -> schemas.PlanView:
    """As text to print, and what it lacks by the gate before `planned`."""
    reader, on = reader_of(who), local_date(utc_now())
    async with db.read(who.scope) as session:
        case = (await get_case(session, who.scope, case_id)).case
        found = await find.list_measures(session, who.scope, case_id)
        lacks = (await gates.judge(session, case, "planned", on)).unmet
        heads = await find_heads(session, who.scope, [case.household_id])
        names = await find_names_above(session, [case.area_code])
    place = "".join(names.get(code, code) for code in lineage(case.area_code))
    own = [one for one in found if one.round == case.round]
    return plan_view(heads.get(case.household_id), place, case.risks, own, lacks, reader)


@router.get(f"{CASE}/elimination-checks", summary="Elimination checks · 消除核查记录")
async def list_elimination_checks(
    case_id: UUID, who: ReadMeasure, db: Db, reader_of: ReaderOf
) -> list[schemas.EliminationCheckView]:
    """Of all its rounds, oldest first; the last one counts."""
    async with db.read(who.scope) as session:
        await get_case(session, who.scope, case_id)
        found = await find.list_elimination_checks(session, who.scope, case_id)
    return [elimination_check_view(one, reader_of(who)) for one in found]


@router.post(
    f"{CASE}/elimination-checks",
    status_code=201,
    response_model=schemas.EliminationCheckView,
    summary="Record an elimination check · 登记消除核查",
)
async def record_elimination_check(
    case_id: UUID,
    draft: schemas.EliminationCheckDraft,
    who: RecordEliminationCheck,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """What was found at the household, and who keeps in touch afterwards. The gate weighs it against the numbers."""

    async def work(session: WriteSession) -> Response:
        contact = Contact(draft.contact.name, draft.contact.phone) if draft.contact else None
        found = Found(draft.checked_on, draft.income_stable, draft.spending_solved, draft.manner, contact, draft.note)
        check = await record_check(session, vault, who, case_id, found, utc_now())
        return created(
            elimination_check_view(check, reader_of(who)),
            f"/households/v1/monitoring-cases/{case_id}/elimination-checks",
        )

    return await once(db, who, key, work)


@asynccontextmanager
async def _locked(
    db: Database, who: Principal, measure_id: UUID, if_match: str | None
) -> AsyncIterator[tuple[WriteSession, Measure]]:
    """A transaction that holds the measure, which is still as it was read."""
    async with db.write(who.scope) as session:
        measure = await usecases.lock_with_case(session, who, measure_id)
        expect_version(if_match, measure.version)
        yield session, measure


def _answer(measure: Measure, reader: Reader, now: datetime) -> Response:
    return json_answer(measure_view(measure, reader, local_date(now)), headers={"ETag": etag(measure.version)})
