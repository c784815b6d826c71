"""What the audit rules found (数据质量问题), and how far the night has come."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.db.base import AreaColumn

_OPEN = "mended_at IS NULL"
_UNEXPLAINED = f"{_OPEN} AND explained_at IS NULL"


class QualityFinding(Base):
    """One mistake. It is open until `mended_at`; whoever is looking at a household sees what was mended, by whom.

    `fingerprint` is of the values it rests on. An explanation (`explanation_sealed` opens with "finding-explanation")
    silences it: when those values change, the finding ends and, if it is still one, begins anew. `policy_id` is the
    version of `quality-rules` it was found by. No foreign key to the member: finders lock households, not people.
    """

    __tablename__ = "quality_finding"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index(
            "uq_quality_finding_open",
            "household_id",
            "rule",
            "member_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text(_OPEN),
        ),
        Index("ix_quality_finding_household", "household_id", "id"),
        Index("ix_quality_finding_area", "area_code", "id", postgresql_where=text(_OPEN)),
        Index("ix_quality_finding_rule", "rule", "area_code", "id", postgresql_where=text(_OPEN)),
        Index("ix_quality_finding_counts", "area_code", "rule", "severity", postgresql_where=text(_UNEXPLAINED)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID]
    area_code: Mapped[AreaColumn]
    member_id: Mapped[UUID | None]
    rule: Mapped[str]
    severity: Mapped[str]  # fatal | logic | plausible
    field: Mapped[str]
    params: Mapped[dict[str, Any]]
    fingerprint: Mapped[bytes]
    policy_id: Mapped[UUID]
    found_at: Mapped[datetime]
    found_by: Mapped[UUID]
    mended_at: Mapped[datetime | None]
    mended_by: Mapped[UUID | None]
    explained_at: Mapped[datetime | None]
    explained_by: Mapped[UUID | None]
    explanation_sealed: Mapped[bytes | None]
    version: Mapped[int] = mapped_column(default=1)


class QualityNight(Base):
    """One night's run over the county, village by village: `reached` is the last village done, "" before the first."""

    __tablename__ = "quality_night"

    day: Mapped[date] = mapped_column(primary_key=True)
    reached: Mapped[AreaColumn]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    households: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    mended: Mapped[int] = mapped_column(default=0)


class QualityDue(Base):
    """A village to look at soon, for a file changed households there: so many at once would hold the file up."""

    __tablename__ = "quality_due"

    area_code: Mapped[AreaColumn] = mapped_column(primary_key=True)
    marked_at: Mapped[datetime]
    marked_by: Mapped[UUID]
