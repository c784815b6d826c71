"""Rows about people whom the register does not know wait, sealed, until it does, and no longer than they may."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from services.alerts.usecases import file_work
from services.alerts.usecases.known_members import take_members
from services.alerts.usecases.rematching import find_missed, forget_expired, hear_of_members
from services.alerts.usecases.waiting import UNMATCHED
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.alerts import AlertRaised
from shared.db.listening import MOST_ATTEMPTS
from shared.ids import new_id
from tests.alerts.conftest import ALERTS, BATCHES, MEDICAL, Service, cost, days_ago, id_number, until
from tests.alerts.files_service import FILES, bill, counts, finished, members, send_costs

pytestmark = pytest.mark.usefixtures("originals")


async def waiting(service: Service) -> int:
    return await service.count("unmatched_row")


async def test_a_row_waits_until_the_register_knows_its_person(county: Service) -> None:
    """Beneath 5,000 yuan nobody's bill triggers, from 20,000 anybody's: only those between wait."""
    rows = [bill(1, 100), bill(2, 6000), bill(3, 7000), bill(4, 8000), bill(5, 30000)]
    view = await finished(county, await send_costs(county, rows), MEDICAL)
    assert counts(view, "triggered", "stored", "matched", "unmatched", "rematched") == (1, 1, 0, 3, 0)
    assert await waiting(county) == 3

    await county.tell(members(county, 2), members(county, 3, household_class="ordinary"))
    raised = await county.heard.hear(AlertRaised, 2)
    assert [event.severity for event in raised] == ["medium", "medium"]

    async def one_is_left() -> bool:
        return await waiting(county) == 1

    await until(one_is_left)
    after = (await county.http.get(f"{FILES}/{view['id']}", headers=MEDICAL)).json()
    assert after["rematched"] == 1
    alert = (await county.http.get(f"/alerts/v1/alerts/{raised[1].alert_id}", headers=MEDICAL)).json()
    assert (alert["batch_id"], alert["evidence"]["self_pay"]) == (view["id"], 6000)


async def test_a_row_that_cannot_be_opened_holds_up_none_of_the_others(
    county: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on waiting until the register learns of its person again, and is given up in the end."""
    view = await finished(county, await send_costs(county, [bill(n, 6000) for n in range(7)]), MEDICAL)
    [(broken,)] = await county.sql(
        "UPDATE unmatched_row SET sealed = 'not sealed by us'"
        " WHERE id = (SELECT id FROM unmatched_row ORDER BY id LIMIT 1 OFFSET 2) RETURNING id::text"
    )
    await county.tell(*(members(county, n) for n in range(7)))
    await county.heard.hear(AlertRaised, 6)

    async def one_is_left() -> bool:
        return [tuple(row) for row in await county.sql("SELECT id::text, due FROM unmatched_row")] == [(broken, False)]

    await until(one_is_left)

    async def is_given_up() -> bool:
        await county.tell(members(county, *range(7)))
        return await waiting(county) == 0

    await until(is_given_up)
    said = [record.getMessage() for record in caplog.records if record.name.endswith("rematching")]
    assert said == [*["rows failed"] * MOST_ATTEMPTS, "row given up"]
    after = (await county.http.get(f"{FILES}/{view['id']}", headers=MEDICAL)).json()
    assert counts(after, "unmatched", "rematched", "rejected") == (6, 6, 1)


async def test_the_same_row_waits_once(county: Service) -> None:
    await finished(county, await send_costs(county, [bill(1, 6000), bill(2, 6000)]), MEDICAL)
    view = await finished(county, await send_costs(county, [bill(2, 6000), bill(3, 6000)]), MEDICAL)
    assert counts(view, "unmatched", "repeated") == (1, 1)
    assert await waiting(county) == 3


async def test_rows_do_not_wait_for_ever(county: Service) -> None:
    await finished(county, await send_costs(county, [bill(n, 6000) for n in range(700)]), MEDICAL)
    now = utc_now()
    assert await forget_expired(county.database, now + timedelta(days=89)) == 0
    assert await forget_expired(county.database, now + timedelta(days=90, minutes=1)) == 700
    assert await waiting(county) == 0


async def test_who_left_a_household_is_no_match(county: Service) -> None:
    await finished(county, await send_costs(county, [bill(1, 6000)]), MEDICAL)
    gone = members(county, 1)
    left = gone.model_copy(update={"members": [gone.members[0].model_copy(update={"active": False})]})
    await county.tell(left)
    ((due,),) = await county.sql("SELECT count(*) FROM unmatched_row WHERE due")
    assert (due, await waiting(county)) == (0, 1)


async def kept(service: Service) -> dict[str, float]:
    """What waits: the bureau's number, and what was paid."""
    rows = [
        service.vault.open_json(sealed, UNMATCHED)
        for (sealed,) in await service.sql("SELECT sealed FROM unmatched_row")
    ]
    return {row["source_ref"]: row["evidence"]["self_pay"] for row in rows}


def report(number: int, self_pay: float, ref: str) -> dict[str, Any]:
    """The same bill as one report."""
    return cost(
        source_ref=ref,
        person={"id_number": id_number(number), "name": f"患者{number}"},
        occurred_on=days_ago(3),
        evidence={"self_pay": self_pay, "hospital": "云岫县人民医院"},
    )


async def by_file(service: Service, number: int, self_pay: float, ref: str) -> None:
    await finished(service, await send_costs(service, [bill(number, self_pay, ref)]), MEDICAL)


async def by_batch(service: Service, number: int, self_pay: float, ref: str) -> None:
    line = json.dumps(report(number, self_pay, ref))
    headers = {**MEDICAL, "Content-Type": "application/x-ndjson"}
    answer = await service.http.post(BATCHES, content=line, headers=headers)
    assert answer.status_code == 202, answer.text
    await service.batch(answer.json()["id"], headers=MEDICAL)


async def singly(service: Service, number: int, self_pay: float, ref: str) -> None:
    answer = await service.http.post(ALERTS, json=report(number, self_pay, ref), headers=MEDICAL)
    assert answer.status_code in (200, 201), answer.text


async def once(service: Service, number: int, self_pay: float, ref: str) -> None:
    headers = {**MEDICAL, "Idempotency-Key": str(new_id())}
    answer = await service.http.post(ALERTS, json=report(number, self_pay, ref), headers=headers)
    assert answer.status_code in (200, 201), answer.text


Road = Callable[[Service, int, float, str], Awaitable[None]]
ROADS = pytest.mark.parametrize("send_again", [by_file, by_batch, singly, once])


@ROADS
async def test_a_corrected_row_takes_the_place_of_the_one_that_waits(county: Service, send_again: Road) -> None:
    await by_file(county, 1, 6000, "A")
    await send_again(county, 1, 7500, "A")
    assert await kept(county) == {"A": 7500}

    await county.tell(members(county, 1))
    (raised,) = await county.heard.hear(AlertRaised)
    alert = (await county.http.get(f"{ALERTS}/{raised.alert_id}", headers=MEDICAL)).json()
    assert (alert["source_ref"], alert["evidence"]["self_pay"]) == ("A", 7500)


@ROADS
async def test_a_row_that_is_corrected_away_waits_no_longer(county: Service, send_again: Road) -> None:
    """It triggers no more whoever it is about, or does so already. A number of somebody else corrects nothing."""
    rows = [bill(1, 6000, "A"), bill(2, 6000, "B"), bill(3, 6000, "C")]
    await finished(county, await send_costs(county, rows), MEDICAL)
    for self_pay in (100, 7500, 30000):
        await send_again(county, 4, self_pay, "C")
    assert await kept(county) == {"A": 6000, "B": 6000, "C": 6000}
    await send_again(county, 1, 100, "A")
    await send_again(county, 2, 30000, "B")
    assert await kept(county) == {"C": 6000}
    assert await county.sql("SELECT source_ref FROM alert ORDER BY id") == [("C",), ("B",)]


@ROADS
async def test_a_correction_that_merges_ends_the_waiting_too(county: Service, send_again: Road) -> None:
    await by_file(county, 1, 6000, "A")
    await by_file(county, 1, 30000, "B")
    await send_again(county, 1, 30000, "A")
    assert await kept(county) == {}
    assert await county.count("alert_evidence") == 1


async def test_a_number_that_waits_for_somebody_else_is_refused(county: Service) -> None:
    """As one of an alert is."""
    await by_file(county, 1, 6000, "A")
    view = await finished(county, await send_costs(county, [bill(2, 6000, "A"), bill(2, 6000, "B")]), MEDICAL)
    assert counts(view, "unmatched", "rejected") == (1, 1)
    told = (await county.http.get(f"{FILES}/{view['id']}/errors", headers=MEDICAL)).json()["items"]
    assert [(one["row"], one["code"]) for one in told] == [(2, "source-ref-reused")]


async def test_of_one_number_in_a_file_the_last_row_counts(county: Service) -> None:
    rows = [
        *(bill(1, 6000, "A"), bill(1, 100, "A")),
        *(bill(2, 100, "B"), bill(2, 6000, "B")),
        *(bill(3, 6000, "C"), bill(3, 6500, "C"), bill(3, 6500, "C")),
        *(bill(4, 6000, "D"), bill(4, 30000, "D")),
    ]
    view = await finished(county, await send_costs(county, rows), MEDICAL)
    assert await kept(county) == {"B": 6000, "C": 6500}
    assert counts(view, "unmatched", "repeated", "stored") == (5, 1, 1)


async def test_what_is_corrected_in_a_later_part_counts_too(county: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.alerts.usecases.file_work.PART_ALERTS", 1)
    rows = [bill(1, 6000, "A"), bill(2, 6000, "B"), bill(1, 100, "A"), bill(3, 6000, "C"), bill(2, 7000, "B")]
    await finished(county, await send_costs(county, rows), MEDICAL)
    assert await kept(county) == {"B": 7000, "C": 6000}


async def test_the_same_row_on_another_road_changes_nothing(county: Service) -> None:
    await by_file(county, 1, 6000.5, "A")
    before = await county.sql("SELECT sealed, kept_at FROM unmatched_row")
    await singly(county, 1, 6000.5, "A")
    await by_batch(county, 1, 6000.5, "A")
    assert await county.sql("SELECT sealed, kept_at FROM unmatched_row") == before


async def test_who_is_due_stays_so_when_the_row_is_corrected(county: Service) -> None:
    await by_file(county, 1, 6000, "A")
    await county.sql("UPDATE unmatched_row SET due = true, expires_at = now() - interval '1 day'")
    await singly(county, 1, 7000, "A")
    assert await county.sql("SELECT due FROM unmatched_row") == [(True,)]
    assert await kept(county) == {"A": 7000}


async def test_a_row_kept_while_the_register_tells_of_its_person_is_not_missed(county: Service) -> None:
    """Two connections, neither of which sees what the other is about to commit."""
    everywhere, told = Scope.everywhere(), members(county, 1)
    async with county.database.write(everywhere) as register:
        await hear_of_members(register, [told])
        await take_members(register, [told])
        await finished(county, await send_costs(county, [bill(1, 6000), bill(2, 6000)]), MEDICAL)
        assert await waiting(county) == 2
    assert await county.sql("SELECT count(*) FROM unmatched_row WHERE due") == [(0,)]

    assert await find_missed(county.database) == 1
    await county.heard.hear(AlertRaised)

    async def one_is_left() -> bool:
        return await waiting(county) == 1

    await until(one_is_left)
    assert await find_missed(county.database) == 0


async def test_a_row_is_due_at_once_of_whom_the_register_has_learnt_since_it_was_asked(
    county: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register is asked while parts before are stored: that may be a while."""
    keep = file_work.keep

    async def late(*args: Any) -> Any:
        await county.tell(members(county, 1))
        return await keep(*args)

    monkeypatch.setattr(file_work, "keep", late)
    await finished(county, await send_costs(county, [bill(1, 6000)]), MEDICAL)
    await county.heard.hear(AlertRaised)


async def test_corrections_and_the_register_at_once(county: Service) -> None:
    """Nobody waits for one another in a ring, and nothing waits that came to something."""
    people = range(1, 25)
    await finished(county, await send_costs(county, [bill(n, 6000, f"R{n}") for n in people]), MEDICAL)
    corrected = [bill(n, 30000, f"R{n}") for n in people]
    batch = [report(n, 29000, f"R{n}") for n in people]
    headers = {**MEDICAL, "Content-Type": "application/x-ndjson"}
    file, many, *_ = await asyncio.gather(
        send_costs(county, corrected),
        county.http.post(BATCHES, content="\n".join(map(json.dumps, batch)), headers=headers),
        county.tell(members(county, *people)),
        *(singly(county, n, 28000, f"R{n}") for n in reversed(people)),
    )
    await finished(county, file, MEDICAL)
    await county.batch(many.json()["id"], headers=MEDICAL)

    async def nothing_waits() -> bool:
        return await waiting(county) == 0

    await until(nothing_waits)
    ((attempts,),) = await county.sql(
        "SELECT sum(attempts) FROM (SELECT attempts FROM file UNION ALL SELECT attempts FROM batch) AS tried"
    )
    assert attempts == 0
