"""A small app on the shared edges, to try them without a service's own rules."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared.areas import Scope
from shared.db.engine import Database
from shared.http import problems
from shared.http.too_large import ProblemForTooLarge
from shared.messages import Catalogue
from shared.security.vault import Vault
from tests.shared.http import small_app


@pytest.fixture
async def app(database: Database, vault: Vault) -> FastAPI:
    """The app of `small_app`, on a real database."""
    made = FastAPI()
    made.state.database = database
    made.state.catalogue = Catalogue()
    made.state.vault = vault
    problems.install(made)
    made.add_middleware(ProblemForTooLarge, catalogue=made.state.catalogue)
    made.include_router(small_app.router, max_body_size=1000)
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sees answers where the app fails, as over a network."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


@pytest.fixture
def count(database: Database):
    """How many rows the small app has written."""

    async def counted() -> int:
        async with database.read(Scope.nowhere()) as session:
            return int(await session.scalar(text("SELECT count(*) FROM audit_entry")) or 0)

    return counted
