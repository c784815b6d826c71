"""People who are out at work by the ledger: who should move up (转岗), and what a trade earns in the county."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.jobs.queries.as_of import out_today
from services.jobs.rules.months import month_of, move
from shared.areas import Scope
from shared.contracts.jobs_placement_policies import MoveUp
from shared.db.engine import ReadSession, WriteSession

# One pass over the month's rows within the areas; urgency is what `rules/move_up.py` reckons for one person.
_QUEUE = text(f"""
SELECT * FROM (
    SELECT r.person_id, r.area_code, r.work_area, r.trade, r.work_kind, r.wage, r.wants_change, r.started_on,
        m.wage AS median, coalesce(m.people, 0) AS median_people,
        CASE WHEN r.work_kind = 'odd' AND 'odd' = ANY (:kinds) THEN :odd ELSE 0 END
        + CASE WHEN r.work_kind = 'strength' AND 'strength' = ANY (:kinds) THEN :strength ELSE 0 END
        + CASE WHEN r.wage < :line THEN ceil(:below_line * (:line - r.wage) / :line) ELSE 0 END
        + CASE WHEN r.wage < m.floor THEN ceil(:below_median * (m.floor - r.wage) / m.floor) ELSE 0 END
        + CASE WHEN r.wants_change THEN :wants_change ELSE 0 END AS urgency
    FROM labour_row r
    JOIN person p ON p.id = r.person_id AND p.active
    LEFT JOIN (
        SELECT county, trade, wage, people, CASE WHEN people >= :median_people THEN wage * :percent / 100 END AS floor
        FROM trade_median
    ) m ON m.county = left(r.area_code, 6) AND m.trade = r.trade
    WHERE r.month = :month AND {out_today("r")} AND r.area_code LIKE ANY (:patterns)
        AND (r.work_kind = ANY (:kinds) OR r.wage < :line OR r.wage < m.floor OR r.wants_change)
) AS queue
WHERE CAST(:last AS uuid) IS NULL OR (urgency, person_id) < (CAST(:urgency AS numeric), CAST(:last AS uuid))
ORDER BY urgency DESC, person_id DESC LIMIT :limit
""")  # noqa: S608
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


@dataclass(frozen=True, slots=True)
class AtWorkRow:
    """Somebody who is out at work this month; wages in yuan a month."""

    person_id: UUID
    area_code: str
    work_area: str | None
    trade: str | None
    work_kind: str | None
    wage: Decimal | None
    wants_change: bool | None
    started_on: date | None
    median: Decimal | None
    median_people: int
    urgency: int


async def ledger_month(session: ReadSession, today: date) -> date:
    """This month where the ledger has rows of it; before it is carried forward the last one."""
    month = month_of(today)
    return month if await session.scalar(_ROWS, {"month": month}) else move(month, -1)


async def list_queue(
    session: ReadSession, scope: Scope, policy: MoveUp, today: date, after: tuple[int, UUID] | None, limit: int
) -> Sequence[AtWorkRow]:
    """Those who should move up, the most urgent first."""
    values: dict[str, Any] = {
        "month": await ledger_month(session, today),
        "today": today,
        "patterns": scope.like_patterns(),
        "kinds": list(policy.kinds),
        "line": policy.wage_line,
        "percent": policy.median_percent,
        "median_people": policy.median_people,
        "urgency": after[0] if after else None,
        "last": after[1] if after else None,
        "limit": limit,
        **policy.weights.model_dump(),
    }
    return [
        AtWorkRow(**{**row, "urgency": int(row["urgency"])})
        for row in (await session.execute(_QUEUE, values)).mappings()
    ]


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
