"""Whatever is reported, answered, taken back or expires, in whatever order: the books balance.

A small machine (hypothesis) against the real service on a real PostgreSQL, beside a model that only counts rows.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.alerts.background import expire_alerts
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised, AlertWorsened
from tests.alerts.conftest import ALERTS, MEDICAL, Service, cost, days_ago, until
from tests.alerts.merging import about, known, member, verdict
from tests.alerts.test_accounting import PLACES, books

pytestmark = pytest.mark.usefixtures("every_bill_triggers")

VERDICTS = ("no_risk", "risk_confirmed", "duplicate", "moved_away")

reports = st.tuples(
    st.just("report"),
    st.integers(0, 2),  # who
    st.integers(0, 5),  # which source_ref, so that some come twice
    st.sampled_from([8000, 8100, 20_000, 60_000]),
    st.sampled_from(["low", "medium", "high"]),
    st.sampled_from([1, 40]),  # days ago
)
answers = st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from(VERDICTS))
withdrawals = st.tuples(st.just("withdraw"), st.integers(0, 5), st.booleans())
steps = st.one_of(
    reports, reports, answers, withdrawals, st.just(("expire",)), st.just(("register",)), st.tuples(st.just("age"))
)


class Machine:
    """What was done, as far as it can be counted from outside."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.accepted: set[tuple[str, int, int, str, int]] = set()
        self.alerts: list[str] = []
        self.told: set[str] = set()

    async def do(self, step: tuple[Any, ...]) -> None:
        """One step; what it answers must be possible."""
        match step:
            case ("report", who, ref, self_pay, severity, days):
                await self.report(f"r-{ref}", who, self_pay, severity, days)
            case ("answer", which, found) if self.alerts:
                alert = {"id": self.alerts[which % len(self.alerts)]}
                await self.service.tell(verdict(self.service, alert, found))
            case ("withdraw", which, whole) if self.alerts:
                await self.withdraw(self.alerts[which % len(self.alerts)], f"r-{which}", whole)
            case ("expire",):
                await expire_alerts(self.service.database, utc_now())
            case ("register",):
                await known(self.service, member(self.service, 0), member(self.service, 1))
            case ("age",):
                for column in ("reported_at", "answered_at"):
                    await self.service.sql(f"UPDATE alert SET {column} = {column} - interval '31 days'")

    async def report(self, ref: str, who: int, self_pay: int, severity: str, days: int) -> None:
        draft = cost(
            source_ref=ref,
            evidence={"self_pay": self_pay},
            severity=severity,
            occurred_on=days_ago(days),
            **about(who),
        )
        answer = await self.service.post(ALERTS, draft, headers=MEDICAL)
        content = (ref, who, self_pay, severity, days)
        if answer.status_code == 409:
            others = {one for one in self.accepted if one[:2] != (ref, who)}
            assert (answer.json()["code"], ref in {one[0] for one in others}) == ("source-ref-reused", True)
            return
        said = answer.json()
        assert (said["outcome"] == "repeated") is (content in self.accepted), said
        self.accepted.add(content)
        if answer.status_code == 201:
            self.alerts.append(said["id"])
        assert said["id"] in self.alerts

    async def withdraw(self, alert_id: str, ref: str, whole: bool) -> None:
        body = {"reason": "误报"} if whole else {"reason": "误报", "source_ref": ref}
        answer = await self.service.post(f"{ALERTS}/{alert_id}/withdrawal", body, headers=MEDICAL)
        assert answer.status_code in (200, 404, 409), answer.text

    async def check(self) -> None:
        """Every accepted row is in one place; every alert was told once; at most one takes in more."""
        said = await books(self.service, **{"from": days_ago(300)})
        feeds = said["feeds"] or [dict.fromkeys((*PLACES, "difference_ids"), 0)]
        [feed] = feeds
        assert (feed["accepted"], feed["difference"]) == (len(self.accepted), 0), feed
        assert feed["accepted"] == sum(feed[place] for place in PLACES[1:-1])
        assert await self.service.count("receipt") == len(self.accepted), "counted apart from where they lie"
        assert await self.service.count("alert") == len(self.alerts)
        worsened = await self.service.sql("SELECT id FROM alert_evidence WHERE outcome = 'worsened'")
        heard = self.service.heard

        def all_told() -> bool:
            return {str(e.alert_id) for e in heard.of(AlertRaised)} == set(self.alerts) and {
                e.evidence_id for e in heard.of(AlertWorsened)
            } == {row[0] for row in worsened}

        await until(all_told)
        assert len(heard.of(AlertRaised)) == len(self.alerts)
        lost = """SELECT e.id FROM alert_evidence e JOIN alert a ON a.id = alert_id
            WHERE a.state = 'withdrawn' AND e.withdrawn_at IS NULL"""
        assert await self.service.sql(lost) == []

    async def forget(self) -> None:
        """An empty service for the next example."""
        tables = "account_finding, account_check, verdict_notice, alert_evidence, alert, known_member, outbox, receipt"
        await self.service.sql(f"DELETE FROM {tables.split(', ')[0]}")
        for table in tables.split(", ")[1:]:
            await self.service.sql(f"DELETE FROM {table}")
        self.service.heard.events.clear()
        self.service.heard.messages.clear()


async def test_any_sequence_balances(service: Service) -> None:
    await service.sql("UPDATE feed SET expires_days = 30")
    loop = asyncio.get_running_loop()

    def wait(work: Awaitable[None]) -> None:
        """hypothesis is not asynchronous: it runs in a thread, and each step back here."""
        asyncio.run_coroutine_threadsafe(_as_coroutine(work), loop).result(60)

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(steps, min_size=3, max_size=14))
    def run(sequence: list[tuple[Any, ...]]) -> None:
        machine = Machine(service)
        wait(machine.forget())
        for step in sequence:
            wait(machine.do(step))
        wait(machine.check())

    await asyncio.to_thread(run)


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work
