"""The labour force: people of 15 and older, as the register tells of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class Person(Base):
    """One person, a copy of the register's facts (`households.labour-changed`); changed by events alone.

    Name, ID number and phone came sealed and stay so. Somebody who moved away or died keeps the row, not `active`.
    `changed_at` and `graded_at` are the register's moments: of two messages the later one counts.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),  # what hangs on a person follows to another village
        Index("ix_person_area", "area_code", "id", postgresql_where=text("active")),
        Index("ix_person_household", "household_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_key: Mapped[str] = mapped_column(unique=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    active: Mapped[bool]
    household_class: Mapped[str]
    relation: Mapped[str]  # GB/T 4761
    sex: Mapped[str]  # GB/T 2261.1
    birth_on: Mapped[date]
    education: Mapped[str | None]  # GB/T 4658
    pupil: Mapped[bool]
    school_stage: Mapped[str | None]
    labour_skill: Mapped[str | None]
    health: Mapped[list[str]] = mapped_column(ARRAY(Text))
    disability_class: Mapped[int | None] = mapped_column(SmallInteger)  # GB/T 26341
    disability_level: Mapped[int | None] = mapped_column(SmallInteger)  # 1, the gravest, to 4
    relocated: Mapped[bool]
    relocation_site: Mapped[str | None]
    grade: Mapped[str | None]  # of the household: green, yellow, red
    graded_at: Mapped[datetime]
    name_sealed: Mapped[bytes]
    id_number_sealed: Mapped[bytes]
    phone_sealed: Mapped[bytes | None]
    changed_at: Mapped[datetime]
