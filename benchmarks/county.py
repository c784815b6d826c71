"""The county of the benchmarks: its areas, policies and API key, its people, and what the bureaus report of them."""

import itertools
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import services.directory
from demo import county
from demo.households import households
from demo.places import COUNTY
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.directory import ApiKeyChanged, AreaRecord, AreasChanged, PolicyPublished
from shared.contracts.envelope import Event
from shared.db.engine import Database, DatabaseSettings
from shared.ids import new_id
from shared.inbox import Received
from shared.projections.api_keys import on_api_key_changed
from shared.projections.areas import on_areas_changed
from shared.projections.policies import on_policy_published
from shared.security.gate import api_key_hash

E = TypeVar("E", bound=Event)

SEED = 20260323
HOUSEHOLDS = 26_000
FEEDS = ("education.absence", "medical.cost")
API_KEY = "benchmarks-post-with-this-key-0000000000000"

_POLICIES: dict[str, dict[str, Any]] = {
    "task-deadline": {"default": {"days": 5}, "rules": [{"feed": "education.absence", "due": {"days": 3}}]},
    "task-escalation": {"to_township": {"hours": 0}, "to_county": {"days": 2}},
    "case-merge": {"window": {"days": 30}},
    "alert-merge": {"window": {"days": 30}, "snooze": {"no_risk": {"days": 90}}, "worsening": []},
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a household of their own: two people are never of one."""

    id_number: str
    name: str
    area_code: str


def first_households(count: int) -> Iterator[county.Household]:
    """The first `count` of all; the same ones whatever their number, so that people and register agree."""
    return itertools.islice(households(HOUSEHOLDS, SEED, local_date(utc_now())), count)


def people(count: int) -> list[Person]:
    """The heads of the first `count` households."""
    return [Person(str(one.head.id_number), one.head.name, one.area_code) for one in first_households(count)]


def alerts(about: Sequence[Person]) -> Iterator[dict[str, Any]]:
    """One report of each feed on each person, so that each opens a task; first one feed, then the other."""
    numbers = itertools.count(1)
    happened_on = (local_date(utc_now()) - timedelta(days=1)).isoformat()
    for (feed, evidence), person in itertools.product(_EVIDENCE.items(), about):
        yield {
            "feed": feed,
            "source_ref": f"JY-2026-{next(numbers):08}",
            "occurred_on": happened_on,
            "person": {"id_number": person.id_number, "name": person.name, "phone": "15400000017"},
            "area_code": person.area_code,
            "evidence": evidence,
        }


_EVIDENCE: dict[str, dict[str, Any]] = {
    "education.absence": {
        "days_absent": 4,
        "last_seen_on": date(2026, 3, 2).isoformat(),
        "school": "云岫县龙泉镇中心小学",
        "grade": "五年级",
        "reason": "家长外出务工，无人接送",
    },
    "medical.cost": {
        "self_pay": 23650.5,
        "total": 71200.0,
        "period": "2026-02",
        "hospital": "云岫县人民医院",
        "insured": True,
    },
}


async def furnish(settings: Callable[[str, str], DatabaseSettings], database: str) -> None:
    """Tell the services what the directory would tell them, through the same receivers."""
    areas = AreasChanged(areas=[AreaRecord(code=area.code, name=area.name) for area in county.areas()])
    for service in ("alerts", "households", "jobs"):
        own = Database(settings(service, database), service)
        try:
            async with own.write(Scope.everywhere()) as session:
                await on_areas_changed(session, [_received(areas)])
                await on_policy_published(session, [_received(policy) for policy in _policies()])
                if service == "alerts":
                    await on_api_key_changed(session, [_received(_api_key())])
        finally:
            await own.stop()


async def shipped_policies(
    settings: Callable[[str, str], DatabaseSettings], database: str, service: str, *kinds: str
) -> None:
    """Have the policies of these kinds in force as the directory ships them."""
    shipped = tomllib.loads(Path(services.directory.__file__).with_name("defaults.toml").read_text(encoding="utf-8"))
    own = Database(settings(service, database), service)
    try:
        async with own.write(Scope.everywhere()) as session:
            for one in shipped["policy"]:
                if one["kind"] in kinds:
                    await on_policy_published(session, [_received(_policy(one["kind"], one["body"]))])
    finally:
        await own.stop()


def _api_key() -> ApiKeyChanged:
    return ApiKeyChanged(
        key_id=new_id(),
        bureau="education",
        secret_hash=api_key_hash(API_KEY),
        feeds=list(FEEDS),
        areas=[COUNTY[:6]],
        expires_at=utc_now() + timedelta(days=1),
    )


def _policies() -> Iterator[PolicyPublished]:
    return (_policy(kind, body) for kind, body in _POLICIES.items())


def _policy(kind: str, body: dict[str, Any]) -> PolicyPublished:
    return PolicyPublished(
        policy_id=new_id(),
        kind=kind,
        area_prefix="",
        valid_from=date(2021, 1, 1),
        version=1,
        author="benchmarks",
        body=body,
    )


def _received(event: E) -> Received[E]:
    return Received(event, new_id(), utc_now().isoformat(), None)
