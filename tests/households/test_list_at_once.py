"""A list that nobody looks at first is written while it is compared: the register is then as it is after somebody looked."""

import base64
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from services.households.models.imports import WRITTEN_OF_HOUSEHOLD, WRITTEN_OF_MEMBER
from services.households.queries import list_writing
from services.households.usecases import list_application, list_work
from services.households.usecases.list_sums import PartSums
from shared.db.engine import raw
from shared.postgres import Cluster
from tests.households.conftest import PINE, Households, household, id_number
from tests.households.conftest import person as member
from tests.households.lists import found, person, send, tally, work, workbook, written
from tests.households.test_list_processes import killed
from tests.households.test_list_telling import LIST, code, records, row, said

THEN = [row(1, 1), row(1, 2, 与户主关系="配偶"), row(2, 3), row(9, 9)]
NOW = [
    *(
        row(1, 1, 户类型="监测户"),
        row(1, 2, 与户主关系="配偶", 户类型="监测户"),
    ),  # heard of anew, with all their people
    *(row(2, 3, 劳动技能="技能劳动力"), row(2, 4, 与户主关系="之子")),  # changed; new in a household that is not
    *(
        row(3, 5, 联系电话="15400000017", 健康状况="残疾、长期慢性病", 务工月数="8"),
        row(3, 6, 与户主关系="配偶", 在校生状况="非在校生"),
    ),
    row(4, 9),  # lives elsewhere
    *(row(5, 10), person(code(5), 700, "小人", "之子", 证件号码=str(id_number(700, "20200101")))),  # too young to work
    *(row(6, 11), row(6, 11)),  # twice
]
REGISTER = {
    "household": [name for name in WRITTEN_OF_HOUSEHOLD if name not in ("id", "phone_sealed")],
    "member": [
        name for name in WRITTEN_OF_MEMBER if name not in ("id", "household_id", "id_number_sealed", "phone_sealed")
    ],
    "register_change": ["area_code", "what", "source", "fields", "detail", "member_id IS NULL"],
    "grade_due": ["cause"],
    "double_entry": ["person_key", "claimed_ref", "area_code"],
}


async def sent(service: Households, *rows: dict[str, Any]) -> dict[str, Any]:
    """Upload to be written at once; the import as it reads when the worker is done."""
    answer = await send(service, workbook(list(rows)), dry_run="false")
    assert answer.status_code == 202, answer.text
    await work(service)
    view: dict[str, Any] = await service.get(f"/register-imports/{answer.json()['id']}")
    return view


async def outcome(service: Households, view: dict[str, Any]) -> Any:
    """All that the import did, without what is another one each time."""
    register = {
        table: sorted(await service.sql(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
        for table, columns in REGISTER.items()
    }
    sealed = await service.sql("SELECT id_number_sealed, phone_sealed FROM member ORDER BY person_key")
    opened = [
        (service.vault.open(number, "person.id_number"), phone and service.vault.open(phone, "person.phone"))
        for number, phone in sealed
    ]
    told = [said(service, one) for one in await records(service)]
    for one in (one for part in told for one in part):
        del one["household_id"]
        for name, purpose in (("id_number_sealed", "person.id_number"), ("phone_sealed", "person.phone")):
            if sealed_text := one.get(name):
                one[name] = service.vault.open(base64.b64decode(sealed_text), purpose)
    conflicts = [
        [one["national_code"], one["field"], one["code"], one["row"]]
        for one in await found(service, view, "conflicting")
    ]
    left = await service.sql("SELECT (SELECT count(*) FROM staged_household), (SELECT count(*) FROM staged_member)")
    counted = [view[name] for name in ("state", "checks", "households", "members", "townships", "rows_read")]
    return register, opened, told, conflicts, left, counted


async def test_it_does_what_is_done_when_somebody_looks_first(
    service: Households, monkeypatch: pytest.MonkeyPatch, cluster: Cluster, database_name: str
) -> None:
    await written(service, workbook(THEN))
    await records(service)
    looked_at = await outcome(service, await written(service, workbook(NOW)))
    counted = looked_at[-1]
    added = {"added": 2, "changed": 1, "unchanged": 1, "conflicting": 2}
    assert (counted[0], tally(counted[2])) == ("applied", added)
    owner = await asyncpg.connect(
        cluster.dsn("shouwang", database_name).replace("+asyncpg", ""), server_settings={"search_path": "households"}
    )
    for households_in_a_part in (1, 2, 2000):
        monkeypatch.setattr(list_work, "PART", households_in_a_part)
        await owner.execute("TRUNCATE household, member, grade_due CASCADE")
        await written(service, workbook(THEN))
        await records(service)
        at_once = await outcome(service, await sent(service, *NOW))
        for part, expected in zip(at_once, looked_at, strict=True):
            assert part == expected
    await owner.close()


async def test_somebody_who_is_entered_meanwhile_has_it_looked_at(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_new = list_application.insert_new

    async def overtaken(*given: Any) -> None:
        await service.register(household(70, PINE, [member(3)]))
        await insert_new(*given)

    monkeypatch.setattr(list_application, "insert_new", overtaken)
    view = await sent(service, person(code(1), 1), person(code(2), 3))
    assert (view["state"], view["checks"], view["failure"]["code"]) == ("checked", 2, "register-changed")
    assert tally(view["households"]) == {"added": 1, "conflicting": 1}
    assert await service.sql("SELECT count(*) FROM household") == [(1,)]


async def test_others_hear_of_it_as_of_a_moment_after_it_is_written(
    service: Households, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserted: list[datetime] = []
    insert_new = list_application.insert_new

    async def noted(session: Any, *given: Any) -> None:
        await insert_new(session, *given)
        inserted.append(await (await raw(session)).fetchval("SELECT clock_timestamp()"))

    monkeypatch.setattr(list_application, "insert_new", noted)
    assert (await sent(service, *LIST))["state"] == "applied"
    [moment] = {one.changed_at for told in await records(service) for one in told}
    assert moment > inserted[0]


@pytest.mark.parametrize(("where", "what"), [(PartSums, "end"), (list_writing, "write_history")])
async def test_what_fails_in_the_middle_leaves_nothing(
    service: Households, monkeypatch: pytest.MonkeyPatch, where: Any, what: str
) -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as during:
        during.setattr(where, what, killed if where is PartSums else fails)
        during.setattr(list_work, "PART", 1)
        view = await sent(service, *LIST)
    assert (view["state"], view["failure"]["code"]) == ("failed", "import-broken")
    for table in ("household", "member", "staged_household", "register_change", "grade_due"):
        assert await service.sql(f"SELECT count(*) FROM {table}") == [(0,)]
    assert await records(service) == ([], [])
    assert (await sent(service, *LIST))["state"] == "applied", "once more"
