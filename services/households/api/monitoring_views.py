"""National cases → answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.households.api.reader import Reader
from services.households.api.register_words import words
from services.households.api.snapshot_views import not_kept, snapshot_view
from services.households.models import CaseEvidence, CaseMove, CasePause, MonitoringCase
from services.households.queries import monitoring as find
from services.households.queries.case_snapshots import list_snapshots
from services.households.queries.cases import find_heads
from services.households.queries.monitoring import LaneCount, MonitoringRow
from services.households.rules.desks import at_level
from services.households.rules.monitoring.refusals import Unmet
from services.households.schemas import monitoring as schemas
from services.households.usecases.case_clocks import FAST_LANE
from services.households.usecases.gates import CLOCKS
from services.households.usecases.monitoring import REMARK
from services.households.usecases.moves import MINUTES, NOTE, Possible
from shared.areas import AreaCode, Scope
from shared.clock import local_date
from shared.db.engine import ReadSession
from shared.projections.areas import find_names_above

_SAID = {
    "carried": "case-carried-text",
    "joined": "case-joined-text",
    "renumbered": "case-renumbered-text",
    "divided": "case-divided-text",
    "moved": "case-village-left-text",
    "emptied": "case-emptied-text",
    "restored": "case-restored-text",
    "returned": "case-returned-text",
    "confirmed": "case-confirmed-text",
    "risks": "case-risk-dropped-text",
}
"""What moved a case, by what its history keeps of it, where nobody chose the step."""


async def case_summaries(
    session: ReadSession, scope: Scope, rows: Sequence[MonitoringRow], reader: Reader, now: datetime
) -> list[schemas.CaseSummary]:
    """Cases with heads and area names, loaded once for all of them."""
    heads = await find_heads(session, scope, {row.household.id for row in rows})
    names = await find_names_above(session, (row.case.area_code for row in rows))
    return [schemas.CaseSummary(**_summary(row, heads, names, reader, now)) for row in rows]


async def class_answer(
    session: ReadSession, scope: Scope, row: MonitoringRow, reader: Reader, now: datetime, unchecked: Sequence[str]
) -> schemas.ClassAnswer:
    """One case with what of its class could not be checked."""
    [summary] = await case_summaries(session, scope, [row], reader, now)
    said = [unmet_view(Unmet(code), reader) for code in unchecked]
    return schemas.ClassAnswer(**dict(summary), unchecked=said)


async def case_view(
    session: ReadSession, scope: Scope, row: MonitoringRow, reader: Reader, now: datetime
) -> schemas.CaseView:
    """One case with its history, what it was decided on, what stands behind it, and its pauses."""
    case = row.case
    [summary] = await case_summaries(session, scope, [row], reader, now)
    moves = {one.id: one for one in await find.list_moves(session, scope, case.id)}
    kept = await list_snapshots(session, scope, case.id)
    return schemas.CaseView(
        **dict(summary),
        remark=reader.text(case.remark_sealed, REMARK),
        lane=_lane(case, reader, now) if case.fast_lane else None,
        moves=[move_view(one, reader) for one in moves.values()],
        snapshots=[snapshot_view(one, moves[one.move_id], reader) for one in kept],
        not_kept=not_kept(case, kept),
        evidence=[_evidence(one) for one in await find.list_evidence(session, scope, case.id)],
        pauses=[_pause(one, reader) for one in await find.list_pauses(session, scope, case.id)],
    )


def move_view(line: CaseMove, reader: Reader) -> schemas.CaseMoveView:
    """One line of history; its words only for those who work with the household."""
    words = (reader.record(line.note_sealed, NOTE) or {}) if line.note_sealed and reader.sees_people else {}
    to = reader.code("case_state", line.to_state)
    said = next((code for fact, code in _SAID.items() if fact in line.evidence), None)
    if said is not None:
        text = reader.say(said, to=to)
    elif line.from_state is None:
        text = reader.say("case-opened-text", to=to)
    else:
        text = reader.say("case-moved-text", source=reader.code("case_state", line.from_state), to=to)
    policies = {kind: UUID(id_) for kind, id_ in line.evidence.get("policies", {}).items()}
    return schemas.CaseMoveView(
        id=line.id,
        round=line.round,
        from_state=line.from_state,
        to_state=line.to_state,
        text=text,
        happened_on=line.happened_on,
        at=line.at,
        by=line.by,
        by_level=line.by_level,
        policy_id=line.policy_id,
        policies=policies | ({CLOCKS: line.policy_id} if line.policy_id else {}),
        due_at=line.due_at,
        evidence=line.evidence,
        note=words.get("note"),
        contact=words.get("contact"),
        minutes=reader.text(line.minutes_sealed, MINUTES),
    )


def possible_move(one: Possible, reader: Reader) -> schemas.PossibleMove:
    """A legal next move with what is missing for it."""
    move = one.move
    return schemas.PossibleMove(
        to=move.to,
        text=reader.code("case_state", move.to),
        road=move.road,
        by=list(move.by),
        yours=one.yours,
        needs=list(move.needs),
        needs_text=[reader.texts.text(f"case-needs-{kind.replace('_', '-')}", reader.language) for kind in move.needs],
        unmet=[unmet_view(unmet, reader) for unmet in one.unmet],
    )


def unmet_view(unmet: Unmet, reader: Reader) -> schemas.UnmetView:
    """A condition in words."""
    return schemas.UnmetView(code=unmet.code, text=reader.texts.text(unmet.code, reader.language, **unmet.params))


async def lane_report(session: ReadSession, lines: Sequence[LaneCount], reader: Reader) -> schemas.LaneReport:
    """The fast lane by township, and together."""
    names = await find_names_above(session, (line.area_code for line in lines))
    townships = [
        schemas.LaneLine(
            area=reader.area(line.area_code, names),
            started=line.started,
            waiting=line.waiting,
            late=line.late,
            done=line.done,
            done_late=line.done_late,
        )
        for line in lines
    ]
    fields = ("started", "waiting", "late", "done", "done_late")
    sums = {name: sum(getattr(line, name) for line in lines) for name in fields}
    return schemas.LaneReport(**sums, townships=townships)


def _summary(
    row: MonitoringRow, heads: dict[UUID, str], names: dict[str, str], reader: Reader, now: datetime
) -> dict[str, object]:
    case, household = row.case, row.household
    head = heads.get(household.id)
    return {
        "id": case.id,
        "household": schemas.CaseHousehold(
            id=household.id,
            head_name=reader.name(head) if head else None,
            area=reader.area(case.area_code, names),
        ),
        "state": case.state,
        "state_text": reader.code("case_state", case.state),
        "round": case.round,
        "monitoring_class": case.monitoring_class,
        "class_text": reader.code("monitoring_class", case.monitoring_class) if case.monitoring_class else None,
        "main_risk": case.main_risk,
        "risks": reader.coded_all("risk", case.risks),
        "source": case.source,
        "source_text": reader.code("case_source", case.source),
        "opened_at": case.opened_at,
        "state_since": case.state_since,
        "identified_on": case.identified_on,
        "eliminated_on": case.eliminated_on,
        "elimination_way": case.elimination_way,
        "elimination_way_text": words("elimination_manner", case.elimination_way, reader),
        "holder": _holder(case, names, reader),
        "due": _due(case, reader, now),
        "fast_lane": case.fast_lane and case.papers_done_at is None,
        "version": case.version,
    }


def _holder(case: MonitoringCase, names: dict[str, str], reader: Reader) -> schemas.HolderView | None:
    if case.holder_level is None:
        return None
    desk = at_level(AreaCode(case.area_code), case.holder_level)
    return schemas.HolderView(level=case.holder_level, area=reader.area(desk, names), raised_to=case.raised_to)


def _due(case: MonitoringCase, reader: Reader, now: datetime) -> schemas.DueView | None:
    if case.due_at is None or case.clock is None:
        return None
    due_on = local_date(case.due_at - timedelta(microseconds=1))  # the deadline is the first moment too late
    return schemas.DueView(
        clock=case.clock,
        clock_text=reader.code("case_clock", case.clock),
        due_at=case.due_at,
        due_on=due_on,
        days_left=(due_on - local_date(now)).days,
    )


def _lane(case: MonitoringCase, reader: Reader, now: datetime) -> schemas.FastLaneView | None:
    if case.fast_lane_reason is None or case.fast_lane_at is None or case.fast_lane_by is None:
        return None
    due = case.papers_due_at
    return schemas.FastLaneView(
        reason=case.fast_lane_reason,
        reason_text=reader.code("fast_lane_reason", case.fast_lane_reason),
        started_at=case.fast_lane_at,
        started_by=case.fast_lane_by,
        note=reader.text(case.fast_lane_sealed, FAST_LANE),
        papers_due_at=due,
        papers_done_at=case.papers_done_at,
        late=due is not None and (case.papers_done_at or now) >= due,
    )


def _evidence(one: CaseEvidence) -> schemas.CaseEvidenceView:
    return schemas.CaseEvidenceView(
        source=one.source,
        risk_case_id=one.risk_case_id,
        risk=one.risk,
        round=one.round,
        added_at=one.added_at,
        added_by=one.added_by,
    )


def _pause(one: CasePause, reader: Reader) -> schemas.CasePauseView:
    return schemas.CasePauseView(
        reason=one.reason,
        reason_text=reader.code("pause_reason", one.reason),
        first=one.first,
        last=one.last,
        ended_on=one.ended_on,
        paused_by=one.paused_by,
        ended_by=one.ended_by,
    )
