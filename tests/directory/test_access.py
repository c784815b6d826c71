"""What each role gets from every route of a directory that works; who may come in at all is tested for all services."""

from shared.http.documents import routes
from shared.security.permits import Permit, Public
from shared.security.principals import Role
from tests.directory.conftest import Directory

PUBLIC = {"/directory/v1/tokens", "/directory/v1/tokens/revocation", "/directory/v1/jwks"}
NOBODY = "00000000-0000-7000-8000-000000000000"


def filled(path: str) -> str:
    for name in ("account_id", "key_id", "policy_id", "letter_id"):
        path = path.replace(f"{{{name}}}", NOBODY)
    return path.replace("{code}", "539921").replace("{kind}", "case-merge")


async def test_a_role_does_what_its_permits_say_and_nothing_else(empty: Directory) -> None:
    for role in Role:
        headers = {**empty.as_(role), "If-Match": "*"}
        for method, path, permit in routes(empty.app):
            if isinstance(permit, Permit):
                answer = await empty.http.request(method, filled(path), headers=headers)
                refused = answer.status_code == 403 and answer.json()["code"] == "role-not-permitted"
                assert refused == (role not in permit.roles), f"{role} {method} {path}: {answer.status_code}"


async def test_little_is_public(empty: Directory) -> None:
    public = {path for _, path, permit in routes(empty.app) if isinstance(permit, Public) and "/v1/" in path}
    assert public == PUBLIC


async def test_supervisors_only_read_and_change_their_password(empty: Directory) -> None:
    writes = {
        permit.name
        for method, _, permit in routes(empty.app)
        if method != "GET" and isinstance(permit, Permit) and Role.SUPERVISOR in permit.roles
    }
    assert writes == {"account:password"}


async def test_every_operation_is_documented(empty: Directory) -> None:
    document = (await empty.http.get("/directory/openapi.json")).json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert " · " in operation["summary"], f"{method} {path}"
            assert operation["description"].strip(), f"{method} {path}"
            shown = [answer for status, answer in operation["responses"].items() if status in ("200", "201")]
            for answer in shown:
                assert answer["content"]["application/json"]["schema"], f"{method} {path}"
