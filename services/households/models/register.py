"""The register (农户档案): households and the people in them."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.db.base import AreaColumn

_LIVES = "dissolved_on IS NULL"
MOST_RISKS = 5
"""Risks that a household may have; one of them is the main one."""


def _listed(name: str, column: str, where: str) -> Index:
    """A list of households by one filter, in the order of pages."""
    return Index(name, column, "area_code", "id", postgresql_where=text(where))


class Household(Base):
    """One household (户). `household_key` is the blind index of the national code (户编号), as alerts carry it.

    A household that is no more keeps its row, with `dissolved_on`; `merged_into` says where its people went. What
    cannot be known is NULL: a field that nobody asked after is not "no".
    """

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),  # what hangs on a household follows it to another village (see Member)
        Index("ix_household_area", "area_code", "id"),
        _listed("ix_household_class", "class", _LIVES),
        _listed("ix_household_grade", "grade", f"{_LIVES} AND grade IS NOT NULL"),
        _listed("ix_household_monitoring", "monitoring_state", f"{_LIVES} AND monitoring_state IS NOT NULL"),
        _listed("ix_household_natural_village", "natural_village", _LIVES),
        *(
            Index(
                f"ix_household_risk_{place}",
                text(f"(risks[{place}])"),
                "area_code",
                "id",
                postgresql_where=text(f"{_LIVES} AND risks[{place}] IS NOT NULL"),
            )
            for place in range(1, MOST_RISKS + 1)
        ),
        Index("ix_household_dissolved", "area_code", "id", postgresql_where=text("dissolved_on IS NOT NULL")),
        Index("ix_household_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
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

    relocated: Mapped[bool | None]  # 易地扶贫搬迁
    relocation_site: Mapped[str | None]  # 集中安置区
    dwelling_level: Mapped[str | None]  # A to D
    only_home: Mapped[bool | None]
    safe_housing: Mapped[bool | None]  # 三保障和饮水, these four
    safe_water: Mapped[bool | None]
    schooling_met: Mapped[bool | None]
    medical_met: Mapped[bool | None]
    land_mu: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))  # 亩
    road_km: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))  # to the road of the village
    no_labour_covered: Mapped[bool | None]  # 整户无劳动能力兜底
    poverty_cause: Mapped[str | None]  # 致贫原因

    grade: Mapped[str | None]  # the local one: green, yellow, red
    monitoring_class: Mapped[str | None]  # the national one: unstable, edge, sudden
    monitoring_state: Mapped[str | None]
    main_risk: Mapped[str | None]
    risks: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))

    dissolved_on: Mapped[date | None]
    dissolved_reason: Mapped[str | None]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("household.id"))


class Member(Base):
    """One person. Lives in one household at a time: `left_on` is set when they moved away, married out or died.

    The name is in clear, for it is searched; ID number and phone are sealed and found by blind indexes. Whoever moves
    to another household of the register keeps the row.
    """

    __tablename__ = "member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("uq_member_person_key", "person_key", unique=True, postgresql_where=text("left_on IS NULL")),
        # Not pg_trgm: it sees no letters in Chinese where the database's locale is C.
        Index("ix_member_name", func.name_pairs(text("name")), postgresql_using="gin"),
        Index("ix_member_household", "household_id"),
        Index("ix_member_left", "person_key", postgresql_where=text("left_on IS NOT NULL")),
        Index("ix_member_deceased", "person_key", postgresql_where=text("left_reason = 'deceased'")),
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

    national_member_code: Mapped[str | None]  # 人编号
    ethnic_group: Mapped[str | None]  # GB/T 3304
    political_status: Mapped[str | None]  # GB/T 4762
    education: Mapped[str | None]  # GB/T 4658
    disability_class: Mapped[int | None] = mapped_column(SmallInteger)  # GB/T 26341
    disability_level: Mapped[int | None] = mapped_column(SmallInteger)  # 1, the gravest, to 4
    work_area: Mapped[str | None]  # 6 or 12 digits, or "境外"
    work_months: Mapped[int | None] = mapped_column(SmallInteger)  # of this year
    work_income: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))  # yuan a month
    public_post: Mapped[bool | None]  # 公益岗
    medical_insurance: Mapped[str | None]
    serious_illness_insurance: Mapped[bool | None]  # 大病保险
    pension: Mapped[str | None]
    minimum_living_allowance: Mapped[bool | None]  # 低保
    extreme_poverty_support: Mapped[bool | None]  # 特困供养
    relocated: Mapped[bool | None]
