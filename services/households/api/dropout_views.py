"""Dropout cases, ledgers and the board → answers."""

from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from services.households.api.reader import Reader
from services.households.api.register_words import words
from services.households.models import DropoutEntry, DropoutMove, LegalStep, Member, StayCheck
from services.households.queries import dropouts as find
from services.households.queries.dropout_board import BoardLine, Counts
from services.households.queries.dropouts import DropoutRow
from services.households.rules.schooling.legal import KINDS
from services.households.rules.schooling.states import STATES
from services.households.schemas import dropouts as schemas
from services.households.schemas import school_children as ledgers
from services.households.usecases.dropout_entries import ENTRY
from services.households.usecases.dropout_states import NOTE
from services.households.usecases.legal_steps import PROOF
from services.households.usecases.school_children import LedgerCounts, Pupil
from shared.areas import Scope
from shared.clock import age_on
from shared.db.engine import ReadSession
from shared.projections.areas import find_names, find_names_above

CASES = "/households/v1/dropout-cases"


async def summaries(
    session: ReadSession, rows: Sequence[DropoutRow], reader: Reader, today: date
) -> list[schemas.DropoutSummary]:
    """Cases with the names of their areas, loaded once for all of them."""
    names = await find_names_above(session, (row.case.area_code for row in rows))
    return [schemas.DropoutSummary(**_summary(row, names, reader, today)) for row in rows]


async def case_view(
    session: ReadSession, scope: Scope, row: DropoutRow, reader: Reader, today: date
) -> schemas.DropoutView:
    """One case with its history, entries, legal steps and checks."""
    case = row.case
    [summary] = await summaries(session, [row], reader, today)
    return schemas.DropoutView(
        **dict(summary),
        risk_case_id=case.risk_case_id,
        policy_id=case.policy_id,
        moves=[_move(one, reader) for one in await find.list_moves(session, scope, case.id)],
        entries=[_entry(one, reader) for one in await find.list_entries(session, scope, case.id)],
        legal_steps=[_step(one, reader) for one in await find.list_steps(session, scope, case.id)],
        stay_checks=[_check(one, reader) for one in await find.list_stay_checks(session, scope, case.id)],
    )


async def children(
    session: ReadSession, found: Sequence[Pupil], reader: Reader, today: date
) -> list[ledgers.SchoolChild]:
    """A page of a ledger."""
    names = await find_names_above(session, (one.child.member.area_code for one in found))
    return [_child(one, names, reader, today) for one in found]


async def ledger_counts(
    session: ReadSession, ledger: str, counts: LedgerCounts, reader: Reader
) -> ledgers.LedgerCountsView:
    """The sums of a ledger."""
    names = await find_names_above(session, counts.townships)
    return ledgers.LedgerCountsView(
        ledger=ledger,
        ledger_text=reader.code("school_ledger", ledger),
        total=counts.total,
        townships=[
            ledgers.AreaCount(area=reader.area(code, names), count=count) for code, count in counts.townships.items()
        ],
        schools=_named(counts.schools),
        terms=_named(counts.terms),
    )


async def board(
    session: ReadSession, lines: Sequence[BoardLine], area: str | None, term: str | None
) -> ledgers.BoardView:
    """The board, each line with the address of the names behind it."""
    names = await find_names(session, {line.key for line in lines if line.by == "township" and line.key})
    asked = {name: value for name, value in (("area", area), ("term", term)) if value}

    def view(line: BoardLine) -> ledgers.BoardLineView:
        own = {"area" if line.by == "township" else str(line.by): line.key or ""}
        name = names.get(line.key or "", line.key) if line.by == "township" else line.key
        return ledgers.BoardLineView(**_counts(line.counts), name=name, drill=f"{CASES}?{urlencode({**asked, **own})}")

    [whole] = [line for line in lines if line.by == "all"]
    return ledgers.BoardView(
        all=ledgers.BoardCounts(**_counts(whole.counts)),
        townships=[view(line) for line in lines if line.by == "township"],
        schools=[view(line) for line in lines if line.by == "school"],
        terms=[view(line) for line in lines if line.by == "term"],
    )


def _counts(counts: Counts) -> dict[str, object]:
    states: dict[str, object] = {state: getattr(counts, state) for state in STATES}
    steps = {kind: getattr(counts, f"step_{number}") for number, kind in enumerate(KINDS, 1)}
    return {"total": counts.total, **states, "relapsed": counts.relapsed, "legal_steps": steps}


def _named(counts: Mapping[str | None, int]) -> list[ledgers.NamedCount]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))
    return [ledgers.NamedCount(name=name, count=count) for name, count in ordered]


def _pupil(member: Member, names: dict[str, str], reader: Reader, today: date) -> schemas.PupilView:
    return schemas.PupilView(
        member_id=member.id,
        name=reader.name(member.name),
        age=age_on(member.birth_on, today),
        household_id=member.household_id,
        area=reader.area(member.area_code, names),
    )


def _summary(row: DropoutRow, names: dict[str, str], reader: Reader, today: date) -> dict[str, object]:
    case = row.case
    return {
        "id": case.id,
        "pupil": _pupil(row.member, names, reader, today),
        "state": case.state,
        "state_text": reader.code("dropout_state", case.state),
        "state_since": case.state_since,
        "school": case.school,
        "grade": case.school_grade,
        "term": case.term,
        "found_on": case.found_on,
        "source": case.source,
        "returns": case.round,
        "returned_on": case.returned_on,
        "legal_step": case.legal_step,
        "exemption_text": reader.code("dropout_exemption", case.exemption) if case.exemption else None,
        "version": case.version,
    }


def _child(one: Pupil, names: dict[str, str], reader: Reader, today: date) -> ledgers.SchoolChild:
    child, evidence, case = one.child, one.child.evidence, one.child.case
    feed, state = evidence.feed if evidence else None, case.state if case else None
    return ledgers.SchoolChild(
        pupil=_pupil(child.member, names, reader, today),
        stage=child.member.school_stage,
        stage_text=words("school_stage", child.member.school_stage, reader),
        school=one.school,
        grade=one.grade,
        alert_on=evidence.occurred_on if evidence else None,
        feed=feed,
        feed_text=words("feed", feed, reader),
        risk_case_id=evidence.case_id if evidence else None,
        dropout_case_id=case.id if case else None,
        dropout_state=state,
        dropout_state_text=words("dropout_state", state, reader),
    )


def _move(one: DropoutMove, reader: Reader) -> schemas.MoveView:
    to = reader.code("dropout_state", one.to_state)
    if one.from_state is None:
        text = reader.say("dropout-opened-text")
    else:
        text = reader.say("dropout-moved-text", source=reader.code("dropout_state", one.from_state), to=to)
    return schemas.MoveView(
        from_state=one.from_state,
        to_state=one.to_state,
        text=text,
        cause=one.cause,
        ref=one.ref,
        happened_on=one.happened_on,
        at=one.at,
        by=one.by,
        policy_id=one.policy_id,
        note=reader.text(one.note_sealed, NOTE),
    )


def _entry(one: DropoutEntry, reader: Reader) -> schemas.EntryView:
    return schemas.EntryView(
        id=one.id,
        kind=one.kind,
        at=one.happened_at,
        until=one.until,
        result=one.result,
        result_text=reader.code("persuasion_result", one.result) if one.result else None,
        lessons=one.lessons,
        latitude=one.latitude if reader.sees_people else None,
        longitude=one.longitude if reader.sees_people else None,
        words=reader.record(one.sealed, ENTRY) if reader.sees_people else None,
        recorded_by=one.recorded_by,
    )


def _step(one: LegalStep, reader: Reader) -> schemas.LegalStepView:
    return schemas.LegalStepView(
        id=one.id,
        kind=one.kind,
        kind_text=reader.code("legal_step", one.kind),
        level=one.level,
        document_no=one.document_no,
        issued_on=one.issued_on,
        served_on=one.served_on,
        proof=reader.text(one.proof_sealed, PROOF),
        policy_id=one.policy_id,
        withdrawn_on=one.withdrawn_on,
    )


def _check(one: StayCheck, reader: Reader) -> schemas.StayCheckView:
    return schemas.StayCheckView(
        id=one.id,
        task_id=one.task_id,
        round=one.round,
        days=one.days,
        planned_on=one.planned_on,
        state=one.state,
        state_text=reader.code("stay_check_state", one.state),
        seen_on=one.seen_on,
        reason=one.reason,
        reason_text=reader.code("school_absence", one.reason) if one.reason else None,
        note=reader.text(one.note_sealed, NOTE),
    )
