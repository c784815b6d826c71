"""Who may do and see what: by role, by area, and once more by the database itself."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from services.jobs.models import LabourTask, Person, WorkNeed
from shared.areas import Scope, normalise
from shared.http.documents import routes
from tests.jobs.conftest import BAMBOO, BRIDGE, COUNTY, PINE, STONE, Jobs, id_number

ROLES = ("village", "township", "county", "supervisor", "admin", "bureau")
AREA = {"village": PINE, "township": STONE}
FIELD = {"village", "township", "county"}
ID = "018f0000-0000-7000-8000-00000000000a"
ROUTES = [
    ("GET", "/codes", FIELD | {"bureau", "supervisor", "admin"}),
    ("GET", "/people", FIELD | {"supervisor"}),
    ("POST", "/people/search", FIELD | {"supervisor"}),
    ("GET", f"/people/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/people/{ID}/reveal", FIELD),
    ("GET", "/needs", FIELD | {"supervisor"}),
    ("POST", "/needs", FIELD),
    ("GET", f"/needs/{ID}", FIELD | {"supervisor"}),
    ("PUT", f"/needs/{ID}/wishes", FIELD),
    ("POST", f"/needs/{ID}/withdrawal", FIELD),
    ("GET", "/tasks", FIELD | {"supervisor"}),
    ("GET", f"/tasks/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/tasks/{ID}/completion", FIELD),
    ("POST", "/matching-runs", {"township", "county"}),
    ("GET", "/matching-runs", {"township", "county", "supervisor"}),
    ("GET", f"/matching-runs/{ID}", {"township", "county", "supervisor"}),
    ("POST", f"/matching-runs/{ID}/cancellation", {"township", "county"}),
    ("POST", f"/matching-runs/{ID}/repetition", {"township", "county"}),
    ("GET", "/matching-proposals", FIELD | {"supervisor"}),
    ("GET", f"/matching-proposals/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/matching-proposals/{ID}/acceptance", FIELD),
    ("POST", f"/matching-proposals/{ID}/refusal", FIELD),
    ("GET", f"/people/{ID}/matches", FIELD | {"supervisor"}),
    ("GET", f"/people/{ID}/matches/{ID}", FIELD | {"supervisor"}),
    ("GET", "/employers", FIELD | {"bureau", "supervisor"}),
    ("POST", "/employers", {"bureau", "township", "county"}),
    ("GET", f"/employers/{ID}", FIELD | {"bureau", "supervisor"}),
    ("PUT", f"/employers/{ID}", {"bureau", "township", "county"}),
    ("GET", f"/employers/{ID}/blacklistings", FIELD | {"bureau", "supervisor"}),
    ("POST", f"/employers/{ID}/blacklisting", {"bureau", "county"}),
    ("POST", f"/employers/{ID}/clearance", {"bureau", "county"}),
    ("GET", "/courses", FIELD | {"bureau", "supervisor"}),
    ("POST", "/courses", {"bureau", "county"}),
    ("GET", f"/courses/{ID}", FIELD | {"bureau", "supervisor"}),
    ("PUT", f"/courses/{ID}", {"bureau", "county"}),
    ("POST", f"/courses/{ID}/cancellation", {"bureau", "county"}),
    ("GET", f"/courses/{ID}/result", FIELD | {"supervisor"}),
    ("GET", f"/courses/{ID}/candidates", FIELD | {"supervisor"}),
    ("POST", f"/courses/{ID}/enrolments", FIELD),
    ("POST", f"/courses/{ID}/attendance", {"township", "county"}),
    ("GET", "/enrolments", FIELD | {"supervisor"}),
    ("GET", f"/enrolments/{ID}", FIELD | {"supervisor"}),
    ("POST", f"/enrolments/{ID}/dropping", FIELD),
    ("POST", f"/enrolments/{ID}/completion", {"township", "county"}),
    ("POST", f"/enrolments/{ID}/failure", {"township", "county"}),
    ("GET", f"/people/{ID}/certificates", FIELD | {"supervisor"}),
    ("POST", f"/people/{ID}/certificates", FIELD),
    ("GET", "/brands", FIELD | {"supervisor"}),
    ("GET", "/brands/61804", FIELD | {"supervisor"}),
    ("GET", "/posts", FIELD | {"bureau", "supervisor"}),
    ("POST", "/posts", {"bureau", "township", "county"}),
    ("POST", "/posts/imports", {"bureau", "county"}),
    ("GET", f"/posts/{ID}", FIELD | {"bureau", "supervisor"}),
    ("PUT", f"/posts/{ID}/terms", {"bureau", "township", "county"}),
    ("POST", f"/posts/{ID}/confirmation", {"bureau", "county"}),
    ("POST", f"/posts/{ID}/closing", {"bureau", "township", "county"}),
    ("POST", f"/posts/{ID}/reopening", {"bureau", "county"}),
    ("POST", "/ledger/imports", {"township", "county"}),
    ("GET", "/ledger/imports", {"township", "county"}),
    ("GET", f"/ledger/imports/{ID}", {"township", "county"}),
    ("GET", f"/ledger/imports/{ID}/result", {"township", "county"}),
    ("POST", f"/ledger/imports/{ID}/application", {"township", "county"}),
    ("GET", "/ledger/counts", FIELD | {"supervisor"}),
    ("GET", "/ledger/months/2026-10/people", FIELD | {"supervisor"}),
    ("POST", "/ledger/months/2026-10/confirmations", FIELD),
    ("GET", f"/ledger/people/{ID}/months", FIELD | {"supervisor"}),
    ("GET", f"/ledger/months/2026-10/people/{ID}", FIELD | {"supervisor"}),
    ("PUT", f"/ledger/months/2026-10/people/{ID}", FIELD),
    ("PATCH", f"/ledger/months/2026-10/people/{ID}", FIELD),
    ("GET", f"/ledger/months/2026-10/people/{ID}/history", FIELD | {"supervisor"}),
    ("POST", "/reconciliations", {"bureau", "township", "county"}),
    ("GET", "/reconciliations", FIELD | {"supervisor"}),
    ("GET", f"/reconciliations/{ID}", FIELD | {"bureau", "supervisor"}),
    ("GET", f"/reconciliations/{ID}/areas", FIELD | {"supervisor"}),
    ("GET", f"/reconciliations/{ID}/rows", FIELD | {"supervisor"}),
    ("GET", f"/reconciliations/{ID}/workbook", FIELD | {"supervisor"}),
    ("POST", f"/reconciliations/{ID}/tasks", {"township", "county"}),
    ("POST", "/samples", {"county"}),
    ("GET", "/samples", {"township", "county", "supervisor"}),
    ("GET", f"/samples/{ID}", {"township", "county", "supervisor"}),
    ("GET", f"/samples/{ID}/rows", {"township", "county", "supervisor"}),
    ("GET", f"/sampled-rows/{ID}", {"township", "county", "supervisor"}),
    ("POST", f"/sampled-rows/{ID}/answer", {"township", "county"}),
    ("POST", f"/sampled-rows/{ID}/phone", {"township", "county"}),
    ("GET", "/indicators", FIELD | {"supervisor"}),
    ("GET", "/indicator-board", FIELD | {"supervisor"}),
    ("GET", "/indicators/transferred/people", FIELD | {"supervisor"}),
    ("GET", "/targets", FIELD | {"supervisor"}),
    ("GET", "/priority-lists", FIELD | {"supervisor"}),
    ("GET", "/priority-lists/transferred", FIELD | {"supervisor"}),
    ("GET", "/priority-lists/transferred.xlsx", FIELD | {"supervisor"}),
]


@pytest.mark.parametrize(("method", "path", "roles"), ROUTES, ids=[f"{m} {p}" for m, p, _ in ROUTES])
async def test_each_role_does_what_its_permits_say(service: Jobs, method: str, path: str, roles: set[str]) -> None:
    for role in ROLES:
        body = {} if method in ("POST", "PUT", "PATCH") else None
        answer = await service.call(method, path, role, AREA.get(role, "539921000000"), json=body)
        refused = answer.status_code == 403 and answer.json()["code"] == "role-not-permitted"
        assert refused == (role not in roles), (role, answer.status_code, answer.text)


def filled(path: str) -> str:
    """A path with something in place of its parameters."""
    named = path.replace("{month}", "2026-10").replace("{trade}", "61804").replace("{code}", "transferred")
    return re.sub(r"\{[a-z]+_id\}", ID, named)


HERE = {path.split("/")[1] for _, path, _ in ROUTES}
"""First words of the paths in this table; placements, trips and subsidies have tables beside their own tests."""


def test_every_route_of_these_stands_in_the_table(service: Jobs) -> None:
    paths = ((method, path.removeprefix("/jobs/v1")) for method, path, _ in routes(service.app))
    made = {(method, filled(path)) for method, path in paths if path.startswith("/") and path.split("/")[1] in HERE}
    assert made == {(method, path) for method, path, _ in ROUTES}


async def test_somebody_elsewhere_is_not_there(service: Jobs) -> None:
    [mine] = await service.people(1, area_code=PINE)
    [theirs] = await service.people(2, area_code=BRIDGE)
    listed = await service.get("/people", "village", PINE)
    assert [one["id"] for one in listed["items"]] == [str(mine)]
    answer = await service.call("GET", f"/people/{theirs}", "village", PINE)
    assert (answer.status_code, answer.json()["code"]) == (404, "person-not-found")
    answer = await service.post("/needs", {"person_id": str(theirs)}, "village", PINE)
    assert (answer.status_code, answer.json()["code"]) == (404, "person-not-found")


async def test_supervisors_see_no_names_and_nobody_a_whole_number(service: Jobs) -> None:
    [person] = await service.people(1, name="欧阳小明", phone="15412345678")
    field = await service.get(f"/people/{person}", "village", PINE)
    above = await service.get(f"/people/{person}", "supervisor")
    assert field["name"] == "欧阳小明"
    assert "小明" not in str(above)
    for seen in (field, above):
        assert "*" in seen["id_number"]
        assert "12345678" not in str(seen)


async def test_supervisors_learn_no_day_of_birth(service: Jobs) -> None:
    """With the masked number it would be the whole number."""
    [person] = await service.people(1, birth_on=date(1990, 4, 7))
    listed = await service.get("/people", "supervisor")
    found = await service.post("/people/search", {"id_number": id_number(1, "19900407")}, "supervisor")
    one = await service.get(f"/people/{person}", "supervisor")
    for seen in (*listed["items"], *found.json(), one):
        assert (seen["id"], seen["birth_on"]) == (str(person), None)
        assert "0407" not in str(seen["id_number"])
    assert (len(listed["items"]), len(found.json())) == (1, 1)
    for role, area in (("village", PINE), ("township", STONE), ("county", COUNTY)):
        assert (await service.get(f"/people/{person}", role, area))["birth_on"] == "1990-04-07"


@pytest.mark.parametrize("name", ["born_from", "born_to"])
async def test_supervisors_list_nobody_by_day_of_birth(service: Jobs, name: str) -> None:
    [person] = await service.people(1, birth_on=date(1990, 4, 7))
    params = {name: "1990-04-07"}
    refused = await service.call("GET", "/people", "supervisor", params=params)
    assert (refused.status_code, refused.json()["code"]) == (403, "birth-not-shown")
    listed = await service.get("/people", "village", PINE, params=params)
    assert [one["id"] for one in listed["items"]] == [str(person)]


async def test_revealing_leaves_a_trace(service: Jobs) -> None:
    [person] = await service.people(1, phone="15412345678")
    shown = await service.post(f"/people/{person}/reveal", {"reason": "placement"}, "village", PINE)
    assert shown.json()["phone"] == "15412345678"
    [(subject, detail)] = await service.sql("SELECT subject, detail FROM audit_entry WHERE action = 'person:reveal'")
    assert (subject, detail) == (str(person), {"reason": "placement"})


@pytest.mark.parametrize("model", [Person, WorkNeed, LabourTask])
async def test_the_database_hides_what_a_query_forgot(service: Jobs, model: Any) -> None:
    [here, _there] = [*await service.people(1, area_code=PINE), *await service.people(2, area_code=BAMBOO)]
    await _needs_and_tasks(service)
    async with service.database.read(Scope.of(normalise(PINE))) as session:
        seen = list(await session.scalars(select(model.area_code)))
    async with service.database.read(Scope.nowhere()) as session:
        nothing = list(await session.scalars(select(model.area_code)))
    assert (seen, nothing) == ([PINE], [])
    assert here


async def test_no_row_can_be_moved_out_of_sight(service: Jobs) -> None:
    await service.people(1, area_code=PINE)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with service.database.write(Scope.of(normalise(PINE))) as session:
            await session.execute(update(Person).values(area_code=BRIDGE))


async def _needs_and_tasks(service: Jobs) -> None:
    for person, area in await service.sql("SELECT id, area_code FROM person"):
        answer = await service.post("/needs", {"person_id": str(UUID(str(person)))})
        assert answer.status_code == 201, answer.text
        await service.sql(
            "INSERT INTO labour_task (id, kind, area_code, person_id, subject_id, due_on, state, opened_at, version)"
            " VALUES (gen_random_uuid(), 'need_call', :area, :person, gen_random_uuid(), '2026-12-01', 'open', now(), 1)",
            area=area,
            person=person,
        )
