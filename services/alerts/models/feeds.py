"""Feeds: the kinds of alert that the bureaus send."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules import Severity


class Feed(Base):
    """A kind of alert (预警类别) that one bureau sends. A row of data, never code."""

    __tablename__ = "feed"

    code: Mapped[str] = mapped_column(primary_key=True)  # "education.absence"
    bureau_zh: Mapped[str]
    bureau_en: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    risk_family: Mapped[str]  # alerts of one family on one household are one case
    default_severity: Mapped[Severity] = mapped_column(String)
    evidence_schema: Mapped[dict[str, Any]]  # JSON Schema 2020-12
    version: Mapped[int]  # grows with each change
    active: Mapped[bool]
    expires_days: Mapped[int | None]  # days after which an alert nobody answered tells nothing any more; null: never
