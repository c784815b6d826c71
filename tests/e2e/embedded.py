"""The system in one process."""

import json
import shutil
from pathlib import Path

import httpx
import psutil

from shared.postgres.configuration import PORT as POSTGRES_PORT
from shared.postgres.place import STATE_DIR, choose_place
from tests.e2e.collector import Collector
from tests.e2e.programs import Program
from tests.e2e.system import HOUSEHOLDS, System
from tools.kafka.probe import free_port


class Embedded(System):
    """`python -m services.embedded`."""

    name = "embedded"
    victims = ("system",)

    def __init__(
        self,
        *,
        collector: Collector | None = None,
        data_dir: Path | None = None,
        **environment: str,
    ) -> None:
        super().__init__(collector)
        self.data_dir = data_dir or self.folder / "data"
        self.data_dir.mkdir(mode=0o755, exist_ok=True)
        self.base_url = f"http://127.0.0.1:{(port := free_port())}"
        self.program = Program(
            "embedded",
            ["services.embedded"],
            {
                **self.environment,
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "DATA_DIR": str(self.data_dir),
                "DEMO_HOUSEHOLDS": str(HOUSEHOLDS),
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
        """The process with all that it has started, or its database alone, which it starts again by itself."""
        if name == "system":
            self.program.kill()
        else:
            next(one for one in psutil.Process(self.program.pid).children() if one.name() == name).kill()

    async def stop(self) -> None:
        await self.program.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, service: str) -> str:
        return self.program.log()

    def _postgres(self) -> str:
        place = choose_place(self.data_dir / "postgres", STATE_DIR)
        return f"postgresql://postgres@/shouwang?host={place.socket_dir}&port={POSTGRES_PORT}"
