"""Tasks on what differs: opened in measure, closed by the facts."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from shared.clock import local_date, utc_now
from tests.jobs.checks import (
    NATIONAL,
    ask,
    compared,
    hr,
    open_tasks,
    people_out,
    rows,
    send,
    swept,
    table,
    work,
    workbook,
)
from tests.jobs.conftest import BAMBOO, BRIDGE, PINE, STONE, Jobs, id_number, policy_id
from tests.jobs.test_ledger import HOME, OUT, THIS, changed, place, put

LOW = {"月收入（元）": "3000"}


async def set_corrections(service: Jobs, **values: Any) -> None:
    """Change the policy of the tests."""
    for name, value in values.items():
        await service.sql(
            "UPDATE policy SET body = jsonb_set(body, ARRAY['corrections', :name], CAST(:value AS jsonb))"
            " WHERE kind = 'ledger-comparison'",
            name=name,
            value=str(value),
        )


async def correct(service: Jobs, person: UUID, **more: Any) -> None:
    """The village writes the row anew."""
    read = await service.call("GET", place(person), "village", PINE)
    headers = {"If-Match": read.headers["etag"]}
    body = HOME if more.get("status") == "not_out" else changed(**more)
    await put(service, person, body, headers=headers)


async def test_a_task_for_each_person_in_question(service: Jobs) -> None:
    [one, two, _] = await people_out(service, 1, 2, 3)
    run = await compared(service, table([hr(1, **LOW), hr(3), hr(9, 姓名="李四")]))
    assert await ask(service, run) == 3
    tasks = await open_tasks(service)
    assert {(task["person"] or {}).get("id") for task in tasks} == {str(one), str(two), None}
    due = local_date(utc_now()) + timedelta(days=10)
    assert {(task["area"]["code"], task["due_on"]) for task in tasks} == {(PINE, due.isoformat())}
    assert await service.sql("SELECT DISTINCT policy_id FROM labour_task") == [(policy_id("ledger-comparison"),)]
    by_task = {one["task_id"] for one in await rows(service, run, unsettled=True)}
    assert by_task == {task["id"] for task in tasks}
    assert await ask(service, run) == 0  # asked again: nothing twice


async def test_a_village_is_not_flooded(service: Jobs) -> None:
    people = await people_out(service, *range(1, 6))
    await people_out_of(service, BRIDGE, 7)
    await set_corrections(service, most_open_per_village=2)
    run = await compared(service, table([hr(n, **LOW) for n in (1, 2, 3, 4, 5, 7)]))
    assert await ask(service, run) == 3
    assert len(await open_tasks(service, "correct_row", "village", PINE)) == 2
    assert await ask(service, run) == 0
    for person in people:
        await correct(service, person, wage="3000")
    await swept(service)
    assert await ask(service, run) == 2  # the next ones: what has no task is not looked at before it gets one
    await swept(service)
    assert await open_tasks(service, "correct_row", "village", PINE) == []


async def people_out_of(service: Jobs, area: str, number: int) -> None:
    """Somebody of another village whom the ledger has out."""
    [person] = await service.people(number, area_code=area)
    answer = await service.call("PUT", place(person), "village", area, json=OUT)
    assert answer.status_code == 200, answer.text


async def test_outcomes_that_the_policy_leaves_out_open_none(service: Jobs) -> None:
    await people_out(service, 1, 2)
    await set_corrections(service, outcomes='["differs"]')
    run = await compared(service, table([hr(1, **LOW)]))
    assert await ask(service, run) == 1


async def test_a_township_asks_its_own_villages(service: Jobs) -> None:
    await people_out(service, 1)
    await people_out_of(service, BRIDGE, 2)
    run = await compared(service, table([hr(1, **LOW), hr(2, **LOW)]))
    assert await ask(service, run, "township", STONE) == 1
    assert [task["area"]["code"] for task in await open_tasks(service)] == [PINE]


async def test_a_correction_closes_its_task(service: Jobs) -> None:
    [one, two] = await people_out(service, 1, 2)
    run = await compared(service, table([hr(1, **LOW)]))
    await ask(service, run)
    await correct(service, one, wage="4000")  # still more than is tolerated
    await swept(service)
    assert len(await open_tasks(service)) == 2
    await correct(service, one, wage="3100")
    await correct(service, two, status="not_out")  # only here: the ledger has them out no more
    await swept(service)
    assert await open_tasks(service) == []
    assert {one["settled"] for one in await rows(service, run)} == {"correction"}
    assert await service.sql("SELECT DISTINCT state, outcome, closed_by FROM labour_task") == [
        ("done", "corrected", None)
    ]
    counts = (await service.get(f"/reconciliations/{run['id']}"))["counts"]
    assert (counts["differs"], counts["only_here"], counts["unsettled"]) == (1, 1, 0)  # what was found stays as found


async def test_who_was_missing_here_is_entered(service: Jobs) -> None:
    [one] = await service.people(1)
    run = await compared(service, table([hr(1)]))
    await ask(service, run)
    await put(service, one, changed(wage="9000"))
    await swept(service)
    assert len(await open_tasks(service)) == 1
    await correct(service, one)
    await swept(service)
    assert await open_tasks(service) == []


async def test_a_later_comparison_closes_what_it_finds_the_same(service: Jobs) -> None:
    await people_out(service, 1, 2)
    first = await compared(service, table([hr(1, **LOW), hr(2, **LOW)]))
    await ask(service, first)
    [kept] = [one for one in await rows(service, first) if one["row"] == 3]
    second = await compared(service, table([hr(1), hr(2, **{"月收入（元）": "2000"})]))
    [left] = await open_tasks(service)
    assert left["id"] == kept["task_id"]
    [differs] = await rows(service, second, outcome="differs")
    assert differs["task_id"] == left["id"]  # the task goes over to what is found now
    assert {one["settled"] for one in await rows(service, first)} == {"later"}
    await compared(service, table([hr(1), hr(2)]))
    assert await open_tasks(service) == []


async def test_a_comparison_of_an_earlier_month_or_another_area_closes_nothing(service: Jobs) -> None:
    await people_out(service, 1)
    await ask(service, await compared(service, table([hr(1, **LOW)])))
    await compared(service, table([hr(1)]), month=date(2020, 1, 1).strftime("%Y-%m"))
    await compared(service, table([hr(1)]), covers=BAMBOO)
    assert len(await open_tasks(service)) == 1


async def test_two_sources_share_one_task_and_both_must_agree(service: Jobs) -> None:
    await people_out(service, 1, household_class="lifted_out")
    human = await compared(service, table([hr(1, **LOW)]))
    assert await ask(service, human) == 1
    line = {"姓名": "张三", "证件号码": str(id_number(1)), "是否已务工": "否"}
    national = await compared(service, workbook([line], NATIONAL, "监测"), source="national", name="全国.xlsx")
    assert await ask(service, national) == 0
    [row] = await rows(service, national)
    [task] = await open_tasks(service)
    assert row["task_id"] == task["id"]
    await compared(service, table([hr(1)]))
    assert len(await open_tasks(service)) == 1  # the national list differs still
    line["是否已务工"] = "是"
    await compared(service, workbook([line], NATIONAL, "监测"), source="national", name="全国.xlsx")
    assert await open_tasks(service) == []


async def test_a_village_that_says_its_row_is_right_is_not_asked_again(service: Jobs) -> None:
    await people_out(service, 1)
    await ask(service, await compared(service, table([hr(1, **LOW)])))
    [task] = await open_tasks(service)
    body = {"outcome": "row_is_right", "note": "工资条已核"}
    read = await service.call("GET", f"/tasks/{task['id']}", "village", PINE)
    headers = {"If-Match": read.headers["etag"]}
    done = await service.post(f"/tasks/{task['id']}/completion", body, "village", PINE, headers=headers)
    assert done.status_code == 200, done.text
    assert await ask(service, await compared(service, table([hr(1, **LOW)]))) == 0
    other = await compared(service, table([hr(1, **LOW, 就业单位="宏达电子")]))
    assert await ask(service, other) == 1  # something else differs now


async def test_asking_twice_with_one_key(service: Jobs) -> None:
    await people_out(service, 1)
    run = await compared(service, table([hr(1, **LOW)]))
    headers = {"Idempotency-Key": "once"}
    answers = [await service.post(f"/reconciliations/{run['id']}/tasks", {}, headers=headers) for _ in range(2)]
    assert [one.json() for one in answers] == [{"opened": 1}, {"opened": 1}]


async def test_a_failed_comparison_overtakes_nothing(service: Jobs) -> None:
    await people_out(service, 1)
    first = await compared(service, table([hr(1, **LOW)]))
    await ask(service, first)
    await service.sql("DELETE FROM policy WHERE kind = 'ledger-comparison'")
    answer = await send(service, table([hr(1)]))
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-missing")
    await work(service)
    assert len(await open_tasks(service)) == 1
    assert THIS in (await service.get("/reconciliations"))["items"][0]["month"]
