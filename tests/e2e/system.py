"""The system as a test holds it: who can sign in, where it answers, and how to break it.

`Embedded` is one process without a broker, as `make run` starts it. `OnKafka` is one process per service, a real
Apache Kafka between them, and a PostgreSQL that is this test run's child: the parts of a production deployment.
"""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.e2e.collector import Collector
from tests.e2e.story import Family, families

HOUSEHOLDS = 120
SWEEP_SECONDS = 2
"""A system that only waits, while another is tested, takes a part of the machine that is the larger the shorter this is."""
QUICK = {
    # What a deployment sets for strength or calm, and a test for speed.
    "ARGON2_TIME_COST": "1",
    "ARGON2_MEMORY_COST": "64",
    "ARGON2_PARALLELISM": "1",
    "SWEEP_SECONDS": str(SWEEP_SECONDS),
    "BATCH_PROCESSES": "1",
    "WEBHOOKS_LOCAL": "true",  # a bureau's system is on this machine too
    "KAFKA_SESSION_TIMEOUT": "3",
    "KAFKA_REQUEST_TIMEOUT": "5",
    "TELEMETRY_LOG_LEVEL": "INFO",
    "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds
}


class System(ABC):
    """A running system with the demo county in it."""

    name: str
    victims: tuple[str, ...]
    """What `kill` can kill."""

    def __init__(self, collector: Collector | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="shouwang-e2e-"))
        # The database's account must reach it, which it cannot in pytest's private folders when we are root.
        self.folder.chmod(0o755)
        self.environment = QUICK | ({"TELEMETRY_OTLP_ENDPOINT": collector.endpoint} if collector else {})
        self.demo: dict[str, Any] = {}
        self._families: Iterator[Family] | None = None

    @abstractmethod
    def client(self, **headers: str) -> httpx.AsyncClient:
        """A client of the whole system; `base_url` is set."""

    @abstractmethod
    async def start(self, name: str) -> None:
        """Start a victim again and wait until it is ready."""

    @abstractmethod
    async def kill(self, name: str) -> None:
        """SIGKILL."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop everything in order and delete what it wrote."""

    @abstractmethod
    def log(self, service: str) -> str:
        """What the process of a service has logged."""

    @abstractmethod
    def _postgres(self) -> str:
        """The database, as its superuser."""

    async def ask(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        """Rows of a query over every service's schema, past all permits: for checks, never for the story."""
        connection = await asyncpg.connect(self._postgres())
        try:
            return [dict(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await connection.close()

    def story_family(self) -> Family:
        """The household of the story's village, with a pupil and adults."""
        return families(self.demo)[0]

    def family(self) -> Family:
        """A household no test has used yet."""
        self._families = self._families or iter(families(self.demo)[1:])
        return next(self._families)

    def bureau(self, feed: str) -> httpx.AsyncClient:
        """A department's system, with its API key."""
        return self.client(**{"X-API-Key": self.demo["api_keys"][feed]})

    async def sign_in(self, role: str, area_code: str | None = None, username: str | None = None) -> httpx.AsyncClient:
        """Somebody of that role, in that area and with that name if they are given."""
        account = next(
            one
            for one in self.demo["accounts"]
            if one["role"] == role and area_code in (None, one["area_code"]) and username in (None, one["username"])
        )
        client = self.client()
        form = {"grant_type": "password", "username": account["username"], "password": account["password"]}
        answer = await client.post("/directory/v1/tokens", data=form)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client
