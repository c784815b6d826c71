"""An opening promised to somebody who has accepted is given to nobody else, and counts once."""

import asyncio
from datetime import date

import pytest

from services.jobs.queries.matching_facts import list_openings
from shared.areas import Scope
from shared.clock import local_date, utc_now
from tests.jobs.conftest import Jobs
from tests.jobs.placements import WAGE, refer
from tests.jobs.posts import POST, codes, employer, post
from tests.jobs.test_training import course, enrolled

ANY = {"If-Match": "*"}


async def free(service: Jobs) -> list[int]:
    """Free openings of each post that matching sees."""
    day: date = local_date(utc_now())
    async with service.database.read(Scope.everywhere()) as session:
        return [one.free for one in await list_openings(session, Scope.everywhere(), day)]


async def test_neither_a_course_nor_a_change_takes_it(service: Jobs) -> None:
    bench = await post(service, await employer(service), openings=2)
    one, two, three = await service.people(1, 2, 3)
    await (await refer(service, one, bench["id"])).to("accepted")
    made = await course(service, post_id=bench["id"])
    await enrolled(service, made["id"], two, post_id=bench["id"])
    more = await service.post(f"/courses/{made['id']}/enrolments", {"person_id": str(three), "post_id": bench["id"]})
    assert codes(more) == ["post-filled"]
    fewer = await service.call("PUT", f"/posts/{bench['id']}/terms", json={**POST, "openings": 1}, headers=ANY)
    assert codes(fewer) == ["post-openings-below"]
    assert await free(service) == []


async def test_whoever_is_held_and_accepted_counts_once(service: Jobs) -> None:
    bench = await post(service, await employer(service), openings=2)
    [one] = await service.people(1)
    made = await course(service, post_id=bench["id"])
    await (await refer(service, one, bench["id"])).to("accepted")
    assert await free(service) == [1]
    await enrolled(service, made["id"], one, post_id=bench["id"])
    assert await free(service) == [1]


@pytest.mark.parametrize("to", ["accepted", "arrived"])
async def test_the_enrolment_is_locked_before_the_post(service: Jobs, to: str) -> None:
    """While somebody who lets go of an opening has the enrolment, nobody who waits for it has the post."""
    bench = await post(service, await employer(service), openings=2)
    [one] = await service.people(1)
    placing = await (await refer(service, one, bench["id"])).to("offered" if to == "accepted" else "placed")
    made = await course(service, post_id=bench["id"])
    await enrolled(service, made["id"], one, post_id=bench["id"])
    async with service.database.single() as connection:
        await connection.execute("BEGIN")
        try:
            await connection.execute("SELECT set_config('app.areas', '%', true)")
            assert await connection.fetch("SELECT id FROM enrolment FOR UPDATE")
            move = asyncio.create_task(placing.move(to, wage=WAGE))
            await asyncio.sleep(0.7)
            assert not move.done()
            assert len(await connection.fetch("SELECT id FROM post FOR UPDATE NOWAIT")) == 1
        finally:
            await connection.execute("COMMIT")
    assert (await move).status_code == 200
