"""Children who dropped out of school (控辍保学): the case of each, its moves, entries, legal steps, and stay checks."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from services.households.rules.schooling.states import Cause, State
from shared.contracts.households import Level
from shared.contracts.schooling_policies import LegalKind
from shared.db.base import AreaColumn

_ACTIVE = "state NOT IN ('stable', 'exempt')"


def _of_case() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["case_id", "area_code"], ["dropout_case.id", "dropout_case.area_code"], onupdate="CASCADE"
    )


class DropoutCase(Base):
    """One child who dropped out. At most one case of a child is not over; it goes where the child goes.

    `legal_step` is the last of the four steps that stands, 0 for none; `round` counts returns; `term` is the name of
    the school term in which the child was found, null where no calendar is known.
    """

    __tablename__ = "dropout_case"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("uq_dropout_case_member", "member_id", unique=True, postgresql_where=text(_ACTIVE)),
        Index("ix_dropout_case_member", "member_id"),
        Index("ix_dropout_case_household", "household_id"),
        Index("ix_dropout_case_area", "area_code", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    state: Mapped[State] = mapped_column(Text)
    source: Mapped[str]  # check: an alert that was confirmed | hand
    risk_case_id: Mapped[UUID | None]
    school: Mapped[str | None]
    school_grade: Mapped[str | None]
    term: Mapped[str | None]
    found_on: Mapped[date]
    state_since: Mapped[date]
    round: Mapped[int] = mapped_column(SmallInteger)
    returned_on: Mapped[date | None]
    legal_step: Mapped[int] = mapped_column(SmallInteger)
    exemption: Mapped[str | None]
    policy_id: Mapped[UUID]
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime]
    version: Mapped[int]
    updated_at: Mapped[datetime]


class DropoutMove(Base):
    """One line of a case's history. `ref` is the visit, check or alert that made it; words are sealed ("dropout-note")."""

    __tablename__ = "dropout_move"
    __table_args__ = (_of_case(), Index("ix_dropout_move_case", "case_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    from_state: Mapped[State | None] = mapped_column(Text)
    to_state: Mapped[State] = mapped_column(Text)
    cause: Mapped[Cause] = mapped_column(Text)
    ref: Mapped[UUID | None]
    happened_on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[UUID]
    policy_id: Mapped[UUID | None]
    note_sealed: Mapped[bytes | None]


class DropoutEntry(Base):
    """A persuasion visit (劝返), a plan for one pupil (一生一策), or lessons at home (送教上门).

    `sealed` ("dropout-entry") names teacher, cadre and whom they met, and holds the texts. `until`: last day of a plan;
    `result`: of a visit; `lessons`: how many.
    """

    __tablename__ = "dropout_entry"
    __table_args__ = (_of_case(), Index("ix_dropout_entry_case", "case_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    kind: Mapped[str]  # visit | plan | lessons
    happened_at: Mapped[datetime]
    until: Mapped[date | None]
    result: Mapped[str | None]
    lessons: Mapped[int | None] = mapped_column(SmallInteger)
    latitude: Mapped[float | None]  # degrees, WGS 84
    longitude: Mapped[float | None]
    sealed: Mapped[bytes]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class LegalStep(Base):
    """One of the four legal steps with its document. How it was served is sealed ("dropout-proof")."""

    __tablename__ = "legal_step"
    __table_args__ = (
        _of_case(),
        Index("ix_legal_step_case", "case_id", "id"),
        Index("uq_legal_step_live", "case_id", "kind", unique=True, postgresql_where=text("withdrawn_on IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    kind: Mapped[LegalKind] = mapped_column(Text)
    level: Mapped[Level] = mapped_column(Text)  # who issued it
    document_no: Mapped[str]
    issued_on: Mapped[date]
    served_on: Mapped[date]
    proof_sealed: Mapped[bytes]
    policy_id: Mapped[UUID]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    withdrawn_on: Mapped[date | None]


class StayCheck(Base):
    """One check of a child who came back, with its task on the village's desk. `days` after the return of that `round`;
    `planned_on` is a school day. Words are sealed ("dropout-note")."""

    __tablename__ = "stay_check"
    __table_args__ = (_of_case(), Index("ix_stay_check_case", "case_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), unique=True)
    round: Mapped[int] = mapped_column(SmallInteger)
    days: Mapped[int] = mapped_column(SmallInteger)
    planned_on: Mapped[date]
    state: Mapped[str]  # waiting | present | absent | dropped
    seen_on: Mapped[date | None]
    reason: Mapped[str | None]
    note_sealed: Mapped[bytes | None]
    policy_id: Mapped[UUID]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
