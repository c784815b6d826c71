"""`Idempotency-Key`: a repeated POST gets the first one's answer, written in the same transaction as its effect.

`once` is also the write edge of a route: it opens the session, and the commit has happened when it returns.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Header, Request
from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column
from starlette.responses import Response

from shared.clock import utc_now
from shared.db.engine import Database, WriteSession
from shared.errors import Invalid
from shared.security.principals import Principal
from shared.security.vault import Vault


class IdempotencyKeyMixin:
    """One answered request, its answer sealed. Deleted after a day."""

    __tablename__ = "idempotency_key"

    principal: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyKeyReused(Invalid):
    """The same key came with another request."""

    code = "idempotency-key-reused"


class IdempotencyKeyInvalid(Invalid):
    """The key is empty, too long, or has invisible characters."""

    code = "idempotency-key-invalid"


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What makes two requests the same: the key, and a hash of method, address and body.

    The answer that is kept may speak of people, so the vault seals it.
    """

    key: str
    request_hash: bytes
    vault: Vault


IdempotencyKeyHeader = Annotated[
    str | None, Header(description="Repeat it to be safe when an answer was lost · 幂等键，重试时原样带上")
]


async def checked_key(idempotency_key: IdempotencyKeyHeader = None) -> str | None:
    """The header alone, for a route that hashes its body while it streams in and makes the `RequestKey` itself."""
    if idempotency_key is None:
        return None
    if not (1 <= len(idempotency_key) <= 200 and idempotency_key.isascii() and idempotency_key.isprintable()):
        raise IdempotencyKeyInvalid(field="Idempotency-Key")
    return idempotency_key


async def request_key(request: Request, idempotency_key: IdempotencyKeyHeader = None) -> RequestKey | None:
    """Dependency: the request's idempotency key, if it has one."""
    if await checked_key(idempotency_key) is None:
        return None
    assert idempotency_key is not None
    digest = request_digest(request)
    digest.update(await request.body())
    return RequestKey(idempotency_key, digest.digest(), request.app.state.vault)


def request_digest(request: Request) -> "hashlib._Hash":
    """A hash begun with the request's method and whole address; the body is to follow."""
    return hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())


OptionalKey = Annotated[str | None, Depends(checked_key)]
OptionalRequestKey = Annotated[RequestKey | None, Depends(request_key)]

_PURPOSE = "idempotent-answer"
_CLAIM = text("""
INSERT INTO idempotency_key (principal, key, request_hash, created_at) VALUES (:principal, :key, :hash, :now)
ON CONFLICT DO NOTHING
""")
_FIND = text(
    "SELECT request_hash, status, headers, body FROM idempotency_key WHERE principal = :principal AND key = :key"
)
_STORE = text("""
UPDATE idempotency_key SET status = :status, headers = CAST(:headers AS jsonb), body = :body
WHERE principal = :principal AND key = :key
""")


async def once(
    database: Database,
    who: Principal,
    key: RequestKey | None,
    work: Callable[[WriteSession], Awaitable[Response]],
) -> Response:
    """Run `work` in a write transaction of `who` and answer what it returns, or what it returned the first time.

    Two requests with one key at the same moment: the second waits for the first's commit at the primary key.
    """
    async with database.write(who.scope) as session:
        if key is None:
            return await work(session)
        place = {"principal": who.id, "key": key.key}
        claimed = await session.execute(_CLAIM, {**place, "hash": key.request_hash, "now": utc_now()})
        if claimed.rowcount == 0:  # type: ignore[attr-defined]  # an INSERT's result has it
            return await _first_answer(session, place, key)
        response = await work(session)
        headers = {name: value for name, value in response.headers.items() if name in ("location", "etag")}
        answer = {
            "status": response.status_code,
            "headers": orjson.dumps(headers).decode(),
            "body": key.vault.seal(bytes(response.body), _PURPOSE),
        }
        await session.execute(_STORE, {**place, **answer})
        return response


async def _first_answer(session: WriteSession, place: dict[str, Any], key: RequestKey) -> Response:
    first = (await session.execute(_FIND, place)).one()
    if first.request_hash != key.request_hash:
        raise IdempotencyKeyReused(field="Idempotency-Key")
    headers = {**first.headers, "Idempotency-Replayed": "true"}
    return Response(key.vault.open(first.body, _PURPOSE), first.status, headers, "application/json")
