"""API keys (接口密钥). Keys of a bureau are within the scope of whoever sees the bureau."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Select, select

from services.directory.models import ApiKey
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.pages import in_order
from shared.db.within import all_within
from shared.errors import NotFound, existing


class ApiKeyNotFound(NotFound):
    """No key within the asker's scope has that id."""

    code: ClassVar[str] = "api-key-not-found"


async def list_api_keys(
    session: ReadSession, scope: Scope, *, organisation: str | None, after: UUID | None, limit: int
) -> Sequence[ApiKey]:
    """Keys whose areas all lie within `scope`, oldest first, revoked ones too."""
    query = select(ApiKey).where(all_within(ApiKey.areas, scope))
    if organisation:
        query = query.where(ApiKey.bureau == organisation)
    return (await session.scalars(in_order(query, ApiKey.id, after=after, limit=limit))).all()


async def lock_api_key(session: WriteSession, scope: Scope, key_id: UUID) -> ApiKey:
    """Raises `ApiKeyNotFound`."""
    return existing((await session.scalars(_one(scope, key_id).with_for_update())).one_or_none(), ApiKeyNotFound)


async def get_api_key(session: ReadSession, scope: Scope, key_id: UUID) -> ApiKey:
    """Raises `ApiKeyNotFound`."""
    return existing((await session.scalars(_one(scope, key_id))).one_or_none(), ApiKeyNotFound)


def _one(scope: Scope, key_id: UUID) -> Select[ApiKey]:
    return select(ApiKey).where(ApiKey.id == key_id, all_within(ApiKey.areas, scope))
