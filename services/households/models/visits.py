"""Visits (入户走访) with their photos, and what looks like pretence in them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.contracts.pretence import PretenceKind
from shared.db.base import AreaColumn

VisitKind = Literal["visit", "no_change"]
"""Somebody was there and tells of it; or says in one call that nothing has changed (无变化)."""


class Visit(Base):
    """One visit. The id is made on the visitor's phone, so that it can send again after a lost answer.

    It is made for a task, or for a household without one (`task_id` and `case_id` are null then). `sealed` (purpose
    "visit") holds whom they met, what they found in words and field by field; `content_key` tells a repetition from
    another visit under the same id; `text_key` is the blind index of the words in their normal form, by which copied
    words are found. `second_needed`: the policy `visit-rules` asks for a second visitor, who is `second_by`.
    """

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),
        ForeignKeyConstraint(["case_id", "area_code"], ["risk_case.id", "risk_case.area_code"], onupdate="CASCADE"),
        # Checked at commit: a case that goes over to another household takes its visits to that one's area first.
        ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            onupdate="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("ix_visit_case", "case_id"),
        Index("ix_visit_area", "area_code", "visited_at"),
        Index("ix_visit_visitor", "visited_by", "visited_at"),
        Index("ix_visit_text", "visited_by", "text_key", postgresql_where=text("text_key IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[VisitKind] = mapped_column(Text, server_default="visit")
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"), index=True)
    case_id: Mapped[UUID | None]
    household_id: Mapped[UUID | None] = mapped_column(index=True)
    area_code: Mapped[AreaColumn]
    visited_at: Mapped[datetime]
    latitude: Mapped[float | None]  # degrees, WGS 84 as the phone gives it
    longitude: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    sealed: Mapped[bytes]
    content_key: Mapped[str]
    text_key: Mapped[str | None]
    visited_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    second_needed: Mapped[bool] = mapped_column(server_default=false())
    policy_id: Mapped[UUID | None]  # the version of `visit-rules` that says so
    second_by: Mapped[UUID | None]
    second_at: Mapped[datetime | None]


class VisitPhoto(Base):
    """One photo of a visit. What lies in the store is the picture encoded anew, sealed; no EXIF comes along.

    `digest` is the SHA-256 of the bytes that came, `likeness` the 64-bit difference hash as a signed number.
    `origin_sealed` (purpose "photo-origin") holds when and where the camera says it was taken.
    """

    __tablename__ = "visit_photo"
    __table_args__ = (
        ForeignKeyConstraint(["visit_id", "area_code"], ["visit.id", "visit.area_code"], onupdate="CASCADE"),
        Index("ix_visit_photo_visit", "visit_id"),
        Index("ix_visit_photo_digest", "digest"),
        Index("ix_visit_photo_area", "area_code", "uploaded_at"),
        Index("ix_visit_photo_sender", "uploaded_by", "uploaded_at"),
        Index("ix_visit_photo_kept", "uploaded_at", postgresql_where=text("deleted_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    stored_as: Mapped[UUID] = mapped_column(unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    likeness: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)  # bytes of the stored picture in clear
    origin_sealed: Mapped[bytes | None]
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class PretenceFinding(Base):
    """Something that looks like pretence (形式主义线索): a question, never a verdict on anybody.

    `key` makes it unique, so that no rule says the same twice. `detail` holds numbers, codes and ids: what was found,
    and the limits of the policy version `policy_id`. `case_id` is of a short check, or of a national case. The answer
    is a code, with a sealed text (purpose "pretence-answer").
    """

    __tablename__ = "pretence_finding"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("ix_pretence_finding_area", "area_code", "id"),
        Index("ix_pretence_finding_household", "household_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[PretenceKind] = mapped_column(Text)
    area_code: Mapped[AreaColumn]
    household_id: Mapped[UUID | None]
    visit_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]]
    policy_id: Mapped[UUID]
    found_at: Mapped[datetime]
    answer: Mapped[str | None]
    answer_sealed: Mapped[bytes | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
