"""The signed authority to look up (承诺授权查询书), and what bureaus are asked by it (信息比对)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.db.base import AreaColumn

TicketState = Literal["open", "answered", "withdrawn"]
AssetAnswer = Literal["exists", "does_not_exist"]


class Authorisation(Base):
    """A household's signature under "you may ask". `scan_sha256` is of the scanned sheet, which lies elsewhere; the
    signer's name is sealed ("authorisation")."""

    __tablename__ = "authorisation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index("ix_authorisation_case", "case_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"))
    signer_sealed: Mapped[bytes]
    signed_on: Mapped[date]
    scan_sha256: Mapped[str | None]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class ComparisonTicket(Base):
    """One question: does this person have such an asset? Answered yes or no by whoever holds `feed`."""

    __tablename__ = "comparison_ticket"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "area_code"], ["monitoring_case.id", "monitoring_case.area_code"], onupdate="CASCADE"
        ),
        Index(
            "uq_comparison_ticket_live",
            "case_id",
            "round",
            "member_id",
            "kind",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_comparison_ticket_case", "case_id", "id"),
        Index("ix_comparison_ticket_feed", "feed", "due_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    round: Mapped[int] = mapped_column(SmallInteger)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str]
    feed: Mapped[str]
    state: Mapped[TicketState] = mapped_column(Text)
    authorisation_id: Mapped[UUID] = mapped_column(ForeignKey("authorisation.id"))
    policy_id: Mapped[UUID]  # `asset-comparison`
    asked_on: Mapped[date]
    due_on: Mapped[date]
    answer: Mapped[AssetAnswer | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
