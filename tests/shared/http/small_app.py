"""Routes that do as little as possible on the shared edges."""

import asyncio
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from starlette.responses import Response

from shared.areas import Scope
from shared.db.engine import WriteSession
from shared.errors import Conflict
from shared.http.answers import created
from shared.http.context import Db
from shared.http.idempotency import OptionalRequestKey, once
from shared.security import audit
from shared.security.permits import Public
from shared.security.principals import Principal, Role

router = APIRouter()
ME = Principal(UUID(int=7), "account", Role.ADMIN, Scope.everywhere())


class Thing(BaseModel):
    """Something to write."""

    model_config = {"extra": "forbid"}

    name: Annotated[str, Field(max_length=5)]
    count: Annotated[int, Field(ge=1)] = 1
    answer: str = "as it was"


class Refused(Conflict):
    """A refusal after the write."""

    code = "stale-version"


@router.post("/things")
async def make_thing(thing: Thing, db: Db, key: OptionalRequestKey) -> Response:
    async def work(session: WriteSession) -> Response:
        id_ = uuid4()
        await audit.record(session, ME, "thing:make", id_)
        if thing.name == "slow":
            await asyncio.sleep(0.2)
        if thing.name == "late":
            raise Refused
        return created(thing, f"/things/{id_}")

    return await once(db, ME, key, work)


@router.post("/broken-commit", status_code=201)
async def break_commit(db: Db) -> dict[str, Any]:
    """Every statement succeeds; only the commit fails, on a constraint that is checked then."""
    async with db.write(Scope.nowhere()) as session:
        await session.execute(text("CREATE TEMP TABLE one (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        await session.execute(text("INSERT INTO one VALUES (1), (1)"))
    return {"status": "kept"}


@router.get("/fails")
async def fail() -> None:
    raise RuntimeError("with 53992119800101001X in its text")


@router.post("/big", max_body_size=5000)
async def take_big(body: dict[str, str]) -> int:
    return len(body)


_OPEN = [Depends(Public("a test"))]


async def _page(limit: int = 50) -> int:
    return limit


@router.get("/cases", dependencies=_OPEN)
async def list_cases(
    limit: Annotated[int, Depends(_page)],
    state: Annotated[tuple[str, ...], Query()] = (),
    kind: Annotated[str | None, Query(alias="class")] = None,
    due_within: int | None = None,
) -> dict[str, Any]:
    return {"states": state, "class": kind, "due_within": due_within, "limit": limit}


@router.get("/plain", dependencies=_OPEN)
async def answer_plainly() -> None:
    return None
