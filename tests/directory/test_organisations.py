"""Organisations: bureaus own feeds, and keep those that are in use."""

import httpx

from tests.directory.conftest import V1, Directory, codes, in_days, new_account


def new(code: str, kind: str = "township", area: str = "539921101", **more: object) -> dict[str, object]:
    return {"code": code, "name": "某单位", "kind": kind, "area_code": area, **more}


async def patch(directory: Directory, code: str, json: object, match: str = "*") -> httpx.Response:
    headers = {**directory.as_("admin"), "If-Match": match}
    return await directory.http.patch(f"{V1}/organisations/{code}", json=json, headers=headers)


async def test_an_organisation_is_added_listed_and_changed(directory: Directory) -> None:
    added = await directory.post("/organisations", new("qingshi"))
    assert (added.status_code, added.headers["location"]) == (201, f"{V1}/organisations/qingshi")
    assert added.json()["area_code"] == "539921101000"
    read = await directory.get("/organisations/qingshi", "village")
    assert read.headers["etag"] == '"1"'
    changed = await patch(directory, "qingshi", {"name": "青石镇人民政府"}, '"1"')
    assert (changed.json()["name"], changed.headers["etag"]) == ("青石镇人民政府", '"2"')
    assert (await patch(directory, "qingshi", {"active": False}, '"1"')).status_code == 412
    bureaus = (await directory.get("/organisations?kind=bureau")).json()["items"]
    assert [bureau["code"] for bureau in bureaus] == ["education", "medical"]
    within = await directory.get("/organisations", headers=directory.as_("township", "539921101"))
    assert [one["code"] for one in within.json()["items"]] == ["qingshi"]
    assert (
        await directory.get("/organisations/education", headers=directory.as_("township", "539921101"))
    ).status_code == 404


async def test_what_is_wrong_is_told_by_field(directory: Directory) -> None:
    async def problem(body: dict[str, object]) -> tuple[int, dict[str, str]]:
        answer = await directory.post("/organisations", body)
        return answer.status_code, codes(answer)

    assert await problem(new("education")) == (409, {"code": "organisation-code-taken"})
    assert await problem(new("town", feeds=["a.b"])) == (422, {"feeds": "feeds-for-bureaus-only"})
    assert await problem(new("town", area="539955")) == (422, {"area_code": "area-unknown"})
    assert await problem(new("Town")) == (422, {"code": "field-invalid"})
    assert await problem(new("town", kind="club")) == (422, {"kind": "choice-invalid"})
    outside = await directory.post("/organisations", new("town"), headers=directory.as_("admin", "539921102"))
    assert outside.status_code == 404


async def test_a_repeated_request_adds_once(directory: Directory) -> None:
    headers = {**directory.as_("admin"), "Idempotency-Key": "one"}
    answers = [await directory.post("/organisations", new("town"), headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_feeds_in_use_are_not_taken_away(directory: Directory) -> None:
    bureau = {"role": "bureau", "area": "539921", "organisation": "education", "feeds": ["education.dropout"]}
    account = (await directory.post("/accounts", new_account("edu.one", **bureau))).json()["id"]  # type: ignore[arg-type]
    body = {"organisation": "education", "label": "x", "feeds": ["education.absence"], "expires_on": in_days(9)}
    key = (await directory.post("/api-keys", body)).json()["id"]
    for change in ({"feeds": ["education.absence"]}, {"feeds": ["education.dropout"]}, {"active": False}):
        answer = await patch(directory, "education", change)
        assert (answer.status_code, answer.json()["code"]) == (409, "feeds-in-use")
    assert (await patch(directory, "education", {"name": "教体局"})).status_code == 200
    await directory.post(f"/api-keys/{key}/revocation")
    headers = {**directory.as_("admin"), "If-Match": "*"}
    await directory.http.patch(f"{V1}/accounts/{account}", json={"active": False}, headers=headers)
    assert (await patch(directory, "education", {"active": False})).status_code == 200
    assert codes(await directory.post("/api-keys", body)) == {"organisation": "bureau-missing"}
