"""The local grade (红黄绿分级): what it is, how it came about, and what stood at each turn of a month.

It has nothing to do with the national case (监测对象), which is slow and formal and has tables of its own.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.contracts.grade_policies import Grade
from shared.db.base import AreaColumn


class HouseholdGrade(Base):
    """The grade of a household today, which also stands in `household.grade`.

    `calculated` is what the rules of `policy_id` say, for `reasons`: `[{"code", "values"}]`, each a condition and the
    facts and parameters it looked at. `grade` is that, or what somebody set by hand while `override_id` is in force.
    """

    __tablename__ = "household_grade"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("ix_household_grade_area", "area_code", "grade", "household_id"),
    )

    household_id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    grade: Mapped[Grade] = mapped_column(Text)
    since: Mapped[datetime]
    calculated: Mapped[Grade] = mapped_column(Text)
    calculated_since: Mapped[datetime]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    policy_id: Mapped[UUID]
    override_id: Mapped[UUID | None]
    counted_area: Mapped[AreaColumn]  # where the last change counted it


class GradeOverride(Base):
    """A grade set by hand, for a time. `reason_sealed` opens with "grade-override". `until` is its last day (China)."""

    __tablename__ = "grade_override"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("uq_grade_override_live", "household_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_grade_override_until", "until", "household_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_grade_override_household", "household_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    grade: Mapped[Grade] = mapped_column(Text)
    reason_sealed: Mapped[bytes]
    until: Mapped[date]
    policy_id: Mapped[UUID]
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class GradeChange(Base):
    """One household from one grade to another, or from one village to another with its grade. Never changed.

    `kind` says why, as `rules/grade_movement.py` has it. `from_*` null: it was not there before; `to_*` null: it is no
    more. They stay as they were, while `area_code` follows the household as everything of it does.
    """

    __tablename__ = "grade_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("ix_grade_change_household", "household_id", "at"),
        Index("ix_grade_change_from", "from_area", "at", postgresql_where=text("from_area IS NOT NULL")),
        Index("ix_grade_change_to", "to_area", "at", postgresql_where=text("to_area IS NOT NULL")),
        Index("ix_grade_change_at", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    at: Mapped[datetime]
    kind: Mapped[str]
    from_grade: Mapped[Grade | None] = mapped_column(Text)
    from_area: Mapped[AreaColumn | None]
    to_grade: Mapped[Grade | None] = mapped_column(Text)
    to_area: Mapped[AreaColumn | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    policy_id: Mapped[UUID | None]
    override_id: Mapped[UUID | None]
    by: Mapped[UUID]


class GradeSnapshot(Base):
    """How many households of a village had a grade when a month began. Written once and never changed."""

    __tablename__ = "grade_snapshot"

    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    area_code: Mapped[AreaColumn] = mapped_column(primary_key=True)
    grade: Mapped[Grade] = mapped_column(Text, primary_key=True)
    households: Mapped[int]


class GradingProgress(Base):
    """Up to which day a township has been graded by night. Holds no household."""

    __tablename__ = "grading_progress"

    township: Mapped[AreaColumn] = mapped_column(primary_key=True)  # nine digits
    graded_on: Mapped[date]
    finished_at: Mapped[datetime]
    households: Mapped[int]
    changed: Mapped[int]


class GradeDue(Base):
    """A household whose facts have changed on a road that had no time to grade it. A queue of ids, and no more."""

    __tablename__ = "grade_due"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    cause: Mapped[str]
    at: Mapped[datetime]
