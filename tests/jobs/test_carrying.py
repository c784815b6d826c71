"""A month carried forward: by the statement about all rows, as the rule says it of one."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.jobs.queries.carrying import make_months
from services.jobs.queries.ledger import COLUMNS, entry_of
from services.jobs.rules.ledger import carried
from services.jobs.rules.months import AHEAD, last_day, month_text, move
from services.jobs.usecases.carrying import carry_forward, roll_months
from shared.areas import Scope
from shared.clock import start_of_day, utc_now
from shared.contracts.jobs import WageReported
from shared.contracts.labour import LabourChanged
from tests.jobs.conftest import BAMBOO, PINE, Jobs
from tests.jobs.test_ledger import HOME, MONTH, OUT, THIS, place, put

BEFORE = move(MONTH, -1)
EVERYWHERE = Scope.everywhere()
ENTRIES: dict[int, dict[str, Any]] = {
    1: OUT,
    2: {**OUT, "ended_on": last_day(BEFORE).isoformat()},
    3: {**OUT, "ended_on": MONTH.isoformat()},
    4: HOME,
    5: {**HOME, "ended_on": BEFORE.isoformat(), "services": ["referral"]},
    6: {"status": "planned", "plan_area": "44", "plan_on": MONTH.isoformat()},
    7: {**OUT, "employer": None, "channel": "flexible", "work_kind": "odd"},
}


async def carry(service: Jobs, month: date = MONTH) -> int | None:
    async with service.database.write(EVERYWHERE) as session:
        return await carry_forward(session, month, utc_now())


async def rows(service: Jobs, month: date) -> dict[UUID, dict[str, Any]]:
    found = await service.sql(f"SELECT {', '.join(COLUMNS)} FROM labour_row WHERE month = :month", month=month)
    return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in found}


@pytest.fixture
async def last_month(service: Jobs) -> list[UUID]:
    """Rows of the month before, and none of this one."""
    people = await service.people(*ENTRIES)
    for person, body in zip(people, ENTRIES.values(), strict=True):
        await put(service, person, body, month_text(BEFORE))
    await service.sql("DELETE FROM labour_row WHERE month = :month", month=MONTH)
    return people


async def test_all_rows_are_carried_as_the_rule_says_of_one(service: Jobs, last_month: list[UUID]) -> None:
    assert await carry(service) == len(ENTRIES)
    before, after = await rows(service, BEFORE), await rows(service, MONTH)
    for person in last_month:
        old, new = before[person], after[person]
        assert entry_of(new, new["employer_key"]) == carried(entry_of(old, old["employer_key"]), MONTH)
        assert (new["source"], new["confirmed_on"], new["version"], new["changed_by"]) == ("carried", None, 1, None)
        assert (new["organised"] is None) == (new["status"] != "out")
        assert (new["employer_name_sealed"] is None) == (new["employer_key"] is None)
    statuses = [after[person]["status"] for person in last_month]
    assert statuses == ["out", "not_out", "out", "not_out", "not_out", "planned", "out"]


async def test_it_is_done_once_and_put_on_record(service: Jobs, last_month: list[UUID]) -> None:
    del last_month
    assert await carry(service) == len(ENTRIES)
    assert await carry(service) is None
    assert await service.sql("SELECT month, carried, ended, left_out FROM ledger_month") == [(MONTH, 7, 1, 0)]


async def test_who_left_is_not_carried(service: Jobs, last_month: list[UUID]) -> None:
    await service.deliver(LabourChanged.model_validate({"people": [service.record(1, active=False)]}))
    assert await carry(service) == len(ENTRIES) - 1
    assert last_month[0] not in await rows(service, MONTH)
    assert await service.sql("SELECT carried, ended, left_out FROM ledger_month") == [(6, 1, 1)]


async def test_what_is_there_already_stays(service: Jobs, last_month: list[UUID]) -> None:
    await put(service, last_month[0], {**OUT, "wage": "7000"})
    assert await carry(service) == len(ENTRIES) - 1
    row = (await rows(service, MONTH))[last_month[0]]
    assert (row["wage"], row["source"]) == (7000, "hand")


async def test_a_carried_row_waits_for_a_word(service: Jobs, last_month: list[UUID]) -> None:
    """Unconfirmed, no wage is told of it; and it says what stands in the way of "no change"."""
    told = len(await service.told(WageReported))
    await carry(service)
    assert len(await service.told(WageReported)) == told
    page = await service.get(f"/ledger/months/{THIS}/people?unconfirmed=true", "village", PINE)
    problems = {one["person"]["id"]: {p["field"] for p in one["row"]["problems"]} for one in page["items"]}
    assert problems[str(last_month[0])] == set()
    assert problems[str(last_month[1])] == {"able", "willing", "reason"}


async def test_months_that_were_missed_are_made_up_for(service: Jobs, last_month: list[UUID]) -> None:
    """The service stood still over two turns of the month."""
    await service.sql("INSERT INTO ledger_month VALUES (:month, now(), 0, 0, 0)", month=BEFORE)
    later = start_of_day(move(MONTH, 1) + timedelta(days=14))
    await roll_months(service.database, later)
    months = await service.sql("SELECT month, carried FROM ledger_month ORDER BY month")
    assert months[0] == (BEFORE, 0)
    assert months[1:] == [(MONTH, 7), (move(MONTH, 1), 7)]
    assert last_month[0] in await rows(service, move(MONTH, 1))


async def test_months_are_made_ahead(service: Jobs) -> None:
    far = move(MONTH, AHEAD + 3)
    async with service.database.write(EVERYWHERE) as session:
        assert await make_months(session, far, far) == 2
        assert await make_months(session, far, far) == 0
    [(secured, policies)] = await service.sql(
        "SELECT relrowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) FROM pg_class AS c "
        "WHERE relname = :name",
        name=f"labour_row_{far:%Y_%m}",
    )
    assert (secured, policies) == (True, 1)


async def test_no_partition_is_a_way_round_the_policy(service: Jobs, last_month: list[UUID]) -> None:
    del last_month
    statement = f"SELECT count(*) FROM labour_row_{BEFORE:%Y_%m}"
    assert await service.sql(statement) == [(len(ENTRIES),)]
    async with service.database.read(Scope.parse([BAMBOO])) as session:
        assert await session.scalar(text(statement)) == 0
        assert await session.scalar(text("SELECT count(*) FROM labour_row")) == 0
        assert await session.scalar(text("SELECT count(*) FROM labour_change")) == 0


async def test_a_move_takes_this_month_along(service: Jobs, last_month: list[UUID]) -> None:
    await carry(service)
    await service.deliver(LabourChanged.model_validate({"people": [service.record(1, area_code=BAMBOO)]}))
    areas = await service.sql(
        "SELECT month, area_code, version FROM labour_row WHERE person_id = :id ORDER BY month", id=last_month[0]
    )
    assert areas == [(BEFORE, PINE, 1), (MONTH, BAMBOO, 2)]
    history = await service.get(f"{place(last_month[0])}/history", "village", BAMBOO)
    assert [(one["what"]["code"], one["changes"]) for one in history] == [
        ("moved", [{"field": "area_code", "before": PINE, "after": BAMBOO}])
    ]
    assert (await service.call("GET", place(last_month[0]), "village", PINE)).status_code == 404
