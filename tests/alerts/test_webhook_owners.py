"""A webhook ends with whoever it belongs to, and an administrator finds each."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.alerts.background import close_nobodys
from services.alerts.settings import WebhookSettings
from services.alerts.usecases import webhooks as usecases
from shared.clock import utc_now
from shared.contracts.directory import AccountChanged
from shared.ids import new_id
from tests.alerts.conftest import MakeService, Service, bearer, key_changed
from tests.alerts.test_webhooks import BUREAU, HOOKS

URL = "https://yb.example.org/hook"


def account(account_id: UUID, role: str = "bureau", **changed: Any) -> AccountChanged:
    grant = {"role": role, "areas": ["539921"], "feeds": BUREAU if role == "bureau" else [], "active": True}
    return AccountChanged(account_id=account_id, **{**grant, **changed})


async def hook_of(service: Service, sub: UUID, role: str = "bureau", **more: Any) -> str:
    feeds = BUREAU if role == "bureau" else []
    headers = bearer(role, feeds, sub=sub, **more)
    answer = await service.http.post(HOOKS, json={"url": URL, "feeds": BUREAU}, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def without_keys(service: Service) -> None:
    await service.sql("UPDATE api_key SET revoked_at = now()")


async def is_open(service: Service, hook: str) -> bool:
    answer = await service.http.get(f"{HOOKS}/{hook}", headers=bearer("admin"))
    return bool(answer.json()["active"])


@pytest.mark.parametrize(
    "change", [{"active": False}, {"feeds": ["medical.cost"]}, {"areas": ["539922"]}, {"role": "village", "feeds": []}]
)
async def test_it_ends_with_the_account_that_registered_it(make_service: MakeService, change: dict[str, Any]) -> None:
    service = await make_service(webhooks=WebhookSettings(backoff=[3600.0]))
    owner = new_id()
    await service.tell(account(owner))
    hook = await hook_of(service, owner)
    await service.sql(
        "INSERT INTO webhook_delivery (id, webhook_id, body, state, attempts, next_at, created_at)"
        f" SELECT uuidv7(), '{hook}', '{{}}', 'waiting', 1, now() + interval '1 hour', now()"
    )
    await service.tell(account(owner, feeds=["medical.cost", *BUREAU]))
    assert await is_open(service, hook), "what is not taken from it changes nothing"

    await service.tell(account(owner, **change))

    assert not await is_open(service, hook)
    given_up = await service.sql("SELECT state, last_error, finished_at IS NOT NULL FROM webhook_delivery")
    assert given_up == [("dead", "webhook-owner-gone", True)]
    [(role, detail)] = await service.sql(
        f"SELECT role, detail->>'how' FROM audit_entry WHERE subject = '{hook}' AND detail->>'how' <> 'registered'"
    )
    assert (role, detail) == ("admin", "owner-gone")


async def test_it_stays_with_the_bureau_when_somebody_leaves(service: Service) -> None:
    """Colleagues and the system's key carry on; when the last of them is gone it ends."""
    owner, colleague, stranger = new_id(), new_id(), new_id()
    await without_keys(service)
    key = key_changed("another-secret", BUREAU, "education")
    await service.tell(
        account(owner), account(colleague), account(stranger, feeds=["medical.cost"]), account(new_id(), "admin"), key
    )
    hook = await hook_of(service, owner)

    await service.tell(account(owner, active=False))
    assert await is_open(service, hook)
    await service.tell(key.model_copy(update={"revoked_at": utc_now()}))
    assert await is_open(service, hook)
    await service.tell(account(colleague, active=False))
    assert not await is_open(service, hook)


async def test_it_ends_when_the_last_key_has_expired(service: Service) -> None:
    owner = new_id()
    await service.tell(account(owner))
    hook = await hook_of(service, owner)
    await service.tell(account(owner, active=False))
    assert await is_open(service, hook), "the bureau's key is good"

    await close_nobodys(service.database, utc_now() + timedelta(days=3))

    assert not await is_open(service, hook)


async def test_what_a_closed_account_registers_with_its_last_token_does_not_stay(service: Service) -> None:
    owner = new_id()
    await without_keys(service)
    await service.tell(account(owner, active=False))
    hook = await hook_of(service, owner)

    await close_nobodys(service.database, utc_now())

    assert not await is_open(service, hook)


async def test_that_of_an_administrator_and_of_another_issuers_account_stay(service: Service) -> None:
    admin = new_id()
    await without_keys(service)
    await service.tell(account(admin, "admin", areas=["*"]))
    hooks = [await hook_of(service, admin, "admin"), await hook_of(service, new_id())]

    await service.tell(account(new_id(), active=False))

    assert [await is_open(service, hook) for hook in hooks] == [True, True]


async def test_county_and_administrator_find_each_in_their_area(service: Service) -> None:
    """A township's own too, and an administrator closes it."""
    hook = await hook_of(service, new_id(), areas=["539921101"])
    for role, areas in (("county", ["539921"]), ("admin", ["539921"]), ("bureau", ["539921"])):
        headers = bearer(role, BUREAU if role == "bureau" else [], areas=areas)
        listed = (await service.http.get(HOOKS, headers=headers)).json()["items"]
        assert [one["id"] for one in listed] == [hook], role
    elsewhere = await service.http.get(HOOKS, headers=bearer("admin", areas=["539922"]))
    assert elsewhere.json()["items"] == []
    closed = await service.http.post(f"{HOOKS}/{hook}/closure", headers={**bearer("admin"), "If-Match": "*"})
    assert closed.json()["active"] is False


async def test_a_feed_has_room_for_so_many(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask at once; what was closed makes room, and a change takes none that it has."""
    monkeypatch.setattr(usecases, "MOST_OF_A_FEED", 3)
    headers = bearer("bureau", BUREAU)
    asked = [service.http.post(HOOKS, json={"url": URL}, headers=headers) for _ in range(6)]
    answers = await asyncio.gather(*asked)
    made = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert (len(made), refused) == (3, ["webhooks-too-many"] * 3)

    medical = await service.http.post(HOOKS, json={"url": URL}, headers=bearer("bureau", ["medical.cost"]))
    assert medical.status_code == 201
    more = {"url": URL, "feeds": ["medical.cost", *BUREAU]}
    joined = await service.http.put(
        f"{HOOKS}/{medical.json()['id']}", json=more, headers={**bearer("admin"), "If-Match": "*"}
    )
    assert joined.json()["code"] == "webhooks-too-many"
    place = f"{HOOKS}/{made[0]['id']}"
    same = await service.http.put(place, json={"url": URL}, headers={**headers, "If-Match": "*"})
    assert same.status_code == 200
    await service.http.post(f"{place}/closure", headers={**headers, "If-Match": "*"})
    assert (await service.http.post(HOOKS, json={"url": URL}, headers=headers)).status_code == 201
