"""Whom others hear of when a list is written: who is new is sealed before they are inserted, and true since after it."""

import base64
from datetime import datetime
from typing import Any

import pytest

from services.households.queries import list_writing
from services.households.usecases import list_telling
from services.households.usecases.telling import announce_register
from shared.areas import Scope
from shared.contracts.households import MembersChanged
from shared.contracts.labour import FACTS, NAME, LabourChanged
from shared.db.engine import raw
from tests.households.conftest import PINE, Households, id_number
from tests.households.lists import applied, checked, person, workbook, written
from tests.households.test_list_processes import killed


def code(number: int) -> str:
    return f"{PINE}{number:04}"


def row(household: int, number: int, **more: Any) -> dict[str, Any]:
    """Somebody whom the jobs service hears of as well."""
    return person(code(household), number, f"人{number}", 证件号码=str(id_number(number, "19800101")), **more)


LIST = [
    row(1, 1, 在校生状况="非在校生", 联系电话="15400000017", 健康状况="残疾", 文化程度="小学", 劳动技能="技能劳动力"),
    row(1, 2, 与户主关系="配偶"),
    row(2, 3, 户类型="监测户"),
    row(3, 4),
]


async def records(service: Households) -> tuple[list[Any], list[Any]]:
    """Everything told since the last time, by person: who lives where, and who may work."""
    lives = [one for event in await service.told(MembersChanged) for one in event.members]
    works = [one for event in await service.told(LabourChanged) for one in event.people]
    await service.sql("DELETE FROM outbox")
    return sorted(lives, key=lambda one: one.person_key), sorted(works, key=lambda one: one.person_key)


def said(service: Households, told: list[Any]) -> list[Any]:
    """What records say, but not since when; what is sealed for the event in clear, for each seal is another."""
    found = [one.model_dump(exclude={"changed_at"}) for one in told]
    for one in found:
        if "facts_sealed" in one:
            one["facts_sealed"] = service.vault.open_json(base64.b64decode(one["facts_sealed"]), FACTS)
            one["name_sealed"] = service.vault.open(base64.b64decode(one["name_sealed"]), NAME).decode()
    return found


async def test_who_is_new_is_told_as_they_are_registered(service: Households) -> None:
    await written(service, workbook(LIST))
    lives, works = await records(service)
    async with service.database.write(Scope.everywhere()) as session:
        people, _ = await announce_register(session, service.vault, None)
    again = await records(service)
    assert people == len(lives) == len(works) == 4
    assert [said(service, one) for one in (lives, works)] == [said(service, one) for one in again]


async def test_everybody_is_told_of_once(service: Households) -> None:
    await written(service, workbook([row(1, 1), row(2, 2), row(3, 3)]))
    await records(service)
    changed, child = {"户类型": "监测户"}, {"与户主关系": "之子"}
    await written(
        service,
        workbook([row(1, 1), row(1, 5, **child), row(2, 2, **changed), row(2, 6, **child, **changed), row(4, 7)]),
    )
    for told in await records(service):
        numbers = (5, 2, 6, 7)  # new in a household, of one that is told anew, new there, new with their household
        assert [one.person_key for one in told] == sorted(
            service.vault.person_key(id_number(number, "19800101")) for number in numbers
        )


async def test_it_is_so_since_a_moment_after_it_is_written(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserted: list[datetime] = []
    write_rows = list_writing.write_rows

    async def noted(session: Any, *given: Any, **more: Any) -> None:
        await write_rows(session, *given, **more)
        inserted.append(await (await raw(session)).fetchval("SELECT clock_timestamp()"))

    monkeypatch.setattr(list_writing, "write_rows", noted)
    await written(service, workbook(LIST))
    [moment] = {one.changed_at for told in await records(service) for one in told}
    assert moment > inserted[0]


async def test_who_is_new_may_be_more_than_what_waits_in_memory(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_telling, "MOST_MEMBERS", 1)
    monkeypatch.setattr(list_telling, "IN_MEMORY", 1)
    await written(service, workbook([row(number, number) for number in range(1, 10)]))
    assert [len(event.members) for event in await service.told(MembersChanged)] == [1] * 9


async def test_who_seals_is_killed_and_nothing_is_written(service: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    view = await checked(service, workbook(LIST))
    with monkeypatch.context() as during:
        during.setattr(list_telling, "seal", killed)
        done = await applied(service, view)
    assert (done["state"], done["failure"]["code"]) == ("failed", "import-broken")
    assert await service.sql("SELECT count(*) FROM member") == [(0,)]
    assert await records(service) == ([], [])
