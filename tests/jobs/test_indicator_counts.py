"""Counters: what they are is what counting from the rows gives, whatever has happened; and they are never late unsaid."""

import asyncio
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from services.jobs.queries import indicators as kept
from services.jobs.queries.labour_frame import FrameDay, frame_of_villages
from services.jobs.rules.indicator_months import day_of
from services.jobs.rules.indicators import Count
from services.jobs.rules.ledger import Entry, counts_on
from services.jobs.rules.months import last_day
from services.jobs.usecases.indicator_counts import COUNTING, Tally, count_villages, recount_due
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared.areas import Scope
from shared.clock import local_date, start_of_day, utc_now
from shared.db.rounds import hold
from tests.jobs.conftest import BAMBOO, BRIDGE, COUNTY, PINE, RIVER, Jobs
from tests.jobs.indicator_people import BODIES
from tests.jobs.indicator_rows import OUT, READY, UNABLE, month, publish, recount, shipped, write

VILLAGES = (PINE, BAMBOO, BRIDGE)
CODES = {one["code"] for key in ("indicators", "lists") for one in BODIES["labour-indicators"][key]}


async def from_rows(service: Jobs, of: date) -> dict[tuple[str, str], Count]:
    """Counted by hand, so to say: all villages, no counters."""
    today = local_date(utc_now())
    async with service.database.read(Scope.everywhere()) as session:
        rules = await IndicatorRuleSets.load(session)
        found: Tally = await count_villages(session, rules, VILLAGES, day_of(of, today), today)
    return {key: counted for key, counted in found.counts.items() if counted != Count()}


async def counters(service: Jobs, of: date) -> dict[tuple[str, str], Count]:
    async with service.database.read(Scope.everywhere()) as session:
        return await kept.sum_counts(session, COUNTY[:6], of, 12, [], CODES)


KINDS: tuple[dict[str, Any], ...] = (
    OUT,
    OUT | {"work_area": "539921", "work_kind": "odd", "wants_change": True},
    OUT | {"work_area": "abroad", "organised": True, "employer_key": "one", "wage": None},
    OUT | {"ended_on": month() + timedelta(days=3)},
    READY,
    READY | {"ended_on": month() - timedelta(days=70)},
    UNABLE,
    {"status": "planned"},
)


class Life:
    """Whatever can happen to a ledger."""

    def __init__(self, service: Jobs, seed: int) -> None:
        self.service, self.random = service, Random(seed)
        self.people: dict[int, UUID] = {}
        self.lives: dict[int, str] = {}

    async def arrive(self, number: int, **facts: Any) -> None:
        area = self.random.choice(VILLAGES)
        facts = {
            "area_code": area,
            "household_id": uuid5(NAMESPACE_URL, f"{area} {number % 7}"),
            "household_class": self.random.choice(["ordinary", "lifted_out", "monitored"]),
            "relocated": self.random.random() < 0.4,
            "birth_on": date(self.random.choice([1960, 1975, 1990, 2007]), 5, 5),
            "pupil": self.random.random() < 0.1,
            "labour_skill": self.random.choice(["ordinary", "skilled", "weak", "none", None]),
            **facts,
        }
        # Who is known keeps the day of birth: it is part of the number.
        facts["birth_on"] = date(1960 + number % 45, 5, 5)
        [self.people[number]] = await self.service.people(number, **facts)
        self.lives[number] = area

    async def step(self) -> None:
        number = self.random.choice(list(self.people))
        person, area = self.people[number], self.lives[number]
        match self.random.randrange(8):
            case 0:
                await self.arrive(number, active=self.random.random() < 0.8)  # changed, moved, or gone
            case 1:
                await self.service.sql("DELETE FROM labour_row WHERE person_id = :id", id=person)
            case 2:
                first = month(self.random.choice((3, 6)))
                began = OUT | {"started_on": first + timedelta(days=self.random.randrange(-40, 20))}
                await write(self.service, [person], first, area, **began)
            case 3:
                await self.service.sql("UPDATE labour_row SET wage = wage + 100 WHERE month = :m", m=month(1))
            case _:
                back = self.random.randrange(3)
                await write(self.service, [person], month(back), area, **self.random.choice(KINDS))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_counters_are_what_the_rows_give(service: Jobs, seed: int) -> None:
    await shipped(service)
    life = Life(service, seed)
    for number in range(1, 25):
        await life.arrive(number)
    compared = 0
    for _ in range(8):
        for _ in range(5):
            await life.step()
        await recount(service)
        for back in range(3):
            expected = await from_rows(service, month(back))
            assert await counters(service, month(back)) == expected
            compared += len(expected)
    assert compared > 200  # it was not of nothing


async def test_a_mark_stands_with_the_change_and_falls_with_it(service: Jobs) -> None:
    await shipped(service)
    people = await service.people(1, 2)
    await recount(service)
    with pytest.raises(RuntimeError):
        async with service.database.write(Scope.everywhere()) as session:
            await kept.mark(session, [(PINE, month())])
            raise RuntimeError
    assert await service.sql("SELECT * FROM indicator_due") == []
    await write(service, people, **OUT)
    assert await service.sql("SELECT area_code, month FROM indicator_due") == [(PINE, month())]  # one for both
    await service.sql("UPDATE labour_row SET area_code = :area", area=BRIDGE)
    assert len(await service.sql("SELECT * FROM indicator_due")) == 3


async def test_a_day_a_version_and_a_changed_person_make_due(service: Jobs) -> None:
    await shipped(service)
    people = await service.people(1, 2)
    await write(service, people, **OUT)
    await recount(service)
    assert await recount(service) == 0

    async def tomorrow() -> int:
        return await recount(service, lambda: utc_now() + timedelta(days=1))

    assert await tomorrow() >= 1
    assert await tomorrow() == 0
    assert await recount(service) >= 1  # back to today
    body = BODIES["labour-indicators"]
    await publish(service, "labour-indicators", {**body, "parameters": {**body["parameters"], "age_from": 50}}, 2)
    assert await recount(service) >= 1
    assert (await counters(service, month())).get((PINE, "transferred"), Count()).numerator == 0
    await service.people(1, labour_skill="none")
    assert await recount(service) == 1 + body["settle_months"]


@pytest.mark.parametrize(("back", "code"), [(3, "stay-rate"), (6, "stay-rate-half-year")])
async def test_a_row_that_is_looked_back_on_counts_anew_who_looks(service: Jobs, back: int, code: str) -> None:
    await shipped(service)
    people = await service.people(1, 2)
    await write(service, people, **OUT)
    await recount(service)
    assert (PINE, code) not in await counters(service, month())
    await write(service, people, month(back), **OUT | {"started_on": month(back) + timedelta(days=4), "wage": 5000})
    await recount(service)
    assert (await counters(service, month()))[PINE, code] == Count(2, 2, 0)


async def test_whoever_counts_and_writes_at_once_the_end_is_right(service: Jobs) -> None:
    await shipped(service)
    people = await service.people(*range(1, 9))

    async def writing(person: UUID) -> None:
        for kind in (READY, OUT, UNABLE, OUT):
            await write(service, [person], **kind)

    async def counting() -> None:
        for _ in range(8):
            await recount_due(service.database, utc_now)

    await asyncio.gather(*(writing(one) for one in people), counting(), counting())
    await recount(service)
    assert await counters(service, month()) == await from_rows(service, month())
    assert (await counters(service, month()))[PINE, "transferred"].numerator == len(people)


async def test_when_a_month_has_ended_it_is_counted_as_one_that_has(service: Jobs) -> None:
    """While it ran, who left the register was out of it; now that it has ended, those who had a row are in it."""
    await shipped(service)
    [person, _] = await service.people(1, 2)
    last = last_day(month(1))
    await write(service, [person], month(1), **OUT)

    async def counted_on(day: date) -> int:
        await recount(service, lambda: start_of_day(day) + timedelta(hours=12))
        return (await counters(service, month(1))).get((PINE, "transferred"), Count()).numerator

    await service.people(1, active=False)
    assert await counted_on(last) == 0
    assert await counted_on(last + timedelta(days=1)) == 1


async def test_who_has_no_row_is_counted_out_of_whom_a_rate_is(service: Jobs) -> None:
    await shipped(service)
    people = await service.people(1, 2, 3, 4)
    await write(service, people[:1], **OUT)
    await recount(service)
    found = await counters(service, month())
    assert found[PINE, "employment-rate"] == Count(1, 4, 0)
    assert found[PINE, "ledger-coverage"] == Count(1, 4, 3)


async def test_a_settled_month_stands_until_a_row_changes(service: Jobs) -> None:
    await shipped(service)
    people = await service.people(1, 2, household_class="lifted_out")
    await write(service, people, month(5), **OUT)
    await recount(service)
    key = (PINE, "lifted-out-employed")
    assert (await counters(service, month(5)))[key].numerator == 2
    await service.people(1, household_class="ordinary")
    await recount(service)
    assert (await counters(service, month(5)))[key].numerator == 2
    await write(service, people, month(5), **OUT)
    await recount(service)
    assert (await counters(service, month(5)))[key].numerator == 1


async def test_only_one_counts_at_a_time(service: Jobs) -> None:
    await shipped(service)
    await service.people(1)
    async with service.database.write(Scope.everywhere()) as session:
        assert await hold(session, COUNTING)
        assert await recount(service) == 0
    assert await recount(service) >= 1


async def test_the_other_townships_villages_are_out_of_sight(service: Jobs) -> None:
    await shipped(service)
    await service.people(1, area_code=BRIDGE)
    await recount(service)
    async with service.database.read(Scope.parse([RIVER[:9]])) as session:
        found = await kept.sum_counts(session, COUNTY[:6], month(), 12, [], CODES)
    assert {area for area, _ in found} == {BRIDGE}
    async with service.database.read(Scope.parse([PINE])) as session:
        assert await kept.sum_counts(session, COUNTY[:6], month(), 12, [], CODES) == {}


@pytest.mark.parametrize("seed", range(3))
async def test_a_day_is_read_as_the_ledger_reads_it(service: Jobs, seed: int) -> None:
    """Status on any day of a month, against the ledger's own rule; days at home, against the calendar."""
    await shipped(service)
    random, past = Random(seed), month(2)
    people = await service.people(*range(1, 31))
    entries: dict[str, Entry] = {}
    for person in people:
        start, end = (past + timedelta(days=random.randrange(-20, 40)) for _ in range(2))
        row = {
            "status": random.choice(["out", "planned", "not_out"]),
            "started_on": random.choice([None, start]),
            "ended_on": random.choice([None, end]),
        }
        if row["status"] != "out":
            row["started_on"] = None
        await write(service, [person], past, **row)
        entries[str(person)] = Entry(**row)  # type: ignore[arg-type]
    for day in (past + timedelta(days=number) for number in (0, 9, 17, 27)):
        async with service.database.read(Scope.everywhere()) as session:
            frame = await frame_of_villages(session, [PINE], FrameDay(day, False, (3, 6)), {"status", "days_home"})
        assert frame.height == len(entries)
        for row in frame.iter_rows(named=True):
            entry, out = entries[row["person_id"]], counts_on(entries[row["person_id"]], day)
            expected = "out" if out else "planned" if entry.status == "planned" else "not_out"
            ended = entry.ended_on is not None and entry.ended_on < day and not out
            days = (day - entry.ended_on).days if ended and entry.ended_on else None
            assert (row["status"], row["days_home"]) == (expected, days)
