"""Random samples of the ledger for telephone checks (电话抽查)."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.plumbing import Base
from shared.db.base import AreaColumn

AnswerState = Literal["waiting", "right", "wrong", "not_reached"]


class LedgerSample(Base):
    """One draw. With `seed` and the ledger as it was, it comes out the same again; `population_hash` names the people
    among whom was drawn.

    `strata`: township → {"population", "drawn"}.
    """

    __tablename__ = "ledger_sample"
    __table_args__ = (Index("ix_ledger_sample_area", "area_code", "month"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date]
    area_code: Mapped[AreaColumn]  # a county or township
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    wanted: Mapped[dict[str, Any]] = mapped_column(JSONB)  # {"size"} or {"half_width"}
    strata: Mapped[dict[str, Any]] = mapped_column(JSONB)
    population_hash: Mapped[str]
    policy_id: Mapped[UUID]
    drawn_by: Mapped[UUID]
    drawn_at: Mapped[datetime]


class SampledRow(Base):
    """One person to be called. `area_code` is the township's, so that no village sees whom of its people is called.

    `ledger_sealed` (purpose "sampled-row"): what the ledger said when the sample was drawn; `answer_sealed` (purpose
    "sample-answer"): what was said on the telephone.
    """

    __tablename__ = "sampled_row"
    __table_args__ = (
        UniqueConstraint("sample_id", "person_id"),
        Index("ix_sampled_row_place", "sample_id", "area_code", "id"),
        Index("ix_sampled_row_waiting", "sample_id", "id", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sample_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_sample.id"))
    area_code: Mapped[AreaColumn]
    village_code: Mapped[AreaColumn]
    person_id: Mapped[UUID]
    ledger_sealed: Mapped[bytes]
    state: Mapped[AnswerState] = mapped_column(String, server_default="waiting")
    calls: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # that nobody answered
    wrong_fields: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    answer_sealed: Mapped[bytes | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
