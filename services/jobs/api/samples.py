"""Telephone checks of a random sample of the ledger (账实相符)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api import sample_views as views
from services.jobs.api.permits import AnswerSample, DrawSample, ReadSample
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import AnswerState, SampledRow
from services.jobs.queries import samples as queries
from services.jobs.rules.months import parse_month
from services.jobs.schemas import samples as schemas
from services.jobs.usecases import samples as usecases
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.fields import MonthText
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version

router = APIRouter(prefix="/v1", tags=["Ledger checks · 台账核对"])


@router.post("/samples", status_code=201, response_model=schemas.SampleView, summary="Draw a sample · 抽取电话核查样本")
async def draw_sample(
    draft: schemas.SampleDraft, who: DrawSample, db: Db, vault: Seals, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """So many people, or so many that the error rate is known to ± `half_width`; by township in proportion to its
    people. Nobody says which people, nor by which seed, and the policy says how often a month may be drawn. Each call
    is a task (`phone_check`) at the desk of the township: the village does not see whom of its people is called.
    """

    async def work(session: WriteSession) -> Response:
        month = parse_month(draft.month)
        sample = await usecases.draw_sample(session, vault, who, month, draft.area, draft.wanted(), utc_now())
        view = await views.sample_view(session, sample, reader_of(who))
        return created(view, f"/jobs/v1/samples/{sample.id}")

    return await once(db, who, key, work)


@router.get("/samples", summary="Samples · 抽查记录")
async def list_samples(
    who: ReadSample,
    db: Db,
    reader_of: ReaderOf,
    month: Annotated[MonthText | None, Query()] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[schemas.SampleView]:
    """Those of the asker's areas and of the county around them, newest first."""
    first = parse_month(month) if month else None
    async with db.read(who.scope) as session:
        rows = await queries.list_samples(session, who.scope, first, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = [await views.sample_view(session, sample, reader_of(who)) for sample in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get("/samples/{sample_id}", response_model=schemas.SampleView, summary="What a sample tells · 抽查结果")
async def read_sample(sample_id: UUID, who: ReadSample, db: Db, reader_of: ReaderOf) -> Response:
    """Error rate by township and in all, with intervals; who was not reached, and what that may hide at worst."""
    async with db.read(who.scope) as session:
        sample = await queries.get_sample(session, who.scope, sample_id)
        view = await views.sample_view(session, sample, reader_of(who))
    return json_answer(view)


@router.get("/samples/{sample_id}/rows", summary="Whom to call · 抽查名单")
async def list_sampled(
    sample_id: UUID,
    who: ReadSample,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[list[AnswerState] | None, Query(description="waiting, right, wrong, not_reached")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.SampledRowView]:
    """The people drawn, with what to ask and what the ledger said then. Supervisors see who, masked, and no values."""
    scope = who.scope.within(area)
    async with db.read(who.scope) as session:
        sample = await queries.get_sample(session, who.scope, sample_id)
        rows = await queries.list_rows(session, scope, sample_id, state or [], decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = await views.row_views(session, sample, page, reader_of(who), local_date(utc_now()))
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.get("/sampled-rows/{row_id}", response_model=schemas.SampledRowView, summary="One call · 单条核查")
async def read_sampled(row_id: UUID, who: ReadSample, db: Db, reader_of: ReaderOf) -> Response:
    """Whom to call, and what to ask: working or not, place, employer, wage."""
    async with db.read(who.scope) as session:
        row = await queries.get_row(session, who.scope, row_id)
        return await _answer(session, row, reader_of(who))


@router.post(
    "/sampled-rows/{row_id}/answer", response_model=schemas.SampledRowView, summary="What came of a call · 登记核查结果"
)
async def answer_call(
    row_id: UUID,
    draft: schemas.AnswerDraft,
    who: AnswerSample,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Right, wrong and in which fields, or not reached; that is final after as many calls as the policy says. The
    ledger's row is not changed by it: the village corrects it."""
    async with db.write(who.scope) as session:
        row = await queries.lock_row(session, who.scope, row_id)
        expect_version(if_match, row.version)
        await usecases.answer_row(session, vault, who, row, draft.answered(), utc_now())
        return await _answer(session, row, reader_of(who))


@router.post("/sampled-rows/{row_id}/phone", response_model=schemas.PhoneView, summary="The number to call · 查看电话")
async def reveal_phone(row_id: UUID, who: AnswerSample, db: Db, vault: Seals) -> Response:
    """In clear, for whoever makes the call, as long as it has no answer; on record in the audit trail."""
    async with db.write(who.scope) as session:
        row = await queries.lock_row(session, who.scope, row_id)
        return json_answer(schemas.PhoneView(phone=await usecases.reveal_phone(session, vault, who, row)))


async def _answer(session: ReadSession, row: SampledRow, reader: Reader) -> Response:
    sample = await queries.get_sample(session, reader.who.scope, row.sample_id)
    [view] = await views.row_views(session, sample, [row], reader, local_date(utc_now()))
    return json_answer(view, headers={"ETag": etag(row.version)})
