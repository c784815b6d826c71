"""API keys over HTTP.

Routes that answer a secret take no `Idempotency-Key`: the remembered answer would keep it in clear. When the answer is
lost, revoke the key and issue another.
"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.directory.api.permits import ReadApiKeys, WriteApiKeys
from services.directory.models import ApiKey
from services.directory.queries import api_keys as queries
from services.directory.schemas.api_keys import ApiKeyIssued, ApiKeyOut, NewApiKey, Rotation
from services.directory.usecases import api_keys as usecases
from shared.clock import utc_now
from shared.http.answers import created
from shared.http.context import Db
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor

router = APIRouter(prefix="/v1/api-keys", tags=["API keys · 接口密钥"])

_ISSUED: dict[int | str, dict[str, Any]] = {201: {"model": ApiKeyIssued}}


@router.post("", status_code=201, summary="Issue a key · 签发密钥", responses=_ISSUED)
async def issue_api_key(new: NewApiKey, who: WriteApiKeys, db: Db) -> Response:
    """For a bureau's system, with some of the bureau's feeds. The secret is shown this once."""
    async with db.write(who.scope) as session:
        return _issued(*await usecases.issue_api_key(session, who, new.draft(), utc_now()))


@router.get("", summary="Keys · 密钥列表")
async def list_api_keys(
    who: ReadApiKeys, db: Db, organisation: str | None = None, after: After = None, limit: Limit = 50
) -> Page[ApiKeyOut]:
    """Oldest first, revoked and expired ones too; never a secret."""
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        rows = await queries.list_api_keys(session, who.scope, organisation=organisation, after=start, limit=limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[ApiKeyOut.of(key) for key in page], next=encode_cursor(last.id) if last else None)


@router.get("/{key_id}", summary="One key · 密钥")
async def read_api_key(key_id: UUID, who: ReadApiKeys, db: Db) -> ApiKeyOut:
    """Without its secret."""
    async with db.read(who.scope) as session:
        return ApiKeyOut.of(await queries.get_api_key(session, who.scope, key_id))


@router.post("/{key_id}/rotation", status_code=201, summary="Replace a key · 更换密钥", responses=_ISSUED)
async def rotate_api_key(key_id: UUID, rotation: Rotation, who: WriteApiKeys, db: Db) -> Response:
    """A new key with the same rights; the old one goes on for `overlap_hours`."""
    async with db.write(who.scope) as session:
        key, secret = await usecases.rotate_api_key(
            session, who, key_id, rotation.overlap_hours, rotation.expires_on, utc_now()
        )
        return _issued(key, secret)


@router.post("/{key_id}/revocation", summary="Revoke a key · 吊销密钥")
async def revoke_api_key(key_id: UUID, who: WriteApiKeys, db: Db) -> ApiKeyOut:
    """It stops working within seconds."""
    async with db.write(who.scope) as session:
        return ApiKeyOut.of(await usecases.revoke_api_key(session, who, key_id, utc_now()))


def _issued(key: ApiKey, secret: str) -> Response:
    place = f"/directory/v1/api-keys/{key.id}"
    return created(ApiKeyIssued.with_secret(key, secret), place, {"Cache-Control": "no-store"})
