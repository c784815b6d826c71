"""Rows, their history and what became of drafts, as answers."""

from collections.abc import Sequence
from typing import Any

from services.jobs.api.reader import Reader
from services.jobs.models import LabourChange, LabourRow
from services.jobs.queries.ledger import COLUMNS, entry_of
from services.jobs.queries.ledger_lists import ListedRow
from services.jobs.rules.ledger import Worker
from services.jobs.rules.months import month_text
from services.jobs.schemas import ledger as schemas
from services.jobs.usecases.ledger_checks import LEDGER_RULES, Rulebook, load_rulebook
from services.jobs.usecases.ledger_lines import EMPLOYER
from services.jobs.usecases.recording import Outcome
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession
from shared.errors import Fault
from shared.projections.areas import find_names_above
from shared.projections.policies import PolicyMissing

_LISTS = {
    "status": "ledger_status",
    "industry": "industry",
    "trade": "trade",
    "work_kind": "work_kind",
    "channel": "work_channel",
    "stability": "stability",
    "compared": "compared",
    "reason": "home_reason",
    "source": "row_source",
}
_PLAIN = (
    *("work_area", "employer_id", "wage", "point_to_point", "organised", "started_on", "ended_on", "wants_change"),
    *("plan_area", "plan_on", "able", "willing", "possible_on", "confirmed_on", "version", "changed_at"),
)


async def person_rows(session: ReadSession, rows: Sequence[ListedRow], reader: Reader) -> list[schemas.PersonRowView]:
    """People with their rows, and what is in the way of "no change"."""
    names = await find_names_above(session, {one.person.area_code for one in rows})
    today = local_date(utc_now())
    rulebook = await load_rulebook(session, today)
    return [
        schemas.PersonRowView(
            person=reader.person(one.person, today),
            area=reader.area(one.person.area_code, names),
            row=row_view(one.row, reader, _in_the_way(one, rulebook)) if one.row else None,
        )
        for one in rows
    ]


def row_view(row: LabourRow, reader: Reader, problems: Sequence[Fault] = ()) -> schemas.RowView:
    """One row."""
    coded: dict[str, Any] = {name: reader.coded(list_name, getattr(row, name)) for name, list_name in _LISTS.items()}
    return schemas.RowView(
        month=month_text(row.month),
        employer=reader.text(row.employer_name_sealed, EMPLOYER),
        services=[reader.coded("job_service", one) for one in row.services],
        problems=problem_views(problems, reader),
        **coded,
        **{name: getattr(row, name) for name in _PLAIN},
    )


def outcome_view(outcome: Outcome, reader: Reader) -> schemas.OutcomeView:
    """What became of one draft."""
    return schemas.OutcomeView(
        person_id=outcome.person_id,
        outcome=outcome.outcome,
        problems=problem_views(outcome.faults, reader),
        warnings=problem_views(outcome.warnings, reader),
    )


def problem_views(faults: Sequence[Fault], reader: Reader) -> list[schemas.ProblemView]:
    """Mistakes in words."""
    return [
        schemas.ProblemView(field=one.field, code=one.code, message=reader.say(one.code, **one.params))
        for one in faults
    ]


def change_view(change: LabourChange, reader: Reader) -> schemas.ChangeView:
    """One line of history."""
    fields = [
        schemas.FieldChange(field=name, before=pair[0], after=pair[1]) for name, pair in (change.detail or {}).items()
    ]
    if "employer" in change.fields:
        before, after = (
            reader.text(sealed, EMPLOYER) for sealed in (change.employer_from_sealed, change.employer_to_sealed)
        )
        fields.append(schemas.FieldChange(field="employer", before=before, after=after))
    return schemas.ChangeView(
        at=change.at,
        by=change.by,
        what=reader.coded("ledger_change", change.what),
        source=reader.coded("row_source", change.source),
        version=change.version,
        policy_id=change.policy_id,
        changes=fields,
    )


def _in_the_way(one: ListedRow, rulebook: Rulebook) -> Sequence[Fault]:
    person, row = one.person, one.row
    if row is None or row.confirmed_on is not None:
        return ()
    worker = Worker(person.birth_on, person.area_code, person.labour_skill)
    columns = {name: getattr(row, name) for name in COLUMNS}
    checks, _ = rulebook.find(person.area_code)
    if checks is None:
        return [Fault("person_id", PolicyMissing.code, {"kind": LEDGER_RULES})]
    return checks.faults(entry_of(columns, row.employer_key), worker, row.month)
