"""Accounts: who may open and change which, and that nothing told about them names anybody."""

import asyncio
from uuid import uuid4

from sqlalchemy import text

from services.directory import usecases
from services.directory.passwords import Passwords
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.directory import AccountChanged
from tests.directory.conftest import CHEAP, PASSWORD, V1, Directory, codes, new_account


async def open_account(directory: Directory, username: str, **more: object) -> str:
    answer = await directory.post("/accounts", new_account(username, **more))  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def patch(directory: Directory, account_id: str, json: object, role: str = "admin", match: str = "*") -> object:
    headers = {**directory.as_(role), "If-Match": match}
    return await directory.http.patch(f"{V1}/accounts/{account_id}", json=json, headers=headers)


async def test_an_account_is_opened_shown_and_told_without_a_name(directory: Directory) -> None:
    answer = await directory.post("/accounts", new_account("Cadre.A", display_name="张某某"))
    account = answer.json()
    assert (answer.status_code, answer.headers["etag"], account["username"]) == (201, '"1"', "cadre.a")
    assert PASSWORD not in answer.text
    assert "password" not in answer.text
    assert (await directory.get(answer.headers["location"].removeprefix(V1))).json() == account
    (event,) = await directory.heard.hear(AccountChanged)
    assert event.model_dump(mode="json") == {
        "account_id": account["id"],
        "role": "village",
        "areas": ["539921101200"],
        "feeds": [],
        "active": True,
    }
    audited = await directory.sql(f"SELECT action, detail FROM audit_entry WHERE subject = '{account['id']}'")
    assert audited == [("account:write", {"role_given": "village"})]


WRONG_ACCOUNTS: tuple[tuple[dict[str, object], int, str, str], ...] = (
    ({"username": "3cadre"}, 422, "username", "field-invalid"),
    ({"username": "539921199001011234"}, 422, "username", "field-invalid"),
    ({"password": "short"}, 422, "password", "password-too-short"),
    ({"password": "cadre.long.name", "username": "cadre.long.name"}, 422, "password", "password-is-username"),
    ({"areas": []}, 422, "areas", "too-short"),
    ({"areas": ["5399x"]}, 422, "areas", "area-code-characters"),
    ({"areas": ["539955"]}, 422, "areas", "area-unknown"),
    ({"role": "king"}, 422, "role", "choice-invalid"),
    ({"feeds": ["education.absence"]}, 422, "feeds", "feeds-for-bureaus-only"),
    ({"role": "bureau"}, 422, "organisation", "bureau-missing"),
    (
        {"role": "bureau", "organisation": "medical", "feeds": ["education.absence"]},
        422,
        "feeds",
        "feed-not-of-bureau",
    ),
    ({"organisation": "nowhere"}, 422, "organisation", "organisation-unknown"),
    ({"id_number": "539921199001011234"}, 422, "id_number", "field-unknown"),
    ({"username": "taken"}, 409, "username", "username-taken"),
)


async def test_what_is_wrong_with_an_account_is_told_by_field(directory: Directory) -> None:
    await open_account(directory, "taken")
    for change, status, field, code in WRONG_ACCOUNTS:
        answer = await directory.post("/accounts", {**new_account("fresh"), **change})
        assert (answer.status_code, codes(answer)) == (status, {field: code}), change
        assert "539921199001011234" not in answer.text
    assert len(await directory.sql("SELECT 1 FROM account")) == 1


async def test_the_county_opens_accounts_below_it_only(directory: Directory) -> None:
    county = {"headers": directory.as_("county", "539921101")}
    answer = await directory.post("/accounts", new_account("village.a"), **county)
    assert answer.status_code == 201
    beyond = await directory.post("/accounts", new_account("village.b", area="539921102200"), **county)
    assert (beyond.status_code, codes(beyond)) == (403, {"areas": "area-not-grantable"})
    for role in ("county", "admin", "supervisor"):
        answer = await directory.post("/accounts", new_account("other.one", role, "539921101"), **county)
        assert (answer.status_code, codes(answer)) == (403, {"role": "role-not-grantable"})


async def test_the_county_reaches_no_account_beyond_it(directory: Directory) -> None:
    admin = await open_account(directory, "second.admin", role="admin", area="539921101")
    outside = await open_account(directory, "outside", area="539921102200")
    headers = {**directory.as_("county", "539921101"), "If-Match": "*"}
    for account in (admin, outside):
        base = f"{V1}/accounts/{account}"
        answers = [
            await directory.http.patch(base, json={"active": False}, headers=headers),
            await directory.http.post(f"{base}/password", json={"password": "taken over!"}, headers=headers),
            await directory.http.post(f"{base}/unlock", headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
    assert (await directory.sign_in("second.admin")).status_code == 200
    listed = (await directory.http.get(f"{V1}/accounts", headers=headers)).json()["items"]
    assert [account["username"] for account in listed] == ["second.admin"]


async def test_the_list_is_filtered_and_comes_page_by_page(directory: Directory) -> None:
    for n, area in enumerate(("539921101200", "539921101201", "539921102200")):
        await open_account(directory, f"v{n}.cadre", area=area)
    await open_account(directory, "edu.one", role="bureau", area="539921", organisation="education")

    async def names(query: str, role: str = "admin") -> list[str]:
        return [item["username"] for item in (await directory.get(f"/accounts?{query}", role)).json()["items"]]

    assert await names("") == ["edu.one", "v0.cadre", "v1.cadre", "v2.cadre"]
    assert await names("role=village&area=539921101") == ["v0.cadre", "v1.cadre"]
    assert await names("organisation=education", "supervisor") == ["edu.one"]
    first = (await directory.get("/accounts?limit=3")).json()
    assert [len(first["items"]), await names(f"after={first['next']}")] == [3, ["v2.cadre"]]
    township = await directory.get("/accounts", headers=directory.as_("township", "539921101"))
    assert [item["username"] for item in township.json()["items"]] == ["v0.cadre", "v1.cadre"]


async def test_a_change_needs_the_version_read_and_is_told(directory: Directory) -> None:
    account = await open_account(directory, "cadre.a")
    url = f"{V1}/accounts/{account}"
    assert (await directory.http.patch(url, json={}, headers=directory.as_("admin"))).status_code == 428
    changed = await patch(directory, account, {"role": "township", "areas": ["539921101"]}, match='"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await patch(directory, account, {"active": False}, match='"1"')).status_code == 412
    event = (await directory.heard.hear(AccountChanged, 2))[-1]
    assert (event.role, event.areas, event.active) == ("township", ["539921101"], True)


async def test_of_two_changes_of_one_version_one_wins(directory: Directory) -> None:
    account = await open_account(directory, "cadre.a")
    changes = [patch(directory, account, {"display_name": name}, match='"1"') for name in ("甲", "乙")]
    assert sorted(answer.status_code for answer in await asyncio.gather(*changes)) == [200, 412]


async def test_a_closed_account_is_signed_out_and_told(directory: Directory) -> None:
    account = await open_account(directory, "cadre.a")
    token = (await directory.sign_in("cadre.a")).json()["refresh_token"]
    assert (await patch(directory, account, {"active": False}, role="county")).status_code == 200
    assert (await directory.renew(token)).status_code == 401
    assert (await directory.heard.hear(AccountChanged, 2))[-1].active is False


async def test_the_last_administrator_stays(directory: Directory) -> None:
    first = await open_account(directory, "first.admin", role="admin", area="*")
    for change in ({"active": False}, {"role": "county"}):
        answer = await patch(directory, first, change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last-admin")
    second = await open_account(directory, "second.admin", role="admin", area="*")
    answers = await asyncio.gather(*(patch(directory, one, {"active": False}) for one in (first, second)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_one_changes_ones_own_password_with_the_old_one(directory: Directory) -> None:
    account = await open_account(directory, "cadre.a")
    tokens = (await directory.sign_in("cadre.a")).json()
    mine = {"headers": {"Authorization": f"Bearer {tokens['access_token']}"}}
    url, new = f"/accounts/{account}/password", "another long one"

    async def change(**body: str) -> tuple[int, str | None]:
        answer = await directory.post(url, body, **mine)
        return answer.status_code, answer.json()["code"] if answer.content else None

    assert await change(password=new) == (422, "old-password-missing")
    assert await change(password=new, old_password="wrong password") == (401, "credentials-invalid")
    assert await change(password="short", old_password=PASSWORD) == (422, "password-too-short")
    assert await change(password=new, old_password=PASSWORD) == (204, None)
    assert (await directory.sign_in("cadre.a")).status_code == 401
    assert (await directory.sign_in("cadre.a", new)).status_code == 200
    assert (await directory.renew(tokens["refresh_token"])).status_code == 401, "signed out everywhere"
    other = await open_account(directory, "cadre.b")
    assert (await directory.post(f"/accounts/{other}/password", {"password": new}, **mine)).status_code == 404


async def test_who_is_promoted_meanwhile_gets_no_password_from_whoever_managed_them(directory: Directory) -> None:
    account = await open_account(directory, "cadre.a")
    async with directory.database.engine.begin() as promotion:
        await promotion.exec_driver_sql(f"UPDATE account SET role = 'admin' WHERE id = '{account}'")
        body = {"password": "another long one"}
        asked = asyncio.create_task(directory.post(f"/accounts/{account}/password", body, role="county"))
        while not asked.done() and not await promotion.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            await asyncio.sleep(0.02)
    assert (await asked).status_code == 404
    assert (await directory.sign_in("cadre.a")).status_code == 200, "the old one counts"


async def test_a_password_that_is_reset_meanwhile_opens_nothing(directory: Directory) -> None:
    """It was right when it was looked at, and may be the one that was stolen."""
    account = await open_account(directory, "cadre.a")
    mine = {"Authorization": f"Bearer {(await directory.sign_in('cadre.a')).json()['access_token']}"}
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    body = {"password": "another long one", "old_password": PASSWORD}
    async with directory.database.engine.begin() as reset:
        await reset.exec_driver_sql(f"UPDATE account SET password_hash = 'another' WHERE id = '{account}'")
        asked = [
            asyncio.create_task(directory.sign_in("cadre.a")),
            asyncio.create_task(directory.post(f"/accounts/{account}/password", body, headers=mine)),
        ]
        while any(not one.done() for one in asked) and await reset.scalar(waiting) < 2:
            await asyncio.sleep(0.02)
    answers = await asyncio.gather(*asked)
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(401, "credentials-invalid")] * 2
    assert (await directory.sql("SELECT password_hash FROM account WHERE username = 'cadre.a'"))[0][0] == "another"


async def test_a_stolen_token_is_no_way_to_guess_the_password(directory: Directory) -> None:
    account = await open_account(directory, "cadre.a")
    token = (await directory.sign_in("cadre.a")).json()["access_token"]
    statuses = [
        (
            await directory.post(
                f"/accounts/{account}/password",
                {"password": "another long one", "old_password": f"guess number {n}"},
                headers={"Authorization": f"Bearer {token}"},
            )
        ).status_code
        for n in range(6)
    ]
    assert statuses == [401] * 5 + [429]


async def test_a_locked_account_is_shown_and_unlocked(directory: Directory) -> None:
    account = await open_account(directory, "cadre.a")
    for _ in range(5):
        await directory.sign_in("cadre.a", "wrong password")
    assert (await directory.get(f"/accounts/{account}")).json()["locked_until"] is not None
    assert (await directory.post(f"/accounts/{account}/unlock", role="county")).status_code == 204
    assert (await directory.sign_in("cadre.a")).status_code == 200
    assert (await directory.get(f"/accounts/{account}")).json()["locked_until"] is None
    for _ in range(5):
        await directory.sign_in("cadre.a", "wrong password")
    reset = await directory.post(f"/accounts/{account}/password", {"password": "given by admin"}, role="county")
    assert reset.status_code == 204
    assert (await directory.sign_in("cadre.a", "given by admin")).status_code == 200, "a new password unlocks"


async def test_a_batch_opens_all_or_none(directory: Directory) -> None:
    good = [new_account(f"cadre{n}") for n in range(300)]
    answer = await directory.post("/accounts/batch", good)
    assert answer.status_code == 201
    assert [one["username"] for one in answer.json()["accounts"]] == [f"cadre{n}" for n in range(300)]
    assert len({event.account_id for event in await directory.heard.hear(AccountChanged, 300)}) == 300
    bad = [
        new_account("fresh1"),
        new_account("cadre7"),
        new_account("fresh2", areas=["539955"]),
        new_account("fresh1"),
        new_account("fresh3", organisation="nowhere"),
    ]
    answer = await directory.post("/accounts/batch", bad)
    assert answer.status_code == 422
    assert codes(answer) == {
        "1.username": "username-taken",
        "2.areas": "area-unknown",
        "3.username": "username-taken",
        "4.organisation": "organisation-unknown",
    }
    short = await directory.post("/accounts/batch", [new_account("fresh1"), new_account("fresh2", password="short")])
    assert codes(short) == {"1.password": "password-too-short"}
    assert len(await directory.sql("SELECT 1 FROM account")) == 300


async def test_one_username_at_one_moment_is_given_once(directory: Directory) -> None:
    answers = await asyncio.gather(*(directory.post("/accounts", new_account("cadre.a")) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_whom_the_directory_does_not_know_is_told_what_the_token_says(directory: Directory) -> None:
    me = await directory.get("/me", headers=directory.as_("county", "539921", sub=uuid4()))
    assert (me.json()["username"], me.json()["role"], me.json()["areas"]) == (None, "county", ["539921"])


async def test_the_first_administrator_is_made_once_and_can_sign_in(empty: Directory) -> None:
    async def ensure(password: str | None = None) -> str | None:
        async with empty.database.write(Scope.everywhere()) as session:
            return await usecases.ensure_admin(session, "admin", password, utc_now(), Passwords(CHEAP))

    password = await ensure()
    assert password is not None
    assert await ensure("never mind this") is None
    token = (await empty.sign_in("admin", password)).json()["access_token"]
    me = await empty.http.get(f"{V1}/me", headers={"Authorization": f"Bearer {token}"})
    assert (me.json()["role"], me.json()["areas"]) == ("admin", ["*"])
