"""Placements, trips and subsidies: who may do and see what, by role, by area, and once more by the database itself."""

import re
from typing import Any

import pytest
from sqlalchemy import select, text

from services.jobs.models import Placement, PlacementMove, StayCheck, SubsidyClaim, Trip, TripPassenger
from shared.areas import Scope, normalise
from shared.http.documents import routes
from tests.jobs.conftest import BAMBOO, BRIDGE, COUNTY, PINE, STONE, Jobs
from tests.jobs.test_access import AREA, FIELD, ID, ROLES
from tests.jobs.test_stay_checks import at_work, sweep
from tests.jobs.test_subsidies import at_work as in_ledger
from tests.jobs.test_subsidies import claim
from tests.jobs.test_trips import board, ready, trip

LOOKS = FIELD | {"supervisor"}
ABOVE = {"township", "county"}
ROUTES = [
    ("GET", "/placements", LOOKS),
    ("POST", "/placements", FIELD),
    ("POST", "/placements/from-proposals", ABOVE),
    ("GET", f"/placements/{ID}", LOOKS),
    ("POST", f"/placements/{ID}/moves", FIELD),
    ("GET", f"/stay-checks/{ID}", LOOKS),
    ("POST", f"/stay-checks/{ID}/answer", FIELD),
    ("GET", "/trips", LOOKS),
    ("POST", "/trips", ABOVE),
    ("GET", f"/trips/{ID}", LOOKS),
    ("PUT", f"/trips/{ID}/plan", ABOVE),
    ("POST", f"/trips/{ID}/cancellation", ABOVE),
    ("POST", f"/trips/{ID}/passengers", FIELD),
    ("DELETE", f"/trips/{ID}/passengers/{ID}", FIELD),
    ("POST", f"/trips/{ID}/presence", FIELD),
    ("GET", f"/trips/{ID}/coach-list.xlsx", FIELD),
    ("GET", "/move-up", LOOKS),
    ("POST", f"/move-up/{ID}/need", FIELD),
    ("GET", "/subsidies/unclaimed", LOOKS),
    ("GET", "/subsidies/unclaimed/sums", LOOKS),
    ("GET", "/subsidies/unclaimed.xlsx", FIELD),
    ("GET", "/subsidies/claims", LOOKS),
    ("POST", "/subsidies/claims", FIELD),
    ("GET", f"/subsidies/claims/{ID}", LOOKS),
    ("POST", f"/subsidies/claims/{ID}/decision", ABOVE),
]


@pytest.mark.parametrize(("method", "path", "roles"), ROUTES, ids=[f"{m} {p}" for m, p, _ in ROUTES])
async def test_each_role_does_what_its_permits_say(service: Jobs, method: str, path: str, roles: set[str]) -> None:
    for role in ROLES:
        body = {} if method in ("POST", "PUT") else None
        answer = await service.call(method, path, role, AREA.get(role, COUNTY), json=body)
        refused = answer.status_code == 403 and answer.json()["code"] == "role-not-permitted"
        assert refused == (role not in roles), (role, answer.status_code, answer.text)


def test_every_route_stands_in_the_table(service: Jobs) -> None:
    here = {path.split("/")[1] for _, path, _ in ROUTES}
    paths = [(method, path.removeprefix("/jobs/v1/")) for method, path, _ in routes(service.app)]
    ours = [(method, path) for method, path in paths if path.split("/")[0] in here]
    made = {(method, "/" + re.sub(r"\{\w+\}", ID, path)) for method, path in ours}
    assert made == {(method, path) for method, path, _ in ROUTES}


@pytest.mark.parametrize("model", [Placement, PlacementMove, StayCheck, SubsidyClaim, TripPassenger])
async def test_the_database_hides_what_a_query_forgot(service: Jobs, model: Any) -> None:
    for number, area in ((1, PINE), (2, BAMBOO)):
        await at_work(service, 30, number, area)
        [traveller] = await ready(service, number + 10, area=area)
        assert (await board(service, await trip(service), [traveller], area=area)).status_code == 200
    await sweep(service)
    [claimant] = await service.people(5)
    await in_ledger(service, claimant)
    assert (await claim(service, claimant)).status_code == 201
    async with service.database.read(Scope.of(normalise(PINE))) as session:
        seen = set(await session.scalars(select(model.area_code)))
    async with service.database.read(Scope.nowhere()) as session:
        nothing = list(await session.scalars(select(model.area_code)))
    async with service.database.read(Scope.of(normalise(BRIDGE))) as session:
        elsewhere = list(await session.scalars(select(model.area_code)))
    assert (seen, nothing, elsewhere) == ({PINE}, [], [])


async def test_a_trip_is_seen_below_its_organiser_and_nowhere_else(service: Jobs) -> None:
    await trip(service, area=STONE)
    for scope, count in (
        (Scope.of(normalise(PINE)), 1),
        (Scope.of(normalise(STONE)), 1),
        (Scope.of(normalise(COUNTY)), 1),
        (Scope.everywhere(), 1),
        (Scope.of(normalise(BRIDGE)), 0),
        (Scope.nowhere(), 0),
    ):
        async with service.database.read(scope) as session:
            assert len(list(await session.scalars(select(Trip.id)))) == count, scope


async def test_no_text_of_anybody_stands_in_clear(service: Jobs) -> None:
    """Neither the escort's name and phone, nor notes, in any table of ours or in the outbox."""
    placing = await at_work(service, 30)
    await trip(service, contact="欧阳带队", phone="15499998888")
    await sweep(service)
    assert (await placing.move("ended", reason="family", note="母亲住院无人照料")).status_code == 200
    ours = ("placement", "placement_move", "stay_check", "trip", "trip_passenger", "subsidy_claim")
    async with service.database.read(Scope.everywhere()) as session:
        for table in (*ours, "outbox", "audit_entry"):
            rows = str((await session.execute(text(f"SELECT t::text FROM {table} AS t"))).all())
            assert not re.search("欧阳带队|15499998888|母亲住院|张三", rows), table
