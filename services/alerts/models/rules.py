"""Screening rules: which rows of a feed become alerts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base


class Rule(Base):
    """One version of a feed's screening rule (筛查规则). Never changed but for its last day, never deleted."""

    __tablename__ = "rule"
    __table_args__ = (UniqueConstraint("feed", "area_prefix", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed: Mapped[str] = mapped_column(ForeignKey("feed.code"))
    area_prefix: Mapped[str]  # "" everywhere
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    version: Mapped[int]  # counted for each feed and area
    levels: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # [{"severity", "when"}], the first that is true counts
    parameters: Mapped[dict[str, Any]]  # {name: number | text | boolean}
    note: Mapped[str | None]
    author: Mapped[UUID]  # account; the nil UUID for what was shipped
    created_at: Mapped[datetime]
