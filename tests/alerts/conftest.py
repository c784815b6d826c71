"""The alerts service on a database of its own, with a county's areas, two API keys, and a listener on its bus."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.alerts.app import create_app
from services.alerts.settings import AlertsSettings
from shared.bus.local import LocalBus
from shared.bus.port import Message
from shared.clock import local_date, utc_now
from shared.contracts import BY_TYPE
from shared.contracts.directory import ApiKeyChanged, AreaRecord, AreasChanged, PolicyPublished
from shared.contracts.envelope import Event
from shared.contracts.topics import ON_THE_BUS
from shared.db.engine import Database, DatabaseSettings
from shared.idnumber import complete
from shared.ids import new_id
from shared.postgres import Cluster
from shared.security.gate import api_key_hash
from shared.security.vault import Vault, VaultSettings
from tests import signing
from tests.conftest import migrated, with_known_routes
from tests.shipped import DEFAULTS

ALERTS = "/alerts/v1/alerts"
BATCHES = "/alerts/v1/batches"
VILLAGE = "539921100001"
OTHER_COUNTY = "539922100001"
CLOSED = "539921100009"
EDUCATION = {"X-API-Key": "education-secret"}
MEDICAL = {"X-API-Key": "medical-secret"}
FIRST_ID_NUMBER = str(complete("53992120120304001"))


@dataclass
class Listener:
    """Keeps every event that leaves the service."""

    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    async def deliver(self, messages: Sequence[Message]) -> None:
        self.messages += messages
        self.events += [BY_TYPE[message.type].model_validate_json(message.value) for message in messages]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    async def hear(self, kind: type[Event], count: int = 1) -> list[Any]:
        """The events of that kind, when there are `count`; fails after ten seconds."""
        await until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


@dataclass
class Service:
    """The running app and what tests ask of it."""

    app: FastAPI
    http: httpx.AsyncClient
    bus: LocalBus
    heard: Listener
    vault: Vault
    database: Database
    lifespan: AsyncExitStack

    async def stop(self) -> None:
        """Stop it, as a signal would."""
        await self.lifespan.aclose()

    async def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        """POST as the education bureau's system."""
        return await self.http.post(path, json=json, **{"headers": EDUCATION, **more})

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """GET as the education bureau's system."""
        return await self.http.get(path, **{"headers": EDUCATION, **more})

    async def tell(self, *events: Event) -> None:
        """Deliver events of others, in one batch."""
        now = utc_now().isoformat()
        await self.bus.publish(
            [Message(e.topic, e.key, str(new_id()), e.type, "/test", now, e.model_dump_json().encode()) for e in events]
        )

    async def sql(self, statement: str) -> list[Any]:
        """Run one statement as the service's own role."""
        async with self.database.engine.begin() as connection:
            result = await connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []

    async def count(self, table: str) -> int:
        """Rows of a table."""
        return int((await self.sql(f"SELECT count(*) FROM {table}"))[0][0])

    async def batch(self, batch_id: str, state: str = "done", **more: Any) -> dict[str, Any]:
        """The batch, once it is in that state."""
        answer: dict[str, Any] = {}
        for _ in range(1000):
            answer = (await self.get(f"{BATCHES}/{batch_id}", **more)).json()
            if answer["state"] == state:
                return answer
            await asyncio.sleep(0.02)
        raise AssertionError(answer)


async def until(true: Callable[[], bool | Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait until it is true; fail after `seconds`."""
    for _ in range(int(seconds / 0.02)):
        found = true()
        if found if isinstance(found, bool) else await found:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not become true")


def id_number(number: int) -> str:
    """A valid ID number of nobody."""
    return str(complete(f"539921201203{number // 1000 % 28 + 1:02}{number % 1000:03}"))


def pupil(number: int) -> dict[str, Any]:
    """Somebody of whom no other test reports anything."""
    return {"id_number": id_number(number), "name": f"学生{number}"}


def days_ago(days: int) -> str:
    """A day in China, as JSON has it."""
    return (local_date(utc_now()) - timedelta(days=days)).isoformat()


def absence(**changed: Any) -> dict[str, Any]:
    """A pupil's absence; `changed` replaces whole fields, and None leaves one out."""
    draft = {
        "feed": "education.absence",
        "source_ref": "JY-1",
        "occurred_on": days_ago(1),
        "person": {"id_number": FIRST_ID_NUMBER, "name": "张小明", "phone": "15400000017"},
        "area_code": VILLAGE,
        "evidence": {"days_absent": 4, "last_seen_on": days_ago(5), "school": "云岭中学", "reason": "随父母外出"},
        **changed,
    }
    return {name: value for name, value in draft.items() if value is not None}


def absences(count: int) -> list[dict[str, Any]]:
    """Different pupils."""
    return [absence(source_ref=f"JY-{n}", person=pupil(n)) for n in range(count)]


def cost(**changed: Any) -> dict[str, Any]:
    """A medical bill, enough to trigger whoever it is about."""
    evidence = {"self_pay": 28200.5, "total": 60000, "period": "2026-02", "hospital": "云岭县医院", "insured": True}
    return absence(**{"feed": "medical.cost", "source_ref": "YB-1", "evidence": evidence, **changed})


def bearer(role: str, feeds: Sequence[str] = (), areas: Sequence[str] = ("539921",), sub: UUID | None = None) -> Any:
    """Headers of an account."""
    return {"Authorization": f"Bearer {signing.token(role, areas, feeds, sub)}"}


def faults(answer: httpx.Response) -> dict[str, str]:
    """A problem's mistakes: field → code."""
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


def key_changed(secret: str, feeds: list[str], bureau: str, revoked: bool = False) -> ApiKeyChanged:
    """An API key for the county 539921."""
    now = utc_now()
    return ApiKeyChanged(
        key_id=new_id(),
        bureau=bureau,
        secret_hash=api_key_hash(secret),
        feeds=feeds,
        areas=["539921"],
        expires_at=now + timedelta(days=1),
        revoked_at=now if revoked else None,
    )


def merge_policy(**changed: Any) -> PolicyPublished:
    """The national default of `alert-merge`, or another version of it."""
    version = {"policy_id": new_id(), "version": 1, "area_prefix": "", "body": DEFAULTS["alert-merge"], **changed}
    return PolicyPublished(kind="alert-merge", valid_from=date(2021, 1, 1), author="test", **version)


MakeService = Callable[..., Awaitable[Service]]


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A database with the schema of this service."""
    return migrated(cluster, "alerts")


@pytest.fixture
async def make_service(
    cluster: Cluster, database_name: str, vault: Vault, vault_settings: VaultSettings
) -> AsyncIterator[MakeService]:
    """Start services on one database; each works off batches in this process unless told otherwise."""
    running: list[Service] = []

    async def make(batch_processes: int = 0, **more: Any) -> Service:
        url = DatabaseSettings(url=SecretStr(cluster.dsn("alerts", database_name)), pool_size=8)
        settings = AlertsSettings(database=url, vault=vault_settings, batch_processes=batch_processes, **more)
        bus, listener = LocalBus(), Listener()
        bus.subscribe("listener", ON_THE_BUS.keys(), listener.deliver)
        app = with_known_routes(create_app(settings, bus, signing.find_key))
        lifespan = AsyncExitStack()
        await lifespan.enter_async_context(app.router.lifespan_context(app))
        client = await lifespan.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alerts")
        )
        made = Service(app, client, bus, listener, vault, Database(url, "alerts"), lifespan)
        lifespan.push_async_callback(made.database.stop)
        running.append(made)
        return made

    yield make
    for made in running:
        await made.stop()


@pytest.fixture
async def service(make_service: MakeService) -> Service:
    """The service, knowing two counties' areas and two bureaus' keys."""
    made = await make_service()
    areas = [(VILLAGE, True), ("539921100002", True), (OTHER_COUNTY, True), (CLOSED, False)]
    await made.tell(
        AreasChanged(areas=[AreaRecord(code=code, name="某村", active=active) for code, active in areas]),
        key_changed("education-secret", ["education.absence"], "education"),
        key_changed("medical-secret", ["medical.cost"], "medical"),
        merge_policy(),
    )
    made.heard.events.clear()
    made.heard.messages.clear()
    return made


def today() -> date:
    """The day in China."""
    return local_date(utc_now())


@pytest.fixture
async def every_bill_triggers(service: Service) -> None:
    """The county takes each bill, however small: for tests that are about what comes afterwards."""
    levels = '[{"severity": "medium", "when": "self_pay >= 0"}]'
    await service.sql(f"UPDATE rule SET levels = '{levels}', parameters = '{{}}' WHERE feed = 'medical.cost'")


@pytest.fixture
def originals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the test's own for originals."""
    monkeypatch.setenv("FILES_URL", (tmp_path / "originals").as_uri())


AREAS = {
    "539921000000": "云岫县",
    "539921100000": "龙泉镇",
    VILLAGE: "龙泉村",
    "539921100002": "石桥村",
    "539922100001": "外县村",
}


def named_areas() -> AreasChanged:
    """The county, with names that tell its villages apart."""
    return AreasChanged(areas=[AreaRecord(code=code, name=name, active=True) for code, name in AREAS.items()])


@pytest.fixture
async def county(service: Service) -> Service:
    """The service, knowing its villages by name."""
    await service.tell(named_areas())
    return service
