"""Needs for work: by hand, by a case, and what becomes of them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.jobs.background import sweep_needs
from services.jobs.usecases.needs import WITHDRAWALS_KEPT, meet_needs
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.labour import LabourChanged, WorkNeeded
from shared.contracts.schooling import DropoutClosed
from tests.jobs.conftest import PINE, Jobs

ANY = {"If-Match": "*"}


def asked(service: Jobs, number: int, **more: Any) -> WorkNeeded:
    """What households tells of a measure of that person's household."""
    record = service.record(number)
    told = {
        "source_ref": f"measure:{number}",
        "household_id": record["household_id"],
        "person_key": None,
        "area_code": PINE,
        "cause": "measure",
        "services": ["referral"],
        "asked_at": record["changed_at"],
    }
    return WorkNeeded.model_validate({**told, **more})


async def needs(service: Jobs) -> list[tuple[Any, ...]]:
    return await service.sql("SELECT person_id, source, source_ref, state FROM work_need ORDER BY id")


async def test_entered_changed_and_withdrawn_by_hand(service: Jobs) -> None:
    [person] = await service.people(1)
    body = {"person_id": str(person), "wanted_trades": ["挖掘机司机"], "wage_floor": 5000, "refused_areas": ["4401"]}
    made = await service.post("/needs", body, "village", PINE, headers={"Idempotency-Key": "need-1"})
    again = await service.post("/needs", body, "village", PINE, headers={"Idempotency-Key": "need-1"})
    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    need = made.json()
    assert (need["wanted_trades"][0]["code"], need["wage_floor"], need["refused_areas"]) == (
        "63005",
        "5000.00",
        ["4401"],
    )
    path = f"/needs/{need['id']}"
    unread = await service.call("PUT", f"{path}/wishes", "village", PINE, json={})
    assert unread.status_code == 428
    stale = await service.call("PUT", f"{path}/wishes", "village", PINE, json={}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    changed = await service.call(
        "PUT", f"{path}/wishes", "village", PINE, json={"night_ok": False}, headers={"If-Match": '"1"'}
    )
    assert (changed.json()["wanted_trades"], changed.json()["night_ok"], changed.headers["etag"]) == ([], False, '"2"')
    gone = await service.post(f"{path}/withdrawal", None, "village", PINE, headers=ANY)
    assert gone.json()["state"] == "withdrawn"
    once_more = await service.post(f"{path}/withdrawal", None, "village", PINE, headers=ANY)
    assert (once_more.status_code, once_more.json()["code"]) == (409, "need-closed")
    assert (await service.get("/needs"))["items"] == []
    assert len((await service.get("/needs?state=withdrawn"))["items"]) == 1


async def test_nobody_under_sixteen_is_sought_work_for(service: Jobs, today: date) -> None:
    [child] = await service.people(1, birth_on=today.replace(year=today.year - 16) + timedelta(days=1))
    [grown] = await service.people(2, birth_on=today.replace(year=today.year - 16))
    refused = await service.post("/needs", {"person_id": str(child)})
    assert (refused.status_code, refused.json()["code"]) == (422, "person-too-young")
    assert (await service.post("/needs", {"person_id": str(grown)})).status_code == 201


async def test_nothing_is_opened_for_who_is_gone(service: Jobs) -> None:
    [person] = await service.people(1, active=False)
    refused = await service.post("/needs", {"person_id": str(person)})
    assert (refused.status_code, refused.json()["code"]) == (409, "person-gone")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"wanted_trades": ["飞行"]}, "choice-invalid"), ({"wage_floor": -1}, None), ({"refused_areas": ["44x"]}, None)],
)
async def test_what_cannot_be_is_refused(service: Jobs, wrong: dict[str, Any], code: str | None) -> None:
    [person] = await service.people(1)
    refused = await service.post("/needs", {"person_id": str(person), **wrong})
    assert refused.status_code == 422
    assert code is None or code in refused.text


async def test_a_case_opens_one_need_however_often_it_is_told(service: Jobs) -> None:
    [person] = await service.people(1)
    await service.deliver(asked(service, 1))
    await service.deliver(asked(service, 1))
    assert await needs(service) == [(person, "case", "measure:1", "open")]
    await service.deliver(asked(service, 1, withdrawn=True))
    assert await needs(service) == [(person, "case", "measure:1", "withdrawn")]
    await service.deliver(asked(service, 1))
    assert [state for *_, state in await needs(service)] == ["withdrawn"], "what is withdrawn stays so"


async def test_of_a_household_who_can_work_comes_first(service: Jobs, today: date) -> None:
    same = {"household_id": service.record(1)["household_id"]}
    child = today.replace(year=today.year - 15)
    await service.people(1, labour_skill="lost", **same)
    await service.people(2, pupil=True, **same)
    await service.people(3, birth_on=child, **same)
    [able] = await service.people(4, labour_skill="weak", **same)
    await service.deliver(asked(service, 1))
    assert [person for person, *_ in await needs(service)] == [able]


async def test_who_is_named_and_nobody_else(service: Jobs) -> None:
    same = {"household_id": service.record(1)["household_id"]}
    await service.people(1, **same)
    [named] = await service.people(2, labour_skill="weak", **same)
    await service.deliver(asked(service, 1, person_key=service.record(2)["person_key"]))
    assert [person for person, *_ in await needs(service)] == [named]


async def test_a_need_that_comes_before_its_people_waits_for_them(service: Jobs) -> None:
    await service.deliver(asked(service, 1))
    assert await needs(service) == []
    [other] = await service.people(2)
    assert await needs(service) == [], other
    [person] = await service.people(1)
    assert await needs(service) == [(person, "case", "measure:1", "open")]
    assert await service.sql("SELECT count(*) FROM need_waiting") == [(0,)]


async def test_a_need_withdrawn_while_it_waits_is_never_opened(service: Jobs) -> None:
    await service.deliver(asked(service, 1), asked(service, 1, withdrawn=True))
    await service.people(1)
    assert await needs(service) == []


async def test_told_again_after_it_was_withdrawn_it_is_never_opened(service: Jobs) -> None:
    """Told again in bulk, an older telling may come after the withdrawal, which is live."""
    earlier = asked(service, 1)
    later = earlier.asked_at + timedelta(minutes=1)
    await service.deliver(asked(service, 1, withdrawn=True, asked_at=later), earlier)
    await service.people(1)
    assert await needs(service) == []
    await service.deliver(earlier)
    assert await needs(service) == []


async def test_an_older_withdrawal_takes_nothing_back(service: Jobs) -> None:
    await service.people(1)
    older = asked(service, 1, withdrawn=True, asked_at=asked(service, 1).asked_at - timedelta(minutes=1))
    await service.deliver(asked(service, 1), older)
    assert [state for *_, state in await needs(service)] == ["open"]


async def test_the_latest_counts_while_it_waits(service: Jobs) -> None:
    first = asked(service, 1, withdrawn=True)
    await service.deliver(first, asked(service, 1, asked_at=first.asked_at + timedelta(minutes=1)), first)
    await service.people(1)
    assert [state for *_, state in await needs(service)] == ["open"]


async def test_withdrawals_are_kept_for_as_long_as_an_older_telling_may_come(service: Jobs, now: datetime) -> None:
    told = {1: WITHDRAWALS_KEPT + timedelta(days=1), 2: WITHDRAWALS_KEPT - timedelta(days=1)}
    await service.deliver(*(asked(service, n, withdrawn=True, asked_at=now - ago) for n, ago in told.items()))
    await service.deliver(asked(service, 3, asked_at=now - 2 * WITHDRAWALS_KEPT))
    await sweep_needs(service.database, utc_now())
    kept = await service.sql("SELECT source_ref FROM need_waiting ORDER BY source_ref")
    assert kept == [("measure:2",), ("measure:3",)], "what is asked for waits on"


async def test_it_waits_until_somebody_is_old_enough(service: Jobs, today: date) -> None:
    born = today.replace(year=today.year - 15)
    child = service.record(1, birth_on=born)
    await service.deliver(LabourChanged.model_validate({"people": [child]}))
    await service.deliver(asked(service, 1))
    assert await needs(service) == []
    assert await service.sql("SELECT source_ref FROM need_waiting") == [("measure:1",)]


async def test_after_its_last_day_it_is_withdrawn(service: Jobs, today: date) -> None:
    people = await service.people(1, 2)
    for person, until in zip(people, (today - timedelta(days=1), today), strict=True):
        await service.post("/needs", {"person_id": str(person), "until_on": until.isoformat()})
    await sweep_needs(service.database, utc_now())
    assert [(person, state) for person, _, _, state in await needs(service)] == [
        (people[0], "withdrawn"),
        (people[1], "open"),
    ]


async def test_arriving_at_work_meets_all_of_ones_needs(service: Jobs, now: datetime) -> None:
    [person] = await service.people(1)
    await service.deliver(asked(service, 1))
    await service.post("/needs", {"person_id": str(person)})
    async with service.database.write(Scope.everywhere()) as session:
        met = await meet_needs(session, UUID(str(person)), now)
        assert {one.source for one in met} == {"case", "hand"}
    assert {state for *_, state in await needs(service)} == {"met"}


@pytest.mark.parametrize(("outcome", "state"), [("stable", "withdrawn"), ("exempt", "open")])
async def test_who_is_back_at_school_needs_no_work(service: Jobs, today: date, outcome: str, state: str) -> None:
    [pupil, other] = await service.people(1, 2)
    for one in (pupil, other):
        assert (await service.post("/needs", {"person_id": str(one)})).status_code == 201
    key = service.record(1)["person_key"]
    stranger = service.record(99)["person_key"]
    told = {"case_id": UUID(int=1), "outcome": outcome, "on": today}
    await service.deliver(*(DropoutClosed.model_validate({**told, "person_key": one}) for one in (key, stranger)))
    assert [(person, state) for person, _, _, state in await needs(service)] == [(pupil, state), (other, "open")]
