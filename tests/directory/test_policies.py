"""Policies: versions by area and day, the rule of the directory and of its readers being one."""

import json
from typing import Any

import httpx
import pytest

from services.directory import usecases
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.directory import AccountChanged, ApiKeyChanged, AreasChanged, PolicyPublished
from shared.contracts.policies import BODIES, AlertMerge, CaseMerge, TaskDeadline, TaskEscalation
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.commands import command
from tests.directory.conftest import V1, Directory, codes, in_days, new_account

DEFAULTS = len(BODIES)  # one national default of each kind


def merge_within(days: int, area: str = "", start: str = "2026-01-01", **more: Any) -> dict[str, Any]:
    return {"kind": "case-merge", "area": area, "valid_from": start, "body": {"window": {"days": days}}, **more}


async def publish(directory: Directory, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await directory.post("/policies", body, **more)
    assert answer.status_code == 201, answer.text
    policy: dict[str, Any] = answer.json()
    return policy


async def window(directory: Directory, area: str, on: str) -> int:
    answer = await directory.get(f"/policies/case-merge?area={area}&on={on}", "village")
    assert answer.status_code == 200, answer.text
    days: int = answer.json()["body"]["window"]["days"]
    return days


async def test_the_defaults_are_valid_and_installed_once(directory: Directory) -> None:
    async with directory.database.write(Scope.everywhere()) as session:
        await usecases.install_defaults(session, utc_now())
    installed = (await directory.get("/policies")).json()["items"]
    assert {policy["kind"] for policy in installed} == set(BODIES)
    assert len(installed) == len(BODIES)
    assert {(policy["author"], policy["area_prefix"], policy["version"]) for policy in installed} == {
        ("default", "", 1)
    }
    body = {policy["kind"]: policy["body"] for policy in installed}
    deadline = TaskDeadline.model_validate(body["task-deadline"])
    assert deadline.span("education.absence", "medium").days == 3
    assert deadline.span("medical.cost", "medium").days == 5
    assert deadline.span("other.feed", "low").days == 5
    assert TaskEscalation.model_validate(body["task-escalation"]).to_county.days == 2
    assert CaseMerge.model_validate(body["case-merge"]).window.days == 30
    merge = AlertMerge.model_validate(body["alert-merge"])
    assert merge.window.days == merge.snooze["no_risk"].days / 3 == 30
    assert {event.kind for event in await directory.heard.hear(PolicyPublished, DEFAULTS)} == set(BODIES)


async def test_the_most_local_version_counts_and_then_the_newest(directory: Directory) -> None:
    await publish(directory, merge_within(20, start="2026-03-01"))
    county = await publish(directory, merge_within(10, "539921", "2026-05-01", valid_to="2026-06-30"))
    await publish(directory, merge_within(15, "539921101000", "2026-06-01"))
    assert (county["area_prefix"], county["version"]) == ("539921", 1)
    assert await window(directory, "539921102200", "2026-02-28") == 30
    assert await window(directory, "539921102200", "2026-03-01") == 20
    assert await window(directory, "539921102200", "2026-06-30") == 10
    assert await window(directory, "539921102200", "2026-07-01") == 20
    assert await window(directory, "539921101200", "2026-06-01") == 15
    assert await window(directory, "539801", "2026-06-01") == 20
    missing = await directory.get("/policies/case-merge?area=539921&on=2019-01-01")
    assert (missing.status_code, missing.json()["code"]) == (404, "policy-not-in-force")


async def test_versions_are_counted_by_kind_and_area_and_told(directory: Directory) -> None:
    for expected in (1, 2):
        policy = await publish(directory, merge_within(9, "539921", note="县办发〔2026〕3号"))
        assert policy["version"] == expected
    event = (await directory.heard.hear(PolicyPublished, DEFAULTS + 2))[-1]
    assert (str(event.policy_id), event.version, event.area_prefix) == (policy["id"], 2, "539921")
    assert event.body == {"window": {"days": 9}}


async def test_a_text_that_nothing_can_hold_is_the_callers_mistake(directory: Directory) -> None:
    body = {"default": {"days": 5}, "rules": [{"feed": "\ud800", "due": {"days": 3}}]}
    policy = {"kind": "task-deadline", "area": "539921", "valid_from": "2026-12-01", "body": body}
    headers = directory.as_("admin") | {"Content-Type": "application/json"}
    answer = await directory.post("/policies", content=json.dumps(policy), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "text-unstorable")


async def test_a_policy_ends_and_the_next_in_line_counts(directory: Directory) -> None:
    policy = await publish(directory, merge_within(9, "539921"))
    url = f"/policies/{policy['id']}/end"
    assert codes(await directory.post(url, {"last_day": in_days(-1)})) == {"last_day": "last-day-passed"}
    assert (await directory.post(url, {"last_day": in_days(1)})).json()["valid_to"] == in_days(1)
    assert (await directory.post(url, {"last_day": in_days(2)})).status_code == 409
    assert await window(directory, "539921", in_days(1)) == 9
    assert await window(directory, "539921", in_days(2)) == 30
    assert (await directory.heard.hear(PolicyPublished, DEFAULTS + 2))[-1].valid_to.isoformat() == in_days(1)
    assert (await directory.post(f"/policies/{policy['id'][:-4]}0000/end", {"last_day": in_days(1)})).status_code == 404


WRONG_POLICIES: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"kind": "nothing"}, "kind", "policy-kind-unknown"),
    ({"body": {"window": {"days": -1}}}, "body.window.days", "number-out-of-range"),
    ({"body": {}}, "body.window", "field-missing"),
    ({"body": {"window": {"days": 1}, "x": 1}}, "body.x", "field-unknown"),
    ({"valid_to": "2025-12-31"}, "valid_to", "dates-reversed"),
    ({"area": "53990"}, "area", "area-code-length"),
    ({"valid_from": "someday"}, "valid_from", "date-invalid"),
)


async def test_what_is_wrong_with_a_policy_is_told_by_field(empty: Directory) -> None:
    for change, field, code in WRONG_POLICIES:
        answer = await empty.post("/policies", {**merge_within(9), **change})
        assert (answer.status_code, codes(answer)) == (422, {field: code}), change


async def test_the_county_decides_for_itself_only(directory: Directory) -> None:
    county = {"headers": directory.as_("county", "539921")}
    own = await publish(directory, merge_within(9, "539921101"), **county)
    for area in ("", "53", "539801"):
        answer = await directory.post("/policies", merge_within(9, area), **county)
        assert (answer.status_code, codes(answer)) == (403, {"area": "area-not-grantable"})
    assert (await directory.post(f"/policies/{own['id']}/end", {"last_day": in_days(1)}, **county)).status_code == 200
    national = (await directory.get("/policies?kind=case-merge&area=539801")).json()["items"][0]["id"]
    assert (await directory.post(f"/policies/{national}/end", {"last_day": in_days(1)}, **county)).status_code == 403


async def test_the_list_is_filtered_by_kind_area_and_day(directory: Directory) -> None:
    await publish(directory, merge_within(9, "539921", "2026-05-01", valid_to="2026-06-30"))

    async def count(query: str) -> int:
        answer: httpx.Response = await directory.get(f"/policies?{query}", "bureau")
        return len(answer.json()["items"])

    assert await count("") == DEFAULTS + 1
    assert await count("kind=case-merge") == 2
    assert await count("kind=case-merge&area=539801") == 1
    assert await count("kind=case-merge&area=539921101200&on=2026-06-30") == 2
    assert await count("kind=case-merge&area=539921101200&on=2026-07-01") == 1
    first = (await directory.get(f"/policies?limit={DEFAULTS}")).json()
    assert len((await directory.get(f"/policies?after={first['next']}")).json()["items"]) == 1
    assert codes(await directory.get("/policies?kind=x")) == {"kind": "policy-kind-unknown"}


async def test_a_repeated_publication_publishes_once(directory: Directory) -> None:
    headers = {**directory.as_("admin"), "Idempotency-Key": "once"}
    first = await publish(directory, merge_within(9), headers=headers)
    assert (await directory.post("/policies", merge_within(9), headers=headers)).json() == first


async def test_an_announcement_tells_everything_once_more(directory: Directory) -> None:
    await directory.post("/accounts", new_account("cadre.a"))
    key = {"organisation": "education", "label": "x", "feeds": ["education.absence"], "expires_on": in_days(9)}
    await directory.post("/api-keys", key)
    await directory.heard.hear(ApiKeyChanged)
    directory.heard.events.clear()
    answer = await directory.http.post(f"{V1}/announcements", headers=directory.as_("admin"))
    assert answer.json() == {"areas": 6, "accounts": 1, "api_keys": 1, "policies": DEFAULTS}
    for kind, count in ((AreasChanged, 1), (AccountChanged, 1), (ApiKeyChanged, 1), (PolicyPublished, DEFAULTS)):
        assert len(await directory.heard.hear(kind, count)) == count


async def test_the_command_says_how_much_it_told(
    directory: Directory, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    announced = await command(cluster, database_name, vault_settings, "announce", "directory")
    told = f"directory: told once more: 6 areas, 0 accounts, 0 API keys, {DEFAULTS} policies"
    assert told in announced.output, announced.output


@pytest.mark.parametrize(
    ("area", "start", "per_head", "status"),
    [
        ("539921100", "2024-06-01", 1, 422),  # a township lifts its own over the line
        ("539921100", "2024-06-01", 8000, 201),
        ("539921", "2024-06-01", 7999, 422),  # days that have passed
        ("539921", "2024-06-01", 8100, 201),
        ("539921", "2999-01-01", 7000, 201),
        ("539921100", "2023-01-01", 1, 422),  # it would reach into the days of the other
    ],
)
async def test_nobody_is_lifted_over_the_line_by_a_lower_one(
    directory: Directory, area: str, start: str, per_head: int, status: int
) -> None:
    line = {"kind": "income-line", "area": "539921", "valid_from": "2024-01-01", "body": {"per_head": 8000}}
    await publish(directory, line)
    answer = await directory.post(
        "/policies", {**line, "area": area, "valid_from": start, "body": {"per_head": per_head}}
    )
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["code"] == "income-line-lowered"
