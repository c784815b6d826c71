"""The copy of the labour force: whatever order messages come in, the newest word counts."""

import asyncio
import itertools
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.jobs.queries.people import lock_person
from services.jobs.rules.ages import born_after, is_minor
from services.jobs.usecases.people import take_grades, take_people
from shared.areas import Scope
from shared.clock import age_on
from shared.contracts.grades import GradeRecord, GradesChanged
from shared.contracts.labour import GoneRecord, LabourChanged
from tests.jobs.conftest import BAMBOO, BRIDGE, PINE, Jobs, policy_id


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2010, 11, 27), date(2026, 11, 26), 15),
        (date(2010, 11, 27), date(2026, 11, 27), 16),
        (date(2008, 2, 29), date(2024, 2, 28), 15),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2008, 2, 29), date(2025, 2, 28), 16),
        (date(2008, 2, 29), date(2025, 3, 1), 17),
    ],
)
def test_the_birthday_counts(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age
    assert is_minor(born, day) == (age < 16)
    assert (born > born_after(day, 16)) == (age < 16)


async def test_facts_come_as_the_register_tells_them(service: Jobs) -> None:
    [person] = await service.people(
        1, name="李四", phone="15412345678", health=["chronic", "disabled"], disability_class=4, disability_level=3
    )
    seen = await service.get(f"/people/{person}", "village", PINE)
    assert (seen["name"], seen["health"], seen["disability_class"], seen["disability_level"]) == (
        "李四",
        ["长期慢性病", "残疾"],
        "肢体残疾",
        "三级",
    )
    assert seen["area"]["names"] == ["云岫县", "青石镇", "松林村"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_every_order_of_delivery_ends_the_same(service: Jobs, now: datetime, order: tuple[int, ...]) -> None:
    told = [
        service.record(1, area_code=PINE, changed_at=now),
        service.record(1, area_code=BAMBOO, relocated=True, changed_at=now + timedelta(seconds=1)),
        service.record(1, area_code=BRIDGE, active=False, changed_at=now + timedelta(seconds=2)),
    ]
    for place in order:
        await service.deliver(LabourChanged.model_validate({"people": [told[place]]}))
    assert await service.sql("SELECT area_code, active FROM person") == [(BRIDGE, False)]
    assert (await service.get("/people"))["items"] == []


async def test_a_number_that_was_mended_is_nobody_any_more(service: Jobs, now: datetime) -> None:
    wrong = service.record(1, changed_at=now)
    await service.deliver(LabourChanged.model_validate({"people": [wrong]}))
    gone = GoneRecord(person_key=wrong["person_key"], household_id=wrong["household_id"], changed_at=now)
    await service.deliver(LabourChanged(people=[], gone=[gone]))
    assert await service.sql("SELECT active FROM person") == [(True,)], "told at the same moment: nothing newer"
    later = gone.model_copy(update={"changed_at": now + timedelta(seconds=1)})
    await service.deliver(LabourChanged(people=[], gone=[later]))
    assert await service.sql("SELECT active FROM person") == [(False,)]


def _graded(household: UUID, grade: str, changed_at: datetime) -> GradesChanged:
    one = GradeRecord(
        household_id=household,
        area_code=PINE,
        before=None,
        grade=grade,
        kind="new",
        by_hand=False,
        policy_id=policy_id("grade-rules"),
        changed_at=changed_at,
    )
    return GradesChanged(households=[one])


async def test_the_later_grade_counts_whichever_event_brought_it(service: Jobs, now: datetime) -> None:
    household = service.record(1)["household_id"]

    def graded(grade: str, seconds: int) -> GradesChanged:
        return _graded(household, grade, now + timedelta(seconds=seconds))

    async def grade() -> str:
        [(found,)] = await service.sql("SELECT grade FROM person")
        return str(found)

    await service.deliver(LabourChanged.model_validate({"people": [service.record(1, grade="yellow", changed_at=now)]}))
    await service.deliver(graded("red", 2), graded("green", 1))
    assert await grade() == "red"
    late = service.record(1, grade="yellow", relocated=True, changed_at=now + timedelta(seconds=1))
    await service.deliver(LabourChanged.model_validate({"people": [late]}))
    assert await grade() == "red", "the record knew less of the grade than the event"
    moved = service.record(
        1, household_id=uuid4(), grade="green", changed_at=now + timedelta(seconds=1, milliseconds=1)
    )
    await service.deliver(LabourChanged.model_validate({"people": [moved]}))
    assert await grade() == "green", "another household's grade is another grade"


@pytest.mark.parametrize("told", ["people", "gone", "grades"])
async def test_many_people_are_locked_in_the_order_of_their_ids(service: Jobs, now: datetime, told: str) -> None:
    """Their keys go the other way, and so do their rows on disk: whoever holds the earlier may still have the later."""
    household, later = uuid4(), now + timedelta(seconds=1)
    records = [service.record(n, household_id=household, changed_at=now) for n in (1, 2)]
    records.sort(key=lambda one: str(one["person_key"]), reverse=True)
    for record in records:
        await service.deliver(LabourChanged.model_validate({"people": [record]}))
    early, late = [id_ for (id_,) in await service.sql("SELECT id FROM person ORDER BY id")]
    for lives_in in (uuid4(), household):
        await service.sql("UPDATE person SET household_id = :home WHERE id = :id", home=lives_in, id=early)
    renewed = [{**one, "changed_at": later} for one in reversed(records)]
    gone = [GoneRecord(person_key=one["person_key"], household_id=household, changed_at=later) for one in renewed]
    changed = LabourChanged.model_validate({"people": renewed} if told == "people" else {"people": [], "gone": gone})

    async def tell() -> None:
        async with service.database.write(Scope.everywhere()) as session:
            if told == "grades":
                await take_grades(session, [_graded(household, "red", later)])
            else:
                await take_people(session, service.vault, [changed], later)

    async with service.database.write(Scope.everywhere()) as session:
        await lock_person(session, Scope.everywhere(), early)
        telling = asyncio.create_task(tell())
        while not await service.sql("SELECT pid FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.05)
        await lock_person(session, Scope.everywhere(), late)
    await telling
    moment = "graded_at" if told == "grades" else "changed_at"
    assert await service.sql(f"SELECT count(*) FROM person WHERE {moment} = :later", later=later) == [(2,)]


async def test_what_hangs_on_a_person_follows_to_another_village(service: Jobs, now: datetime) -> None:
    [person] = await service.people(1, area_code=PINE, changed_at=now)
    assert (await service.post("/needs", {"person_id": str(person)})).status_code == 201
    await service.people(1, area_code=BRIDGE, changed_at=now + timedelta(seconds=1))
    assert await service.sql("SELECT area_code FROM work_need") == [(BRIDGE,)]
    assert (await service.get("/needs", "village", PINE))["items"] == []


async def test_found_by_id_number_within_ones_area_alone(service: Jobs) -> None:
    from tests.jobs.conftest import id_number

    [person] = await service.people(7, area_code=PINE)
    body = {"id_number": id_number(7)}
    here = await service.post("/people/search", body, "village", PINE)
    there = await service.post("/people/search", body, "village", BRIDGE)
    assert [one["id"] for one in here.json()] == [str(person)]
    assert there.json() == []


async def test_pages_hold_everybody_once(service: Jobs) -> None:
    made = {str(one) for one in await service.people(*range(1, 8))}
    seen: list[str] = []
    after = ""
    while after is not None:
        page = await service.get(f"/people?limit=3{after and '&after=' + after}")
        seen += [one["id"] for one in page["items"]]
        after = page.get("next")
    assert (len(seen), set(seen)) == (7, made)
