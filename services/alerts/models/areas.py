"""Which areas a report names, and what each area said to an alert about areas."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from services.alerts.models.plumbing import Base
from services.alerts.rules.areas import Named
from shared.contracts.households import Basis, Verdict


def named_by(area: str | dict[str, Any] | None) -> Named | None:
    """The areas of a report, as its row keeps them or is about to; None: it is not about areas."""
    kept = orjson.loads(area) if isinstance(area, str) else area
    return Named(kept["codes"], kept["natural_villages"]) if kept else None


class AreaCheck(Base):
    """The check of one area for one alert: its newest task, and the newest verdict.

    Without `due_at` the verdict came before we heard that the task was opened.
    """

    __tablename__ = "area_check"

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    task_id: Mapped[UUID]
    due_at: Mapped[datetime | None]
    households: Mapped[int | None]
    verdict: Mapped[Verdict | None] = mapped_column(String)
    verdict_task_id: Mapped[UUID | None]  # the earlier task whose verdict this is; None: `task_id`'s own
    basis: Mapped[Basis | None] = mapped_column(String)
    reason_sealed: Mapped[bytes | None]  # purpose "verdict-reason"
    visited_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]  # its task was dropped: nobody waits for its verdict
    checked: Mapped[int | None]  # of its households
    at_risk: Mapped[int | None]  # of those
