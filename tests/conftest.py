"""Fixtures of every suite: a real PostgreSQL, migrated once, cloned for each test that asks for it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from services import SERVICES
from shared.db.migrate import migrate
from shared.http import problems
from shared.postgres import Cluster, DisposableCluster
from shared.security.vault import Vault, VaultSettings

pytest_plugins = ["tests.kafka_fixture", "tests.scheduling"]

ROOT = Path(__file__).parents[1]
TEMPLATE = "template_shouwang"
PREPARE = Path(__file__).with_name("restoring.sql").read_text(encoding="utf-8")
LARGE = 60_000_000
"""Bytes of a copy that is not worth restoring."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """This worker's own server: empty but for the migrated template. It need not outlive a crash."""
    with DisposableCluster(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """The name of a database with every service's schema in it. A service's own tests have one with its schema alone."""
    return migrated(cluster, *SERVICES)


def migrated(cluster: Cluster, *services: str) -> str:
    """A template with the schemas of `services`: the fewer, the sooner it is copied for each test."""
    name = "_".join((TEMPLATE, *services))

    def prepare() -> None:
        asyncio.run(_execute(cluster, f"CREATE DATABASE {name} OWNER shouwang"))
        for service in services:
            migrate(service, cluster.dsn("shouwang", name))

    # A thread, for the session's event loop is running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(prepare).result()
    return name


@pytest.fixture
async def fresh_database(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """A copy of the template of its own, for a test that changes the schema or the database itself."""
    name = await _copy(cluster, template)
    yield name
    await _execute(cluster, f"DROP DATABASE {name} WITH (FORCE)")


_copies: dict[str, str] = {}
"""By template, the copy that this worker's tests use one after another."""


@pytest.fixture
async def database_name(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """A database as the template is, for one test: its commits are real, and are undone after it (`restoring.sql`).

    One copy serves them all, for emptying the few tables that a test filled is quicker than copying hundreds of files,
    until dead rows have made it large.
    """
    if template not in _copies:
        _copies[template] = await _copy(cluster, template)
        await _execute(cluster, PREPARE, _copies[template])
    name = _copies[template]
    yield name
    if await _execute(cluster, "SELECT pg_database_size(current_database())", name) > LARGE:
        await _execute(cluster, f"DROP DATABASE {_copies.pop(template)} WITH (FORCE)")
    else:
        await _execute(cluster, "CALL restoring.restore()", name)


_routes: dict[str, list[BaseRoute]] = {}
"""By service, the routes of the first app of it that this worker made."""


def with_known_routes(app: FastAPI) -> FastAPI:
    """The app, with the routes of the first app of its service.

    They hold nothing that is an app's own, and what each of them takes and answers is worked out at its first request:
    done anew in every test, that was a quarter of the time of a whole run.
    """
    app.router.routes = _routes.setdefault(app.state.name, app.router.routes)
    return app


@pytest.fixture(scope="session")
def vault_settings() -> VaultSettings:
    """Keys for this run."""
    return VaultSettings.generate()


@pytest.fixture(scope="session")
def vault(vault_settings: VaultSettings) -> Vault:
    """The vault all services of a test share, as they do in production."""
    return Vault(vault_settings)


async def _copy(cluster: Cluster, template: str) -> str:
    name = f"test_{uuid4().hex[:12]}"
    await _execute(cluster, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER shouwang")
    return name


async def _execute(cluster: Cluster, statement: str, database: str = "postgres") -> Any:
    connection = await asyncpg.connect(cluster.dsn("postgres", database).replace("+asyncpg", ""))
    try:
        if statement.startswith("SELECT"):
            return await connection.fetchval(statement)
        return await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(autouse=True, scope="session")
def documented_problems() -> Iterator[None]:
    """Whatever problem a test meets must stand in the document of its route, with its code."""
    answer = problems.answer

    def watched(request: Request, status: int, code: str, *more: Any, **further: Any) -> Response:
        route = request.scope.get("route")
        if (
            status not in (405, 500)
            and isinstance(route, APIRoute)
            and (codes := documented().get(_name(request, route)))
        ):
            assert code in codes.get(str(status), ()), f"{route.name} does not document {status} {code}"
        return answer(request, status, code, *more, **further)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(problems, "answer", watched)
        yield


def _name(request: Request, route: APIRoute) -> str:
    return f"{getattr(request.app.state, 'name', '')}_{route.name}"


@cache
def documented() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """By operation and status, the codes of problems."""
    document = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
    return {
        operation["operationId"]: {
            status: re.findall("`(.+?)`", answer["description"])
            for status, answer in operation["responses"].items()
            if status.startswith(("4", "5"))
        }
        for item in document["paths"].values()
        for operation in item.values()
    }
