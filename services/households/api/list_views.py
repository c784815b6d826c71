"""Imports of list workbooks and what they found, as answers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.households.api.reader import Reader
from services.households.api.register_words import field_text
from services.households.codes import LISTS as CODES
from services.households.models import ImportFinding, RegisterImport
from services.households.queries import register_imports as queries
from services.households.queries.register import find_member_names
from services.households.rules.register_imports import ListKind, Outcome
from services.households.schemas.register_imports import (
    ImportFailure,
    ListCounts,
    ListFieldChange,
    ListFileView,
    ListFindingView,
    RegisterImportView,
    SkippedSheet,
    TownshipCounts,
)
from services.households.usecases.history import CHANGE
from services.households.usecases.register_imports import files_of
from services.households.workbook_lists import LISTS
from shared.db.engine import ReadSession
from shared.http.fields import AreaView
from shared.projections.areas import find_names_above

_TITLES = {one.name: one for list_ in LISTS.values() for one in list_.columns}


def import_view(row: RegisterImport, names: dict[str, str], reader: Reader) -> RegisterImportView:
    """An import; `names`: of the areas that its counts name."""
    counts: Mapping[str, Mapping[str, Mapping[str, int]]] = row.counts or {}
    notes: Mapping[str, Any] = row.notes or {}
    townships = [
        TownshipCounts(
            area=_area(reader, code, names),
            households=ListCounts(**parts.get("household", {})),
            members=ListCounts(**parts.get("member", {})),
        )
        for code, parts in sorted(counts.items())
    ]
    return RegisterImportView(
        id=row.id,
        kind=row.kind,
        dry_run=row.dry_run,
        state=row.state,
        files=[ListFileView(**one) for one in files_of(row, reader.vault)],
        rows_estimate=row.rows_estimate,
        rows_read=row.rows_read,
        digest=row.digest,
        checks=row.checks,
        households=_sum([one.households for one in townships]),
        members=_sum([one.members for one in townships]),
        townships=townships,
        skipped=[SkippedSheet(file=file + 1, sheet=name, code=code) for file, name, code in notes.get("skipped", ())],
        passed_over=[title_of(name) for name in notes.get("passed_over", ())],
        failure=_failure(row, reader),
        received_at=row.received_at,
        checked_at=row.checked_at,
        finished_at=row.finished_at,
        result_kept=row.checked_at is not None and row.deleted_at is None,
    )


def _area(reader: Reader, code: str, names: dict[str, str]) -> AreaView | None:
    """None where a row has no place and whoever sent it works everywhere."""
    return reader.area(code, names) if code.strip("0") else None


def _sum(counts: Sequence[ListCounts]) -> ListCounts:
    names = ListCounts.model_fields
    return ListCounts(**{name: sum(getattr(one, name) for one in counts) for name in names})


def _failure(row: RegisterImport, reader: Reader) -> ImportFailure | None:
    if row.failure is None:
        return None
    code = row.failure["code"]
    return ImportFailure(code=code, message=reader.say(code, **row.failure["params"]))


async def find_views(
    session: ReadSession, row: RegisterImport, outcome: Outcome, after: int, limit: int, reader: Reader
) -> list[ListFindingView]:
    """What an import found, in order: no more than `limit` of one outcome."""
    scope = reader.who.scope
    if outcome in ("added", "changed"):
        staged = await queries.list_staged(session, row.id, outcome, after, limit)
        names = await find_names_above(session, (one.area_code for one in staged))
        warnings = await queries.find_warnings(session, scope, row.id, {one.household_id for one in staged})
        return [_staged_view(one, row.kind, warnings, names, reader) for one in staged]
    found = await queries.list_findings(session, scope, row.id, outcome, after, limit)
    names = await find_names_above(session, (one.area_code for one in found))
    people = await find_member_names(session, scope, [one.member_id for one in found if one.member_id])
    return [_finding_view(one, row.kind, people, names, reader) for one in found]


def _finding_view(
    one: ImportFinding, kind: ListKind, people: Mapping[Any, str], names: dict[str, str], reader: Reader
) -> ListFindingView:
    """What stands in the way, is worth a look, or who vanished; `people`: names by member id."""
    name = people.get(one.member_id) if one.member_id else None
    return ListFindingView(
        number=one.number,
        outcome=one.outcome,
        area=_area(reader, one.area_code, names),
        national_code=one.national_code,
        household_id=one.household_id,
        member_id=one.member_id,
        name=reader.name(name) if name else None,
        file=one.file + 1 if one.file is not None else None,
        sheet=one.sheet + 1 if one.sheet is not None else None,
        row=one.row_number,
        **_told(one, kind, reader),
        changes=[],
    )


def _told(one: ImportFinding | None, kind: ListKind, reader: Reader) -> dict[str, str | None]:
    if one is None:
        return dict.fromkeys(("field", "code", "message"))
    heading = LISTS[kind].headings.get(one.field) or title_of(one.field) or None
    return {"field": heading, "code": one.code, "message": reader.say(one.code, **one.params)}


def _staged_view(
    one: Row[Any],
    kind: ListKind,
    warnings: Mapping[UUID, ImportFinding],
    names: dict[str, str],
    reader: Reader,
) -> ListFindingView:
    """What would be added or changed, what of it is worth a look, and the national case that would be opened with it."""
    warning = warnings.get(one.household_id) if one.member_id is None else None
    return ListFindingView(
        number=one.number,
        outcome=one.outcome,
        area=_area(reader, one.area_code, names),
        national_code=one.national_code,
        household_id=one.household_id,
        member_id=one.member_id,
        name=reader.name(one.name) if one.name else None,
        file=one.file + 1,
        sheet=one.sheet + 1,
        row=one.row_number,
        **_told(warning, kind, reader),
        changes=[
            *(_changes(one, reader) if one.outcome == "changed" else ()),
            *(_case(one.monitoring, reader) if one.monitoring else ()),
        ],
    )


def _case(record: Mapping[str, Any], reader: Reader) -> list[ListFieldChange]:
    """The national case that would be opened for a household that had none: its state, class, risks and days."""

    def words(codes: str, value: Any) -> Any:
        return CODES[codes].text(value, reader.language)

    state = words("case_state", "eliminated" if record["eliminated"] else "monitored")
    told = {
        "state": (reader.say("list-result-case"), state),
        "class": (LISTS["person-list"].headings["case.class"], words("monitoring_class", record["class"])),
        "risks": (title_of("case.risks"), [words("risk", one) for one in record["risks"]]),
        "identified_on": (title_of("case.identified_on"), record["identified_on"]),
        "eliminated_on": (title_of("case.eliminated_on"), record["eliminated_on"]),
    }
    return [
        ListFieldChange(field=f"case.{name}", title=title, after=value)
        for name, (title, value) in told.items()
        if value
    ]


def _changes(one: Row[Any], reader: Reader) -> list[ListFieldChange]:
    """From and to; what is personal only for those who work with people."""
    sealed = reader.vault.open_json(one.sealed, CHANGE).get("fields", {}) if one.sealed and reader.sees_people else {}
    values = {**(one.detail or {}), **sealed}
    return [_change(name, values.get(name), reader) for name in one.fields]


def _change(name: str, change: Sequence[Any] | None, reader: Reader) -> ListFieldChange:
    before, after = change if change is not None else (None, None)
    title = title_of(name)
    return ListFieldChange(
        field=name,
        title=field_text("household", name, reader) if title == name else title,
        before=_word(name, before, reader),
        after=_word(name, after, reader),
    )


def _word(name: str, value: Any, reader: Reader) -> Any:
    column = _TITLES.get(name)
    if column is None or column.codes is None or value is None:
        return value
    codes = CODES[column.codes]
    return (
        [codes.text(one, reader.language) for one in value]
        if isinstance(value, list)
        else codes.text(value, reader.language)
    )


def title_of(field: str) -> str:
    """The heading of a field; the field itself where no list has it."""
    column = _TITLES.get(field.rpartition(".")[2])
    return column.heading if column is not None else field
