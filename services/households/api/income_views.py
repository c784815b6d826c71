"""Lines, statements and forms of income as answers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from services.households.api.reader import Reader
from services.households.models import IncomeEntry, IncomeSummary, Member
from services.households.queries.cases import find_heads
from services.households.queries.register import find_households
from services.households.rules.income_forms import civil_form, national_form
from services.households.rules.income_lines import GROUPS, Judged, Warned, group_of
from services.households.rules.months import month_of, month_text
from services.households.schemas import income as schemas
from services.households.usecases.income_entries import NOTE
from services.households.usecases.income_statement import Stated
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.http.fields import CodeView
from shared.projections.areas import find_names_above

Members = Mapping[UUID, Member]


def entry_view(entry: IncomeEntry, members: Members, reader: Reader) -> schemas.IncomeEntryView:
    """One line as it was told."""
    return schemas.IncomeEntryView(**_of_entry(entry, members, reader))


def _of_entry(entry: IncomeEntry, members: Members, reader: Reader) -> dict[str, object]:
    person = members.get(entry.member_id) if entry.member_id else None
    return {
        "id": entry.id,
        "household_id": entry.household_id,
        "person": schemas.IncomePerson(id=person.id, name=reader.name(person.name)) if person else None,
        "group": reader.coded("income_group", group_of(entry.item)),
        "item": reader.coded("income_item", entry.item),
        "amount": entry.amount,
        "first_month": month_text(entry.month_first),
        "last_month": month_text(entry.month_last),
        "paid_on": entry.paid_on,
        "source": reader.coded("income_source", entry.source),
        "origin": reader.coded("income_origin", entry.origin),
        "place_area": entry.place_area,
        "visit_id": entry.visit_id,
        "note": reader.text(entry.note_sealed, NOTE),
        "corrects_id": entry.corrects_id,
        "recorded_by": entry.recorded_by,
        "recorded_at": entry.recorded_at,
        "ended": _ended(entry, reader),
        "version": entry.version,
    }


def _ended(entry: IncomeEntry, reader: Reader) -> schemas.IncomeEnded | None:
    if entry.ended_at is None or entry.ended_as is None:
        return None
    reason = reader.coded("income_ending", entry.ended_reason)
    return schemas.IncomeEnded(ended_as=entry.ended_as, reason=reason, at=entry.ended_at)


def statement_view(stated: Stated, reader: Reader) -> schemas.IncomeStatementView:
    """The whole calculation."""
    statement, in_force = stated.statement, stated.in_force
    lines = zip(stated.entries, statement.lines, strict=True)
    return schemas.IncomeStatementView(
        household_id=stated.household.id,
        on=stated.on,
        period_first=month_text(statement.period.first),
        period_last=month_text(statement.period.last),
        people=len(statement.people),
        lines=[_line(entry, judged, stated.members, reader) for entry, judged in lines],
        sums=[
            schemas.GroupSum(code=group, text=reader.code("income_group", group), amount=statement.sums[group])
            for group in GROUPS
        ],
        net_income=statement.net_income,
        net_per_head=statement.net_per_head,
        claims=statement.sums["claims"],
        rigid=statement.rigid,
        reference=statement.reference,
        reference_per_head=statement.reference_per_head,
        line=statement.line,
        net_above_line=_above(statement.net_per_head, statement.line),
        reference_above_line=_above(statement.reference_per_head, statement.line),
        warnings=[_warning(one, reader) for one in statement.warnings],
        line_policy_id=in_force.line_policy_id,
        rules_policy_id=in_force.rules_policy_id,
    )


def _line(entry: IncomeEntry, judged: Judged, members: Members, reader: Reader) -> schemas.StatementLine:
    return schemas.StatementLine(
        **_of_entry(entry, members, reader),
        counted=judged.counted,
        months_counted=judged.months,
        why_not=[CodeView(code=code, text=reader.say(f"income-why-{code}")) for code in judged.reasons],
        superseded_by=[
            schemas.SupersededBy(id=other, months=[month_text(month) for month in months])
            for other, months in judged.superseded_by.items()
        ],
    )


def _above(amount: Decimal | None, line: int | None) -> Decimal | None:
    return amount - line if amount is not None and line is not None else None


def _warning(warned: Warned, reader: Reader) -> schemas.IncomeWarning:
    params = dict(warned.params)
    if "of" in params:
        of = params["of"]
        params["of"] = reader.code("income_item" if "." in of else "income_group", of)
        if of == "net_per_head":
            params["of"] = reader.say("income-form-net-per-head")
    return schemas.IncomeWarning(code=warned.code, text=reader.say(warned.code, **params), line_id=warned.line_id)


def forms_view(stated: Stated, reader: Reader) -> schemas.IncomeFormsView:
    """The amounts of the forms."""
    return schemas.IncomeFormsView(
        household_id=stated.household.id,
        on=stated.on,
        people=len(stated.statement.people),
        national=[
            schemas.FormAmount(code=code, text=reader.say(f"income-form-{code}"), amount=amount)
            for code, amount in national_form(stated.statement).items()
        ],
        civil=[
            schemas.CivilRow(
                code=one.code,
                text=reader.say(f"income-civil-{one.code}"),
                year=one.year,
                month_per_head=one.month_per_head,
            )
            for one in civil_form(stated.statement)
        ],
    )


async def summary_views(
    session: ReadSession, scope: Scope, summaries: Sequence[IncomeSummary], reader: Reader
) -> list[schemas.IncomeSummaryView]:
    """The kept sums, with whose they are."""
    ids = {one.household_id for one in summaries}
    codes = {one.id: one.national_code for one in await find_households(session, scope, ids)}
    heads = await find_heads(session, scope, ids)
    names = await find_names_above(session, (one.area_code for one in summaries))
    return [
        _summary_view(one, codes.get(one.household_id), heads.get(one.household_id), names, reader) for one in summaries
    ]


def _summary_view(
    summary: IncomeSummary, code: str | None, head: str | None, names: Mapping[str, str], reader: Reader
) -> schemas.IncomeSummaryView:
    return schemas.IncomeSummaryView(
        household_id=summary.household_id,
        national_code=code,
        head_name=reader.name(head) if head else None,
        area=reader.area(summary.area_code, names),
        period_first=month_text(month_of(summary.period_first)),
        period_last=month_text(month_of(summary.period_last)),
        people=summary.people,
        net_income=summary.net_income,
        net_per_head=summary.net_per_head,
        reference_per_head=summary.reference_per_head,
        line=summary.line,
        computed_at=summary.computed_at,
    )
