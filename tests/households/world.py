"""A village in which anything may be done to a few households, by the service's own roads; each writes down in the model
what the service took of it."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

import httpx

from services.households.background import IncomeSweep, end_what_is_over, grade_waiting
from services.households.rules.monitoring.states import ASKED, BY_FACT, CLOSED, ELIMINATING, MOVES
from shared.clock import local_date
from shared.idnumber import IdNumber
from tests.households.clock import Clock
from tests.households.conftest import COUNTY, POLICIES, Households, id_number, person
from tests.households.gate_model import (
    ASSURED,
    UNSAFE,
    Case,
    Home,
    Model,
    Person,
)
from tests.households.monitoring import CASES
from tests.households.named_model import unmet_before
from tests.households.road import ANY

NAMES = {2: "张三", 3: "李桂花", 4: "张小妹", 50: "赵强", 51: "钱婆", 60: "孙一"}
BORN = {4: "20160105"}  # a child; the others are of age
WATCHED = (2, 3, 4)
GONE = ("dismissed", "moved_away", "deceased")
CAUSED = frozenset({"restored", "risks"})
"""Lines of a case's history by which it did not come to where it stands."""


def number_of(number: int) -> IdNumber:
    """Their ID number."""
    return id_number(number, BORN.get(number, "19900101"))


def somebody(number: int, relation: str, **facts: Any) -> dict[str, Any]:
    """The body of one of `NAMES`."""
    return {**person(number, NAMES[number], relation, **facts), "id_number": number_of(number)}


def above(village: str) -> str:
    """Its township."""
    return village[:9] + "000"


class World:
    """The households, and the moves that can be made. `model` is what became of them, as far as the gates may care."""

    def __init__(self, service: Households, clock: Clock) -> None:
        self.service, self.clock = service, clock
        self.model = Model(deepcopy(POLICIES))
        self.seen: set[str] = set()  # lines of cases' histories
        self.fell: list[Case] = []  # cases that came to be eliminated by the last step
        self.adopted: list[Case] = []  # and those that a list has brought as such
        self.named: list[Case] = []  # and those that came to be monitored
        self.over = False  # whether the risk was gone once, or there was none
        self.waits = True  # whether there is work beside the requests
        self.income = IncomeSweep(service.database)
        self.trail: list[str] = []

    @property
    def today(self) -> date:
        """In China."""
        return local_date(self.clock.now)

    async def call(
        self, method: str, path: str, body: Any = None, role: str = "county", area: str = COUNTY
    ) -> httpx.Response | None:
        """One request, a minute after the one before; None where it is refused."""
        self.clock.advance(hours=1 / 60)
        answer = await self.service.call(method, path, role, area, json=body, headers=ANY)
        assert answer.status_code < 500, answer.text
        code = "" if answer.status_code < 400 else answer.json().get("code")
        self.trail.append(f"{self.today} {role} {method} {path} {body} -> {answer.status_code} {code}")
        return answer if answer.status_code < 400 else None

    async def settle(self) -> None:
        """What waits beside the requests is done, and what the service did by itself is known."""
        if self.waits:
            now, database = self.clock.now, self.service.database
            await self.income.run(now)
            await end_what_is_over(database, self.service.vault, now)
            await grade_waiting(database, now)
            self.waits = False
        await self._look()

    async def _look(self) -> None:
        rows = await self.service.sql("""
            SELECT m.id::text, m.case_id::text, c.household_id::text, m.round, m.from_state, m.to_state, m.at,
                m.happened_on, m.evidence FROM case_move m JOIN monitoring_case c ON c.id = m.case_id ORDER BY m.id
        """)
        for id_, case_id, home, round_, before, to, at, on, why in rows:
            if id_ not in self.seen:
                self.seen.add(id_)
                self._happened(
                    self.model.cases.setdefault(case_id, Case(case_id, home)), home, round_, before, to, at, on, why
                )

    def _happened(
        self, case: Case, home: str, round_: int, before: str | None, to: str, at: Any, on: date, why: Mapping[str, Any]
    ) -> None:
        """One line of a case's history: what the table lets people do, or what a fact did by itself."""
        by_fact = [(one.source, one.to) for fact in BY_FACT.keys() & why.keys() for one in BY_FACT[fact]]
        by_hand = [(one.source, one.to) for one in MOVES]
        by_fact += [(one.source, one.to) for one in MOVES if one.road == "anew" and by_fact]
        assert before is None or "risks" in why or (before, to) in (by_fact or by_hand), (before, to, why, self.trail)
        if round_ > case.round:
            self.model.cases[case.id] = case = Case(case.id, home, round=round_, confirmed=case.confirmed)
        if to == "clue" and "restored" not in why:
            case.opened = at
        if "carried" in why:
            case.home, case.carried_on = home, local_date(at)
        case.state = to
        if not CAUSED & why.keys():
            case.came[to].append(at)
        if to == "monitored" and before == "county_decision":
            case.identified_on = on
            self.named.append(case)
        elif to == "monitored" and before in CLOSED:
            case.withdrawn_on = local_date(at)
        if to == "dismissed" and not any(one.identified_on for one in self.model.cases.values()):
            self.over = True  # those who decide may say that nobody has to be watched, before anybody was
        if to == "eliminated" and "restored" not in why:
            (self.fell if before else self.adopted).append(case)

    async def verify(self) -> None:
        """Nothing was called gone that is not, the gate knows all that stands against it, and nobody is out of sight."""
        await self.settle()
        for case in self.fell:
            assert not self.model.unmet(case, self.clock.now), (self.model.unmet(case, self.clock.now), self.trail)
        for case in self.named:
            assert not unmet_before(self.model, case, self.clock.now), (case, self.trail)
        for case in self.adopted:
            assert not self._most_watched(case.home), self.trail
        for case in self.model.cases.values():
            if case.state in ELIMINATING:
                await self._ask(case, "eliminated", self.model.unmet(case, self.clock.now))
            elif case.state in ASKED:
                await self._ask(case, "monitored", unmet_before(self.model, case, self.clock.now))
        self._look_for_watched()
        self.over = self.over or bool(self.fell)
        self.fell, self.adopted, self.named = [], [], []

    async def _ask(self, case: Case, to: str, unmet: set[str]) -> None:
        """The gate knows all of it."""
        gate = await self.service.get(f"{CASES}/{case.id}/gate?to={to}")
        told = {one["code"] for one in gate["conditions"] if not one["met"]}
        assert unmet <= told, (unmet - told, self.trail)

    def _most_watched(self, home: str) -> bool:
        """Whether most of those who were identified and are here live in that household."""
        watched = [one for one in self.model.people if one.number in WATCHED and one.left_on is None]
        there = [one for one in watched if one.home == home]
        return bool(there) and 2 * len(there) > len(WATCHED)

    def _look_for_watched(self) -> None:
        """Most of those who were identified live nowhere without a case, till one of theirs was really gone."""
        with_case = {one.home for one in self.model.cases.values() if one.state not in GONE}
        for home in self.model.homes.keys() - with_case:
            assert self.over or not self._most_watched(home), self.trail

    # The register

    async def found(self, area: str, code: str | None, people: list[dict[str, Any]], **facts: Any) -> Home | None:
        """A household is entered."""
        body = {"area_code": area, "class": "ordinary", "members": people, **facts}
        answer = await self.call("POST", "/households", {**body, **({"national_code": code} if code else {})})
        if answer is None:
            return None
        home = self.model.homes[answer.json()["id"]] = Home(answer.json()["id"], area, code, dict(facts))
        for told, entered in zip(people, answer.json()["members"], strict=True):
            self._lives(entered["id"], told, home, None)
        return home

    def _lives(self, id_: str, told: Mapping[str, Any], home: Home, since: date | None) -> Person:
        number = next(n for n in NAMES if told["id_number"] == number_of(n))
        born = date.fromisoformat(f"{told['id_number'][6:10]}-{told['id_number'][10:12]}-{told['id_number'][12:14]}")
        one = Person(id_, number, told["name"], born, home.id, told["relation"], came_on=since)
        one.skill, one.insurance = told.get("labour_skill"), told.get("medical_insurance")
        one.stage = told.get("school_stage")
        self.model.people.append(one)
        home.joined = self.clock.now if since else home.joined
        return one

    def told(self, number: int, relation: str = "97") -> dict[str, Any]:
        """Somebody as they are entered: as they were when they were last known."""
        known = [one for one in self.model.people if one.number == number][-1]
        facts = {"labour_skill": known.skill, "medical_insurance": known.insurance, "school_stage": known.stage}
        return somebody(number, relation, **{name: value for name, value in facts.items() if value is not None})

    async def enter(self, home: Home, number: int) -> None:
        """A person is entered into a household that is there."""
        told = self.told(number)
        if answer := await self.call("POST", f"/households/{home.id}/members", told):
            self._lives(answer.json()["id"], told, home, self.today)

    async def strike_off(self, one: Person, reason: str) -> None:
        """A person leaves the register."""
        if await self.call("POST", f"/members/{one.id}/removal", {"reason": reason}):
            one.left_on, one.left_at = self.today, self.clock.now
            self.model.homes[one.home].goers.append((self.today, one))
            self.model.homes[one.home].gone = reason != "mistake" and not self.model.living(one.home)

    async def restore(self, one: Person) -> None:
        """Who was struck off never left."""
        if await self.call("POST", f"/members/{one.id}/restoration", {}):
            home = self.model.homes[one.home]
            one.left_on, one.came_on, home.gone = None, self.today, False
            cases = [case for case in self.model.cases.values() if case.home == home.id]
            went = [at for case in cases for state, came in case.came.items() if state not in GONE for at in came]
            if any(at >= (one.left_at or at) for at in went):
                home.joined = self.clock.now  # what went on meanwhile went on without them

    async def change_home(self, home: Home, **fields: Any) -> None:
        """The register is told something of a household."""
        if await self.call("PATCH", f"/households/{home.id}", fields):
            self._home_is(home, fields)

    def _home_is(self, home: Home, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            was = home.area if name == "area_code" else home.facts.get(name)
            mended = (name == "dwelling_level" and was in UNSAFE) or (name == "only_home" and value is False)
            if was != value and (name in ASSURED or mended):
                home.told_on = self.today
            if name == "area_code":
                home.area = value
            else:
                home.facts[name] = value

    async def change_person(self, one: Person, **fields: Any) -> None:
        """The register is told something of a person."""
        if await self.call("PATCH", f"/members/{one.id}", fields):
            self._person_is(one, fields)

    def _person_is(self, one: Person, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            if name == "labour_skill" and value != one.skill:
                one.skills.append((self.today, one.skill))
                one.skill = value
            elif name == "medical_insurance" and value != one.insurance:
                if one.insurance == "none":
                    self.model.homes[one.home].told_on = self.today
                one.insurance = value
            elif name == "school_stage":
                one.stage = value

    # People and households together

    async def move(self, one: Person, to: Home) -> None:
        """A person goes to another household."""
        if await self.call("POST", f"/members/{one.id}/move", {"household_id": to.id, "relation": "97"}):
            self._went([one], self.model.homes[one.home], to)

    async def split(self, source: Home, leaving: list[Person]) -> None:
        """Some leave for a household of their own."""
        moving = [{"member_id": one.id, "relation": "97" if n else "02"} for n, one in enumerate(leaving)]
        staying = [one for one in self.model.living(source.id) if one not in leaving]
        rest = [{"member_id": one.id, "relation": "97" if n else "02"} for n, one in enumerate(staying)]
        if answer := await self.call("POST", f"/households/{source.id}/split", {"members": moving, "staying": rest}):
            to = Home(answer.json()["id"], source.area, facts=dict(source.facts))
            self.model.homes[to.id] = to
            self._went(leaving, source, to)

    async def merge(self, source: Home, to: Home) -> None:
        """Two households become one."""
        version = (await self.service.get(f"/households/{source.id}"))["version"]
        moving = self.model.living(source.id)
        members = [{"member_id": one.id, "relation": "97"} for one in moving]
        body = {"household_id": source.id, "version": version, "members": members}
        if await self.call("POST", f"/households/{to.id}/merge", body):
            self._went(moving, source, to)
            for kept in (*self.model.visits, *self.model.lines, *self.model.alerts):
                kept.home = to.id if kept.home == source.id else kept.home
            source.gone = True
            self._lists_follow(source.id, to.id)

    def _lists_follow(self, source: str, to: str) -> None:
        """Of two that were asked about one is: at risk with one of them is at risk."""
        for one in self.model.lists:
            if source in one.said:
                said = one.said.pop(source)
                one.said[to] = said if to not in one.said or said else one.said[to]

    def _went(self, people: list[Person], source: Home, to: Home) -> None:
        numbers = {one.number for one in people}
        for one in people:
            one.home, one.came_on = to.id, self.today
            source.goers.append((self.today, one))
        to.joined = self.clock.now if people else to.joined
        for line in self.model.lines:
            line.home = to.id if line.of in people else line.home
        for alert in self.model.alerts:
            alert.home = to.id if alert.home == source.id and alert.persons <= numbers else alert.home
        source.gone = not self.model.living(source.id)
