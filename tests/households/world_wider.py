"""What else may be done in that village: a household is identified, a child drops out, a warning comes about all of it."""

from datetime import date

from services.households.rules.monitoring.states import ASKED
from tests.households.conftest import COUNTY
from tests.households.gate_model import AreaList, Case, Home, Person, Pupil
from tests.households.monitoring import CASES
from tests.households.schooling import CASES as DROPOUTS
from tests.households.schooling import SCHOOL
from tests.households.test_area_checks import area_alert
from tests.households.world_case import CaseWorld

STAYS = 4


class WiderWorld(CaseWorld):
    """Likewise with its model."""

    # Identification

    async def set_class(self, case: Case, kind: str) -> None:
        """The county says of which class it is."""
        if await self.call("PUT", f"{CASES}/{case.id}/class", {"class": kind}):
            case.kind = kind

    async def authorise(self, case: Case) -> None:
        """The head signs that bureaus may be asked."""
        body = {"signer": "张三", "signed_on": self.today.isoformat()}
        path = f"{CASES}/{case.id}/authorisations"
        if await self.call("POST", path, body, "village", self._area(case, "village")):
            case.signed.append(self.today)

    async def ask_bureaus(self, case: Case) -> None:
        """The county asks them."""
        if answer := await self.call("POST", f"{CASES}/{case.id}/comparison", {}):
            for one in answer.json()["items"]:
                case.tickets[one["member_id"], one["kind"]] = date.fromisoformat(one["due_on"])

    async def answer_bureau(self, case: Case, kind: str) -> None:
        """One of them answers all that it was asked."""
        feeds = [self.model.policies["asset-comparison"]["kinds"][kind]["feed"]]
        found = await self.service.get("/comparison-tickets?state=open", "bureau", COUNTY, feeds=feeds)
        for ticket in found["items"]:
            self.clock.advance(hours=1 / 60)
            path = f"/comparison-tickets/{ticket['id']}/answer"
            body = {"answer": "does_not_exist"}
            answer = await self.service.call(
                "POST", path, "bureau", COUNTY, json=body, feeds=feeds, headers={"If-Match": "*"}
            )
            assert answer.status_code == 200, answer.text
        for one in self.model.cases.values():
            if one.state in ASKED:
                one.tickets.update({of: None for of in one.tickets if of[1] == kind})

    # School

    async def drop_out(self, one: Person) -> None:
        """A child is found in no school."""
        body = {"member_id": one.id, "found_on": self.today.isoformat(), "note": "村里发现"}
        home = self.model.homes[one.home]
        if answer := await self.call("POST", DROPOUTS, body, "village", home.area):
            self.model.pupils[one.number] = Pupil(answer.json()["id"])
            self._schooling_is(home, met=False)

    async def go_to_school(self, one: Person, to: str) -> None:
        """It is said to be back, or to have gone again."""
        pupil = self.model.pupils[one.number]
        body = {"to": to, "on": self.today.isoformat(), "note": "班主任确认", "school": SCHOOL}
        if await self.call("POST", f"{DROPOUTS}/{pupil.case}/moves", body):
            if to == "returned":
                pupil.state, pupil.back_on, pupil.seen = "back", self.today, []
            else:
                pupil.state = "out"
            self._schooling_is(self.model.homes[one.home], met=False)

    async def look_for(self, one: Person, *, present: bool) -> None:
        """Somebody looks whether it stays."""
        pupil = self.model.pupils[one.number]
        checks = (await self.service.get(f"{DROPOUTS}/{pupil.case}"))["stay_checks"]
        body = {"present": present, "seen_on": self.today.isoformat(), **({} if present else {"reason": "weary"})}
        for check in [check for check in checks if check["state"] == "waiting"]:
            path = f"{DROPOUTS}/{pupil.case}/stay-checks/{check['id']}/answer"
            if not await self.call("POST", path, body):
                continue
            home = self.model.homes[one.home]
            pupil.seen.append(self.today)
            if not present:
                pupil.state = "out"
                self._schooling_is(home, met=False)
            elif len(pupil.seen) == STAYS and (self.today - pupil.back_on).days >= 90:
                pupil.state = "stable"
                self._schooling_is(home, met=True)

    def _schooling_is(self, home: Home, *, met: bool) -> None:
        """What the board knows the register says too; what it never denied it does not affirm."""
        if not met or home.facts.get("schooling_met") is False:
            self._home_is(home, {"schooling_met": met})

    async def strike_off(self, one: Person, reason: str) -> None:
        """No child out of school, no household without schooling; where it comes back to, it is asked for once more."""
        await super().strike_off(one, reason)
        pupil = self.model.pupils.get(one.number)
        if one.left_on is not None and pupil is not None and pupil.state != "stable":
            self.model.homes[one.home].facts["schooling_met"] = True

    # Warnings about whole areas

    async def warn_of_area(self, area: str) -> None:
        """There is no water in a village."""
        self.clock.advance(hours=1 / 60)
        alert = area_alert(self.service, area, at=self.clock.now)
        await self.service.deliver(alert)
        query = (
            "SELECT t.id::text FROM task t JOIN evidence e ON e.case_id = t.case_id"
            " WHERE e.alert_id = CAST(:id AS uuid)"
        )
        [(task,)] = await self.service.sql(query, id=alert.alert_id)
        self.trail.append(f"{self.today} no water in {area} -> {task}")
        known = next((one for one in self.model.lists if one.task == task), None)
        if known is None:
            self.model.lists.append(known := AreaList(task, area, {}))
        for home in self.model.homes.values():
            if home.area == area and not home.gone:
                known.said.setdefault(home.id, None)

    async def answer_area(self, asked: AreaList, home: Home, *, at_risk: bool) -> None:
        """The county says it of one household, wherever that lives by now."""
        body = {"households": [{"household_id": home.id, "affected": True, "at_risk": at_risk}]}
        if answer := await self.call("POST", f"/tasks/{asked.task}/households", body):
            [one] = answer.json()["results"]
            if one["outcome"] == "refused":
                return
            if at_risk and not asked.said.get(home.id):
                await self._confirmed(home, "water")
            asked.said[home.id] = at_risk or asked.said[home.id] or False

    async def close_area(self, asked: AreaList, said: str) -> None:
        """The village answers for all of it."""
        body = {"verdict": said, "reason": "已恢复供水"}
        if await self.call("POST", f"/tasks/{asked.task}/verdict", body, "village", asked.area):
            self.model.lists.remove(asked)
