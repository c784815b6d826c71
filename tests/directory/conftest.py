"""A directory on a database of its own, its relay running, and a listener who hears what it tells."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.directory import usecases
from services.directory.app import create_app
from services.directory.keys import OwnKeys
from services.directory.settings import Argon2Settings, DirectorySettings, LoginSettings
from shared.areas import Scope
from shared.bus.local import LocalBus
from shared.bus.port import Message
from shared.clock import local_date, utc_now
from shared.contracts import BY_TYPE
from shared.contracts.envelope import Event
from shared.db.engine import Database, DatabaseSettings
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests import signing
from tests.conftest import migrated, with_known_routes

V1 = "/directory/v1"
PASSWORD = "correct horse battery"
CHEAP = Argon2Settings(time_cost=1, memory_cost=8, parallelism=1)

AREAS = """code,name
539921000000,云岭县
539921101000,青石镇
539921101200,松林村
539921101201,竹溪村
539921102000,白水乡
539921102200,石桥村
"""


@dataclass
class Listener:
    """Keeps every event that leaves the directory."""

    events: list[Event] = field(default_factory=list)

    async def deliver(self, messages: Sequence[Message]) -> None:
        self.events += [BY_TYPE[message.type].model_validate_json(message.value) for message in messages]

    async def hear(self, kind: type[Event], count: int = 1) -> list[Any]:
        """The events of that kind, when there are `count`; fails after five seconds."""
        for _ in range(250):
            found = [event for event in self.events if isinstance(event, kind)]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"{len(found)} of {count} {kind.__name__}")


@dataclass
class Directory:
    """The running app and what tests ask of it."""

    app: FastAPI
    http: httpx.AsyncClient
    database: Database
    heard: Listener

    def as_(self, role: str, *areas: str, feeds: Sequence[str] = (), sub: UUID | None = None) -> dict[str, str]:
        """Headers of somebody with that role; `areas` empty: everywhere."""
        return {
            "Authorization": f"Bearer {signing.token(role, areas or ['*'], feeds, sub or uuid5(NAMESPACE_URL, role))}"
        }

    async def post(self, path: str, json: Any = None, role: str = "admin", **more: Any) -> httpx.Response:
        """POST as an administrator, or as `role` everywhere."""
        return await self.http.post(f"{V1}{path}", json=json, **{"headers": self.as_(role), **more})

    async def get(self, path: str, role: str = "admin", **more: Any) -> httpx.Response:
        """GET as an administrator, or as `role` everywhere."""
        return await self.http.get(f"{V1}{path}", **{"headers": self.as_(role), **more})

    async def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        """The password grant."""
        form = {"grant_type": "password", "username": username, "password": password}
        return await self.http.post(f"{V1}/tokens", data=form)

    async def renew(self, refresh_token: str) -> httpx.Response:
        """The refresh grant."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self.http.post(f"{V1}/tokens", data=form)

    async def sql(self, statement: str) -> list[Any]:
        """Run one statement as the service's own role."""
        async with self.database.engine.begin() as connection:
            result = await connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []


MakeDirectory = Callable[..., Any]


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A database with the schema of this service."""
    return migrated(cluster, "directory")


@pytest.fixture
async def make_directory(
    cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> AsyncIterator[MakeDirectory]:
    """Make apps on one database, each with settings of its own."""
    running: list[tuple[Any, httpx.AsyncClient]] = []

    async def make(**settings: Any) -> Directory:
        url = DatabaseSettings(url=SecretStr(cluster.dsn("directory", database_name)), pool_size=8)
        database = Database(url, "directory")
        own = OwnKeys(database)

        async def find_key(kid: str) -> Any:
            return await signing.find_key(kid) or await own.find(kid)

        bus, listener = LocalBus(), Listener()
        bus.subscribe("listener", {event.topic for event in BY_TYPE.values()}, listener.deliver)
        given = {"argon2": CHEAP, "login": LoginSettings(address_failures=50), **settings}
        wanted = DirectorySettings(database=url, vault=vault_settings, **given)
        app = with_known_routes(create_app(wanted, bus, find_key))
        lifespan = app.router.lifespan_context(app)
        await lifespan.__aenter__()
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://directory")
        running.append((lifespan, client))
        stop_with.append(database)
        return Directory(app, client, database, listener)

    stop_with: list[Database] = []
    yield make
    for lifespan, client in running:
        await client.aclose()
        await lifespan.__aexit__(None, None, None)
    for database in stop_with:
        await database.stop()


@pytest.fixture
async def empty(make_directory: MakeDirectory) -> Directory:
    """A directory with nothing in it."""
    made: Directory = await make_directory()
    return made


@pytest.fixture
async def directory(empty: Directory) -> Directory:
    """A directory with a county's areas, two bureaus and the national default policies."""
    await import_areas(empty, AREAS)
    for code, name, feeds in (
        ("education", "教育体育局", ["education.absence", "education.dropout"]),
        ("medical", "医疗保障局", ["medical.cost"]),
    ):
        body = {"code": code, "name": name, "kind": "bureau", "area_code": "539921", "feeds": feeds}
        assert (await empty.post("/organisations", body)).status_code == 201
    async with empty.database.write(Scope.everywhere()) as session:
        await usecases.install_defaults(session, utc_now())
    return empty


async def import_areas(directory: Directory, table: str) -> None:
    """Load areas through the API."""
    headers = {**directory.as_("admin"), "Content-Type": "text/csv"}
    answer = await directory.http.post(f"{V1}/areas/imports", content=table.encode(), headers=headers)
    assert answer.status_code == 200, answer.text


def new_account(username: str, role: str = "village", area: str = "539921101200", **more: Any) -> dict[str, Any]:
    """The body of a new account."""
    body = {"username": username, "password": PASSWORD, "display_name": "某某", "role": role, "areas": [area]}
    return {**body, **more}


def codes(answer: httpx.Response) -> dict[str, str]:
    """A problem's mistakes: field → code."""
    return {error["field"]: error["code"] for error in answer.json().get("errors") or []}


def in_days(days: int) -> str:
    """A day in China, as JSON has it."""
    return (local_date(utc_now()) + timedelta(days=days)).isoformat()
