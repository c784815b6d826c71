"""What became of the register: every change of it, and persons that two households claim."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.db.base import AreaColumn


class RegisterChange(Base):
    """What one act did to a household, or to one person of it with `member_id`.

    `fields` names what changed, in its order; `detail` has from and to of what may stand in clear, `sealed`
    (purpose "register-change") of the rest, and why somebody changed it. `act_id` is the same in all lines of one act
    on several households.
    """

    __tablename__ = "register_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("ix_register_change_household", "household_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    member_id: Mapped[UUID | None]
    what: Mapped[str]
    source: Mapped[str]
    act_id: Mapped[UUID | None]
    by: Mapped[UUID]
    at: Mapped[datetime]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    detail: Mapped[dict[str, Any] | None]
    sealed: Mapped[bytes | None]


class DoubleEntry(Base):
    """Somebody who lives in `household_id` was entered or imported as one of another household, which was refused.

    That other household may not be registered: `claimed_ref` is its national code, its id, or its village. Seen from
    both sides. `claim_sealed` (purpose "double-entry") holds who was claimed and as what.
    """

    __tablename__ = "double_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        ForeignKeyConstraint(
            ["claimed_household_id", "claimed_area_code"],
            ["household.id", "household.area_code"],
            onupdate="CASCADE",
        ),
        Index("ix_double_entry_member", "member_id"),
        Index("ix_double_entry_household", "household_id"),
        Index("ix_double_entry_claimed_household", "claimed_household_id"),
        Index(
            "uq_double_entry_open",
            "person_key",
            "claimed_ref",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_key: Mapped[str]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    claimed_household_id: Mapped[UUID | None]
    claimed_area_code: Mapped[AreaColumn]
    claimed_ref: Mapped[str]
    claim_sealed: Mapped[bytes]
    source: Mapped[str]
    times: Mapped[int]
    first_by: Mapped[UUID]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    decision: Mapped[str | None]
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    version: Mapped[int]
