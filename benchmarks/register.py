"""A database in which the households service knows who lives where, loaded through its own import."""

import itertools
from collections.abc import Iterator
from typing import Any

from benchmarks import county
from benchmarks.world import World
from demo.county import Household
from services.households.schemas.register import ImportedHousehold
from services.households.usecases.imports import Import
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.security.principals import SYSTEM

HOUSEHOLDS = 10_000
_PART = 500


async def registered(world: World) -> str:
    """The name of the template with the first `HOUSEHOLDS` households of the county and their people."""

    async def fill(database: str) -> None:
        world.tell(f"registering {HOUSEHOLDS:,} households")
        own = Database(world.settings("households", database), "households", row_security=True)
        job = Import(world.vault, SYSTEM, utc_now(), dry_run=False)
        try:
            async with own.write(Scope.everywhere()) as session:
                for part in _parts():
                    faults = await job.take(session, part)
                    assert not faults, f"{len(faults)} households were refused"
        finally:
            await own.stop()

    return await world.template("registered", fill)


def _parts() -> Iterator[list[tuple[int, ImportedHousehold]]]:
    rows = enumerate(map(_draft, county.first_households(HOUSEHOLDS)), 1)
    while part := list(itertools.islice(rows, _PART)):
        yield part


def _draft(one: Household) -> ImportedHousehold:
    content: dict[str, Any] = {
        "national_code": one.national_code,
        "area_code": one.area_code,
        "natural_village": one.natural_village,
        "class": one.household_class,
        "members": [
            {
                "name": member.name,
                "id_number": str(member.id_number),
                "relation": member.relation,
                "phone": member.phone,
                "school_stage": member.school_stage,
                "labour_skill": member.labour_skill,
                "health": list(member.health),
            }
            for member in one.members
        ],
    }
    return ImportedHousehold.model_validate(content)
