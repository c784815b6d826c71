"""Findings → answers. Supervisors see which rule and which field, not the values: those may tell of health."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from services.households.api.reader import Reader
from services.households.models import QualityFinding
from services.households.queries import cases as find_around
from services.households.queries import findings as find
from services.households.queries import register as find_register
from services.households.queries.findings import Count
from services.households.rules.quality.audit import RULES, SUBJECTS, RuleSet
from services.households.schemas import findings as schemas
from services.households.usecases.quality import EXPLANATION
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.projections.areas import find_names, find_names_above


async def finding_views(
    session: ReadSession, scope: Scope, rows: Sequence[QualityFinding], reader: Reader
) -> list[schemas.FindingView]:
    """Findings with their households and people, which are loaded once for all of them."""
    ids = {row.household_id for row in rows}
    households = {one.id: one for one in await find_register.find_households(session, scope, ids)}
    heads = await find_around.find_heads(session, scope, ids)
    names = await find_names_above(session, (row.area_code for row in rows))
    people = await find_register.find_member_names(session, scope, {row.member_id for row in rows if row.member_id})
    cases = await find.find_cases(session, scope, {row.household_id for row in rows if _thing(row) == "case"})
    return [
        schemas.FindingView(
            id=row.id,
            rule=row.rule,
            severity=row.severity,
            text=reader.say(f"finding-{row.rule}", **(row.params if reader.sees_people else {})),
            field=row.field,
            field_text=reader.say(f"quality-field-{row.field}"),
            mend_at=_mend_at(row, cases),
            household=schemas.FindingHousehold(
                id=row.household_id,
                national_code=households[row.household_id].national_code if row.household_id in households else None,
                head_name=reader.name(heads[row.household_id]) if row.household_id in heads else None,
                area=reader.area(row.area_code, names),
            ),
            member=schemas.FindingMember(id=row.member_id, name=reader.name(people.get(row.member_id, "")))
            if row.member_id
            else None,
            policy_id=row.policy_id,
            found_at=row.found_at,
            explanation=_explanation(row, reader),
            mended_at=row.mended_at,
            mended_by=row.mended_by,
            version=row.version,
        )
        for row in rows
    ]


def _thing(row: QualityFinding) -> str:
    return row.field.split(".")[0]


def _mend_at(row: QualityFinding, cases: dict[UUID, UUID]) -> str:
    """The resource that holds the field."""
    match _thing(row):
        case "member" if row.member_id is not None:
            return f"/households/v1/members/{row.member_id}"
        case "income":
            return f"/households/v1/households/{row.household_id}/income"
        case "case" if row.household_id in cases:
            return f"/households/v1/monitoring-cases/{cases[row.household_id]}"
    return f"/households/v1/households/{row.household_id}"


def _explanation(row: QualityFinding, reader: Reader) -> schemas.ExplanationView | None:
    if row.explained_at is None or row.explained_by is None:
        return None
    text = reader.text(row.explanation_sealed, EXPLANATION)
    return schemas.ExplanationView(text=text, at=row.explained_at, by=row.explained_by)


async def count_views(
    session: ReadSession, counts: Sequence[Count], by: Literal["rule", "village"], reader: Reader
) -> list[schemas.FindingCount]:
    """Counts with what they count in words."""
    names = await find_names(session, {one.key for one in counts}) if by == "village" else {}
    return [
        schemas.FindingCount(
            key=one.key,
            text=names.get(one.key, one.key) if by == "village" else reader.say(f"finding-{one.key}"),
            fatal=one.fatal,
            logic=one.logic,
            plausible=one.plausible,
            explained=one.explained,
        )
        for one in counts
    ]


def rules_view(rule_set: RuleSet | None, policy_id: UUID | None, reader: Reader) -> schemas.QualityRulesView:
    """All rules, in the order of their subjects."""
    off = RULES.keys() if rule_set is None else set(rule_set.numbers.off)
    numbers = rule_set.numbers.model_dump(mode="json", exclude={"off"}) if rule_set else None
    rules = [
        schemas.QualityRuleView(
            code=rule.code,
            subject=subject,
            severity=rule.severity,
            text=reader.say(f"finding-{rule.code}"),
            fields=[schemas.QualityField(field=one, text=reader.say(f"quality-field-{one}")) for one in rule.fields],
            source=rule.source,
            on=rule.code not in off,
        )
        for subject, of_subject in SUBJECTS.items()
        for rule in of_subject
    ]
    return schemas.QualityRulesView(policy_id=policy_id, numbers=numbers, rules=rules)
