"""The local grade (红黄绿分级): of one household, by hand, and of an area."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api.grade_views import Teller, board_view, change_view, grade_view
from services.households.api.permits import OverrideGrade, ReadGrade
from services.households.api.reader import Reader, ReaderOf
from services.households.queries import grades as find
from services.households.queries.register import get_household, lock_household
from services.households.schemas import grades as schemas
from services.households.usecases import grade_overrides as usecases
from services.households.usecases.grade_rules import GradeRuleSets
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession, WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.cursors import moment_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1", tags=["Grades · 红黄绿分级"])


@router.get("/grades", summary="Board · 分级概览")
async def show_board(
    who: ReadGrade,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
) -> schemas.GradeBoard:
    """Households by grade and village, as they stand now."""
    async with db.read(who.scope) as session:
        counts = await find.count_board(session, who.scope.within(area))
        names = await find_names_above(session, (one.area_code for one in counts))
    return board_view(counts, names, reader_of(who))


@router.get("/households/{household_id}/grade", response_model=schemas.GradeView, summary="Its grade · 农户分级")
async def get_grade(household_id: UUID, who: ReadGrade, db: Db, reader_of: ReaderOf) -> Response:
    """What counts today, what the rules say and why, and who has set it otherwise."""
    async with db.read(who.scope) as session:
        await get_household(session, who.scope, household_id)
        view = await _view(session, household_id, reader_of(who))
    return json_answer(view, headers={"ETag": etag(view.version)})


@router.get("/households/{household_id}/grade-changes", summary="Its history · 分级变动")
async def list_grade_changes(
    household_id: UUID, who: ReadGrade, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 50
) -> Page[schemas.GradeChangeView]:
    """From which grade to which, why and by which version of the rules; the newest first."""
    start = moment_cursor(after)
    async with db.read(who.scope) as session:
        await get_household(session, who.scope, household_id)
        page, last = cut(await find.list_changes(session, household_id, start, limit + 1), limit)
        overrides = await find.find_override(session, [one.override_id for one in page if one.override_id])
        teller = await _teller(session, reader_of(who))
        items = [change_view(one, overrides, teller) for one in page]
    return Page(items=items, next=encode_cursor(last.at, last.id) if last else None)


@router.post(
    "/households/{household_id}/grade-override",
    status_code=201,
    response_model=schemas.GradeView,
    summary="Set it by hand · 人工调整分级",
)
async def set_grade_override(
    household_id: UUID,
    draft: schemas.OverrideDraft,
    who: OverrideGrade,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Until a day, with a reason; what the rules say goes on being shown beside it. One that was set before ends.

    `If-Match` with the grade's version, so that of several who set it at once one does, and the others hear of it: 412.
    403 `grade-override-role` where the rules in force leave it to the county, 422 `grade-override-days` for too long.
    """

    async def work(session: WriteSession) -> Response:
        await lock_household(session, who.scope, household_id)
        expect_version(if_match, await find.count_acts(session, household_id))
        told = usecases.OverrideDraft(draft.grade, draft.reason, draft.until)
        await usecases.set_override(session, vault, who, household_id, told, utc_now())
        view = await _view(session, household_id, reader_of(who))
        return created(view, f"/households/v1/households/{household_id}/grade", {"ETag": etag(view.version)})

    return await once(db, who, key, work)


@router.delete(
    "/households/{household_id}/grade-override", response_model=schemas.GradeView, summary="End it · 结束人工调整"
)
async def end_grade_override(
    household_id: UUID, who: OverrideGrade, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """What the rules say counts again. 404 when nobody has set it."""
    async with db.write(who.scope) as session:
        await lock_household(session, who.scope, household_id)
        expect_version(if_match, await find.count_acts(session, household_id))
        await usecases.end_override(session, who, household_id, utc_now())
        view = await _view(session, household_id, reader_of(who))
        return json_answer(view, headers={"ETag": etag(view.version)})


async def _view(session: ReadSession, household_id: UUID, reader: Reader) -> schemas.GradeView:
    teller = await _teller(session, reader)
    version = await find.count_acts(session, household_id)
    return grade_view(household_id, await find.find_grade(session, household_id), version, teller)


async def _teller(session: ReadSession, reader: Reader) -> Teller:
    return Teller(reader, await GradeRuleSets.load(session, local_date(utc_now())))
