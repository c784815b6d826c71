"""Every route of every service against every role: the table is built from the routes, so none can be forgotten."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.assembly import CREATE_APP, SETTINGS
from shared.bus.local import LocalBus
from shared.db.engine import DatabaseSettings
from shared.http.documents import routes
from shared.security.permits import Permit
from shared.security.principals import Role
from shared.security.vault import VaultSettings
from tests import signing

NOBODY_THERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
ID = "0190d3a0-0000-7000-8000-000000000000"


@pytest.fixture(scope="module", params=sorted(CREATE_APP))
def app(request: pytest.FixtureRequest) -> FastAPI:
    """A service whose database is away: who may not come in must be turned away before it is asked."""
    settings = SETTINGS[request.param](
        database=DatabaseSettings(url=SecretStr(NOBODY_THERE)), vault=VaultSettings.generate()
    )
    return CREATE_APP[request.param](settings, LocalBus(), signing.find_key)


def _table(app: FastAPI) -> Iterator[tuple[str, str, Permit]]:
    for method, path, permit in routes(app):
        if isinstance(permit, Permit):
            yield method, re.sub(r"\{[^}]+\}", ID, path), permit


def test_every_route_says_who_may_use_it(app: FastAPI) -> None:
    listed = list(routes(app))
    assert len(listed) > 5
    assert [(method, path) for method, path, permit in listed if permit is None] == []


async def test_nobody_comes_in_without_a_token_and_no_role_without_a_permit(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for method, path, permit in _table(app):
            bare = await client.request(method, path)
            assert (bare.status_code, bare.json()["code"]) == (401, "unauthenticated"), (method, path)
            for role in Role:
                headers = {"Authorization": f"Bearer {signing.token(role, ['539921'], feeds=['education.absence'])}"}
                answer = await client.request(method, path, headers=headers)
                if role in permit.roles:
                    assert answer.status_code not in (401, 500), (method, path, role, answer.text)
                    assert answer.status_code != 403 or answer.json()["code"] != "role-not-permitted", (
                        method,
                        path,
                        role,
                    )
                else:
                    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted"), (
                        method,
                        path,
                        role,
                    )


async def test_no_route_passes_over_a_parameter_that_it_does_not_know(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for method, path, permit in routes(app):
            role = next(iter(permit.roles)) if isinstance(permit, Permit) else Role.ADMIN
            headers = {"Authorization": f"Bearer {signing.token(role, ['539921'])}"}
            answer = await client.request(method, re.sub(r"\{[^}]+\}", ID, path), params={"limt": 1}, headers=headers)
            told = [(answer.status_code, error["field"], error["code"]) for error in answer.json().get("errors", ())]
            codes = ("parameter-misspelt", "parameter-unknown", "parameters-none")
            assert told in [[(422, "limt", code)] for code in codes], (method, path)


@pytest.mark.parametrize("header", ["Bearer", "Bearer x.y.z", "Basic YTpi", f"Bearer {'a' * 5000}"])
async def test_a_broken_token_is_a_plain_401(app: FastAPI, header: str) -> None:
    method, path, _ = next(_table(app))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, path, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_supervisors_change_nothing(app: FastAPI) -> None:
    changing = [
        (method, path) for method, path, permit in _table(app) if method != "GET" and Role.SUPERVISOR in permit.roles
    ]
    reading = ("/search", "/tokens", "/revocation", "/password", "/trial")
    assert [(m, p) for m, p in changing if not p.endswith(reading)] == []
