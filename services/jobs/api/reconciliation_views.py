"""Comparisons and their people, as answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.jobs.api.reader import Reader
from services.jobs.exports import EXPORTS
from services.jobs.models import Person, Reconciliation, ReconciliationRow
from services.jobs.queries import reconciliation as queries
from services.jobs.queries.people import list_by_ids
from services.jobs.queries.reconciliation import AreaCount
from services.jobs.rules.months import month_text
from services.jobs.schemas import reconciliation as schemas
from services.jobs.usecases.ledger_statements import ROW
from services.jobs.usecases.reconciliation import files_of
from shared.areas import Scope
from shared.contracts.jobs_reconcile_policies import COMPARED_FIELDS
from shared.db.engine import ReadSession
from shared.masking import mask_id_number, mask_name
from shared.projections.areas import find_names_above

_CODED = {"industry": "industry", "trade": "trade", "channel": "work_channel"}


async def run_view(session: ReadSession, run: Reconciliation, reader: Reader, *, counted: bool) -> Any:
    """A comparison; `counted`: with its numbers, which takes a look at every person of it."""
    names = await find_names_above(session, [run.area_code])
    counts, fields = None, {}
    if counted and run.state == "done" and run.deleted_at is None:
        found = await queries.count_outcomes(session, reader.who.scope, run.id, 6)
        counts = _counts(found)
        fields = await queries.count_fields(session, reader.who.scope, run.id)
    notes: Mapping[str, Any] = run.notes or {}
    headings = {one.field: one.heading for one in EXPORTS[run.source].columns}
    return schemas.ReconciliationView(
        id=run.id,
        source=run.source,
        source_text=reader.code("export_source", run.source),
        month=month_text(run.month),
        area=reader.area(run.area_code, names),
        state=run.state,
        files=[schemas.ExportFileView(**one) for one in files_of(run, reader.vault)],
        rows_estimate=run.rows_estimate,
        rows_read=run.rows_read,
        people_estimate=run.people_estimate,
        people_compared=run.people_compared,
        counts=schemas.OutcomeCounts(**counts) if counts is not None else None,
        fields=[
            schemas.FieldCount(field=name, title=reader.code("compared_field", name), people=fields[name])
            for name in COMPARED_FIELDS
            if name in fields
        ],
        skipped=[
            schemas.SkippedSheet(file=file + 1, sheet=name, message=reader.say(code))
            for file, name, code in notes.get("skipped", ())
        ],
        unread=[
            schemas.UnreadRows(code=code, message=reader.say(code), rows=rows)
            for code, rows in sorted(notes.get("unread", {}).items())
        ],
        passed_over=[headings.get(name, name) for name in notes.get("passed_over", ())],
        failure=_failure(run, reader),
        policy_id=run.policy_id,
        received_at=run.received_at,
        finished_at=run.finished_at,
        rows_kept=run.state == "done" and run.deleted_at is None,
    )


def _counts(found: Sequence[AreaCount]) -> dict[str, int]:
    counts: dict[str, int] = {"unsettled": 0}
    for one in found:
        counts[one.outcome] = counts.get(one.outcome, 0) + one.people
        counts["unsettled"] += one.unsettled
    return counts


def _failure(run: Reconciliation, reader: Reader) -> schemas.RunFailure | None:
    if run.failure is None:
        return None
    code = run.failure["code"]
    return schemas.RunFailure(code=code, message=reader.say(code, **run.failure["params"]))


async def area_views(
    session: ReadSession, scope: Scope, run_id: UUID, digits: int, reader: Reader
) -> list[schemas.AreaOutcomes]:
    """Counts by village or township, in the order of codes."""
    by_area: dict[str, list[AreaCount]] = {}
    for one in await queries.count_outcomes(session, scope, run_id, digits):
        by_area.setdefault(one.area_code, []).append(one)
    names = await find_names_above(session, by_area)
    return [schemas.AreaOutcomes(area=reader.area(code, names), **_counts(found)) for code, found in by_area.items()]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with what is needed to show it."""

    row: ReconciliationRow
    person: Person | None
    said: Mapping[str, Any]  # {"ours", "theirs", "name", "id_number"}, as far as they are there


async def load_rows(session: ReadSession, rows: Sequence[ReconciliationRow], reader: Reader) -> list[ShownRow]:
    """Rows with their people."""
    people = await list_by_ids(session, reader.who.scope, [one.person_id for one in rows if one.person_id])
    return [
        ShownRow(
            row,
            people.get(row.person_id) if row.person_id else None,
            reader.vault.open_json(row.sealed, ROW) if row.sealed else {},
        )
        for row in rows
    ]


async def row_views(
    session: ReadSession, rows: Sequence[ReconciliationRow], reader: Reader, today: date
) -> list[schemas.ReconciliationRowView]:
    """People of a comparison."""
    shown = await load_rows(session, rows, reader)
    names = await find_names_above(session, [one.area_code for one in rows])
    return [_row_view(one, reader, names, today) for one in shown]


def _row_view(shown: ShownRow, reader: Reader, names: dict[str, str], today: date) -> schemas.ReconciliationRowView:
    row, said = shown.row, shown.said
    unknown = None
    if row.person_id is None and "id_number" in said:
        name = said.get("name")
        unknown = schemas.UnknownPerson(
            name=name if name is None or reader.sees_people else mask_name(name),
            id_number=mask_id_number(said["id_number"]),
        )
    return schemas.ReconciliationRowView(
        id=row.id,
        outcome=row.outcome,
        outcome_text=reader.code("reconciliation_outcome", row.outcome),
        area=reader.area(row.area_code, names),
        person=reader.person(shown.person, today) if shown.person else None,
        unknown=unknown,
        differences=differences_of(shown, reader),
        file=row.file + 1 if row.file is not None else None,
        sheet=row.sheet + 1 if row.sheet is not None else None,
        row=row.row_number,
        task_id=row.task_id,
        settled=row.settled,
        settled_at=row.settled_at,
    )


def differences_of(shown: ShownRow, reader: Reader) -> list[schemas.Difference]:
    """What either side says, field by field, where one says anything; to supervisors only which fields differ."""
    ours, theirs = shown.said.get("ours", {}), shown.said.get("theirs", {})
    found = []
    for name in COMPARED_FIELDS:
        differs = name in shown.row.fields
        if name not in ours and name not in theirs:
            continue
        if not reader.sees_people and not differs:
            continue
        values = {
            "ours": in_words(name, ours.get(name), reader),
            "theirs": in_words(name, theirs.get(name), reader),
        }
        title = reader.code("compared_field", name)
        shown_values = values if reader.sees_people else {}
        found.append(schemas.Difference(field=name, title=title, differs=differs, **shown_values))
    return found


def in_words(name: str, value: Any, reader: Reader) -> Any:
    """A value as people read it: codes in words."""
    if isinstance(value, bool):
        return reader.code("truth", str(value).lower())
    if value is not None and name in _CODED:
        return reader.code(_CODED[name], value)
    return value
