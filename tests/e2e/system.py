"""The system as a test holds it: who can sign in, where it answers, and how to break it.

`Embedded` is one process without a broker, as `make run` starts it. `OnKafka` is one process per service, a real
Apache Kafka between them, and a PostgreSQL that is this test run's child: the parts of a production deployment.
"""

import asyncio
import json
import os
import shutil
import signal
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from demo.load import load_county
from services import SERVICES
from shared.postgres import DisposableCluster
from shared.postgres.configuration import PORT as POSTGRES_PORT
from shared.postgres.place import STATE_DIR, choose_place
from shared.security.vault import VaultSettings
from tests.e2e.collector import Collector
from tests.e2e.programs import Program
from tests.e2e.routing import ByService
from tests.e2e.story import Family, families
from tools.kafka.broker import KafkaBroker
from tools.kafka.probe import free_port

HOUSEHOLDS = 120
BATCH_WORKER = "batch-worker"
"""The process of the alerts service that works batches off."""
QUICK = {
    # What a deployment sets for strength or calm, and a test for speed.
    "ARGON2_TIME_COST": "1",
    "ARGON2_MEMORY_COST": "64",
    "ARGON2_PARALLELISM": "1",
    "SWEEP_SECONDS": "1",
    "BATCH_PROCESSES": "1",
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

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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

    async def sign_in(self, role: str, area_code: str | None = None) -> httpx.AsyncClient:
        """Somebody of that role, in that area if it is given."""
        account = next(
            one for one in self.demo["accounts"] if one["role"] == role and area_code in (None, one["area_code"])
        )
        client = self.client()
        form = {"grant_type": "password", "username": account["username"], "password": account["password"]}
        answer = await client.post("/directory/v1/tokens", data=form)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client


class Embedded(System):
    """`python -m services.embedded`."""

    name = "embedded"
    victims = ("system",)

    def __init__(
        self,
        *,
        collector: Collector | None = None,
        households: int = HOUSEHOLDS,
        data_dir: Path | None = None,
        **environment: str,
    ) -> None:
        super().__init__(_folder())
        self.data_dir = data_dir or self.folder / "data"
        self.data_dir.mkdir(mode=0o755, exist_ok=True)
        self.base_url = f"http://127.0.0.1:{(port := free_port())}"
        self.program = Program(
            "embedded",
            ["services.embedded"],
            {
                **QUICK,
                **_traces(collector),
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "DATA_DIR": str(self.data_dir),
                "DEMO_HOUSEHOLDS": str(households),
                **environment,
            },
            url=self.base_url,
            log=self.folder / "embedded.log",
        )

    async def open(self) -> "Embedded":
        """Start it for the first time."""
        await self.program.start()
        demo = self.data_dir / "demo.json"
        self.demo = json.loads(demo.read_text(encoding="utf-8")) if demo.exists() else {}
        return self

    def client(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.base_url, headers=headers, timeout=30, trust_env=False)

    async def start(self, name: str = "system") -> None:
        await self.program.start()

    async def kill(self, name: str = "system") -> None:
        self.program.kill()

    async def stop(self) -> None:
        await self.program.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, service: str) -> str:
        return self.program.log()

    def _postgres(self) -> str:
        place = choose_place(self.data_dir / "postgres", STATE_DIR)
        return f"postgresql://postgres@/shouwang?host={place.socket_dir}&port={POSTGRES_PORT}"


class OnKafka(System):
    """`python -m services.cli serve SERVICE` for each service, with a broker and a database of their own."""

    name = "kafka"
    victims = (*SERVICES, BATCH_WORKER, "kafka", "postgres")

    def __init__(self, broker: KafkaBroker, *, collector: Collector | None = None) -> None:
        super().__init__(_folder())
        self.broker = broker
        self.cluster = DisposableCluster()
        self._collector = collector
        self.programs: dict[str, Program] = {}
        self._admin = self.folder / "admin.json"

    async def open(self) -> "OnKafka":
        """Everything from nothing: database, schemas, administrator, services, the demo county."""
        self.cluster.start()
        vault = VaultSettings.generate()
        urls = {service: f"http://127.0.0.1:{free_port()}" for service in SERVICES}
        for service in SERVICES:
            port = urls[service].rpartition(":")[2]
            self.programs[service] = Program(
                service,
                ["services.cli", "serve", service, "--port", port],
                self._environment(service, vault, urls),
                url=urls[service],
                log=self.folder / f"{service}.log",
            )
        await self._prepare(self._environment("directory", vault, urls))
        for program in self.programs.values():
            program.launch()
        for program in self.programs.values():
            await program.ready()
        await self._load()
        return self

    def _environment(self, service: str, vault: VaultSettings, urls: Mapping[str, str]) -> dict[str, str]:
        keys = {id_: key.get_secret_value() for id_, key in vault.keys.items()}
        return {
            **QUICK,
            **_traces(self._collector),
            "DATABASE_URL": self.cluster.dsn(service),
            "OWNER_DATABASE_URL": self.cluster.dsn("shouwang"),
            "VAULT_KEYS": json.dumps(keys),
            "VAULT_ACTIVE": str(vault.active),
            "VAULT_INDEX_KEY": vault.index_key.get_secret_value(),
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "TOKEN_JWKS_URL": f"{urls['directory']}/directory/v1/jwks",
        }

    async def _prepare(self, environment: Mapping[str, str]) -> None:
        for command in (["migrate"], ["bootstrap", "--file", str(self._admin)]):
            program = Program(
                command[0], ["services.cli", *command], environment, url="", log=self.folder / f"{command[0]}.log"
            )
            program.launch()
            async with asyncio.timeout(60):
                while program.exit_code is None:
                    await asyncio.sleep(0.02)
            assert program.exit_code == 0, program.log()

    async def _load(self) -> None:
        file = self.folder / "demo.json"
        async with self.client() as client:
            await load_county(
                client,
                admin_file=self._admin,
                households=HOUSEHOLDS,
                file=file,
                base_url="http://shouwang",
                progress=lambda *_: None,
            )
        self.demo = json.loads(file.read_text(encoding="utf-8"))

    def client(self, **headers: str) -> httpx.AsyncClient:
        transport = ByService({service: program.url for service, program in self.programs.items()})
        return httpx.AsyncClient(base_url="http://shouwang", transport=transport, headers=headers, timeout=30)

    async def start(self, name: str) -> None:
        if name == "kafka":
            await asyncio.to_thread(self.broker.start)
        elif name == "postgres":
            self.cluster.start()
        elif name != BATCH_WORKER:  # which its service starts anew
            await self.programs[name].start()

    async def kill(self, name: str) -> None:
        if name == "kafka":
            await asyncio.to_thread(self.broker.kill)
        elif name == "postgres":
            os.kill(self._postmaster(), signal.SIGKILL)
        elif name == BATCH_WORKER:
            for child in psutil.Process(self.programs["alerts"].pid).children():
                child.kill()
        else:
            self.programs[name].kill()

    async def stop(self) -> None:
        for program in self.programs.values():
            await program.close()
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, service: str) -> str:
        return self.programs[service].log()

    def _postmaster(self) -> int:
        return int((self.cluster.data_dir / "pgdata" / "postmaster.pid").read_text().split("\n", 1)[0])

    def _postgres(self) -> str:
        return self.cluster.dsn("postgres").replace("+asyncpg", "")


def _folder() -> Path:
    """Where the database's account can reach it, which pytest's private folders are not when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="shouwang-e2e-"))
    folder.chmod(0o755)
    return folder


def _traces(collector: Collector | None) -> dict[str, str]:
    return {"TELEMETRY_OTLP_ENDPOINT": collector.endpoint} if collector else {}
