"""One pupil who drops out: told by an alert, and what those do who are to bring it back."""

import base64
from datetime import date, timedelta
from typing import Any

import httpx

from shared.clock import local_date, utc_now
from shared.contracts.alerts import AlertRaised
from tests.households.conftest import BRIDGE, PINE, STONE, Households, household, id_number, person

CASES = "/dropout-cases"
SCHOOL = "青石镇中心小学"
AREAS = {"village": PINE, "township": STONE, "county": "539921000000"}
BORN = f"{local_date(utc_now()).year - 13}0501"
_SHIFTS = (
    """UPDATE dropout_case SET found_on = found_on - CAST(:days AS integer),
        state_since = state_since - CAST(:days AS integer), returned_on = returned_on - CAST(:days AS integer)""",
    "UPDATE dropout_move SET happened_on = happened_on - CAST(:days AS integer)",
    "UPDATE stay_check SET planned_on = planned_on - CAST(:days AS integer), seen_on = seen_on - CAST(:days AS integer)",
    """UPDATE legal_step SET issued_on = issued_on - CAST(:days AS integer),
        served_on = served_on - CAST(:days AS integer)""",
    "UPDATE task SET due_at = due_at - make_interval(days => CAST(:days AS integer)) WHERE dropout_case_id IS NOT NULL",
)


def today() -> str:
    """In China."""
    return local_date(utc_now()).isoformat()


def child(number: int, name: str = "张小三", **more: Any) -> dict[str, Any]:
    """The body of a pupil of thirteen."""
    born = more.pop("born", BORN)
    return person(number, name, "20", id_number=id_number(number, born), school_stage="junior", pupil=True, **more)


def family(number: int, area: str = PINE, **more: Any) -> dict[str, Any]:
    """A household of a head and one child, whose numbers are twice its own and one more."""
    return household(number, area, [person(2 * number, f"张{number}"), child(2 * number + 1, **more)])


def missing(
    service: Households, number: int, feed: str = "education.absence", school: str = SCHOOL, **more: Any
) -> AlertRaised:
    """A schooling alert on the child of that household."""
    born = more.pop("born", BORN)
    alert = service.alert(number, feed=feed, **more)
    evidence = {"days_absent": 4, "school": school, "grade": "七年级"}
    sealed = service.vault.seal_json({"person": {"name": "张小三"}, "evidence": evidence}, "alert")
    key = service.vault.person_key(id_number(2 * number + 1, born))
    return alert.model_copy(
        update={
            "person_key": key,
            "sealed": base64.b64encode(sealed).decode(),
            "occurred_on": local_date(alert.reported_at),
        }
    )


async def answer(service: Households, household_id: str, verdict: str, area: str = PINE) -> httpx.Response:
    """The village's verdict on the one check of a household."""
    tasks = (await service.get(f"/tasks?household={household_id}", "village", area))["items"]
    [task] = [one for one in tasks if one["dropout_case_id"] is None]
    return await service.post(f"/tasks/{task['id']}/verdict", {"verdict": verdict, "reason": "核实"}, "village", area)


async def confirmed(service: Households, number: int = 1, area: str = PINE, **more: Any) -> "Pupil":
    """A child of a new household is told missing, and the village says that it is so."""
    [household_id] = await service.register(family(number, area))
    await service.deliver(missing(service, number, **more))
    given = await answer(service, household_id, "risk_confirmed", area)
    assert given.status_code == 201, given.text
    found = (await service.get(f"{CASES}?household={household_id}"))["items"]
    return Pupil(service, found[0]["id"], household_id, area)


class Pupil:
    """A case and its acts; each returns the answer."""

    def __init__(self, service: Households, case_id: str, household_id: str, area: str = PINE) -> None:
        self.service, self.case_id, self.household_id, self.area = service, case_id, household_id, area
        self.path = f"{CASES}/{case_id}"

    async def view(self, role: str = "county", area: str = "539921000000") -> dict[str, Any]:
        """As somebody reads it."""
        found: dict[str, Any] = await self.service.get(self.path, role, area)
        return found

    async def state(self) -> str:
        """Where it stands."""
        return str((await self.view())["state"])

    async def post(self, what: str, body: dict[str, Any], level: str = "village", **more: Any) -> httpx.Response:
        """One act of a level."""
        area = self.area if level == "village" else AREAS[level]
        return await self.service.post(f"{self.path}/{what}", body, level, area, **more)

    async def move(self, to: str, level: str = "village", **more: Any) -> httpx.Response:
        """By hand."""
        body = {"to": to, "on": today(), "note": "班主任确认", **more}
        if to == "returned":
            body.setdefault("school", SCHOOL)
        return await self.post("moves", body, level, headers={"If-Match": "*"})

    async def persuade(self, **more: Any) -> httpx.Response:
        """Teacher and cadre at the door."""
        body = {
            "at": utc_now().isoformat(),
            "teacher": "李老师",
            "cadre": "王干部",
            "with_whom": "张三",
            "result": "wavering",
            "note": "家长答应再商量",
            **more,
        }
        return await self.post("persuasion-visits", body)

    async def step(self, kind: str, level: str = "county", **more: Any) -> httpx.Response:
        """A legal step of today."""
        body = {
            "kind": kind,
            "document_no": "青教〔2026〕1号",
            "issued_on": today(),
            "served_on": today(),
            "proof": "张三当面签收",
            **more,
        }
        return await self.post("legal-steps", body, level)

    async def waiting(self) -> dict[str, Any]:
        """The check that waits."""
        [check] = [one for one in (await self.view())["stay_checks"] if one["state"] == "waiting"]
        found: dict[str, Any] = check
        return found

    async def seen(self, *, present: bool = True, **more: Any) -> httpx.Response:
        """The answer to it."""
        check = await self.waiting()
        body = {"present": present, "seen_on": today(), **more}
        if not present:
            body.setdefault("reason", "weary")
        return await self.post(f"stay-checks/{check['id']}/answer", body)

    async def until_planned(self) -> None:
        """Let the days pass until the waiting check's own."""
        planned = date.fromisoformat((await self.waiting())["planned_on"])
        await self.let_pass(max((planned - local_date(utc_now())).days, 0))

    async def let_pass(self, days: int) -> None:
        """All of it happened so many days earlier."""
        for statement in _SHIFTS:
            await self.service.sql(statement, days=days)


def ago(days: int) -> str:
    """So many days ago."""
    return (local_date(utc_now()) - timedelta(days=days)).isoformat()


__all__ = ["BRIDGE", "CASES", "PINE", "SCHOOL", "STONE", "Pupil", "ago", "answer", "child", "confirmed", "family"]
