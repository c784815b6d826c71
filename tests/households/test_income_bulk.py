"""The one statement that computes many households says of each what the rules say of it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.households.background import IncomeSweep
from services.households.codes import LISTS
from services.households.models import Household, IncomeEntry, IncomeSummary, Member
from services.households.rules.months import first_day, month_of, period_before
from services.households.usecases.income import recompute
from services.households.usecases.income_statement import state_income
from shared.areas import Scope
from shared.ids import new_id
from tests.households.conftest import BRIDGE, PINE, Households, household, person
from tests.households.income import LINE, RULES, published, with_policies

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
ON = date(2026, 11, 27)
ITEMS = sorted(LISTS["income_item"].texts)
CONTESTED = ["wages.local", "wages.outside", "transfers.farmland", "medical.hospital"]


@pytest.fixture
async def income(service: Households) -> Households:
    return await with_policies(service)


def some_member(rng: Random, household: Household, number: int) -> Member:
    left = ON - timedelta(days=rng.randint(-40, 2000)) if rng.random() < 0.35 else None
    return Member(
        id=new_id(),
        household_id=household.id,
        area_code=household.area_code,
        name="某某",
        id_number_sealed=b"x",
        person_key=f"{household.id}:{number}" if rng.random() < 0.9 else f"twice:{number}:{rng.random()}",
        relation="02",
        sex="1",
        birth_on=ON - timedelta(days=rng.randint(-30, 20000)),
        pupil=False,
        school_stage=rng.choice([None, "college", "primary"]),
        health=[],
        left_on=left,
        left_reason=rng.choice(["moved_away", "deceased"]) if left else None,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


def some_entry(rng: Random, household: Household, members: list[Member]) -> IncomeEntry:
    last_month = month_of(ON)
    first = last_month - rng.randint(0, 30)
    span = rng.choice([1, 1, 2, 3, 7, 12, 12, 24])
    ended = rng.random() < 0.1
    return IncomeEntry(
        id=new_id(),
        household_id=household.id,
        area_code=household.area_code,
        member_id=rng.choice(members).id if members and rng.random() < 0.8 else None,
        item=rng.choice(CONTESTED) if rng.random() < 0.7 else rng.choice(ITEMS),
        amount=Decimal(rng.randint(0, 5_000_000)) / 100,
        month_first=first,
        month_last=first + span - 1,
        source=rng.choice(["support", "jobs", "import", "visit", "desk"]),
        revision=1,
        recorded_by=UUID(int=0),
        recorded_at=NOW,
        ended_as="withdrawn" if ended else None,
        ended_at=NOW if ended else None,
        version=1,
    )


async def fill(income: Households, seed: int, count: int) -> list[UUID]:
    """Random households with random lines; some of who left lives in the next household now."""
    rng = Random(seed)
    ids = []
    async with income.database.write(Scope.everywhere()) as session:
        for n in range(count):
            area = rng.choice([PINE, BRIDGE])
            one = Household(
                id=new_id(), area_code=area, household_class="ordinary", version=1, created_at=NOW, updated_at=NOW
            )
            session.add(one)
            await session.flush()
            members = [some_member(rng, one, m) for m in range(rng.randint(0, 5))]
            session.add_all(members)
            await session.flush()
            for gone in [m for m in members if m.left_on and rng.random() < 0.5]:
                again = some_member(rng, one, 100 + n)
                again.person_key, again.left_on, again.left_reason = gone.person_key, None, None
                session.add(again)
                break
            session.add_all(some_entry(rng, one, members) for _ in range(rng.randint(0, 18)))
            ids.append(one.id)
    return ids


@pytest.mark.parametrize("seed", range(6))
async def test_many_at_once_say_what_the_rules_say(service: Households, seed: int) -> None:
    left = ("none", "until_left")[seed % 2]
    order = Random(seed).sample(RULES["sources"], k=5 - seed % 3)
    rules = {**RULES, "income_of_left": left, "sources": order}
    await service.deliver(published("income-line", LINE), published("income-rules", rules))
    await service.deliver(published("income-line", {"per_head": 9100}, BRIDGE))
    ids = await fill(service, seed, 40)
    async with service.database.write(Scope.everywhere()) as session:
        await recompute(session, ids, NOW)
    contested = 0
    async with service.database.read(Scope.everywhere()) as session:
        kept = {one.household_id: one for one in await session.scalars(select(IncomeSummary))}
        assert set(kept) == set(ids)
        for id_ in ids:
            stated = await state_income(session, Scope.everywhere(), id_, ON)
            assert shown(kept[id_]) == expected(stated)
            contested += any(line.superseded_by for line in stated.statement.lines)
    assert contested > 5  # else it would prove little


def shown(summary: IncomeSummary) -> dict[str, Any]:
    names = [column.key for column in IncomeSummary.__mapper__.column_attrs]
    return {name: getattr(summary, name) for name in names if name not in ("computed_at", "area_code")}


def expected(stated: Any) -> dict[str, Any]:
    statement, period = stated.statement, period_before(ON)
    sums = statement.sums
    plain = ("wages", "business", "property", "transfers", "business_costs", "claims")
    return {
        "household_id": stated.household.id,
        "period_first": first_day(period.first),
        "period_last": first_day(period.last),
        "people": len(statement.people),
        **{name: sums[name] for name in plain},
        **{f"rigid_{name}": sums[name] for name in ("medical", "education", "disaster", "accident")},
        "net_income": statement.net_income,
        "net_per_head": statement.net_per_head,
        "reference_per_head": statement.reference_per_head,
        "line": statement.line,
        "line_policy_id": stated.in_force.line_policy_id,
        "rules_policy_id": stated.in_force.rules_policy_id,
    }


async def test_the_night_computes_what_is_of_another_month_or_policy_and_nothing_else(income: Households) -> None:
    await fill(income, 1, 12)

    async def periods() -> list[Any]:
        return await income.sql("SELECT DISTINCT period_last, line FROM income_summary ORDER BY 2")

    sweep = IncomeSweep(income.database)
    assert await sweep.run(NOW) == 12
    assert await periods() == [(date(2026, 10, 1), 8700)]
    assert await sweep.run(NOW) == 0
    assert await sweep.run(NOW + timedelta(days=3)) == 0  # still November
    assert await sweep.run(NOW + timedelta(days=4)) == 12
    assert await periods() == [(date(2026, 11, 1), 8700)]
    await income.deliver(published("income-line", {"per_head": 9100}, BRIDGE))
    in_bridge = (await income.sql("SELECT count(*) FROM household WHERE area_code = :area", area=BRIDGE))[0][0]
    assert 0 < await sweep.run(NOW + timedelta(days=4)) == in_bridge < 12
    assert await periods() == [(date(2026, 11, 1), 8700), (date(2026, 11, 1), 9100)]


async def test_without_rules_nothing_is_made_up(service: Households) -> None:
    await service.deliver(published("income-line", LINE))
    [id_] = await service.register(household(1))
    assert await IncomeSweep(service.database).run(NOW) == 0
    assert await service.sql("SELECT * FROM income_summary") == []
    answer = await service.call("GET", f"/households/{id_}/income")
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-missing")


async def test_without_a_line_the_numbers_stand_alone(service: Households) -> None:
    await service.sql("DELETE FROM policy WHERE kind = 'income-line'")
    await service.deliver(published("income-rules", RULES))
    await service.register(household(1))  # which computes it
    assert await service.sql("SELECT people, line, net_per_head FROM income_summary") == [(1, None, None)]


async def test_two_hands_at_one_household_lose_no_line(income: Households) -> None:
    """Each computes with its own line; the later one must see the earlier one's."""
    [id_] = await income.register(household(1, members=[person(1)]))
    member = UUID((await income.get(f"/households/{id_}"))["members"][0]["id"])
    first = income.database.write(Scope.everywhere())
    rng = Random(1)

    async def add(session: Any) -> None:
        found = await session.get(Household, UUID(id_))
        entry = some_entry(rng, found, [])
        entry.member_id, entry.item, entry.amount, entry.ended_at = member, "transfers.grain", Decimal(100), None
        entry.ended_as, entry.month_first, entry.month_last = None, month_of(ON) - 1, month_of(ON) - 1
        entry.source = "desk"
        session.add(entry)
        await session.flush()

    async with first as one:
        await add(one)
        await recompute(one, [UUID(id_)], NOW)

        async def other() -> None:
            async with income.database.write(Scope.everywhere()) as two:
                await add(two)
                await recompute(two, [UUID(id_)], NOW)

        waiting = asyncio.create_task(other())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    await waiting
    assert await income.sql("SELECT transfers FROM income_summary") == [(Decimal("200.00"),)]
