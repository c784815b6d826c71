"""The books balance, alerts that nobody answers expire, and households is asked what it knows."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.alerts import background
from services.alerts.background import ask_accounts, expire_alerts, forget_records, look_whether_night
from services.alerts.queries import accounting
from services.alerts.usecases import expiry
from shared.clock import CHINA, local_date, utc_now
from shared.contracts.alerts import AccountAsked, AlertExpired, AlertRaised, AlertWorsened
from shared.contracts.households import AccountGiven
from shared.db.engine import WriteSession
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, EDUCATION, MEDICAL, OTHER_COUNTY, Service, absence, bearer, days_ago
from tests.alerts.merging import about, age, bill, look, verdict, withdraw
from tests.alerts.test_consumers import opened

pytestmark = pytest.mark.usefixtures("every_bill_triggers")

BOOKS = "/alerts/v1/accounting"
PLACES = (
    "accepted",
    "open",
    "merged",
    "worsened",
    "snoozed",
    "answered",
    "withdrawn",
    "expired",
    "dropped",
    "difference",
)
DAY = timedelta(days=1)


async def books(service: Service, headers: Any = MEDICAL, **query: Any) -> dict[str, Any]:
    """The account."""
    answer = await service.get(BOOKS, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def counts(service: Service, headers: Any = MEDICAL, **query: Any) -> dict[str, tuple[int, ...]]:
    """By feed, in the order of `PLACES`."""
    feeds = (await books(service, headers, **query))["feeds"]
    return {feed["feed"]: tuple(feed[place] for place in PLACES) for feed in feeds}


async def expires(service: Service, days: int, feed: str = "medical.cost") -> None:
    """Alerts of that feed tell nothing after so many days."""
    await service.sql(f"UPDATE feed SET expires_days = {days} WHERE code = '{feed}'")


async def state(service: Service, alert: dict[str, Any]) -> str:
    """The alert's state now."""
    return str((await look(service, alert))["state"])


async def test_every_report_is_somewhere(service: Service) -> None:
    first = await bill(service, "1", status=201)
    for ref, self_pay in (("2", 8100), ("3", 20_000), ("2", 8100)):
        await bill(service, ref, self_pay)
    dismissed = await bill(service, "4", status=201, **about(1))
    await service.tell(verdict(service, dismissed, "no_risk"))
    await bill(service, "5", **about(1))
    await withdraw(service, await bill(service, "6", status=201, **about(2)))
    await withdraw(service, first, source_ref="2")
    await service.post(ALERTS, absence())

    medical = (6, 1, 0, 1, 1, 1, 2, 0, 0, 0)
    assert await counts(service) == {"medical.cost": medical}
    assert await counts(service, bearer("county")) == {
        "education.absence": (1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        "medical.cost": medical,
    }
    assert await counts(service, EDUCATION) == {"education.absence": (1, 1, 0, 0, 0, 0, 0, 0, 0, 0)}


async def test_of_days_areas_and_roles(service: Service) -> None:
    await bill(service, "1", status=201)
    today, yesterday = (local_date(utc_now()) - timedelta(days=days) for days in (0, 1))
    assert await counts(service, **{"from": str(yesterday), "to": str(yesterday)}) == {}
    assert len(await counts(service, **{"from": str(today), "to": str(today)})) == 1
    said = await books(service, **{"from": str(yesterday), "to": str(today)})
    assert (said["first_day"], said["last_day"]) == (str(yesterday), str(today))
    assert await counts(service, bearer("county", areas=[OTHER_COUNTY])) == {}
    for role, status in (("supervisor", 200), ("admin", 200), ("township", 403), ("village", 403)):
        assert (await service.get(BOOKS, headers=bearer(role))).status_code == status, role
    for query, code in (
        ({"from": str(today), "to": str(yesterday)}, "days-reversed"),
        ({"from": "2020-01-01"}, "days-too-many"),
    ):
        answer = await service.get(BOOKS, headers=MEDICAL, params=query)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_days_are_chinese(service: Service) -> None:
    await bill(service, "1", status=201)
    await service.sql("UPDATE alert SET reported_at = '2026-03-01T16:00:00Z'")  # midnight in China
    assert await counts(service, **{"from": "2026-03-01", "to": "2026-03-01"}) == {}
    assert len(await counts(service, **{"from": "2026-03-02", "to": "2026-03-02"})) == 1


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_ends_of_time_have_their_books(service: Service, day: str) -> None:
    assert await counts(service, **{"from": day, "to": day}) == {}


async def test_what_is_in_no_place_is_named(service: Service) -> None:
    """Somebody's hand in the database: the count does not hide it."""
    answered = await bill(service, "1", status=201)
    await bill(service, "2", status=201, **about(1))
    merged = await bill(service, "3", **about(1))
    await service.sql(f"UPDATE alert SET state = 'answered' WHERE id = '{answered['id']}'")
    await service.sql(f"UPDATE alert SET state = 'withdrawn', withdrawn_at = now() WHERE id = '{merged['id']}'")
    [feed] = (await books(service))["feeds"]
    [(evidence,)] = await service.sql("SELECT id FROM alert_evidence")
    assert (feed["accepted"], feed["difference"]) == (3, 2)
    assert feed["difference_ids"] == sorted([answered["id"], str(evidence)])


async def test_what_nobody_answered_expires(service: Service) -> None:
    old = await bill(service, "1", status=201, occurred_on=days_ago(31))
    in_time = await bill(service, "2", status=201, occurred_on=days_ago(30), **about(1))
    answered = await bill(service, "3", status=201, occurred_on=days_ago(40), **about(2))
    await service.tell(verdict(service, answered, "no_risk"))
    alive = await bill(service, "4", status=201, occurred_on=days_ago(40), **about(3))
    await bill(service, "5", occurred_on=days_ago(2), **about(3))
    part = await bill(service, "6", status=201, occurred_on=days_ago(1), **about(4))
    await bill(service, "7", occurred_on=days_ago(40), **about(4))
    await withdraw(service, part, source_ref="6")
    await expires(service, 30)
    await expire_alerts(service.database, utc_now())

    ended = {str(event.alert_id): event for event in await service.heard.hear(AlertExpired, 2)}
    assert ended.keys() == {old["id"], part["id"]}
    raised = {str(event.alert_id): event for event in service.heard.of(AlertRaised)}
    assert all(ended[id_].key == raised[id_].key for id_ in ended)
    assert [await state(service, one) for one in (old, in_time, answered, alive)] == [
        *("expired", "reported", "answered", "reported"),
    ]
    assert (await look(service, old))["expired_at"] is not None
    assert (await withdraw(service, old, 409))["code"] == "alert-has-expired"
    assert (await bill(service, "8", status=201))["outcome"] == "new", "what is over takes in nothing"
    assert (await counts(service))["medical.cost"] == (8, 3, 1, 1, 0, 1, 1, 1, 0, 0)


async def test_a_late_verdict_beats_the_end(service: Service) -> None:
    old = await bill(service, "1", status=201, occurred_on=days_ago(31))
    await expires(service, 30)
    await expire_alerts(service.database, utc_now())
    await service.tell(opened(old["id"], new_id()))
    assert await state(service, old) == "expired"
    await service.tell(verdict(service, old, "risk_confirmed"))
    assert await state(service, old) == "answered"
    assert (await counts(service))["medical.cost"] == (1, 0, 0, 0, 0, 1, 0, 0, 0, 0)


async def test_expiry_goes_page_by_page_and_never_without_a_number(service: Service, monkeypatch: Any) -> None:
    monkeypatch.setattr(expiry, "PAGE", 2)
    for number in range(5):
        await bill(service, str(number), status=201, occurred_on=days_ago(300), **about(number))
    await service.sql("UPDATE feed SET expires_days = NULL")
    await expire_alerts(service.database, utc_now())
    assert (await counts(service))["medical.cost"][7] == 0, "a feed without a number of days never expires"
    await expires(service, 30)
    await asyncio.gather(*(expire_alerts(service.database, utc_now()) for _ in range(3)))
    await service.heard.hear(AlertExpired, 5)
    assert (await counts(service))["medical.cost"][7] == 5
    await asyncio.sleep(0.2)
    assert len(service.heard.of(AlertExpired)) == 5


def given(check: AccountAsked, **found: list[str]) -> AccountGiven:
    """What households answers."""
    kinds = {kind: [UUID(id_) for id_ in found.get(kind, [])] for kind in ("missing", "answered", "dropped")}
    return AccountGiven(check_id=check.check_id, given_at=utc_now(), **kinds)


async def ask(service: Service, count: int = 1) -> list[AccountAsked]:
    """The questions of one night."""
    service.heard.events.clear()
    await ask_accounts(service.database, utc_now())
    asked: list[AccountAsked] = await service.heard.hear(AccountAsked, count)
    return asked


async def findings(service: Service, headers: Any = MEDICAL) -> list[tuple[str, str]]:
    """Alert and kind."""
    return [(one["alert_id"], one["kind"]) for one in (await books(service, headers))["findings"]]


async def test_households_is_asked_about_open_alerts(service: Service, monkeypatch: Any) -> None:
    monkeypatch.setattr(accounting, "ASKED", 2)
    ids = [(await bill(service, str(number), status=201, **about(number)))["id"] for number in range(5)]
    await service.tell(verdict(service, {"id": ids[0]}, "no_risk"))
    await age(service, 1)
    recent = await bill(service, "9", status=201, **about(9))
    asked = await ask(service, 2)
    about_ids = [str(id_) for one in asked for id_ in one.alert_ids]
    assert about_ids == ids[1:]
    assert recent["id"] not in about_ids, "it may still be on its way"
    assert (await books(service))["checked_at"] is not None


async def test_what_never_arrived_is_told_again_and_shown(service: Service) -> None:
    lost, gone, fine = [await bill(service, str(number), status=201, **about(number)) for number in range(3)]
    await bill(service, "worse", 30_000, **about(0))
    await bill(service, "same", 30_000, **about(0))
    await age(service, 1)
    [check] = await ask(service)
    await service.tell(given(check, missing=[lost["id"]], dropped=[gone["id"]]))

    assert await findings(service) == [(lost["id"], "missing")]
    assert await state(service, gone) == "dropped", "nobody will look: it is open no longer"
    assert (await counts(service))["medical.cost"][PLACES.index("dropped")] == 1
    assert await findings(service, bearer("county")) == await findings(service)
    assert await findings(service, EDUCATION) == []
    [raised] = await service.heard.hear(AlertRaised)
    [worsened] = await service.heard.hear(AlertWorsened)
    assert str(raised.alert_id) == str(worsened.alert_id) == lost["id"]
    await service.tell(given(check, missing=[fine["id"]]))
    assert len(await findings(service)) == 1, "a second answer changes nothing"

    await service.tell(opened(lost["id"], new_id()))
    assert await findings(service) == [], "it has arrived"
    await service.tell(opened(gone["id"], new_id()))
    assert await state(service, gone) == "checking", "worse evidence came, and somebody looks after all"
    await service.tell(given(check, missing=[lost["id"]]))
    [check] = await ask(service)
    await service.tell(given(check, missing=[lost["id"]]))
    [(first, last)] = await service.sql("SELECT first_found_at, last_found_at FROM account_finding")
    assert first < last
    [check] = await ask(service)
    await service.tell(given(check))
    assert await service.count("account_finding") == 0


async def test_an_answer_counts_for_what_is_still_open(service: Service) -> None:
    first = await bill(service, "1", status=201)
    await service.heard.hear(AlertRaised)
    await age(service, 1)
    [check] = await ask(service)
    await service.tell(
        verdict(service, first, "no_risk"), given(check, missing=[first["id"]], answered=[str(new_id())])
    )
    assert await findings(service) == []
    assert service.heard.of(AlertRaised) == []
    await service.tell(given(check.model_copy(update={"check_id": new_id()}), missing=[first["id"]]))
    assert await service.count("dead_letter") == 0


async def test_once_a_night(service: Service) -> None:
    await bill(service, "1", status=201, occurred_on=days_ago(31))
    still_open = await bill(service, "2", status=201, **about(1))
    await age(service, 1)
    await expires(service, 30)
    night = datetime.combine(local_date(utc_now()) + DAY, datetime.min.time(), CHINA) + timedelta(hours=3)
    await look_whether_night(service.database, night - timedelta(hours=4))
    assert (await service.count("account_check"), service.heard.of(AlertExpired)) == (0, [])
    for minutes in (0, 30, 60):
        await look_whether_night(service.database, night + timedelta(minutes=minutes))
    [asked] = await service.heard.hear(AccountAsked)
    assert [str(id_) for id_ in asked.alert_ids] == [still_open["id"]], "what has expired is not asked about"
    await service.heard.hear(AlertExpired)
    await look_whether_night(service.database, night + DAY)
    assert await service.count("account_check") == 2


async def test_what_fails_at_night_holds_up_nothing_else(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError

    await bill(service, "1", status=201, occurred_on=days_ago(31))
    await bill(service, "2", status=201, **about(1))
    await age(service, 1)
    await expires(service, 30)
    night = datetime.combine(local_date(utc_now()) + DAY, datetime.min.time(), CHINA) + timedelta(hours=3)
    monkeypatch.setattr(background, "compare_books", fails)
    with pytest.raises(ExceptionGroup):
        await look_whether_night(service.database, night)
    await service.heard.hear(AccountAsked)
    await service.heard.hear(AlertExpired)


async def test_a_sweep_that_fails_holds_up_no_other(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(session: WriteSession, _: datetime) -> None:
        await session.execute(text("SELECT 1 / 0"))

    await bill(service, "1", status=201)
    await age(service, 1)
    await ask(service)
    await service.sql("UPDATE account_check SET asked_at = now() - interval '31 days'")
    monkeypatch.setattr(background, "forget_errors", fails)
    with pytest.raises(ExceptionGroup):
        await forget_records(service.database, utc_now())
    assert await service.count("account_check") == 0


async def test_old_questions_are_swept(service: Service) -> None:
    await bill(service, "1", status=201)
    await age(service, 1)
    await ask(service)
    await forget_records(service.database, utc_now())
    assert await service.count("account_check") == 1
    await service.sql("UPDATE account_check SET asked_at = now() - interval '31 days'")
    await forget_records(service.database, utc_now())
    assert await service.count("account_check") == 0
