"""Reports on a subject that has an alert already: more evidence, news, or an alert of their own.

Many go the same road as one, a dozen statements whatever their number. `merging_desk` decides.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from services.alerts.models import Alert, Finished
from services.alerts.models.areas import named_by
from services.alerts.queries import intake
from services.alerts.queries import merging as find
from services.alerts.queries.merging import KnownRow, Standing, Subject
from services.alerts.queries.receipts import insert_receipts
from services.alerts.rules.areas import Named, names
from services.alerts.rules.merging import snoozed_until
from services.alerts.usecases.merging_desk import Arrival, Desk, Row, Settled
from services.alerts.usecases.record import ROW, former_hashes
from shared.areas import lineage
from shared.clock import local_date
from shared.contracts.policies import AlertMerge
from shared.db.engine import ReadSession, WriteSession
from shared.projections.policies import find_in_force, load_in_force
from shared.security.vault import Vault

KIND = "alert-merge"


async def settle(session: WriteSession, arrivals: Sequence[Arrival], vault: Vault) -> list[Settled]:
    """Decide on reports that were not simply new, in their order, and write down and tell what follows."""
    await find.lock_subjects(session, [arrival.subject_key for arrival in arrivals])
    opened: set[bytes] = set()
    known, standing = await _look(session, arrivals, vault)
    while strays := [one for one in arrivals if one.row not in known and one.subject not in standing]:
        fresh = await open_new(session, strays)
        await insert_receipts(session, [intake.alert_of(one.report) for one in strays if one.report.id_bytes in fresh])
        opened |= fresh
        known, standing = await _look(session, arrivals, vault)
    feeds = {arrival.report.feed for arrival in arrivals}
    first = intake.alert_of(arrivals[0].report)  # all came by the same road, at the same moment
    merges = await load_in_force(session, KIND, local_date(first.reported_at), AlertMerge)
    desk = Desk(vault, merges, known, standing, opened)
    for told in await find.find_told(session, [one.newest.id for one in standing.values()], feeds):
        desk.sealed.setdefault((told.alert_id, told.feed), []).append(told.sealed)
    settled = [desk.take(arrival) for arrival in arrivals]
    await desk.write(session, first.lane)
    return settled


async def lock_areas(session: WriteSession, reports: Sequence[Finished]) -> None:
    """Reports about areas of one risk wait for each other until the commit, and verdicts on what may take them in for
    them. All risks of a batch are locked at once, and all alerts: who holds one each would wait for the other for ever.
    """
    if reports:
        risks = {report.risk_family for report in reports}
        await find.lock_subjects(session, {f"areas:{risk}" for risk in risks})
        above = {code for report in reports for code in _above(_named_by(report))}
        await find.lock_area_alerts(session, risks, above)


async def subject_of_areas(session: WriteSession, report: Finished) -> str:
    """The subject of a report about areas: that of the newest open alert that names all of them already, else its own.

    What was answered was an event: of the next one in the same place somebody is told, whatever was said of that.
    The caller has locked its risk and these alerts. Such reports are settled one by one: there are few.
    """
    named = _named_by(report)
    for subject_key, reports in await find.list_area_alerts(session, report.risk_family, _above(named)):
        if names(reports, named):
            return subject_key
    return str(report.id)


def _named_by(report: Finished) -> Named:
    named = named_by(intake.alert_of(report).area)
    assert named is not None, "a report about a person or a household"
    return named


def _above(named: Named) -> set[str]:
    """The areas by which an alert is found that may name them."""
    return {one for code in named.codes for one in lineage(code)}


async def _look(
    session: WriteSession, arrivals: Sequence[Arrival], vault: Vault
) -> tuple[dict[Row, KnownRow], dict[Subject, Standing]]:
    known = await find.find_known_rows(session, {key for one in arrivals for key in (one.row, one.content)})
    await _find_former(session, arrivals, known, vault)
    return known, await find.lock_newest(session, {arrival.subject for arrival in arrivals})


async def _find_former(
    session: WriteSession, arrivals: Sequence[Arrival], known: dict[Row, KnownRow], vault: Vault
) -> None:
    """What is known by the hash that it had when that was of its numbers' texts is known by the one it has now."""
    strangers = [one for one in arrivals if one.row not in known or known[one.row].row_hash != one.report.row_hash]
    former = {one: former_hashes(intake.alert_of(one.report), vault) for one in strangers}
    keys = {(one.report.feed, key) for one, hashes in former.items() for each in hashes for key in (each, ROW + each)}
    found = await find.find_known_rows(session, keys) if keys else {}
    for one, hashes in former.items():
        for each in hashes:
            numbered = known.get(one.row)
            if numbered is not None and numbered.row_hash == each:
                known[one.row] = replace(numbered, row_hash=one.report.row_hash)
            for key, now in ((ROW + each, one.row), (each, one.content)):
                if row := found.get((one.report.feed, key)):
                    known[now] = replace(row, row_hash=one.report.row_hash)


async def snooze_end(session: ReadSession, alert: Alert, on: date) -> datetime | None:
    """Until when the verdict on an alert keeps its subject quiet, by the policy of the day; None: it does not.

    A verdict on areas is about an event, and keeps no place quiet.
    """
    if alert.state != "answered" or alert.area is not None:
        return None
    policy, _ = await find_in_force(session, KIND, alert.area_code, on, AlertMerge)
    return snoozed_until(alert.verdict, alert.answered_at, policy)


async def open_new(session: WriteSession, arrivals: Sequence[Arrival]) -> set[bytes]:
    """Store and tell the first report of each row and subject, unless something stands in the way; their `id_bytes`."""
    firsts: list[Arrival] = []
    rows, subjects = set(), set()
    for arrival in arrivals:
        row, subject = arrival.row, arrival.subject
        if row not in rows and subject not in subjects:
            firsts.append(arrival)
        rows.add(row)
        subjects.add(subject)
    fresh = await intake.insert_alerts(session, [(one.report, one.subject_key) for one in firsts])
    told = [one.report for one in firsts if one.report.id_bytes in fresh]
    if told:
        await intake.copy_outbox(session, told)
    return fresh
