"""A machine that does anything in any order to a few households, one of which is monitored."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from services.households.rules.monitoring.states import STATES
from tests.households.conftest import BAMBOO, PINE, POLICIES
from tests.households.gate_model import ASSURED, Case, Home, Person
from tests.households.honest import Honest

LAST_STEPS = 14
some = st.integers(0, 11)
yes = st.booleans()
TERMS = (
    {"quorum_people": 1, "check_fresh_days": 92, "visit_before_days": 92},
    {"weak_is_labour": False, "rigid_share_max": 0.2},
    {"natural_risks": ["01"], "notice_prove_days": 60, "income_fresh_days": 184},
    {"votes_share": 0.9, "quorum_people": 50},
)
CLOCKS = ({"notice_days": 9}, {"notice_days": 5}, {"monitored_months": 9}, {"monitored_months": 6})
FITS = ({"01": ["health"]}, {"01": ["social"], "09": ["education"]})


class Nobody(Exception):
    """There is none to whom that could be done: the step is left out."""


def step(**drawn: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule that is left out where there is nobody for it."""

    def made(does: Callable[..., None]) -> Any:
        @wraps(does)
        def tried(machine: "AnyRoad", **values: Any) -> None:
            with suppress(Nobody):
                does(machine, **values)

        return rule(**drawn)(tried)

    return made


class AnyRoad(RuleBasedStateMachine):
    """Rules draw numbers, and take whoever is there by them."""

    world: Honest
    loop: asyncio.AbstractEventLoop
    sound = False  # whether all that was done was found to be in order

    def do(self, *steps: Coroutine[Any, Any, None]) -> None:
        """Do it where the service lives, and look at what became of it."""

        async def all_of_them() -> None:
            for step in steps:
                await step
            await self.world.verify()

        self.sound = False
        asyncio.run_coroutine_threadsafe(all_of_them(), self.loop).result(60)
        self.sound = True

    def one(self, among: Sequence[Any], number: int) -> Any:
        """One of those that there are."""
        if not among:
            raise Nobody
        return among[number % len(among)]

    def home(self, number: int) -> Home:
        """One that lives; the first is the one with the case more often than not."""
        there = [one for one in self.world.model.homes.values() if not one.gone]
        case = self.world.case()
        mine = [self.world.model.homes[case.home]] if case else []
        return self.one([*mine, *mine, *there], number)

    def person(self, number: int) -> Person:
        """One who lives there."""
        return self.one(self.world.model.living(self.home(number).id), number // 3)

    def case(self) -> Case:
        """The one that is on its way."""
        case = self.world.case()
        if case is None:
            raise Nobody
        return case

    @initialize()
    def begin_anew(self) -> None:
        self.do(self.world.reset())

    @step(steps=st.integers(1, 6))
    def go_on_honestly(self, steps: int) -> None:
        for _ in range(steps):
            self.do(self.world.ahead())

    def teardown(self) -> None:
        """Whatever was done, somebody honest goes on: most runs end with a risk that is called gone."""
        for _ in range(LAST_STEPS):
            if self.sound and self.world.case() is not None:
                self.do(self.world.ahead())

    @step(days=st.sampled_from([1, 4, 5, 29, 31, 100]))
    def wait(self, days: int) -> None:
        self.do(self.world.wait(days))

    @step(to=st.sampled_from(STATES), level=st.sampled_from(["village", "township", "county"]), few=yes)
    def move(self, to: str, level: str, few: bool) -> None:
        self.do(self.world.go(self.case(), to, level, *((9, 9) if few else (40, 20))))

    @step(level=st.sampled_from(["village", "township", "county"]), votes=st.sampled_from([(9, 9), (40, 20), (40, 30)]))
    def move_ahead(self, level: str, votes: tuple[int, int]) -> None:
        self.do(self.world.go(self.case(), self.world.next_state(self.case()), level, *votes))

    @step(which=some, field=st.sampled_from(ASSURED), value=st.sampled_from([True, False, None]))
    def tell_of_home(self, which: int, field: str, value: bool | None) -> None:
        self.do(self.world.change_home(self.home(which), **{field: value}))

    @step(which=some, level=st.sampled_from(["A", "C", "D"]), only=st.sampled_from([True, False]), covered=yes)
    def tell_of_dwelling(self, which: int, level: str, only: bool, covered: bool) -> None:
        self.do(
            self.world.change_home(self.home(which), dwelling_level=level, only_home=only, no_labour_covered=covered)
        )

    @step(which=some, skill=st.sampled_from(["ordinary", "weak", "none", "lost"]))
    def tell_of_hands(self, which: int, skill: str) -> None:
        self.do(self.world.change_person(self.person(which), labour_skill=skill))

    @step(which=some, insurance=st.sampled_from(["none", "resident"]), stage=st.sampled_from([None, "primary"]))
    def tell_of_person(self, which: int, insurance: str, stage: str | None) -> None:
        one = self.person(which)
        fields = {"school_stage": stage} if one.number == 4 else {}
        self.do(self.world.change_person(one, medical_insurance=insurance, **fields))

    @step(which=some, area=st.sampled_from([PINE, BAMBOO]))
    def live_elsewhere(self, which: int, area: str) -> None:
        self.do(self.world.change_home(self.home(which), area_code=area))

    @step(which=some, other=some)
    def merge(self, which: int, other: int) -> None:
        source, to = self.home(which), self.home(other)
        if source is not to:
            self.do(self.world.merge(source, to))

    @step(which=some, first=some, two=yes)
    def split(self, which: int, first: int, two: bool) -> None:
        living = self.world.model.living(self.home(which).id)
        if len(living) < 2:
            return
        leaving = [
            living[first % len(living)],
            *([living[(first + 1) % len(living)]] if two and len(living) > 2 else []),
        ]
        self.do(self.world.split(self.world.model.homes[leaving[0].home], leaving))

    @step(which=some, other=some)
    def move_person(self, which: int, other: int) -> None:
        self.do(self.world.move(self.person(which), self.home(other)))

    @step(which=some, reason=st.sampled_from(["moved_away", "married_out", "deceased", "mistake"]))
    def strike_off(self, which: int, reason: str) -> None:
        self.do(self.world.strike_off(self.person(which), reason))

    @step(which=some)
    def restore(self, which: int) -> None:
        left = [one for one in self.world.model.people if one.left_on is not None]
        self.do(self.world.restore(self.one(left, which)))

    @step(which=some, other=some, how=st.sampled_from(["beside others", "alone", "by file", "by list"]))
    def enter_again(self, which: int, other: int, how: str) -> None:
        number = self.one([one for one in self.world.model.people if one.left_on is not None], which).number
        match how:
            case "alone":
                self.do(self.world.enter_alone(number, PINE))
            case "by file":
                self.do(self.world.enter_by_file(number))
            case "by list":
                self.do(self.world.enter_by_list(number))
            case _:
                self.do(self.world.enter(self.home(other), number))

    @step(
        which=some,
        water=st.sampled_from([True, False]),
        skill=st.sampled_from(["ordinary", "none"]),
        area=st.sampled_from([PINE, BAMBOO]),
    )
    def send_file(self, which: int, water: bool, skill: str, area: str) -> None:
        fields = {"safe_water": water, "area_code": area}
        self.do(self.world.send_file(self.home(which), fields, {"labour_skill": skill}))

    @step(
        which=some,
        water=yes,
        skill=st.sampled_from(["ordinary", "none"]),
        removal=st.sampled_from([None, "moved_away"]),
    )
    def send_list(self, which: int, water: bool, skill: str, removal: str | None) -> None:
        self.do(self.world.send_list(self.home(which), water, skill, removal))

    @step(
        told=st.sampled_from(
            [
                *(("gate-terms", more) for more in TERMS),
                *(("case-clocks", more) for more in CLOCKS),
                *(("measure-fit", {"fits": {**POLICIES["measure-fit"]["fits"], **more}}) for more in FITS),
                *(("income-line", {"per_head": line}) for line in (6000, 8700, 15000)),
                *(("visit-rules", {"two_people": two}) for two in (True, False)),
            ]
        )
    )
    def publish(self, told: tuple[str, dict[str, Any]]) -> None:
        self.do(self.world.publish(told[0], **told[1]))

    @step(
        which=some, of=yes, amount=st.sampled_from([9_600, 36_000, 96_000]), back=st.sampled_from([0, 0, 5]), rigid=yes
    )
    def earn(self, which: int, of: bool, amount: int, back: int, rigid: bool) -> None:
        one = self.person(which)
        item = "medical.hospital" if rigid else "wages.outside"
        self.do(self.world.earn(self.world.model.homes[one.home], one if of else None, amount, back, item))

    @step(which=some)
    def unearn(self, which: int) -> None:
        self.do(self.world.unearn(self.one([one for one in self.world.model.lines if one.counts], which)))

    @step(which=some, kind=st.sampled_from(["visits", "no-change"]), by_two=yes)
    def visit(self, which: int, kind: str, by_two: bool) -> None:
        self.do(self.world.visit(self.home(which), kind, by_two=by_two))

    @step(which=some)
    def alert(self, which: int) -> None:
        self.do(self.world.alert(self.person(which)))

    @step(which=some, said=st.sampled_from(["no_risk", "risk_confirmed"]))
    def answer_alert(self, which: int, said: str) -> None:
        self.do(self.world.verdict(self.one(self.world.model.alerts, which), said))

    @step(
        kind=st.sampled_from([("health", "health.aid"), ("social", None), ("employment", "employment.export")]),
        which=some,
    )
    def plan(self, kind: tuple[str, str | None], which: int) -> None:
        case = self.case()
        self.do(self.world.plan(case, self.one(case.risks, which), *kind))

    @step(which=some, what=st.sampled_from(["delivery", "failure", "withdrawal"]))
    def help(self, which: int, what: str) -> None:
        case = self.case()
        self.do(self.world.help(case, self.one([*case.helps], which), what))

    @step(risks=st.sampled_from([["01"], ["01", "07"], ["07"]]))
    def set_risks(self, risks: list[str]) -> None:
        self.do(self.world.set_risks(self.case(), risks))

    @step(stable=yes, solved=yes, contact=yes)
    def check(self, stable: bool, solved: bool, contact: bool) -> None:
        self.do(self.world.check(self.case(), stable=stable, solved=solved, contact=contact))

    @step()
    def draft(self) -> None:
        self.do(self.world.draft(self.case()))

    @step(what=st.sampled_from(["posting", "ending", "withdrawal"]))
    def hang(self, what: str) -> None:
        self.do(self.world.hang(self.one(self.case().sheets[-1:], 0), what))

    @step()
    def object_to(self) -> None:
        case = self.case()
        self.do(self.world.object_to(case, self.one(case.sheets[-1:], 0)))

    @step(which=some, decision=st.sampled_from(["upheld", "rejected"]))
    def answer_objection(self, which: int, decision: str) -> None:
        case = self.case()
        waiting = [id_ for id_, (_, state) in case.objections.items() if state == "open"]
        self.do(self.world.answer(case, self.one(waiting, which), decision))
