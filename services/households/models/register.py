"""The register (农户档案): households and the people in them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Index, SmallInteger, Text, UniqueConstraint, func, null, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import AreaColumn, Base


class Household(Base):
    """One household (户). `household_key` is the blind index of the national code (户编号), as alerts carry it."""

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),  # what hangs on a household follows it to another village (see Member)
        Index("ix_household_area", "area_code", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    national_code: Mapped[str | None] = mapped_column(unique=True)
    household_key: Mapped[str | None] = mapped_column(unique=True)
    area_code: Mapped[AreaColumn]
    address: Mapped[str | None]
    natural_village: Mapped[str | None]
    household_class: Mapped[str] = mapped_column("class")
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[str | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Member(Base):
    """One person. Lives in one household at a time: `left_on` is set when they moved away, married out or died.

    The name is in clear, for it is searched; ID number and phone are sealed and found by blind indexes.
    """

    __tablename__ = "member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("uq_member_person_key", "person_key", unique=True, postgresql_where=text("left_on IS NULL")),
        # Not pg_trgm: it sees no letters in Chinese where the database's locale is C.
        Index("ix_member_name", func.string_to_array(text("name"), null()), postgresql_using="gin"),
        Index("ix_member_household", "household_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    name: Mapped[str]
    id_number_sealed: Mapped[bytes]
    person_key: Mapped[str]
    relation: Mapped[str]  # GB/T 4761
    sex: Mapped[str]  # GB/T 2261.1
    birth_on: Mapped[date]
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[str | None] = mapped_column(index=True)
    pupil: Mapped[bool]
    school_stage: Mapped[str | None]
    labour_skill: Mapped[str | None]
    health: Mapped[list[str]] = mapped_column(ARRAY(Text))
    left_on: Mapped[date | None]
    left_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(SmallInteger, default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
