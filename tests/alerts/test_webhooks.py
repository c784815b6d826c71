"""A bureau's system is called with each verdict: signed, again until it answers, and never more than it should be."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from services.alerts import webhook_sender
from services.alerts.background import seal_addresses
from services.alerts.models import Webhook, WebhookDelivery
from services.alerts.queries.webhooks import LEASE, take_due
from services.alerts.rules import webhooks as rules
from services.alerts.settings import WebhookSettings
from services.alerts.webhook_sender import OF_ONE
from shared.areas import Scope
from shared.clock import utc_now
from shared.ids import new_id
from tests.alerts.conftest import (
    VILLAGE,
    AreaRecord,
    AreasChanged,
    MakeService,
    Service,
    bearer,
    faults,
    key_changed,
    until,
)
from tests.alerts.receiver import Receiver, receiving
from tests.alerts.test_verdicts import raise_alerts, verdict_on

HOOKS = "/alerts/v1/webhooks"
BUREAU = ["education.absence"]


@pytest.fixture(autouse=True)
def looked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether something is due is looked after much sooner than a bureau needs it."""
    monkeypatch.setattr(webhook_sender, "IDLE_SECONDS", 0.05)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def calling(make_service: MakeService) -> Service:
    """The service, calling systems on this machine and losing no time between tries."""
    made = await make_service(webhooks=WebhookSettings(local=True, backoff=[0.01, 0.01], timeout=2))
    await made.tell(
        AreasChanged(areas=[AreaRecord(code=VILLAGE, name="某村", active=True)]),
        key_changed("education-secret", BUREAU, "education"),
    )
    return made


async def register(service: Service, receiver: Receiver, **more: Any) -> dict[str, Any]:
    answer = await service.http.post(HOOKS, json={"url": receiver.url, **more}, headers=bearer("bureau", BUREAU))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def messages(service: Service, hook: dict[str, Any], state: str | None = None) -> list[dict[str, Any]]:
    params = {"state": state} if state else {}
    answer = await service.http.get(f"{HOOKS}/{hook['id']}/deliveries", params=params, headers=bearer("admin"))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def settled(service: Service, hook: dict[str, Any], state: str, count: int = 1) -> list[dict[str, Any]]:
    async def there() -> bool:
        return len(await messages(service, hook, state)) == count

    await until(there)
    return await messages(service, hook, state)


async def test_a_verdict_is_sent_signed_and_without_a_word_about_anybody(calling: Service, receiver: Receiver) -> None:
    hook = await register(calling, receiver)
    (alert,) = await raise_alerts(calling, 1)
    await calling.tell(verdict_on(calling, alert, basis="phone"))
    await until(lambda: bool(receiver.got))

    headers, body = receiver.got[0]
    told = Verifier(hook["secret"]).verify(body, headers)
    assert told["type"] == "alert.answered"
    assert told["data"]["alert_id"] == str(alert.alert_id)
    data = told["data"]
    assert (data["source_ref"], data["verdict"], data["basis"]) == ("JY-0", "no_risk", "phone")
    assert "已返校" not in body.decode()
    (delivered,) = await settled(calling, hook, "delivered")
    assert (headers["webhook-id"], delivered["last_status"]) == (f"msg_{delivered['id']}", 200)
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    with pytest.raises(WebhookVerificationError):
        Verifier(hook["secret"]).verify(body.replace(b"no_risk", b"risk_confirmed"), headers)


async def test_it_is_tried_again_under_the_same_id_until_it_is_taken(calling: Service, receiver: Receiver) -> None:
    receiver.statuses = [500, 302]
    hook = await register(calling, receiver)
    await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    (delivered,) = await settled(calling, hook, "delivered")
    assert delivered["attempts"] == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert all(Verifier(hook["secret"]).verify(body, headers) for headers, body in receiver.got)


async def test_what_failed_for_the_last_time_waits_for_a_replay(calling: Service, receiver: Receiver) -> None:
    receiver.statuses = [500] * 3
    hook = await register(calling, receiver)
    await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    (dead,) = await settled(calling, hook, "dead")
    assert (dead["last_status"], dead["next_at"], dead["attempts"]) == (500, None, 3)

    for never in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        refused = await calling.http.post(
            f"{HOOKS}/{hook['id']}/deliveries/replay", json={"since": never}, headers=bearer("bureau", BUREAU)
        )
        assert refused.status_code == 422
    since = (utc_now() - timedelta(hours=1)).isoformat()
    again = await calling.http.post(
        f"{HOOKS}/{hook['id']}/deliveries/replay", json={"since": since}, headers=bearer("bureau", BUREAU)
    )
    assert again.json() == {"messages": 1}
    await settled(calling, hook, "delivered")

    one = await calling.http.post(
        f"{HOOKS}/{hook['id']}/deliveries/{dead['id']}/replay", headers=bearer("bureau", BUREAU)
    )
    assert one.json()["state"] == "waiting"
    await until(lambda: len(receiver.got) == 5)
    await settled(calling, hook, "delivered")


async def test_410_closes_a_webhook(calling: Service, receiver: Receiver) -> None:
    receiver.statuses = [410]
    hook = await register(calling, receiver)
    await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    await settled(calling, hook, "dead")
    read = await calling.http.get(f"{HOOKS}/{hook['id']}", headers=bearer("bureau", BUREAU))
    assert read.json()["active"] is False
    (alert,) = await raise_alerts(calling, 1)
    await calling.tell(verdict_on(calling, alert))
    assert len(await messages(calling, hook)) == 1
    closed = await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    assert (closed.status_code, closed.json()["code"]) == (409, "webhook-closed")


async def test_both_secrets_sign_during_the_overlap(calling: Service, receiver: Receiver) -> None:
    hook = await register(calling, receiver)
    rotated = await calling.http.post(
        f"{HOOKS}/{hook['id']}/secret",
        json={"overlap_hours": 1},
        headers={**bearer("bureau", BUREAU), "If-Match": '"1"'},
    )
    await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    await until(lambda: bool(receiver.got))
    headers, body = receiver.got[0]
    for secret in (hook["secret"], rotated.json()["secret"]):
        assert Verifier(secret).verify(body, headers)["type"] == "webhook.test"


async def test_a_system_that_does_not_answer_holds_up_no_other(make_service: MakeService, receiver: Receiver) -> None:
    calling = await make_service(webhooks=WebhookSettings(local=True, timeout=60))  # none is given up meanwhile
    await calling.tell(key_changed("education-secret", BUREAU, "education"))
    async with receiving() as dumb:
        dumb.silent = asyncio.Event()
        silent, hook = await register(calling, dumb), await register(calling, receiver)
        for _ in range(OF_ONE * 5):
            await calling.http.post(f"{HOOKS}/{silent['id']}/test", headers=bearer("bureau", BUREAU))
        await until(lambda: bool(dumb.got))
        await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
        await settled(calling, hook, "delivered")
        assert len(await messages(calling, silent, "waiting")) > 0
        assert len(dumb.got) <= OF_ONE
        dumb.silent.set()


async def test_a_sender_that_died_leaves_its_message_to_the_next(make_service: MakeService, receiver: Receiver) -> None:
    made = await make_service(webhooks=WebhookSettings(local=True, timeout=5))
    receiver.silent = asyncio.Event()
    await made.tell(key_changed("education-secret", BUREAU, "education"))
    hook = await register(made, receiver)
    await made.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    await until(lambda: bool(receiver.got))
    await made.stop()
    receiver.silent.set()

    again = await make_service(webhooks=WebhookSettings(local=True, timeout=5))
    await again.sql("UPDATE webhook_delivery SET next_at = now()")  # its lease is over
    await settled(again, hook, "delivered")
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2


async def test_a_message_is_its_senders_as_long_as_the_receiver_may_take(
    make_service: MakeService, receiver: Receiver
) -> None:
    """Else a receiver that needs longer than the lease would be sent it again and again, and no answer would count."""
    made = await make_service(webhooks=WebhookSettings(local=True, timeout=120))
    receiver.silent = asyncio.Event()
    hook = await register(made, receiver)
    await made.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    await until(lambda: bool(receiver.got))
    ours = await made.sql("SELECT next_at > now() + interval '120 seconds' FROM webhook_delivery")
    receiver.silent.set()
    assert ours == [(True,)]


async def test_the_next_goes_when_one_is_there_not_at_the_next_look(
    make_service: MakeService, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_service(webhooks=WebhookSettings(local=True, timeout=60))
    receiver.silent = asyncio.Event()
    hook = await register(made, receiver)
    await made.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    await until(lambda: bool(receiver.got))
    monkeypatch.setattr(webhook_sender, "IDLE_SECONDS", 3600)
    for _ in range(OF_ONE * 3):
        await made.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    receiver.silent.set()
    await settled(made, hook, "delivered", OF_ONE * 3 + 1)


async def test_a_bureau_sees_and_changes_its_own_only(calling: Service, receiver: Receiver) -> None:
    hook = await register(calling, receiver)
    other = bearer("bureau", ["medical.cost"])
    elsewhere = bearer("bureau", BUREAU, areas=["539922"])
    for headers in (other, elsewhere):
        assert (await calling.http.get(HOOKS, headers=headers)).json()["items"] == []
        for method, path in (
            ("GET", ""),
            ("GET", "/deliveries"),
            ("POST", "/test"),
            ("POST", "/closure"),
            ("POST", "/secret"),
        ):
            body = {} if path == "/secret" else None
            answer = await calling.http.request(method, f"{HOOKS}/{hook['id']}{path}", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "webhook-not-found"), (method, path)
    refused = await calling.http.post(
        HOOKS, json={"url": receiver.url, "feeds": ["medical.cost"]}, headers=bearer("bureau", BUREAU)
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "feed-not-permitted")
    nothing = await calling.http.post(HOOKS, json={"url": receiver.url}, headers=bearer("admin"))
    assert faults(nothing) == {"feeds": "webhook-feeds-missing"}
    key = await calling.http.post(HOOKS, json={"url": receiver.url}, headers={"X-API-Key": "education-secret"})
    assert key.status_code == 403


async def test_addresses_lie_sealed_those_of_before_too(calling: Service, receiver: Receiver) -> None:
    hook = await register(calling, receiver)
    assert hook["url"] == receiver.url
    stored = "SELECT url, url_sealed, whole::text FROM webhook AS whole"
    [(url, sealed, whole)] = await calling.sql(stored)
    assert url is None
    for text in (str(receiver.port), "hook?x=1"):
        assert text not in whole
        assert text.encode() not in sealed
    place = f"{HOOKS}/{hook['id']}"
    await calling.sql("UPDATE webhook SET url = 'https://yb.example.org/token', url_sealed = NULL")
    seen = await calling.http.get(place, headers=bearer("bureau", BUREAU))
    assert seen.json()["url"] == "https://yb.example.org/token"
    await seal_addresses(calling.database, calling.vault)
    [(url, sealed, whole)] = await calling.sql(stored)
    assert (url, "token" in whole, b"token" in sealed) == (None, False, False)
    listed = (await calling.http.get(HOOKS, headers=bearer("admin"))).json()["items"]
    assert [one["url"] for one in listed] == ["https://yb.example.org/token"]
    changed = await calling.http.put(
        place, json={"url": receiver.url}, headers={**bearer("bureau", BUREAU), "If-Match": "*"}
    )
    assert changed.json()["url"] == receiver.url
    assert (await calling.sql(stored))[0][0] is None


async def test_who_changes_one_says_which_version(calling: Service, receiver: Receiver) -> None:
    headers = bearer("bureau", BUREAU)
    made = await calling.http.post(HOOKS, json={"url": receiver.url}, headers=headers)
    place = f"{HOOKS}/{made.json()['id']}"

    async def change(**which: str) -> Any:
        return await calling.http.put(place, json={"url": receiver.url + "2"}, headers={**headers, **which})

    assert (await change()).json()["code"] == "if-match-required"
    read = (await calling.http.get(place, headers=headers)).headers["etag"]
    assert read == made.headers["etag"]
    changed = await change(**{"If-Match": read})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await change(**{"If-Match": read})).status_code == 412


async def test_of_two_who_rotate_at_once_the_second_reads_first(calling: Service, receiver: Receiver) -> None:
    """Else the secret that the receiver knows would sign no more, whatever overlap the first was promised."""
    hook, headers = await register(calling, receiver), bearer("bureau", BUREAU)
    place = f"{HOOKS}/{hook['id']}"

    async def rotate(**which: str) -> Any:
        return await calling.http.post(f"{place}/secret", json={}, headers={**headers, **which})

    assert (await rotate()).json()["code"] == "if-match-required"
    both = await asyncio.gather(*(rotate(**{"If-Match": '"1"'}) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [201, 412]
    await calling.http.post(f"{place}/test", headers=headers)
    await until(lambda: bool(receiver.got))
    seen, body = receiver.got[0]
    assert Verifier(hook["secret"]).verify(body, seen)


async def test_who_closes_one_says_which_version_and_may_repeat_it(calling: Service, receiver: Receiver) -> None:
    hook, headers = await register(calling, receiver), bearer("bureau", BUREAU)

    async def close(**which: str) -> Any:
        return await calling.http.post(f"{HOOKS}/{hook['id']}/closure", headers={**headers, **which})

    assert (await close()).json()["code"] == "if-match-required"
    assert (await close(**{"If-Match": '"2"'})).status_code == 412
    for _ in range(2):
        closed = await close(**{"If-Match": '"1"'})
        assert (closed.status_code, closed.headers["etag"], closed.json()["active"]) == (200, '"2"', False)


async def test_secrets_lie_sealed_and_are_shown_once(calling: Service, receiver: Receiver) -> None:
    hook = await register(calling, receiver)
    stored = str(await calling.sql("SELECT whole::text FROM webhook AS whole"))
    assert hook["secret"] not in stored
    assert hook["secret"].encode().hex() not in stored
    assert "secret" not in (await calling.http.get(f"{HOOKS}/{hook['id']}", headers=bearer("admin"))).json()


async def test_who_waits_longest_has_the_next_turn_whoever_has_many_webhooks(service: Service) -> None:
    now = utc_now()
    async with service.database.write(Scope.everywhere()) as session:
        for waiting in (1, 2, 60, 3):
            hook, due = new_id(), now - timedelta(seconds=waiting)
            session.add(
                Webhook(
                    id=hook,
                    feeds=BUREAU,
                    areas=["539921%"],
                    secret_sealed=b"",
                    active=True,
                    created_by=hook,
                    created_at=now,
                )
            )
            await session.flush()
            message = {"webhook_id": hook, "state": "waiting", "attempts": 0, "created_at": due}
            session.add(WebhookDelivery(id=new_id(), body={"waiting": waiting}, next_at=due, **message))
        await session.flush()
        (next_one,) = await take_due(session, now, LEASE, [], OF_ONE, 1)
        await session.rollback()
    assert json.loads(next_one.body) == {"waiting": 60}


ADDRESSES: Sequence[tuple[str, str]] = [
    ("http://yb.example.org/", "webhook-url-invalid"),
    ("https://", "webhook-url-invalid"),
    ("ftp://yb.example.org/", "webhook-url-invalid"),
    ("https://u:p@yb.example.org/", "webhook-url-invalid"),
    ("https://yb.example.org/#x", "webhook-url-invalid"),
    ("https://yb.example.org:99999/", "webhook-url-invalid"),
    ("https://[::1/", "webhook-url-invalid"),
    ("https://127.0.0.1/", "webhook-url-forbidden"),
    ("https://[::1]/", "webhook-url-forbidden"),
    ("https://[::ffff:127.0.0.1]/", "webhook-url-forbidden"),
    ("https://169.254.169.254/latest", "webhook-url-forbidden"),
    ("https://0.0.0.0/", "webhook-url-forbidden"),
    ("https://224.0.0.1/", "webhook-url-forbidden"),
    ("https://0.0.0.1/", "webhook-url-forbidden"),
    ("https://100.100.100.200/latest/meta-data", "webhook-url-forbidden"),
    ("https://[fd00:ec2::254]/latest", "webhook-url-forbidden"),
    ("https://[2002:7f00:1::]/", "webhook-url-forbidden"),
    ("https://:pw@yb.example.org/", "webhook-url-invalid"),
    ("https://a..b/", "webhook-url-invalid"),
    (f"https://{'a' * 64}.example.org/", "webhook-url-invalid"),
    ("https://例子.中国/", "webhook-url-invalid"),
    ("https://yb.exa\tmple.org/", "webhook-url-invalid"),  # would be shown as it stands, and call example.org
    ("https://yb.example.org\n.evil.example/", "webhook-url-invalid"),
    ("https://yb.example.org/?\u202egro", "webhook-url-invalid"),
    ("https://192.0.0.192/opc/v2", "webhook-url-forbidden"),
    ("https://168.63.129.16/", "webhook-url-forbidden"),
    ("https://[2001:0:7f00:1::]/", "webhook-url-forbidden"),
]


@pytest.mark.parametrize(("url", "code"), ADDRESSES)
async def test_addresses_that_cannot_be_called_are_refused(service: Service, url: str, code: str) -> None:
    answer = await service.http.post(HOOKS, json={"url": url}, headers=bearer("bureau", BUREAU))
    assert (answer.status_code, answer.json()["code"], list(faults(answer))) == (422, code, ["url"])


@pytest.mark.parametrize("url", ["https://yb.example.org/hook", "https://10.1.2.3:8443/hook", "https://[fd00::1]/x"])
def test_a_countys_own_network_may_be_called(url: str) -> None:
    rules.check_url(url, local=False)


async def test_a_name_that_leads_to_this_machine_is_not_called(make_service: MakeService, receiver: Receiver) -> None:
    made = await make_service(webhooks=WebhookSettings(local=False, backoff=[]))
    await made.tell(key_changed("education-secret", BUREAU, "education"))
    url = f"https://localhost:{receiver.port}/"
    hook = (await made.http.post(HOOKS, json={"url": url}, headers=bearer("bureau", BUREAU))).json()
    await made.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    (dead,) = await settled(made, hook, "dead")
    assert (dead["last_error"], receiver.got) == ("webhook-url-forbidden", [])


async def test_an_address_that_cannot_be_looked_up_is_given_up(calling: Service, receiver: Receiver) -> None:
    """One that was registered before such were refused."""
    hook = await register(calling, receiver)
    await calling.sql("UPDATE webhook SET url = 'https://a..b/'")  # as an earlier version has kept it
    await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    (dead,) = await settled(calling, hook, "dead")
    assert dead["last_error"] == "webhook-unreachable"


def certificate(name: str, folder: Path) -> Path:
    """Of a receiver of that name, signed by itself: the certificate and its key in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), utc_now()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return file


async def test_over_tls_the_receiver_shows_who_it_is(
    make_service: MakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name, though the connection goes to the address that was looked up; and by an authority that is known here."""
    known, strange = certificate("localhost", tmp_path), certificate("stranger", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    calling = await make_service(webhooks=WebhookSettings(local=True, backoff=[], timeout=10))
    came = []
    for file, host in ((known, "localhost"), (known, "127.0.0.1"), (strange, "localhost")):
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(file)
        async with receiving(tls) as receiver:
            receiver.host = host
            hook = await register(calling, receiver)
            await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
            await until(lambda hook=hook: is_over(calling, hook))  # type: ignore[misc]
            [message] = await messages(calling, hook)
            came.append((message["state"], message["last_error"], len(receiver.got)))
    assert came == [("delivered", None, 1), ("dead", "webhook-certificate", 0), ("dead", "webhook-certificate", 0)]


async def is_over(service: Service, hook: dict[str, Any]) -> bool:
    return not await messages(service, hook, "waiting")


async def test_one_that_cannot_be_signed_is_given_up(calling: Service, receiver: Receiver) -> None:
    hook = await register(calling, receiver)
    await calling.sql("UPDATE webhook SET secret_sealed = 'not sealed by us'")
    await calling.http.post(f"{HOOKS}/{hook['id']}/test", headers=bearer("bureau", BUREAU))
    (dead,) = await settled(calling, hook, "dead")
    assert (dead["last_error"], receiver.got) == ("webhook-failed", [])


def test_tries_are_spaced_and_end() -> None:
    now = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
    waits = [rules.next_try([5, 300], attempts, now) for attempts in (1, 2, 3)]
    assert waits == [now + timedelta(seconds=5), now + timedelta(seconds=300), None]
