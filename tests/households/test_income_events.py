"""Wages and payments that other services tell: once each, the newest revision, for people who come later as well."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from services.households.background import IncomeSweep
from services.households.rules.income_reports import newest, news, of_wage
from services.households.rules.months import PERIOD, first_day, month_text, period_before
from shared.areas import Scope, normalise
from shared.clock import local_date, utc_now
from shared.contracts.jobs import WageReported
from shared.contracts.support import TransferPaid
from tests.households.conftest import BRIDGE, PINE, Households, household, id_number, message, person
from tests.households.income import with_policies

SPAN = period_before(local_date(utc_now()))
LAST = month_text(SPAN.last)
NOW = datetime(2026, 11, 3, tzinfo=UTC)


def wage(key: str, amount: str = "4300", **more: Any) -> WageReported:
    facts = {
        "report_id": "r1",
        "revision": 1,
        "month": LAST,
        "kind": "work",
        "employer_area": "440000",
        "withdrawn": False,
    }
    return WageReported(person_key=key, wage=amount, reported_at=NOW, **{**facts, **more})


def paid(**more: Any) -> TransferPaid:
    facts = {"payment_id": "p1", "revision": 1, "person_key": None, "household_key": None, "amount": "163"}
    day = first_day(SPAN.last) + timedelta(days=9)
    return TransferPaid(**{**facts, "item": "transfers.resident_pension", "paid_on": day, "withdrawn": False, **more})


@pytest.fixture
async def income(service: Households) -> Households:
    return await with_policies(service)


@pytest.fixture
async def key(income: Households) -> str:
    await income.register(household(1, PINE, [person(1)]))
    return income.vault.person_key(id_number(1))


async def lines(income: Households) -> list[Any]:
    rows = await income.sql("SELECT item, amount, source, ended_as FROM income_entry ORDER BY revision, source_ref")
    return [(item, str(amount), source, ended) for item, amount, source, ended in rows]


async def total(income: Households) -> list[str]:
    return [str(row[0]) for row in await income.sql("SELECT net_income FROM income_summary ORDER BY 1")]


async def test_wages_of_a_year_add_up(income: Households, key: str) -> None:
    months = [wage(key, report_id=f"r{n}", month=month_text(SPAN.last - n)) for n in range(14)]
    second_job = wage(key, "500.5", report_id="other", employer_area="539921000000")
    await income.deliver(*months, second_job)
    assert await total(income) == [str(12 * 4300 + Decimal("500.50"))]
    assert {line[0] for line in await lines(income)} == {"wages.outside", "wages.local"}


async def test_the_same_again_in_whichever_order_counts_once(income: Households, key: str) -> None:
    sent = message(wage(key))
    for _ in range(2):
        await income.inbox.deliver([sent])
    await income.deliver(wage(key))  # the same report in another event
    await income.deliver(wage(key, "5000", revision=3), wage(key, "1", revision=2))
    await income.deliver(wage(key, "1", revision=2))
    assert await lines(income) == [
        ("wages.outside", "4300.00", "jobs", "corrected"),
        ("wages.outside", "5000.00", "jobs", None),
    ]
    assert await total(income) == ["5000.00"]


async def test_a_report_that_was_an_error_counts_no_more(income: Households, key: str) -> None:
    await income.deliver(wage(key))
    await income.deliver(wage(key, revision=2, withdrawn=True))
    assert await total(income) == ["0.00"]
    await income.deliver(wage(key, revision=1))
    assert await total(income) == ["0.00"]
    assert [line[3] for line in await lines(income)] == ["withdrawn", "withdrawn"]


async def test_a_withdrawal_that_overtook_its_report(income: Households, key: str) -> None:
    await income.deliver(wage(key, revision=2, withdrawn=True))
    await income.deliver(wage(key, revision=1))
    assert await total(income) == ["0.00"]


async def test_a_month_of_the_ledger_takes_the_place_of_a_visits_month(income: Households, key: str) -> None:
    [[id_]] = await income.sql("SELECT id FROM household")
    [[member]] = await income.sql("SELECT id FROM member")
    year = {"item": "wages.outside", "amount": "36000", "member_id": str(member)}
    span = {"first_month": month_text(SPAN.first), "last_month": LAST}
    assert (await income.post(f"/households/{id_}/income/entries", year | span)).status_code == 201
    await income.deliver(wage(key, "3500"))
    assert await total(income) == ["36500.00"]
    [told, ledger] = sorted((await income.get(f"/households/{id_}/income"))["lines"], key=lambda one: one["amount"])[
        ::-1
    ]
    assert ledger["source"]["text"] == "务工台账"
    assert told["superseded_by"] == [{"id": ledger["id"], "months": [LAST]}]
    assert [why["code"] for why in told["why_not"]] == ["partly-superseded"]


async def test_payments_to_people_and_to_households(income: Households, key: str) -> None:
    code = income.vault.household_key(f"{PINE}0001")
    await income.deliver(
        paid(person_key=key),
        paid(payment_id="p2", household_key=code, item="transfers.farmland", amount="312.40"),
        paid(payment_id="p3", person_key=key, item="claims.insurance", amount="9000"),
        paid(payment_id="p4", person_key=key, item="transfers.condolence", amount="500"),
    )
    assert await income.sql("SELECT transfers, claims, net_income FROM income_summary") == [
        (Decimal("475.40"), Decimal("9000.00"), Decimal("475.40"))
    ]


async def test_an_item_nobody_knows_becomes_a_dead_letter_alone(income: Households, key: str) -> None:
    await income.deliver(paid(person_key=key), paid(payment_id="p2", person_key=key, item="transfers.moon"))
    assert await total(income) == ["163.00"]
    assert await income.sql("SELECT type FROM dead_letter") == [("support.transfer-paid",)]


async def test_what_is_told_of_strangers_waits_for_them(income: Households) -> None:
    key = income.vault.person_key(id_number(5))
    code = income.vault.household_key(f"{BRIDGE}0007")
    await income.deliver(
        wage(key, "100", employer_area="539921101000"),
        wage(key, "4400", revision=2, employer_area="539921101000"),
        paid(household_key=code),
    )
    assert await lines(income) == []
    assert await income.sql("SELECT revision FROM income_waiting ORDER BY source") == [(2,), (1,)]
    await income.register(household(7, BRIDGE, [person(5)]))
    await IncomeSweep(income.database).run(utc_now())
    assert await lines(income) == [
        ("transfers.resident_pension", "163.00", "support", None),
        ("wages.local", "4400.00", "jobs", None),
    ]
    assert await total(income) == ["4563.00"]
    assert await income.sql("SELECT * FROM income_waiting") == []


async def test_nobody_waits_for_ever(income: Households) -> None:
    key = income.vault.person_key(id_number(5))
    old, young = month_text(SPAN.last - 2 * PERIOD), month_text(SPAN.last - 2 * PERIOD + 1)
    await income.deliver(wage(key, report_id="old", month=old), wage(key, report_id="young", month=young))
    await IncomeSweep(income.database).run(utc_now())
    assert await income.sql("SELECT source_ref FROM income_waiting") == [("young",)]


async def test_what_waits_is_seen_by_nobody_who_works_in_an_area(income: Households) -> None:
    await income.deliver(wage(income.vault.person_key(id_number(5))))
    async with income.database.read(Scope.of(normalise(PINE))) as session:
        assert list(await session.execute(text("SELECT * FROM income_waiting"))) == []
    assert len(await income.sql("SELECT * FROM income_waiting")) == 1


async def test_a_later_revision_of_somebody_who_left_waits_and_the_old_one_ends(income: Households, key: str) -> None:
    await income.deliver(wage(key))
    [[member]] = await income.sql("SELECT id FROM member")
    await income.post(f"/members/{member}/removal", {"reason": "married_out", "on": local_date(utc_now()).isoformat()})
    await income.deliver(wage(key, "9", revision=2))
    assert [line[3] for line in await lines(income)] == ["corrected"]
    await income.register(household(2, BRIDGE, [person(1)]))
    await IncomeSweep(income.database).run(utc_now())
    assert await income.sql("SELECT area_code, amount FROM income_entry WHERE ended_at IS NULL") == [
        (BRIDGE, Decimal("9.00"))
    ]


def test_of_one_report_the_highest_revision_is_news() -> None:
    one, two = (of_wage(wage("k", str(n), revision=n)) for n in (1, 2))
    other = of_wage(wage("k", report_id="r2"))
    assert newest([two, one, other, two]) == [two, other]
    assert news([one], {}) == [one]
