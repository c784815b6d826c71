"""What a household was identified on, and what its risk was called gone on, is kept as it was, and judged by alone."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import text

from services.households.queries.case_snapshots import FACTS
from shared.areas import Scope, normalise
from tests.households.conftest import BRIDGE, PINE, RIVER, Households, policy_id
from tests.households.lists import person, workbook, written
from tests.households.monitoring import CASES, move
from tests.households.quality_households import seen
from tests.households.road import ANY, Road
from tests.households.test_findings import findings, night, rules_of
from tests.households.test_register_imports import CASE

ALL = (*Road.IDENTIFICATION, *Road.HELP, *Road.ELIMINATION)
POORER = "UPDATE income_summary SET net_per_head = 4000, reference_per_head = 2000, rigid_medical = 0"
ASSURED = {"schooling": True, "medical": True, "housing": True, "water": True, "dwelling_level": "B"}
KEEP = """
INSERT INTO case_snapshot (move_id, case_id, area_code, round, state, facts)
SELECT id, case_id, area_code, round, to_state, CAST(:facts AS jsonb) FROM case_move WHERE to_state = 'eliminated'
"""


async def snapshots(service: Households, case_id: str, role: str = "county") -> list[dict[str, Any]]:
    """As the page of the case shows them."""
    found: list[dict[str, Any]] = (await service.get(f"{CASES}/{case_id}", role))["snapshots"]
    return found


def some(view: dict[str, Any], names: Sequence[str] | dict[str, Any]) -> dict[str, Any]:
    return {name: view[name] for name in names}


async def test_what_the_gate_saw_is_kept_with_each_decision(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    case = await service.get(f"{CASES}/{road.case_id}")
    [identified] = case["snapshots"]
    assert identified == {
        "move_id": case["moves"][-1]["id"],
        "state": "monitored",
        "state_text": identified["state_text"],
        "round": 1,
        "on": case["identified_on"],
        "kept_at": case["moves"][-1]["at"],
        "class": "edge",
        "household_class": "ordinary",
        "main_risk": "01",
        "risks": [{"code": "01", "text": "因病"}],
        "people": 2,
        "able": 1,
        "weak": 1,
        **dict.fromkeys(("no_labour_covered", "only_home", *ASSURED)),
        "uninsured": 0,
        "out_of_school": 0,
        "income": None,
        "line_policy_id": str(policy_id("income-line")),
        "measures": [],
    }
    assert case["not_kept"] == []
    kinds = {"case-clocks", "gate-terms", "measure-fit", "asset-comparison", "income-line"}
    assert case["moves"][-1]["policies"] == {kind: str(policy_id(kind)) for kind in kinds}
    await road.walk(*Road.HELP, *Road.ELIMINATION)
    first, gone = await snapshots(service, road.case_id)
    assert first | {"on": "", "kept_at": ""} == identified | {"on": "", "kept_at": ""}, "those days were moved back"
    assert some(gone, ("state", "state_text", *ASSURED)) == {"state": "eliminated", "state_text": "风险消除", **ASSURED}
    yuan = {"net_per_head": "15000.00", "reference_per_head": "13000.00", "rigid_medical": "4000.00", "line": 8700}
    assert some(gone["income"], yuan) == yuan
    helped = [(one["kind"]["code"], one["state"]["code"]) for one in gone["measures"]]
    assert helped == [("health", "delivered"), ("employment", "planned")]


async def test_it_stays_whatever_becomes_of_the_household(service: Households) -> None:
    road = await (await Road(service).open()).walk(*ALL)
    before = await snapshots(service, road.case_id)
    await service.sql("UPDATE household SET safe_water = false, dwelling_level = 'D'")
    await service.sql("UPDATE member SET labour_skill = 'lost'")
    await service.sql("UPDATE measure SET state = 'withdrawn'")
    await service.sql(POORER)
    assert await snapshots(service, road.case_id) == before


async def test_a_withdrawn_elimination_keeps_its_own_and_the_next_has_another(service: Households) -> None:
    road = await (await Road(service).open()).walk(*ALL)
    back = await move(service, road.case_id, "monitored", "county")
    assert back.status_code == 200, back.text
    assert [one["state"] for one in back.json()["snapshots"]] == ["monitored", "eliminated"], "nothing was decided anew"
    assert back.json()["not_kept"] == []
    await service.sql("UPDATE income_summary SET net_per_head = 16000")
    await road.walk(*Road.HELP, *Road.ELIMINATION)
    assert (road.refused, await road.state()) == ([], "eliminated")
    kept = await snapshots(service, road.case_id)
    assert [one["state"] for one in kept] == ["monitored", "eliminated", "eliminated"]
    assert [one["income"]["net_per_head"] for one in kept[1:]] == ["15000.00", "16000.00"]


async def test_of_what_is_refused_nothing_is_kept(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION, skip={"settle"})
    assert road.refused
    assert await service.sql("SELECT 1 FROM case_snapshot") == []


async def test_it_is_seen_by_who_sees_the_case_and_goes_where_the_case_goes(service: Households) -> None:
    road = await (await Road(service).open()).walk(*Road.IDENTIFICATION)
    assert len(await snapshots(service, road.case_id, "supervisor")) == 1
    assert (await service.call("GET", f"{CASES}/{road.case_id}", "township", RIVER)).status_code == 404

    async def areas(village: str) -> list[str]:
        async with service.database.read(Scope.of(normalise(village))) as session:
            return list(await session.scalars(text("SELECT area_code FROM case_snapshot")))

    assert (await areas(PINE), await areas(BRIDGE)) == ([PINE], [])
    path = f"/households/{road.household_id}"
    moved = await service.call("PATCH", path, json={"area_code": BRIDGE}, headers=ANY)
    assert moved.status_code == 200, moved.text
    assert (await areas(PINE), await areas(BRIDGE)) == ([], [BRIDGE])


async def test_of_a_case_that_a_list_brought_nothing_was_kept_and_only_what_is_missing_is_told(
    service: Households,
) -> None:
    over = {**CASE, "风险是否消除": "是", "风险消除时间": "2026-01-05"}
    await written(service, workbook([person("5399211002000001", 1, **over)]))
    [case] = (await service.get(CASES))["items"]
    view = await service.get(f"{CASES}/{case['id']}")
    assert (view["snapshots"], view["not_kept"]) == ([], ["monitored", "eliminated"])
    await service.sql("UPDATE household SET safe_water = false, schooling_met = NULL")
    await night(service)
    told = rules_of(await findings(service, case["household"]["id"]))
    assert "unsafe-water-unwatched" in told
    missing = {one for one in told if one.startswith(("eliminated-", "after-"))}
    assert missing == {"eliminated-by-no-help", "after-assurances-missing", "after-income-missing"}


async def test_an_elimination_is_judged_by_that_day_and_its_household_by_today(service: Households) -> None:
    road = await (await Road(service).open()).walk(*ALL)
    await service.sql("UPDATE household SET safe_water = false")
    await service.sql(POORER)
    await night(service)
    told = rules_of(await findings(service, road.household_id))
    assert {"unsafe-water-unwatched", "ordinary-under-line"} <= set(told)
    assert not [one for one in told if one.startswith(("eliminated-", "after-"))]


async def test_what_was_wrong_on_that_day_is_found_though_all_is_well_today(service: Households) -> None:
    """Nothing here writes such a row; the rules do not take the gate's word for it."""
    over = {**CASE, "风险是否消除": "是", "风险消除时间": "2026-01-05"}
    await written(service, workbook([person("5399211002000001", 1, **over)]))
    facts = FACTS.dump_python(seen(water=False, medical=None, able=0, measures=()), mode="json")
    await service.sql(KEEP, facts=orjson.dumps(facts).decode())
    await service.sql("UPDATE household SET safe_water = true, medical_met = true")
    await night(service)
    [(household_id,)] = await service.sql("SELECT id::text FROM household")
    told = await findings(service, household_id)
    wrong = {one["rule"] for one in told if one["rule"].startswith(("eliminated-", "after-"))}
    assert wrong == {
        "after-assurances-missing",
        "eliminated-by-no-help",
        "eliminated-unsafe-water",
        "eliminated-without-labour",
    }
    [one] = [one for one in told if one["rule"] == "eliminated-unsafe-water"]
    assert (one["field"], one["mend_at"].rsplit("/", 2)[1]) == ("case.eliminated_on", "monitoring-cases")
