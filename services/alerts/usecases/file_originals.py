"""Past files, read once more from their sealed originals while these are kept."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import polars as pl

from services.alerts.models import Feed, File, FilePart
from services.alerts.queries import files
from services.alerts.queries.reference import list_areas
from services.alerts.rules.alerts import sight
from services.alerts.rules.area_names import area_names
from services.alerts.rules.files import FRAME_ROWS, FileGone, FileNotFinished, has_result
from services.alerts.rules.screening import Reference
from services.alerts.rules.screening_rules import rule_fields
from services.alerts.usecases.feeds import feed_at
from services.alerts.usecases.file_look import Sieve, placed, taken
from services.alerts.usecases.file_opening import sieve_of
from services.alerts.usecases.file_rows import ALERT, PLACE, alerts_of, parts_in, tidied
from services.alerts.usecases.files import open_again
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import ReadSession
from shared.files import Shelf
from shared.security.principals import Principal
from shared.tables import Table
from shared.tables.in_turn import in_turn


async def open_kept(
    session: ReadSession, who: Principal, file_id: UUID, shelf: Shelf, *, for_result: bool = False
) -> tuple[File, Feed, Table]:
    """A file in the asker's sight with its table. Raises `FileNotFound`, `FileNotFinished`, `FileGone`.

    For its result also one that failed after some rows, beyond which its table may not be readable. The feed is that
    of when reading began, for the headings of today may not be those of then.
    """
    file = await files.get_file(session, who.id, sight(who), file_id)
    if not has_result(file.state, file.rows_read) or (file.state == "failed" and not for_result):
        raise FileNotFinished
    if file.deleted_at is not None:
        raise FileGone
    begun = file.started_at or file.received_at
    feed = await feed_at(session, await files.get_any_feed(session, file.feed), begun)
    try:
        table = await in_turn(open_again, shelf, file, feed, local_date(begun))
    except FileNotFoundError:
        raise FileGone from None
    return file, feed, table


async def frames_of(
    session: ReadSession, who: Principal, file_id: UUID, shelf: Shelf, reference: Reference
) -> Iterator[pl.DataFrame]:
    """The rows of a past file that had no mistake, frame by frame, as rules look at them: to try another rule on them.

    Columns: `row`, `sheet`, `area_code`, `file_rows.ALERT` and those that the feed read then (`person.id_number`,
    `occurred_on`, evidence ...), but for fields that are something else today: to today's rules these are blank.
    `file_look.keys_of` gives the keys by which the register knows their people. Reading blocks: do it in a thread.
    Raises as `open_kept` does.
    """
    file, feed, table = await open_kept(session, who, file_id, shelf)
    scope = Scope.parse(file.areas)
    names = area_names(await list_areas(session), scope)
    then, now = (rule_fields(one.evidence_schema) for one in (feed, await files.get_any_feed(session, file.feed)))
    others = [name for name, kind in then.items() if now.get(name) != kind]
    parts = await files.list_parts(session, file_id)
    return _rows(table, sieve_of(feed, scope, reference, names, local_date(file.received_at)), others, parts)


def _rows(table: Table, sieve_by: Sieve, others: Sequence[str], parts: Sequence[FilePart]) -> Iterator[pl.DataFrame]:
    end = 0
    for frame in table.frames(FRAME_ROWS):
        start, end = end, end + frame.data.height
        became = [alerts_of(part)[own] for part, own in parts_in(parts, start, end)]
        alerts = pl.concat([pl.Series([], dtype=pl.String), *became])
        _, rows, broken = taken(frame, sieve_by)
        sound = rows.filter(~pl.col(PLACE).is_in([place for place, _ in broken])) if broken else rows
        sound = sound.with_columns(alerts.gather(sound[PLACE], null_on_oob=True).alias(ALERT))
        yield tidied(placed(sound.drop(others, strict=False), sieve_by))
