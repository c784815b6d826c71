"""Alerts about whole areas: one report, the answers of many villages, one answer in the end."""

import asyncio
import base64
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

import pytest

from services.alerts.queries.reference import DOUBT_SECONDS
from services.alerts.rules.areas import Place, overall, place
from services.alerts.usecases import replay
from shared.areas import Scope, normalise
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised, AlertWithdrawn, AreaAlertRaised
from shared.contracts.directory import AreaRecord, AreasChanged
from shared.contracts.households import AreaCheck, AreaChecksOpened, TaskClosed, Verdict, VerdictGiven
from shared.ids import new_id
from tests.alerts.conftest import (
    ALERTS,
    BATCHES,
    CLOSED,
    EDUCATION,
    OTHER_COUNTY,
    VILLAGE,
    Service,
    absence,
    bearer,
    days_ago,
    faults,
    key_changed,
    until,
)
from tests.alerts.test_verdicts import VERDICTS

WATER = {"X-API-Key": "water-secret"}
SECOND, FAR = "539921100002", "539921101001"
TOWNSHIP, COUNTY = "539921100000", "539921000000"


@pytest.fixture
async def water(service: Service) -> Service:
    """The service, with a key of the water bureau, the areas above the villages and one in the next township."""
    await service.tell(
        AreasChanged(areas=[AreaRecord(code=code, name="某地", active=True) for code in (TOWNSHIP, COUNTY, FAR)]),
        key_changed("water-secret", ["water.supply", "agriculture.price-fall"], "water"),
    )
    return service


def cut(*codes: str, **changed: Any) -> dict[str, Any]:
    """A water cut in those areas."""
    draft = {
        "feed": "water.supply",
        "source_ref": "SW-1",
        "occurred_on": days_ago(1),
        "area": {"codes": list(codes or (VILLAGE, SECOND))},
        "evidence": {"kind": "断水", "days": 35},
        **changed,
    }
    return {name: value for name, value in draft.items() if value is not None}


async def report(service: Service, draft: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = await service.post(ALERTS, draft, headers=WATER)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def read(service: Service, alert_id: str, headers: Any = None) -> dict[str, Any]:
    answer = await service.get(f"{ALERTS}/{alert_id}", headers=headers or WATER)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def task_of(alert_id: str, code: str) -> UUID:
    """The only task of that area for that alert."""
    return uuid5(UUID(alert_id), code)


def opened(alert_id: str, *codes: str, at: datetime | None = None) -> AreaChecksOpened:
    """Each area has its task."""
    due_at = utc_now() + timedelta(days=3)
    checks = [
        AreaCheck(
            area_code=code,
            case_id=new_id(),
            task_id=task_of(alert_id, code),
            due_at=due_at + timedelta(days=n),
            households=n + 5,
        )
        for n, code in enumerate(codes)
    ]
    return AreaChecksOpened(alert_id=alert_id, risk_family="water", opened_at=at or utc_now(), checks=checks)


def verdict(
    service: Service, alert_id: str, code: str, said: Verdict = "no_risk", at: datetime | None = None, **more: Any
) -> VerdictGiven:
    """One area has answered."""
    return VerdictGiven(
        case_id=new_id(),
        task_id=task_of(alert_id, code),
        subject_key=f"area:{code}",
        alert_ids=[UUID(alert_id)],
        verdict=said,
        reason_sealed=base64.b64encode(service.vault.seal(f"{code} 已看过".encode(), "verdict-reason")).decode(),
        visited_on=None,
        given_by=new_id(),
        given_at=at or utc_now(),
        basis="phone",
        area_code=code,
        **more,
    )


def test_the_gravest_verdict_speaks_for_all() -> None:
    assert overall(["no_risk", "risk_confirmed", "unreachable"]) == "risk_confirmed"
    assert overall(["no_risk", "unreachable"]) == "unreachable"
    assert overall(["wrong_person"]) == "wrong_person"


KNOWN = frozenset({VILLAGE, SECOND, TOWNSHIP, COUNTY, "539921101000", "539921101001"})


@pytest.mark.parametrize(
    ("codes", "scope", "filed_under"),
    [
        ([VILLAGE], COUNTY, VILLAGE),
        ([SECOND, VILLAGE, VILLAGE], COUNTY, TOWNSHIP),
        ([TOWNSHIP, VILLAGE], COUNTY, TOWNSHIP),
        ([VILLAGE, "539921101001"], COUNTY, COUNTY),
        ([VILLAGE, "539921101001"], None, VILLAGE),  # may see these two only
    ],
)
def test_an_alert_is_filed_under_the_area_that_holds_all(codes: list[str], scope: str | None, filed_under: str) -> None:
    named = [normalise(code) for code in codes]
    seen = Scope.of(normalise(scope)) if scope else Scope.of(*named)
    assert place(named, "", seen, KNOWN) == Place(normalise(filed_under), tuple(sorted(set(named))))


async def test_an_area_alert_is_taken_and_told(water: Service) -> None:
    area = {"codes": [SECOND, VILLAGE], "natural_villages": ["下寨", "上寨"]}
    alert = await report(water, cut(area=area))
    assert (alert["state"], alert["area_code"], alert["severity"]) == ("reported", TOWNSHIP, "high")
    [told] = await water.heard.hear(AreaAlertRaised)
    assert (str(told.alert_id), told.risk_family) == (alert["id"], "water")
    assert (told.area_codes, told.natural_villages) == ([VILLAGE, SECOND], ["上寨", "下寨"])
    assert water.heard.of(AlertRaised) == []
    record = water.vault.open_json(base64.b64decode(told.sealed), "alert")
    assert record["area"] == {"codes": told.area_codes, "natural_villages": told.natural_villages}
    assert record["evidence"] == {"kind": "断水", "days": 35}
    seen = await read(water, alert["id"])
    assert (seen["person"], seen["household"], seen["areas"]) == (None, None, [])
    assert seen["area"] == record["area"]


async def test_the_same_again_is_the_same(water: Service) -> None:
    first = await report(water, cut(VILLAGE, SECOND))
    again = await report(water, cut(SECOND, VILLAGE, SECOND), 200)
    assert again["id"] == first["id"]
    other = await water.post(ALERTS, cut(FAR), headers=WATER)
    assert (other.status_code, other.json()["code"]) == (409, "source-ref-reused"), "nothing in common with the first"
    await report(water, cut(FAR, source_ref=None))
    await report(water, cut(FAR, source_ref=None), 200)
    assert await water.count("alert") == 2


BAD: list[tuple[dict[str, Any], dict[str, str]]] = [
    (cut(CLOSED, VILLAGE, "539921199999"), {"area.codes.0": "area-unknown", "area.codes.2": "area-unknown"}),
    (cut(VILLAGE, OTHER_COUNTY), {"area.codes.1": "area-not-permitted"}),
    (cut(COUNTY), {"area.codes.0": "area-too-large"}),
    (cut(VILLAGE, SECOND, area_code=VILLAGE), {"area_code": "area-elsewhere"}),
    (cut(VILLAGE, area_code=OTHER_COUNTY), {"area_code": "area-not-permitted"}),
    (cut(VILLAGE, area_code=CLOSED), {"area_code": "area-unknown"}),
    (cut(area={"codes": []}), {"area.codes": "too-short"}),
    (cut(area={"codes": ["539921"]}), {"area.codes.0": "field-invalid"}),
    (cut(household={"national_code": "5399-0001"}), {"": "person-or-household"}),
    (cut(area=None), {"": "person-or-household", "area_code": "field-missing"}),
    (cut(area=None, area_code=VILLAGE, household={"national_code": "5399-0001"}), {"area": "feed-about-areas"}),
]


async def test_what_is_wrong_is_told(water: Service) -> None:
    for draft, expected in BAD:
        answer = await water.post(ALERTS, draft, headers=WATER)
        assert answer.status_code == 422, (draft, answer.text)
        assert faults(answer) == expected, draft
    person = await water.post(ALERTS, absence(area={"codes": [VILLAGE]}, person=None), headers=EDUCATION)
    assert faults(person) == {"area": "feed-not-about-areas"}
    assert await water.count("alert") == 0


async def test_a_code_announced_a_moment_ago_is_known(water: Service) -> None:
    await report(water, cut(VILLAGE))
    await water.tell(AreasChanged(areas=[AreaRecord(code="539921100003", name="新村", active=True)]))
    await asyncio.sleep(DOUBT_SECONDS)
    await report(water, cut(VILLAGE, "539921100003", source_ref="SW-2"))


async def test_a_batch_takes_area_alerts_as_well(water: Service) -> None:
    rows = [cut(VILLAGE), cut(COUNTY, source_ref="SW-2"), cut(FAR, source_ref="SW-3"), cut(VILLAGE)]
    answer = await water.post(BATCHES, rows, headers=WATER)
    assert answer.status_code == 202, answer.text

    async def done() -> bool:
        seen = (await water.get(f"{BATCHES}/{answer.json()['id']}", headers=WATER)).json()
        return bool(seen["state"] == "done")

    await until(done)
    batch = (await water.get(f"{BATCHES}/{answer.json()['id']}", headers=WATER)).json()
    assert (batch["accepted"], batch["repeated"], batch["rejected"]) == (2, 1, 1)
    told = await water.heard.hear(AreaAlertRaised, 2)
    assert sorted(event.area_codes for event in told) == [[VILLAGE], [FAR]]


async def test_each_village_answers_and_then_the_alert_is_answered(water: Service) -> None:
    alert = await report(water, cut(TOWNSHIP))
    await water.tell(opened(alert["id"], VILLAGE, SECOND))
    seen = await read(water, alert["id"])
    assert (seen["state"], [check["area_code"] for check in seen["areas"]]) == ("checking", [VILLAGE, SECOND])
    assert seen["due_at"] == seen["areas"][0]["due_at"], "the first of their deadlines"
    assert [check["households"] for check in seen["areas"]] == [5, 6]

    await water.tell(verdict(water, alert["id"], SECOND, "risk_confirmed"))
    seen = await read(water, alert["id"])
    assert (seen["state"], seen["verdict"], seen["answer"]) == ("checking", None, None)
    first, second = seen["areas"]
    assert (first["verdict"], second["verdict"], second["basis"]) == (None, "risk_confirmed", "phone")
    assert second["reason"] == f"{SECOND} 已看过"
    for role in ("supervisor", "admin"):
        assert (await read(water, alert["id"], bearer(role)))["areas"][1]["reason"] is None

    await water.tell(verdict(water, alert["id"], VILLAGE))
    seen = await read(water, alert["id"])
    assert (seen["state"], seen["verdict"], seen["answer"]["verdict"]) == ("answered", *["risk_confirmed"] * 2)
    assert seen["answer"]["reason"] is None, "each village has its own"


async def test_the_bureau_sees_how_many_households_were_checked_and_are_at_risk(water: Service) -> None:
    alert = await report(water, cut(TOWNSHIP))
    await water.tell(opened(alert["id"], VILLAGE, SECOND))
    assert [check["at_risk"] for check in (await read(water, alert["id"]))["areas"]] == [None, None]
    early, late = utc_now() - timedelta(minutes=5), utc_now()
    await water.tell(verdict(water, alert["id"], VILLAGE, "risk_confirmed", late, checked=5, at_risk=2))
    await water.tell(verdict(water, alert["id"], VILLAGE, "risk_confirmed", early, checked=4, at_risk=1))
    await water.tell(verdict(water, alert["id"], SECOND))  # by a sender that does not count yet
    seen = [(check["checked"], check["at_risk"]) for check in (await read(water, alert["id"]))["areas"]]
    assert seen == [(5, 2), (None, None)], "of two verdicts the later counts"


async def test_answers_in_any_order(water: Service) -> None:
    alert = await report(water, cut(TOWNSHIP))
    early, late = utc_now() - timedelta(minutes=5), utc_now()
    await water.tell(verdict(water, alert["id"], VILLAGE, "risk_confirmed", late))
    seen = await read(water, alert["id"])
    assert seen["state"] == "reported", "nobody has said yet which areas are asked"
    await water.tell(verdict(water, alert["id"], VILLAGE, "no_risk", early))
    told = opened(alert["id"], VILLAGE, SECOND)
    await water.tell(told, told)
    assert [check["verdict"] for check in (await read(water, alert["id"]))["areas"]] == ["risk_confirmed", None]
    both = [
        verdict(water, alert["id"], SECOND, "no_risk", late),
        verdict(water, alert["id"], SECOND, "unreachable", early),
    ]
    await water.tell(*both)
    seen = await read(water, alert["id"])
    assert (seen["state"], [check["verdict"] for check in seen["areas"]]) == ("answered", ["risk_confirmed", "no_risk"])
    await water.tell(told)
    assert (await read(water, alert["id"]))["state"] == "answered", "told once more, it stays so"


async def test_all_answers_before_the_opening(water: Service) -> None:
    alert = await report(water, cut(VILLAGE))
    await water.tell(verdict(water, alert["id"], VILLAGE), opened(alert["id"], VILLAGE))
    assert (await read(water, alert["id"]))["state"] == "answered"


def cancelled(alert_id: str, code: str, state: Literal["done", "cancelled"] = "cancelled") -> TaskClosed:
    """The task of an area is over."""
    return TaskClosed(
        task_id=task_of(alert_id, code),
        case_id=new_id(),
        subject_key=f"area:{code}",
        state=state,
        late=False,
        closed_at=utc_now(),
        area_code=code,
        alert_ids=[UUID(alert_id)],
    )


async def test_a_village_whose_task_is_dropped_is_not_waited_for(water: Service) -> None:
    alert = await report(water, cut(TOWNSHIP))
    await water.tell(opened(alert["id"], VILLAGE, SECOND), verdict(water, alert["id"], VILLAGE))
    await water.tell(cancelled(alert["id"], SECOND, "done"))
    assert (await read(water, alert["id"]))["state"] == "checking", "done is told by its verdict"
    await water.tell(cancelled(alert["id"], SECOND), cancelled(str(new_id()), SECOND))
    seen = await read(water, alert["id"])
    assert (seen["state"], seen["verdict"]) == ("answered", "no_risk")
    assert [check["cancelled_at"] is None for check in seen["areas"]] == [True, False]

    other = await report(water, cut(FAR, source_ref="SW-2"))
    await water.tell(cancelled(other["id"], FAR), opened(other["id"], FAR))
    assert (await read(water, other["id"]))["state"] == "dropped", "nobody has looked anywhere"
    person = cancelled(alert["id"], VILLAGE).model_copy(update={"subject_key": str(new_id())})
    await water.tell(person)
    assert await water.count("dead_letter") == 0


async def test_where_all_tasks_are_dropped_the_alert_ends_and_the_next_report_is_another(water: Service) -> None:
    """What nobody checks takes in nothing more: the next report is asked about, and the books balance."""
    first = await report(water, cut(VILLAGE, SECOND))
    told = opened(first["id"], VILLAGE, SECOND)
    await water.tell(told, cancelled(first["id"], VILLAGE))
    assert (await read(water, first["id"]))["state"] == "checking"
    await water.tell(cancelled(first["id"], SECOND), cancelled(first["id"], SECOND), told)
    seen = await read(water, first["id"])
    assert (seen["state"], seen["dropped_at"]) == ("dropped", max(area["cancelled_at"] for area in seen["areas"]))
    [told] = (await water.get(VERDICTS, headers=WATER)).json()["items"]
    assert (told["alert_id"], told["state"], told["ended_at"]) == (first["id"], "dropped", seen["dropped_at"])
    second = await report(water, cut(VILLAGE, SECOND, source_ref="SW-2"))
    assert second["id"] != first["id"]
    account = (await water.get("/alerts/v1/accounting", headers=WATER)).json()
    [feed] = account["feeds"]
    assert (feed["accepted"], feed["open"], feed["dropped"], feed["difference"]) == (2, 1, 1, 0)


async def test_one_whose_tasks_were_dropped_and_that_is_checked_anew_goes_on(water: Service) -> None:
    """A newer task of it is heard of later than that the one before was dropped, or its verdict is."""
    alert = await report(water, cut(VILLAGE))
    told = opened(alert["id"], VILLAGE)
    await water.tell(told, cancelled(alert["id"], VILLAGE))
    anew = told.model_copy(update={"checks": [told.checks[0].model_copy(update={"task_id": UUID(int=2**128 - 1)})]})
    await water.tell(anew)
    assert (await read(water, alert["id"]))["state"] == "checking"
    late = await report(water, cut(SECOND, source_ref="SW-2"))
    await water.tell(opened(late["id"], SECOND), cancelled(late["id"], SECOND), verdict(water, late["id"], SECOND))
    assert (await read(water, late["id"]))["state"] == "answered"


async def test_an_expired_alert_is_not_answered_by_what_is_dropped_with_it(water: Service) -> None:
    alert = await report(water, cut(TOWNSHIP))
    await water.tell(opened(alert["id"], VILLAGE, SECOND), verdict(water, alert["id"], VILLAGE))
    await water.sql("UPDATE alert SET state = 'expired', expired_at = now()")
    await water.tell(cancelled(alert["id"], SECOND))
    assert (await read(water, alert["id"]))["state"] == "expired"


async def test_a_bureau_that_waits_hears_once_when_all_have_answered(water: Service) -> None:
    alert = await report(water, cut(TOWNSHIP))
    told = opened(alert["id"], VILLAGE, SECOND)
    await water.tell(told, verdict(water, alert["id"], VILLAGE, "risk_confirmed"))
    assert await water.count("verdict_notice") == 0
    await water.tell(verdict(water, alert["id"], SECOND))
    await water.tell(told)
    notices = await water.sql("SELECT alert_id::text, area_code, verdict FROM verdict_notice")
    assert [tuple(row) for row in notices] == [(alert["id"], TOWNSHIP, "risk_confirmed")]


async def test_a_withdrawn_alert_stays_withdrawn(water: Service) -> None:
    alert = await report(water, cut(VILLAGE, SECOND))
    await water.tell(opened(alert["id"], VILLAGE, SECOND), verdict(water, alert["id"], VILLAGE))
    answer = await water.post(f"{ALERTS}/{alert['id']}/withdrawal", {"reason": "抄表误差"}, headers=WATER)
    assert answer.status_code == 200, answer.text
    assert [check["verdict"] for check in answer.json()["areas"]] == ["no_risk", None]
    [told] = await water.heard.hear(AlertWithdrawn)
    assert told.subject_key == alert["id"], "behind the alert itself"
    await water.tell(verdict(water, alert["id"], SECOND))
    seen = await read(water, alert["id"])
    assert (seen["state"], seen["verdict"]) == ("withdrawn", None)
    assert await water.count("verdict_notice") == 0


async def test_events_on_alerts_that_are_none_of_ours(water: Service) -> None:
    [known] = [await water.post(ALERTS, absence())]
    for alert_id in (str(new_id()), known.json()["id"]):
        await water.tell(opened(alert_id, VILLAGE), verdict(water, alert_id, VILLAGE))
    assert await water.count("area_check") == 0
    assert (await read(water, known.json()["id"], EDUCATION))["state"] == "reported"
    assert await water.count("dead_letter") == 0


async def test_area_alerts_are_told_again(water: Service) -> None:
    start = utc_now()
    alert = await report(water, cut(VILLAGE, SECOND, area={"codes": [VILLAGE, SECOND], "natural_villages": ["上寨"]}))
    [first] = await water.heard.hear(AreaAlertRaised)
    async with water.database.write(Scope.everywhere()) as session:
        await replay.replay_alerts(session, start, None, None)
    again = await water.heard.hear(AreaAlertRaised, 2)
    assert again == [first, first]
    assert str(first.alert_id) == alert["id"]
