"""Many alerts at once: good rows are kept, bad ones named, and nothing is taken twice."""

import asyncio
import errno
import json
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import httpx
import pytest

from services.alerts.api.row_stream import ROWS_A_CHUNK, _ArrayCutter
from services.alerts.background import forget_records
from services.alerts.queries.batches import Chunk
from services.alerts.queries.intake import finished
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.batches import MAX_ROWS
from services.alerts.schemas.alerts import AlertDraft
from services.alerts.usecases import batches, intake
from services.alerts.usecases.screening import Bench
from shared import time_limit
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.alerts import AlertRaised, AlertWorsened
from shared.db import listening
from shared.db.listening import IDLE_SECONDS, MOST_ATTEMPTS
from shared.ids import new_id
from shared.postgres import Cluster
from shared.security.principals import Principal, Role
from tests.alerts.conftest import (
    ALERTS,
    BATCHES,
    EDUCATION,
    MEDICAL,
    OTHER_COUNTY,
    Service,
    absence,
    absences,
    bearer,
    cost,
    days_ago,
    id_number,
    pupil,
    until,
)
from tests.alerts.merging import verdict

pytestmark = pytest.mark.usefixtures("every_bill_triggers")
NDJSON = {**EDUCATION, "Content-Type": "application/x-ndjson"}
JSON = {**EDUCATION, "Content-Type": "application/json"}


def lines(rows: Sequence[Any]) -> bytes:
    """NDJSON of drafts; bytes go in as they are."""
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


async def send(service: Service, body: bytes, headers: dict[str, str] = NDJSON) -> httpx.Response:
    """POST a batch."""
    return await service.http.post(BATCHES, content=body, headers=headers)


async def work_off(service: Service, body: bytes, headers: dict[str, str] = NDJSON) -> dict[str, Any]:
    """POST a batch and wait for its end."""
    answer = await send(service, body, headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{BATCHES}/{answer.json()['id']}"
    return await service.batch(answer.json()["id"])


async def errors(service: Service, batch: dict[str, Any], **query: Any) -> list[tuple[int, str, str]]:
    """The batch's mistakes, over all pages."""
    found, after = [], {}
    while True:
        page = (await service.get(f"{BATCHES}/{batch['id']}/errors", params={**query, **after})).json()
        found += [(e["row"], e["field"], e["code"]) for e in page["items"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def counts(batch: dict[str, Any]) -> tuple[int, ...]:
    """rows, accepted, repeated, rejected."""
    return tuple(batch[name] for name in ("rows", "accepted", "repeated", "rejected"))


async def test_a_row_that_comes_byte_by_byte_is_not_read_anew_with_each(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    cut = _ArrayCutter.cut
    monkeypatch.setattr(_ArrayCutter, "cut", lambda self, piece: looks.append(len(piece)) or cut(self, piece))

    async def bytes_of(body: bytes) -> AsyncIterator[bytes]:
        for byte in body:
            yield bytes([byte])

    body = json.dumps([absence(), absence()]).encode()
    answer = await service.http.post(BATCHES, content=bytes_of(body), headers=JSON)
    assert (answer.status_code, answer.json()["rows"]) == (202, 2), answer.text
    assert looks == [len(body)]


async def test_every_row_becomes_an_alert_and_an_event(service: Service) -> None:
    drafts = absences(2500)
    batch = await work_off(service, lines(drafts))

    assert counts(batch) == (2500, 2500, 0, 0)
    assert batch["started_at"] <= batch["finished_at"]
    events = await service.heard.hear(AlertRaised, 2500)
    assert len({event.alert_id for event in events}) == 2500
    assert {event.person_key for event in events} == {
        service.vault.person_key(draft["person"]["id_number"]) for draft in drafts
    }
    assert await service.count("batch_chunk") == 0
    one = (await service.get(ALERTS, params={"limit": 1})).json()["items"][0]
    assert (await service.get(f"{ALERTS}/{one['id']}")).json()["batch_id"] == batch["id"]


async def test_bad_rows_are_named_and_good_ones_kept(service: Service) -> None:
    good = absences(4)
    wrong = id_number(7)[:-1] + ("1" if id_number(7)[-1] != "1" else "2")
    batch = await work_off(
        service,
        lines(
            [
                good[0],
                b"{not json",
                b"",  # a blank line is no row, but it has a number
                absence(source_ref="a", person={"id_number": wrong, "name": "学生"}),
                good[1],
                absence(source_ref="b", occurred_on=days_ago(-1)),
                absence(source_ref="c", area_code="539921100077"),
                absence(source_ref="d", area_code=OTHER_COUNTY),
                absence(source_ref="e", feed="no.such"),
                cost(source_ref="f"),
                absence(source_ref="g", evidence={"days_absent": 0, "school": 7}),
                b'["a row"]',
                b"\xff\xfe",
                absence(source_ref="h", person=None),
                {**absence(source_ref="i"), "extra": 1},
                good[2],
                absence(source_ref="JY-0", person=pupil(9_000)),  # as row 1, of somebody else
                good[0],
                good[3],
            ]
        )
        + b"\n",
    )

    assert counts(batch) == (18, 4, 1, 13)
    assert await errors(service, batch) == [
        (2, "", "row-malformed"),
        (4, "person.id_number", "id-number-checksum"),
        (6, "occurred_on", "date-in-future"),
        (7, "area_code", "area-unknown"),
        (8, "area_code", "area-not-permitted"),
        (9, "feed", "feed-unknown"),
        (10, "feed", "feed-not-permitted"),
        (11, "evidence.days_absent", "number-out-of-range"),
        (11, "evidence.school", "evidence-invalid"),
        (12, "", "row-malformed"),
        (13, "", "row-malformed"),
        (14, "", "person-or-household"),
        (15, "extra", "field-unknown"),
        (17, "source_ref", "source-ref-reused"),
    ]
    assert await errors(service, batch, limit=3) == await errors(service, batch)
    page = await service.get(f"{BATCHES}/{batch['id']}/errors", headers={**EDUCATION, "Accept-Language": "en"})
    assert page.json()["items"][1]["message"] == "The check character of the ID number is wrong."
    assert wrong not in page.text
    assert len(await service.heard.hear(AlertRaised, 4)) == 4


async def test_row_numbers_go_on_over_chunks(service: Service) -> None:
    drafts: list[Any] = absences(2100)
    drafts[999] = drafts[1000] = drafts[2099] = b"x"
    batch = await work_off(service, lines(drafts))
    assert counts(batch) == (2100, 2097, 0, 3)
    assert [row for row, _, _ in await errors(service, batch)] == [1000, 1001, 2100]


async def test_the_same_file_again_changes_nothing(service: Service) -> None:
    drafts = absences(1200)
    await work_off(service, lines(drafts))
    again = await work_off(service, lines(drafts))
    overlapping = await work_off(service, lines(absences(1300)))
    single = await service.post(ALERTS, drafts[17])

    assert (counts(again), counts(overlapping)) == ((1200, 0, 1200, 0), (1300, 100, 1200, 0))
    assert single.status_code == 200, "one road: the same row is the same, alone or in a batch"
    assert await service.count("alert") == 1300
    assert len(await service.heard.hear(AlertRaised, 1300)) == 1300


async def test_the_same_row_twice_in_one_file(service: Service) -> None:
    numbered, plain = absence(), absence(source_ref=None, person=pupil(1))
    batch = await work_off(service, lines([numbered, numbered, plain, plain]))
    assert counts(batch) == (4, 2, 2, 0)


async def test_a_json_array(service: Service) -> None:
    rows = [*absences(1500), {"feed": "education.absence"}, 7]
    batch = await work_off(service, json.dumps(rows, indent=1).encode(), JSON)
    assert counts(batch) == (1502, 1500, 0, 2)
    assert {row for row, _, _ in await errors(service, batch)} == {1501, 1502}


async def test_nothing_is_kept_of_what_is_no_batch(service: Service) -> None:
    many = b"\n".join([b"{}"] * (MAX_ROWS + 1))
    start = b"[" + b",".join(json.dumps(draft).encode() for draft in absences(1100))
    for body, headers, status, code in (
        (many, NDJSON, 413, "batch-too-long"),
        (start, JSON, 400, "json-invalid"),
        (start + b"}", JSON, 400, "json-invalid"),
        (b"", JSON, 400, "json-invalid"),
        (b'{"alerts": []}', JSON, 400, "batch-not-array"),
        (b"[]", JSON, 422, "batch-empty"),
        (b"\n \n", NDJSON, 422, "batch-empty"),
        (b"{}\n" + b"x" * 200_000, NDJSON, 413, "batch-row-too-long"),
        (b"a,b", {**EDUCATION, "Content-Type": "text/csv"}, 415, "media-type-unsupported"),
    ):
        answer = await send(service, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert "…" not in answer.json()["title"]
    for table in ("batch", "batch_chunk", "alert", "outbox", "idempotency_key"):
        assert await service.count(table) == 0, table


async def test_64_megabytes_are_refused_before_they_are_read(service: Service) -> None:
    async def never_read() -> Any:
        raise AssertionError("the body was read")
        yield b""

    headers = {**NDJSON, "Content-Length": "64000001"}
    answer = await service.http.post(BATCHES, content=never_read(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_sender_that_hangs_up_leaves_nothing(service: Service) -> None:
    """Also not a transaction: the next request is served, and no session idles in one."""
    path = BATCHES.encode()
    headers = [(name.lower().encode(), value.encode()) for name, value in NDJSON.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": BATCHES,
        "raw_path": path,
        "query_string": b"",
        "headers": headers,
    }
    half = lines(absences(1500))

    async def send_nothing(_message: Any) -> None: ...

    for _ in range(20):
        messages = iter([{"type": "http.request", "body": half, "more_body": True}, {"type": "http.disconnect"}])

        async def receive(left: Any = messages) -> Any:
            return next(left)

        await service.app({**scope, "http_version": "1.1", "scheme": "http", "root_path": ""}, receive, send_nothing)

    assert (await service.count("batch"), await service.count("batch_chunk")) == (0, 0)
    idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"

    async def nobody_waits() -> bool:
        return bool((await service.sql(idle))[0][0] == 0)

    await until(nobody_waits)  # a worker that looks for work is in a transaction for a moment
    assert counts(await work_off(service, half)) == (1500, 1500, 0, 0)


async def test_an_idempotency_key_gets_the_first_batch(service: Service) -> None:
    headers = {**NDJSON, "Idempotency-Key": "march"}
    first = await send(service, lines(absences(3)), headers)
    again = await send(service, lines(absences(3)), headers)
    other = await send(service, lines(absences(4)), headers)
    invalid = await send(service, lines(absences(3)), {**NDJSON, "Idempotency-Key": ""})

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert (invalid.status_code, invalid.json()["code"]) == (422, "idempotency-key-invalid")
    assert await service.count("batch") == 1


async def test_who_sees_a_batch(service: Service) -> None:
    batch = await work_off(service, lines([absence(), b"x"]))
    for headers, status in (
        (EDUCATION, 200),
        (MEDICAL, 404),
        (bearer("bureau", ["education.absence"]), 200),
        (bearer("bureau", ["education.absence", "education.dropout"]), 200),
        (bearer("bureau", ["medical.cost"]), 404),
        (bearer("bureau"), 404),
        (bearer("county"), 200),
        (bearer("supervisor"), 200),
        (bearer("township"), 404),
        (bearer("village"), 404),
        (bearer("bureau", ["education.absence"], ["539922"]), 404),
        (bearer("bureau", ["education.absence"], ["539921100"]), 404),  # a part of its areas
        (bearer("county", areas=["539922"]), 404),
        (bearer("supervisor", areas=["539921100"]), 404),
        (bearer("admin", areas=["*"]), 200),
    ):
        for path in (f"{BATCHES}/{batch['id']}", f"{BATCHES}/{batch['id']}/errors"):
            assert (await service.get(path, headers=headers)).status_code == status, (path, headers)
    for role in ("supervisor", "admin"):
        answer = await send(service, lines([absence()]), {**NDJSON, "X-API-Key": "", **bearer(role)})
        assert answer.status_code == 403, role


async def test_a_broken_cursor_is_the_callers_mistake(service: Service) -> None:
    batch = await work_off(service, b"x")
    for after in ("x", "WzFd", "WyJhIiwiYiIsImMiXQ", "Wzk5OTk5OTk5OTk5LCJhIiwiYiJd"):
        answer = await service.get(f"{BATCHES}/{batch['id']}/errors", params={"after": after})
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid"), after


async def test_a_chunk_that_always_fails_ends_its_batch_and_not_the_others(service: Service) -> None:
    batch_id = "01890000-0000-7000-8000-000000000001"
    (key,) = (await service.sql("SELECT id FROM api_key WHERE bureau = 'education'"))[0]
    await service.sql(f"""
        INSERT INTO batch (id, reported_by, feeds, areas, format, state, rows_total, chunks_total, received_at)
        VALUES ('{batch_id}', '{key}', '{{education.absence}}', '{{*}}', 'ndjson', 'queued', 1, 1, now())""")
    await service.sql(f"INSERT INTO batch_chunk VALUES ('{batch_id}', 1, 1, 'not sealed by us')")
    good = await work_off(service, lines([absence()]))

    broken = await service.batch(batch_id, "failed")
    assert counts(broken) == (1, 0, 0, 1)
    assert await errors(service, broken) == [(1, "", "row-failed")]
    assert counts(good) == (1, 1, 0, 0)
    assert await service.count("batch_chunk") == 0


async def test_a_chunk_that_is_never_done_ends_its_batch_and_not_the_others(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    try:
        with monkeypatch.context() as during:
            during.setattr(batches, "prepare_chunk", lambda *_: over.wait())
            during.setattr(time_limit, "_seconds", 0.5)
            never = await service.batch((await send(service, lines([absence()]))).json()["id"], "failed")
    finally:
        over.set()
    assert await errors(service, never) == [(1, "", "row-failed")]
    assert counts(await work_off(service, lines([absence()]))) == (1, 1, 0, 0)


async def test_the_other_chunks_of_a_batch_are_worked_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(chunk: Chunk, *more: Any) -> Any:
        if chunk.seq == 1:
            raise RuntimeError
        return prepare(chunk, *more)

    prepare = batches.prepare_chunk
    monkeypatch.setattr(batches, "prepare_chunk", failing)
    body = lines([b"", *absences(ROWS_A_CHUNK + 1)])
    batch = await service.batch((await send(service, body)).json()["id"], "failed")
    assert counts(batch) == (ROWS_A_CHUNK + 1, 2, 0, ROWS_A_CHUNK - 1)
    found = await errors(service, batch, limit=200)
    assert found == [(number, "", "row-failed") for number in range(2, ROWS_A_CHUNK + 1)]
    assert await service.count("chunk_attempt") == 0
    monkeypatch.undo()
    assert counts(await work_off(service, body)) == (ROWS_A_CHUNK + 1, ROWS_A_CHUNK - 1, 2, 0)


async def test_while_there_is_no_room_a_chunk_waits(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than it is tried; nothing is lost when there is some, and nothing doubled."""
    failed = 0

    def full(*given: Any) -> Any:
        nonlocal failed
        failed += 1
        if failed > MOST_ATTEMPTS + 1:
            return prepare(*given)
        raise OSError(errno.ENOSPC, "no room")

    prepare = batches.prepare_chunk
    monkeypatch.setattr(batches, "prepare_chunk", full)
    monkeypatch.setattr(listening, "RESTART_SECONDS", 0.05)
    assert counts(await work_off(service, lines(absences(2)))) == (2, 2, 0, 0)
    assert failed == MOST_ATTEMPTS + 2


async def test_a_batch_that_meets_another_transaction_is_tried_until_that_is_over(
    service: Service, monkeypatch: pytest.MonkeyPatch, cluster: Cluster, database_name: str
) -> None:
    """Who holds one alert and wants another, where it wants them the other way round, ends its attempt and no more."""
    monkeypatch.setattr(listening, "RESTART_SECONDS", 0.05)
    await work_off(service, lines(absences(2)))
    first, second = (f"'{row[0]}'" for row in await service.sql("SELECT id FROM alert ORDER BY id"))
    lock = "SELECT FROM alert WHERE id = {} FOR UPDATE"
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    async def waiting() -> bool:
        return await service.sql(waits) != []

    more = [{**row, "source_ref": f"more-{n}"} for n, row in enumerate(absences(2))]
    patient = {"search_path": "alerts", "deadlock_timeout": "1min"}  # so that the batch is who finds it, a second later
    other = await asyncpg.connect(
        cluster.dsn("postgres", database_name).replace("+asyncpg", ""), server_settings=patient
    )
    async with other.transaction():
        await other.execute(lock.format(second))
        batch = (await send(service, lines(more))).json()
        for _ in range(MOST_ATTEMPTS + 1):
            await until(waiting)
            wanted = other.transaction()
            await wanted.start()
            await other.execute(lock.format(first))  # when the other's deadlock was found
            await wanted.rollback()
    await other.close()
    assert (await service.batch(batch["id"]))["merged"] == 2


async def test_a_stop_uses_up_no_attempt(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(batches, "prepare_chunk", lambda *_: over.wait())
    await send(service, lines([absence()]))

    async def attempts() -> list[tuple[int]]:
        return [tuple(row) for row in await service.sql("SELECT attempts FROM chunk_attempt")]

    async def begun() -> bool:
        return await attempts() == [(1,)]

    try:
        await until(begun)
        await service.stop()
    finally:
        over.set()
    assert await attempts() == [(0,)]
    assert await service.count("batch_chunk") == 1


async def test_what_a_sender_may_is_what_it_might_when_it_sent(service: Service) -> None:
    """A chunk is screened with the feeds and areas of that moment, whoever works it off."""
    account = bearer("bureau", ["education.absence"], areas=["539921100001"])
    rows = [absence(source_ref="a"), absence(source_ref="b", area_code="539921100002"), cost(source_ref="c")]
    answer = await service.http.post(BATCHES, content=lines(rows), headers={**NDJSON, "X-API-Key": "", **account})
    batch = await service.batch(answer.json()["id"])
    assert counts(batch) == (3, 1, 0, 2)
    assert [(row, code) for row, _, code in await errors(service, batch)] == [
        (2, "area-not-permitted"),
        (3, "feed-not-permitted"),
    ]


async def test_old_errors_are_swept(service: Service) -> None:
    batch = await work_off(service, b"x")
    await forget_records(service.database, utc_now())
    assert len(await errors(service, batch)) == 1
    await service.sql("UPDATE batch SET finished_at = now() - interval '91 days'")
    await forget_records(service.database, utc_now())
    assert await errors(service, batch) == []


async def test_a_batch_is_heard_of_and_not_looked_for(service: Service) -> None:
    assert IDLE_SECONDS >= 2

    async def done() -> bool:
        return (await service.get(f"{BATCHES}/{answer.json()['id']}")).json()["state"] == "done"

    for n in range(3):
        answer = await send(service, lines([absence(source_ref=f"n-{n}")]))
        await until(done, seconds=1.0)


def kept(batch: dict[str, Any]) -> tuple[int, ...]:
    """accepted, merged, worsened, snoozed, repeated, rejected."""
    return tuple(batch[name] for name in ("accepted", "merged", "worsened", "snoozed", "repeated", "rejected"))


def bill(ref: str, number: int, self_pay: float = 8000, **more: Any) -> dict[str, Any]:
    """A medical bill of the person with that number."""
    return cost(source_ref=ref, person=pupil(number), evidence={"self_pay": self_pay}, **more)


async def take_bills(service: Service, rows: Sequence[Any]) -> dict[str, Any]:
    """The medical bureau's batch, worked off."""
    answer = await send(service, lines(rows), {**NDJSON, **MEDICAL})
    return await service.batch(answer.json()["id"], headers=MEDICAL)


async def test_rows_of_one_subject_are_one_alert(service: Service) -> None:
    """Among themselves, with what is there, and in the order of the file."""
    await service.post(ALERTS, bill("old", 1), headers=MEDICAL)
    rows = [
        bill("a", 1, 8100),  # as what is there
        bill("b", 2),
        bill("c", 2, 20_000),  # worse than the row before
        bill("d", 2, 20_500),
        bill("b", 2),  # once more
        bill("b", 4, 7),  # the number is somebody else's
        bill("old", 1),
        bill("e", 3),
        bill("f", 1, 9000, severity="high"),
        bill("c", 2, 20_000),
    ]
    batch = await take_bills(service, rows)

    assert kept(batch) == (2, 2, 2, 0, 3, 1)
    rows_of = await service.sql("SELECT source_ref, outcome FROM alert_evidence ORDER BY source_ref")
    assert [tuple(row) for row in rows_of] == [("a", "merged"), ("c", "worsened"), ("d", "merged"), ("f", "worsened")]
    assert len(await service.heard.hear(AlertRaised, 3)) == 3
    told = {one.evidence_id: one for one in await service.heard.hear(AlertWorsened, 2)}
    assert {one.severity for one in told.values()} == {"medium", "high"}
    severities = await service.sql("SELECT source_ref, severity, first_severity FROM alert ORDER BY source_ref")
    assert [tuple(row) for row in severities] == [
        ("b", "medium", None),
        ("e", "medium", None),
        ("old", "high", "medium"),
    ]
    again = await take_bills(service, rows)
    assert kept(again) == (0, 0, 0, 0, 9, 1)


async def test_a_batch_meets_dismissed_alerts(service: Service) -> None:
    for number in (1, 2, 3):
        answer = await service.post(ALERTS, bill(f"old-{number}", number), headers=MEDICAL)
        if number < 3:
            await service.tell(verdict(service, answer.json(), "no_risk"))
    rows = [bill("a", 1), bill("b", 2, 30_000), bill("c", 2, 30_100), bill("d", 3), bill("e", 1, 8100)]
    batch = await take_bills(service, rows)
    assert kept(batch) == (1, 2, 0, 2, 0, 0)
    assert len(await service.heard.hear(AlertRaised, 4)) == 4
    [(count,)] = await service.sql("SELECT count(*) FROM alert WHERE reopens IS NOT NULL")
    assert count == 1


async def test_every_version_of_nothing_merges_nothing(service: Service) -> None:
    await service.sql("DELETE FROM policy")
    batch = await take_bills(service, [bill(str(number), number % 2) for number in range(6)])
    assert kept(batch) == (6, 0, 0, 0, 0, 0)
    rows = await service.sql("SELECT subject_key, count(*) FILTER (WHERE merging), count(*) FROM alert GROUP BY 1")
    assert [tuple(row)[1:] for row in rows] == [(1, 3), (1, 3)]


async def test_batches_that_share_people_do_not_deadlock(service: Service) -> None:
    """Each from another end, together with single reports and verdicts; every row is somewhere, every subject one."""
    people = 300
    for number in range(0, people, 3):
        await service.post(ALERTS, bill(f"old-{number}", number), headers=MEDICAL)
    reference = ReferenceData(service.database)
    batches = [
        [(f"{name}-{n}", n) for n in order] for name, order in (("x", range(people)), ("y", range(people)[::-1]))
    ]

    async def store(rows: list[tuple[str, int]]) -> None:
        known = await reference.get()
        who = Principal(new_id(), "api_key", Role.BUREAU, Scope.everywhere(), frozenset({"*"}))
        drafts = [AlertDraft.model_validate_json(json.dumps(bill(ref, number))) for ref, number in rows]
        now = utc_now()
        bench = Bench(known.rules, local_date(now))
        screened = [intake.screen_report(who, draft, known, bench) for draft in drafts]
        prepared = [intake.prepare_report(who, report, service.vault, now) for report in screened]
        async with service.database.write(Scope.everywhere()) as session:
            reports = finished([alert for alert, _ in prepared], [told for _, told in prepared])
            await intake.store_alerts(session, reports, service.vault)

    singles = (service.post(ALERTS, bill(f"s-{n}", n), headers=MEDICAL) for n in range(0, people, 7))
    ids = [{"id": str(row[0])} for row in await service.sql("SELECT id FROM alert")]
    verdicts = service.tell(*(verdict(service, alert, "no_risk") for alert in ids))
    await asyncio.gather(*(store(rows) for rows in batches), *singles, verdicts)

    refs = len(ids) + 2 * people + len(range(0, people, 7))
    [(rows, alerts)] = await service.sql(
        "SELECT (SELECT count(*) FROM alert) + (SELECT count(*) FROM alert_evidence), (SELECT count(*) FROM alert)"
    )
    assert (rows, alerts) == (refs, people)
    assert await service.count("dead_letter") == 0
