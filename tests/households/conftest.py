"""A households service on a database of its own: county 539921, two townships, three villages, policies in force."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import CursorResult, text

from services.households.app import create_app
from services.households.consumers import HANDLERS
from services.households.settings import HouseholdsSettings, PhotosSettings
from shared.areas import Scope
from shared.bus.local import LocalBus
from shared.bus.port import Message
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised
from shared.contracts.directory import AccountChanged, AreasChanged, PolicyPublished
from shared.contracts.envelope import Event
from shared.db.engine import Database, DatabaseSettings
from shared.files import FilesSettings
from shared.idnumber import IdNumber, complete
from shared.ids import new_id
from shared.inbox import Inbox
from shared.postgres import Cluster
from shared.security.vault import Vault, VaultSettings
from tests import signing
from tests.conftest import migrated, with_known_routes
from tests.households.quality_households import BODY as QUALITY_RULES
from tests.shipped import DEFAULTS

V1 = "/households/v1"
COUNTY = "539921000000"
STONE, RIVER = "539921100000", "539921101000"
PINE, BAMBOO, BRIDGE = "539921100200", "539921100201", "539921101200"  # two of Stone, one of River
NAMES = {
    COUNTY: "云岫县",
    STONE: "青石镇",
    RIVER: "大河镇",
    PINE: "松林村",
    BAMBOO: "竹溪村",
    BRIDGE: "石桥村",
}
POLICIES: dict[str, Any] = {
    "task-deadline": {
        "default": {"days": 7},
        "rules": [{"feed": "education.absence", "due": {"days": 3}}, {"feed": "medical.cost", "due": {"days": 5}}],
    },
    "task-escalation": {"to_township": {"days": 2}, "to_county": {"days": 5}},
    "case-merge": {"window": {"days": 30}},
    "case-clocks": {
        "states": {
            "clue": {"days": 2},
            "visit_check": {"days": 3},
            "comparison": {"days": 5},
            "deliberation": {"days": 5},
            "notice": {"days": 8},
            "township_review": {"days": 3},
            "county_decision": {"days": 3},
            "monitored": {"days": 10},
        },
        "decision": {"days": 15},
        "measure": {"months": 1},
        "papers": {"days": 30},
        "notice_days": 5,
        "monitored_months": 6,
        "warn_days": 1,
        "to_township": 0,
        "to_county": 2,
        "pauses": {"bureau_answer": 15, "household_away": 30},
        "pause_days": 40,
    },
    "grade-rules": {
        "parameters": {"heavy_percent": 50, "recent_days": 90},
        "levels": [
            {
                "grade": "red",
                "conditions": [
                    {
                        "code": "dwelling",
                        "when": "dwelling_level IN ('C', 'D') AND only_home IS NOT FALSE",
                        "title": {"zh": "唯一住房为危房", "en": "a dangerous house is the only home"},
                        "text": {"zh": "房屋鉴定为{dwelling_level}", "en": "house class {dwelling_level}"},
                    },
                    {
                        "code": "self-paid",
                        "when": "self_paid > :heavy_percent / 100 * net_income",
                        "title": {"zh": "自付支出过重", "en": "heavy self-paid spending"},
                        "text": {
                            "zh": "合规自付支出 {self_paid} 元，超过纯收入 {net_income} 元的 {heavy_percent}%",
                            "en": "self-paid {self_paid} > {heavy_percent} % of income {net_income}",
                        },
                    },
                    {
                        "code": "confirmed",
                        "when": "days_since_confirmed <= :recent_days",
                        "title": {"zh": "近期核实有风险", "en": "a risk was confirmed lately"},
                    },
                ],
            },
            {
                "grade": "yellow",
                "conditions": [
                    {
                        "code": "open-check",
                        "when": "open_severity IN ('medium', 'high')",
                        "title": {"zh": "有预警待核查", "en": "an alert is being checked"},
                    },
                    {
                        "code": "water",
                        "when": "safe_water = FALSE",
                        "title": {"zh": "饮水安全无保障", "en": "water not safe"},
                    },
                ],
            },
        ],
    },
    "triage": {"visit": False, "rules": [{"severity": "high", "verdict": "no_risk", "visit": True}]},
    "quality-rules": QUALITY_RULES,
}
POLICIES |= {kind: DEFAULTS[kind] for kind in ("measure-fit", "gate-terms", "asset-comparison", "schooling")}
POLICIES["income-line"] = {"per_head": 8700}
LONG_AGO = date(2020, 1, 1)


def id_number(number: int, born: str = "19900101") -> IdNumber:
    """A valid number of nobody: county 5399xx was never assigned."""
    return complete(f"539921{born}{number:03}")


def person(number: int, name: str = "张三", relation: str = "02", **more: Any) -> dict[str, Any]:
    """The body of a member."""
    return {"name": name, "id_number": id_number(number), "relation": relation, **more}


def household(number: int, area: str = PINE, members: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """The body of a household, with a head when no members are given."""
    code = f"{area}{number:04}"
    return {
        "national_code": code,
        "area_code": area,
        "class": "ordinary",
        "members": members or [person(number)],
        **more,
    }


def account_id(role: str, area: str) -> UUID:
    """The test account of that role and area."""
    return uuid5(NAMESPACE_URL, f"{role}@{area}")


def policy_id(kind: str) -> UUID:
    """The version in force of that kind."""
    return uuid5(NAMESPACE_URL, kind)


@dataclass
class Households:
    """The running service, and what tests ask of it."""

    app: FastAPI
    http: httpx.AsyncClient
    database: Database
    inbox: Inbox
    vault: Vault

    async def call(
        self, method: str, path: str, role: str = "county", area: str = COUNTY, **request: Any
    ) -> httpx.Response:
        """One request of somebody with that role and area."""
        feeds = request.pop("feeds", ())
        signed = signing.token(role, [area], feeds, sub=account_id(role, area))
        headers = {"Authorization": f"Bearer {signed}", **request.pop("headers", {})}
        return await self.http.request(method, f"{V1}{path}", headers=headers, **request)

    async def get(self, path: str, role: str = "county", area: str = COUNTY, **request: Any) -> Any:
        """GET that must succeed; its JSON."""
        answer = await self.call("GET", path, role, area, **request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(
        self, path: str, json: Any = None, role: str = "county", area: str = COUNTY, **request: Any
    ) -> httpx.Response:
        """POST."""
        return await self.call("POST", path, role, area, json=json, **request)

    async def register(self, *households: dict[str, Any]) -> list[str]:
        """Enter households; their ids."""
        answers = [await self.post("/households", one) for one in households]
        assert all(answer.status_code == 201 for answer in answers), [answer.text for answer in answers]
        return [answer.json()["id"] for answer in answers]

    def alert(
        self,
        who: int | None = 1,
        *,
        code: str | None = None,
        feed: str = "education.absence",
        area: str = BRIDGE,
        at: datetime | None = None,
        name: str = "张三",
    ) -> AlertRaised:
        """An alert on the person with that number, or on the household with that code."""
        subject = {"household": {"national_code": code}} if code else {"person": {"name": name}}
        sealed = self.vault.seal_json({**subject, "evidence": {"days_absent": 4}}, "alert")
        reported_at = at or utc_now()
        return AlertRaised(
            alert_id=new_id(),
            feed=feed,
            risk_family=feed.split(".")[0],
            severity="medium",
            occurred_on=reported_at.date(),
            reported_at=reported_at,
            area_code=area,
            person_key=None if code else self.vault.person_key(id_number(who or 1)),
            household_key=self.vault.household_key(code) if code else None,
            sealed=base64.b64encode(sealed).decode(),
        )

    async def deliver(self, *events: Event) -> None:
        """Hand events to the inbox, as the bus does."""
        await self.inbox.deliver([message(event) for event in events])

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """One statement of the service's own role, with everything in sight."""
        async with self.database.write(Scope.everywhere()) as session:
            result = await session.execute(text(statement), values)
            assert isinstance(result, CursorResult)
            return [tuple(row) for row in result] if result.returns_rows else []

    async def told(self, kind: type[Event]) -> list[Any]:
        """The events of that kind that wait in the outbox or have left it, oldest first."""
        rows = await self.sql("SELECT value FROM outbox WHERE type = :type ORDER BY id", type=kind.type)
        return [kind.model_validate_json(row[0]) for row in rows]


def message(event: Event, event_id: UUID | None = None) -> Message:
    """An event as it travels."""
    return Message(
        topic=event.topic,
        key=event.key,
        id=str(event_id or uuid4()),
        type=event.type,
        source="/test",
        time=datetime.now(UTC).isoformat(),
        value=event.model_dump_json().encode(),
    )


def directory_events() -> list[Event]:
    """What the directory would have told: areas, policies, an account for each role and area."""
    accounts = [("village", PINE), ("village", BAMBOO), ("village", BRIDGE), ("township", STONE), ("township", RIVER)]
    return [
        AreasChanged(areas=[{"code": code, "name": name} for code, name in NAMES.items()]),
        *(
            PolicyPublished(
                policy_id=policy_id(kind),
                kind=kind,
                area_prefix="",
                valid_from=LONG_AGO,
                version=1,
                author="test",
                body=body,
            )
            for kind, body in POLICIES.items()
        ),
        *(
            AccountChanged(account_id=account_id(role, area), role=role, areas=[area], feeds=[], active=True)
            for role, area in [*accounts, ("county", COUNTY), ("supervisor", COUNTY)]
        ),
    ]


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A database with the schema of this service."""
    return migrated(cluster, "households")


@pytest.fixture
async def service(
    cluster: Cluster, database_name: str, vault: Vault, vault_settings: VaultSettings, tmp_path: Path
) -> AsyncIterator[Households]:
    """The service with its directory data. Its relay does not run, so that the outbox shows what was told."""
    settings = HouseholdsSettings(
        database=DatabaseSettings(url=SecretStr(cluster.dsn("households", database_name)), pool_size=8),
        vault=vault_settings,
        sweep_seconds=3600,
        photos=PhotosSettings(url=(tmp_path / "photos").as_uri()),
        files=FilesSettings(url=(tmp_path / "lists").as_uri(), max_bytes=10_000_000),
    )
    app = with_known_routes(create_app(settings, LocalBus(), signing.find_key))
    database: Database = app.state.database
    inbox = Inbox(database, HANDLERS, attempts=2, pause=0.01)
    async with AsyncExitStack() as stack:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://households")
        await stack.enter_async_context(client)
        stack.push_async_callback(database.stop)
        made = Households(app, client, database, inbox, vault)
        await made.deliver(*directory_events())
        yield made


@pytest.fixture
def now() -> datetime:
    """A moment in the past: alerts reported then are due by now."""
    return utc_now() - timedelta(minutes=1)
