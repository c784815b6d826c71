"""Training (培训): courses, who is enrolled, who came on which day, and the certificates people hold."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class CourseState(StrEnum):
    """A course is open until it ends or is cancelled."""

    OPEN = "open"
    ENDED = "ended"
    CANCELLED = "cancelled"


class EnrolmentState(StrEnum):
    """Waiting people come up in the order of their enrolments."""

    WAITING = "waiting"
    ENROLLED = "enrolled"
    COMPLETED = "completed"
    FAILED = "failed"  # stayed to the end, came too seldom
    DROPPED = "dropped"


class PlanState(StrEnum):
    """What became of the opening that was kept for somebody in training."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"


class Course(Base):
    """One course. `kind`: training, or a vocational school for school leavers (两后生). Order-based: `post_id` waits.

    `seated` and `waiting` are counted under the row's lock: whoever enrols somebody may not see the others of a course,
    and yet no seat is given twice. `policy_id` is the version of `training-rules` that says the allowance.
    """

    __tablename__ = "course"
    __table_args__ = (
        CheckConstraint("seats > 0 AND seated BETWEEN 0 AND seats AND waiting >= 0", name="seats"),
        CheckConstraint("ends_on >= starts_on", name="days"),
        Index("ix_course_county", "county", "id"),
        Index("ix_course_open", "ends_on", postgresql_where=text("state = 'open'")),
        Index("ix_course_waiting", "id", postgresql_where=text("state = 'open' AND waiting > 0")),
        Index("ix_course_post", "post_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    county: Mapped[AreaColumn]
    kind: Mapped[str]
    trade: Mapped[str]  # GB/T 6565
    title: Mapped[str]
    level: Mapped[str | None]
    place: Mapped[AreaColumn]  # 6 or 12 digits
    venue: Mapped[str]  # factory, site, village, school
    seats: Mapped[int]
    seated: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    employer_id: Mapped[UUID | None] = mapped_column(ForeignKey("employer.id"))
    post_id: Mapped[UUID | None] = mapped_column(ForeignKey("post.id"))
    allowance: Mapped[Decimal] = mapped_column(Numeric(8, 2))  # yuan a day of attendance
    policy_id: Mapped[UUID]
    state: Mapped[str]
    version: Mapped[int]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Enrolment(Base):
    """One person's place in a course, or on its waiting list. `plan_post_id`: the post that follows (培训+转岗)."""

    __tablename__ = "enrolment"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "area_code"], ["person.id", "person.area_code"], onupdate="CASCADE"),
        UniqueConstraint("id", "area_code"),  # attendance follows to another village
        Index(
            "uq_enrolment_person", "course_id", "person_id", unique=True, postgresql_where=text("state <> 'dropped'")
        ),
        Index("ix_enrolment_course", "course_id", "id"),
        Index("ix_enrolment_waiting", "course_id", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_enrolment_person", "person_id", "id"),
        Index("ix_enrolment_area", "area_code", "id"),
        Index("ix_enrolment_held", "plan_until", postgresql_where=text("plan_state = 'held'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"))
    person_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    need_id: Mapped[UUID | None] = mapped_column(ForeignKey("work_need.id"))
    state: Mapped[str]
    plan_post_id: Mapped[UUID | None] = mapped_column(ForeignKey("post.id"))
    plan_state: Mapped[str | None]
    plan_until: Mapped[date | None]  # last day the opening is kept
    dropped_reason: Mapped[str | None]
    completed_on: Mapped[date | None]
    version: Mapped[int]
    enrolled_by: Mapped[UUID]
    enrolled_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Attendance(Base):
    """Whether somebody came on one day of the course (签到)."""

    __tablename__ = "attendance"
    __table_args__ = (
        ForeignKeyConstraint(
            ["enrolment_id", "area_code"], ["enrolment.id", "enrolment.area_code"], onupdate="CASCADE"
        ),
        Index("ix_attendance_area", "area_code", "enrolment_id"),
    )

    enrolment_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    present: Mapped[bool]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class Certificate(Base):
    """A certificate (职业资格或技能等级证书) somebody holds, from a course of ours or brought along."""

    __tablename__ = "certificate"
    __table_args__ = (
        ForeignKeyConstraint(["person_id", "area_code"], ["person.id", "person.area_code"], onupdate="CASCADE"),
        UniqueConstraint("person_id", "trade", "level", postgresql_nulls_not_distinct=True),
        Index("ix_certificate_area", "area_code", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    trade: Mapped[str]  # GB/T 6565
    level: Mapped[str | None]
    issued_on: Mapped[date]
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolment.id"))
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
