"""Rows that waited for the register: it has learnt of their people, so they are screened again, by today's rule."""

import logging
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID

import polars as pl

from services.alerts.models import Feed, File, UnmatchedRow
from services.alerts.queries import files, unmatched
from services.alerts.queries.known import Facts, find_facts
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.evidence import evidence_kinds
from services.alerts.rules.files import MAX_REASONS, Outcome
from services.alerts.rules.rule_sets import RuleSet
from services.alerts.rules.screening import Reference
from services.alerts.rules.screening_rules import FACTS
from services.alerts.usecases.file_alerts import prepare
from services.alerts.usecases.file_look import told_of
from services.alerts.usecases.file_opening import sender_of
from services.alerts.usecases.file_rows import PLACE, settled_later
from services.alerts.usecases.file_storing import store
from services.alerts.usecases.waiting import ROW_OF_FILE, UNMATCHED
from shared.areas import Scope
from shared.attempts import attempt, is_stop
from shared.clock import local_date
from shared.contracts.households import MembersChanged
from shared.db.engine import Database, WriteSession, raw
from shared.db.listening import MOST_ATTEMPTS, Listener, turn
from shared.db.outage import is_outage
from shared.db.rounds import until_none
from shared.security.vault import CannotOpen, Vault

log = logging.getLogger(__name__)

BATCH = 500
_EVERYWHERE = Scope.everywhere()
_FAILED: list[Any] = ["", "row-given-up", {}]
_TYPES: dict[str, Any] = {"text": pl.String, "number": pl.Float64, "integer": pl.Int64, "boolean": pl.Boolean}
_BECAME_ALERTS = (Outcome.STORED, Outcome.REOPENED, Outcome.MERGED, Outcome.WORSENED, Outcome.SNOOZED)


async def hear_of_members(session: WriteSession, events: Sequence[MembersChanged]) -> int:
    """The register has told of people: the rows that wait for them are due. How many that are."""
    active = [member for event in events for member in event.members if member.active]
    people = {member.person_key for member in active}
    households = {member.household_key for member in active if member.household_key}
    return await unmatched.mark_due(session, people, households) if people else 0


async def rematch(
    database: Database, connection: Listener, vault: Vault, reference: ReferenceData, now: datetime
) -> bool:
    """Screen due rows of one file again, one process at a time; False when there are none, or others are at it.

    What fails among others is tried alone, and holds up none of them. It goes on waiting, and is given up when its last
    attempt has failed or has ended its process. `connection` has the turn.
    """
    async with turn(connection, "shouwang-rematch") as ours:
        if not ours:
            return False
        async with database.read(_EVERYWHERE) as session:
            due = await unmatched.list_due(session, now, BATCH)
        if due and due[0].attempts >= MOST_ATTEMPTS:
            async with database.write(_EVERYWHERE) as session:
                await _give_up(session, await unmatched.lock_due(session, [due[0].id]), vault)
        elif due:
            await _try(database, [row.id for row in due], vault, reference, now)
        return bool(due)


async def _try(database: Database, ids: Sequence[UUID], vault: Vault, reference: ReferenceData, now: datetime) -> None:
    async def begin() -> int:
        async with database.write(_EVERYWHERE) as session:
            return await unmatched.count_attempts(session, ids)

    try:
        async with attempt(database, UnmatchedRow) as this:
            await this.count(UnmatchedRow.id.in_(ids), begin())
            async with database.write(_EVERYWHERE) as session:
                await _take_up(session, await unmatched.lock_due(session, ids), reference, vault, now)
    except Exception as error:
        if is_outage(error) or is_stop(error):
            raise
        log.error("rows failed", extra={"row": str(ids[0]), "rows": len(ids), "error": type(error).__name__})
        if len(ids) == 1:
            async with database.write(_EVERYWHERE) as session:
                await unmatched.set_aside(session, ids[0])


async def _give_up(session: WriteSession, rows: Sequence[UnmatchedRow], vault: Vault) -> None:
    """End the waiting of rows that were tried for the last time: the file's result says so, where it can be told of
    which row. Sending the same row again is the way out.
    """
    for row in rows:
        log.error("row given up", extra={"row": str(row.id), "file": str(row.file_id)})
        await unmatched.delete_rows(session, [row.id])
        with suppress(CannotOpen):
            if (at := vault.open_json(row.sealed, UNMATCHED).get(ROW_OF_FILE)) is not None:
                await _name_failed(session, row.file_id, at)
        await unmatched.count_failed(session, row.file_id)


async def _take_up(
    session: WriteSession, rows: Sequence[UnmatchedRow], reference: ReferenceData, vault: Vault, now: datetime
) -> None:
    if not rows:
        return
    file = await files.read_file(session, rows[0].file_id)
    feed = await files.find_feed(session, file.feed)
    if feed is None:  # closed since: nobody wants its reports any more
        await unmatched.delete_rows(session, [row.id for row in rows])
        return
    await _screen_again(session, rows, file, feed, await reference.get(), vault, now)


async def _screen_again(
    session: WriteSession,
    rows: Sequence[UnmatchedRow],
    file: File,
    feed: Feed,
    reference: Reference,
    vault: Vault,
    now: datetime,
) -> None:
    people = [row.person_key for row in rows if row.person_key]
    households = [row.household_key for row in rows if row.household_key]
    facts = await find_facts(await raw(session), people, households, feed.risk_family)
    known = [row for row in rows if (row.person_key or row.household_key) in facts]
    await unmatched.keep_waiting(session, [row.id for row in rows if row not in known])
    if not known:
        return
    today = local_date(now)
    rules = RuleSet(feed.default_severity, reference.rules.get(feed.code, ()), today)
    opened = [_opened(row, vault) for row in known]
    judged = rules.screen(_frame(opened, [facts[row.person_key or row.household_key or ""] for row in known], feed))
    sender = sender_of(file, feed, reference, today, now)
    ready = prepare(judged.filter(pl.col("severity").is_not_null()), judged.clear(), sender, vault)
    became = await store(session, ready, vault)
    await unmatched.delete_rows(session, [row.id for row in known])
    places = [opened[place].get(ROW_OF_FILE) for place in ready.places]
    named = {at: (one, alert) for at, (one, _, alert) in zip(places, became, strict=True) if one and at is not None}
    await _name_alerts(session, file.id, named)
    await unmatched.count_rematched(session, file.id, sum(one in _BECAME_ALERTS for one, *_ in became))


async def _name_alerts(session: WriteSession, file_id: UUID, became: Mapping[int, tuple[Outcome, bytes]]) -> None:
    """The file's result says from now on what became of these rows, and in which alert, while it is kept."""
    for part in await files.lock_parts(session, file_id, became.keys()) if became else ():
        mine = {row - part.first_row: one for row, one in became.items() if 0 <= row - part.first_row < part.rows}
        if part.alerts is not None:  # else nobody wrote down those of the other rows
            outcomes, part.alerts = settled_later(zlib.decompress(part.outcomes), part.alerts, mine)
            part.outcomes = zlib.compress(outcomes, 1)


async def _name_failed(session: WriteSession, file_id: UUID, at: int) -> None:
    for part in await files.lock_parts(session, file_id, [at]):
        reasons = part.reasons if _FAILED in part.reasons else [*part.reasons, _FAILED][:MAX_REASONS]
        outcome = Outcome.REJECTED + reasons.index(_FAILED) if _FAILED in reasons else Outcome.REJECTED_OTHERWISE
        outcomes = bytearray(zlib.decompress(part.outcomes))
        outcomes[at - part.first_row] = outcome
        part.outcomes, part.reasons = zlib.compress(bytes(outcomes), 1), reasons


def _opened(row: UnmatchedRow, vault: Vault) -> dict[str, Any]:
    whole = vault.open_json(row.sealed, UNMATCHED)
    evidence = whole.pop("evidence")
    return {**whole, **evidence, "occurred_on": date.fromisoformat(whole["occurred_on"])}


def _frame(rows: Sequence[dict[str, Any]], facts: Sequence[Facts], feed: Feed) -> pl.DataFrame:
    """As `file_look` has it, with what the register knows now."""
    schema: dict[str, Any] = {
        **dict.fromkeys(("person.id_number", "person.name", "person.phone"), pl.String),
        **dict.fromkeys(("household.national_code", "source_ref", "area_code"), pl.String),
        "occurred_on": pl.Date,
    }
    kinds = evidence_kinds(feed.evidence_schema)
    schema |= {name: _TYPES.get(kind, pl.String) for name, kind in kinds.items()}
    frame = pl.DataFrame(rows, schema=schema)
    dates = [pl.col(name).str.to_date(strict=False) for name, kind in kinds.items() if kind == "date"]
    told = pl.DataFrame([told_of(one) for one in facts], schema=dict.fromkeys(FACTS, pl.Boolean), orient="row")
    homes = pl.Series([one.area_code for one in facts], dtype=pl.String)
    return (
        frame.with_columns(*dates, pl.coalesce("area_code", homes).alias("area_code"))
        .with_row_index(PLACE)
        .hstack(told)
    )


async def find_missed(database: Database) -> int:
    """Mark rows of which nobody heard that they are due; how many.

    A row that is kept, or found to wait on, in the very moment in which the register tells of its person sees nothing
    of the other and is not seen by it. To have each wait for the other would hold up either; that nobody is missed for
    good is enough.
    """
    return await until_none(database, lambda session: unmatched.mark_missed(session, BATCH), BATCH)


async def forget_expired(database: Database, now: datetime) -> int:
    """Delete rows that waited long enough; how many."""
    return await until_none(database, lambda session: unmatched.forget_expired(session, now, BATCH), BATCH)
