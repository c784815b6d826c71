"""Placements and calls as answers show them."""

from collections.abc import Sequence
from datetime import date

from services.jobs.api.reader import Reader
from services.jobs.models import PlacementMove, StayCheck
from services.jobs.queries import placements as find
from services.jobs.queries.placements import PlacementRow
from services.jobs.queries.posts import PostRow, find_posts
from services.jobs.rules.placement_states import State, moves_from
from services.jobs.rules.placement_stay import MARKS
from services.jobs.schemas import placements as schemas
from services.jobs.usecases.placement_history import NOTE
from shared.db.engine import ReadSession
from shared.http.fields import CodeView
from shared.projections.areas import find_names_above

_REASON_LISTS = {"refused": "placement_refusal", "ended": "placement_ending"}


async def summaries(
    session: ReadSession, rows: Sequence[PlacementRow], reader: Reader, today: date
) -> list[schemas.PlacementSummary]:
    """Placements with people, areas and posts, which are loaded once for all of them."""
    names = await find_names_above(session, {row.placement.area_code for row in rows})
    posts = await find_posts(session, {row.placement.post_id for row in rows})
    return [_summary(row, posts.get(row.placement.post_id), reader, names, today) for row in rows]


async def placement_view(session: ReadSession, row: PlacementRow, reader: Reader, today: date) -> schemas.PlacementView:
    """One with its history, its calls, and what may be done next."""
    [summary] = await summaries(session, [row], reader, today)
    placement = row.placement
    moves = await find.list_moves(session, placement.id)
    checks = await find.list_checks(session, placement.id)
    days = ("referred", "offered", "accepted", "refused", "placed", "arrived", "ended")
    return schemas.PlacementView(
        **dict(summary),
        **{f"{name}_on": getattr(placement, f"{name}_on") for name in days},
        moves=[_move_view(one, reader) for one in moves],
        stay_checks=[check_view(one, reader) for one in checks],
        possible=[
            schemas.PossibleMove(to=move.to, text=reader.code("placement_state", move.to), needs=list(move.needs))
            for move in moves_from(placement.state)
        ],
    )


def check_view(check: StayCheck, reader: Reader) -> schemas.StayCheckView:
    """One call."""
    return schemas.StayCheckView(
        id=check.id,
        placement_id=check.placement_id,
        mark=check.mark,
        attempt=check.attempt,
        due_on=check.due_on,
        state=reader.coded("stay_check_state", check.state),
        outcome=reader.coded("stay_outcome", check.outcome),
        seen_on=check.seen_on,
        wage=check.wage,
        note=reader.text(check.note_sealed, NOTE),
    )


def _summary(
    row: PlacementRow, post: PostRow | None, reader: Reader, names: dict[str, str], today: date
) -> schemas.PlacementSummary:
    placement = row.placement
    return schemas.PlacementSummary(
        id=placement.id,
        person=reader.person(row.person, today),
        area=reader.area(placement.area_code, names),
        post_id=placement.post_id,
        post_title=post.post.title if post else None,
        employer_id=placement.employer_id,
        employer=post.employer.name if post else None,
        need_id=placement.need_id,
        trade=reader.coded("trade", placement.trade),
        work_area=placement.work_area,
        state=placement.state,
        state_text=reader.code("placement_state", placement.state),
        state_since=placement.state_since,
        due_on=placement.due_on,
        overdue=placement.due_on is not None and placement.due_on < today,
        wage=placement.wage,
        reason=_reason(reader, placement.state, placement.refused_reason or placement.ended_reason),
        stay={str(mark): reader.coded("stay_outcome", getattr(placement, f"stay_{mark}")) for mark in MARKS},
        next_call_on=placement.call_on,
    )


def _move_view(move: PlacementMove, reader: Reader) -> schemas.MoveView:
    return schemas.MoveView(
        from_state=move.from_state,
        to_state=move.to_state,
        cause=reader.coded("placement_cause", move.cause),
        reason=_reason(reader, move.to_state, move.reason),
        on=move.happened_on,
        at=move.at,
        by=move.by,
        note=reader.text(move.note_sealed, NOTE),
    )


def _reason(reader: Reader, state: State, code: str | None) -> CodeView | None:
    listed = _REASON_LISTS.get(state)
    return reader.coded(listed, code) if listed else None
