"""The desk of labour tasks."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.jobs.rules.tasks import TaskDraft, TaskKind
from services.jobs.usecases import tasks as usecases
from shared.areas import Scope
from shared.ids import new_id
from tests.jobs.conftest import BRIDGE, PINE, STONE, Jobs

ANY = {"If-Match": "*"}


async def opened(service: Jobs, now: datetime, *drafts: TaskDraft) -> int:
    async with service.database.write(Scope.everywhere()) as session:
        return await usecases.open_tasks(session, drafts, now)


def draft(due: date, *, kind: TaskKind = TaskKind.NEED_CALL, area: str = PINE, **more: Any) -> TaskDraft:
    return TaskDraft(kind, area, more.pop("subject_id", None) or new_id(), due, **more)


async def test_the_most_urgent_first_within_ones_area(service: Jobs, now: datetime, today: date) -> None:
    days = [today + timedelta(days=n) for n in (3, -1, 0)]
    await opened(service, now, *(draft(day) for day in days), draft(today, area=BRIDGE))
    listed = (await service.get("/tasks", "township", STONE))["items"]
    assert [(one["due_on"], one["overdue"]) for one in listed] == [
        (day.isoformat(), day < today) for day in sorted(days)
    ]
    due = (await service.get(f"/tasks?due_to={today}", "village", PINE))["items"]
    assert len(due) == 2


async def test_one_open_task_of_a_kind_for_each_row(service: Jobs, now: datetime, today: date) -> None:
    row = uuid4()
    assert await opened(service, now, draft(today, subject_id=row)) == 1
    assert (
        await opened(
            service, now, draft(today, subject_id=row), draft(today, subject_id=row, kind=TaskKind.PHONE_CHECK)
        )
        == 1
    )
    [task, *_] = (await service.get("/tasks?kind=need_call"))["items"]
    closed = await service.post(f"/tasks/{task['id']}/completion", {"outcome": "still_wants"}, headers=ANY)
    assert closed.status_code == 200, closed.text
    assert await opened(service, now, draft(today, subject_id=row)) == 1, "a closed one is no hindrance"


async def test_closed_with_one_of_its_outcomes_and_a_note_kept_sealed(
    service: Jobs, now: datetime, today: date
) -> None:
    [person] = await service.people(1)
    await opened(service, now, draft(today, person_id=UUID(str(person))))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    assert (task["person"]["name"], task["outcomes"]) == ("张三", ["not_reached", "still_wants", "wants_no_more"])
    path = f"/tasks/{task['id']}/completion"
    wrong = await service.post(path, {"outcome": "left"}, "village", PINE, headers=ANY)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "labour-task-outcome")
    unread = await service.post(path, {"outcome": "still_wants"}, "village", PINE)
    assert unread.status_code == 428
    told = {"outcome": "still_wants", "note": "本人称月薪 3000 元"}
    done = await service.post(path, told, "village", PINE, headers={"If-Match": '"1"'})
    assert (done.json()["state"], done.json()["outcome"], done.json()["note"]) == ("done", "still_wants", told["note"])
    again = await service.post(path, told, "village", PINE, headers=ANY)
    assert (again.status_code, again.json()["code"]) == (409, "labour-task-closed")
    [(sealed, by)] = await service.sql("SELECT note_sealed, closed_by FROM labour_task")
    assert b"3000" not in sealed
    assert by is not None
    hidden = await service.get(f"/tasks/{task['id']}", "supervisor")
    assert hidden["note"] is None


async def test_elsewhere_it_is_not_there(service: Jobs, now: datetime, today: date) -> None:
    await opened(service, now, draft(today))
    [task] = (await service.get("/tasks"))["items"]
    for method, path in (("GET", ""), ("POST", "/completion")):
        answer = await service.call(
            method, f"/tasks/{task['id']}{path}", "village", BRIDGE, json={"outcome": "still_wants"}, headers=ANY
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "labour-task-not-found")


async def test_cancelled_when_what_it_asked_is_no_question_any_more(service: Jobs, now: datetime, today: date) -> None:
    row, other = uuid4(), uuid4()
    await opened(service, now, draft(today, subject_id=row), draft(today, subject_id=other))
    async with service.database.write(Scope.everywhere()) as session:
        await usecases.cancel_task_of(session, TaskKind.NEED_CALL, row, uuid4(), now)
    assert sorted(await service.sql("SELECT state FROM labour_task")) == [("cancelled",), ("open",)]


async def test_what_hangs_on_a_row_is_closed_where_the_row_is_changed(
    service: Jobs, now: datetime, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "OWN_ROUTES", {"need_call": "/jobs/v1/somewhere"})
    await opened(service, now, draft(today))
    [task] = (await service.get("/tasks"))["items"]
    refused = await service.post(f"/tasks/{task['id']}/completion", {"outcome": "still_wants"}, headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (409, "labour-task-own-route")
    assert "/jobs/v1/somewhere" in refused.json()["title"] + refused.json().get("detail", "")
