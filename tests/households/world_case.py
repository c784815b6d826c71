"""What else can be done in that village: money, visits, alerts, and all that belongs to the case."""

from typing import Any
from uuid import uuid4

from services.households.rules.monitoring.states import ELIMINATING
from shared.clock import utc_now
from shared.contracts.directory import PolicyPublished
from shared.ids import new_id
from tests.households.conftest import COUNTY, LONG_AGO
from tests.households.gate_model import Alert, Case, Check, Help, Home, Line, Person, Sheet, Visit
from tests.households.monitoring import CASES, evidence, minutes
from tests.households.road import measure
from tests.households.world import GONE, above, number_of
from tests.households.world_files import FileWorld


class CaseWorld(FileWorld):
    """Likewise with its model."""

    # Money, visits, alerts

    async def earn(self, home: Home, of: Person | None, amount: int, back: int, item: str = "wages.outside") -> None:
        """A line of the twelve months that ended so many months ago."""
        last = self.today.year * 12 + self.today.month - 2 - back
        months = [f"{month // 12}-{month % 12 + 1:02}" for month in (last - 11, last)]
        body = {"item": item, "amount": amount, "first_month": months[0], "last_month": months[1]}
        body |= {"member_id": of.id} if of else {}
        if answer := await self.call("POST", f"/households/{home.id}/income/entries", body):
            rigid = item.startswith("medical")
            self.model.lines.append(Line(answer.json()["id"], home.id, of, amount, last - 11, last, rigid))

    async def unearn(self, line: Line) -> None:
        """It was wrong."""
        if await self.call("POST", f"/income-entries/{line.id}/withdrawal", {"reason": "重复录入"}):
            line.counts = False

    async def visit(self, home: Home, kind: str, *, by_two: bool) -> None:
        """Somebody goes there, or says that nothing has changed."""
        id_ = str(uuid4())
        self.clock.advance(hours=1 / 60)
        body = {"id": id_, "visited_at" if kind == "visits" else "at": utc_now().isoformat()}
        if answer := await self.call("POST", f"/households/{home.id}/{kind}", body, "village", home.area):
            seen = Visit(home.id, utc_now(), kind == "visits" and not answer.json()["second_needed"])
            self.model.visits.append(seen)
            if by_two and await self.call("POST", f"/visits/{id_}/confirmation", None, "township", above(home.area)):
                seen.whole = kind == "visits"

    async def alert(self, one: Person) -> None:
        """A bureau tells of somebody, and the village has a task."""
        self.clock.advance(hours=1 / 60)
        told = self.service.alert(one.number, at=self.clock.now)
        key = self.service.vault.person_key(number_of(one.number))
        await self.service.deliver(told.model_copy(update={"person_key": key}))
        rows = await self.service.sql(
            "SELECT t.id::text FROM task t JOIN evidence e ON e.case_id = t.case_id"
            " WHERE e.alert_id = CAST(:id AS uuid) AND t.household_id IS NOT NULL",
            id=told.alert_id,
        )
        self.trail.append(f"{self.today} alert on {one.name} -> {rows}")
        for (task,) in rows:
            there = next((known for known in self.model.alerts if known.task == task), None)
            if there is None:
                self.model.alerts.append(Alert(task, one.home, {one.number}))
            else:
                there.persons.add(one.number)

    async def verdict(self, alert: Alert, said: str) -> None:
        """The village answers."""
        home = self.model.homes[alert.home]
        body = {"verdict": said, "reason": "入户核实"}
        if await self.call("POST", f"/tasks/{alert.task}/verdict", body, "village", home.area):
            self.model.alerts.remove(alert)
            if said == "risk_confirmed":
                await self._confirmed(home, "09")

    async def _confirmed(self, home: Home, risk: str) -> None:
        await self._look()
        for case in self.model.cases.values():
            if case.home == home.id and case.state not in GONE:
                case.confirmed.append(self.clock.now)
                case.risks += [risk] if risk not in case.risks else []

    # The case

    async def go(self, case: Case, to: str, level: str, present: int = 40, in_favour: int = 30) -> None:
        """One move, with all the evidence there is."""
        area = self._area(case, level)
        vote = minutes(in_favour, 0, attendees=present)
        body = {"to": to, "note": "情况属实", "evidence": evidence(minutes=vote)}
        if await self.call("POST", f"{CASES}/{case.id}/moves", body, level, area) and to.endswith("notice"):
            case.vote = (self.clock.now, present, in_favour)

    def _area(self, case: Case, level: str) -> str:
        village = self.model.homes[case.home].area
        return {"village": village, "township": above(village), "county": COUNTY}[level]

    async def set_risks(self, case: Case, risks: list[str]) -> None:
        """The county says which risks there are."""
        body = {"main": risks[0], "risks": risks, "reason": "复核"}
        if await self.call("PUT", f"{CASES}/{case.id}/risks", body):
            case.risks = risks

    async def plan(self, case: Case, risk: str, kind: str, sub_kind: str | None) -> str | None:
        """A measure is planned."""
        body = measure(risk=risk, kind=kind, sub_kind=sub_kind)
        answer = await self.call("POST", f"{CASES}/{case.id}/measures", body, "township", self._area(case, "township"))
        if answer is None:
            return None
        case.helps[answer.json()["id"]] = Help(risk, kind, sub_kind)
        return str(answer.json()["id"])

    async def help(self, case: Case, id_: str, what: str) -> None:
        """A measure is delivered, fails or is withdrawn."""
        day = self.today.isoformat()
        body = {"delivered_on": day, "proof": "一卡通到账"} if what == "delivery" else {"reason": "录入有误"}
        if await self.call("POST", f"/measures/{id_}/{what}", body, "township", self._area(case, "township")):
            states = {"delivery": "delivered", "failure": "failed", "withdrawal": "withdrawn"}
            case.helps[id_].state, case.helps[id_].on = states[what], self.today

    async def check(self, case: Case, *, stable: bool = True, solved: bool = True, contact: bool = True) -> None:
        """Somebody looks before the risk is called gone."""
        who = {"contact": {"name": "赵六", "phone": "15400000099"}} if contact else {}
        body = {
            "checked_on": self.today.isoformat(),
            "income_stable": stable,
            "spending_solved": solved,
            "manner": "helped",
        }
        path = f"{CASES}/{case.id}/elimination-checks"
        if await self.call("POST", path, {**body, **who}, "village", self._area(case, "village")):
            case.check = Check(self.clock.now, self.today, stable, solved, contact)

    async def draft(self, case: Case) -> None:
        """The village writes a notice."""
        area = self._area(case, "village")
        kind = "elimination" if case.state in ELIMINATING else "identification"
        body = {"kind": kind, "case_ids": [case.id]}
        if answer := await self.call("POST", "/public-notices", body, "village", area):
            case.sheets.append(Sheet(answer.json()["id"], area, self.clock.now))

    async def hang(self, sheet: Sheet, what: str) -> None:
        """The last notice is put up, taken down or taken back."""
        day = self.today.isoformat()
        bodies = {
            "posting": {"started_on": day, "place": "村委会公告栏", "put_up_by": "王五"},
            "ending": {"ended_on": day, "taken_down_by": "王五"},
        }
        if await self.call("POST", f"/public-notices/{sheet.id}/{what}", bodies.get(what), "village", sheet.area):
            sheet.started = self.today if what == "posting" else sheet.started
            sheet.ended = self.today if what == "ending" else sheet.ended
            sheet.withdrawn = sheet.withdrawn or what == "withdrawal"

    async def object_to(self, case: Case, sheet: Sheet) -> None:
        """Somebody objects."""
        body = {"case_id": case.id, "by": "刘七", "what": "该户有营运货车", "received_on": self.today.isoformat()}
        if answer := await self.call("POST", f"/public-notices/{sheet.id}/objections", body, "village", sheet.area):
            case.objections[answer.json()["id"]] = (sheet.id, "open")

    async def answer(self, case: Case, id_: str, decision: str) -> None:
        """The county answers an objection."""
        body = {"decision": decision, "reason": "经核查"}
        if await self.call("POST", f"/objections/{id_}/answer", body):
            case.objections[id_] = (case.objections[id_][0], decision)

    async def publish(self, kind: str, **more: Any) -> None:
        """The county puts another version of a policy in force."""
        body = {**self.model.policies.get(kind, {}), **more}
        version = len(self.trail) + 2
        told = {"policy_id": new_id(), "kind": kind, "area_prefix": "", "valid_from": LONG_AGO, "version": version}
        await self.service.deliver(PolicyPublished.model_validate({**told, "author": "test", "body": body}))
        self.model.policies[kind], self.waits = body, True
        self.trail.append(f"{self.today} publish {kind} {more}")
