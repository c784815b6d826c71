"""What follows an applied list: sums, grades, the audit, claims, cases with clocks. Nothing of it before it is applied."""

from datetime import timedelta
from typing import Any

from services.households.background import grade_waiting
from services.households.usecases.claims import CLAIM
from shared.clock import end_of_day, local_date, utc_now
from shared.contracts.monitoring import CaseOpened
from tests.households.conftest import BAMBOO, BRIDGE, PINE, Households, household, id_number
from tests.households.conftest import person as member
from tests.households.income import with_policies
from tests.households.lists import applied, checked, found, person, workbook, written

ONE, TWO = f"{PINE}0001", f"{PINE}0002"
BAMBOO_ROW = {"行政村（社区）": "竹溪村"}
FAMILY = [person(ONE, 1), person(ONE, 2, "李四", "配偶"), person(TWO, 3, "王五")]
CASE = {"监测对象类型": "脱贫不稳定户", "致贫（返贫）风险": "因病", "识别时间": "2025-03-02", "风险是否消除": "否"}


async def follow(service: Households) -> None:
    """What the service does by itself within seconds."""
    await grade_waiting(service.database, utc_now())


async def test_sums_and_grades_of_new_and_of_changed_households(service: Households) -> None:
    await with_policies(service)
    await written(service, workbook(FAMILY))
    assert await service.sql("SELECT count(*) FROM income_summary") == [(0,)]
    await follow(service)
    sums = "SELECT h.national_code, s.people, h.grade FROM household h JOIN income_summary s ON s.household_id = h.id"
    assert await service.sql(f"{sums} ORDER BY 1") == [(ONE, 2, "green"), (TWO, 1, "green")]
    more = [*FAMILY, person(TWO, 4, "赵六", "子")]
    await written(service, workbook(more))
    assert await service.sql("SELECT count(*) FROM grade_due") == [(1,)], "only whom it touched"
    await follow(service)
    assert await service.sql(f"{sums} ORDER BY 1") == [(ONE, 2, "green"), (TWO, 2, "green")]
    assert await service.sql("SELECT count(*) FROM grade_due") == [(0,)]


async def test_a_list_with_nothing_new_leaves_nothing_to_do(service: Households) -> None:
    await written(service, workbook(FAMILY))
    await follow(service)
    await service.sql("DELETE FROM quality_due")
    await written(service, workbook(FAMILY))
    assert await service.sql("SELECT count(*) FROM grade_due") == [(0,)]
    assert await service.sql("SELECT count(*) FROM quality_due") == [(0,)]


async def test_the_villages_it_touched_are_audited_soon(service: Households) -> None:
    await written(service, workbook([*FAMILY, person(f"{BAMBOO}0009", 9, "赵六", **BAMBOO_ROW)]))
    assert sorted(await service.sql("SELECT area_code FROM quality_due")) == [(PINE,), (BAMBOO,)]
    await service.sql("DELETE FROM quality_due")
    await written(service, workbook(FAMILY[:1]))
    assert await service.sql("SELECT area_code FROM quality_due") == []


async def test_who_lives_elsewhere_is_claimed_when_it_is_applied(service: Households) -> None:
    await service.register(household(70, BRIDGE, [member(3, "王五")]))
    claiming = [*FAMILY, person(TWO, 5, "孙七", "子")]
    view = await checked(service, workbook(claiming))
    assert await service.sql("SELECT 1 FROM double_entry") == [], "a check writes nothing"
    assert {one["code"] for one in await found(service, view, "conflicting")} == {"person-in-another-household"}
    await applied(service, view)
    [(key, area, claimed_area, ref, household_id, sealed, source, times)] = await service.sql(
        "SELECT person_key, area_code, claimed_area_code, claimed_ref, claimed_household_id, claim_sealed, source, times"
        " FROM double_entry"
    )
    assert (key, area, claimed_area) == (service.vault.person_key(id_number(3)), BRIDGE, PINE)
    assert (ref, household_id, source, times) == (TWO, None, "import", 1)
    assert service.vault.open_json(sealed, CLAIM) == {"name": "王五", "id_number": str(id_number(3)), "relation": "02"}
    assert await service.sql(
        "SELECT count(*) FROM member m JOIN household h ON h.id = household_id WHERE h.national_code = :two", two=TWO
    ) == [(0,)]
    await written(service, workbook(claiming))
    assert await service.sql("SELECT times FROM double_entry") == [(2,)], "the same claim again is counted"


async def test_who_is_removed_is_claimed_by_nobody_and_the_last_one_takes_the_household_along(
    service: Households,
) -> None:
    await with_policies(service)
    await written(service, workbook(FAMILY))
    await service.post("/households", household(80, BRIDGE, [member(3, "王五")]))
    await follow(service)
    assert await service.sql("SELECT count(*) FROM double_entry WHERE settled_at IS NULL") == [(1,)]
    await applied(service, await checked(service, workbook(FAMILY[:1])), remove_vanished="moved_away")
    assert await service.sql("SELECT decision FROM double_entry") == [("released",)]
    assert await service.sql("SELECT national_code, dissolved_reason FROM household ORDER BY 1") == [
        (ONE, None),
        (TWO, "moved_away"),
    ]
    assert await service.sql("SELECT count(*) FROM register_change WHERE what = 'dissolved'") == [(1,)]
    await follow(service)
    assert await service.sql("SELECT people FROM income_summary") == [(1,)], "of whom is left"


async def test_after_a_mistake_an_empty_household_stays(service: Households) -> None:
    await written(service, workbook(FAMILY))
    await applied(service, await checked(service, workbook(FAMILY[:2])), remove_vanished="mistake")
    assert await service.sql("SELECT count(*) FROM household WHERE dissolved_on IS NOT NULL") == [(0,)]
    assert await service.sql("SELECT cause FROM grade_due ORDER BY id DESC LIMIT 1") == [("import-correction",)]
    await follow(service)
    assert await service.sql("SELECT count(*) FROM grade_due") == [(0,)]


async def test_cases_that_are_taken_over_have_clocks_and_are_told(service: Households) -> None:
    over = {**CASE, "风险是否消除": "是", "风险消除时间": "2026-01-05"}
    await written(service, workbook([person(ONE, 1, **CASE), person(TWO, 3, "王五", **over)]))
    due = end_of_day(local_date(utc_now()) + timedelta(days=10))
    rows: list[Any] = await service.sql("SELECT state, holder_level, clock, due_at FROM monitoring_case ORDER BY state")
    assert rows[0][2:] == (None, None), "no clock is set for what is over"
    assert rows[1] == ("monitored", "township", "state", due)
    told = await service.told(CaseOpened)
    assert sorted((one.source, one.due_at) for one in told if one.due_at) == [("national_list", due)]
    assert len(told) == 2
    assert await service.sql(f"SELECT DISTINCT lane FROM outbox WHERE type = '{CaseOpened.type}'") == [(1,)]
