"""What the ledger says of those who are out at work, and of their employers."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.jobs.queries.as_of import out_today
from services.jobs.rules.months import month_of, move
from shared.db.engine import ReadSession

_ROWS = text("SELECT EXISTS (SELECT FROM labour_row WHERE month = :month)")
_INDUSTRY = text("""
SELECT industry FROM labour_row
WHERE month BETWEEN :before AND :month AND employer_id = :employer AND industry IS NOT NULL
GROUP BY industry ORDER BY count(*) DESC, industry LIMIT 1
""")
_ONE = text(f"""
SELECT work_area, started_on, trade, work_kind, wage, wants_change FROM labour_row r
WHERE month = :month AND person_id = :person AND {out_today("r")}
""")  # noqa: S608


async def ledger_month(session: ReadSession, today: date) -> date:
    """This month where the ledger has rows of it; before it is carried forward the last one."""
    month = month_of(today)
    return month if await session.scalar(_ROWS, {"month": month}) else move(month, -1)


async def find_at_work(session: ReadSession, person_id: UUID, today: date) -> Any | None:
    """What the ledger says of somebody's work this month, None of who is not out."""
    values = {"month": await ledger_month(session, today), "person": person_id, "today": today}
    return (await session.execute(_ONE, values)).one_or_none()


async def find_industry(session: ReadSession, employer_id: UUID, month: date) -> str | None:
    """What most rows say of an employer, this month and the last (GB/T 4754)."""
    values = {"employer": employer_id, "month": month, "before": move(month, -1)}
    found: str | None = await session.scalar(_INDUSTRY, values)
    return found
