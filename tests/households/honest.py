"""Somebody honest, who goes on with a case by putting in order whatever stands against the next step."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

from services.households.rules.monitoring.states import ASKED, ELIMINATING, HOLDERS, IDENTIFIED, moves_from
from tests.households.clock import Clock
from tests.households.conftest import BAMBOO, PINE, Households
from tests.households.gate_model import ASSURED, Case, Home, Model, Person
from tests.households.income import RULES, published
from tests.households.lists import Row
from tests.households.named_model import unmet_before
from tests.households.road import Road
from tests.households.world import somebody
from tests.households.world_wider import WiderWorld

GOOD = dict.fromkeys(ASSURED, True) | {"dwelling_level": "B"}
EARNING = ("employment", "employment.export")
FITTING = {
    "01": ("health", "health.aid"),
    "09": ("education", "education.dew"),
    "07": EARNING,
    "water": ("water", None),
}
REVIEWS = {"elimination_township": "township", "elimination_county": "county"}


class Honest(WiderWorld):
    """A world with somebody in it who wants the risk to be gone, and not only called so."""

    origin: tuple[tuple[Model, set[str]], datetime]
    restore_rows: Callable[[], Awaitable[None]]
    lists = 0
    monitored = True

    async def reset(self) -> None:
        """Begin again where the road began."""
        await self.restore_rows()
        (self.model, self.seen), self.clock.now = deepcopy(self.origin[0]), self.origin[1]
        self.fell, self.adopted, self.named, self.trail = [], [], [], []
        self.lists, self.over, self.waits = 0, False, True

    async def _listed(self, rows: list[Row], **more: Any) -> dict[str, Any] | None:
        """One list is enough for a run: it takes as long as twenty other steps."""
        self.lists += 1
        return await super()._listed(rows, **more) if self.lists == 1 else None

    def case(self) -> Case | None:
        """The one that is on its way; before anybody is identified, the one that may be."""
        states = IDENTIFIED if self.monitored else (*IDENTIFIED, *ASKED)
        return next((one for one in self.model.cases.values() if one.state in states), None)

    def next_state(self, case: Case) -> str:
        """One step ahead."""
        return next((str(move.to) for move in moves_from(case.state) if move.road == "ahead"), case.state)  # type: ignore[arg-type]

    async def wait(self, days: int) -> None:
        """Days pass."""
        self.clock.advance(days=days)
        self.waits = True
        self.trail.append(f"{self.today} after {days} days")

    async def enter_alone(self, number: int, area: str) -> None:
        """Who was struck off is entered as a household of their own."""
        await self.found(area, f"{area}9{number:03}", [self.told(number, "02")], **GOOD)

    async def ahead(self) -> None:
        """One step: what stands against the next one is mended, else it is made."""
        if (case := self.case()) is None:
            return
        if case.state in ("monitored", "planned", "observation"):
            await self._help(case)
        elif case.state in ELIMINATING:
            await self._lead_out(case)
        else:
            await self._lead_in(case)

    async def _lead_in(self, case: Case) -> None:
        unmet = unmet_before(self.model, case, self.clock.now)
        home = self.model.homes[case.home]
        match min(unmet & NAMED, default=None):
            case "class":
                await self.set_class(case, "edge")
                await self.set_class(case, "sudden")
            case "main-risk":
                await self.set_risks(case, ["01"])
            case "visit":
                await self.visit(home, "visits", by_two=True)
            case "authorisation":
                await self.authorise(case)
            case "comparison-asked":
                await self.ask_bureaus(case)
            case "comparison-answered":
                for kind in self.model.policies["asset-comparison"]["required"]:
                    await self.answer_bureau(case, kind)
            case _:
                await self._name(case, unmet)

    async def _name(self, case: Case, unmet: set[str]) -> None:
        level = HOLDERS[case.state]  # type: ignore[index]
        if case.state == "notice" and "notice" in unmet:
            await self._publish(case)
        elif "objections" in unmet:
            await self._reject(case)
        elif case.state in ("notice", "township_review", "county_decision") and unmet:
            await self.go(case, "visit_check", level)
        else:
            await self.go(case, self.next_state(case), level)

    async def _reject(self, case: Case) -> None:
        for id_, (_, state) in list(case.objections.items()):
            if state == "open":
                await self.answer(case, id_, "rejected")

    async def _help(self, case: Case) -> None:
        if "measure-delivered" in self.model.unmet(case, self.clock.now) or not case.risks:
            await self._give(case)
        elif case.state == "observation" and (late := self.model.unmet(case, self.clock.now) & EARLY):
            await self._mend(case, min(late))
        else:
            await self.go(case, self.next_state(case), "village")

    async def _give(self, case: Case) -> None:
        if not case.risks:
            await self.set_risks(case, ["01"])
        for risk in case.risks:
            for kind in {FITTING[risk], EARNING}:
                if id_ := await self.plan(case, risk, *kind):
                    await self.help(case, id_, "delivery")

    async def _lead_out(self, case: Case) -> None:
        unmet = self.model.unmet(case, self.clock.now)
        level = REVIEWS.get(case.state, "village")
        stale = unmet - PUBLISHED - EARLY
        if case.state in ("elimination_check", "elimination_deliberation") and unmet - PUBLISHED:
            await self._mend(case, min(unmet - PUBLISHED))
        elif case.state == "elimination_notice" and "notice" in unmet:
            await self._publish(case)
        elif "objections" in unmet:
            await self._reject(case)
        elif unmet & EARLY:
            await self._mend(case, min(unmet & EARLY))
        elif unmet and case.state in (*REVIEWS, "elimination_notice"):
            await self.go(case, "elimination_check", level)
        else:
            assert not stale
            await self.go(case, self.next_state(case), level)

    async def _publish(self, case: Case) -> None:
        await self.draft(case)
        if case.sheets:
            await self.hang(case.sheets[-1], "posting")
            await self.wait(self.model.policies["case-clocks"]["notice_days"])
            await self.hang(case.sheets[-1], "ending")

    async def _mend(self, case: Case, code: str) -> None:
        home = self.model.homes[case.home]
        match code:
            case "months" | "labour-held" | "assured-held":
                await self.wait(190 if code == "months" else 31)
            case "open-checks":
                for one in [one for one in self.model.alerts if one.home == home.id]:
                    await self.verdict(one, "no_risk")
                for asked in [one for one in self.model.lists if one.said.get(home.id, True) is None]:
                    await self.answer_area(asked, home, at_risk=False)
            case "visit":
                await self.visit(home, "visits", by_two=True)
            case "measure-delivered" | "main-risk":
                await self._give(case)
            case "income-known" | "income-line" | "spending":
                await self.earn(home, None, 100_000, 0)
                await self.check(case)
            case "labour" | "out-of-school" | "uninsured":
                await self._mend_people(home)
            case "schooling" | "medical" | "housing" | "water" | "dwelling":
                await self.change_home(home, **GOOD)
            case _:
                await self.check(case)

    async def _mend_people(self, home: Home) -> None:
        for n, one in enumerate(self.model.living(home.id)):
            skill = {} if n else {"labour_skill": "ordinary"}
            stage = {"school_stage": "primary"} if one.number == 4 else {}
            await self.change_person(one, medical_insurance="resident", **skill, **stage)
            await self._bring_back(one)
        await self.change_home(home, no_labour_covered=False)

    async def _bring_back(self, one: Person) -> None:
        """A child goes to school, and is looked for there until it is back for good."""
        pupil = self.model.pupils.get(one.number)
        if pupil is not None and pupil.state == "out":
            await self.go_to_school(one, "returned")
        if pupil is not None and pupil.state == "back":
            await self.wait(40)
            await self.look_for(one, present=True)


NAMED = {"class", "main-risk", "visit", "authorisation", "comparison-asked", "comparison-answered"}
EARLY = {"months", "labour", "labour-held", "open-checks"}
PUBLISHED = {"votes", "quorum", "notice", "objections", "objection-upheld"}


class _Start(Road):
    """The road to the decision, by the clock of the world."""

    def __init__(self, world: Honest, household_id: str) -> None:
        super().__init__(world.service)
        self.world, self.household_id = world, household_id

    async def let_pass(self, days: int) -> None:
        self.world.clock.advance(days=days)

    async def visit(self) -> None:
        await self.look_again()


async def begin(service: Households, clock: Clock, state: str) -> Honest:
    """A monitored household of three with its neighbours and somebody who lives alone, led on till the case is there."""
    await service.deliver(published("income-rules", RULES))
    world = Honest(service, clock)
    world.model.policies["visit-rules"] = {"two_people": False, "rules": []}

    poor = await world.found(
        PINE,
        f"{PINE}0001",
        [
            somebody(2, "02", labour_skill="ordinary", medical_insurance="resident"),
            somebody(3, "10", labour_skill="weak", medical_insurance="resident"),
            somebody(4, "30", labour_skill="none", medical_insurance="resident", school_stage="primary"),
        ],
        **GOOD,
    )
    neighbours = [
        somebody(50, "02", labour_skill="skilled", medical_insurance="resident"),
        somebody(51, "52", labour_skill="none", medical_insurance="none"),
    ]
    await world.found(PINE, f"{PINE}0050", neighbours, **GOOD)
    await world.found(BAMBOO, f"{BAMBOO}0060", [somebody(60, "02", labour_skill="weak")], dwelling_level="D")
    assert poor is not None
    road = _Start(world, poor.id)
    body = {"household_id": poor.id, "source": "self_report", "note": "主动申报"}
    opened = await service.post("/monitoring-cases", body, "village", PINE)
    road.case_id = opened.json()["id"]
    world.monitored = state not in ASKED
    if world.monitored:
        await road.walk(*Road.IDENTIFICATION)
    assert road.refused == [], [one[1].text for one in road.refused]
    await world.settle()
    case = world.case()
    assert case is not None
    case.risks = ["01"] if world.monitored else []
    world.named = []  # of that road the model knows nothing
    for _ in range(40):
        if case.state == state:
            break
        await world.ahead()
        await world.verify()
    assert case.state == state, world.trail
    return world
