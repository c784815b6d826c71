"""What bureaus tell of people is in clear nowhere: not in a table, an event, a log, an answer, or on a disk."""

import json
import logging
from io import BytesIO
from typing import Any

import pytest

from services.alerts.api.batches import Spool
from tests.alerts.conftest import ALERTS, BATCHES, EDUCATION, Service, absence, id_number

NAME, PHONE, SCHOOL, REASON = "欧阳朝霞", "15400009876", "青石镇第九小学", "父亲重病无人照看"
NUMBERS = [id_number(n) for n in range(700, 706)]
CODE = "5399211000098765"


def forms(text: str) -> list[str]:
    """How a text could lie in a column that is cast to text: as it is, in JSON escapes, as bytes."""
    return [text, json.dumps(text).strip('"'), text.encode().hex()]


SECRETS = [form for text in (NAME, PHONE, SCHOOL, REASON, CODE, *NUMBERS) for form in forms(text)]


def drafts() -> list[Any]:
    """Good and bad reports that are full of them."""
    evidence = {"days_absent": 4, "last_seen_on": "2026-03-02", "school": SCHOOL, "reason": REASON}

    def draft(number: int, **more: Any) -> dict[str, Any]:
        person = {"id_number": NUMBERS[number], "name": NAME, "phone": PHONE}
        return absence(**{"source_ref": f"s-{number}", "person": person, "evidence": evidence, **more})

    return [
        draft(0),
        draft(1, source_ref=None),
        draft(2, source_ref=NUMBERS[2]),
        draft(3, evidence={**evidence, "days_absent": NUMBERS[3]}),
        draft(4, person={"id_number": NUMBERS[4] + "9", "name": NAME, "phone": PHONE}),
        draft(5, person={"id_number": NUMBERS[5], "name": NAME, "phone": NAME, NUMBERS[5]: NAME}),
        draft(0, occurred_on=NUMBERS[0], feed=NUMBERS[1], area_code=PHONE, severity=NAME),
        draft(0, occurred_on="2026-03-01"),  # other content under a known source_ref
        draft(0, source_ref="house", person=None, household={"national_code": CODE}),
    ]


async def everything_stored(service: Service) -> dict[str, str]:
    """Each table's rows as text."""
    names = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    tables = [row[0] for row in await service.sql(names)]
    stored = {table: await service.sql(f"SELECT whole::text FROM {table} AS whole") for table in tables}
    return {table: "\n".join(str(row[0]) for row in rows) for table, rows in stored.items()}


async def test_nothing_personal_lies_in_clear(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    for draft in drafts():
        told.append((await service.post(ALERTS, draft)).text)
        told.append((await service.post(ALERTS, draft, headers={**EDUCATION, "Idempotency-Key": "k"})).text)
    lines = [*(json.dumps(draft).encode() for draft in drafts()), f'{{"{NUMBERS[0]}": "{NAME}"'.encode()]
    headers = {**EDUCATION, "Content-Type": "application/x-ndjson"}
    answer = await service.http.post(BATCHES, content=b"\n".join(lines), headers=headers)
    batch = await service.batch(answer.json()["id"])
    broken = await service.http.post(
        BATCHES, content=b"[" + lines[0] + b", {", headers={**headers, "Content-Type": "application/json"}
    )
    assert (batch["rejected"] > 0, broken.status_code) == (True, 400)
    told += [answer.text, broken.text, (await service.get(f"{BATCHES}/{batch['id']}/errors")).text]
    told.append((await service.get(ALERTS)).text)
    # A chunk that has not been worked off yet.
    await service.sql("UPDATE batch SET finished_at = NULL")
    stored = await everything_stored(service)
    events = [message.value.decode() for message in service.heard.messages]
    logged = [str(record.__dict__) + caplog.handler.format(record) for record in caplog.records]

    assert len(stored) > 10
    assert stored["alert"].count("\n") >= 2, "the good ones are there"
    assert events
    for where, texts in {
        "answers": told,
        "events": events,
        "logs": logged,
        **{t: [s] for t, s in stored.items()},
    }.items():
        for text in texts:
            found = [secret for secret in SECRETS if secret in text]
            assert found == [], where


async def test_a_batch_waits_sealed(service: Service) -> None:
    """What a worker has not come to yet is no more readable than what it stored."""

    file = BytesIO()
    spool = Spool(file, service.vault)
    spool.add([json.dumps(draft, ensure_ascii=False).encode() for draft in drafts()])
    (chunk,) = spool.chunks()
    assert not any(secret.encode() in chunk[2] for secret in SECRETS)
    assert file.getvalue() == chunk[2]
