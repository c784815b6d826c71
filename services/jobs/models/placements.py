"""Placements (介绍安置): one person and one post, the history of it, and the calls after the arrival (在岗回访)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Numeric, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from services.jobs.rules.placement_states import Cause, State
from services.jobs.rules.placement_stay import Outcome
from shared.db.base import AreaColumn

_LIVE = "state IN ('referred', 'offered', 'accepted', 'placed', 'arrived')"
_BOUND = "state IN ('accepted', 'placed')"


class Placement(Base):
    """Somebody was proposed for a post, and what became of it.

    Trade and place are the post's of that day. `wage`: yuan a month, as agreed, then as last told. `due_on`: last day
    for the next move, by the version `policy_id` of `placement-clocks`. `stay_*`: answers of the calls so many days after
    the arrival; `call_*`: the next call, until it is opened.
    """

    __tablename__ = "placement"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),  # what hangs on it follows the person to another village
        ForeignKeyConstraint(["person_id", "area_code"], ["person.id", "person.area_code"], onupdate="CASCADE"),
        Index("uq_placement_live", "person_id", "post_id", unique=True, postgresql_where=text(_LIVE)),
        Index("uq_placement_bound", "person_id", unique=True, postgresql_where=text(_BOUND)),
        Index("uq_placement_arrived", "person_id", unique=True, postgresql_where=text("state = 'arrived'")),
        Index("ix_placement_person", "person_id"),
        Index("ix_placement_post", "post_id", "state"),
        Index("ix_placement_employer", "employer_id", "arrived_on"),
        Index("ix_placement_need", "need_id"),
        Index("ix_placement_area", "area_code", "id"),
        Index("ix_placement_due", "due_on", "id", postgresql_where=text("due_on IS NOT NULL")),
        Index("ix_placement_call", "call_on", "id", postgresql_where=text("call_on IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    post_id: Mapped[UUID] = mapped_column(ForeignKey("post.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("employer.id"))
    need_id: Mapped[UUID | None] = mapped_column(ForeignKey("work_need.id"))
    proposal_id: Mapped[UUID | None]
    trade: Mapped[str]  # GB/T 6565
    work_area: Mapped[str]  # 6 or 12 digits, or "abroad"
    state: Mapped[State] = mapped_column(String)
    state_since: Mapped[date]
    due_on: Mapped[date | None]
    policy_id: Mapped[UUID | None]
    wage: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    refused_reason: Mapped[str | None]
    ended_reason: Mapped[str | None]
    referred_on: Mapped[date]
    offered_on: Mapped[date | None]
    accepted_on: Mapped[date | None]
    refused_on: Mapped[date | None]
    placed_on: Mapped[date | None]
    arrived_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    stay_30: Mapped[Outcome | None] = mapped_column(String)
    stay_90: Mapped[Outcome | None] = mapped_column(String)
    stay_180: Mapped[Outcome | None] = mapped_column(String)
    call_mark: Mapped[int | None] = mapped_column(SmallInteger)
    call_on: Mapped[date | None]
    call_attempt: Mapped[int | None] = mapped_column(SmallInteger)
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime]
    version: Mapped[int]
    updated_at: Mapped[datetime]


def _of_placement() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["placement_id", "area_code"], ["placement.id", "placement.area_code"], onupdate="CASCADE"
    )


class PlacementMove(Base):
    """One line of its history. `ref`: the trip, call or other placement that made it; words are sealed
    ("placement-note")."""

    __tablename__ = "placement_move"
    __table_args__ = (_of_placement(), Index("ix_placement_move_placement", "placement_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    placement_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    from_state: Mapped[State | None] = mapped_column(String)
    to_state: Mapped[State] = mapped_column(String)
    cause: Mapped[Cause] = mapped_column(String)
    reason: Mapped[str | None]
    ref: Mapped[UUID | None]
    happened_on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[UUID]
    policy_id: Mapped[UUID | None]
    note_sealed: Mapped[bytes | None]


class StayCheck(Base):
    """One call `mark` days after the arrival, with its labour task; `attempt` counts the tries for that mark.

    `wage`: yuan a month, as told. Words are sealed ("placement-note").
    """

    __tablename__ = "stay_check"
    __table_args__ = (
        _of_placement(),
        Index("uq_stay_check_try", "placement_id", "mark", "attempt", unique=True),
        Index("uq_stay_check_waiting", "placement_id", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    placement_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    mark: Mapped[int] = mapped_column(SmallInteger)  # days after the arrival
    attempt: Mapped[int] = mapped_column(SmallInteger)
    due_on: Mapped[date]
    state: Mapped[str]  # waiting | answered | dropped
    outcome: Mapped[Outcome | None] = mapped_column(String)
    seen_on: Mapped[date | None]
    wage: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    policy_id: Mapped[UUID]
    opened_at: Mapped[datetime]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    note_sealed: Mapped[bytes | None]
