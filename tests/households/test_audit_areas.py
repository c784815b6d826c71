"""The audit trail is read within one's areas, as everything else."""

from tests.households.conftest import BRIDGE, COUNTY, PINE, STONE, Households, household


async def test_a_supervisor_of_one_township_does_not_read_the_trail_of_another(service: Households) -> None:
    await service.register(household(1, PINE), household(2, BRIDGE))

    async def areas(area: str) -> list[str | None]:
        entries = await service.get("/audit", "supervisor", area)
        return [entry["area_code"] for entry in entries["items"] if entry["action"] == "household:write"]

    assert await areas(STONE) == [PINE]
    assert await areas(COUNTY) == [BRIDGE, PINE]


async def test_a_search_is_on_record_in_the_area_of_whoever_searched(service: Households) -> None:
    await service.post("/households/search", {"name": "张三"}, "village", BRIDGE)
    await service.post("/households/search", {"name": "张三"}, "admin", "*")

    async def areas(area: str) -> list[str | None]:
        entries = await service.get("/audit", "supervisor", area)
        return [entry["area_code"] for entry in entries["items"] if entry["action"] == "household:search"]

    assert await areas(STONE) == [None], "who looks everywhere is on record for all"
    assert await areas(COUNTY) == [None, BRIDGE]
