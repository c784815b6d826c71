"""A year of one household, over HTTP and by the days on which it happens: from a bureau's alert till it is out of risk.

Nothing is put into the database here but what the bus and the requests bring; between them the sweeps run.
"""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.households.background import end_what_is_over, look_for_pretence, sweep_deadlines
from shared.clock import CHINA, utc_now
from shared.contracts.households import VerdictGiven
from shared.contracts.monitoring import CaseClockWarned, CaseEscalated, CaseMoved
from shared.contracts.pretence import PretenceSuspected
from tests.households.clock import Clock, clock
from tests.households.conftest import PINE, STONE, Households, household
from tests.households.income import RULES, published
from tests.households.monitoring import CASES, codes, minutes, move
from tests.households.road import ANY, Road, day, two_people
from tests.households.test_pretence import LIMITS
from tests.households.test_visits import publish

__all__ = ["clock"]


class Year(Road):
    """The road by a clock of its own: what `Road` puts into the database is told by those who know it."""

    def __init__(self, service: Households, clock: Clock) -> None:
        super().__init__(service)
        self.clock = clock

    async def let_pass(self, days: int) -> None:
        """Days pass, and with each the sweeps; of months, with each week."""
        step = 7 if days > 14 else 1
        for passed in range(0, days, step):
            self.clock.advance(days=min(step, days - passed))
            await sweep_deadlines(self.service.database, utc_now())
        await end_what_is_over(self.service.database, self.service.vault, utc_now())

    async def until(self, month: int, of_month: int) -> None:
        """Till that day of the year."""
        today = utc_now().astimezone(CHINA).date()
        await self.let_pass((date(2026, month, of_month) - today).days)

    async def alert(self) -> None:
        """The bureau of medical insurance tells of a bill, and the village finds that it is so."""
        [self.household_id] = await self.service.register(household(1, PINE, two_people(1), phone="15400000016"))
        await self.service.deliver(self.service.alert(2, feed="medical.cost"))
        [task] = (await self.service.get(f"/tasks?household={self.household_id}", "village", PINE))["items"]
        await self._post(f"/tasks/{task['id']}/visits", self._seen())
        await self._post(f"/tasks/{task['id']}/verdict", {"verdict": "risk_confirmed", "reason": "张三住院，费用大"})
        [case] = (await self.service.get(f"{CASES}?household={self.household_id}"))["items"]
        self.case_id = case["id"]

    async def visit(self) -> None:
        """Somebody goes there."""
        await self._post(f"/households/{self.household_id}/visits", self._seen())

    look_again = visit

    async def assure(self) -> None:
        """What the township finds of schooling, medical care, housing and water."""
        body = {"safe_housing": True, "safe_water": True, "schooling_met": True, "medical_met": True}
        await self.change({**body, "dwelling_level": "B", "only_home": True})

    async def change(self, body: dict[str, Any]) -> None:
        """A change of the register."""
        path = f"/households/{self.household_id}"
        await self._take(path, await self.service.call("PATCH", path, "village", PINE, json=body, headers=ANY))

    async def line(self, item: str, amount: int, first: str, last: str) -> None:
        """A line of income or spending."""
        body = {"item": item, "amount": amount, "first_month": first, "last_month": last}
        await self._post(f"/households/{self.household_id}/income/entries", body)

    async def moved(self, to: str, level: str, **more: Any) -> dict[str, Any]:
        """A move that must be made."""
        answer = await move(self.service, self.case_id, to, level, **more)
        assert answer.status_code == 200, (to, answer.text)
        return dict(answer.json())

    async def told(self) -> list[tuple[str, str]]:
        """From which level to which the case was raised."""
        return [(one.from_level, one.to_level) for one in await self.service.told(CaseEscalated)]

    def _seen(self) -> dict[str, Any]:
        return {"id": str(uuid4()), "visited_at": utc_now().isoformat(), "with_whom": "李桂花"}


@pytest.fixture
async def year(service: Households, clock: Clock) -> Year:
    """The fifth of January, and rules in force for income and pretence."""
    await service.deliver(published("income-rules", RULES))
    await publish(service, "pretence-detectors", LIMITS)
    return Year(service, clock)


IDENTIFYING = ("visit", "authorise", "to_comparison", "ask", "answer", "to_deliberation", "settle", "to_notice")
HUNG = ("draft", "post", "wait", "end", "to_township_review")


async def test_a_year_of_one_household(year: Year) -> None:
    await _a_clue_that_nobody_takes_up(year)
    await _identified_at_the_second_try(year)
    await _helped(year)
    await _out_of_risk_when_everything_has_held(year)
    await _kept_in_sight_and_back_again(year)


async def _a_clue_that_nobody_takes_up(year: Year) -> None:
    """The village lets it lie: warned, then the township hears of it, then the county."""
    service = year.service
    await year.alert()
    assert [one.verdict for one in await service.told(VerdictGiven)] == ["risk_confirmed"]
    case = await service.get(f"{CASES}/{year.case_id}")
    assert (case["state"], case["source"], case["main_risk"]) == ("clue", "bureau", "01")
    assert datetime.fromisoformat(case["due"]["due_at"]).astimezone(CHINA).date() == date(2026, 1, 8)
    await year.let_pass(2)
    assert [one.state for one in await service.told(CaseClockWarned)] == ["clue"]
    [due] = (await service.get(f"{CASES}?due_within=1", "township", STONE))["items"]
    assert (due["id"], due["holder"]["level"], due["holder"]["raised_to"]) == (year.case_id, "village", None)
    await year.let_pass(2)
    assert await year.told() == [("village", "township")]
    await year.let_pass(2)
    assert await year.told() == [("village", "township"), ("township", "county")]
    [asked] = (await service.get(f"{CASES}?due_within=0&holder=county"))["items"]
    assert asked["holder"]["raised_to"] == "county"
    moved = await year.moved("visit_check", "village")
    assert moved["holder"]["raised_to"] is None
    assert (await service.told(CaseMoved))[-1].late


async def _identified_at_the_second_try(year: Year) -> None:
    """Township and county send it back, each with a reason; visit, vote and notice are done anew each time."""
    service = year.service
    await year.line("wages.local", 10_000, "2025-01", "2025-12")
    await year.walk(*IDENTIFYING, *HUNG)
    assert year.refused == []
    assert (await move(service, year.case_id, "county_decision", "village")).status_code == 403
    for state in ("township", "county"):
        if state == "county":
            await year.moved("county_decision", "township")
        assert codes(await move(service, year.case_id, "visit_check", state, note=None)) == ["case-needs-note"]
        await year.moved("visit_check", state, note="入户记录与比对结果不符，请重新核实")
        assert await year.missing("notice") == {"visit"}
        assert "votes" in await year.missing("township_review")
        await year.walk("visit", "to_comparison", "to_deliberation", "to_notice", "to_township_review")
        [early] = [answer for step, answer in year.refused if step == "to_township_review"]
        assert codes(early) == ["unmet-notice"], "the sheet of before is void"
        year.refused.clear()
        await year.walk(*HUNG)
        assert year.refused == []
    await year.moved("county_decision", "township")
    monitored = await year.moved("monitored", "county")
    assert monitored["identified_on"] == day()
    shown = await service.get(f"/households/{year.household_id}", "village", PINE)
    assert (shown["monitoring_state"], shown["monitoring_class"], shown["main_risk"]) == ("monitored", "edge", "01")


async def _helped(year: Year) -> None:
    await year.let_pass(3)
    await year.walk("to_planned")
    assert codes(year.refused.pop()[1]) == ["unmet-measure-planned", "unmet-developmental"]
    await year.walk("plan", "to_planned", "to_observation")
    assert codes(year.refused.pop()[1]) == ["unmet-delivered-any"]
    await year.let_pass(10)
    await year.walk("deliver", "to_observation", "assure")
    assert (year.refused, await year.state()) == ([], "observation")


async def _out_of_risk_when_everything_has_held(year: Year) -> None:
    """Too early; the well runs dry and is mended; a visit that is only said; and a notice that was too short."""
    await year.until(6, 20)
    await year.change({"safe_water": False})
    await year.walk("to_elimination_check")
    assert codes(year.refused.pop()[1]) == ["unmet-months"]
    await year.until(8, 20)
    await year.line("wages.outside", 28_000, "2026-01", "2026-07")
    await year.walk("to_elimination_check", "check", "to_elimination_deliberation")
    assert codes(year.refused.pop()[1]) == ["unmet-visit", "unmet-water"]
    await year.change({"safe_water": True})
    await year.walk("look_again", "to_elimination_deliberation")
    assert codes(year.refused.pop()[1]) == ["unmet-assured-held"], "mended today is not safe for good"
    await year.until(9, 18)
    await year.walk("to_elimination_deliberation")
    assert codes(year.refused.pop()[1]) == ["unmet-assured-held"], "a day is missing"
    await year.until(9, 19)
    await year.walk("to_elimination_deliberation", "to_elimination_notice", "draft", "post")
    assert year.refused == []
    await year.let_pass(4)
    await year.walk("end", "to_elimination_township")
    assert [answer.json()["code"] for _, answer in year.refused] == ["notice-too-short", "gate-not-met"]
    year.refused.clear()
    await year.let_pass(1)
    await year.walk("end", "to_elimination_township", "to_elimination_county")
    assert year.refused == []
    assert (await move(year.service, year.case_id, "eliminated", "township")).status_code == 403
    gone = await year.moved("eliminated", "county")
    assert (gone["state"], gone["eliminated_on"]) == ("eliminated", "2026-09-24")


async def _kept_in_sight_and_back_again(year: Year) -> None:
    """Tracked; the county finds that the risk never went; and that it was called gone too soon is seen in the night."""
    service = year.service
    assert codes(await move(service, year.case_id, "tracking", "village", evidence={})) == ["case-needs-contact"]
    await year.moved("tracking", "village")
    shown = await service.get(f"/households/{year.household_id}", "village", PINE)
    assert shown["monitoring_state"] == "eliminated"
    await year.until(12, 20)
    lost = minutes(1, 30)
    assert (await move(service, year.case_id, "monitored", "township", evidence={"minutes": lost})).status_code == 403
    back = await year.moved("monitored", "county", note="复核发现风险未消除")
    assert (back["round"], back["eliminated_on"]) == (1, None)
    assert (await service.get("/pretence-findings"))["items"] == []
    await look_for_pretence(service.database, utc_now())
    [seen] = (await service.get("/pretence-findings", "village", PINE))["items"]
    assert (seen["kind"], seen["case_id"], seen["values"]["after_days"]) == ("reopened", year.case_id, 87)
    assert len(await service.told(PretenceSuspected)) == 1
    history = (await service.get(f"{CASES}/{year.case_id}"))["moves"]
    days = [one["happened_on"] for one in history]
    assert days == sorted(days)
    assert (days[0], days[-1]) == ("2026-01-05", "2026-12-20")
    assert [one["to_state"] for one in history].count("visit_check") == 3
