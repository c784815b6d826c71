"""A bureau's file is taken in, stopped, forgotten. Its rows are worked off in `usecases.file_work`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.alerts.models import Feed, File
from services.alerts.queries import files
from services.alerts.queries.calendar import schedule_of
from services.alerts.rules.alerts import sight
from services.alerts.rules.calendar import first_day_of, plain_period
from services.alerts.rules.file_columns import columns_of
from services.alerts.rules.files import require_cancellable, require_room
from services.alerts.rules.silence import require_begun
from services.alerts.usecases.calendar import get_calendar
from shared.areas import Scope
from shared.db.engine import Database, ReadSession, WriteSession
from shared.files import FileStore, Shelf, though_refused
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault
from shared.side_processes import preload
from shared.tables import Column, Table, open_table
from shared.tables.table import Format

preload(__name__)

CONTENT = "file"
NAME = "file-name"
FOLDER = "files/"
_EVERYWHERE = Scope.everywhere()


def originals(store: FileStore, vault: Vault) -> Shelf:
    """Where the originals lie, by the file's id."""
    return Shelf(store, vault, FOLDER, CONTENT)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that lies sealed in the store, whole, and whose head was read."""

    id: UUID
    feed: str
    feed_version: int
    period: str
    name: str
    digest: bytes  # SHA-256 of its content
    size: int
    format: Format
    rows_estimate: int | None
    skipped: Sequence[tuple[int, str, str]] = ()  # sheets that are not read: number from 1, name, code


def read_head(shelf: Shelf, file_id: UUID, name: str, columns: Sequence[Column], today: date) -> dict[str, Any]:
    """What is kept of a table beside its rows. Raises `TableInvalid`."""
    table = open_table(shelf.open(file_id), name, columns, today=today)
    table.require_whole()
    return {"format": table.format, "rows_estimate": table.rows_estimate, "skipped": skipped_of(table)}


def skipped_of(table: Table) -> list[tuple[int, str, str]]:
    """The sheets that are not read: number from 1, name, code of why."""
    return [(number, one.name, one.skipped) for number, one in enumerate(table.sheets, 1) if one.skipped]


def skipped_in(file: File, vault: Vault) -> list[tuple[int, str, str]]:
    """The same of a file that was taken in, as its sender was told."""
    if file.skipped_sealed is None:
        return []
    return [(number, name, code) for number, name, code in orjson.loads(vault.open(file.skipped_sealed, NAME))]


def open_original(
    shelf: Shelf, file_id: UUID, name: str, feed: Feed, today: date, unread: Mapping[int, str] | None = None
) -> Table:
    """The table in an original; blocks. Raises `TableInvalid`, `FileNotFoundError`, `FileRefused`, `FeedWithoutColumns`."""
    return open_table(shelf.open(file_id), name, columns_in(feed), today=today, unread=unread)


def columns_in(feed: Feed) -> list[Column]:
    """The columns of a feed's files. Raises `FeedWithoutColumns`."""
    return columns_of(feed.columns, feed.evidence_schema, feed.subject)


def open_again(shelf: Shelf, file: File, feed: Feed, today: date) -> Table:
    """The table of a file that was taken in; what was passed over then is so whatever is made of it today, or rows would
    not be where they were. Blocks, and raises, as `open_original`.
    """
    unread = {number: code for number, _, code in skipped_in(file, shelf.vault)}
    return open_original(shelf, file.id, name_of(file, shelf.vault), feed, today, unread)


def name_of(file: File, vault: Vault) -> str:
    """What its sender called it."""
    return vault.open(file.name_sealed, NAME).decode()


async def period_in(session: ReadSession, who: Principal, feed: Feed, name: str | None, today: date) -> str:
    """The period that rows are of: as it is named, else the one that is plain today.

    Raises `PeriodInvalid`, `PeriodInFuture`, `PeriodNotPlain`, `PolicyMissing`.
    """
    if name:
        require_begun(first_day_of(feed.cadence, name), today)
        return name
    calendar = await get_calendar(session, who.scope.first_area(), today)
    return plain_period(schedule_of(feed), today, calendar).name


async def accept_file(
    session: WriteSession, who: Principal, arrived: Arrived, vault: Vault, now: datetime
) -> tuple[File, bool]:
    """Keep a file to be worked off. Returns it and whether it is new: the same one again gets the first.

    For another period it is another file: who sends what has not changed has reported for that one too. Raises
    `FilesWaiting`.
    """
    areas = who.scope.serialise()
    # Who may report elsewhere gets other alerts out of it, and so does a feed whose columns were corrected.
    place = f"{arrived.feed}|{arrived.feed_version}|{arrived.period}|{','.join(areas)}|".encode()
    digest = vault.fingerprint(place + arrived.digest, CONTENT)
    values: dict[str, Any] = {
        "id": arrived.id,
        "feed": arrived.feed,
        "period": arrived.period,
        "digest": digest,
        "name_sealed": vault.seal(arrived.name.encode(), NAME),
        "skipped_sealed": vault.seal(orjson.dumps(arrived.skipped), NAME) if arrived.skipped else None,
        "format": arrived.format,
        "size": arrived.size,
        "reported_by": who.id,
        "areas": areas,
        "state": "queued",
        "rows_estimate": arrived.rows_estimate,
        "received_at": now,
    }
    fresh = await files.insert_file(session, values)
    if not fresh:
        return await files.get_same(session, digest), False
    require_room(await files.count_waiting(session, who.id))
    await audit.record(
        session, who, "file:report", arrived.id, feed=arrived.feed, period=arrived.period, size=arrived.size
    )
    return await files.read_file(session, arrived.id), True


async def cancel_file(session: WriteSession, who: Principal, file_id: UUID, now: datetime) -> File:
    """Stop a file: what is stored stays, the rest is not looked at. Raises `FileNotFound`, `FileFinished`."""
    file = await files.lock_file(session, who.id, sight(who), file_id)
    require_cancellable(file.state)
    file.state, file.finished_at = "cancelled", now
    await audit.record(session, who, "file:cancel", file_id, rows_read=file.rows_read)
    return file


async def forget_old_files(database: Database, shelf: Shelf, kept: timedelta, now: datetime) -> int:
    """Delete originals and outcomes of files finished that long ago; returns how many."""
    async with database.read(_EVERYWHERE) as session:
        outworn = await files.list_outworn(session, now - kept, 100)
    for file_id in outworn:
        with though_refused():
            await shelf.delete(file_id)  # first: a row that says "kept" of what is gone mends itself on the next round
            async with database.write(_EVERYWHERE) as session:
                await files.forget_rows(session, file_id, now)
    return len(outworn)
