"""Public notices (公示), whom they name, and objections (异议) to them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from services.households.rules.notices import NoticeKind, NoticeState
from shared.db.base import AreaColumn

ObjectionState = Literal["open", "upheld", "rejected"]


class PublicNotice(Base):
    """One sheet in one village (`area_code`). `text_sealed` ("notice-text") is what was written on it; the place and who
    put it up and took it down are sealed in `proof_sealed` ("notice-proof"). `policy_id`: the version of `case-clocks`
    whose days count; `terms_policy_id`: that of `gate-terms`.
    """

    __tablename__ = "public_notice"
    __table_args__ = (Index("ix_public_notice_area", "area_code", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    kind: Mapped[NoticeKind] = mapped_column(Text)
    state: Mapped[NoticeState] = mapped_column(Text)
    text_sealed: Mapped[bytes]
    min_days: Mapped[int] = mapped_column(SmallInteger)
    lapse_days: Mapped[int] = mapped_column(SmallInteger)
    tell_days: Mapped[int] = mapped_column(SmallInteger)
    policy_id: Mapped[UUID]
    terms_policy_id: Mapped[UUID]
    proof_sealed: Mapped[bytes | None]
    started_on: Mapped[date | None]
    started_photo: Mapped[str | None]  # SHA-256, hex
    started_at: Mapped[datetime | None]  # when that was told
    ended_on: Mapped[date | None]
    ended_photo: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    drafted_by: Mapped[UUID]
    drafted_at: Mapped[datetime]
    updated_by: Mapped[UUID]


class NoticeEntry(Base):
    """One case on a notice. `void_at`: an objection was upheld, the notice was withdrawn, or a later one took its place."""

    __tablename__ = "notice_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("uq_notice_entry_live", "case_id", "kind", unique=True, postgresql_where=text("void_at IS NULL")),
        Index("ix_notice_entry_case", "case_id"),
    )

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("public_notice.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[NoticeKind] = mapped_column(Text)
    added_at: Mapped[datetime]
    void_at: Mapped[datetime | None]


class Objection(Base):
    """What somebody objected to one household on a notice. Who and what are sealed ("objection"), the answer's reason
    too ("objection-reason")."""

    __tablename__ = "objection"
    __table_args__ = (
        ForeignKeyConstraint(["notice_id", "case_id"], ["notice_entry.notice_id", "notice_entry.case_id"]),
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("ix_objection_notice", "notice_id", "id"),
        Index("ix_objection_case", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_id: Mapped[UUID]
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    sealed: Mapped[bytes]
    received_on: Mapped[date]
    state: Mapped[ObjectionState] = mapped_column(Text)
    reason_sealed: Mapped[bytes | None]
    answered_on: Mapped[date | None]
    answered_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
