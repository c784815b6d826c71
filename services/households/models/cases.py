"""Cases (风险个案): what the alerts on one household and one kind of risk add up to."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from shared.contracts.alerts import Severity
from shared.contracts.households import Basis
from shared.db.base import AreaColumn

CaseState = Literal["open", "closed"]


class RiskCase(Base):
    """One case. While the household is unknown, `subject_key` is the key the alert came with.

    `area_code` is the household's, or while it is unknown the desk's that looks for it. With `area_alert_id` the case
    is about all of one area, and `area_code` says which; that alert opened it, others may have joined.
    """

    __tablename__ = "risk_case"
    __table_args__ = (
        UniqueConstraint("id", "area_code"),
        ForeignKeyConstraint(
            ["household_id", "area_code"], ["household.id", "household.area_code"], onupdate="CASCADE"
        ),
        Index("ix_risk_case_open", "subject_key", "risk_family", postgresql_where=text("state = 'open'")),
        Index("ix_risk_case_household", "household_id"),
        Index("ix_risk_case_education", "area_code", postgresql_where=text("risk_family = 'education'")),
        Index("ix_risk_case_area", "area_code", "id"),
        Index("ix_risk_case_confirmed", "closed_at", postgresql_where=text("verdict = 'risk_confirmed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    household_id: Mapped[UUID | None]
    subject_key: Mapped[str]
    risk_family: Mapped[str]
    area_code: Mapped[AreaColumn]
    state: Mapped[CaseState] = mapped_column(Text)
    opened_at: Mapped[datetime]
    last_evidence_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    verdict: Mapped[str | None]
    area_alert_id: Mapped[UUID | None]


class Evidence(Base):
    """One report behind a case, as it was received: `sealed` opens with purpose "alert".

    The first one of an alert has the alert's own id; each that made it worse has one of its own. That of an area alert
    stands in the case of each of its areas.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        ForeignKeyConstraint(["case_id", "area_code"], ["risk_case.id", "risk_case.area_code"], onupdate="CASCADE"),
        Index("ix_evidence_case", "case_id"),
        Index("ix_evidence_alert_id", "alert_id"),
    )

    evidence_id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[AreaColumn]
    feed: Mapped[str]
    severity: Mapped[Severity] = mapped_column(String)
    occurred_on: Mapped[date]
    reported_at: Mapped[datetime]
    person_key: Mapped[str | None]
    sealed: Mapped[bytes]
    withdrawn_at: Mapped[datetime | None]


class Verdict(Base):
    """What the check found (核查结论). Reason and contact are sealed: free text names people.

    `policy_id` is the version of `triage` by which it needed no visit, `visit_policy_id` that of `visit-rules` by which
    two people had to be there. `checked` and `at_risk` count the households on the list of an area's check.
    """

    __tablename__ = "verdict"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("risk_case.id"), index=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"))
    verdict: Mapped[str]
    basis: Mapped[Basis] = mapped_column(Text, server_default="known_fact")
    policy_id: Mapped[UUID | None]
    visit_policy_id: Mapped[UUID | None]
    reason_sealed: Mapped[bytes]
    contact_sealed: Mapped[bytes | None]
    given_by: Mapped[UUID]
    given_at: Mapped[datetime]
    checked: Mapped[int | None]
    at_risk: Mapped[int | None]
