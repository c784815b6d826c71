"""A jobs service on one database a worker, database_name for each test: county 539921, two townships, three villages."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import CursorResult, text

from services.jobs.app import create_app
from services.jobs.consumers import make_handlers
from services.jobs.settings import JobsSettings
from shared.areas import Scope
from shared.bus.local import LocalBus
from shared.clock import local_date, utc_now
from shared.contracts.directory import AccountChanged, AreasChanged, PolicyPublished
from shared.contracts.envelope import Event
from shared.contracts.labour import FACTS, ID_NUMBER, NAME, PHONE, LabourChanged
from shared.db.engine import Database, DatabaseSettings
from shared.files import FilesSettings
from shared.inbox import Inbox
from shared.postgres import Cluster
from shared.security.principals import Principal, Role
from shared.security.vault import Vault, VaultSettings
from tests import signing
from tests.conftest import migrated, with_known_routes
from tests.households.conftest import (
    BAMBOO,
    BRIDGE,
    COUNTY,
    NAMES,
    PINE,
    RIVER,
    STONE,
    account_id,
    id_number,
    message,
    policy_id,
)
from tests.shipped import DEFAULTS

__all__ = ["BAMBOO", "BRIDGE", "COUNTY", "PINE", "RIVER", "STONE", "Jobs", "account_id", "id_number", "policy_id"]

V1 = "/jobs/v1"
LONG_AGO = date(2020, 1, 1)


@dataclass
class Jobs:
    """The running service, and what tests ask of it."""

    app: FastAPI
    http: httpx.AsyncClient
    database: Database
    inbox: Inbox
    vault: Vault

    async def call(
        self, method: str, path: str, role: str = "county", area: str = COUNTY, **request: Any
    ) -> httpx.Response:
        """One request of somebody with that role and area."""
        signed = signing.token(role, [area], (), sub=account_id(role, area))
        headers = {"Authorization": f"Bearer {signed}", **request.pop("headers", {})}
        return await self.http.request(method, f"{V1}{path}", headers=headers, **request)

    async def get(self, path: str, role: str = "county", area: str = COUNTY, **request: Any) -> Any:
        """GET that must succeed; its JSON."""
        answer = await self.call("GET", path, role, area, **request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(
        self, path: str, json: Any = None, role: str = "county", area: str = COUNTY, **request: Any
    ) -> httpx.Response:
        """POST."""
        return await self.call("POST", path, role, area, json=json, **request)

    async def people(self, *numbers: int, **facts: Any) -> list[UUID]:
        """Let the register tell of people with those numbers, all with the same `facts`; their ids here."""
        records = [self.record(number, **facts) for number in numbers]
        await self.deliver(LabourChanged.model_validate({"people": records}))
        found = dict(await self.sql("SELECT person_key, id FROM person"))
        return [UUID(str(found[one["person_key"]])) for one in records]

    def record(self, number: int, **facts: Any) -> dict[str, Any]:
        """A record of the register: one household a person, born in 1990, unless told otherwise.

        `name`, `phone`, `health`, `disability_class`, `disability_level` in clear: they are sealed here.
        """
        born: date = facts.pop("birth_on", date(1990, 1, 1))
        number_of = id_number(number, born.strftime("%Y%m%d"))
        further = {
            "birth_on": born.isoformat(),
            "health": facts.pop("health", ["healthy"]),
            "disability_class": facts.pop("disability_class", None),
            "disability_level": facts.pop("disability_level", None),
        }
        return {
            "person_key": self.vault.person_key(number_of),
            "household_id": uuid5(NAMESPACE_URL, f"household {number}"),
            "area_code": PINE,
            "active": True,
            "household_class": "ordinary",
            "relation": "02",
            "sex": "1",
            "education": "70",
            "pupil": False,
            "school_stage": None,
            "labour_skill": "ordinary",
            "relocated": False,
            "relocation_site": None,
            "grade": None,
            "name_sealed": self.seal(facts.pop("name", "张三"), NAME),
            "id_number_sealed": self.seal(number_of, ID_NUMBER),
            "phone_sealed": self.seal(facts.pop("phone", f"1540000{number:04}"), PHONE),
            "facts_sealed": base64.b64encode(self.vault.seal_json(further, FACTS)).decode(),
            "changed_at": utc_now(),
            **facts,
        }

    def seal(self, value: str, purpose: str) -> str:
        """As it travels in an event."""
        return base64.b64encode(self.vault.seal(value.encode(), purpose)).decode()

    async def deliver(self, *events: Event) -> None:
        """Hand events to the inbox, as the bus does."""
        await self.inbox.deliver([message(event) for event in events])

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """One statement of the service's own role, with everything in sight."""
        async with self.database.write(Scope.everywhere()) as session:
            result = await session.execute(text(statement), values)
            assert isinstance(result, CursorResult)
            return [tuple(row) for row in result] if result.returns_rows else []

    async def told(self, kind: type[Event]) -> list[Any]:
        """The events of that kind that wait in the outbox, oldest first."""
        rows = await self.sql("SELECT value FROM outbox WHERE type = :type ORDER BY id", type=kind.type)
        return [kind.model_validate_json(row[0]) for row in rows]


def principal(role: Role = Role.COUNTY, area: str = COUNTY) -> Principal:
    """Somebody, for a use case that is called without a route."""
    return Principal(account_id(role.value, area), "account", role, Scope.parse([area]))


def directory_events() -> list[Event]:
    """What the directory would have told: areas, policies, an account for each role and area."""
    accounts = [("village", PINE), ("village", BAMBOO), ("village", BRIDGE), ("township", STONE), ("township", RIVER)]
    return [
        AreasChanged(areas=[{"code": code, "name": name} for code, name in NAMES.items()]),
        *(
            PolicyPublished(
                policy_id=policy_id(kind),
                kind=kind,
                area_prefix="",
                valid_from=LONG_AGO,
                version=1,
                author="test",
                body=body,
            )
            for kind, body in DEFAULTS.items()
        ),
        *(
            AccountChanged(account_id=account_id(role, area), role=role, areas=[area], feeds=[], active=True)
            for role, area in [*accounts, ("county", COUNTY), ("supervisor", COUNTY)]
        ),
    ]


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A database with the schema of this service."""
    return migrated(cluster, "jobs")


@pytest.fixture
async def service(
    cluster: Cluster, database_name: str, vault: Vault, vault_settings: VaultSettings, tmp_path: Path
) -> AsyncIterator[Jobs]:
    """The service with its directory data. Its relay does not run, so that the outbox shows what was told."""
    settings = JobsSettings(
        database=DatabaseSettings(url=SecretStr(cluster.dsn("jobs", database_name)), pool_size=8),
        vault=vault_settings,
        sweep_seconds=3600,
        files=FilesSettings(url=(tmp_path / "files").as_uri(), max_bytes=10_000_000),
    )
    app = with_known_routes(create_app(settings, LocalBus(), signing.find_key))
    database: Database = app.state.database
    inbox = Inbox(database, make_handlers(vault), attempts=2, pause=0.01)
    async with AsyncExitStack() as stack:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://jobs")
        await stack.enter_async_context(client)
        stack.push_async_callback(database.stop)
        made = Jobs(app, client, database, inbox, vault)
        await made.deliver(*directory_events())
        yield made


@pytest.fixture
def now() -> datetime:
    """A moment ago."""
    return utc_now() - timedelta(minutes=1)


@pytest.fixture
def today() -> date:
    """The day in China."""
    return local_date(utc_now())
