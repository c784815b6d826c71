"""A county with people who look for work and posts, for the tests of matching runs."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.jobs.matching_worker import MatchingWorker
from services.jobs.models import Certificate, Employer, LabourRow, Placement, Post
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.db.engine import Database
from shared.ids import new_id
from tests.jobs.conftest import COUNTY, PINE, Jobs

SEWING, SHOES, MASON = "60501", "60503", "62901"
SHENZHEN = "440306"


async def add(service: Jobs, *rows: Any) -> None:
    """Write rows as they are."""
    async with service.database.write(Scope.everywhere()) as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def employer(service: Jobs, name: str = "某制衣厂", **values: Any) -> UUID:
    """An employer; its id."""
    now = utc_now()
    row = Employer(
        **{
            "id": new_id(),
            "county": COUNTY,
            "name": name,
            "kind": "company",
            "version": 1,
            "recorded_by": new_id(),
            "recorded_at": now,
            "changed_at": now,
            **values,
        }
    )
    await add(service, row)
    return row.id


async def post(service: Jobs, employer_id: UUID, **values: Any) -> UUID:
    """An open post for one, sewing in Shenzhen; its id."""
    now = utc_now()
    row = Post(
        **{
            "id": new_id(),
            "employer_id": employer_id,
            "county": COUNTY,
            "trade": SEWING,
            "title": "缝纫工",
            "place": SHENZHEN,
            "openings": 1,
            "filled": 0,
            "reserved": 0,
            "pay_low": 4500,
            "pay_high": 6000,
            "lodging": True,
            "shift": "day",
            "hazardous": False,
            "certificates": [],
            "health_limits": [],
            "state": "open",
            "source": "hand",
            "version": 1,
            "recorded_by": new_id(),
            "recorded_at": now,
            "changed_at": now,
            **values,
        }
    )
    await add(service, row)
    return row.id


async def seeker(service: Jobs, number: int, wishes: dict[str, Any] | None = None, **facts: Any) -> UUID:
    """Somebody with an open need; their id."""
    [person] = await service.people(number, **facts)
    answer = await service.post("/needs", {"person_id": str(person), **(wishes or {})})
    assert answer.status_code == 201, answer.text
    return person


async def at_work(service: Jobs, person: UUID, day: date | None = None, **values: Any) -> None:
    """The ledger's row of this month: at work in Shenzhen."""
    month = (day or local_date(utc_now())).replace(day=1)
    await service.sql("SELECT make_ledger_months(:first, :last)", first=month, last=month)
    row = LabourRow(
        **{
            "person_id": person,
            "month": month,
            "area_code": PINE,
            "status": "out",
            "work_area": SHENZHEN,
            "wage": 3000,
            "trade": MASON,
            "services": [],
            "source": "hand",
            "changed_at": utc_now(),
            **values,
        }
    )
    await add(service, row)


async def certificate(service: Jobs, person: UUID, trade: str) -> None:
    """The person holds one."""
    row = Certificate(
        id=new_id(),
        person_id=person,
        area_code=PINE,
        trade=trade,
        issued_on=date(2025, 1, 1),
        recorded_by=new_id(),
        recorded_at=utc_now(),
    )
    await add(service, row)


async def placement(service: Jobs, person: UUID, post_id: UUID, employer_id: UUID, **values: Any) -> None:
    """The person was placed, or is to be."""
    now, today = utc_now(), local_date(utc_now())
    row = Placement(
        **{
            "id": new_id(),
            "person_id": person,
            "area_code": PINE,
            "post_id": post_id,
            "employer_id": employer_id,
            "trade": SEWING,
            "work_area": SHENZHEN,
            "state": "accepted",
            "state_since": today,
            "referred_on": today,
            "opened_by": new_id(),
            "opened_at": now,
            "version": 1,
            "updated_at": now,
            **values,
        }
    )
    await add(service, row)


async def ask(service: Jobs, **draft: Any) -> str:
    """Ask for a run; its id."""
    answer = await service.post("/matching-runs", draft)
    assert answer.status_code == 202, answer.text
    run_id: str = answer.json()["id"]
    assert answer.headers["location"] == f"/jobs/v1/matching-runs/{run_id}"
    return run_id


async def work(service: Jobs, database: Database | None = None) -> int:
    """Let a worker work off all runs that wait; how many there were."""
    worker = MatchingWorker(database or service.database, service.vault)
    done = 0
    async with service.database.single() as connection:
        while await worker.work_one(connection):
            done += 1
    return done


async def matched(service: Jobs, **draft: Any) -> dict[str, Any]:
    """A run from beginning to end."""
    run_id = await ask(service, **draft)
    await work(service)
    run: dict[str, Any] = await service.get(f"/matching-runs/{run_id}")
    assert run["state"] == "done", run
    return run


async def proposals(service: Jobs, **query: Any) -> list[dict[str, Any]]:
    """What is proposed."""
    found = await service.get("/matching-proposals", params=query)
    items: list[dict[str, Any]] = found["items"]
    return items


def moment() -> datetime:
    """Now."""
    return utc_now()
