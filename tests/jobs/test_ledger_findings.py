"""What is found in rows of the ledger: minors at work already, told once, and people who lost their work."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.jobs.background import sweep_minors
from services.jobs.rules.months import month_text, move
from shared.clock import utc_now
from shared.contracts.jobs import JoblessAgain, MinorWorking
from shared.contracts.schooling import DropoutClosed
from tests.jobs.conftest import PINE, Jobs
from tests.jobs.test_ledger import HOME, LAST, MONTH, OUT, TODAY, changed, place, put

FOR_WORK: dict[str, Any] = {
    **HOME,
    "willing": True,
    "able": True,
    "reason": "no_way",
    "possible_on": move(MONTH, 1).isoformat(),
}
YOUNG = date(MONTH.year - 15, MONTH.month, 1)


async def correct_birthday(service: Jobs, person: UUID, day: date = YOUNG) -> None:
    await service.sql("UPDATE person SET birth_on = :day WHERE id = :person", day=day, person=person)


async def test_a_corrected_birthday_finds_a_minor_in_the_ledger_once(service: Jobs) -> None:
    young, grown, home = await service.people(1, 2, 3)
    await put(service, young, OUT)
    await put(service, grown, OUT)
    await put(service, home, HOME)
    await sweep_minors(service.database, utc_now())
    assert await service.told(MinorWorking) == []
    for person in (young, home):
        await correct_birthday(service, person)
    for _ in range(2):
        await sweep_minors(service.database, utc_now())
    [told] = await service.told(MinorWorking)
    assert (told.found_in, told.age, told.seen_on) == ("ledger", 15, MONTH)
    row = (await service.get(place(young), "village", PINE))["row"]
    assert (row["status"]["code"], row["version"]) == ("out", 1)  # as somebody said it
    lines = await service.get(f"{place(young)}/history", "village", PINE)
    assert [one["what"]["code"] for one in lines] == ["made", "minor"]
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    assert (task["kind"], task["person"]["id"]) == ("complete_row", str(young))
    again = await service.call(
        "PUT", place(young), "village", PINE, json=changed(wage="6000"), headers={"If-Match": '"1"'}
    )
    assert again.json()["code"] == "ledger-minor-working"


async def test_a_carried_row_is_found_and_told_once_a_year(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT, LAST)  # carried into this month
    await correct_birthday(service, person)
    await sweep_minors(service.database, utc_now())
    await service.sql("UPDATE labour_row SET version = version + 1, changed_at = now()")
    await sweep_minors(service.database, utc_now())
    assert len(await service.told(MinorWorking)) == 1


async def test_the_sixteenth_birthday_before_the_first_day_of_work_is_none(service: Jobs) -> None:
    on_the_day, day_before = await service.people(1, 2)
    start = MONTH + timedelta(days=9)
    for person, born in ((on_the_day, start), (day_before, start + timedelta(days=1))):
        await put(service, person, changed(started_on=start.isoformat()))
        await correct_birthday(service, person, born.replace(year=born.year - 16))
    await sweep_minors(service.database, utc_now())
    [told] = await service.told(MinorWorking)
    assert (told.seen_on, told.age) == (start, 15)
    found = await service.sql("SELECT person_id FROM labour_change WHERE what = 'minor'")
    assert found == [(day_before,)]


@pytest.mark.parametrize("outcome", ["stable", "exempt"])
async def test_a_closed_dropout_case_looks_into_the_ledger(service: Jobs, outcome: str) -> None:
    child, other = await service.people(1, 2)
    for person in (child, other):
        await put(service, person, OUT)
        await correct_birthday(service, person)
    key = service.record(1)["person_key"]
    closed = DropoutClosed(case_id=UUID(int=1), person_key=key, outcome=outcome, on=TODAY)  # type: ignore[arg-type]
    await service.deliver(closed)
    [told] = await service.told(MinorWorking)
    assert (told.person_key, told.found_in) == (key, "ledger")


async def test_who_comes_home_and_wants_work_is_told_once_a_month(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT, LAST)
    last = MONTH.isoformat()
    await put(service, person, {**FOR_WORK, "ended_on": last}, headers={"If-Match": '"1"'})
    await put(service, person, OUT, headers={"If-Match": '"2"'})
    await put(service, person, FOR_WORK, headers={"If-Match": '"3"'})
    told = await service.told(JoblessAgain)
    assert [(one.found_in, one.reason) for one in told] == [("ledger", None)] * 2
    assert [one.since_on for one in told] == [min(MONTH + timedelta(days=1), TODAY), TODAY]
    assert len({one.finding_id for one in told}) == 1  # the same finding, told again


@pytest.mark.parametrize(
    "more", [{"able": False, "possible_on": None}, {"willing": False, "possible_on": None}, {"reason": "farming"}]
)
async def test_who_cannot_or_will_not_is_not_jobless(service: Jobs, more: dict[str, Any]) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    await put(service, person, {**FOR_WORK, **more}, headers={"If-Match": '"1"'})
    assert await service.told(JoblessAgain) == []


async def test_a_past_month_or_a_row_that_was_not_out_tells_nothing(service: Jobs) -> None:
    late, home = await service.people(1, 2)
    await put(service, late, OUT, LAST)
    await put(service, late, OUT, headers={"If-Match": '"1"'})
    await put(service, late, {**FOR_WORK, "possible_on": MONTH.isoformat()}, LAST, headers={"If-Match": '"1"'})
    await put(service, home, FOR_WORK, month_text(MONTH))
    assert await service.told(JoblessAgain) == []


@pytest.mark.parametrize(("ended", "count"), [(True, 0), (False, 1)])
async def test_what_a_placement_has_told_is_not_told_again(service: Jobs, ended: bool, count: int) -> None:
    [person] = await service.people(1)
    await put(service, person, changed(ended_on=TODAY.isoformat()) if ended else OUT)
    await service.sql("UPDATE labour_row SET source = 'placement'")
    await put(service, person, FOR_WORK, headers={"If-Match": '"1"'})
    assert len(await service.told(JoblessAgain)) == count


@pytest.mark.parametrize(("source", "count"), [("hand", 1), ("placement", 0)])
async def test_whose_work_ended_with_a_month_is_told_when_the_village_says_so(
    service: Jobs, source: str, count: int
) -> None:
    """The month carried the row as not out, which nobody had heard of; a placement has told of its own end."""
    [person] = await service.people(1)
    await put(service, person, changed(ended_on=(MONTH - timedelta(days=1)).isoformat()), LAST)
    await service.sql("UPDATE labour_row SET source = :source WHERE confirmed_on IS NOT NULL", source=source)
    assert (await service.get(place(person), "village", PINE))["row"]["status"]["code"] == "not_out"
    assert await service.told(JoblessAgain) == []
    await put(service, person, FOR_WORK, headers={"If-Match": '"1"'})
    await put(service, person, {**FOR_WORK, "services": ["training"]}, headers={"If-Match": '"2"'})
    told = await service.told(JoblessAgain)
    assert [(one.found_in, one.since_on) for one in told] == [("ledger", TODAY)] * count


@pytest.mark.parametrize(("said", "count"), [(False, 1), (True, 0)])
async def test_no_change_of_a_row_carried_home_is_told_once(service: Jobs, said: bool, count: int) -> None:
    """Where the policy asks nothing of who is at home, a confirmation is all there is. `said`: somebody had said it."""
    await service.sql("UPDATE policy SET body = jsonb_set(body, '{needed,not_out}', '[]') WHERE kind = 'ledger-rules'")
    [person] = await service.people(1)
    ended = (MONTH - timedelta(days=1)).isoformat()
    home = {"status": "not_out", "ended_on": ended}
    await put(service, person, home if said else changed(ended_on=ended), LAST)
    for _ in range(2):
        answer = await service.post(
            f"/ledger/months/{month_text(MONTH)}/confirmations", {"people": [str(person)]}, "village", PINE
        )
        assert answer.status_code == 200
    assert len(await service.told(JoblessAgain)) == count
