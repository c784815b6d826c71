"""Rows that wait for the register, and what comes under their numbers later.

An export cannot give a corrected row another number. Whatever comes under a number, by whichever road, is what its row
says from now on: it takes the place of the one that waits, or ends its waiting. About somebody else it does neither.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson

from services.alerts.models import File
from services.alerts.queries import unmatched
from services.alerts.queries.unmatched import REF, KeptRow, Key, WaitingRow
from services.alerts.rules.files import Outcome
from services.alerts.usecases.intake import Report, asked_of, hashed, note_asked
from shared.db.engine import Database, WriteSession
from shared.security.principals import Principal
from shared.security.vault import Vault

UNMATCHED = "unmatched-row"
ROW_OF_FILE = "#row"
"""In a row that is kept as it came in its file: how many stand before it there. No field of evidence is called so."""


async def keep(
    session: WriteSession,
    file: File,
    locked: Sequence[KeptRow],
    rows: Sequence[WaitingRow],
    now: datetime,
    expires_at: datetime,
) -> list[Outcome | None]:
    """Keep rows of a file; what became of each, None: its number is that of a row about somebody else.

    `locked`: those of them that wait already.
    """
    kept = {one.dedup: one for one in locked}
    latest: dict[bytes, WaitingRow] = {}
    became: list[Outcome | None] = []
    for row in rows:
        before = latest.get(row.dedup) or kept.get(row.dedup)
        if before is not None and before.whom != row.whom:
            became.append(None)
        elif before is not None and before.row_hash == row.row_hash:
            became.append(Outcome.REPEATED)
        else:
            became.append(Outcome.UNMATCHED)
            latest[row.dedup] = row
    new = sorted((row for row in latest.values() if row.dedup not in kept), key=lambda row: row.dedup)
    changed = [(kept[row.dedup].id, row) for row in latest.values() if row.dedup in kept]
    fresh = await unmatched.insert_rows(session, file.id, file.feed, new, now, expires_at)
    await unmatched.replace_rows(session, changed, now, file.id, expires_at)
    late = {row.dedup for row in new} - fresh  # another file was a moment earlier
    return [Outcome.REPEATED if row.dedup in late else one for row, one in zip(rows, became, strict=True)]


async def correct(
    session: WriteSession,
    locked: Sequence[KeptRow],
    reports: Mapping[Key, tuple[Report, bool]],
    vault: Vault,
    now: datetime,
) -> None:
    """Reports came, each with whether it is an alert: replace or forget what waits (`locked`) under their numbers."""
    gone, changed = [], []
    for one in locked:
        report, is_alert = reports.get((one.feed, one.dedup), (None, False))
        if report is None or one.whom != asked_of(report, vault)[:2]:
            continue
        if is_alert or not might_trigger(report):
            gone.append(one.id)
        elif one.row_hash != (row_hash := hashed(report, vault)[1]):
            changed.append((one.id, WaitingRow(one.dedup, one.whom, row_hash, _sealed(report, vault))))
    await unmatched.delete_rows(session, gone)
    await unmatched.replace_rows(session, changed, now)


def might_trigger(report: Report) -> bool:
    """Of a report that is no alert, whether it would be one if the register knew whom it is about."""
    return report.facts is not None and not report.facts["is_registered"]


def key_of(report: Report) -> Key | None:
    """By which a row waits that has the report's number."""
    ref = report.draft.source_ref
    return (report.draft.feed, REF + ref.encode()) if ref is not None else None


async def note_no_alert(session: WriteSession, who: Principal, report: Report, vault: Vault, now: datetime) -> None:
    """Write down what a report leaves that is no alert."""
    await note_asked(session, who, report, vault)
    if key := key_of(report):
        await correct(session, await unmatched.lock_rows(session, [key]), {key: (report, False)}, vault, now)


async def leaves_nothing(database: Database, report: Report) -> bool:
    """Whether `note_no_alert` has nothing to do: mostly so, and then no transaction need be begun."""
    if report.facts is not None:
        return False
    if (key := key_of(report)) is None:
        return True
    async with database.single() as connection:
        return not await unmatched.is_kept(connection, *key)


def sealed_row(
    row: Mapping[str, Any], occurred_on: date, evidence: Mapping[str, Any], vault: Vault, row_of_file: int | None = None
) -> bytes:
    """A row as it is kept. `row`: its fields by their names in the table, but for these two.

    `row_of_file`: how many stand before it in its file.
    """
    whole = {**row, "occurred_on": occurred_on, "evidence": evidence}
    if row_of_file is not None:
        whole[ROW_OF_FILE] = row_of_file
    return vault.seal(orjson.dumps(whole), UNMATCHED)


def _sealed(report: Report, vault: Vault) -> bytes:
    draft = report.draft
    row = {
        "person.id_number": report.screened.id_number,
        "person.name": draft.person.name if draft.person else None,
        "person.phone": draft.person.phone if draft.person else None,
        "household.national_code": draft.household.national_code if draft.household else None,
        "source_ref": draft.source_ref,
        "area_code": draft.area_code,
    }
    return sealed_row(row, draft.occurred_on, draft.evidence, vault)
