"""Commands for operators: `python -m services.cli --help`. A command imports of the services what it needs itself."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
import httpx
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError

from services import ROW_SECURITY, SERVICES
from services.assembly import CREATE_APP, SETTINGS, bootstrap
from services.file_import import import_command, read
from services.keyfile import read_or_make_keys
from services.spoken import SpokenGroup, language, option, say
from shared import memory, telemetry, time_limit
from shared.areas import Scope
from shared.bus.kafka import KafkaBus
from shared.clock import CHINA, utc_now
from shared.contracts.topics import ON_THE_BUS
from shared.db.engine import Database, WriteSession
from shared.db.migrate import downgrade, migrate
from shared.db.outage import is_outage
from shared.files import Shelf
from shared.security.reseal import reseal
from shared.security.tokens import HttpKeys
from shared.security.vault import CannotOpen, Vault

T = TypeVar("T")
Service = click.Choice(SERVICES)
Page = Callable[[WriteSession, UUID | None], Awaitable[tuple[int, UUID | None]]]
"""Does the page after that row; how many rows it had, and after which to go on, if at all."""


_OURS = (FileNotFoundError, PermissionError, BrokenPipeError)
"""Of this machine, and no outage of another."""


class Operators(SpokenGroup):
    """What an operator can mend is told in a line: a setting, an address, somebody who does not answer."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. A setting is told by its name, never with its value."""
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            places = ["_".join(map(str, one["loc"])).upper() for one in error.errors(include_input=False)]
            names = [place if "_" in place else f"{place}_*" for place in dict.fromkeys(places)]
            raise click.UsageError(say("cli-settings", names=", ".join(names))) from None
        except (ArgumentError, ModuleNotFoundError):  # no URL at all, or of another driver, which is not installed
            raise click.UsageError(say("cli-database-url")) from None
        except httpx.TransportError as error:
            raise click.ClickException(say("cli-unreachable", url=error.request.url.netloc.decode())) from None
        except Exception as error:
            if not is_outage(error) or isinstance(error, _OURS):
                raise
            raise click.ClickException(say("cli-outage", error=type(error).__name__)) from None


@click.group(cls=Operators)
def main() -> None:
    """守望 Shouwang: run and look after the services."""


main.add_command(import_command)


@main.command()
@click.argument("service", type=Service)
@option("--host", default="127.0.0.1", show_default=True, help="cli-host")
@option("--port", default=8000, show_default=True, help="cli-port")
def serve(service: str, host: str, port: int) -> None:
    """Run one service on Kafka and the database of its own DATABASE_URL."""
    settings = SETTINGS[service]()
    if settings.kafka is None:
        raise click.UsageError(say("cli-not-set", name="KAFKA_BOOTSTRAP_SERVERS"))
    telemetry.set_up(settings.telemetry, f"shouwang-{service}")
    time_limit.set_up(settings.step_seconds)
    keys = HttpKeys(settings.token.jwks_url, httpx.AsyncClient(timeout=5))
    bus = KafkaBus(settings.kafka)
    bus.ensure_topics({name: "compact" if topic.kind == "state" else "delete" for name, topic in ON_THE_BUS.items()})
    app = CREATE_APP[service](settings, bus, keys.find)
    memory.settle()
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=20)


@main.command(name="migrate")
@option("--service", type=Service, help="cli-only-service")
@option("--down-to", help="cli-down-to")
def migrate_command(service: str | None, down_to: str | None) -> None:
    """Bring the schemas up to date as the owner role of OWNER_DATABASE_URL (or ALERTS_OWNER_DATABASE_URL ...)."""
    for one in (service,) if service else SERVICES:
        url = os.environ.get(f"{one.upper()}_OWNER_DATABASE_URL") or os.environ.get("OWNER_DATABASE_URL")
        if url is None:
            raise click.UsageError(say("cli-not-set", name="OWNER_DATABASE_URL"))
        if down_to is None:
            migrate(one, url)
        else:
            downgrade(one, url, down_to)
        click.echo(f"{one}: {down_to or say('cli-up-to-date')}")


@main.command(name="bootstrap")
@option("--username", default="admin", show_default=True, help="cli-username")
@option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    default=Path("admin.json"),
    show_default=True,
    help="cli-admin-file",
)
def bootstrap_command(username: str, file: Path) -> None:
    """Publish the default policies and make the first administrator (directory's DATABASE_URL)."""
    _with_database("directory", lambda database: bootstrap(database, username, file))
    click.echo(say("admin-file", file=file) if file.exists() else say("cli-admin-known"))


@main.command()
@click.argument("service", type=click.Choice(["directory", "households"]), default="directory")
def announce(service: str) -> None:
    """Tell once more how things stand, for a service that is new (that SERVICE's DATABASE_URL).

    directory (when left out): areas, accounts, API keys and policies. households: who lives where, for the
    alerts, and everybody of 15 and older, for the jobs.
    """
    if service == "households":
        from services.households.usecases.telling import announce_register

        vault = Vault(SETTINGS[service]().vault)
        pages: Page = lambda session, after: announce_register(session, vault, after)  # noqa: E731
        told = _with_database(service, partial(_page_by_page, pages))
        click.echo(say("cli-people-told", service=service, count=told))
    else:
        from services.directory.usecases import announce_all
        from services.directory.usecases.announcements import Announced

        async def work(database: Database) -> Announced:
            async with database.write(Scope.everywhere()) as session:
                return await announce_all(session, utc_now())

        click.echo(say("cli-announced", **asdict(_with_database("directory", work))))


@main.command()
@click.argument("service", type=click.Choice(["alerts", "households"]))
@option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="cli-since")
@option("--feed", help="cli-only-feed")
def replay(service: str, since: datetime, feed: str | None) -> None:
    """Tell alerts, or what became of them and who needs work, once more after Kafka has lost events (that service's
    DATABASE_URL)."""
    start = since.replace(tzinfo=CHINA)
    if service == "alerts":
        from services.alerts.usecases.replay import replay_alerts

        pages: Page = lambda session, after: replay_alerts(session, start, feed, after)  # noqa: E731
    elif feed is not None:
        raise click.UsageError(say("cli-feed-of-alerts"))
    else:
        from services.households.usecases.replay import replay_checks, replay_needs

        pages = lambda session, after: replay_checks(session, start, after)  # noqa: E731
        needs: Page = lambda session, after: replay_needs(session, start, after)  # noqa: E731
        told_needs = _with_database(service, partial(_page_by_page, needs))
        click.echo(say("cli-told-needs", service=service, count=told_needs))
    told = _with_database(service, partial(_page_by_page, pages))
    click.echo(say("cli-told", service=service, count=told))


@main.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("keys.json"))
def keys(file: Path) -> None:
    """Make vault keys in FILE, unless it is there."""
    read_or_make_keys(file)
    click.echo(str(file))


@main.command(name="reseal")
@click.argument("service", type=Service)
def reseal_command(service: str) -> None:
    """Seal with the active vault key whatever a service keeps under another (that service's DATABASE_URL, and its
    FILES_URL and PHOTOS_URL)."""
    sealed = import_module(f"services.{service}.sealed")
    settings = SETTINGS[service]()
    vault = Vault(settings.vault)
    shelves: list[Shelf] = sealed.shelves(settings, vault) if hasattr(sealed, "shelves") else []
    try:
        found = _with_database(service, lambda database: reseal(database, vault, sealed.SEALED))
        files = sum(asyncio.run(shelf.reseal()) for shelf in shelves)
    except CannotOpen as error:
        raise click.ClickException(f"{error}: {'; '.join(error.__notes__)}") from None
    click.echo(say("cli-resealed", service=service, done=found.done, left=found.left))
    if files:
        click.echo(say("cli-files-resealed", service=service, count=files))
    if found.left:
        raise click.ClickException(say("cli-other-keys"))


@main.command(name="dead-letters")
@click.argument("service", type=Service)
@click.argument("what", type=click.Choice(["list", "replay", "discard"]), default="list")
@click.argument("letter", type=click.UUID, required=False)
@option("--url", default="http://127.0.0.1:8000", show_default=True, help="cli-url")
@option("--token", envvar="SHOUWANG_TOKEN", required=True, help="cli-token")
def dead_letters(service: str, what: str, letter: UUID | None, url: str, token: str) -> None:
    """See, replay or discard the events that could not be handled."""
    base = f"{url}/{service}/v1/dead-letters"
    with httpx.Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": language()}) as client:
        if what == "list":
            answer = client.get(base)
        elif letter is None:
            raise click.UsageError(say("cli-which-letter"))
        else:
            answer = client.post(f"{base}/{letter}/{what}")
    read(answer)
    click.echo(answer.text or what)


async def _page_by_page(page: Page, database: Database) -> int:
    """Each page in a transaction of its own, so that the service goes on beside it; how many rows in all."""
    async with database.write(Scope.everywhere()) as session:
        total, after = await page(session, None)
    while after is not None:
        async with database.write(Scope.everywhere()) as session:
            count, after = await page(session, after)
        total += count
    return total


def _with_database(service: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on a service's database, as the service's role."""

    async def run() -> T:
        # A page may have to look through a whole table for its rows.
        settings = SETTINGS[service]().database.model_copy(update={"statement_timeout": 0})
        database = Database(settings, service, row_security=service in ROW_SECURITY)
        try:
            return await work(database)
        finally:
            await database.stop()

    return asyncio.run(run())


if __name__ == "__main__":
    main()
