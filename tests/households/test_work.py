"""Work for a household: what asks the jobs service for it, and what an arrival there delivers here."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.households.rules.work import Asking, asks_for_work, delivered_by, measure_ref
from services.households.usecases import replay
from shared.clock import local_date, utc_now
from shared.contracts.jobs import PlacementStarted, TrainingCompleted
from shared.contracts.labour import WorkNeeded
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.commands import command
from tests.households.conftest import PINE, STONE, Households, household, id_number
from tests.households.monitoring import CASES, IDENTIFIED, open_case, walk
from tests.households.road import ANY, day, measure
from tests.households.test_tasks import VERDICT, visit

WORK: dict[str, Any] = {
    "kind": "employment",
    "sub_kind": "employment.export",
    "tag": "raise",
    "bureau": "human_resources",
}


async def identified(service: Households) -> str:
    case_id: str = (await open_case(service))["id"]
    await walk(service, case_id, IDENTIFIED)
    return case_id


async def plan(service: Households, case_id: str, **more: Any) -> dict[str, Any]:
    answer = await service.post(f"{CASES}/{case_id}/measures", measure(**{**WORK, **more}), "township", STONE)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def arrived(service: Households, number: int = 1, **more: Any) -> PlacementStarted:
    told = {
        "placement_id": uuid4(),
        "person_key": service.vault.person_key(id_number(number)),
        "area_code": PINE,
        "need_source": "case",
        "need_ref": None,
        "work_area": "440100",
        "trade": "62904",
        "wage": "5200",
        "started_on": local_date(utc_now()),
        "told_at": utc_now(),
    }
    return PlacementStarted.model_validate({**told, **more})


async def test_a_planned_measure_asks_and_its_end_takes_that_back(service: Households) -> None:
    case_id = await identified(service)
    planned = await plan(service, case_id)
    [asked] = await service.told(WorkNeeded)
    assert (asked.source_ref, asked.cause, asked.services, asked.withdrawn) == (
        f"measure:{planned['id']}",
        "measure",
        ["referral"],
        False,
    )
    reason = {"reason": "录入错误"}
    await service.post(f"/measures/{planned['id']}/withdrawal", reason, "township", STONE, headers=ANY)
    assert [one.withdrawn for one in await service.told(WorkNeeded)] == [False, True]


@pytest.mark.parametrize(
    ("kind", "sub_kind", "asks"),
    [
        ("employment", None, True),
        ("employment", "employment.training", True),
        ("employment", "employment.travel", False),
        ("employment", "employment.public_post", False),
        ("health", "health.aid", False),
    ],
)
def test_what_asks_for_a_post(kind: str, sub_kind: str | None, asks: bool) -> None:
    assert asks_for_work(kind, sub_kind) is asks


async def test_for_whom_must_be_of_the_household(service: Households) -> None:
    case_id = await identified(service)
    household = (await service.get(f"{CASES}/{case_id}"))["household"]["id"]
    [member, *_] = (await service.get(f"/households/{household}"))["members"]
    body = measure(**WORK, member_id=str(uuid4()))
    refused = await service.post(f"{CASES}/{case_id}/measures", body, "township", STONE)
    assert (refused.status_code, refused.json()["code"]) == (422, "member-not-of-household")
    planned = await plan(service, case_id, member_id=member["id"])
    assert planned["member_id"] == member["id"]
    [asked] = await service.told(WorkNeeded)
    assert asked.person_key == service.vault.person_key(id_number(1))


async def test_an_arrival_delivers_the_measure_that_had_asked(service: Households) -> None:
    case_id = await identified(service)
    planned = await plan(service, case_id)
    event = arrived(service, need_ref=f"measure:{planned['id']}")
    await service.deliver(event)
    await service.deliver(event)  # told again by a service that lost its copy: another id, the same placement
    found = await service.get(f"/measures/{planned['id']}")
    assert (found["state"], found["delivered_on"], found["source_ref"], found["version"]) == (
        "delivered",
        day(),
        f"jobs:{event.placement_id}",
        2,
    )
    did = await service.sql("SELECT detail->>'source' FROM audit_entry WHERE detail->>'did' = 'delivered'")
    assert did == [("jobs",)]


async def test_who_has_no_case_or_is_unknown_changes_nothing(service: Households) -> None:
    case_id = await identified(service)
    planned = await plan(service, case_id)
    await service.deliver(arrived(service, 99), arrived(service, started_on=date(2020, 1, 1)))
    assert (await service.get(f"/measures/{planned['id']}"))["state"] == "planned"


async def test_a_course_delivers_training_and_nothing_else(service: Households) -> None:
    case_id = await identified(service)
    work = await plan(service, case_id)
    course = await plan(service, case_id, sub_kind="employment.training")
    await service.deliver(
        TrainingCompleted(
            enrolment_id=uuid4(),
            person_key=service.vault.person_key(id_number(1)),
            area_code=PINE,
            need_ref=None,
            trade="63005",
            certificate=True,
            completed_on=local_date(utc_now()),
            told_at=utc_now(),
        )
    )
    states = [(await service.get(f"/measures/{one['id']}"))["state"] for one in (work, course)]
    assert states == ["planned", "delivered"]


async def test_needs_that_were_lost_are_told_again_as_they_stand(
    service: Households,
    cluster: Cluster,
    database_name: str,
    vault_settings: VaultSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "PAGE", 1)
    case_id = await identified(service)
    planned, failed, delivered = [await plan(service, case_id) for _ in range(3)]
    await plan(service, case_id, sub_kind="employment.travel")
    await service.post(f"/measures/{failed['id']}/failure", {"reason": "岗位取消"}, "township", STONE, headers=ANY)
    await service.deliver(arrived(service, need_ref=f"measure:{delivered['id']}"))
    await service.sql("DELETE FROM outbox")
    for since, count in ((1, 0), (0, 2)):
        day = (local_date(utc_now()) + timedelta(days=since)).isoformat()
        done = await command(cluster, database_name, vault_settings, "replay", "households", "--since", day)
        assert done.output.startswith(f"households: {count} measures told once more\n"), done.output
    told = {one.source_ref: one.withdrawn for one in await service.told(WorkNeeded)}
    assert told == {f"measure:{planned['id']}": False, f"measure:{failed['id']}": True}


def test_the_one_that_asked_else_the_oldest_that_may_be_theirs() -> None:
    me, other, today = uuid4(), uuid4(), date(2026, 11, 27)
    ids = [UUID(int=n) for n in range(1, 6)]
    planned = [
        Asking(ids[0], None, other, today - timedelta(days=9)),
        Asking(ids[1], None, me, today - timedelta(days=2)),
        Asking(ids[2], None, None, today - timedelta(days=5)),
        Asking(ids[3], None, None, today + timedelta(days=1)),
        Asking(ids[4], "employment.training", None, today - timedelta(days=9)),
    ]

    def found(ref: str | None, *, training: bool = False) -> UUID | None:
        one = delivered_by(planned, ref, me, today, training=training)
        return one.id if one else None

    assert found(measure_ref(ids[1])) == ids[1]
    assert found(measure_ref(ids[0])) == ids[2], "not another's, whoever asked"
    assert found(None) == ids[2]
    assert found(None, training=True) == ids[4]
    assert delivered_by(planned[:1], None, me, today, training=False) is None


async def test_a_confirmed_check_of_work_asks_for_who_it_is_about(
    service: Households, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    [household_id] = await service.register(household(1))
    await service.deliver(service.alert(1, feed="employment.test"))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    told = {**VERDICT, "verdict": "risk_confirmed"}
    answer = await service.post(f"/tasks/{task['id']}/verdict", told, "village", PINE)
    assert answer.status_code == 201, answer.text
    [asked] = await service.told(WorkNeeded)
    assert (str(asked.household_id), asked.cause, asked.person_key) == (
        household_id,
        "check",
        service.vault.person_key(id_number(1)),
    )
    await service.sql("DELETE FROM outbox")
    today = local_date(utc_now()).isoformat()
    await command(cluster, database_name, vault_settings, "replay", "households", "--since", today)
    assert await service.told(WorkNeeded) == [asked]


@pytest.mark.parametrize(("feed", "verdict"), [("medical.cost", "risk_confirmed"), ("employment.test", "no_risk")])
async def test_other_checks_ask_for_nothing(service: Households, feed: str, verdict: str) -> None:
    await service.register(household(1))
    await service.deliver(service.alert(1, feed=feed))
    [task] = (await service.get("/tasks", "village", PINE))["items"]
    await service.post(f"/tasks/{task['id']}/visits", visit(), "village", PINE)
    answer = await service.post(f"/tasks/{task['id']}/verdict", {**VERDICT, "verdict": verdict}, "village", PINE)
    assert answer.status_code == 201, answer.text
    assert await service.told(WorkNeeded) == []
