"""The national case (监测个案) of a household, its moves, what stands behind it, and when its clocks stood still."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.contracts.households import Level
from shared.contracts.monitoring import CaseClass, Clock, Source, State
from shared.db.base import AreaColumn

_ACTIVE = "state NOT IN ('dismissed', 'moved_away', 'deceased')"


class MonitoringCase(Base):
    """One national case. A household has at most one that is not over; what closes and opens again is one more `round`.

    `due_at` is the nearest deadline, of `clock`, set by the version `policy_id`; null where none runs. `raised_to` is
    the level that asks after it beside its holder. Words on the risk `99` and on the fast lane are sealed
    ("case-remark", "case-fast-lane").
    """

    __tablename__ = "monitoring_case"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("uq_monitoring_case_household", "household_id", unique=True, postgresql_where=text(_ACTIVE)),
        Index("ix_monitoring_case_area", "area_code", "id"),
        Index("ix_monitoring_case_household", "household_id"),
        Index("ix_monitoring_case_due", "due_at", "id", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_monitoring_case_papers", "papers_due_at", "id", postgresql_where=text("fast_lane")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    state: Mapped[State] = mapped_column(Text)
    round: Mapped[int] = mapped_column(SmallInteger, default=1)
    monitoring_class: Mapped[CaseClass | None] = mapped_column("class", Text)
    main_risk: Mapped[str | None]
    risks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    remark_sealed: Mapped[bytes | None]
    source: Mapped[Source] = mapped_column(Text)
    opened_at: Mapped[datetime]  # of this round: the clock from clue to decision begins here
    opened_by: Mapped[UUID]
    state_since: Mapped[date]  # its clock begins here
    identified_on: Mapped[date | None]  # of this round
    measure_from: Mapped[date | None]  # help is owed since; null: it came, or nobody is identified
    eliminated_on: Mapped[date | None]
    elimination_way: Mapped[str | None]  # helped | natural
    holder_level: Mapped[Level | None] = mapped_column(Text)
    due_at: Mapped[datetime | None]
    clock: Mapped[Clock | None] = mapped_column(Text)
    policy_id: Mapped[UUID | None]
    warn_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    raised_to: Mapped[Level | None] = mapped_column(Text)
    escalated_at: Mapped[datetime | None]
    fast_lane: Mapped[bool] = mapped_column(default=False)
    fast_lane_reason: Mapped[str | None]
    fast_lane_at: Mapped[datetime | None]
    fast_lane_by: Mapped[UUID | None]
    fast_lane_sealed: Mapped[bytes | None]
    papers_due_at: Mapped[datetime | None]
    papers_done_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class CaseMove(Base):
    """One line of a case's history. `evidence` holds ids, days, numbers and codes; words are sealed ("case-note",
    "case-minutes"). `policy_id` is the version of `case-clocks` it was judged by."""

    __tablename__ = "case_move"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("ix_case_move_case", "case_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    from_state: Mapped[State | None] = mapped_column(Text)  # null: it was opened
    to_state: Mapped[State] = mapped_column(Text)
    happened_on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[UUID]
    by_level: Mapped[Level | None] = mapped_column(Text)
    policy_id: Mapped[UUID | None]
    due_at: Mapped[datetime | None]  # of the state it left
    evidence: Mapped[dict[str, Any]]
    note_sealed: Mapped[bytes | None]
    minutes_sealed: Mapped[bytes | None]


class CaseSnapshot(Base):
    """What one decision was made on (识别时、消除时情况): `facts` is a `Snapshot` (`rules/case_snapshot.py`) as JSON.

    Of the line of history that it was written with, and as unchangeable: the runtime role may not write over it. An
    elimination that is withdrawn keeps its own, and the next one has another.
    """

    __tablename__ = "case_snapshot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("ix_case_snapshot_case", "case_id", "move_id"),
    )

    move_id: Mapped[UUID] = mapped_column(ForeignKey("case_move.id"), primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[State] = mapped_column(Text)  # monitored | eliminated
    facts: Mapped[dict[str, Any]]


class CaseEvidence(Base):
    """What stands behind a case: one confirmed alert check (`risk_case_id`), or one clue by hand.

    A check of a whole area lies where the area is, and is out of sight once the household moves: `area_family` keeps
    its family of risk. Null: the check is the household's own.
    """

    __tablename__ = "case_evidence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        UniqueConstraint("case_id", "risk_case_id"),
        Index("ix_case_evidence_risk_case", "risk_case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[Source] = mapped_column(Text)
    risk_case_id: Mapped[UUID | None]
    risk: Mapped[str | None]
    added_at: Mapped[datetime]
    added_by: Mapped[UUID]
    area_family: Mapped[str | None]


class CasePause(Base):
    """A span in which a case's clocks stand still, both days within it. It ends by itself at `last`, the most days its
    policy allows, or earlier with `ended_on`, the first day on which they run again."""

    __tablename__ = "case_pause"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("ix_case_pause_case", "case_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    reason: Mapped[str]
    first: Mapped[date]
    last: Mapped[date]
    policy_id: Mapped[UUID]
    paused_at: Mapped[datetime]
    paused_by: Mapped[UUID]
    ended_on: Mapped[date | None]
    ended_by: Mapped[UUID | None]
