"""Who lives where, as the register tells it: whose household an alert concerns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base


class KnownMember(Base):
    """One person of the register, by the keyed hash of the ID number. The newest record of a person counts."""

    __tablename__ = "known_member"
    __table_args__ = (Index("ix_known_member_household_key", "household_key", postgresql_where=text("active")),)

    person_key: Mapped[str] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    household_key: Mapped[str | None]
    area_code: Mapped[str]
    household_class: Mapped[str]
    active: Mapped[bool]  # false: left that household, and no other one is known
    changed_at: Mapped[datetime]
