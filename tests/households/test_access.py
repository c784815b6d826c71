"""Who may do and see what: by role, by area, and once more by the database itself."""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from services.households.models import Evidence, Household, Member, RegisterChange, RiskCase, Task, Visit
from shared.areas import Scope, normalise
from shared.contracts.households import TaskOpened
from shared.http.documents import routes
from tests.households.conftest import BRIDGE, COUNTY, PINE, STONE, Households, household, id_number, person
from tests.households.test_tasks import VERDICT, visit

ROLES = ("village", "township", "county", "supervisor", "admin", "bureau")
AREA = {"village": PINE, "township": STONE}
FIELD = {"village", "township", "county"}
ID = "018f0000-0000-7000-8000-00000000000a"
ROUTES = [
    ("GET", "/codes", FIELD | {"supervisor", "admin"}),
    ("GET", "/households", FIELD | {"supervisor"}),
    ("POST", "/households", FIELD),
    ("POST", "/households/search", FIELD | {"supervisor", "admin"}),
    ("POST", "/households/imports", {"county", "admin"}),
    ("GET", f"/households/{ID}", FIELD | {"supervisor"}),
    ("PATCH", f"/households/{ID}", FIELD),
    ("POST", f"/households/{ID}/members", FIELD),
    ("PATCH", f"/members/{ID}", FIELD),
    ("POST", f"/members/{ID}/removal", FIELD),
    ("POST", f"/members/{ID}/reveal", FIELD),
    ("POST", f"/members/{ID}/restoration", FIELD),
    ("POST", f"/members/{ID}/move", FIELD),
    ("POST", f"/households/{ID}/merge", FIELD),
    ("POST", f"/households/{ID}/split", FIELD),
    ("GET", f"/households/{ID}/history", FIELD | {"supervisor"}),
    ("GET", "/register/duplicates", FIELD | {"supervisor"}),
    ("GET", f"/register/duplicates/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/register/duplicates/{ID}/settlement", FIELD),
    ("GET", "/tasks", FIELD | {"supervisor"}),
    ("GET", f"/tasks/{ID}", FIELD | {"supervisor"}),
    ("GET", f"/tasks/{ID}/history", FIELD | {"supervisor"}),
    ("POST", f"/tasks/{ID}/acceptance", FIELD),
    ("POST", f"/tasks/{ID}/assignment", {"township", "county"}),
    ("POST", f"/tasks/{ID}/visits", FIELD),
    ("POST", f"/tasks/{ID}/verdict", FIELD),
    ("POST", f"/tasks/{ID}/cancellation", {"township", "county"}),
    ("GET", f"/tasks/{ID}/households", FIELD | {"supervisor"}),
    ("POST", f"/tasks/{ID}/households", FIELD),
    ("POST", f"/tasks/{ID}/households/{ID}", FIELD),
    ("POST", "/verdicts", FIELD),
    ("POST", "/visits", FIELD),
    ("GET", f"/visits/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/visits/{ID}/confirmation", FIELD),
    ("GET", f"/households/{ID}/visits", FIELD | {"supervisor"}),
    ("POST", f"/households/{ID}/visits", FIELD),
    ("POST", f"/households/{ID}/no-change", FIELD),
    ("POST", "/photos", FIELD),
    ("GET", f"/photos/{ID}", FIELD),
    ("GET", "/pretence-findings", FIELD | {"supervisor"}),
    ("POST", f"/pretence-findings/{ID}/answer", FIELD),
    ("GET", "/cases", FIELD | {"supervisor"}),
    ("GET", f"/cases/{ID}", FIELD | {"supervisor"}),
    ("POST", "/register-imports", {"county", "admin"}),
    ("GET", "/register-imports", {"county", "admin"}),
    ("GET", f"/register-imports/{ID}", {"county", "admin"}),
    ("GET", f"/register-imports/{ID}/findings", {"county", "admin"}),
    ("GET", f"/register-imports/{ID}/result", {"county", "admin"}),
    ("POST", f"/register-imports/{ID}/application", {"county", "admin"}),
    ("GET", "/register-exports/person-list.xlsx", FIELD | {"supervisor"}),
    ("GET", "/register-exports/household-list.xlsx", FIELD | {"supervisor"}),
    ("GET", "/income", FIELD | {"supervisor"}),
    ("POST", "/income/imports", {"township", "county", "admin"}),
    ("GET", f"/households/{ID}/income", FIELD | {"supervisor"}),
    ("GET", f"/households/{ID}/income/forms", FIELD | {"supervisor"}),
    ("GET", f"/households/{ID}/income/workbook", FIELD),
    ("GET", f"/households/{ID}/income/entries", FIELD | {"supervisor"}),
    ("POST", f"/households/{ID}/income/entries", FIELD),
    ("POST", f"/income-entries/{ID}/correction", FIELD),
    ("POST", f"/income-entries/{ID}/withdrawal", FIELD),
    ("GET", f"/households/{ID}/findings", FIELD | {"supervisor"}),
    ("GET", "/findings", FIELD | {"supervisor"}),
    ("GET", "/findings/counts", FIELD | {"supervisor"}),
    ("POST", f"/findings/{ID}/explanation", {"township", "county"}),
    ("DELETE", f"/findings/{ID}/explanation", {"township", "county"}),
    ("GET", "/quality-rules", FIELD | {"supervisor", "admin"}),
    ("GET", "/grades", FIELD | {"supervisor"}),
    ("GET", f"/households/{ID}/grade", FIELD | {"supervisor"}),
    ("GET", f"/households/{ID}/grade-changes", FIELD | {"supervisor"}),
    ("POST", f"/households/{ID}/grade-override", {"township", "county"}),
    ("DELETE", f"/households/{ID}/grade-override", {"township", "county"}),
    ("GET", "/grade-movements", FIELD | {"supervisor"}),
    ("GET", "/grade-movements/households", FIELD | {"supervisor"}),
    ("POST", "/grade-trials", {"county", "admin"}),
    ("POST", "/grade-trials/households", {"county", "admin"}),
    ("GET", "/monitoring-cases", FIELD | {"supervisor"}),
    ("POST", "/monitoring-cases", FIELD),
    ("GET", "/monitoring-cases/fast-lane", FIELD | {"supervisor"}),
    ("GET", f"/monitoring-cases/{ID}", FIELD | {"supervisor"}),
    ("GET", f"/monitoring-cases/{ID}/moves", FIELD | {"supervisor"}),
    ("POST", f"/monitoring-cases/{ID}/moves", FIELD),
    ("PUT", f"/monitoring-cases/{ID}/risks", FIELD),
    ("PUT", f"/monitoring-cases/{ID}/class", FIELD),
    ("POST", f"/monitoring-cases/{ID}/pauses", {"county", "township"}),
    ("POST", f"/monitoring-cases/{ID}/resumption", {"county", "township"}),
    ("POST", f"/monitoring-cases/{ID}/fast-lane", {"county", "township"}),
    ("GET", f"/monitoring-cases/{ID}/gate", FIELD | {"supervisor"}),
    ("GET", f"/monitoring-cases/{ID}/measures", FIELD | {"supervisor"}),
    ("POST", f"/monitoring-cases/{ID}/measures", FIELD),
    ("GET", f"/measures/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/measures/{ID}/delivery", FIELD),
    ("POST", f"/measures/{ID}/failure", FIELD),
    ("POST", f"/measures/{ID}/withdrawal", FIELD),
    ("GET", f"/monitoring-cases/{ID}/plan", FIELD),
    ("GET", f"/monitoring-cases/{ID}/elimination-checks", FIELD | {"supervisor"}),
    ("POST", f"/monitoring-cases/{ID}/elimination-checks", {"township", "village"}),
    ("GET", "/public-notices", FIELD | {"supervisor"}),
    ("POST", "/public-notices", {"township", "village"}),
    ("GET", f"/public-notices/{ID}", FIELD | {"supervisor"}),
    ("GET", f"/public-notices/{ID}/text", FIELD),
    ("GET", f"/public-notices/{ID}/sheet", FIELD),
    ("POST", f"/public-notices/{ID}/posting", {"township", "village"}),
    ("POST", f"/public-notices/{ID}/ending", {"township", "village"}),
    ("POST", f"/public-notices/{ID}/withdrawal", {"township", "village"}),
    ("GET", f"/public-notices/{ID}/objections", FIELD | {"supervisor"}),
    ("POST", f"/public-notices/{ID}/objections", FIELD),
    ("POST", f"/objections/{ID}/answer", {"county", "township"}),
    ("GET", f"/monitoring-cases/{ID}/authorisations", FIELD | {"supervisor"}),
    ("POST", f"/monitoring-cases/{ID}/authorisations", FIELD),
    ("GET", f"/monitoring-cases/{ID}/comparison", FIELD | {"supervisor"}),
    ("POST", f"/monitoring-cases/{ID}/comparison", {"county", "township"}),
    ("GET", "/comparison-tickets", FIELD | {"bureau", "supervisor"}),
    ("GET", f"/comparison-tickets/{ID}", FIELD | {"bureau", "supervisor"}),
    ("POST", f"/comparison-tickets/{ID}/reveal", {"bureau"}),
    ("POST", f"/comparison-tickets/{ID}/answer", {"bureau"}),
    ("POST", f"/comparison-tickets/{ID}/withdrawal", {"county", "township"}),
    ("GET", "/dropout-cases", FIELD | {"supervisor"}),
    ("POST", "/dropout-cases", FIELD),
    ("GET", f"/dropout-cases/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/dropout-cases/{ID}/moves", FIELD),
    ("POST", f"/dropout-cases/{ID}/persuasion-visits", FIELD),
    ("POST", f"/dropout-cases/{ID}/plans", FIELD),
    ("POST", f"/dropout-cases/{ID}/lessons", FIELD),
    ("POST", f"/dropout-cases/{ID}/legal-steps", {"county", "township"}),
    ("POST", f"/dropout-cases/{ID}/stay-checks/{ID}/answer", FIELD),
    ("GET", "/school-children", FIELD | {"supervisor"}),
    ("GET", "/school-children/counts", FIELD | {"supervisor"}),
    ("GET", "/dropout-board", FIELD | {"supervisor"}),
]


async def test_every_route_by_role(service: Households) -> None:
    for method, path, allowed in ROUTES:
        for role in ROLES:
            answer = await service.call(method, path, role, AREA.get(role, COUNTY))
            assert (answer.status_code != 403) == (role in allowed), (method, path, role, answer.status_code)
        nobody = await service.http.request(method, f"/households/v1{path}")
        assert nobody.status_code == 401, (method, path)


def test_the_table_has_every_route(service: Households) -> None:
    operations = ("/dead-letters", "/audit")
    own = {
        (method, path.removeprefix("/households/v1"))
        for method, path, _ in routes(service.app)
        if path.startswith("/households/v1") and not path.removeprefix("/households/v1").startswith(operations)
    }
    assert {(method, re.sub(r"\{\w+\}", ID, path)) for method, path in own} == {(m, p) for m, p, _ in ROUTES}


async def test_the_supervisor_sees_masks(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1, "张三丰", phone="15400000017", health=["serious"])]))
    await service.deliver(service.alert(1, name="张三丰"))
    [opened] = await service.told(TaskOpened)
    await service.post(f"/tasks/{opened.task_id}/visits", visit(), "village", PINE)
    await service.post(f"/tasks/{opened.task_id}/verdict", VERDICT, "village", PINE)
    shown = [
        await service.call("GET", path, "supervisor")
        for path in (f"/households/{id_}", "/households", "/tasks?state=done", "/cases", f"/cases/{opened.case_id}")
    ]
    shown += [
        await service.post("/households/search", {"id_number": id_number(1)}, role) for role in ("supervisor", "admin")
    ]
    for answer in shown:
        assert answer.status_code == 200
        assert "张**" in answer.text
        assert not [
            secret
            for secret in ("张三丰", "15400000017", '"serious"', "days_absent", "李老师", "下周")
            if secret in answer.text
        ]


async def test_another_village_is_not_there(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    await service.deliver(service.alert(1))
    [opened] = await service.told(TaskOpened)
    [member] = (await service.get(f"/households/{id_}"))["members"]
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/households/{id_}", None),
        ("PATCH", f"/households/{id_}", {"class": "monitored"}),
        ("POST", f"/households/{id_}/members", person(2)),
        ("PATCH", f"/members/{member['id']}", {"name": "某某"}),
        ("POST", f"/members/{member['id']}/removal", {"reason": "deceased"}),
        ("POST", f"/members/{member['id']}/reveal", {"field": "id_number", "reason": "visit"}),
        ("POST", f"/members/{member['id']}/restoration", {}),
        ("POST", f"/members/{member['id']}/move", {"household_id": ID, "relation": "02"}),
        ("POST", f"/households/{id_}/merge", {"household_id": ID, "version": 1}),
        ("POST", f"/households/{id_}/split", {"members": [{"member_id": member["id"], "relation": "02"}]}),
        ("GET", f"/households/{id_}/history", None),
        ("GET", f"/tasks/{opened.task_id}", None),
        ("GET", f"/tasks/{opened.task_id}/history", None),
        ("POST", f"/tasks/{opened.task_id}/acceptance", None),
        ("POST", f"/tasks/{opened.task_id}/visits", visit()),
        ("POST", f"/tasks/{opened.task_id}/verdict", VERDICT),
        ("GET", f"/cases/{opened.case_id}", None),
        ("POST", "/households", household(2, PINE, [person(2)])),
    ]
    for method, path, body in calls:
        answer = await service.call(method, path, "village", BRIDGE, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 404, (method, path, answer.text)
    for path in ("/households", "/tasks", "/tasks?mine=true", "/cases"):
        assert (await service.get(path, "village", BRIDGE))["items"] == []


@pytest.fixture
async def everywhere(service: Households) -> Households:
    """A household with a case, a task and a visit in each of two villages."""
    await service.register(household(1, PINE), household(2, BRIDGE, [person(2)]))
    await service.deliver(service.alert(1), service.alert(2))
    for opened in await service.told(TaskOpened):
        assert (await service.post(f"/tasks/{opened.task_id}/visits", visit())).status_code == 201
    return service


SECURED = (Household, Member, RegisterChange, RiskCase, Evidence, Task, Visit)


async def test_a_forgotten_filter_shows_nothing_outside(everywhere: Households) -> None:
    async def seen(model: Any, scope: Scope) -> list[str]:
        async with everywhere.database.read(scope) as session:
            return sorted(await session.scalars(select(model.area_code)))

    for model in SECURED:
        assert await seen(model, Scope.of(normalise(PINE))) == [PINE]
        assert await seen(model, Scope.of(normalise(STONE))) == [PINE]
        assert await seen(model, Scope.everywhere()) == [PINE, BRIDGE]
        assert await seen(model, Scope.nowhere()) == []
        async with everywhere.database.engine.connect() as connection:  # says nothing of areas at all
            assert list(await connection.execute(select(model.area_code))) == []


async def test_the_functions_beneath_the_policies_keep_to_them(everywhere: Households) -> None:
    async with everywhere.database.read(Scope.of(normalise(PINE))) as session:
        page = await session.execute(text("SELECT * FROM members_named('张三', ARRAY['%'], NULL, 10)"))
        assert len(list(page)) == 1, "the areas of the transaction hold whatever is asked for"
        keys = [everywhere.vault.person_key(id_number(n)) for n in (1, 2, 3)]
        registered = await session.scalars(text("SELECT * FROM persons_registered(:keys)"), {"keys": keys})
        assert sorted(registered) == sorted(keys[:2])  # that they are somewhere, and no more


async def test_no_row_is_written_or_moved_outside(everywhere: Households) -> None:
    async with everywhere.database.write(Scope.of(normalise(PINE))) as session:
        await session.execute(update(Task).values(state="done"))
    assert sorted(await everywhere.sql("SELECT area_code, state FROM task")) == [(PINE, "done"), (BRIDGE, "open")]
    with pytest.raises(DBAPIError, match="row-level security"):
        async with everywhere.database.write(Scope.of(normalise(PINE))) as session:
            await session.execute(update(Task).values(area_code=BRIDGE))


async def test_the_runtime_role_cannot_lift_the_policies(everywhere: Households) -> None:
    for statement in (
        "ALTER TABLE household DISABLE ROW LEVEL SECURITY",
        "DROP POLICY area ON household",
        "UPDATE audit_entry SET role = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE case_snapshot SET facts = '{}'",
        "DELETE FROM case_snapshot",
        "TRUNCATE household",
    ):
        with pytest.raises(DBAPIError, match=r"must be owner|permission denied"):
            await everywhere.sql(statement)


async def test_an_id_that_is_none(service: Households) -> None:
    for path in ("/households/1", f"/tasks/{uuid4()}x", "/cases/null"):
        assert (await service.call("GET", path)).status_code == 422
