"""Sets of list workbooks are taken in, applied, forgotten. They are compared in `usecases.list_work`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.households.models import RegisterImport
from services.households.queries import register_imports as queries
from services.households.rules.register_imports import (
    ImportDigestDiffers,
    ImportGone,
    ImportNotChecked,
    ImportNotFound,
    ListKind,
)
from shared import imports
from shared.areas import Scope
from shared.attempts import lock_row
from shared.db.engine import Database, WriteSession
from shared.files import FileStore, Shelf, though_refused
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

CONTENT, NAMES = "register-import-file", "register-import-files"
FOLDER = "register-imports/"
_EVERYWHERE = Scope.everywhere()
_REFUSALS = imports.Refusals(ImportNotFound, ImportGone, ImportNotChecked, ImportDigestDiffers)


def workbooks(store: FileStore, vault: Vault) -> Shelf:
    """Where the workbooks lie, by the import's id and their number in the set."""
    return Shelf(store, vault, FOLDER, CONTENT)


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file of a set that lies sealed in the store, whole, and whose head was read."""

    name: str
    size: int
    digest: bytes  # SHA-256 of its content
    rows_estimate: int | None


@dataclass(frozen=True, slots=True)
class ArrivedSet:
    """All files of an upload."""

    id: UUID
    kind: ListKind
    dry_run: bool
    files: Sequence[ArrivedFile]


async def accept_import(
    session: WriteSession, vault: Vault, who: Principal, arrived: ArrivedSet, now: datetime
) -> RegisterImport:
    """Keep a set to be compared with the register."""
    estimates = [one.rows_estimate for one in arrived.files]
    size = sum(one.size for one in arrived.files)
    names: dict[str, Any] = {"files": [{"name": one.name, "size": one.size} for one in arrived.files]}
    row = RegisterImport(
        id=arrived.id,
        kind=arrived.kind,
        dry_run=arrived.dry_run,
        files_sealed=vault.seal_json(names, NAMES),
        content=vault.fingerprint(b"".join(one.digest for one in arrived.files), CONTENT),
        size=size,
        own_area=who.scope.first_area(),
        rows_estimate=None if None in estimates else sum(filter(None, estimates)),
        rows_read=0,
        checks=0,
        staged=0,
    )
    await imports.send_import(session, row, who, now)
    await audit.record(
        session,
        who,
        "register-import:send",
        arrived.id,
        kind=arrived.kind,
        dry_run=arrived.dry_run,
        files=len(arrived.files),
        size=size,
    )
    return row


async def apply_import(
    session: WriteSession, who: Principal, import_id: UUID, digest: str, removal_reason: str | None
) -> RegisterImport:
    """Have a checked import written, exactly as `digest` names it; who vanished leaves only with a reason.

    Raises `ImportNotFound`, `ImportGone`, `ImportNotChecked`, `ImportDigestDiffers`.
    """
    row = await imports.apply_import(session, RegisterImport, who, import_id, digest, _REFUSALS)
    row.removal_reason = removal_reason
    await audit.record(session, who, "register-import:apply", import_id, removal_reason=removal_reason)
    return row


def files_of(row: RegisterImport, vault: Vault) -> list[dict[str, Any]]:
    """Names and sizes of a set's files, in their order."""
    files: list[dict[str, Any]] = vault.open_json(row.files_sealed, NAMES)["files"]
    return files


async def forget_old_imports(database: Database, shelf: Shelf, kept: timedelta, now: datetime) -> int:
    """Delete files, findings and staged rows of imports received that long ago; returns how many."""
    async with database.read(_EVERYWHERE) as session:
        outworn = await imports.list_outworn(session, RegisterImport, now - kept, 100)
    for row in outworn:
        with though_refused():
            await shelf.delete_set(row.id, len(files_of(row, shelf.vault)))
            async with database.write(_EVERYWHERE) as session:
                await queries.forget_findings(session, row.id)
                (await _forget_staged(session, row)).deleted_at = now
    return len(outworn)


async def forget_applied(database: Database, shelf: Shelf) -> int:
    """Delete files and staged rows of imports that were written or came to nothing; what was found stays readable."""
    async with database.read(_EVERYWHERE) as session:
        applied = await queries.list_applied(session, 100)
    for row in applied:
        with though_refused():
            await shelf.delete_set(row.id, len(files_of(row, shelf.vault)))
            async with database.write(_EVERYWHERE) as session:
                await _forget_staged(session, row)
    return len(applied)


async def _forget_staged(session: WriteSession, row: RegisterImport) -> RegisterImport:
    await queries.forget_staged(session, row.id)
    locked = await lock_row(session, RegisterImport, row.id)
    locked.staged = 0
    return locked
