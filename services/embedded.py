"""All services in ONE process on an embedded PostgreSQL, without a broker: `make run`.

The same SQL, consumers and outbox as in production; only the bus hands events over within the process. Settings:
`PORT` `HOST` `DATA_DIR` `DEMO` `DEMO_HOUSEHOLDS`; `WEBHOOKS_LOCAL=true` lets webhooks lead to this machine.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from demo.load import load_county, move_to
from services import SERVICES
from services.alerts.settings import WebhookSettings
from services.assembly import CREATE_APP, SETTINGS, bootstrap
from services.gateway import Gateway
from services.households.settings import PhotosSettings
from services.keyfile import read_or_make_keys
from services.screen import Screen
from shared import memory, telemetry
from shared.bus.local import LocalBus
from shared.db.engine import DatabaseSettings
from shared.db.migrate import migrate
from shared.files import FilesSettings
from shared.http.app import guard
from shared.postgres import Cluster
from shared.security.tokens import HttpKeys, TokenSettings
from shared.telemetry import TelemetrySettings

ADMIN = "admin"
INSIDE = "http://inside"  # where services reach each other without leaving the process
LOOK_SECONDS = 1.0


class EmbeddedSettings(BaseSettings):
    """What `make run` takes from the environment."""

    model_config = SettingsConfigDict(env_nested_delimiter="_", env_nested_max_split=1)

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 opens it to the network")
    port: int = Field(8000, ge=1, le=65535)
    data_dir: Path = Path(".data")
    demo: bool = Field(True, description="Load the demo county on the first start")
    demo_households: int = Field(2000, ge=20, le=420_000)
    webhooks: WebhookSettings = WebhookSettings()
    telemetry: TelemetrySettings = TelemetrySettings(log_level="WARNING")

    @property
    def base_url(self) -> str:
        """Where the system answers."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104


def main() -> None:
    """Start the database, migrate, serve until told to stop."""
    settings = EmbeddedSettings()
    screen = Screen()
    telemetry.set_up(settings.telemetry, "shouwang-embedded")
    try:  # before anything else: a start takes a while, and says at its end that the system is there
        listener = listen(settings)
    except OSError as error:
        sys.exit(screen.both("port-refused", host=settings.host, port=settings.port, reason=error.strerror))
    # Others may pass through (the database's own user, when we are root) but not look; each file has its own mode.
    settings.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    with Cluster(settings.data_dir / "postgres", progress=screen.postgres_step) as cluster:
        screen.step("migrating")
        for service in SERVICES:
            migrate(service, cluster.dsn("shouwang"))
        gateway = make_gateway(settings, cluster, screen)
        memory.settle()
        config = uvicorn.Config(gateway, log_config=None, access_log=False, timeout_graceful_shutdown=10)
        Server(config).run([listener])
        screen.step("stopping")


def listen(settings: EmbeddedSettings) -> socket.socket:
    """The port, taken; who connects waits until the system is there. `OSError`: it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family)


def make_gateway(settings: EmbeddedSettings, cluster: Cluster, screen: Screen) -> Gateway:
    """All services, wired to one local bus."""
    bus = LocalBus()
    vault = read_or_make_keys(settings.data_dir / "keys.json")
    apps: dict[str, FastAPI] = {}
    keys = HttpKeys(f"{INSIDE}/directory/v1/jwks", httpx.AsyncClient(transport=_Directory(apps)))
    files = FilesSettings(url=(settings.data_dir / "files").resolve().as_uri())
    photos = PhotosSettings(url=(settings.data_dir / "photos").resolve().as_uri())
    more: dict[str, dict[str, Any]] = {
        "alerts": {"files": files, "webhooks": settings.webhooks},
        "households": {"files": files, "photos": photos},
        "jobs": {"files": files},
    }
    for service in SERVICES:
        own = SETTINGS[service](
            database=DatabaseSettings(url=SecretStr(cluster.dsn(service))),
            vault=vault,
            token=TokenSettings(),
            telemetry=settings.telemetry,
            kafka=None,
            **more.get(service, {}),
        )
        apps[service] = CREATE_APP[service](own, bus, keys.find)
    return Gateway(apps, lambda gateway: _beside(settings, gateway, cluster, screen))


@contextlib.asynccontextmanager
async def _beside(
    settings: EmbeddedSettings, gateway: Gateway, cluster: Cluster, screen: Screen
) -> AsyncIterator[None]:
    """What is done before the first request, and while there are some."""

    async def keep_database() -> None:
        """Start it again when somebody has killed it: nobody else would, and nothing goes on without it."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not cluster.answers():
                cluster.start()  # who asks meanwhile waits: nobody could answer

    keeping = asyncio.create_task(guard(keep_database))
    try:
        await _first_start(settings, gateway, screen)
        yield
    finally:
        keeping.cancel()


async def _first_start(settings: EmbeddedSettings, gateway: Gateway, screen: Screen) -> None:
    """Make the first administrator, load the demo county, and tell how to go on. All of it may be repeated."""
    admin_file = settings.data_dir / "admin.json"
    demo_file = settings.data_dir / "demo.json"
    await bootstrap(gateway.services["directory"].state.database, ADMIN, admin_file)
    if settings.demo and not demo_file.exists():
        transport = httpx.ASGITransport(gateway)
        async with httpx.AsyncClient(transport=transport, base_url=INSIDE, timeout=300) as client:
            await load_county(
                client,
                admin_file=admin_file,
                households=settings.demo_households,
                file=demo_file,
                base_url=settings.base_url,
                progress=screen.progress,
            )
    if demo_file.exists():
        move_to(demo_file, settings.base_url)
    screen.welcome(settings.base_url, demo_file if demo_file.exists() else None, admin_file)


class _Directory(httpx.AsyncBaseTransport):
    """Reaches the directory's app, which does not exist yet when the others are wired."""

    def __init__(self, apps: dict[str, FastAPI]) -> None:
        self._apps = apps

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from within the process."""
        return await httpx.ASGITransport(self._apps["directory"]).handle_async_request(request)


class Server(uvicorn.Server):
    """Stops on a signal without raising it again afterwards: the database is still to be stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ask for a stop on SIGINT and SIGTERM; the second one hurries."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


if __name__ == "__main__":
    main()
