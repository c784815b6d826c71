"""The move-up queue as it is kept: the same as the rule says of each, and never older than what is on disk."""

import random
from decimal import Decimal
from uuid import UUID

import pytest

from services.jobs.background import sweep_placements
from services.jobs.rules.move_up import AtWork, urgency_of
from services.jobs.usecases.move_up import keep_queue
from shared.clock import utc_now
from shared.contracts.jobs_placement_policies import MoveUp
from shared.http.pages import encode_cursor
from tests.jobs.conftest import BRIDGE, PINE, Jobs
from tests.jobs.test_subsidies import at_work, queue
from tests.shipped import DEFAULTS

POLICY = MoveUp.model_validate(DEFAULTS["move-up"])


async def keep(service: Jobs) -> int:
    """Reckon what is not current; how many villages."""
    return await keep_queue(service.database, utc_now)


async def test_kept_and_live_are_what_the_rule_says(service: Jobs) -> None:
    """Random people of two villages."""
    chance = random.Random(7)
    told: dict[UUID, AtWork] = {}
    for number in range(1, 31):
        [person] = await service.people(number, area_code=chance.choice([PINE, BRIDGE]))
        kind, wants = chance.choice(["odd", "strength", "skilled"]), chance.random() < 0.3
        wage = Decimal(chance.randrange(1000, 7000))
        await at_work(service, person, work_kind=kind, wage=wage, wants_change=wants)
        told[person] = AtWork(kind, wage, wants)
    await sweep_placements(service.database, service.vault, utc_now())
    [(median, people)] = await service.sql("SELECT wage, people FROM trade_median")
    expected = []
    for person, work in told.items():
        found = urgency_of(AtWork(work.work_kind, work.wage, work.wants_change, median, people), POLICY)
        expected += [(found.points, str(person), list(found.reasons))] if found.reasons else []
    expected.sort(reverse=True)
    live = await queue(service)
    assert [(urgency, person, reasons) for person, urgency, reasons in live] == expected
    assert await keep(service) == 2
    assert await queue(service) == live
    page = await service.get("/move-up?limit=7")
    assert await queue(service, query=f"?after={page['next']}") == live[7:]
    of_bridge = await queue(service, "village", BRIDGE)
    assert 0 < len(of_bridge) < len(live)
    assert await keep(service) == 0
    await service.sql("DELETE FROM move_up_place WHERE area_code = :area", area=PINE)
    assert await queue(service) == of_bridge  # the rest was read from what is kept


async def test_a_village_where_somebody_has_changed_is_reckoned_at_once(service: Jobs) -> None:
    first, second = await service.people(1, 2)
    [elsewhere] = await service.people(3, area_code=BRIDGE)
    for person, wage in ((first, 2000), (second, 2500), (elsewhere, 3000)):
        await at_work(service, person, wage=wage)
    assert await keep(service) == 2
    await service.sql("UPDATE labour_row SET wage = 3400 WHERE person_id = :id", id=first)
    changed = [str(second), str(elsewhere), str(first)]
    assert [one[0] for one in await queue(service)] == changed
    assert await keep(service) == 1
    assert [one[0] for one in await queue(service)] == changed
    await service.sql("UPDATE person SET active = false WHERE id = :id", id=second)
    assert [one[0] for one in await queue(service)] == changed[1:]
    await service.sql("DELETE FROM labour_row WHERE person_id = :id", id=elsewhere)
    assert [one[0] for one in await queue(service)] == [str(first)]
    assert await keep(service) == 2
    assert [one[0] for one in await queue(service)] == [str(first)]


async def test_the_urgency_told_is_the_one_by_which_the_queue_is_sorted(service: Jobs) -> None:
    first, last, fine = await service.people(1, 2, 3)
    for person, wage in ((first, 2000), (last, 2500), (fine, 9000)):
        await at_work(service, person, wage=wage)
    await keep(service)
    [(_, urgency, reasons), _] = await queue(service)
    await service.sql("UPDATE move_up_place SET urgency = 999 WHERE person_id = :id", id=last)
    await service.sql("INSERT INTO move_up_place VALUES (:area, 500, :id)", area=PINE, id=fine)
    assert await queue(service) == [(str(last), 999, reasons), (str(fine), 500, []), (str(first), urgency, reasons)]


@pytest.mark.parametrize(
    "other", ["as_of = as_of - 1", "month = month - 31", "policy_id = gen_random_uuid()", "medians_at = now()"]
)
async def test_what_was_reckoned_otherwise_counts_no_more(service: Jobs, other: str) -> None:
    [person] = await service.people(1)
    await at_work(service, person, wage=2000)
    await keep(service)
    await service.sql("DELETE FROM move_up_place")
    assert await queue(service) == []
    await service.sql(f"UPDATE move_up_village SET {other}")
    assert [one[0] for one in await queue(service)] == [str(person)]
    assert await keep(service) == 1
    assert [one[0] for one in await queue(service)] == [str(person)]
    assert await service.sql("SELECT count(*) FROM move_up_place") == [(1,)]


@pytest.mark.parametrize("rank", [2**31, -(2**62), "7", 1.5, True, None])
async def test_ranks_that_nobody_has(service: Jobs, rank: object) -> None:
    after = encode_cursor(rank, "01a20972-3a4b-768f-a3e9-6c384715b68c")
    answer = await service.call("GET", f"/move-up?after={after}")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")
