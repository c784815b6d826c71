"""Organisations over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from services.directory.api.permits import ReadOrganisations, WriteOrganisations
from services.directory.models import Organisation
from services.directory.queries import organisations as queries
from services.directory.rules.organisations import OrganisationChanges, OrganisationKind
from services.directory.schemas.fields import AreaPrefixText
from services.directory.schemas.organisations import NewOrganisation, OrganisationChange, OrganisationOut
from services.directory.usecases import organisations as usecases
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import created, json_answer
from shared.http.context import Db
from shared.http.cursors import text_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, encode_cursor
from shared.http.versions import IfMatch, etag, expect_version

router = APIRouter(prefix="/v1/organisations", tags=["Organisations · 单位"])

Code = Annotated[str, Path(max_length=64, examples=["education"])]


@router.post("", status_code=201, summary="Add an organisation · 新增单位", responses={201: {"model": OrganisationOut}})
async def add_organisation(new: NewOrganisation, who: WriteOrganisations, db: Db, key: OptionalRequestKey) -> Response:
    """Bureaus own feeds; the accounts and keys of a bureau get some of them."""

    async def work(session: WriteSession) -> Response:
        added = await usecases.add_organisation(session, who, new.draft(), utc_now())
        place = f"/directory/v1/organisations/{added.code}"
        return created(OrganisationOut.model_validate(added), place, {"ETag": etag(added.version)})

    return await once(db, who, key, work)


@router.get("", summary="Organisations · 单位列表")
async def list_organisations(
    who: ReadOrganisations,
    db: Db,
    kind: OrganisationKind | None = None,
    area: AreaPrefixText | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[OrganisationOut]:
    """Those within your areas, in the order of their codes."""
    start = text_cursor(after)
    async with db.read(who.scope) as session:
        rows = await queries.list_organisations(
            session, who.scope, kind=kind, area_prefix=area, after=start, limit=limit + 1
        )
    page, last = cut(rows, limit)
    items = [OrganisationOut.model_validate(row) for row in page]
    return Page(items=items, next=encode_cursor(last.code) if last else None)


@router.get("/{code}", summary="One organisation · 单位", response_model=OrganisationOut)
async def read_organisation(code: Code, who: ReadOrganisations, db: Db) -> Response:
    """By its code, with its version as `ETag`."""
    async with db.read(who.scope) as session:
        return _answer(await queries.get_organisation(session, who.scope, code))


@router.patch("/{code}", summary="Change an organisation · 修改单位", response_model=OrganisationOut)
async def change_organisation(
    code: Code, change: OrganisationChange, who: WriteOrganisations, db: Db, if_match: IfMatch = None
) -> Response:
    """Rename or close it, or change a bureau's feeds. `If-Match` is required."""
    changes = _changes(change)
    async with db.write(who.scope) as session:
        changed = await usecases.change_organisation(
            session, who, code, changes, partial(expect_version, if_match), utc_now()
        )
        return _answer(changed)


def _changes(change: OrganisationChange) -> OrganisationChanges:
    changes: OrganisationChanges = {}
    if change.name is not None:
        changes["name"] = change.name
    if change.feeds is not None:
        changes["feeds"] = frozenset(change.feeds)
    if change.active is not None:
        changes["active"] = change.active
    return changes


def _answer(organisation: Organisation) -> Response:
    return json_answer(OrganisationOut.model_validate(organisation), headers={"ETag": etag(organisation.version)})
