"""Members of households (家庭成员)."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api.claims import kept_if_refused
from services.households.api.permits import RevealMember, WriteMember
from services.households.api.reader import ReaderOf
from services.households.api.register_views import member_view
from services.households.queries import register as find
from services.households.schemas import register as schemas
from services.households.schemas.regrouping import Restoration
from services.households.usecases import leaving
from services.households.usecases import register as usecases
from services.households.usecases.claims import Person
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.versions import IfMatch, etag, expect_version

router = APIRouter(prefix="/v1", tags=["Register · 农户档案"])


@router.post(
    "/households/{household_id}/members",
    status_code=201,
    response_model=schemas.MemberView,
    summary="Enter a person · 新增成员",
)
async def add_member(
    household_id: UUID,
    draft: schemas.NewMember,
    who: WriteMember,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
) -> Response:
    """409 `person-in-another-household` when the person lives in one, wherever it is; that is kept as a double entry.
    409 `person-in-this-household` when they are one of this household already.

    A new-born child is entered once it has its ID number, which registration of the birth gives it. Who is a year old
    or older is none: 422 `joined-not-newborn`.
    """

    async def work(session: WriteSession) -> Response:
        member = await usecases.add_member(
            session, vault, who, household_id, draft, utc_now(), joined=draft.joined_reason
        )
        place = f"/households/v1/households/{household_id}"
        return created(member_view(member, reader_of(who)), place, {"ETag": etag(member.version)})

    async with kept_if_refused(db, vault, who, [draft], household_id):
        return await once(db, who, key, work)


@router.patch("/members/{member_id}", response_model=schemas.MemberView, summary="Change a person · 修改成员")
async def change_member(
    member_id: UUID,
    change: schemas.MemberChange,
    who: WriteMember,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Fields that are left out stay."""
    async with db.read(who.scope) as session:
        member = await find.get_member(session, who.scope, member_id)
    meant = [Person(member.name, change.id_number, member.relation)] if change.id_number else []
    async with kept_if_refused(db, vault, who, meant, member.household_id), db.write(who.scope) as session:
        household, member = await find.lock_at_home(session, who.scope, member_id)
        expect_version(if_match, member.version)
        await usecases.change_member(
            session, vault, who, household, member, change.changes(), utc_now(), why=change.why
        )
        return json_answer(member_view(member, reader_of(who)), headers={"ETag": etag(member.version)})


@router.post("/members/{member_id}/removal", response_model=schemas.MemberView, summary="Leaves · 减员")
async def remove_member(
    member_id: UUID, removal: schemas.Removal, who: WriteMember, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """The person stays on the household's record; another household may enter them now.

    When the last one died or moved away, the household is dissolved.
    """
    async with db.write(who.scope) as session:
        member = await leaving.remove_member(
            session, vault, who, member_id, removal.reason, removal.on, utc_now(), why=removal.why
        )
        return json_answer(member_view(member, reader_of(who)), headers={"ETag": etag(member.version)})


@router.post("/members/{member_id}/restoration", response_model=schemas.MemberView, summary="Never left · 恢复成员")
async def restore_member(
    member_id: UUID,
    draft: Restoration,
    who: WriteMember,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Takes a mistaken removal back, and with it the end of the household."""
    async with db.write(who.scope) as session:
        _, member = await find.lock_at_home(session, who.scope, member_id)
        expect_version(if_match, member.version)
        member = await leaving.restore_member(session, vault, who, member_id, utc_now(), why=draft.why)
        return json_answer(member_view(member, reader_of(who)), headers={"ETag": etag(member.version)})


@router.post("/members/{member_id}/reveal", response_model=schemas.Revealed, summary="Show one field · 查看明文")
async def reveal_member(
    member_id: UUID, request: schemas.RevealRequest, who: RevealMember, db: Db, vault: Seals
) -> Response:
    """One field of one person in clear. Who, when, which field and why go into the audit trail."""
    async with db.write(who.scope) as session:
        value = await usecases.reveal(session, vault, who, member_id, request.field, request.reason)
    answer = schemas.Revealed(field=request.field, value=value)
    return json_answer(answer, headers={"Cache-Control": "no-store"})
