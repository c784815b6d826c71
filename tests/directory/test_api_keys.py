"""API keys: shown once, stored hashed, within the bureau, replaced without a hurry, revoked."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clock import utc_now
from shared.contracts.directory import ApiKeyChanged
from shared.security.gate import api_key_hash
from tests.directory.conftest import V1, Directory, codes, in_days


def new(**more: Any) -> dict[str, Any]:
    body = {"organisation": "education", "label": "学籍系统", "feeds": ["education.absence"], "expires_on": in_days(90)}
    return {**body, **more}


async def issue(directory: Directory, **more: Any) -> dict[str, Any]:
    answer = await directory.post("/api-keys", new(**more))
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


async def works(directory: Directory, secret: str) -> bool:
    return (await directory.http.get(f"{V1}/me", headers={"X-API-Key": secret})).status_code == 200


async def test_a_key_is_shown_once_stored_hashed_and_works(directory: Directory) -> None:
    answer = await directory.post("/api-keys", new())
    key = answer.json()
    secret = key.pop("secret")
    assert answer.headers["cache-control"] == "no-store"
    assert secret.startswith(key["prefix"])
    assert (await directory.get("/api-keys")).json()["items"] == [key]
    assert (await directory.get(f"/api-keys/{key['id']}")).json() == key
    stored = str(await directory.sql("SELECT * FROM api_key")) + str(
        await directory.sql("SELECT * FROM idempotency_key")
    )
    assert secret not in stored
    me = await directory.http.get(f"{V1}/me", headers={"X-API-Key": secret})
    assert (me.json()["role"], me.json()["feeds"], me.json()["areas"]) == ("bureau", ["education.absence"], ["539921"])
    (event,) = await directory.heard.hear(ApiKeyChanged)
    assert (event.bureau, event.secret_hash, event.feeds) == ("education", api_key_hash(secret), ["education.absence"])
    assert secret not in event.model_dump_json()


WRONG_KEYS: tuple[tuple[dict[str, Any], int, str, str], ...] = (
    ({"feeds": ["medical.cost"]}, 422, "feeds", "feed-not-of-bureau"),
    ({"feeds": []}, 422, "feeds", "too-short"),
    ({"areas": ["*"]}, 403, "areas", "area-not-grantable"),
    ({"areas": ["539801"]}, 403, "areas", "area-not-grantable"),
    ({"expires_on": "2020-01-01"}, 422, "expires_on", "expiry-invalid"),
    ({"expires_on": "2099-01-01"}, 422, "expires_on", "expiry-invalid"),
    ({"label": ""}, 422, "label", "text-too-short"),
)


async def test_a_key_stays_within_its_bureau(directory: Directory) -> None:
    for change, status, field, code in WRONG_KEYS:
        answer = await directory.post("/api-keys", new(**change))
        assert (answer.status_code, codes(answer)) == (status, {field: code}), change
    assert await directory.sql("SELECT * FROM api_key") == []


async def test_only_bureaus_have_keys(directory: Directory) -> None:
    town = {"code": "town", "name": "镇", "kind": "township", "area_code": "539921101"}
    await directory.post("/organisations", town)
    assert codes(await directory.post("/api-keys", new(organisation="town"))) == {"organisation": "bureau-missing"}
    assert (await directory.post("/api-keys", new(organisation="unknown"))).status_code == 404


async def test_a_rotation_leaves_time_to_change_over(directory: Directory) -> None:
    old = await issue(directory, areas=["539921101"])
    answer = await directory.post(f"/api-keys/{old['id']}/rotation", {"overlap_hours": 24})
    fresh = answer.json()
    assert answer.status_code == 201
    assert (fresh["feeds"], fresh["areas"], fresh["label"]) == (old["feeds"], ["539921101"], old["label"])
    assert await works(directory, old["secret"])
    assert await works(directory, fresh["secret"])
    shown = (await directory.get(f"/api-keys/{old['id']}")).json()
    assert shown["replaced_by"] == fresh["id"]
    end = datetime.fromisoformat(shown["expires_at"])
    assert abs(end - utc_now() - timedelta(hours=24)) < timedelta(minutes=1)
    told = {str(event.key_id): event for event in await directory.heard.hear(ApiKeyChanged, 3)}
    assert told[old["id"]].expires_at == end
    assert told[fresh["id"]].expires_at.astimezone(UTC) > utc_now() + timedelta(days=89)
    again = await directory.post(f"/api-keys/{old['id']}/rotation", {})
    assert (again.status_code, again.json()["code"]) == (409, "api-key-ended")


async def test_without_an_overlap_the_old_key_ends_at_once(directory: Directory) -> None:
    old = await issue(directory)
    body = {"overlap_hours": 0, "expires_on": in_days(1)}
    assert (await directory.post(f"/api-keys/{old['id']}/rotation", body)).status_code == 201
    assert not await works(directory, old["secret"])
    assert codes(await directory.post(f"/api-keys/{old['id']}/rotation", {"overlap_hours": 721})) == {
        "overlap_hours": "number-out-of-range"
    }


async def test_a_revoked_key_is_told_and_works_no_more(directory: Directory) -> None:
    key = await issue(directory)
    for _ in range(2):
        answer = await directory.post(f"/api-keys/{key['id']}/revocation")
        assert answer.json()["revoked_at"] is not None
    assert not await works(directory, key["secret"])
    events = await directory.heard.hear(ApiKeyChanged, 2)
    assert [event.revoked_at is None for event in events] == [True, False]
    assert (await directory.post(f"/api-keys/{key['id']}/rotation", {})).status_code == 409


async def test_keys_beyond_ones_areas_are_not_there(directory: Directory) -> None:
    key = await issue(directory)
    outside = {"headers": directory.as_("admin", "539921101")}
    assert (await directory.get(f"/api-keys/{key['id']}", **outside)).status_code == 404
    assert (await directory.post(f"/api-keys/{key['id']}/revocation", **outside)).status_code == 404
    assert (await directory.get("/api-keys", **outside)).json()["items"] == []
