"""A national case on its way, for tests: its moves with their evidence, and days that pass."""

from datetime import timedelta
from typing import Any

import httpx

from shared.clock import local_date, utc_now
from tests.households.conftest import COUNTY, PINE, STONE, Households, household
from tests.households.gate_facts import satisfy

CASES = "/monitoring-cases"
AREAS = {"village": PINE, "township": STONE, "county": COUNTY}
NOTE = "情况属实"

# Where to, who, and how many days pass before.
IDENTIFIED = (
    ("visit_check", "village", 0),
    ("comparison", "village", 1),
    ("deliberation", "county", 1),
    ("notice", "village", 1),
    ("township_review", "village", 5),
    ("county_decision", "township", 1),
    ("monitored", "county", 1),
)
ELIMINATED = (
    ("planned", "village", 1),
    ("observation", "township", 1),
    ("elimination_check", "village", 190),
    ("elimination_deliberation", "village", 1),
    ("elimination_notice", "village", 1),
    ("elimination_township", "village", 5),
    ("elimination_county", "township", 1),
    ("eliminated", "county", 1),
)


def minutes(votes_for: int = 30, against: int = 1, **more: Any) -> dict[str, Any]:
    """Minutes of today."""
    return {
        "held_on": today(),
        "attendees": 40,
        "votes_for": votes_for,
        "votes_against": against,
        "abstained": 0,
        "text": "张三家住院，同意纳入",
        **more,
    }


def today() -> str:
    """In China."""
    return local_date(utc_now()).isoformat()


def evidence(**more: Any) -> dict[str, Any]:
    """What any move ahead needs, all of it."""
    return {
        "visited_on": today(),
        "signed_on": today(),
        "compared_on": today(),
        "minutes": minutes(),
        "way": "helped",
        "contact": "李四 15400000017",
        **more,
    }


async def open_case(service: Households, number: int = 1, area: str = PINE, **more: Any) -> dict[str, Any]:
    """A case by hand on a new household, as its village opens it."""
    [household_id] = await service.register(household(number, area, **more))
    body = {"household_id": household_id, "source": "self_report", "note": "主动申报"}
    answer = await service.post(CASES, body, "village", area)
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case


async def move(
    service: Households, case_id: str, to: str, level: str, area: str | None = None, **more: Any
) -> httpx.Response:
    """One move with all the evidence there is, on the version in force."""
    body = {"to": to, "note": NOTE, "evidence": evidence(), **more}
    headers = {} if "version" in body else {"If-Match": "*"}
    return await service.post(f"{CASES}/{case_id}/moves", body, level, area or AREAS[level], headers=headers)


async def settle(service: Households, case_id: str, risks: tuple[str, ...] = ("01",)) -> None:
    """Risks and class."""
    any_version = {"If-Match": "*"}
    body = {"main": risks[0], "risks": risks}
    answer = await service.call("PUT", f"{CASES}/{case_id}/risks", json=body, headers=any_version)
    assert answer.status_code == 200, answer.text
    answer = await service.call("PUT", f"{CASES}/{case_id}/class", json={"class": "edge"}, headers=any_version)
    assert answer.status_code == 200, answer.text


async def pass_days(service: Households, case_id: str, days: int) -> None:
    """Let time pass for one case: everything of it happened so many days earlier."""
    await service.sql(
        """
        UPDATE monitoring_case SET opened_at = opened_at - make_interval(days => :days),
            state_since = state_since - :days, identified_on = identified_on - :days,
            measure_from = measure_from - :days,
            fast_lane_at = fast_lane_at - make_interval(days => :days), due_at = due_at - make_interval(days => :days),
            warn_at = warn_at - make_interval(days => :days),
            papers_due_at = papers_due_at - make_interval(days => :days)
        WHERE id = CAST(:id AS uuid)
        """,
        id=case_id,
        days=days,
    )


async def walk(service: Households, case_id: str, steps: tuple[tuple[str, str, int], ...]) -> dict[str, Any]:
    """Move after move, each after its days; the case as the last answer shows it."""
    found: dict[str, Any] = {}
    for to, level, days in steps:
        if days:
            await pass_days(service, case_id, days)
        if to == "notice":
            await service.sql("DELETE FROM income_summary")  # of an earlier round: the household fell again
            await settle(service, case_id)
        await satisfy(service, case_id, to)
        answer = await move(service, case_id, to, level)
        assert answer.status_code == 200, (to, answer.text)
        found = answer.json()
        assert found["state"] == to
    return found


def codes(answer: httpx.Response) -> list[str]:
    """What a problem names."""
    return [one["code"] for one in answer.json().get("errors", [])]


def before(days: int) -> str:
    """So many days ago."""
    return (local_date(utc_now()) - timedelta(days=days)).isoformat()
