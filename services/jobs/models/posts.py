"""Employers (用人单位) and their posts (岗位). No people's data: what is advertised is for all who place people."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn


class PostState(StrEnum):
    """What may be done with a post. A proposed one waits for the county's or the bureau's word."""

    PROPOSED = "proposed"
    OPEN = "open"
    FILLED = "filled"
    CLOSED = "closed"


class Employer(Base):
    """Somebody who has work to give. `county` is where it is registered with us; `area_code` where it stands, if known.

    Contact and phone are of a person: sealed (purposes "employer-contact", "employer-phone").
    """

    __tablename__ = "employer"
    __table_args__ = (
        Index(
            "uq_employer_credit_code",
            "county",
            "credit_code",
            unique=True,
            postgresql_where=text("credit_code IS NOT NULL"),
        ),
        Index("uq_employer_name", "county", "name", unique=True, postgresql_where=text("credit_code IS NULL")),
        Index("ix_employer_county", "county", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    county: Mapped[AreaColumn]
    credit_code: Mapped[str | None]  # GB 32100
    name: Mapped[str]
    kind: Mapped[str]
    area_code: Mapped[AreaColumn | None]
    contact_sealed: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    blacklisted_reason: Mapped[str | None]  # code; None: nothing is held against it
    blacklisted_at: Mapped[datetime | None]
    version: Mapped[int]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Blacklisting(Base):
    """That an employer was put on the blacklist, why, and when it came off again. Both reasons are sealed."""

    __tablename__ = "blacklisting"
    __table_args__ = (
        Index("uq_blacklisting_employer", "employer_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_blacklisting_employer", "employer_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("employer.id"))
    reason: Mapped[str]
    detail_sealed: Mapped[bytes]  # purpose "blacklist-reason"
    closed_posts: Mapped[int]
    began_at: Mapped[datetime]
    began_by: Mapped[UUID]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    end_detail_sealed: Mapped[bytes | None]  # the same purpose


class Post(Base):
    """Work that an employer offers. `place`: 6 or 12 digits, or "abroad"; pay in yuan a month, `pay_low` is sure.

    `openings` are taken by people placed (`filled`) and kept for people in training (`reserved`). A bar by sex or age
    stands only with its legal reason, by the version `policy_id` of the policy `post-rules`. `ref` is the employer's
    own number, by which a file finds the post again.
    """

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint("filled >= 0 AND reserved >= 0 AND filled + reserved <= openings", name="openings"),
        CheckConstraint("pay_low <= pay_high", name="pay"),
        CheckConstraint("sex IS NULL OR sex_reason IS NOT NULL", name="sex"),
        Index("uq_post_ref", "employer_id", "ref", unique=True, postgresql_where=text("ref IS NOT NULL")),
        Index("ix_post_employer", "employer_id", "id"),
        Index("ix_post_county", "county", "id"),
        Index("ix_post_open", "county", "id", postgresql_where=text("state = 'open'")),
        Index("ix_post_until", "until_on", postgresql_where=text("state IN ('proposed', 'open')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("employer.id"))
    county: Mapped[AreaColumn]  # the employer's
    ref: Mapped[str | None]
    trade: Mapped[str]  # GB/T 6565
    title: Mapped[str]
    place: Mapped[AreaColumn]
    openings: Mapped[int]
    filled: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    pay_low: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    pay_high: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    lodging: Mapped[bool]
    shift: Mapped[str]  # day, night, rotating
    hazardous: Mapped[bool]
    physical_demand: Mapped[str | None]  # GBZ/T 189.10: light, medium, heavy, very_heavy
    age_low: Mapped[int | None] = mapped_column(SmallInteger)
    age_high: Mapped[int | None] = mapped_column(SmallInteger)
    age_reason: Mapped[str | None]
    sex: Mapped[str | None]  # GB/T 2261.1
    sex_reason: Mapped[str | None]
    certificates: Mapped[list[str]] = mapped_column(ARRAY(Text))  # trades a certificate is asked for
    health_limits: Mapped[list[str]] = mapped_column(ARRAY(Text))  # health codes the work is not for
    until_on: Mapped[date | None]  # last day
    state: Mapped[str]
    closed_reason: Mapped[str | None]  # past, blacklisted, or as somebody said
    closed_at: Mapped[datetime | None]
    policy_id: Mapped[UUID | None]
    source: Mapped[str]  # hand, file
    version: Mapped[int]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    changed_at: Mapped[datetime]

    @property
    def free(self) -> int:
        """Openings that nobody has and nobody is kept for."""
        return self.openings - self.filled - self.reserved

    @property
    def night(self) -> bool:
        """Whether there is work at night."""
        return self.shift != "day"
