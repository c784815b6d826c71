"""After a change of keys: every sealed column is found, sealed anew beside a running service, and the old key can go."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import LargeBinary, insert, select

from services import ROW_SECURITY, SERVICES
from shared.areas import Scope
from shared.db.engine import Database, DatabaseSettings
from shared.ids import new_id
from shared.postgres import Cluster
from shared.security import reseal as under_test
from shared.security.reseal import Resealed, Sealed, reseal
from shared.security.vault import CannotOpen, Vault, VaultSettings, new_key
from tests.commands import command

HASHES = {
    *((table, column) for table in ("alert", "alert_evidence") for column in ("dedup", "row_hash")),
    ("idempotency_key", "request_hash"),
    *(("phone_code", column) for column in ("code_hash", "used_for")),
    ("self_report", "content_key"),
    ("file", "digest"),
    *(("unmatched_row", column) for column in ("dedup", "row_hash")),
    ("visit_photo", "digest"),
    ("quality_finding", "fingerprint"),
    ("register_import", "content"),
}
# A code for each row, ids of alerts; a number of chance.
NOTHING_PERSONAL = {("file_part", "outcomes"), ("file_part", "alerts"), ("ledger_sample", "seed")}
NOT_OURS_TO_OPEN = {("dead_letter", "value"), ("idempotency_key", "body")}  # an event; gone after a day
UNTIL_WRITTEN = {  # a list's rows, written or forgotten within days: until then the old key is kept (docs/way-of-a-list.md)
    *(("staged_household", column) for column in ("phone_sealed", "sealed")),
    *(("staged_member", column) for column in ("id_number_sealed", "phone_sealed", "sealed")),
}
NOW = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)  # a month of the ledger
ROWS = 7


def registry(service: str) -> tuple[Sealed, ...]:
    found: tuple[Sealed, ...] = import_module(f"services.{service}.sealed").SEALED
    return found


@pytest.fixture
def rotated(vault_settings: VaultSettings) -> VaultSettings:
    """The ring with a second key, which is active."""
    return vault_settings.model_copy(update={"keys": {**vault_settings.keys, 2: SecretStr(new_key())}, "active": 2})


@pytest.fixture
def without_old(rotated: VaultSettings) -> Vault:
    """The ring after the old key was thrown away."""
    return Vault(rotated.model_copy(update={"keys": {2: rotated.keys[2]}}))


@pytest.mark.parametrize("service", SERVICES)
def test_every_column_of_bytes_is_accounted_for(service: str) -> None:
    tables = import_module(f"services.{service}.models").Base.metadata.tables.values()
    columns = {(t.name, c.name) for t in tables for c in t.columns if isinstance(c.type, LargeBinary)}
    named = {(t.name, c.name) for t in tables for c in t.columns if "sealed" in c.name}
    sealed = {(one.table.name, one.column.name) for one in registry(service)}
    assert columns - HASHES - NOT_OURS_TO_OPEN - NOTHING_PERSONAL - UNTIL_WRITTEN == sealed
    assert named - UNTIL_WRITTEN == sealed
    assert len(registry(service)) == len(sealed), "each once"


MADE: dict[str, Callable[[int], Any]] = {
    "Uuid": lambda _: new_id(),
    "DateTime": lambda _: NOW,
    "Date": lambda _: NOW.date().replace(day=1),  # a month, in the ledger
    "Integer": lambda number: number,
    "BigInteger": lambda number: number,
    "SmallInteger": lambda number: number,
    "Double": lambda number: float(number),
    "Float": lambda number: float(number),
    "Numeric": Decimal,
    "Boolean": lambda _: False,
    "ARRAY": lambda _: [],
    "JSONB": lambda _: {},
    "LargeBinary": lambda number: number.to_bytes(8),
}
"""By type of the column; texts are the column's name and the number."""


async def fill(cluster: Cluster, name: str, service: str, vault: Vault) -> None:
    """`ROWS` rows in each table with sealed columns, and no column empty; without foreign keys, so as superuser."""
    purposes = {one.column: one.purpose for one in registry(service)}

    def value(column: Any, number: int) -> Any:
        if column in purposes:
            return vault.seal(f"text {number}".encode(), purposes[column])
        make = MADE.get(type(column.type).__name__)
        return make(number) if make else f"{column.name} {number}"

    database = Database(DatabaseSettings(url=SecretStr(cluster.dsn("postgres", name)), pool_size=3), service)
    async with database.write(Scope.everywhere()) as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in {one.table for one in registry(service)}:
            rows = [{column.name: value(column, number) for column in table.columns} for number in range(ROWS)]
            await connection.execute(insert(table), rows)
    await database.stop()


async def read(database: Database, sealed: Sealed) -> list[bytes]:
    async with database.read(Scope.everywhere()) as session:
        return list(await session.scalars(select(sealed.column).where(sealed.column.is_not(None))))


def opened(service: str, cluster: Cluster, name: str) -> Database:
    url = SecretStr(cluster.dsn(service, name))
    return Database(DatabaseSettings(url=url, pool_size=4), service, row_security=service in ROW_SECURITY)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_old_key_can_go(
    service: str,
    cluster: Cluster,
    database_name: str,
    vault: Vault,
    rotated: VaultSettings,
    without_old: Vault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(under_test, "PAGE", 3)
    database = opened(service, cluster, database_name)
    await fill(cluster, database_name, service, vault)
    for sealed in registry(service):
        with pytest.raises(CannotOpen):
            without_old.open((await read(database, sealed))[0], sealed.purpose)

    first = await command(cluster, database_name, rotated, "reseal", service)
    again = await command(cluster, database_name, rotated, "reseal", service)

    assert first.exit_code == again.exit_code == 0, first.output
    assert first.output == f"{service}: {ROWS * len(registry(service))} sealed anew, 0 left\n"
    assert again.output == f"{service}: 0 sealed anew, 0 left\n"
    for sealed in registry(service):
        values = await read(database, sealed)
        assert not any(without_old.needs_reseal(value) for value in values)
        texts = sorted(without_old.open(value, sealed.purpose).decode() for value in values)
        assert texts == [f"text {number}" for number in range(ROWS)]
    await database.stop()


async def test_a_value_that_cannot_be_opened_is_named(
    cluster: Cluster, database_name: str, rotated: VaultSettings
) -> None:
    await fill(cluster, database_name, "directory", Vault(VaultSettings.generate()))
    failed = await command(cluster, database_name, rotated, "reseal", "directory")
    assert failed.exit_code == 1
    assert failed.output == "Error: a sealed value cannot be opened: signing_key.sealed_pem of kid 0, key 1\n"


async def test_a_row_in_use_is_waited_for(
    cluster: Cluster, database_name: str, vault: Vault, rotated: VaultSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "PAUSE", 0.05)
    await fill(cluster, database_name, "households", vault)
    database = opened("households", cluster, database_name)
    phones = registry("households")[:1]
    async with database.write(Scope.everywhere()) as session:
        await session.execute(select(phones[0].column).limit(1).with_for_update())
        running = asyncio.create_task(reseal(database, Vault(rotated), phones))
        await asyncio.sleep(0.2)
        assert not running.done()
    assert await running == Resealed(ROWS, 0)
    await database.stop()


async def test_what_stays_locked_is_said(
    cluster: Cluster, database_name: str, vault: Vault, rotated: VaultSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "PAUSE", 0.0)
    await fill(cluster, database_name, "households", vault)
    database = opened("households", cluster, database_name)
    phones = registry("households")[:1]
    async with database.write(Scope.everywhere()) as session:
        await session.execute(select(phones[0].column).limit(1).with_for_update())
        assert await reseal(database, Vault(rotated), phones) == Resealed(ROWS - 1, 1)
    await database.stop()
