"""Measures, plans and elimination checks → answers."""

from collections.abc import Sequence
from datetime import date

from services.households.api.reader import Reader
from services.households.models import EliminationCheck, Measure
from services.households.rules.monitoring.refusals import Unmet
from services.households.schemas import help as schemas
from services.households.usecases.elimination_checks import CHECK
from services.households.usecases.measures import CONTENT, PROOF, REASON
from shared.masking import mask_phone


def measure_view(measure: Measure, reader: Reader, today: date) -> schemas.MeasureView:
    """One measure; its texts only for those who work with the household."""
    return schemas.MeasureView(
        id=measure.id,
        case_id=measure.case_id,
        round=measure.round,
        risk=measure.risk,
        risk_text=reader.code("risk", measure.risk),
        kind=measure.kind,
        kind_text=reader.code("measure_kind", measure.kind),
        sub_kind=measure.sub_kind,
        sub_kind_text=reader.code("measure_sub_kind", measure.sub_kind) if measure.sub_kind else None,
        tag=measure.tag,
        tag_text=reader.code("measure_tag", measure.tag),
        bureau=measure.bureau,
        bureau_text=reader.code("bureau", measure.bureau),
        content=reader.text(measure.content_sealed, CONTENT),
        amount=float(measure.amount) if measure.amount is not None else None,
        quota=measure.quota,
        planned_on=measure.planned_on,
        due_on=measure.due_on,
        overdue=measure.state == "planned" and measure.due_on < today,
        delivered_on=measure.delivered_on,
        proof=reader.text(measure.proof_sealed, PROOF),
        state=measure.state,
        state_text=reader.code("measure_state", measure.state),
        reason=reader.text(measure.reason_sealed, REASON),
        member_id=measure.member_id,
        source_ref=measure.source_ref,
        fits=measure.fits,
        policy_id=measure.policy_id,
        version=measure.version,
        updated_at=measure.updated_at,
    )


def plan_view(
    head: str | None,
    place: str,
    risks: Sequence[str],
    measures: Sequence[Measure],
    lacks: Sequence[Unmet],
    reader: Reader,
) -> schemas.PlanView:
    """One household, one plan (一户一策): its risks and what stands against each, to print."""
    standing = [one for one in measures if one.state in ("planned", "delivered")]
    join = reader.say("plan-join")
    lines = [
        reader.say("plan-title"),
        reader.say("plan-household", head=head or reader.say("task-nobody"), place=place),
        reader.say(
            "plan-risks", risks=join.join(reader.code("risk", risk) for risk in risks) or reader.say("plan-none")
        ),
        "",
        *(_plan_line(number, one, reader) for number, one in enumerate(standing, start=1)),
    ]
    if not standing:
        lines.append(reader.say("plan-none"))
    unmet = [reader.say(one.code, **one.params) for one in lacks]
    return schemas.PlanView(text="\n".join([*lines, ""]), measures=len(standing), unmet=unmet)


def _plan_line(number: int, measure: Measure, reader: Reader) -> str:
    kind = reader.code("measure_sub_kind", measure.sub_kind) if measure.sub_kind else None
    return reader.say(
        "plan-line",
        number=number,
        tag=reader.code("measure_tag", measure.tag),
        risk=reader.code("risk", measure.risk),
        kind=kind or reader.code("measure_kind", measure.kind),
        content=reader.text(measure.content_sealed, CONTENT) or "",
        bureau=reader.code("bureau", measure.bureau),
        due=measure.due_on.isoformat(),
        amount=reader.say("plan-amount", yuan=f"{measure.amount:.2f}") if measure.amount is not None else "",
        state=reader.code("measure_state", measure.state),
    )


def elimination_check_view(check: EliminationCheck, reader: Reader) -> schemas.EliminationCheckView:
    """One check; whom it names only for those who work with the household, and the phone masked."""
    words = (reader.record(check.sealed, CHECK) or {}) if reader.sees_people else {}
    contact = words.get("contact") or {}
    return schemas.EliminationCheckView(
        id=check.id,
        case_id=check.case_id,
        round=check.round,
        checked_on=check.checked_on,
        income_stable=check.income_stable,
        spending_solved=check.spending_solved,
        manner=check.manner,
        manner_text=reader.code("elimination_manner", check.manner),
        has_contact=check.has_contact,
        contact_name=contact.get("name"),
        contact_phone=mask_phone(contact["phone"]) if contact.get("phone") else None,
        note=words.get("note"),
        recorded_by=check.recorded_by,
        recorded_at=check.recorded_at,
    )
