"""Files: reading them, moving them on part by part, and forgetting them."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from services.alerts.models import Feed, File, FileFault, FilePart
from services.alerts.rules.alerts import Sight
from services.alerts.rules.files import Counts, FileNotFound
from shared.attempts import lock_row
from shared.db.engine import ReadSession, WriteSession, raw
from shared.db.listening import ring
from shared.db.pages import in_order, newest_first
from shared.db.within import all_within
from shared.errors import existing

CHANNEL = "alerts_file"
"""Notified when a file was taken in, so that workers need not look for one all the time."""

FaultRow = tuple[int, int, str, str, dict[str, Any]]
"""Sheet, row, field, code, params."""

_INSERT_FAULTS = """
INSERT INTO file_fault (file_id, sheet, row_number, field, code, params)
SELECT $1, sheet, number, field, code, params::jsonb
FROM unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::text[]) AS row (sheet, number, field, code, params)
ON CONFLICT DO NOTHING
"""
_COUNTS = tuple(asdict(Counts()))
_LOCK_AT = text("SELECT true FROM file WHERE id = :id AND rows_read = :mark AND state = 'running' FOR UPDATE")
_MOVE_ON = f"""
WITH part AS (
    INSERT INTO file_part (file_id, first_row, rows, outcomes, reasons, alerts, rules, judged_on)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)
UPDATE file
SET {", ".join(f"{name} = {name} + ${n}" for n, name in enumerate(_COUNTS, 10))}, moved_at = $9, attempts = 0
WHERE id = $1
"""  # noqa: S608 # names of our own
_FINISH = """
UPDATE file SET state = 'done', finished_at = $3, rows_estimate = rows_read
WHERE id = $1 AND rows_read = $2 AND state = 'running'
"""


class PartDone(NamedTuple):
    """What became of rows that stand together."""

    outcomes: bytes  # a byte for each
    reasons: Sequence[Sequence[Any]]  # of those that are rejected, by their bytes
    alerts: bytes  # 16 for each of `rules.files.WITH_ALERT`
    rules: Sequence[UUID]  # that were in force
    judged_on: date


async def find_feed(session: ReadSession, code: str) -> Feed | None:
    """The feed while it is in use."""
    return (await session.scalars(select(Feed).where(Feed.code == code, Feed.active))).one_or_none()


async def get_any_feed(session: ReadSession, code: str) -> Feed:
    """The feed of a file, whether it is still in use or not."""
    return (await session.scalars(select(Feed).where(Feed.code == code))).one()


async def insert_file(session: WriteSession, file: dict[str, Any]) -> bool:
    """Keep a new file; False when the same one is there, which came to something or still may."""
    same = text("state <> 'failed' AND state <> 'cancelled'")
    statement = insert(File).values(file).on_conflict_do_nothing(index_elements=[File.digest], index_where=same)
    fresh = await session.scalar(statement.returning(File.id))
    if fresh is not None:
        await ring(session, CHANNEL)
    return fresh is not None


async def count_waiting(session: ReadSession, reported_by: UUID) -> int:
    """Files of a sender that are not finished."""
    wanted = select(func.count()).where(File.reported_by == reported_by, File.finished_at.is_(None))
    return await session.scalar(wanted) or 0


async def get_same(session: ReadSession, digest: bytes) -> File:
    """The first of the files with that digest which came to something."""
    alive = and_(File.digest == digest, File.state.not_in(("failed", "cancelled")))
    return (await session.scalars(select(File).where(alive))).one()


async def get_file(session: ReadSession, reported_by: UUID, sight: Sight, file_id: UUID) -> File:
    """A file in sight; raises `FileNotFound`. What is of another area tells not even its counts."""
    found = await session.scalar(select(File).where(File.id == file_id, *_in_sight(reported_by, sight)))
    return existing(found, FileNotFound)


async def lock_file(session: WriteSession, reported_by: UUID, sight: Sight, file_id: UUID) -> File:
    """`get_file`, and no frame is stored before our commit."""
    wanted = select(File).where(File.id == file_id, *_in_sight(reported_by, sight)).with_for_update()
    return existing(await session.scalar(wanted), FileNotFound)


async def list_files(
    session: ReadSession, reported_by: UUID, sight: Sight, feed: str | None, before: UUID | None, limit: int
) -> Sequence[File]:
    """Newest first, those older than `before`."""
    wanted = select(File).where(*_in_sight(reported_by, sight))
    if feed is not None:
        wanted = wanted.where(File.feed == feed)
    return (await session.scalars(newest_first(wanted, File.id, before=before, limit=limit))).all()


def _in_sight(reported_by: UUID, sight: Sight) -> list[ColumnElement[bool]]:
    """Of the asker's feeds, and sent by the asker or from areas that are all the asker's."""
    conditions: list[ColumnElement[bool]] = []
    if sight.feeds is not None:
        conditions.append(File.feed.in_(sorted(sight.feeds)))
    conditions.append(or_(File.reported_by == reported_by, all_within(File.areas, sight.scope)))
    return conditions


async def list_faults(
    session: ReadSession, file_id: UUID, after: tuple[int, int, str, str] | None, limit: int
) -> Sequence[FileFault]:
    """Mistakes in row order."""
    wanted = select(FileFault).where(FileFault.file_id == file_id)
    place = (FileFault.sheet, FileFault.row_number, FileFault.field, FileFault.code)
    return (await session.scalars(in_order(wanted, *place, after=after, limit=limit))).all()


async def read_file(session: ReadSession, file_id: UUID) -> File:
    """The file, whoever asks."""
    return (await session.scalars(select(File).where(File.id == file_id))).one()


async def lock_at(session: WriteSession, file_id: UUID, mark: int) -> bool:
    """Hold a running file while its next rows are stored; False when its mark is another one, or it was stopped."""
    return bool(await session.scalar(_LOCK_AT, {"id": file_id, "mark": mark}))


async def move_on(
    session: WriteSession, file_id: UUID, mark: int, counts: Counts, done: PartDone, now: datetime
) -> None:
    """Count rows of a file that is held at `mark`, set the mark behind them, and keep what became of each: a byte."""
    outcomes, reasons, *judged = done
    part = (mark, len(outcomes), zlib.compress(outcomes, 1), orjson.dumps(reasons).decode(), *judged)
    await (await raw(session)).execute(_MOVE_ON, file_id, *part, now, *asdict(counts).values())


async def finish(session: WriteSession, file_id: UUID, mark: int, now: datetime) -> bool:
    """The file is done; False when its mark is another one, or it was stopped."""
    return bool(await (await raw(session)).execute(_FINISH, file_id, mark, now) == "UPDATE 1")


async def insert_faults(session: WriteSession, file_id: UUID, faults: Sequence[FaultRow]) -> None:
    """Keep mistakes."""
    rows = [(*place, orjson.dumps(params).decode()) for *place, params in faults]
    await (await raw(session)).execute(_INSERT_FAULTS, file_id, *map(list, zip(*rows, strict=True)))


async def list_parts(session: ReadSession, file_id: UUID) -> Sequence[FilePart]:
    """What became of the rows, in file order."""
    wanted = select(FilePart).where(FilePart.file_id == file_id).order_by(FilePart.first_row)
    return (await session.scalars(wanted)).all()


async def lock_parts(session: WriteSession, file_id: UUID, rows: Collection[int]) -> Sequence[FilePart]:
    """The parts in which these rows stand, by how many are before each in the file; before the file itself is locked."""
    last = FilePart.first_row + FilePart.rows - 1
    here = or_(*(literal(row).between(FilePart.first_row, last) for row in sorted(rows)))
    wanted = select(FilePart).where(FilePart.file_id == file_id, here).order_by(FilePart.first_row).with_for_update()
    return (await session.scalars(wanted)).all()


async def list_outworn(session: ReadSession, before: datetime, limit: int) -> Sequence[UUID]:
    """Files finished before that moment whose original is still kept."""
    wanted = select(File.id).where(File.finished_at < before, File.deleted_at.is_(None)).order_by(File.id).limit(limit)
    return (await session.scalars(wanted)).all()


async def forget_rows(session: WriteSession, file_id: UUID, now: datetime) -> None:
    """Forget what became of its rows and what was wrong in them; the counts stay."""
    await session.execute(delete(FilePart).where(FilePart.file_id == file_id))
    await session.execute(delete(FileFault).where(FileFault.file_id == file_id))
    (await lock_row(session, File, file_id)).deleted_at = now
