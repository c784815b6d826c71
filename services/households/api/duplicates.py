"""Persons whom two households claim (重复人员)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api.permits import ReadDuplicate, SettleDuplicate
from services.households.api.reader import Reader, ReaderOf
from services.households.models import Household
from services.households.queries import duplicates as find
from services.households.queries.duplicates import Duplicate
from services.households.schemas import regrouping as schemas
from services.households.usecases.claims import CLAIM
from services.households.usecases.duplicates import settle_duplicate
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import ReadSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version
from shared.masking import mask_id_number
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1/register/duplicates", tags=["Register · 农户档案"])


@router.get("", summary="One person, two households · 重复人员")
async def list_duplicates(
    who: ReadDuplicate,
    db: Db,
    reader_of: ReaderOf,
    settled: Annotated[bool, Query(description="Those that are settled · 已处理")] = False,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.DuplicateView]:
    """People who live in one household and were entered or imported in another, which was refused; newest first.

    Each village sees its own side; whoever works above both sees both.
    """
    async with db.read(who.scope) as session:
        rows = await find.list_duplicates(
            session, who.scope, settled=settled, before=decode_id_cursor(after), limit=limit + 1
        )
        page, last = cut(rows, limit)
        items = await _views(session, who.scope, page, reader_of(who))
    return Page(items=items, next=encode_cursor(last.entry.id) if last else None)


@router.get("/{duplicate_id}", response_model=schemas.DuplicateView, summary="One of them · 重复人员详情")
async def get_duplicate(duplicate_id: UUID, who: ReadDuplicate, db: Db, reader_of: ReaderOf) -> Response:
    """The version is needed to settle it."""
    async with db.read(who.scope) as session:
        one = await find.get_duplicate(session, who.scope, duplicate_id)
        [view] = await _views(session, who.scope, [one], reader_of(who))
    return json_answer(view, headers={"ETag": etag(view.version)})


@router.post("/{duplicate_id}/settlement", response_model=schemas.DuplicateView, summary="Settle · 处理")
async def settle(
    duplicate_id: UUID,
    draft: schemas.Settlement,
    who: SettleDuplicate,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """`stays` and `moves` are for those who work on both sides; where the person is registered may do `released`, where
    they were claimed `withdrawn`. `moves` carries the person over, with what hangs on them.
    """
    async with db.write(who.scope) as session:
        entry = (await find.get_duplicate(session, who.scope, duplicate_id)).entry
        expect_version(if_match, entry.version)
        await settle_duplicate(
            session,
            vault,
            who,
            entry,
            draft.decision,
            utc_now(),
            reason=draft.reason,
            on=draft.on,
            why=draft.why,
        )
        one = await find.get_duplicate(session, who.scope, duplicate_id)
        [view] = await _views(session, who.scope, [one], reader_of(who))
    return json_answer(view, headers={"ETag": etag(view.version)})


async def _views(
    session: ReadSession, scope: Scope, rows: Sequence[Duplicate], reader: Reader
) -> list[schemas.DuplicateView]:
    codes = {code for row in rows for code in (row.entry.area_code, row.entry.claimed_area_code)}
    names = await find_names_above(session, codes)
    return [_view(row, scope, names, reader) for row in rows]


def _view(row: Duplicate, scope: Scope, names: dict[str, str], reader: Reader) -> schemas.DuplicateView:
    entry = row.entry
    claim = reader.record(entry.claim_sealed, CLAIM) or {}

    def side(area_code: str, household: Household | None, code: str | None) -> schemas.DuplicateSide | None:
        if not scope.covers(area_code):
            return None
        return schemas.DuplicateSide(
            household_id=household.id if household else None,
            national_code=household.national_code if household else code,
            area=reader.area(area_code, names),
        )

    held = side(entry.area_code, row.held, None)
    unregistered = entry.claimed_ref if entry.claimed_ref != entry.claimed_area_code else None
    return schemas.DuplicateView(
        id=entry.id,
        name=reader.name(claim.get("name", "")),
        id_number=mask_id_number(claim.get("id_number", "")),
        relation=claim.get("relation", ""),
        held=held,
        member_id=entry.member_id if held else None,
        claimed=side(entry.claimed_area_code, row.claimed, unregistered),
        source=entry.source,
        times=entry.times,
        first_by=entry.first_by,
        first_at=entry.first_at,
        last_at=entry.last_at,
        decision=entry.decision,
        settled_by=entry.settled_by,
        settled_at=entry.settled_at,
        version=entry.version,
    )
