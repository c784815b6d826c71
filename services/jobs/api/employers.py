"""Employers (用人单位) and the blacklist (黑名单)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.permits import BlacklistEmployer, ReadEmployer, WriteEmployer
from services.jobs.api.post_views import blacklisting_view, employer_view
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.models import Employer
from services.jobs.queries import employers as find
from services.jobs.queries.employers import EmployerFilter
from services.jobs.schemas import employers as schemas
from services.jobs.schemas.employers import CreditCode, EmployerKind
from services.jobs.usecases import employers as usecases
from services.jobs.usecases.post_rules import sees_contacts
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.http.versions import IfMatch, etag

router = APIRouter(prefix="/v1/employers", tags=["Employers · 用人单位"])


@router.get("", summary="Employers · 用人单位列表")
async def list_employers(
    who: ReadEmployer,
    db: Db,
    reader_of: ReaderOf,
    name: Annotated[str | None, Query(min_length=2, max_length=60, description="A part of it · 名称包含")] = None,
    credit_code: Annotated[CreditCode | None, Query()] = None,
    kind: Annotated[EmployerKind | None, Query()] = None,
    blacklisted: Annotated[bool | None, Query(description="On the blacklist, or not · 是否在黑名单")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.EmployerView]:
    """Employers of the caller's county, newest first."""
    wanted = EmployerFilter(name, credit_code, kind, blacklisted)
    async with db.read(who.scope) as session:
        rows = await find.list_employers(session, who.scope, wanted, decode_id_cursor(after), limit + 1)
        clear = await sees_contacts(session, who, utc_now())
    page, last = cut(rows, limit)
    items = [employer_view(one, reader_of(who), clear=clear) for one in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.post("", status_code=201, response_model=schemas.EmployerView, summary="Enter one · 登记用人单位")
async def add_employer(
    draft: schemas.EmployerDraft, who: WriteEmployer, db: Db, vault: Seals, key: OptionalRequestKey, reader_of: ReaderOf
) -> Response:
    """By its unified social credit code; one without is told apart by its name. 409 `employer-known`."""

    async def work(session: WriteSession) -> Response:
        employer = await usecases.add_employer(session, vault, who, draft.facts(), utc_now())
        view = employer_view(employer, reader_of(who))
        return created(view, f"/jobs/v1/employers/{employer.id}", {"ETag": etag(employer.version)})

    return await once(db, who, key, work)


@router.get("/{employer_id}", response_model=schemas.EmployerView, summary="One employer · 用人单位详情")
async def get_employer(employer_id: UUID, who: ReadEmployer, db: Db, reader_of: ReaderOf) -> Response:
    """With whether it is on the blacklist."""
    async with db.read(who.scope) as session:
        clear = await sees_contacts(session, who, utc_now())
        return _answer(await find.get_employer(session, who.scope, employer_id), reader_of(who), clear=clear)


@router.put("/{employer_id}", response_model=schemas.EmployerView, summary="Change it · 变更用人单位")
async def change_employer(
    employer_id: UUID,
    draft: schemas.EmployerDraft,
    who: WriteEmployer,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    if_match: IfMatch = None,
) -> Response:
    """All facts anew; what is left out is known no more."""
    async with db.write(who.scope) as session:
        facts = draft.facts()
        employer = await usecases.change_employer(session, vault, who, employer_id, if_match, facts, utc_now())
        return _answer(employer, reader_of(who))


@router.get("/{employer_id}/blacklistings", summary="What was held against it · 黑名单记录")
async def list_blacklistings(
    employer_id: UUID, who: ReadEmployer, db: Db, reader_of: ReaderOf
) -> list[schemas.BlacklistingView]:
    """Each time it was on the blacklist, newest first."""
    async with db.read(who.scope) as session:
        await find.get_employer(session, who.scope, employer_id)
        found = await find.list_blacklistings(session, employer_id)
        clear = await sees_contacts(session, who, utc_now())
    return [blacklisting_view(one, reader_of(who), clear=clear) for one in found]


@router.post("/{employer_id}/blacklisting", response_model=schemas.EmployerView, summary="Blacklist · 列入黑名单")
async def blacklist_employer(
    employer_id: UUID,
    draft: schemas.BlacklistDraft,
    who: BlacklistEmployer,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
) -> Response:
    """Its posts close at once, and none of it opens until it is off the list."""
    async with db.write(who.scope) as session:
        employer = await usecases.blacklist_employer(
            session, vault, who, employer_id, draft.reason, draft.detail, utc_now()
        )
        return _answer(employer, reader_of(who))


@router.post("/{employer_id}/clearance", response_model=schemas.EmployerView, summary="Off the blacklist · 移出黑名单")
async def clear_employer(
    employer_id: UUID, draft: schemas.ClearDraft, who: BlacklistEmployer, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """Its posts stay closed: each is reopened by whoever knows that it is still offered."""
    async with db.write(who.scope) as session:
        employer = await usecases.clear_employer(session, vault, who, employer_id, draft.detail, utc_now())
        return _answer(employer, reader_of(who))


def _answer(employer: Employer, reader: Reader, *, clear: bool = True) -> Response:
    return json_answer(employer_view(employer, reader, clear=clear), headers={"ETag": etag(employer.version)})
