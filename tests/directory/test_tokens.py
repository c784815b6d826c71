"""Signing in: what a token says, how a refresh token works once, what a guesser learns (nothing)."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from services.directory.settings import Argon2Settings, LoginSettings, SessionSettings
from shared.areas import Scope
from shared.clock import utc_now
from shared.security.principals import Role
from shared.security.tokens import TokenSettings, TokenVerifier
from tests.directory.conftest import PASSWORD, V1, Directory, MakeDirectory, codes, import_areas, new_account

CADRE = "cadre.a"


@pytest.fixture
async def signing_in(directory: Directory) -> Directory:
    """A directory with one village cadre."""
    assert (await directory.post("/accounts", new_account(CADRE))).status_code == 201
    return directory


async def reopen(make: MakeDirectory, **settings: Any) -> Directory:
    """Another app on the same database, with a cadre in it."""
    made: Directory = await make(**settings)
    await import_areas(made, "code,name\n539921,县\n539921101,镇\n539921101200,村\n")
    assert (await made.post("/accounts", new_account(CADRE))).status_code == 201
    return made


async def test_the_published_keys_verify_the_token_and_it_says_who_where_and_what(signing_in: Directory) -> None:
    answer = await signing_in.sign_in(CADRE.upper())
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    assert answer.headers["cache-control"] == "no-store"
    published = jwt.PyJWKSet.from_dict((await signing_in.http.get(f"{V1}/jwks")).json())
    kid = jwt.get_unverified_header(tokens["access_token"])["kid"]
    claims = jwt.decode(tokens["access_token"], published[kid], ["ES256"], audience="shouwang", issuer="shouwang")
    assert (claims["role"], claims["areas"], claims["feeds"]) == ("village", ["539921101200"], [])
    assert claims["exp"] - claims["iat"] == 900
    me = await signing_in.http.get(f"{V1}/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert (me.json()["id"], me.json()["username"]) == (claims["sub"], CADRE)


async def test_other_services_take_the_token(signing_in: Directory) -> None:
    token = (await signing_in.sign_in(CADRE)).json()["access_token"]

    async def find_key(kid: str) -> jwt.PyJWK | None:
        return jwt.PyJWKSet.from_dict((await signing_in.http.get(f"{V1}/jwks")).json())[kid]

    principal = await TokenVerifier(TokenSettings(), find_key).principal(token)
    assert (principal.role, principal.scope) == (Role.VILLAGE, Scope.parse(["539921101200"]))


async def test_the_jwks_holds_no_private_half(empty: Directory) -> None:
    (key,) = (await empty.http.get(f"{V1}/jwks")).json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


async def test_first_needs_at_one_moment_make_one_key(empty: Directory) -> None:
    answers = await asyncio.gather(*(empty.http.get(f"{V1}/jwks") for _ in range(6)))
    assert len({answer.json()["keys"][0]["kid"] for answer in answers}) == 1
    assert await empty.sql("SELECT count(*) FROM signing_key") == [(1,)]


async def test_after_a_rotation_the_new_key_signs_and_the_old_tokens_still_work(signing_in: Directory) -> None:
    old = (await signing_in.sign_in(CADRE)).json()["access_token"]
    made = await signing_in.post("/signing-keys")
    assert made.status_code == 201
    new = (await signing_in.sign_in(CADRE)).json()["access_token"]
    assert jwt.get_unverified_header(new)["kid"] == made.json()["kid"] != jwt.get_unverified_header(old)["kid"]
    for token in (old, new):
        me = await signing_in.http.get(f"{V1}/me", headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200
    assert len((await signing_in.http.get(f"{V1}/jwks")).json()["keys"]) == 2
    await signing_in.sql("UPDATE signing_key SET retires_at = now() - interval '1 s' WHERE retires_at IS NOT NULL")
    assert [k["kid"] for k in (await signing_in.http.get(f"{V1}/jwks")).json()["keys"]] == [made.json()["kid"]]


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(signing_in: Directory) -> None:
    first = (await signing_in.sign_in(CADRE)).json()["refresh_token"]
    other = (await signing_in.sign_in(CADRE)).json()["refresh_token"]
    second = (await signing_in.renew(first)).json()["refresh_token"]
    third = (await signing_in.renew(second)).json()["refresh_token"]
    stolen = await signing_in.renew(first)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "refresh-token-invalid")
    assert (await signing_in.renew(third)).status_code == 401
    assert (await signing_in.renew(other)).status_code == 200, "another sign-in goes on"
    assert await signing_in.sql("SELECT count(*) FROM audit_entry WHERE action = 'token:reuse'") == [(1,)]


async def test_of_two_refreshes_at_one_moment_one_wins(signing_in: Directory) -> None:
    token = (await signing_in.sign_in(CADRE)).json()["refresh_token"]
    answers = await asyncio.gather(signing_in.renew(token), signing_in.renew(token))
    assert sorted(answer.status_code for answer in answers) == [200, 401]


async def test_tokens_are_stored_hashed(signing_in: Directory) -> None:
    tokens = (await signing_in.sign_in(CADRE)).json()
    stored = str(await signing_in.sql("SELECT * FROM refresh_token, account, signing_key"))
    assert tokens["refresh_token"] not in stored
    assert PASSWORD not in stored
    assert "$argon2id$" in stored
    assert "PRIVATE KEY" not in stored


async def test_who_signs_out_is_out_and_may_do_so_twice(signing_in: Directory) -> None:
    first = (await signing_in.sign_in(CADRE)).json()["refresh_token"]
    second = (await signing_in.renew(first)).json()["refresh_token"]
    for token in (second, second, "unknown"):
        assert (await signing_in.http.post(f"{V1}/tokens/revocation", data={"token": token})).status_code == 204
    assert (await signing_in.renew(second)).status_code == 401


async def test_a_token_expires(make_directory: MakeDirectory) -> None:
    short = await reopen(make_directory, session=SessionSettings(access_minutes=0.001, idle_hours=0.00001))
    tokens = (await short.sign_in(CADRE)).json()
    await asyncio.sleep(1.1)
    me = await short.http.get(f"{V1}/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert (me.status_code, me.json()["code"]) == (401, "token-expired")
    assert (await short.renew(tokens["refresh_token"])).status_code == 401


async def test_a_family_ends_however_often_it_is_renewed(signing_in: Directory) -> None:
    token = (await signing_in.sign_in(CADRE)).json()["refresh_token"]
    await signing_in.sql("UPDATE refresh_token SET family_expires_at = now() + interval '1 hour'")
    await signing_in.renew(token)
    rows = await signing_in.sql("SELECT max(expires_at) FROM refresh_token WHERE used_at IS NULL")
    assert rows[0][0] < utc_now() + timedelta(hours=1)


async def test_a_renewed_token_says_what_the_account_may_do_today(signing_in: Directory) -> None:
    token = (await signing_in.sign_in(CADRE)).json()["refresh_token"]
    await signing_in.sql("UPDATE account SET areas = '{539921102200}'")
    claims = jwt.decode((await signing_in.renew(token)).json()["access_token"], options={"verify_signature": False})
    assert claims["areas"] == ["539921102200"]


@pytest.mark.parametrize("username", [CADRE, "nobody.at.all"])
async def test_a_guesser_is_locked_out_whether_the_username_exists_or_not(signing_in: Directory, username: str) -> None:
    answers = [await signing_in.sign_in(username, f"guess number {n}") for n in range(7)]
    assert [answer.json()["code"] for answer in answers] == ["credentials-invalid"] * 5 + ["account-locked"] * 2
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert 890 <= int(answers[-1].headers["retry-after"]) <= 900
    assert (await signing_in.sign_in(username)).status_code == 429, "the right password is of no use now"
    locks = await signing_in.sql("SELECT count(*) FROM audit_entry WHERE action = 'account:lock'")
    assert locks == [(1,)], "one entry a lock, not one a guess"
    assert username not in str(await signing_in.sql("SELECT * FROM sign_in_failure"))


async def test_guesses_at_one_moment_are_counted_one_by_one(signing_in: Directory) -> None:
    answers = await asyncio.gather(*(signing_in.sign_in(CADRE, f"guess number {n}") for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 15


async def test_many_right_sign_ins_at_one_moment_all_succeed(signing_in: Directory) -> None:
    answers = await asyncio.gather(*(signing_in.sign_in(CADRE) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


async def test_the_lock_ends_by_itself_and_a_right_password_forgets_failures(make_directory: MakeDirectory) -> None:
    made = await reopen(make_directory, login=LoginSettings(failures=2, lock_minutes=0.01))
    for _ in range(2):
        assert (await made.sign_in(CADRE, "wrong password")).status_code == 401
    assert (await made.sign_in(CADRE)).status_code == 429
    await asyncio.sleep(0.7)
    assert (await made.sign_in(CADRE)).status_code == 200
    assert await made.sql("SELECT * FROM sign_in_failure") == []


async def test_one_address_cannot_try_many_usernames(make_directory: MakeDirectory) -> None:
    made = await reopen(make_directory, login=LoginSettings(address_failures=10))
    answers = [await made.sign_in(f"someone{n}", "same password") for n in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert answers[-1].json()["code"] == "sign-in-throttled"
    assert int(answers[-1].headers["retry-after"]) <= 300


async def test_one_line_is_one_address_whatever_it_calls_itself(make_directory: MakeDirectory) -> None:
    made = await reopen(make_directory, login=LoginSettings(address_failures=3))
    app = made.app
    statuses = []
    for place in (
        *("2001:db8:1:2::1", "2001:db8:1:2:ffff::7", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::2"),
        "2001:db8:1:3::1",
    ):
        transport = httpx.ASGITransport(app, client=(place, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://directory") as client:
            form = {"grant_type": "password", "username": "someone", "password": "same password"}
            statuses.append((await client.post("/directory/v1/tokens", data=form)).status_code)
    assert statuses == [401, 401, 401, 429, 401]


async def test_a_closed_account_is_answered_like_an_unknown_one(signing_in: Directory) -> None:
    token = (await signing_in.sign_in(CADRE)).json()["refresh_token"]
    await signing_in.sql("UPDATE account SET active = false")
    closed, unknown = await signing_in.sign_in(CADRE), await signing_in.sign_in("nobody")
    assert (closed.status_code, closed.json()) == (unknown.status_code, unknown.json()) == (401, unknown.json())
    assert (await signing_in.renew(token)).status_code == 401


async def test_a_hash_of_another_cost_is_renewed_at_the_next_sign_in(
    signing_in: Directory, make_directory: MakeDirectory
) -> None:
    before = await signing_in.sql("SELECT password_hash FROM account")
    stronger: Directory = await make_directory(argon2=Argon2Settings(time_cost=2, memory_cost=16, parallelism=1))
    assert (await stronger.sign_in(CADRE)).status_code == 200
    after = await signing_in.sql("SELECT password_hash FROM account")
    assert "m=8,t=1" in before[0][0]
    assert "m=16,t=2" in after[0][0]
    assert (await stronger.sign_in(CADRE)).status_code == 200


async def test_full_width_digits_are_the_same_password(signing_in: Directory) -> None:
    account = new_account("wide.one", password="１２３４５６７８９０ａｂ")
    assert (await signing_in.post("/accounts", account)).status_code == 201
    assert (await signing_in.sign_in("wide.one", "1234567890ab")).status_code == 200


MALFORMED: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"grant_type": "implicit"}, "grant_type", "choice-invalid"),
    ({"grant_type": "password", "username": "x"}, "", "credentials-missing"),
    ({"grant_type": "refresh_token"}, "", "credentials-missing"),
    ({"grant_type": "password", "username": "x", "password": "p" * 201}, "password", "too-long"),
    ({}, "grant_type", "field-missing"),
)


async def test_a_malformed_form_is_told_without_its_values(empty: Directory) -> None:
    for form, field, code in MALFORMED:
        answer = await empty.http.post(f"{V1}/tokens", data=form)
        assert (answer.status_code, codes(answer)) == (422, {field: code}), form
        assert "ppp" not in answer.text


async def test_a_text_the_database_cannot_hold_is_a_mistake_and_no_failure_of_ours(empty: Directory) -> None:
    assert (await empty.sign_in("a\x00b")).status_code == 422
    assert (await empty.get("/areas?q=%00")).status_code == 422
