"""What tests of grades do again and again."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.households.rules.grade_movement import start_of
from services.households.usecases.grading import regrade
from services.households.usecases.grading_nightly import SETTLED, take_snapshots
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.directory import PolicyPublished
from tests.households.conftest import (
    COUNTY,
    LONG_AGO,
    Households,
)

EVERYWHERE = Scope.everywhere()
RED = {"dwelling_level": "D", "only_home": True}


async def set_facts(service: Households, id_: str, **facts: Any) -> None:
    """Facts of the register, written past the service."""
    columns = ", ".join(f"{name} = :{name}" for name in facts)
    await service.sql(f"UPDATE household SET {columns} WHERE id = :id", id=id_, **facts)


async def again(service: Households, *ids: str, now: datetime | None = None, **more: Any) -> int:
    """Grade these, as those do that change a fact."""
    async with service.database.write(EVERYWHERE) as session:
        return await regrade(session, [UUID(one) for one in ids], now or utc_now(), **more)


async def grade(service: Households, id_: str) -> str | None:
    """What counts."""
    return str((await service.get(f"/households/{id_}/grade"))["grade"])


async def kinds(service: Households, id_: str) -> list[str]:
    """The history, oldest first."""
    return [one["kind"] for one in reversed((await service.get(f"/households/{id_}/grade-changes"))["items"])]


async def publish(service: Households, body: Any, *, kind: str = "grade-rules", version: int = 2, **more: Any) -> UUID:
    """Another version, in force everywhere today."""
    id_ = uuid4()
    said = {"area_prefix": "", "valid_from": LONG_AGO, "author": "test", **more}
    await service.deliver(PolicyPublished(policy_id=id_, kind=kind, version=version, body=body, **said))
    return id_


def with_red(when: str) -> dict[str, Any]:
    """Rules with one red condition."""
    condition = {"code": "only", "when": when, "title": {"zh": "仅此", "en": "only"}}
    return {"levels": [{"grade": "red", "conditions": [condition]}]}


def draft(**more: Any) -> dict[str, Any]:
    """A grade by hand."""
    return {"grade": "red", "reason": "户主突发重病", "until": str(local_date(utc_now()) + timedelta(days=9)), **more}


def this_month() -> str:
    """As the routes take it."""
    return f"{local_date(utc_now()):%Y-%m}"


async def movement(service: Households, role: str = "county", area: str = COUNTY, **params: str) -> dict[str, Any]:
    """Of this month, by grade."""
    asked = {"from": this_month(), "to": this_month(), **params}
    found = await service.get("/grade-movements", role, area, params=asked)
    assert all(one["balanced"] for one in found["months"])
    assert all(
        one["closing"] == one["opening"] + sum(one["ins"].values()) - sum(one["outs"].values())
        for one in found["total"]
    )
    return {one["grade"]: one for one in found["total"]}


async def snapshot(service: Households, month: date) -> None:
    """What the night of the first does."""
    async with service.database.write(EVERYWHERE) as session:
        await take_snapshots(session, start_of(month) + SETTLED)
