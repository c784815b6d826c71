"""The feed calendar: pushed, zero-reported, late, silent, not due; whose it is; and that it is counted by its index."""

from datetime import date
from typing import Any

import pytest

from services.alerts.queries.calendar import PUSHES
from tests.alerts.conftest import (
    ALERTS,
    EDUCATION,
    FIRST_ID_NUMBER,
    MEDICAL,
    OTHER_COUNTY,
    VILLAGE,
    Service,
    bearer,
    cost,
    key_changed,
    today,
)
from tests.alerts.silence import CALENDAR, month_of, policy, push, push_absence, tell_policies, zero

COUNTY = bearer("county")


@pytest.fixture
async def told(service: Service) -> Service:
    """The service with its policies."""
    await tell_policies(service)
    return service


async def february(service: Service, headers: Any = MEDICAL) -> dict[str, Any]:
    period: dict[str, Any] = (await month_of(service, headers))["medical.cost"]["2026-02"]
    return period


async def test_silence_is_seen_and_counted_in_days(told: Service) -> None:
    period = await february(told)
    assert (period["first"], period["last"], period["due_on"]) == ("2026-02-01", "2026-02-28", "2026-03-07")
    assert (period["state"], period["pushed"], period["late"]) == ("silent", 0, False)
    assert period["delay_days"] == (today() - date(2026, 3, 7)).days


async def test_what_nobody_waits_for_is_seen_when_it_comes(told: Service) -> None:
    """A county's first file is often the month before."""
    await told.tell(policy("feed-calendar", 2, expected_from="2026-03-01"))
    assert (await month_of(told, MEDICAL))["medical.cost"] == {}
    await push(told, "2026-02-10")
    period = await february(told)
    assert (period["state"], period["pushed"], period["due_on"], period["late"]) == ("pushed", 1, None, False)


async def test_a_push_breaks_the_silence_late_or_in_time(told: Service) -> None:
    first, second = await push(told, "2026-02-01", "a"), await push(told, "2026-02-28", "b")
    await push(told, "2026-03-01", "c")
    await push(told, "2026-01-31", "d")
    period = await february(told)
    assert (period["state"], period["pushed"], period["late"]) == ("pushed", 2, True)
    assert period["delay_days"] == (today() - date(2026, 3, 7)).days

    await told.sql(f"UPDATE alert SET reported_at = '2026-03-07T15:59:59Z' WHERE id = '{first}'")
    period = await february(told)
    assert (period["late"], period["delay_days"]) == (False, 0)
    assert period["first_pushed_at"].startswith("2026-03-07T15:59:59")

    for alert_id in (first, second):
        answer = await told.post(f"{ALERTS}/{alert_id}/withdrawal", {"reason": "误报"}, headers=MEDICAL)
        assert answer.status_code == 200
    assert (await february(told))["state"] == "silent", "what was taken back was no push"


@pytest.mark.parametrize(
    ("state", "rows_read", "rejected", "expected"),
    [
        ("done", 3, 2, "pushed"),
        ("done", 3, 3, "silent"),  # nothing of it could be taken
        ("done", 0, 0, "pushed"),  # a list with nobody on it
        ("queued", 0, 0, "pushed"),
        ("failed", 3, 0, "silent"),
        ("cancelled", 3, 0, "silent"),
    ],
)
async def test_a_file_is_a_push_unless_it_came_to_nothing(
    told: Service, state: str, rows_read: int, rejected: int, expected: str
) -> None:
    await told.sql(
        "INSERT INTO file (id, feed, period, digest, name_sealed, format, size, reported_by, areas, state, received_at,"
        " rows_read, rejected) VALUES (gen_random_uuid(), 'medical.cost', '2026-02', '', '', 'csv', 1,"
        f" gen_random_uuid(), ARRAY['539921'], '{state}', now(), {rows_read}, {rejected})"
    )
    period = await february(told)
    assert (period["state"], period["files"]) == (expected, int(expected == "pushed"))


@pytest.mark.parametrize(("became", "new"), [("repeated", 0), ("stored", 3), ("merged", 3), ("unmatched", 3)])
async def test_a_file_says_how_many_of_its_rows_were_new(told: Service, became: str, new: int) -> None:
    await told.sql(
        "INSERT INTO file (id, feed, period, digest, name_sealed, format, size, reported_by, areas, state, received_at,"
        f" rows_read, triggered, {became}) VALUES (gen_random_uuid(), 'medical.cost', '2026-02', '', '', 'csv', 1,"
        " gen_random_uuid(), ARRAY['539921'], 'done', now(), 5, 3, 3)"
    )
    period = await february(told)
    assert (period["state"], period["files"], period["new_rows"]) == ("pushed", 1, new)


async def test_a_zero_report_breaks_it_too_and_is_named(told: Service) -> None:
    made = (await zero(told, "2026-02")).json()
    period = await february(told)
    assert (period["state"], period["late"], period["zero_report_id"]) == ("zero_reported", True, made["id"])
    await told.sql("UPDATE zero_report SET reported_at = '2026-03-01T00:00:00Z'")
    assert (await february(told))["late"] is False


async def test_what_is_not_due_is_pending(told: Service) -> None:
    month = today().strftime("%Y-%m")
    periods = (await month_of(told, COUNTY, f"{today().year + 1}-01"))["medical.cost"]
    assert [(name, period["state"]) for name, period in periods.items()] == [(f"{today().year}-12", "pending")]
    found = await month_of(told, COUNTY, month)
    due = [p for feed in found.values() for p in feed.values() if p["due_on"] and p["due_on"] >= today().isoformat()]
    assert {period["state"] for period in due} <= {"pending"}


async def test_events_are_counted_and_never_silent(told: Service) -> None:
    event = (await month_of(told, COUNTY))["upper.clue"]
    assert [(name, p["state"], p["due_on"]) for name, p in event.items()] == [("2026-03", "not_expected", None)]
    clue = {
        "feed": "upper.clue",
        "occurred_on": "2026-03-09",
        "person": {"id_number": FIRST_ID_NUMBER, "name": "某人"},
        "area_code": VILLAGE,
        "evidence": {"level": "省", "topic": "就医", "status": "待核实"},
    }
    answer = await told.post(ALERTS, clue, headers=COUNTY)
    assert answer.status_code == 201, answer.text
    assert (await month_of(told, COUNTY))["upper.clue"]["2026-03"]["pushed"] == 1


async def test_a_report_that_is_more_of_the_same_is_a_push_too(told: Service) -> None:
    """The same household in two months is one alert; its bureau has reported twice."""
    person = {"id_number": FIRST_ID_NUMBER, "name": "某人"}
    await push(told, "2026-02-10", "a", person=person)
    answer = await told.post(ALERTS, cost(occurred_on="2026-01-10", source_ref="b", person=person), headers=MEDICAL)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "merged"), answer.text
    assert (await month_of(told, MEDICAL, "2026-02"))["medical.cost"]["2026-01"]["pushed"] == 1
    assert (await month_of(told, MEDICAL, "2026-03"))["medical.cost"]["2026-02"]["pushed"] == 1
    assert (await zero(told, "2026-01")).json()["code"] == "period-pushed"


async def test_a_daily_feed_owes_school_days(told: Service) -> None:
    await push_absence(told, "2026-03-04", "a")
    await push_absence(told, "2026-03-07", "b")
    days = (await month_of(told, EDUCATION))["education.absence"]
    assert list(days)[:6] == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09"]
    assert [days[f"2026-03-0{n}"]["state"] for n in (3, 4, 5)] == ["silent", "pushed", "silent"]
    answer = await told.get(CALENDAR, params={"month": "2026-03"})
    (feed,) = answer.json()["bureaus"][0]["feeds"]
    assert feed["in_month"] == 2, "the Saturday's is in no day's report but in the month"


async def test_terms(told: Service) -> None:
    march = (await month_of(told, COUNTY))["education.not-enrolled"]
    assert march["2026-S1"]["due_on"] == "2026-03-27", "the county's day and two of grace"
    answer = await told.get(CALENDAR, params={"month": "2026-09", "bureau": "education"}, headers=COUNTY)
    scheduled = {feed["feed"]: feed["scheduled"] for feed in answer.json()["bureaus"][0]["feeds"]}
    assert scheduled["education.not-enrolled"] is False, "nobody said when the autumn term is"
    assert scheduled["education.absence"] is True


async def test_a_bureau_sees_itself_and_the_county_all(told: Service) -> None:
    assert list(await month_of(told, MEDICAL)) == ["medical.cost"]
    assert list(await month_of(told, bearer("bureau", ["education.absence"]))) == ["education.absence"]
    for role in ("county", "supervisor", "admin"):
        assert len(await month_of(told, bearer(role))) >= 40
    for role in ("village", "township"):
        answer = await told.get(CALENDAR, params={"month": "2026-03"}, headers=bearer(role))
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted")
    answer = await told.get(CALENDAR, params={"month": "2026-03", "bureau": "medical-insurance"}, headers=COUNTY)
    (bureau,) = answer.json()["bureaus"]
    assert {feed["feed"].split(".")[0] for feed in bureau["feeds"]} == {"medical"}
    assert bureau["silent"] == sum(p["state"] == "silent" for feed in bureau["feeds"] for p in feed["periods"]) > 0


def by_county(answer: Any) -> dict[str, str]:
    """How the medical bills of each county stand."""
    found = {}
    for bureau in answer.json()["bureaus"]:
        for feed in bureau["feeds"]:
            if feed["feed"] == "medical.cost":
                (period,) = feed["periods"]
                found[bureau["area"]] = period["state"]
    return found


async def test_every_county_stands_for_itself(told: Service) -> None:
    await told.tell(key_changed("both", ["medical.cost"], "medical").model_copy(update={"areas": ["5399"]}))
    await push(told, "2026-02-02", "a")
    everywhere = bearer("county", areas=["5399"])
    bureaus = (await told.get(CALENDAR, params={"month": "2026-03"}, headers=everywhere)).json()["bureaus"]
    states = {
        b["area"]: p["state"] for b in bureaus for f in b["feeds"] if f["feed"] == "medical.cost" for p in f["periods"]
    }
    assert states == {"539921": "pushed", "539922": "silent"}

    answer = await zero(told, "2026-01", headers={"X-API-Key": "both"})
    assert (answer.status_code, answer.json()["areas"]) == (201, ["5399"])
    bureaus = (await told.get(CALENDAR, params={"month": "2026-02"}, headers=everywhere)).json()["bureaus"]
    states = {
        b["area"]: p["state"] for b in bureaus for f in b["feeds"] if f["feed"] == "medical.cost" for p in f["periods"]
    }
    assert states == {"539921": "zero_reported", "539922": "zero_reported"}
    assert (await told.get(CALENDAR, params={"month": "2026-02"}, headers=bearer("county", areas=["54"]))).json()[
        "bureaus"
    ] == []


async def test_a_part_of_a_county_does_not_speak_for_the_whole(told: Service) -> None:
    await told.tell(key_changed("part", ["medical.cost"], "medical").model_copy(update={"areas": ["539921100"]}))
    assert (await zero(told, "2026-02", headers={"X-API-Key": "part"})).status_code == 201
    assert (await february(told, COUNTY))["state"] == "silent"
    assert (await february(told, {"X-API-Key": "part"}))["state"] == "zero_reported"


async def test_old_silence_is_nobodys_before_the_feed_was_there(told: Service) -> None:
    body = {"expected_from": None}
    await told.tell(policy("feed-calendar", 2, **body))
    assert (await month_of(told, COUNTY))["medical.cost"] == {}, "the feed was made today"
    await push(told, "2026-03-02", "a")
    answer = await told.get(CALENDAR, params={"month": "2026-03"}, headers=MEDICAL)
    assert answer.json()["bureaus"][0]["feeds"][0]["in_month"] == 1, "what came is counted all the same"


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "2026", "", "2026-03-01", "1026-03"])
async def test_what_is_no_month(told: Service, month: str) -> None:
    answer = await told.get(CALENDAR, params={"month": month}, headers=COUNTY)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("month-invalid", "invalid-input")


async def test_without_a_calendar_nothing_is_judged(service: Service) -> None:
    answer = await service.get(CALENDAR, params={"month": "2026-03"}, headers=COUNTY)
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-missing")


async def test_it_is_counted_by_its_index(told: Service) -> None:
    """20,000 alerts, whatever the planner guesses: each square is a range of the index."""
    await told.sql(f"""
        INSERT INTO alert (id, feed, dedup, row_hash, severity, occurred_on, area_code, sealed, reported_by, reported_at,
            risk_family, subject_key)
        SELECT gen_random_uuid(), 'medical.cost', int4send(n), '', 'low', date '2026-01-01' + n % 300, '{OTHER_COUNTY}',
            sha256(int4send(n)), gen_random_uuid(), now(), 'medical', n::text
        FROM generate_series(1, 20000) AS n""")
    arrays = (
        "ARRAY['539922'], ARRAY['medical.cost'], ARRAY['2026-02'], ARRAY[date '2026-02-01'], ARRAY[date '2026-02-28']"
    )
    for statement, index in zip(PUSHES, ("ix_alert_calendar", "ix_alert_evidence_calendar"), strict=False):
        for number, value in enumerate(arrays.split(", "), 1):
            statement = statement.replace(f"${number}::", f"{value}::")
        await told.sql("SET enable_seqscan = off")  # the evidence is empty, and an empty table is read whole
        plan = "\n".join(row[0] for row in await told.sql(f"EXPLAIN {statement}"))
        assert index in plan, plan
    assert (await february(told, bearer("county", areas=["539922"])))["pushed"] == 20000 // 300 * 28 + 28
