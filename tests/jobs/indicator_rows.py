"""Rows of the ledger written as its roads leave them, for what is counted of them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.jobs.rules.months import month_of, move
from services.jobs.usecases.indicator_counts import mark_stale, recount_due
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.directory import PolicyPublished
from tests.jobs.conftest import LONG_AGO, PINE, Jobs, policy_id
from tests.jobs.indicator_people import BODIES

OUT: dict[str, Any] = {"status": "out", "work_area": "440306", "wage": 5200, "started_on": date(2026, 1, 5)}
READY: dict[str, Any] = {"status": "not_out", "able": True, "willing": True, "reason": "no_way"}
UNABLE: dict[str, Any] = {"status": "not_out", "able": False, "willing": False, "reason": "illness"}


def month(back: int = 0) -> date:
    """The month that runs, or one so many before."""
    return move(month_of(local_date(utc_now())), -back)


async def publish(service: Jobs, kind: str, body: dict[str, Any], version: int = 1, since: date = LONG_AGO) -> None:
    """A version of a policy, everywhere."""
    event = PolicyPublished(
        policy_id=policy_id(f"{kind} {version}"),
        kind=kind,
        area_prefix="",
        valid_from=since,
        version=version,
        author="test",
        body=body,
    )
    await service.deliver(event)


async def shipped(service: Jobs) -> None:
    """The policies as they are shipped."""
    for kind, body in BODIES.items():
        await publish(service, kind, body)


async def write(service: Jobs, people: list[UUID], of: date | None = None, area: str = PINE, **row: Any) -> None:
    """The same row for each of these people, in place of the one that is there."""
    values = {"month": of or month(), "area": area, "people": people, **row}
    names = list(row)
    columns = "".join(f", {name}" for name in names)
    kept = ", ".join(f"{name} = excluded.{name}" for name in ("area_code", *names))
    await service.sql(
        f"INSERT INTO labour_row (person_id, month, area_code, source, changed_at{columns})"
        f" SELECT id, :month, :area, 'hand', now(){''.join(f', :{name}' for name in names)}"
        f" FROM unnest(CAST(:people AS uuid[])) AS id ON CONFLICT (person_id, month) DO UPDATE SET {kept}",
        **values,
    )


async def recount(service: Jobs, clock: Callable[[], datetime] = utc_now) -> int:
    """What the work beside the requests does."""
    async with service.database.write(Scope.everywhere()) as session:
        await mark_stale(session, clock())
    return await recount_due(service.database, clock)


def days_ago(days: int) -> date:
    """So many days before today."""
    return local_date(utc_now()) - timedelta(days=days)
