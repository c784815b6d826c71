"""Dropout cases (辍学个案): the list, one by hand, one with all that belongs to it, its moves."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api import dropout_views as views
from services.households.api.permits import MoveDropout, OpenDropout, ReadDropout
from services.households.api.reader import ReaderOf
from services.households.queries import dropouts as find
from services.households.queries.dropouts import DropoutFilter
from services.households.rules.schooling.states import State
from services.households.schemas import dropouts as schemas
from services.households.usecases import dropout_moves
from services.households.usecases import dropouts as usecases
from services.households.usecases.dropout_moves import Wanted
from services.households.usecases.dropouts import Found
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.security import audit

router = APIRouter(prefix="/v1/dropout-cases", tags=["School dropouts · 控辍保学"])


@router.get("", summary="Dropout cases · 辍学个案列表")
async def list_dropout_cases(
    who: ReadDropout,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[tuple[State, ...], Query(description="All unless given · 状态")] = (),
    school: Annotated[str | None, Query(max_length=200, description="School; empty: not known · 学校")] = None,
    term: Annotated[
        str | None, Query(max_length=10, description="Found in that term; empty: not known · 发现学期")
    ] = None,
    legal_step: Annotated[
        int | None, Query(ge=0, le=4, description="In no school, and the last step that stands · 法律步骤")
    ] = None,
    household: Annotated[UUID | None, Query(description="Of one household · 农户")] = None,
    area: Below = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.DropoutSummary]:
    """Cases within the caller's areas, newest first: the names behind each number of the board.

    They are children: who looked at how many is on record.
    """
    wanted = DropoutFilter(state, school, term, legal_step, household)
    async with db.write(who.scope) as session:
        rows = await find.list_cases(session, who.scope.within(area), wanted, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        items = await views.summaries(session, page, reader_of(who), local_date(utc_now()))
        await audit.record(session, who, "dropout:read", "dropout-cases", found=len(page))
    return Page(items=items, next=encode_cursor(last.case.id) if last else None)


@router.post("", status_code=201, response_model=schemas.DropoutView, summary="Open one by hand · 登记辍学学生")
async def open_dropout_case(
    draft: schemas.DropoutDraft,
    who: OpenDropout,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """For a child that no alert told of. A confirmed schooling alert opens the child's case by itself.

    409 `dropout-active` when it has one, `owes-no-school` by age or stage.
    """

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        found = Found(draft.found_on, draft.school, draft.grade, note=draft.note)
        row = await usecases.open_dropout(session, vault, who, draft.member_id, found, now)
        view = await views.case_view(session, who.scope, row, reader_of(who), local_date(now))
        return created(view, f"{views.CASES}/{row.case.id}", {"ETag": etag(row.case.version)})

    return await once(db, who, key, work)


@router.get("/{case_id}", response_model=schemas.DropoutView, summary="One dropout case · 辍学个案详情")
async def get_dropout_case(case_id: UUID, who: ReadDropout, db: Db, reader_of: ReaderOf) -> Response:
    """With its history, visits, plans, lessons, legal steps and checks. That it was read is on record."""
    async with db.write(who.scope) as session:
        row = await find.get_case(session, who.scope, case_id)
        view = await views.case_view(session, who.scope, row, reader_of(who), local_date(utc_now()))
        await audit.record(session, who, "dropout:read", row.case.id, area_code=row.case.area_code)
    return json_answer(view, headers={"ETag": etag(row.case.version), "Cache-Control": "no-store"})


@router.post("/{case_id}/moves", response_model=schemas.DropoutView, summary="Make a move · 办理状态变更")
async def move_dropout_case(
    case_id: UUID,
    draft: schemas.DropoutMoveDraft,
    who: MoveDropout,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """A return puts the first check on the village's desk, and ends the legal steps. Nobody says "stable" by hand.

    Home teaching and exemptions are for township and county: 403 `dropout-move-not-yours`.
    """

    async def work(session: WriteSession) -> Response:
        now = utc_now()
        row = await find.lock_case(session, who.scope, case_id)
        expect_version(if_match, row.case.version)
        await dropout_moves.move_dropout(session, vault, who, row, Wanted(**draft.model_dump()), now)
        view = await views.case_view(session, who.scope, row, reader_of(who), local_date(now))
        return json_answer(view, headers={"ETag": etag(row.case.version)})

    return await once(db, who, key, work)
