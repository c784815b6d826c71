"""Posts to be placed at, and one placement taken step by step through the routes."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx

from shared.clock import local_date, utc_now
from shared.ids import new_id
from tests.jobs.conftest import COUNTY, PINE, Jobs

ROAD = ("offered", "accepted", "placed", "arrived")
"""From a referral to the arrival."""
WAGE = "5500.00"


def today() -> date:
    """The day in China."""
    return local_date(utc_now())


def born(years: int) -> date:
    """Somebody who is so old since yesterday."""
    day = today() - timedelta(days=1)
    return day.replace(year=day.year - years) if (day.month, day.day) != (2, 29) else date(day.year - years, 2, 28)


def ago(days: int) -> str:
    """So many days before today, as JSON has it."""
    return (today() - timedelta(days=days)).isoformat()


async def employer(service: Jobs, name: str = "东莞某五金厂", blacklisted: str | None = None) -> UUID:
    """An employer, by SQL: its routes are another package's."""
    made = new_id()
    await service.sql(
        "INSERT INTO employer (id, county, name, kind, blacklisted_reason, version, recorded_by, recorded_at, changed_at)"
        " VALUES (:id, :county, :name, 'enterprise', :blacklisted, 1, :id, now(), now())",
        id=made,
        county=COUNTY,
        name=name,
        blacklisted=blacklisted,
    )
    return made


async def post(service: Jobs, employer_id: UUID | None = None, **more: Any) -> UUID:
    """An open post with three openings, in Dongguan, that pays 5,000 to 6,000 yuan."""
    made = new_id()
    values = {
        "id": made,
        "employer_id": employer_id or await employer(service, name=f"厂{made}"),
        "county": COUNTY,
        "trade": "61804",
        "title": "五金装配工",
        "place": "441900",
        "openings": 3,
        "filled": 0,
        "reserved": 0,
        "pay_low": 5000,
        "pay_high": 6000,
        "lodging": True,
        "shift": "day",
        "hazardous": False,
        "certificates": [],
        "health_limits": [],
        "state": "open",
        "source": "hand",
        "version": 1,
        "recorded_by": made,
        "recorded_at": utc_now(),
        "changed_at": utc_now(),
        **more,
    }
    names = ", ".join(values)
    await service.sql(f"INSERT INTO post ({names}) VALUES ({', '.join(f':{name}' for name in values)})", **values)
    return made


@dataclass
class Placing:
    """One placement, and what tests do with it as the village."""

    service: Jobs
    id: str
    area: str = PINE

    async def view(self) -> Any:
        """As it stands."""
        return await self.service.get(f"/placements/{self.id}", "village", self.area)

    async def move(self, to: str, **more: Any) -> httpx.Response:
        """One move, today unless told otherwise, of the version that is there."""
        return await self.service.post(
            f"/placements/{self.id}/moves",
            {"to": to, "on": today().isoformat(), **more},
            "village",
            self.area,
            headers={"If-Match": "*"},
        )

    async def to(self, state: str, on: str | None = None) -> "Placing":
        """All moves up to that state."""
        for step in ROAD[: ROAD.index(state) + 1]:
            if step != "offered" or (await self.view())["state"] == "referred":
                more = {"wage": WAGE} if step in ("accepted", "arrived") else {}
                more |= {"industry": "C"} if step == "arrived" else {}
                answer = await self.move(step, **more, **({"on": on} if on else {}))
                assert answer.status_code == 200, answer.text
        return self

    async def arrived(self, days_ago: int) -> "Placing":
        """At work since so many days."""
        await self.service.sql(
            "UPDATE placement SET referred_on = :day, state_since = :day WHERE id = CAST(:id AS uuid)",
            day=today() - timedelta(days=days_ago),
            id=self.id,
        )
        return await self.to("arrived", ago(days_ago))


async def refer(service: Jobs, person: UUID, post_id: UUID, area: str = PINE, **more: Any) -> Placing:
    """A referral that must succeed."""
    answer = await asked(service, person, post_id, area, **more)
    assert answer.status_code == 201, answer.text
    return Placing(service, answer.json()["id"], area)


async def asked(service: Jobs, person: UUID, post_id: UUID, area: str = PINE, **more: Any) -> httpx.Response:
    """A referral by the village."""
    body = {"person_id": str(person), "post_id": str(post_id), "on": today().isoformat(), **more}
    return await service.post("/placements", body, "village", area)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]
