"""Posts (岗位): lists, entry, change, confirmation, closing and reopening."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.permits import ConfirmPost, ReadPost, WritePost
from services.jobs.api.post_views import post_view
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import PostState
from services.jobs.queries import posts as find
from services.jobs.queries.posts import PostFilter, PostRow
from services.jobs.schemas import posts as schemas
from services.jobs.schemas.fields import Trade
from services.jobs.usecases import posts as usecases
from shared.clock import local_date, utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag

router = APIRouter(prefix="/v1/posts", tags=["Posts · 岗位"])


@router.get("", summary="Posts · 岗位列表")
async def list_posts(
    who: ReadPost,
    db: Db,
    reader_of: ReaderOf,
    state: Annotated[tuple[PostState, ...], Query(description="Open ones unless given · 状态")] = (PostState.OPEN,),
    trade: Annotated[Trade | None, Query()] = None,
    place: Annotated[str | None, Query(pattern="^([0-9]{2,12}|abroad)$", description="Prefix · 工作地前缀")] = None,
    pay_from: Annotated[Decimal | None, Query(ge=0, le=100_000, description="Yuan a month, sure · 月薪不低于")] = None,
    lodging: Annotated[bool | None, Query(description="提供住宿")] = None,
    night: Annotated[bool | None, Query(description="With night work, or without · 是否有夜班")] = None,
    employer: Annotated[UUID | None, Query(description="用人单位")] = None,
    offered: Annotated[bool, Query(description="Only those whose last day is not over · 仅未过期")] = True,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.PostView]:
    """Posts of the caller's county, newest first. No people stand in them: every village sees all."""
    today = local_date(utc_now()) if offered else None
    wanted = PostFilter(state, trade, place, pay_from, lodging, night, employer, today)
    async with db.read(who.scope) as session:
        rows = await find.list_posts(session, who.scope, wanted, decode_id_cursor(after), limit + 1)
    page, last = cut(rows, limit)
    items = [post_view(row, reader_of(who)) for row in page]
    return Page(items=items, next=encode_cursor(last.post.id) if last else None)


@router.post("", status_code=201, response_model=schemas.PostView, summary="Offer one · 登记岗位")
async def add_post(
    draft: schemas.PostDraft, who: WritePost, db: Db, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """Open at once for the bureau and the county, `proposed` for a township.

    422 `sex-bar-unlawful`, `age-bar-unlawful` and their like for a bar without ground in law (《就业促进法》第三条、
    第二十七条); 409 `employer-is-blacklisted`.
    """

    async def work(session: WriteSession) -> Response:
        row = await usecases.add_post(session, who, draft.employer_id, draft.ref, draft.terms(), utc_now())
        view = post_view(row, reader_of(who))
        return created(view, f"/jobs/v1/posts/{row.post.id}", {"ETag": etag(row.post.version)})

    return await once(db, who, key, work)


@router.get("/{post_id}", response_model=schemas.PostView, summary="One post · 岗位详情")
async def get_post(post_id: UUID, who: ReadPost, db: Db, reader_of: ReaderOf) -> Response:
    """With its employer and how many openings are free."""
    async with db.read(who.scope) as session:
        return _answer(await find.get_post(session, who.scope, post_id), reader_of(who))


@router.put("/{post_id}/terms", response_model=schemas.PostView, summary="Change it · 变更岗位")
async def change_post(
    post_id: UUID, draft: schemas.TermsDraft, who: WritePost, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """All terms anew. More openings open a filled post; 422 `post-openings-below` under the number of people placed."""
    async with db.write(who.scope) as session:
        row = await usecases.change_post(session, who, post_id, if_match, draft.terms(), utc_now())
        return _answer(row, reader_of(who))


@router.post("/{post_id}/confirmation", response_model=schemas.PostView, summary="Confirm · 确认岗位")
async def confirm_post(
    post_id: UUID, who: ConfirmPost, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """What a township proposed is open from now on."""
    async with db.write(who.scope) as session:
        row = await usecases.move_post(session, who, post_id, if_match, "confirm", None, utc_now())
        return _answer(row, reader_of(who))


@router.post("/{post_id}/closing", response_model=schemas.PostView, summary="Close · 关闭岗位")
async def close_post(
    post_id: UUID, draft: schemas.PostEnd, who: WritePost, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """Nobody is put forward for it any more."""
    async with db.write(who.scope) as session:
        row = await usecases.move_post(session, who, post_id, if_match, "close", draft.reason, utc_now())
        return _answer(row, reader_of(who))


@router.post("/{post_id}/reopening", response_model=schemas.PostView, summary="Reopen · 重新开放岗位")
async def reopen_post(
    post_id: UUID, who: ConfirmPost, db: Db, reader_of: ReaderOf, if_match: IfMatch = None
) -> Response:
    """Not past its last day, and not while the employer is on the blacklist. A filled one is `filled` again."""
    async with db.write(who.scope) as session:
        row = await usecases.move_post(session, who, post_id, if_match, "reopen", None, utc_now())
        return _answer(row, reader_of(who))


def _answer(row: PostRow, reader: Reader) -> Response:
    return json_answer(post_view(row, reader), headers={"ETag": etag(row.post.version)})
