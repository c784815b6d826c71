"""What fails among many holds up none of the others: a step of a sweep, a case, a village, a township."""

from typing import Any
from uuid import UUID

import pytest

from services.households import background
from services.households.background import audit_county, end_what_is_over, sweep_deadlines
from services.households.usecases import case_escalation, dropout_ends, grading_nightly, quality_night
from services.households.usecases.grading_nightly import grade_county
from shared.clock import utc_now
from shared.contracts.monitoring import CaseEscalated
from shared.db.engine import WriteSession
from tests.households.conftest import BAMBOO, BRIDGE, PINE, STONE, Households, household
from tests.households.monitoring import open_case
from tests.households.test_case_clocks import due_at
from tests.households.test_findings import two_heads


async def fails(*_: Any, **__: Any) -> int:
    raise RuntimeError


async def test_a_step(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await open_case(service, 1)
    monkeypatch.setattr(background, "STEPS", ((fails, 1), (case_escalation.escalate_cases, case_escalation.BATCH)))
    with pytest.raises(ExceptionGroup):
        await sweep_deadlines(service.database, await due_at(service, case["id"]))
    assert len(await service.told(CaseEscalated)) == 1


async def test_a_case(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[UUID] = []
    first, second = UUID(int=1), UUID(int=2)

    async def two(*_: Any, **__: Any) -> list[UUID]:
        return [first, second]

    async def end(_: WriteSession, __: Any, case_id: UUID, *___: Any) -> bool:
        if case_id == first:
            raise RuntimeError
        ended.append(case_id)
        return True

    monkeypatch.setattr(dropout_ends, "list_over", two)
    monkeypatch.setattr(dropout_ends, "end_dropout", end)
    with pytest.raises(ExceptionGroup):
        await end_what_is_over(service.database, service.vault, utc_now())
    assert ended == [second]


async def test_a_village(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, area in ((1, PINE), (11, BAMBOO), (21, BRIDGE)):
        await two_heads(service, area, number)
    await service.sql("DELETE FROM quality_finding")
    lock = quality_night.lock_village

    async def lock_but_one(session: WriteSession, village: str) -> Any:
        if village == BAMBOO:
            raise RuntimeError
        return await lock(session, village)

    monkeypatch.setattr(quality_night, "lock_village", lock_but_one)
    await audit_county(service.database, service.vault, 0, utc_now())
    assert await service.sql("SELECT area_code FROM quality_finding ORDER BY 1") == [(PINE,), (BRIDGE,)]
    [(finished,)] = await service.sql("SELECT finished_at FROM quality_night")
    assert finished is not None


async def test_a_township(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    await service.register(household(1), household(3, BRIDGE))
    grade, now = grading_nightly.grade_township, utc_now()

    async def grade_but_one(database: Any, township: str, *more: Any) -> int:
        if township == STONE[:9]:
            raise RuntimeError
        return await grade(database, township, *more)

    with monkeypatch.context() as broken:
        broken.setattr(grading_nightly, "grade_township", grade_but_one)
        assert await grade_county(service.database, lambda: now) == 1
    assert await grade_county(service.database, lambda: now) == 1, "its turn comes again"
