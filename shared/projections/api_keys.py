"""API keys (接口密钥) as this service knows them: enough to check one without asking the directory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.directory import ApiKeyChanged
from shared.db.engine import Database, WriteSession, raw
from shared.inbox import Received
from shared.security.gate import FindApiKey
from shared.security.principals import Principal, Role


class ApiKeyMixin:
    """One key of a department system, by its hash."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bureau: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


_UPSERT = """
INSERT INTO api_key (id, bureau, secret_hash, feeds, areas, expires_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET bureau = excluded.bureau, feeds = excluded.feeds, areas = excluded.areas,
    expires_at = excluded.expires_at, revoked_at = excluded.revoked_at
"""
_FIND = text("SELECT id, feeds, areas, expires_at FROM api_key WHERE secret_hash = :hash AND revoked_at IS NULL")


async def on_api_key_changed(session: WriteSession, received: Sequence[Received[ApiKeyChanged]]) -> None:
    """Keep the newest state of each key."""
    connection = await raw(session)
    for one in received:
        e = one.event
        await connection.execute(
            _UPSERT, e.key_id, e.bureau, e.secret_hash, e.feeds, e.areas, e.expires_at, e.revoked_at
        )


def finder(database: Database) -> FindApiKey:
    """Look keys up in this service's own copy."""

    async def find(secret_hash: str) -> Principal | None:
        async with database.read(Scope.nowhere()) as session:
            row = (await session.execute(_FIND, {"hash": secret_hash})).one_or_none()
        if row is None or row.expires_at <= utc_now():
            return None
        return Principal(row.id, "api_key", Role.BUREAU, Scope.parse(row.areas), frozenset(row.feeds))

    return find
