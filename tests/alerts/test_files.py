"""A bureau drops an export: it is taken in, worked off and told, and whoever may see it sees how far it is."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from services.alerts.file_worker import FileWorker
from services.alerts.rules import files as rules
from shared.contracts.alerts import AlertRaised, AreaAlertRaised
from shared.lanes import Lane, lane_of
from tests.alerts.conftest import (
    ALERTS,
    EDUCATION,
    MEDICAL,
    VILLAGE,
    Service,
    absence,
    bearer,
    days_ago,
    faults,
    id_number,
    key_changed,
    until,
)
from tests.alerts.files_service import (
    ABSENCES,
    FILES,
    absent,
    bill,
    counts,
    finished,
    members,
    objects,
    send,
    send_costs,
    table,
)

ELSEWHERE = {"X-API-Key": "elsewhere-secret"}


pytestmark = pytest.mark.usefixtures("originals")


@pytest.fixture
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are taken in and wait. To be asked for before the service, which begins to work at once."""

    async def sleep(_: FileWorker) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(FileWorker, "run", sleep)


async def test_a_file_becomes_alerts(county: Service, tmp_path: Path) -> None:
    answer = await send(county, table([absent(1), absent(2, days=1), absent(3, days=30)]))
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    view = await finished(county, answer)

    assert (view["state"], view["progress"], view["errors"], view["failure"]) == ("done", 1.0, 0, None)
    names = ("rows_read", "screened", "triggered", "stored", "rejected", "matched")
    assert counts(view, *names) == (3, 3, 2, 2, 0, 0)
    raised = await county.heard.hear(AlertRaised, 2)
    assert sorted((e.severity, e.area_code) for e in raised) == [("high", VILLAGE), ("medium", VILLAGE)]
    assert {lane_of(m.topic) for m in county.heard.messages if m.type == AlertRaised.type} == {Lane.BULK}
    found = (await county.get(f"{ALERTS}/{raised[0].alert_id}")).json()
    assert (found["batch_id"], found["evidence"]["school"]) == (view["id"], "云岭中学")
    assert [path.name for path in objects(tmp_path)] == [view["id"]]
    ((rules,),) = await county.sql("SELECT count(DISTINCT rule_id) FROM alert WHERE rule_id IS NOT NULL")
    assert rules == 1


async def test_the_same_file_again_is_the_first_one(county: Service, tmp_path: Path) -> None:
    content = table([absent(1), absent(2)])
    first = await send(county, content)
    await finished(county, first)
    again = await send(county, content, name="renamed.csv")

    assert (again.status_code, again.headers["location"]) == (200, first.headers["location"])
    assert (first.json()["known"], again.json()["known"]) == (False, True)
    assert (again.json()["stored"], len(objects(tmp_path))) == (2, 1)
    assert (await county.count("alert"), await county.count("file")) == (2, 1)


async def test_the_same_content_of_another_period_reports_for_that_one_too(county: Service) -> None:
    """Nothing changed since, which is news of a kind: else an unchanged list leaves every later period silent."""
    content = table([absent(1), absent(2)])
    await finished(county, await send(county, content))
    again = await send(county, content, form={"period": days_ago(2)})
    assert (again.status_code, again.json()["known"], again.json()["period"]) == (202, False, days_ago(2))
    assert counts(await finished(county, again), "stored", "repeated") == (0, 2)


async def test_two_of_the_same_file_at_once(county: Service, tmp_path: Path) -> None:
    content = table([absent(n) for n in range(50)])
    answers = await asyncio.gather(*(send(county, content) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 202]
    assert len({answer.headers["location"] for answer in answers}) == 1
    view = await finished(county, answers[0])
    assert counts(view, "stored", "repeated") == (50, 0)
    assert (await county.count("alert"), len(objects(tmp_path))) == (50, 1)


async def test_a_file_that_came_to_nothing_may_come_again(county: Service, tmp_path: Path) -> None:
    content = table([absent(1)])
    await finished(county, await send(county, content))
    await county.sql("UPDATE file SET state = 'failed'")
    again = await send(county, content)
    assert again.status_code == 202
    assert counts(await finished(county, again), "stored", "repeated") == (0, 1)


async def test_overlapping_files_repeat_rows(county: Service) -> None:
    await finished(county, await send(county, table([absent(n) for n in range(10)])))
    view = await finished(county, await send(county, table([absent(n) for n in range(5, 15)])))
    assert counts(view, "triggered", "stored", "repeated") == (10, 5, 5)
    assert await county.count("alert") == 15


async def test_two_overlapping_files_at_once(county: Service) -> None:
    whole = [absent(n) for n in range(400)]
    answers = await asyncio.gather(send(county, table(whole)), send(county, table(whole[::-1][:300])))
    views = [await finished(county, answer) for answer in answers]
    assert sum(view["stored"] for view in views) == 400 == await county.count("alert")
    assert sum(view["repeated"] for view in views) == 300


async def test_a_row_is_the_same_whether_posted_or_in_a_file(county: Service) -> None:
    person = {"id_number": id_number(1), "name": "学生1", "phone": "15400000017"}
    evidence = {"days_absent": 5, "school": "云岭中学"}
    posted = absence(person=person, evidence=evidence, occurred_on=days_ago(3), source_ref=None)
    assert (await county.post(ALERTS, posted)).status_code == 201
    assert counts(await finished(county, await send(county, table([absent(1)]))), "stored", "repeated") == (0, 1)


async def test_rows_that_are_refused_are_told(county: Service) -> None:
    rows = [absent(1), absent(2, village="没有这个村"), absent(3, village="外县村"), absent(4, days=9999), absent(5)]
    rows[4][4] = days_ago(-2)
    view = await finished(county, await send(county, table(rows)))
    assert counts(view, "rows_read", "stored", "rejected", "errors") == (5, 1, 4, 4)

    first = (await county.get(f"{FILES}/{view['id']}/errors?limit=3")).json()
    rest = (await county.get(f"{FILES}/{view['id']}/errors?limit=3&after={first['next']}")).json()
    found = [(one["row"], one["field"], one["code"]) for one in (*first["items"], *rest["items"])]
    assert found == [
        (3, "area_name", "area-unclear"),
        (4, "area_name", "area-unclear"),
        (5, "evidence.days_absent", "number-out-of-range"),
        (6, "occurred_on", "date-in-future"),
    ]
    assert rest["next"] is None
    assert (await county.get(f"{FILES}/{view['id']}/errors?after=WzFd")).json()["code"] == "cursor-invalid"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"form": {"feed": "medical.cost", "period": "2026-03"}}, 403, "feed-not-permitted"),
        ({"form": {"feed": "no.such"}}, 403, "feed-not-permitted"),
        ({"form": {"period": "2026-03"}}, 422, "period-invalid"),
        ({"form": {"period": "2026-02-30"}}, 422, "period-invalid"),
        ({"form": {"period": days_ago(-1)}}, 422, "period-in-future"),
        ({"form": {"period": None}}, 409, "policy-missing"),
        ({"form": {"feed": None}}, 422, "form-field-invalid"),
        ({"headers": bearer("county")}, 403, "role-not-permitted"),
        ({"headers": {}}, 401, "unauthenticated"),
    ],
)
async def test_what_is_refused(county: Service, tmp_path: Path, changed: Any, status: int, code: str) -> None:
    answer = await send(county, table([absent(1)]), **changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (objects(tmp_path), await county.count("file")) == ([], 0)


async def test_a_table_without_its_columns_is_refused_at_once(county: Service, tmp_path: Path) -> None:
    answer = await send(county, table([absent(1)], ["甲", *ABSENCES[1:]]))
    assert (answer.status_code, list(faults(answer))) == (422, ["person.id_number"])
    assert (objects(tmp_path), await county.count("file")) == ([], 0)


async def test_no_form_is_refused(county: Service, tmp_path: Path) -> None:
    answer = await county.http.post(FILES, content=b"a,b\n1,2\n", headers={**EDUCATION, "Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (400, "form-invalid")
    form, ended = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n1,',
        b"\r\n--x--\r\n",
    )
    headers = {**EDUCATION, "Content-Type": "multipart/form-data; boundary=x"}
    for body, status in ((form, 400), (form + ended, 422)):
        assert (await county.http.post(FILES, content=body, headers=headers)).status_code == status
    assert objects(tmp_path) == []


async def test_who_sees_a_file(county: Service) -> None:
    await county.tell(
        key_changed("colleague-secret", ["education.absence"], "education"),
        key_changed("elsewhere-secret", ["education.absence"], "education").model_copy(update={"areas": ["539922"]}),
        key_changed("township-secret", ["education.absence"], "education").model_copy(update={"areas": ["539921100"]}),
    )
    view = await finished(county, await send(county, table([absent(1)])))
    seeing = {
        "sender": (EDUCATION, 200),
        "colleague": ({"X-API-Key": "colleague-secret"}, 200),
        "county": (bearer("county"), 200),
        "other bureau": (MEDICAL, 404),
        "another county's key": (ELSEWHERE, 404),
        "a township's key": ({"X-API-Key": "township-secret"}, 404),
        "another county": (bearer("county", areas=["539922"]), 404),
    }
    for who, (headers, status) in seeing.items():
        for path in ("", "/errors", "/events"):
            answer = await county.http.get(f"{FILES}/{view['id']}{path}", headers=headers)
            assert answer.status_code == status, (who, path)
        listed = (await county.http.get(FILES, headers=headers)).json()["items"]
        assert [one["id"] for one in listed] == ([view["id"]] if status == 200 else []), who
    assert (await county.http.get(f"{FILES}/{view['id']}", headers=bearer("village"))).status_code == 403
    # Original rows are for the bureau alone.
    assert (await county.http.get(f"{FILES}/{view['id']}/result", headers=bearer("county"))).status_code == 403
    assert (await county.http.get(f"{FILES}/{view['id']}/result", headers=ELSEWHERE)).status_code == 404
    assert (await county.http.post(f"{FILES}/{view['id']}/cancellation", headers=ELSEWHERE)).status_code == 404


async def test_the_same_content_for_another_area_is_another_file(county: Service) -> None:
    """Who may report elsewhere gets other alerts out of it, and must not learn what became of the first."""
    await county.tell(
        key_changed("elsewhere-secret", ["education.absence"], "education").model_copy(update={"areas": ["539922"]})
    )
    content = table([absent(1), absent(2, village="外县村")])
    ours, theirs = await send(county, content), await send(county, content, headers=ELSEWHERE)
    assert (theirs.status_code, theirs.headers["location"] != ours.headers["location"]) == (202, True)
    assert counts(await finished(county, ours), "stored", "rejected") == (1, 1)
    assert counts(await finished(county, theirs, ELSEWHERE), "stored", "rejected") == (1, 1)


async def test_a_feed_that_was_corrected_reads_a_file_anew(county: Service) -> None:
    content = table([absent(1), absent(2)])
    first = await finished(county, await send(county, content))
    await county.sql("UPDATE feed SET version = version + 1 WHERE code = 'education.absence'")
    again = await send(county, content)
    assert (again.status_code, again.json()["known"]) == (202, False)
    view = await finished(county, again)
    assert (counts(first, "stored", "repeated"), counts(view, "stored", "repeated")) == ((2, 0), (0, 2))


async def test_progress_is_pushed(county: Service) -> None:
    answer = await send(county, table([absent(n) for n in range(300)]))
    stream = await county.get(answer.headers["location"] + "/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [dict(line.split(": ", 1) for line in part.splitlines()) for part in stream.text.strip().split("\n\n")]
    assert events[-1]["event"] == "end"
    last = json.loads(events[-1]["data"])
    assert (last["state"], last["stored"]) == ("done", 300)


def watching(service: Service, location: str) -> dict[str, Any]:
    """The scope of a request for a file's events."""
    return {
        "type": "http",
        "method": "GET",
        "path": location + "/events",
        "raw_path": b"",
        "query_string": b"",
        "headers": [(b"x-api-key", b"education-secret")],
        "http_version": "1.1",
        "scheme": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "app": service.app,
    }


async def test_a_watcher_hears_how_far_it_is_before_the_end(nobody_works: None, county: Service) -> None:
    location = (await send(county, table([absent(1)]))).headers["location"]
    heard: list[bytes] = []

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def hear(message: Any) -> None:
        heard.append(message.get("body", b""))

    async def said(*events: bytes) -> bool:
        return [line for line in b"".join(heard).splitlines() if line.startswith(b"event:")] == list(events)

    async with asyncio.timeout(30):
        watcher = asyncio.create_task(county.app(watching(county, location), receive, hear))
        await until(lambda: said(b"event: progress"))
        await county.sql("UPDATE file SET rows_read = 1")
        await until(lambda: said(b"event: progress", b"event: progress"))
        await county.post(f"{location}/cancellation")
        await watcher
    assert await said(b"event: progress", b"event: progress", b"event: end")


async def test_a_watcher_who_hangs_up_is_let_go(nobody_works: None, county: Service) -> None:
    answer = await send(county, table([absent(1)]))
    begun = asyncio.Event()

    async def receive() -> Any:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def hear(message: Any) -> None:
        if message.get("body"):
            begun.set()

    async with asyncio.timeout(10):
        await county.app(watching(county, answer.headers["location"]), receive, hear)
    assert begun.is_set()


async def test_a_watcher_whose_key_is_revoked_hears_no_more(nobody_works: None, county: Service) -> None:
    location = (await send(county, table([absent(1)]))).headers["location"]
    begun, heard = asyncio.Event(), list[bytes]()

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def hear(message: Any) -> None:
        heard.append(message.get("body", b""))
        if message.get("body"):
            begun.set()

    async with asyncio.timeout(30):
        watcher = asyncio.create_task(county.app(watching(county, location), receive, hear))
        await begun.wait()
        await county.sql("UPDATE api_key SET revoked_at = now()")
        await watcher
    assert b"event: end" not in b"".join(heard)


async def test_a_file_is_stopped(nobody_works: None, county: Service) -> None:
    location = (await send(county, table([absent(1)]))).headers["location"]
    stopped = await county.post(f"{location}/cancellation")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    assert (await county.post(f"{location}/cancellation")).json()["code"] == "file-finished"
    audited = {row[0] for row in await county.sql("SELECT action FROM audit_entry")}
    assert {"file:report", "file:cancel"} <= audited


async def test_a_sender_has_no_end_of_files_waiting(
    nobody_works: None, county: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_WAITING", 2)
    first, second = [await send(county, table([absent(n)])) for n in (1, 2)]
    refused = await send(county, table([absent(3)]))
    assert (refused.status_code, refused.json()["code"]) == (429, "files-waiting")
    assert (refused.headers["retry-after"], len(objects(tmp_path))) == ("60", 2)
    assert (await send(county, table([absent(1)]))).status_code == 200, "which it has"
    assert (await send_costs(county, [bill(1, 6000)])).status_code == 202, "another's"
    await county.post(f"{first.headers['location']}/cancellation")
    assert (await send(county, table([absent(3)]))).status_code == 202
    assert second.status_code == 202


async def test_what_the_register_knows_decides(county: Service) -> None:
    await county.tell(members(county, 1, 2), members(county, 3, 4, household_class="ordinary"))
    rows = [bill(1, 6000), bill(2, 100), bill(3, 6000), bill(4, 25000), bill(5, 30000)]
    view = await finished(county, await send_costs(county, rows), MEDICAL)
    assert counts(view, "triggered", "stored", "matched", "unmatched") == (3, 3, 2, 0)


async def test_whose_people_are_known_is_counted_where_the_rule_does_not_ask(county: Service) -> None:
    await county.tell(members(county, 1, 2))
    view = await finished(county, await send(county, table([absent(1), absent(2, days=1), absent(3, days=30)])))
    assert counts(view, "triggered", "stored", "matched") == (2, 2, 1)


async def test_medians_of_a_great_file(county: Service) -> None:
    """More rows than one part holds, among many that do not trigger."""
    rows = [absent(n % 20_000, days=5 if n % 10 == 0 else 1) for n in range(26_000)]
    view = await finished(county, await send(county, table(rows)))
    assert counts(view, "rows_read", "triggered", "stored", "repeated") == (26_000, 2600, 2000, 600)
    ((read,),) = await county.sql("SELECT sum(rows) FROM file_part")
    assert read == 26_000


async def test_a_file_that_warns_of_areas(county: Service) -> None:
    """Of a water cut nobody is named: each row is an alert on its village, and the natural villages in it."""
    await county.tell(key_changed("water-secret", ["water.supply"], "water"))
    water = {"X-API-Key": "water-secret"}
    headings = ["行政村", "发生日期", "问题类型", "持续天数", "自然村"]
    rows = [
        ["龙泉村", days_ago(3), "停水", 40, "上寨、下寨"],
        ["石桥村", days_ago(3), "停水", 10, ""],
        ["石桥村", days_ago(3), "停水", 1, ""],
        ["云岫县", days_ago(3), "停水", 40, ""],
        ["外县村", days_ago(3), "停水", 40, ""],
    ]
    form = {"feed": "water.supply", "period": days_ago(1)[:7]}
    view = await finished(county, await send(county, table(rows, headings), form=form, headers=water), water)
    assert counts(view, "triggered", "stored", "rejected", "matched") == (4, 2, 2, 0), (
        await county.http.get(f"{FILES}/{view['id']}/errors", headers=water)
    ).text
    raised = {event.severity: event for event in await county.heard.hear(AreaAlertRaised, 2)}
    assert (raised["high"].area_codes, raised["high"].natural_villages) == ([VILLAGE], ["上寨", "下寨"])
    assert (raised["medium"].area_codes, raised["medium"].natural_villages) == (["539921100002"], [])
    told = (await county.http.get(f"{FILES}/{view['id']}/errors", headers=water)).json()["items"]
    assert [(one["row"], one["code"]) for one in told] == [(5, "area-too-large"), (6, "area-unclear")]
