"""The apps that run in a server process: the floor's, and ours wired for a measurement. Settings: the environment."""

import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import asyncpg
import jwt
import orjson
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from services import SERVICES
from services.gateway import Gateway
from shared import memory, telemetry
from shared.bus.local import LocalBus
from shared.bus.port import Bus, Deliver, Message
from shared.db.engine import DatabaseSettings

A = TypeVar("A")

FLOOR_TABLE = """
CREATE TABLE floor_alert (
    id uuid PRIMARY KEY, dept text NOT NULL, kind text NOT NULL, day date NOT NULL, id_ct bytea NOT NULL,
    payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (dept, kind, day, id)
);
CREATE INDEX ON floor_alert (day, dept);
CREATE INDEX ON floor_alert (created_at)
"""
_FLOOR_INSERT = "INSERT INTO floor_alert (id, dept, kind, day, id_ct, payload) VALUES ($1, $2, $3, $4, $5, $6)"
_ID_NUMBER_SEALED = bytes(64)


class Reading(BaseModel):
    """A body of eleven fields, about as large as an alert."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    dept: str = Field(pattern=r"^[a-z.]{3,40}$")
    kind: Literal["absence", "cost"]
    day: date
    at: datetime
    id_number: Annotated[str, Field(pattern=r"^[0-9]{17}[0-9X]$")]
    name: str = Field(max_length=100)
    area_code: str = Field(max_length=12)
    severity: Literal["low", "medium", "high"]
    tags: list[str]
    evidence: dict[str, str | int | float | bool]


def floor() -> FastAPI:
    """A bare FastAPI endpoint with one asyncpg INSERT: no key check, no sealing, no outbox."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["FLOOR_DSN"], min_size=16, max_size=16) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/insert", status_code=201)
    async def insert(reading: Reading) -> dict[str, str]:
        payload = orjson.dumps(reading.model_dump(exclude={"id", "day"})).decode()
        pool: asyncpg.Pool[Any] = app.state.pool
        await pool.execute(
            _FLOOR_INSERT, reading.id, reading.dept, reading.kind, reading.day, _ID_NUMBER_SEALED, payload
        )
        return {"id": str(reading.id)}

    @app.get("/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    return _settled(app)


def point() -> FastAPI:
    """A bare FastAPI endpoint with one asyncpg SELECT by an id: `FLOOR_SELECT`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["FLOOR_DSN"], min_size=4, max_size=4) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/one/{id_}")
    async def one(id_: UUID) -> dict[str, str]:
        pool: asyncpg.Pool[Any] = app.state.pool
        row = await pool.fetchrow(os.environ["FLOOR_SELECT"], id_)
        return {name: str(value) for name, value in row.items()} if row is not None else {}

    @app.get("/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    return _settled(app)


class NoSubscriber:
    """A bus behind which there is nobody. Where `BENCH_BUS=away` not even the bus: the outbox keeps its rows."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def subscribe(self, subscriber: str, topics: Collection[str], deliver: Deliver) -> None: ...

    async def publish(self, _messages: Sequence[Message]) -> None:
        if os.environ.get("BENCH_BUS") == "away":
            raise ConnectionError

    def health(self) -> Mapping[str, float]:
        return {}


def alerts() -> FastAPI:
    """The alerts service alone."""
    return _settled(_service("alerts", NoSubscriber()))


def households() -> FastAPI:
    """The households service alone."""
    return _settled(_service("households", NoSubscriber()))


def jobs() -> FastAPI:
    """The jobs service alone."""
    return _settled(_service("jobs", NoSubscriber()))


def embedded() -> Gateway:
    """All services in one process on the local bus, as `make run` has them."""
    bus = LocalBus()
    return _settled(Gateway({service: _service(service, bus) for service in SERVICES}))


def _service(name: str, bus: Bus) -> FastAPI:
    from services.assembly import CREATE_APP, SETTINGS  # the floor's process needs none of it

    url = os.environ["DATABASE_URL"].replace("{role}", name)
    settings = SETTINGS[name](database=DatabaseSettings.model_validate({"url": url}))
    telemetry.set_up(settings.telemetry, f"bench-{name}")
    return CREATE_APP[name](settings, bus, _find_key)


KEY_ID = "bench"


async def _find_key(key_id: str) -> jwt.PyJWK | None:
    """The key of whoever signs in, if anybody does in this benchmark."""
    public = os.environ.get("BENCH_KEY")
    return jwt.PyJWK(orjson.loads(public)) if public and key_id == KEY_ID else None


def _settled(app: A) -> A:
    """For ours and the floor alike."""
    memory.settle()
    return app
