"""People who are out at work by the ledger, and what a trade earns in the county."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.jobs.queries.as_of import out_today
from services.jobs.rules.months import month_of, move
from shared.db.engine import ReadSession, WriteSession

_MEDIANS = text(f"""
INSERT INTO trade_median (county, trade, month, wage, people, reckoned_at)
SELECT left(area_code, 6), trade, month, percentile_cont(0.5) WITHIN GROUP (ORDER BY wage), count(*), :now
FROM labour_row r
WHERE month = :month AND {out_today("r")} AND wage IS NOT NULL AND trade IS NOT NULL
GROUP BY left(area_code, 6), trade, month
ON CONFLICT (county, trade) DO UPDATE SET
    month = excluded.month, wage = excluded.wage, people = excluded.people, reckoned_at = excluded.reckoned_at
""")  # noqa: S608
_FORGET = text("DELETE FROM trade_median WHERE reckoned_at < :now")
_RECKONED = text("SELECT max(reckoned_at) FROM trade_median")
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


async def reckon_medians(session: WriteSession, today: date, now: datetime) -> None:
    """What each trade earns those who are out in it today, by the newest month of the ledger."""
    await session.execute(_MEDIANS, {"month": await ledger_month(session, today), "today": today, "now": now})
    await session.execute(_FORGET, {"now": now})


async def last_reckoned(session: ReadSession) -> datetime | None:
    """When the medians were reckoned last."""
    found: datetime | None = await session.scalar(_RECKONED)
    return found
