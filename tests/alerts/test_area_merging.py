"""Reports about areas that an open alert names already: more evidence, or news; all others are alerts of their own."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.alerts.background import expire_alerts
from services.alerts.models.areas import named_by
from services.alerts.rules.areas import names
from services.alerts.usecases import replay
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.alerts import (
    AlertWithdrawn,
    AreaAlertRaised,
    AreaAlertWorsened,
    EvidenceWithdrawn,
)
from shared.contracts.households import AreaChecksOpened, TaskClosed, Verdict, VerdictGiven
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, BATCHES, VILLAGE, Service, days_ago, until
from tests.alerts.merging import age
from tests.alerts.test_accounting import PLACES, books
from tests.alerts.test_area_alerts import (
    FAR,
    SECOND,
    TOWNSHIP,
    WATER,
    cancelled,
    cut,
    opened,
    read,
    report,
    verdict,
    water,
)

__all__ = ["water"]


async def cut_again(
    service: Service, ref: str, *codes: str, days: int = 35, hamlets: tuple[str, ...] = (), status: int = 200
) -> dict[str, Any]:
    """A further report of the water bureau."""
    area = {"codes": list(codes or (VILLAGE, SECOND)), "natural_villages": list(hamlets)}
    return await report(service, cut(source_ref=ref, area=area, evidence={"kind": "断水", "days": days}), status)


async def withdraw(service: Service, alert: Mapping[str, Any], ref: str | None = None) -> dict[str, Any]:
    """The bureau takes back one row, or all of them."""
    body = {"reason": "抄表误差", "source_ref": ref}
    answer = await service.post(f"{ALERTS}/{alert['id']}/withdrawal", body, headers=WATER)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def balance(service: Service) -> dict[str, int]:
    """The places of the water bureau's reports; nothing is missing."""
    said = await books(service, WATER, **{"from": days_ago(300)})
    [feed] = said["feeds"]
    assert feed["difference"] == 0, feed
    assert all(one["difference"] == 0 for one in said["channels"]), said["channels"]
    return {place: feed[place] for place in PLACES if feed[place]}


async def test_three_reports_on_one_village_are_one_alert(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, status=201)
    for ref in ("2", "3"):
        again = await cut_again(water, ref, VILLAGE)
        assert (again["id"], again["outcome"]) == (first["id"], "merged")
    assert (await cut_again(water, "2", VILLAGE))["outcome"] == "repeated"
    await water.heard.hear(AreaAlertRaised)
    told = [message.type for message in water.heard.messages if message.topic == AreaAlertRaised.topic]
    assert told == [AreaAlertRaised.type], "nobody is told of what is no news"
    assert await balance(water) == {"accepted": 3, "open": 1, "merged": 2}
    shown = (await water.get(f"{ALERTS}/{first['id']}/evidences", headers=WATER)).json()["items"]
    assert [(one["source_ref"], one["area"]["codes"]) for one in shown] == [("3", [VILLAGE]), ("2", [VILLAGE])]


async def test_what_an_alert_names_already_is_evidence_of_it(water: Service) -> None:
    first = await cut_again(water, "1", TOWNSHIP, status=201)
    for n, codes in enumerate(((VILLAGE,), (SECOND, VILLAGE), (TOWNSHIP,))):
        assert (await cut_again(water, f"m-{n}", *codes))["id"] == first["id"]
    assert (await cut_again(water, "h", VILLAGE, hamlets=("上寨",)))["id"] == first["id"]


async def test_what_names_more_is_an_alert_of_its_own_and_told(water: Service) -> None:
    """Whom it names beyond, households puts on the list of the village's open check."""
    first = await cut_again(water, "1", VILLAGE, hamlets=("上寨",), status=201)
    more = await cut_again(water, "2", VILLAGE, hamlets=("上寨", "下寨"), status=201)
    wide = await cut_again(water, "3", VILLAGE, SECOND, status=201)
    assert len({one["id"] for one in (first, more, wide)}) == 3
    told = await water.heard.hear(AreaAlertRaised, 3)
    assert [one.natural_villages for one in told] == [["上寨"], ["上寨", "下寨"], []]
    assert (await cut_again(water, "4", SECOND))["id"] == wide["id"], "the newest that names it"
    assert (await cut_again(water, "5", VILLAGE, hamlets=("下寨",)))["id"] == wide["id"]
    other = await report(water, cut(feed="agriculture.price-fall", evidence={"product": "辣椒", "fall_percent": 40}))
    assert other["outcome"] == "new", "another kind of risk"


async def test_worse_is_told_by_the_policys_amount(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    assert (await cut_again(water, "2", VILLAGE, days=45))["outcome"] == "merged", "ten days more are no news"
    worse = await cut_again(water, "3", VILLAGE, days=50, hamlets=("上寨",))
    assert (worse["id"], worse["outcome"]) == (first["id"], "worsened")
    [told] = await water.heard.hear(AreaAlertWorsened)
    assert (str(told.alert_id), told.key, told.risk_family) == (first["id"], first["id"], "water")
    assert (told.area_codes, told.natural_villages) == ([VILLAGE], ["上寨"])
    assert await balance(water) == {"accepted": 3, "open": 1, "merged": 1, "worsened": 1}


async def test_another_kind_is_told_as_worse(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, status=201)
    for ref, outcome in (("2", "worsened"), ("3", "merged")):
        far = cut(VILLAGE, source_ref=ref, evidence={"kind": "取水过远", "days": 35})
        said = await report(water, far, 200)
        assert (said["id"], said["outcome"]) == (first["id"], outcome)
    await water.heard.hear(AreaAlertWorsened)
    assert await balance(water) == {"accepted": 3, "open": 1, "merged": 1, "worsened": 1}


async def test_when_the_window_is_over_it_is_an_alert_of_its_own(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, status=201)
    await age(water, 31)
    assert (await cut_again(water, "2", VILLAGE, status=201))["id"] != first["id"]


@pytest.mark.parametrize("found", ["no_risk", "risk_confirmed", "moved_away"])
async def test_what_comes_after_the_answer_is_another_event(water: Service, found: Verdict) -> None:
    """A water cut in May is not that of March, whatever the villages said then."""
    first = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    await water.tell(opened(first["id"], VILLAGE, SECOND))
    await water.tell(*(verdict(water, first["id"], code, found) for code in (VILLAGE, SECOND)))
    shown = await read(water, first["id"])
    assert (shown["state"], shown["snooze"]) == ("answered", None)
    again = await cut_again(water, "2", VILLAGE, status=201)
    assert (again["outcome"], (await read(water, again["id"]))["reopens"]) == ("new", None)
    assert (await cut_again(water, "3", VILLAGE))["id"] == again["id"], "that one is open"
    assert (await cut_again(water, "4", SECOND, status=201))["outcome"] == "new", "that one does not name it"
    assert (await cut_again(water, "1", VILLAGE, SECOND))["outcome"] == "repeated", "the same row is the same event"
    assert (await cut_again(water, "1", VILLAGE, SECOND, days=36, status=201))["outcome"] == "new", "corrected"
    await water.heard.hear(AreaAlertRaised, 4)
    assert await balance(water) == {"accepted": 5, "open": 3, "merged": 1, "answered": 1}


async def test_a_village_whose_task_was_dropped_is_asked_of_the_next_event(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    await water.tell(opened(first["id"], VILLAGE, SECOND), cancelled(first["id"], SECOND))
    await water.tell(verdict(water, first["id"], VILLAGE))
    assert (await read(water, first["id"]))["verdict"] == "no_risk"
    assert (await cut_again(water, "2", SECOND, status=201))["outcome"] == "new"


async def test_a_corrected_row_may_name_another_village(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, status=201)
    assert (await cut_again(water, "1", VILLAGE, days=36))["outcome"] == "merged"
    wide = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    assert (wide["id"] != first["id"], wide["outcome"]) == (True, "new")
    assert (await cut_again(water, "1", VILLAGE, SECOND))["outcome"] == "repeated"
    await water.heard.hear(AreaAlertRaised, 2)
    assert await balance(water) == {"accepted": 3, "open": 2, "merged": 1}


async def test_the_rows_of_a_batch_merge_as_well(water: Service) -> None:
    rows = [cut(VILLAGE, SECOND, source_ref=f"B-{n}", evidence={"kind": "断水", "days": 35 + n}) for n in range(3)]
    rows.append(cut(SECOND, source_ref="B-9", evidence={"kind": "断水", "days": 80}))
    answer = await water.post(BATCHES, rows, headers=WATER)
    batch = await water.batch(answer.json()["id"], headers=WATER)
    assert [batch[name] for name in ("accepted", "merged", "worsened", "rejected")] == [1, 2, 1, 0]
    assert await balance(water) == {"accepted": 4, "open": 1, "merged": 2, "worsened": 1}


async def test_at_the_same_moment_there_is_one_alert(water: Service) -> None:
    said = await asyncio.gather(
        *(water.post(ALERTS, cut(VILLAGE, source_ref=f"S-{n}"), headers=WATER) for n in range(8))
    )
    assert sorted(one.status_code for one in said) == [200] * 7 + [201]
    assert await balance(water) == {"accepted": 8, "open": 1, "merged": 7}


async def test_one_of_several_is_taken_back_and_the_alert_stands(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    await cut_again(water, "2", VILLAGE)
    await cut_again(water, "3", SECOND)
    await withdraw(water, first, "2")
    assert water.heard.of(EvidenceWithdrawn) == [], "of that nobody was told"
    after = await withdraw(water, first, "1")
    assert after["state"] == "reported"
    [told] = await water.heard.hear(AreaAlertWorsened)
    assert told.area_codes == [SECOND], "nobody would look there any more: told before the first is taken back"
    [gone] = await water.heard.hear(EvidenceWithdrawn)
    assert str(gone.evidence_id) == first["id"]
    assert (await cut_again(water, "4", VILLAGE, status=201))["id"] != first["id"], "nobody asks there any more"
    assert (await withdraw(water, first, "3"))["state"] == "withdrawn"
    await water.heard.hear(AlertWithdrawn)
    assert await balance(water) == {"accepted": 4, "open": 1, "withdrawn": 3}


async def test_areas_that_no_report_names_any_more_are_not_waited_for(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    await cut_again(water, "2", VILLAGE)
    await water.tell(opened(first["id"], VILLAGE, SECOND), verdict(water, first["id"], VILLAGE))
    assert (await read(water, first["id"]))["state"] == "checking"
    after = await withdraw(water, first, "1")
    assert (after["state"], after["verdict"]) == ("answered", "no_risk")
    assert await balance(water) == {"accepted": 2, "worsened": 1, "withdrawn": 1}


async def test_what_a_township_said_is_no_answer_for_a_village_once_it_is_taken_back(water: Service) -> None:
    first = await cut_again(water, "1", TOWNSHIP, FAR, status=201)
    await cut_again(water, "2", VILLAGE)
    await water.tell(opened(first["id"], TOWNSHIP, FAR), verdict(water, first["id"], TOWNSHIP))
    after = await withdraw(water, first, "1")
    assert (after["state"], after["verdict"]) == ("checking", None)
    await water.tell(opened(first["id"], VILLAGE), verdict(water, first["id"], VILLAGE, "risk_confirmed"))
    shown = await read(water, first["id"])
    assert (shown["state"], shown["verdict"]) == ("answered", "risk_confirmed")


class Anew:
    """An alert on two villages, of which the first is asked a second time."""

    def __init__(self, service: Service, alert_id: str) -> None:
        self.service, self.alert_id = service, alert_id
        self.old, self.new = new_id(), new_id()

    def check(self, task: UUID) -> AreaChecksOpened:
        told = opened(self.alert_id, VILLAGE, SECOND)
        return told.model_copy(update={"checks": [told.checks[0].model_copy(update={"task_id": task}), told.checks[1]]})

    def said(self, task: UUID, found: Verdict) -> VerdictGiven:
        return verdict(self.service, self.alert_id, VILLAGE, found).model_copy(update={"task_id": task})

    def dropped(self, task: UUID) -> TaskClosed:
        return cancelled(self.alert_id, VILLAGE).model_copy(update={"task_id": task})


async def test_what_got_worse_waits_for_its_village_anew(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    anew = Anew(water, first["id"])
    await water.tell(anew.check(anew.old), anew.said(anew.old, "no_risk"), anew.check(anew.new), anew.check(anew.old))
    [village, _] = (await read(water, first["id"]))["areas"]
    assert (village["task_id"], village["verdict"]) == (str(anew.new), "no_risk")
    await water.tell(anew.said(anew.old, "no_risk"), verdict(water, first["id"], SECOND))
    assert (await read(water, first["id"]))["state"] == "checking", "the newer task is waited for"
    await water.tell(anew.said(anew.new, "risk_confirmed"))
    assert (await read(water, first["id"]))["verdict"] == "risk_confirmed"
    await water.tell(anew.said(anew.old, "unreachable"))
    [village, _] = (await read(water, first["id"]))["areas"]
    assert village["verdict"] == "risk_confirmed", "late, and of the task before"


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_what_a_village_said_stands_where_its_newer_task_is_dropped(
    water: Service, order: tuple[int, ...]
) -> None:
    first = await cut_again(water, "1", VILLAGE, SECOND, status=201)
    anew = Anew(water, first["id"])
    told = (anew.check(anew.old), anew.said(anew.old, "risk_confirmed"), anew.check(anew.new), anew.dropped(anew.new))
    for n in order:
        await water.tell(told[n])
    await water.tell(verdict(water, first["id"], SECOND))
    shown = await read(water, first["id"])
    assert (shown["state"], shown["verdict"]) == ("answered", "risk_confirmed")
    [village, _] = shown["areas"]
    assert (village["task_id"], village["verdict"]) == (str(anew.new), "risk_confirmed")
    assert village["cancelled_at"] is not None


async def test_an_alert_with_evidence_expires_and_is_told_again_as_any(water: Service) -> None:
    start = utc_now() - timedelta(seconds=1)
    first = await cut_again(water, "1", VILLAGE, status=201)
    await cut_again(water, "2", VILLAGE, days=60)
    [raised], [worse] = await water.heard.hear(AreaAlertRaised), await water.heard.hear(AreaAlertWorsened)
    async with water.database.write(Scope.everywhere()) as session:
        await replay.replay_alerts(session, start, None, None)
    assert await water.heard.hear(AreaAlertRaised, 2) == [raised, raised]
    assert await water.heard.hear(AreaAlertWorsened, 2) == [worse, worse]
    await water.sql("UPDATE feed SET expires_days = 0 WHERE code = 'water.supply'")
    await expire_alerts(water.database, utc_now())
    assert (await read(water, first["id"]))["state"] == "expired"
    assert await balance(water) == {"accepted": 2, "expired": 1, "worsened": 1}


async def test_a_dropped_village_that_is_named_again_is_not_asked_anew_until_worse(water: Service) -> None:
    first = await cut_again(water, "1", VILLAGE, FAR, status=201)
    await water.tell(opened(first["id"], VILLAGE, FAR), cancelled(first["id"], FAR))
    assert (await cut_again(water, "2", FAR))["outcome"] == "merged"
    assert (await cut_again(water, "3", FAR, days=90))["outcome"] == "worsened"

    async def told() -> bool:
        return len(water.heard.of(AreaAlertWorsened)) == 1

    await until(told)


steps = st.one_of(
    st.tuples(
        st.just("report"),
        st.integers(0, 5),
        st.sampled_from([(VILLAGE,), (SECOND,), (VILLAGE, SECOND), (TOWNSHIP,), (SECOND, FAR)]),
        st.sampled_from([(), (), ("上寨",), ("上寨", "下寨")]),
        st.sampled_from([35, 40, 60, 90]),
    ),
    st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from(["no_risk", "risk_confirmed", "moved_away"])),
    st.tuples(st.just("withdraw"), st.integers(0, 5), st.integers(0, 5)),
    st.just(("age",)),
)


class Bureau:
    """What the water bureau reports, and what villages say to it, as far as it can be counted from outside."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.accepted = 0
        self.alerts: list[str] = []

    async def do(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("report", ref, codes, hamlets, days):
                area = {"codes": list(codes), "natural_villages": list(hamlets)}
                draft = cut(source_ref=f"r-{ref}", area=area, evidence={"kind": "断水", "days": days})
                answer = await self.service.post(ALERTS, draft, headers=WATER)
                if answer.status_code == 409:
                    assert answer.json()["code"] == "source-ref-reused"
                    return
                said = answer.json()
                self.accepted += said["outcome"] != "repeated"
                if said["outcome"] in ("new", "reopened"):
                    self.alerts.append(said["id"])
            case ("answer", which, found) if self.alerts:
                await self.answer(self.alerts[which % len(self.alerts)], found)
            case ("withdraw", which, ref) if self.alerts:
                path = f"{ALERTS}/{self.alerts[which % len(self.alerts)]}/withdrawal"
                answer = await self.service.post(path, {"reason": "误报", "source_ref": f"r-{ref}"}, headers=WATER)
                assert answer.status_code in (200, 404, 409), answer.text
            case ("age",):
                await age(self.service, 31)

    async def answer(self, alert_id: str, found: Verdict) -> None:
        named = (await read(self.service, alert_id))["area"]["codes"]
        await self.service.tell(opened(alert_id, *named))
        for code in named:
            await self.service.tell(verdict(self.service, alert_id, code, found))

    async def check(self) -> None:
        """Nothing is lost, and whom a report names that stands somebody was sent to."""
        if self.accepted:
            assert (await balance(self.service))["accepted"] == self.accepted
        for alert_id, first, gone in await self.service.sql(
            "SELECT id, area, first_withdrawn_at IS NOT NULL FROM alert WHERE state IN ('reported', 'checking')"
        ):
            further = await self.service.sql(
                f"SELECT area, outcome FROM alert_evidence WHERE alert_id = '{alert_id}' AND withdrawn_at IS NULL"
            )
            told = [named_by(area) for area, outcome in further if outcome == "worsened"]
            told += [] if gone else [named_by(first)]
            sent = [one for one in told if one is not None]
            assert all(names(sent, one) for area, _ in further if (one := named_by(area))), alert_id

    async def forget(self) -> None:
        tables = "area_check, verdict_notice, alert_evidence, alert, outbox, receipt"
        for table in tables.split(", "):
            await self.service.sql(f"DELETE FROM {table}")


async def test_any_sequence_balances_and_nobody_named_is_forgotten(water: Service) -> None:
    loop = asyncio.get_running_loop()

    def wait(work: Awaitable[None]) -> None:
        """hypothesis is not asynchronous: it runs in a thread, and each step back here."""
        asyncio.run_coroutine_threadsafe(_as_coroutine(work), loop).result(60)

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(steps, min_size=4, max_size=12))
    def run(sequence: list[tuple[Any, ...]]) -> None:
        bureau = Bureau(water)
        wait(bureau.forget())
        for step in sequence:
            wait(bureau.do(step))
        wait(bureau.check())

    await asyncio.to_thread(run)


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work
