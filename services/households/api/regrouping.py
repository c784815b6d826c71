"""Households that merge and split, people who move (并户、分户、转户)."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api import register_views as views
from services.households.api.permits import RegroupHousehold
from services.households.api.reader import ReaderOf
from services.households.queries import register as find
from services.households.schemas import regrouping as schemas
from services.households.schemas.register import HouseholdDraft, HouseholdView, MemberView
from services.households.usecases import regrouping as usecases
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.versions import IfMatch, etag, expect_version

router = APIRouter(prefix="/v1", tags=["Register · 农户档案"])


@router.post("/households/{household_id}/merge", response_model=HouseholdView, summary="Take in another · 并户")
async def merge_households(
    household_id: UUID,
    draft: schemas.Merge,
    who: RegroupHousehold,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """All who live in the other household live in this one afterwards; cases, tasks and evidence follow. The other stays
    readable as dissolved. 422 `household-two-heads` unless somebody's relation is told anew.
    """
    async with db.write(who.scope) as session:
        households = await usecases.lock_two(session, who, [household_id, draft.household_id])
        target, source = households[household_id], households[draft.household_id]
        expect_version(if_match, target.version)
        expect_version(etag(draft.version), source.version)
        relations = _relations(draft.members)
        await usecases.merge_households(session, vault, who, source, target, relations, utc_now(), why=draft.why)
        view = await views.household_view(session, who.scope, target, reader_of(who))
    return json_answer(view, headers={"ETag": etag(target.version)})


@router.post(
    "/households/{household_id}/split", status_code=201, response_model=HouseholdView, summary="Split it · 分户"
)
async def split_household(
    household_id: UUID,
    draft: schemas.Split,
    who: RegroupHousehold,
    db: Db,
    vault: Seals,
    key: OptionalRequestKey,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """Some of its people live in a new household afterwards, which is answered; open cases about them alone follow."""

    async def work(session: WriteSession) -> Response:
        source = await find.lock_household(session, who.scope, household_id)
        expect_version(if_match, source.version)
        new = HouseholdDraft(
            national_code=draft.national_code,
            area_code=draft.area_code or source.area_code,
            address=draft.address or source.address,
            natural_village=draft.natural_village or source.natural_village,
            household_class=draft.household_class or source.household_class,
            phone=draft.phone,
            members=[],
        )
        moving, staying = _relations(draft.members), _relations(draft.staying)
        made = await usecases.split_household(
            session, vault, who, source, new, moving, staying, utc_now(), why=draft.why
        )
        view = await views.household_view(session, who.scope, made, reader_of(who))
        return created(view, f"/households/v1/households/{made.id}", {"ETag": etag(made.version)})

    return await once(db, who, key, work)


@router.post("/members/{member_id}/move", response_model=MemberView, summary="Move a person · 转户")
async def move_member(
    member_id: UUID,
    draft: schemas.Move,
    who: RegroupHousehold,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """To another household within the caller's areas. A household that nobody lives in any more is dissolved."""
    async with db.write(who.scope) as session:
        home = (await find.get_member(session, who.scope, member_id)).household_id
        households = await usecases.lock_two(session, who, [home, draft.household_id])
        member = await find.lock_member(session, who.scope, member_id)
        expect_version(if_match, member.version)
        await usecases.move_member(
            session, vault, who, member, households, draft.household_id, draft.relation, utc_now(), why=draft.why
        )
        return json_answer(views.member_view(member, reader_of(who)), headers={"ETag": etag(member.version)})


def _relations(told: Sequence[schemas.NewRelation]) -> dict[UUID, str]:
    return {one.member_id: one.relation for one in told}
