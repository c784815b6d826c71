"""The honest road of a national case, step by step by those who make each: visit, signature, bureaus, notice, help."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar, cast
from uuid import uuid4

import httpx

from shared.clock import local_date, utc_now
from tests.households.conftest import COUNTY, PINE, STONE, Households, id_number, person
from tests.households.gate_facts import ASSURED, INCOME
from tests.households.monitoring import CASES, move, open_case, pass_days

FEEDS = ("comparison.vehicle", "comparison.property", "comparison.company", "comparison.public-payroll")
ANY = {"If-Match": "*"}
_SHIFT = (
    """UPDATE measure SET planned_on = planned_on - CAST(:days AS integer), due_on = due_on - CAST(:days AS integer),
        delivered_on = delivered_on - CAST(:days AS integer) WHERE case_id = CAST(:id AS uuid)""",
    """UPDATE elimination_check SET checked_on = checked_on - CAST(:days AS integer),
        recorded_at = recorded_at - make_interval(days => CAST(:days AS integer)) WHERE case_id = CAST(:id AS uuid)""",
    """UPDATE case_move SET at = at - make_interval(days => CAST(:days AS integer)) WHERE case_id = CAST(:id AS uuid)""",
    """UPDATE case_evidence SET added_at = added_at - make_interval(days => CAST(:days AS integer))
        WHERE case_id = CAST(:id AS uuid)""",
    """UPDATE notice_entry SET added_at = added_at - make_interval(days => CAST(:days AS integer))
        WHERE case_id = CAST(:id AS uuid)""",
    """UPDATE visit SET visited_at = visited_at - make_interval(days => CAST(:days AS integer))
        WHERE household_id = (SELECT household_id FROM monitoring_case WHERE id = CAST(:id AS uuid))""",
    """UPDATE register_change SET at = at - make_interval(days => CAST(:days AS integer))
        WHERE household_id = (SELECT household_id FROM monitoring_case WHERE id = CAST(:id AS uuid))""",
    "UPDATE authorisation SET signed_on = signed_on - CAST(:days AS integer) WHERE case_id = CAST(:id AS uuid)",
    """UPDATE comparison_ticket SET asked_on = asked_on - CAST(:days AS integer),
        due_on = due_on - CAST(:days AS integer) WHERE case_id = CAST(:id AS uuid)""",
    """UPDATE public_notice SET started_on = started_on - CAST(:days AS integer),
        ended_on = ended_on - CAST(:days AS integer),
        drafted_at = drafted_at - make_interval(days => CAST(:days AS integer))
        WHERE id IN (SELECT notice_id FROM notice_entry WHERE case_id = CAST(:id AS uuid))""",
)


def day(back: int = 0) -> str:
    """So many days ago, in China."""
    return (local_date(utc_now()) - timedelta(days=back)).isoformat()


def two_people(number: int) -> list[dict[str, Any]]:
    """A head who can work and a wife; both old enough to be asked after."""
    return [
        person(number * 2, "张三", labour_skill="ordinary", health=["serious"], phone="15400000017"),
        person(number * 2 + 1, "李桂花", "12", labour_skill="weak"),
    ]


def newborn(number: int, days: int = 30, **more: Any) -> dict[str, Any]:
    """The body of a child that was born so many days ago."""
    born = local_date(utc_now()) - timedelta(days=days)
    return {**person(number, "张小三", "20"), "id_number": id_number(number, f"{born:%Y%m%d}"), **more}


class Road:
    """One case. Each method is one step; `skip` names steps that are left out when the road is walked."""

    IDENTIFICATION = (
        *("to_visit_check", "visit", "authorise", "to_comparison", "ask", "answer", "to_deliberation", "settle"),
        *("to_notice", "draft", "post", "wait", "end", "to_township_review", "to_county_decision", "to_monitored"),
    )
    HELP = ("plan", "to_planned", "deliver", "to_observation", "half_a_year", "assure", "earn", "to_elimination_check")
    ELIMINATION = (
        *(
            "look_again",
            "check",
            "to_elimination_deliberation",
            "to_elimination_notice",
            "draft",
            "post",
            "wait",
            "end",
        ),
        *("to_elimination_township", "to_elimination_county", "to_eliminated"),
    )
    BY: ClassVar = {
        "comparison": "village",
        "deliberation": "county",
        "county_decision": "township",
        "monitored": "county",
        "elimination_county": "township",
        "eliminated": "county",
    }

    def __init__(self, service: Households, number: int = 1) -> None:
        self.service, self.number = service, number
        self.case_id = self.household_id = self.notice_id = self.measure_id = ""
        self.refused: list[tuple[str, httpx.Response]] = []

    async def open(self, **more: Any) -> "Road":
        """A clue by hand."""
        case = await open_case(self.service, self.number, members=two_people(self.number), **more)
        self.case_id, self.household_id = case["id"], case["household"]["id"]
        return self

    async def walk(self, *steps: str, skip: Collection[str] = ()) -> "Road":
        """Step after step; what is refused is kept in `refused`, and the next step is tried all the same."""
        for step in steps:
            if step not in skip:
                await self.step(step)
        return self

    async def step(self, step: str) -> None:
        """One step."""
        if step.startswith("to_"):
            state = step.removeprefix("to_")
            await self._take(step, await move(self.service, self.case_id, state, self.BY.get(state, "village")))
        else:
            await getattr(self, step)()

    async def state(self) -> str:
        """Where the case stands."""
        [(state,)] = await self.service.sql(
            "SELECT state FROM monitoring_case WHERE id = CAST(:id AS uuid)", id=self.case_id
        )
        return str(state)

    async def gate(self, to: str, role: str = "village", area: str = PINE) -> dict[str, Any]:
        """What the gate before a state says."""
        found = await self.service.get(f"{CASES}/{self.case_id}/gate?to={to}", role, area)
        return cast(dict[str, Any], found)

    async def missing(self, to: str) -> set[str]:
        """Codes of what is not met."""
        return {one["code"] for one in (await self.gate(to))["conditions"] if not one["met"]}

    async def let_pass(self, days: int) -> None:
        """Days pass: all of the case happened so much earlier."""
        await pass_days(self.service, self.case_id, days)
        for statement in _SHIFT:
            await self.service.sql(statement, id=self.case_id, days=days)

    async def settle(self) -> None:
        """Risks and class; a class that contradicts the income of by then is refused."""
        path = f"{CASES}/{self.case_id}"
        for part, body in (("risks", {"main": "01", "risks": ["01"]}), ("class", {"class": "edge"})):
            await self._take(part, await self.service.call("PUT", f"{path}/{part}", json=body, headers=ANY))

    async def visit(self) -> None:
        """An alert's check brings somebody to the household, who finds no other risk."""
        await self.service.deliver(self.service.alert(self.number * 2))
        [task] = (await self.service.get(f"/tasks?household={self.household_id}", "village", PINE))["items"]
        now = utc_now().isoformat()
        body = {"id": str(uuid4()), "visited_at": now, "with_whom": "李桂花"}
        await self._post(f"/tasks/{task['id']}/visits", body)
        await self._post(f"/tasks/{task['id']}/verdict", {"verdict": "no_risk", "reason": "已返校"})

    async def authorise(self) -> None:
        """The head signs."""
        await self._post(f"{CASES}/{self.case_id}/authorisations", {"signer": "张三", "signed_on": day()})

    async def ask(self) -> None:
        """The county asks the bureaus."""
        await self._post(f"{CASES}/{self.case_id}/comparison", {}, "county", COUNTY)

    async def answer(self, what: str = "does_not_exist") -> None:
        """Each bureau answers."""
        for feed in FEEDS:
            found = await self.service.get("/comparison-tickets?state=open", "bureau", COUNTY, feeds=[feed])
            for ticket in found["items"]:
                path = f"/comparison-tickets/{ticket['id']}/answer"
                await self._post(path, {"answer": what}, "bureau", COUNTY, feeds=[feed])

    async def draft(self) -> None:
        """The village writes the notice."""
        kind = "elimination" if (await self.state()).startswith("elimination") else "identification"
        answer = await self._post("/public-notices", {"kind": kind, "case_ids": [self.case_id]})
        self.notice_id = answer.json()["id"] if answer.status_code == 201 else ""

    async def post(self) -> None:
        """It is put up."""
        body = {"started_on": day(), "place": "村委会公告栏", "put_up_by": "王五"}
        await self._post(f"/public-notices/{self.notice_id}/posting", body)

    async def wait(self) -> None:
        """Five days."""
        await self.let_pass(5)

    async def end(self) -> None:
        """It is taken down."""
        body = {"ended_on": day(), "taken_down_by": "王五"}
        await self._post(f"/public-notices/{self.notice_id}/ending", body)

    async def plan(self) -> None:
        """One measure against the risk, one to earn."""
        self.measure_id = await self._plan("health", "health.aid")
        await self._plan("employment", "employment.export")

    async def deliver(self) -> None:
        """The first of them comes."""
        body = {"delivered_on": day(), "proof": "一卡通到账"}
        await self._post(f"/measures/{self.measure_id}/delivery", body)

    async def half_a_year(self) -> None:
        """And some days."""
        await self.let_pass(190)

    async def assure(self) -> None:
        """The register says that schooling, medical care, housing and water are in order."""
        await self.service.sql(ASSURED, id=self.household_id)

    async def earn(self) -> None:
        """The income year is booked."""
        last = local_date(utc_now()) - timedelta(days=20)
        await self.service.sql(INCOME, id=self.household_id, first=last - timedelta(days=365), last=last)

    async def look_again(self) -> None:
        """Somebody goes there before the risk is called gone."""
        body = {"id": str(uuid4()), "visited_at": utc_now().isoformat(), "with_whom": "李桂花"}
        await self._post(f"/households/{self.household_id}/visits", body)

    async def check(self) -> None:
        """Somebody looks once more."""
        body = {
            "checked_on": day(),
            "income_stable": True,
            "spending_solved": True,
            "manner": "helped",
            "contact": {"name": "赵六", "phone": "15400000099"},
        }
        await self._post(f"{CASES}/{self.case_id}/elimination-checks", body)

    async def _plan(self, kind: str, sub_kind: str) -> str:
        body = measure(kind=kind, sub_kind=sub_kind)
        answer = await self._post(f"{CASES}/{self.case_id}/measures", body, "township", STONE)
        return str(answer.json().get("id", ""))

    async def _post(
        self, path: str, body: dict[str, Any], role: str = "village", area: str = PINE, **more: Any
    ) -> httpx.Response:
        answer = await self.service.post(path, body, role, area, headers=ANY, **more)
        await self._take(path, answer)
        return answer

    async def _take(self, step: str, answer: httpx.Response) -> None:
        if answer.status_code >= 400:
            self.refused.append((step, answer))


def measure(**more: Any) -> dict[str, Any]:
    """The body of a measure."""
    return {
        "risk": "01",
        "kind": "health",
        "tag": "reduce",
        "bureau": "medical_insurance",
        "content": "住院费用医疗救助",
        "amount": 5000,
        "planned_on": day(),
        "due_on": day(-20),
        **more,
    }
