"""The move-up queue (转岗): everybody's urgency is kept village by village, and reckoned live where it is not current.

A village is current while it was reckoned for this day and month, by this policy and these medians, and nobody has
changed a row or a person of it since: triggers mark that in the transaction of the change. So a page comes from an index,
and is never older than what is on disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.jobs.queries.as_of import out_today
from services.jobs.queries.at_work import ledger_month
from services.jobs.queries.indicators import list_villages
from shared.areas import Scope
from shared.contracts.jobs_placement_policies import MoveUp
from shared.db.engine import ReadSession, WriteSession

_FIRST = (2**31 - 1, UUID(int=2**128 - 1))
"""Before everybody."""

_MEDIANS_AT = "SELECT max(reckoned_at) FROM trade_median"
# Urgency is what `rules/move_up.py` reckons for one person; a test holds that both agree.
_LIVE = f"""
SELECT r.area_code, r.person_id, CAST(
        CASE WHEN r.work_kind = 'odd' AND 'odd' = ANY (:kinds) THEN :odd ELSE 0 END
        + CASE WHEN r.work_kind = 'strength' AND 'strength' = ANY (:kinds) THEN :strength ELSE 0 END
        + CASE WHEN r.wage < :line THEN ceil(:below_line * (:line - r.wage) / :line) ELSE 0 END
        + CASE WHEN r.wage < m.floor THEN ceil(:below_median * (m.floor - r.wage) / m.floor) ELSE 0 END
        + CASE WHEN r.wants_change THEN :wants_change ELSE 0 END AS integer) AS urgency
    FROM labour_row r
    JOIN person p ON p.id = r.person_id AND p.area_code = r.area_code AND p.active
    LEFT JOIN (
        SELECT county, trade, CASE WHEN people >= :median_people THEN wage * :percent / 100 END AS floor FROM trade_median
    ) m ON m.county = left(r.area_code, 6) AND m.trade = r.trade
    WHERE r.month = :month AND {out_today("r")} AND r.area_code = ANY ({{villages}})
        AND (r.work_kind = ANY (:kinds) OR r.wage < :line OR r.wage < m.floor OR r.wants_change)
"""  # noqa: S608
_CURRENT = f"""
SELECT v.area_code, v.policy_id FROM move_up_village v
WHERE v.month = :month AND v.as_of = :today
    AND v.medians_at IS NOT DISTINCT FROM ({_MEDIANS_AT})
    AND NOT EXISTS (SELECT FROM move_up_due d WHERE d.area_code = v.area_code)
"""  # noqa: S608
_AFTER = "(urgency, person_id) < (CAST(:urgency AS integer), CAST(:last AS uuid))"
_ORDERED = "ORDER BY urgency DESC, person_id DESC LIMIT :limit"
_OTHERS = "ARRAY(SELECT one FROM unnest(CAST(:villages AS text[])) one WHERE one NOT IN (SELECT area_code FROM kept))"
_QUEUE = text(f"""
WITH kept AS MATERIALIZED (
    SELECT area_code FROM ({_CURRENT}) v WHERE policy_id = :policy AND area_code = ANY (CAST(:villages AS text[]))
), first AS (
    (SELECT person_id, urgency FROM kept CROSS JOIN LATERAL (
        SELECT person_id, urgency FROM move_up_place one WHERE one.area_code = kept.area_code AND {_AFTER} {_ORDERED}
    ) best {_ORDERED})
    UNION ALL
    (SELECT person_id, urgency FROM ({_LIVE.format(villages=_OTHERS)}) live WHERE {_AFTER} {_ORDERED})
)
SELECT r.person_id, r.area_code, r.work_area, r.trade, r.work_kind, r.wage, r.wants_change, r.started_on,
    m.wage AS median, coalesce(m.people, 0) AS median_people, f.urgency
FROM (SELECT * FROM first {_ORDERED}) f
JOIN labour_row r ON r.person_id = f.person_id AND r.month = :month
LEFT JOIN trade_median m ON m.county = left(r.area_code, 6) AND m.trade = r.trade
ORDER BY f.urgency DESC, f.person_id DESC
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
_FORGET_CHANGED = text("""
WITH changed AS (DELETE FROM move_up_due RETURNING area_code)
DELETE FROM move_up_village WHERE area_code IN (SELECT area_code FROM changed)
""")
_CLEAR = text("DELETE FROM move_up_place WHERE area_code = ANY (:villages)")
_PUT = text(
    f"INSERT INTO move_up_place (area_code, person_id, urgency) {_LIVE.format(villages='CAST(:villages AS text[])')}"
)
_PUT_VILLAGES = text(f"""
INSERT INTO move_up_village (area_code, month, as_of, policy_id, medians_at)
SELECT one, :month, :today, :policy, ({_MEDIANS_AT}) FROM unnest(CAST(:villages AS text[])) one
ON CONFLICT (area_code) DO UPDATE SET month = excluded.month, as_of = excluded.as_of, policy_id = excluded.policy_id,
    medians_at = excluded.medians_at
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Ruling:
    """The version of the policy `move-up` by which urgency is reckoned, and the day."""

    policy_id: UUID
    policy: MoveUp
    today: date


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


async def list_queue(
    session: ReadSession, scope: Scope, ruling: Ruling, after: tuple[int, UUID] | None, limit: int
) -> Sequence[AtWorkRow]:
    """Those who should move up, the most urgent first."""
    month = await ledger_month(session, ruling.today)
    villages = [one for prefix in sorted(scope.prefixes) for one in await list_villages(session, prefix, month)]
    urgency, last = after or _FIRST
    values = _values(ruling, month, villages) | {"urgency": urgency, "last": last, "limit": limit}
    return [AtWorkRow(**row) for row in (await session.execute(_QUEUE, values)).mappings()]


async def reckon_medians(session: WriteSession, today: date, now: datetime) -> None:
    """What each trade earns those who are out in it today, by the newest month of the ledger."""
    await session.execute(_MEDIANS, {"month": await ledger_month(session, today), "today": today, "now": now})
    await session.execute(_FORGET, {"now": now})


async def last_reckoned(session: ReadSession) -> datetime | None:
    """When the medians were reckoned last."""
    found: datetime | None = await session.scalar(text(_MEDIANS_AT))
    return found


async def forget_changed(session: WriteSession) -> None:
    """Villages where somebody has changed are current no more."""
    await session.execute(_FORGET_CHANGED)


async def list_all_villages(session: ReadSession, today: date) -> list[str]:
    """Where people live, or lived by the rows of the ledger's month."""
    return await list_villages(session, "", await ledger_month(session, today))


async def find_current(session: ReadSession, today: date) -> dict[str, UUID]:
    """Villages that are current today, with the version of the policy each was reckoned by."""
    values = {"month": await ledger_month(session, today), "today": today}
    return {row.area_code: row.policy_id for row in await session.execute(text(_CURRENT), values)}


async def keep_places(session: WriteSession, ruling: Ruling, villages: Sequence[str]) -> None:
    """Reckon the urgency of everybody in these villages, in place of what was kept before."""
    values = _values(ruling, await ledger_month(session, ruling.today), villages)
    for statement in (_CLEAR, _PUT, _PUT_VILLAGES):
        await session.execute(statement, values)


def _values(ruling: Ruling, month: date, villages: Sequence[str]) -> dict[str, Any]:
    policy = ruling.policy
    return {
        "month": month,
        "today": ruling.today,
        "villages": list(villages),
        "policy": ruling.policy_id,
        "kinds": list(policy.kinds),
        "line": policy.wage_line,
        "percent": policy.median_percent,
        "median_people": policy.median_people,
        **policy.weights.model_dump(),
    }
