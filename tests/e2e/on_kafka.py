"""The system in one process per service, with Kafka between them."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Mapping

import httpx
import psutil

from demo.load import load_county
from services import SERVICES
from shared.postgres import DisposableCluster
from shared.security.vault import VaultSettings
from tests.e2e.collector import Collector
from tests.e2e.programs import Program
from tests.e2e.routing import ByService
from tests.e2e.system import HOUSEHOLDS, System
from tools.kafka.broker import KafkaBroker
from tools.kafka.probe import free_port

BATCH_WORKER = "batch-worker"
"""The process of the alerts service that works batches off."""


class OnKafka(System):
    """`python -m services.cli serve SERVICE` for each service, with a broker and a database of their own."""

    name = "kafka"
    victims = (*SERVICES, BATCH_WORKER, "kafka", "postgres")

    def __init__(self, broker: KafkaBroker, *, collector: Collector | None = None) -> None:
        super().__init__(collector)
        self.broker = broker
        self.cluster = DisposableCluster()
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
            **self.environment,
            "DATABASE_URL": self.cluster.dsn(service),
            "OWNER_DATABASE_URL": self.cluster.dsn("shouwang"),
            "VAULT_KEYS": json.dumps(keys),
            "VAULT_ACTIVE": str(vault.active),
            "VAULT_INDEX_KEY": vault.index_key.get_secret_value(),
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "TOKEN_JWKS_URL": f"{urls['directory']}/directory/v1/jwks",
            "FILES_URL": (self.folder / "files").as_uri(),
            "PHOTOS_URL": (self.folder / "photos").as_uri(),
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

    def freeze_kafka(self, *, thaw: bool = False) -> None:
        """Stop the broker where it is: connections stay open and nothing is answered. Or let it go on."""
        port = int(self.broker.bootstrap_servers.rpartition(":")[2])
        for child in psutil.Process().children(recursive=True):
            if any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in child.net_connections()):
                child.send_signal(signal.SIGCONT if thaw else signal.SIGSTOP)
                return
        raise LookupError("the broker is no process of ours")

    async def stop(self) -> None:
        await asyncio.gather(*(program.close() for program in self.programs.values()))
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, service: str) -> str:
        return self.programs[service].log()

    def _postmaster(self) -> int:
        return int((self.cluster.data_dir / "pgdata" / "postmaster.pid").read_text().split("\n", 1)[0])

    def _postgres(self) -> str:
        return self.cluster.dsn("postgres").replace("+asyncpg", "")
