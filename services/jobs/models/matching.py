"""Runs of matching (匹配任务) and what they propose. People decide: a proposal is never more than one."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class RunState(StrEnum):
    """How far a run has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ProposalState(StrEnum):
    """What became of a proposal. `left`: no post was found, `change` says what would help. `lapsed`: a later run."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    LEFT = "left"


class MatchingRun(Base):
    """One run for an area. Its input is kept sealed, and named by its digest: the same input gives the same result.

    `repeats`: the run whose input is matched once more, to show that; such a run proposes nothing. `exposure` and
    `unlawful` are lines of `rules/exposure.py` and `rules/law.py`. `value` in points.
    """

    __tablename__ = "matching_run"
    __table_args__ = (
        Index("ix_matching_run_area", "area_code", "id"),
        Index("ix_matching_run_waiting", "id", postgresql_where=text("state IN ('queued', 'running')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    state: Mapped[str]
    progress: Mapped[int] = mapped_column(SmallInteger)  # percent
    attempts: Mapped[int] = mapped_column(SmallInteger)
    repeats: Mapped[UUID | None] = mapped_column(ForeignKey("matching_run.id"))
    day: Mapped[date | None]  # on which ages and openings were looked at
    weights_policy_id: Mapped[UUID | None]
    distances_policy_id: Mapped[UUID | None]
    posts_policy_id: Mapped[UUID | None]
    input_sealed: Mapped[bytes | None] = mapped_column(deferred=True)  # purpose "matching-input"
    input_digest: Mapped[str | None]
    result_digest: Mapped[str | None]
    people: Mapped[int | None]
    posts: Mapped[int | None]
    openings: Mapped[int | None]
    placed: Mapped[int | None]
    value: Mapped[int | None]
    exposure: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    unlawful: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    failure: Mapped[str | None]  # code
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class MatchingProposal(Base):
    """One person of a run: the post that is proposed, with the points of each part; or why there is none.

    `parts`: part → points; `priority`: points of a placement and of the person's `groups`. Of somebody who is `left`:
    `why`, and the post that one `change` (with `facts`) would open.
    """

    __tablename__ = "matching_proposal"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "area_code"], ["person.id", "person.area_code"], onupdate="CASCADE"),
        Index("uq_matching_proposal_person", "run_id", "person_id", unique=True),
        Index("ix_matching_proposal_state", "run_id", "state", "id"),
        Index("ix_matching_proposal_person", "person_id"),
        Index("ix_matching_proposal_open", "area_code", "id", postgresql_where=text("state IN ('proposed', 'left')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("matching_run.id"))
    person_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    need_id: Mapped[UUID] = mapped_column(ForeignKey("work_need.id"))
    post_id: Mapped[UUID | None] = mapped_column(ForeignKey("post.id"))
    state: Mapped[str]
    score: Mapped[int | None] = mapped_column(SmallInteger)
    parts: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    priority: Mapped[int]
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    possible: Mapped[int]  # posts that no filter excluded
    why: Mapped[str | None]
    change: Mapped[str | None]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    policy_id: Mapped[UUID]  # version of `matching-weights`
    reason: Mapped[str | None]  # code, of a refusal
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    version: Mapped[int]
