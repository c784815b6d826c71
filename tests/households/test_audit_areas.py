"""The audit trail is read within one's areas, as everything else."""

from tests.households.conftest import BRIDGE, COUNTY, PINE, STONE, Households, household


async def test_a_supervisor_of_one_township_does_not_read_the_trail_of_another(service: Households) -> None:
    await service.register(household(1, PINE), household(2, BRIDGE))

    async def areas(area: str) -> list[str | None]:
        entries = await service.get("/audit", "supervisor", area)
        return [entry["area_code"] for entry in entries["items"] if entry["action"] == "household:write"]

    assert await areas(STONE) == [PINE]
    assert await areas(COUNTY) == [BRIDGE, PINE]


async def test_what_was_done_in_no_area_is_on_record_for_all_of_them(service: Households) -> None:
    await service.post("/households/search", {"name": "张三"}, "village", BRIDGE)
    entries = await service.get("/audit", "supervisor", STONE)
    assert [entry["action"] for entry in entries["items"]] == ["household:search"]
