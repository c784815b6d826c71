"""Grades → answers: what is stored as codes and values is put into words for its reader."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.households.api.reader import Reader
from services.households.codes import LISTS
from services.households.models import GradeChange, GradeOverride
from services.households.queries.grades import BoardCount, GradeRow
from services.households.rules.grade_movement import KINDS, Balance
from services.households.rules.grading import Condition, Rules
from services.households.rules.household_facts import FACT_FIELDS, title_code
from services.households.schemas import grades as schemas
from services.households.usecases.grade_overrides import REASON
from services.households.usecases.grade_rules import GradeRuleSets
from services.households.usecases.grade_trials import GradeTrial
from shared.areas import code_of
from shared.contracts.grade_policies import Grade
from shared.expressions import sentence
from shared.expressions.telling import shown


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts grades into words for one reader."""

    reader: Reader
    rules: GradeRuleSets

    def grade(self, grade: Grade | None) -> str | None:
        """A grade in words."""
        return self.reader.code("grade", grade) if grade is not None else None

    def reasons(self, policy_id: UUID | None, stored: Iterable[Mapping[str, Any]]) -> list[schemas.GradeReason]:
        """Reasons by the version that gave them. A condition nobody can read any more is told by its code."""
        return reason_views(self.rules.get(policy_id), stored, self.reader)

    def sentence(self, grade: Grade, reasons: Sequence[schemas.GradeReason]) -> str:
        """A grade with its reasons."""
        name = self.reader.code("grade", grade)
        if not reasons:
            return self.reader.say("grade-no-reason", grade=name)
        joined = self.reader.say("explanation-between").join(one.text for one in reasons)
        return self.reader.say("grade-reasons", grade=name, reasons=joined)

    def standing(self, row: GradeRow, reasons: Sequence[schemas.GradeReason]) -> str:
        """A household's grade: what the rules say, and before that what was set by hand."""
        ruled, by_hand = self.sentence(row.state.calculated, reasons), row.override
        if by_hand is None:
            return ruled
        grade = self.reader.code("grade", by_hand.grade)
        return self.reader.say("grade-by-hand", grade=grade, until=by_hand.until.isoformat(), ruled=ruled)

    def override(self, override: GradeOverride | None) -> schemas.OverrideView | None:
        """A grade by hand."""
        if override is None:
            return None
        return schemas.OverrideView(
            id=override.id,
            grade=override.grade,
            grade_text=self.reader.code("grade", override.grade),
            reason=self.reader.text(override.reason_sealed, REASON),
            until=override.until,
            set_by=override.set_by,
            set_at=override.set_at,
            ended_at=override.ended_at,
        )


def reason_views(rules: Rules | None, stored: Iterable[Mapping[str, Any]], reader: Reader) -> list[schemas.GradeReason]:
    """Each condition with its title, and told by its template or by the comparisons that hold.

    Illness and income are for those who work with the household; the others read the titles.
    """
    views = []
    for one in stored:
        condition = rules.condition(one["code"]) if rules is not None else None
        title = getattr(condition.of.title, reader.language) if condition is not None else one["code"]
        values = one["values"] if reader.sees_people else {}
        text = title
        if condition is not None and rules is not None and reader.sees_people:
            text = _told(condition, rules, values, reader)
        views.append(schemas.GradeReason(code=one["code"], title=title, text=text, values=values))
    return views


def _told(condition: Condition, rules: Rules, values: Mapping[str, Any], reader: Reader) -> str:
    words = _words(reader)
    if condition.of.text is not None:
        template: str = getattr(condition.of.text, reader.language)
        known = {**rules.parameters, **values}
        filled = {name: _shown(value, reader, words.get(name)) for name, value in known.items()}
        return template.format_map(_Unknown(filled))
    titles = {name: reader.say(title_code(name)) for name in condition.when.fields}
    held = condition.when.holding(values, rules.parameters, titles)
    told = [sentence(one, reader.texts, reader.language, words) for one in held]
    return reader.say("explanation-between").join(told) or getattr(condition.of.title, reader.language)


class _Unknown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _shown(value: Any, reader: Reader, word: Callable[[str], str] | None) -> str:
    rounded = round(value, 2) if isinstance(value, float) else value
    return shown(rounded, reader.texts, reader.language, word)


def _words(reader: Reader) -> dict[str, Callable[[str], str]]:
    """For each fact whose values are codes: a code, or several with commas around them, in words."""

    def of(list_name: str) -> Callable[[str], str]:
        codes = LISTS[list_name]
        between = reader.say("task-title-join")
        return lambda text: between.join(codes.text(one, reader.language) for one in text.strip(",%").split(","))

    return {name: of(field.codes) for name, field in FACT_FIELDS.items() if field.codes is not None}


def grade_view(household_id: UUID, row: GradeRow | None, version: int, teller: Teller) -> schemas.GradeView:
    """A household's grade; `version` of what was set by hand."""
    state = row.state if row is not None else None
    reasons = teller.reasons(state.policy_id, state.reasons) if state is not None else []
    rules = teller.rules.get(state.policy_id) if state is not None else None
    return schemas.GradeView(
        household_id=household_id,
        grade=state and state.grade,
        grade_text=state and teller.grade(state.grade),
        since=state and state.since,
        text=teller.standing(row, reasons) if row is not None else None,
        by_hand=teller.override(row.override) if row is not None else None,
        calculated=state and state.calculated,
        calculated_text=state and teller.grade(state.calculated),
        calculated_since=state and state.calculated_since,
        reasons=reasons,
        policy_id=state and state.policy_id,
        policy_version=rules.version if rules is not None else None,
        version=version,
    )


def change_view(
    change: GradeChange, overrides: Mapping[UUID, GradeOverride], teller: Teller
) -> schemas.GradeChangeView:
    """One line of the history."""
    reader = teller.reader
    nothing = reader.say("grade-none")
    kind = reader.say(f"grade-kind-{change.kind.replace('_', '-')}")
    return schemas.GradeChangeView(
        id=change.id,
        at=change.at,
        kind=change.kind,
        kind_text=kind,
        before=change.from_grade,
        after=change.to_grade,
        from_area=change.from_area,
        to_area=change.to_area,
        text=reader.say(
            "grade-change",
            before=teller.grade(change.from_grade) or nothing,
            after=teller.grade(change.to_grade) or nothing,
            kind=kind,
        ),
        reasons=teller.reasons(change.policy_id, change.reasons),
        by_hand=teller.override(overrides.get(change.override_id)) if change.override_id else None,
        policy_id=change.policy_id,
        by=change.by,
    )


def board_view(counts: Sequence[BoardCount], names: dict[str, str], reader: Reader) -> schemas.GradeBoard:
    """Counts by village, and all together."""
    villages: dict[str, dict[str, int]] = {}
    total = _none()
    for one in counts:
        village = villages.setdefault(one.area_code, _none())
        for row in (village, total):
            row[one.grade] += one.households
            row["by_hand"] += one.by_hand
    return schemas.GradeBoard(
        total=schemas.GradeCounts(**total),
        villages=[
            schemas.VillageGrades(area=reader.area(code, names), **counted) for code, counted in villages.items()
        ],
    )


def _none() -> dict[str, int]:
    return {"red": 0, "yellow": 0, "green": 0, "by_hand": 0}


def balance_views(balances: Sequence[Balance]) -> list[schemas.BalanceView]:
    """Balances, the gravest grade first."""
    return [
        schemas.BalanceView(
            grade=one.grade, opening=one.opening, ins=dict(one.ins), outs=dict(one.outs), closing=one.closing
        )
        for one in balances
    ]


def kinds_in_words(reader: Reader) -> dict[Any, str]:
    """The causes of movement."""
    return {kind: reader.say(f"grade-kind-{kind.replace('_', '-')}") for kind in KINDS}


def trial_view(trial: GradeTrial, digits: int, names: dict[str, str], reader: Reader) -> schemas.GradeTrialView:
    """Counts, and where; by the first so many digits of the villages' codes."""
    total: dict[tuple[Grade | None, Grade | None], int] = {}
    areas: dict[str, dict[tuple[Grade | None, Grade | None], int]] = {}
    for (code, before, after), households in sorted(trial.moves.items(), key=lambda item: item[0][0]):
        of_area = areas.setdefault(code_of(code[:digits]), {})
        for counted in (total, of_area):
            counted[before, after] = counted.get((before, after), 0) + households
    return schemas.GradeTrialView(
        households=trial.households,
        moved=trial.moves.total(),
        moves=_moves(total),
        areas=[
            schemas.TrialArea(area=reader.area(code, names), moves=_moves(counted)) for code, counted in areas.items()
        ],
    )


def _moves(counted: Mapping[tuple[Grade | None, Grade | None], int]) -> list[schemas.TrialMove]:
    listed = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
    return [schemas.TrialMove(before=before, after=after, households=n) for (before, after), n in listed]
