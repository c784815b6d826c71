"""Subsidies: who could claim and has not, in yuan; claims, once a year. And the move-up queue."""

import asyncio
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.jobs.background import sweep_placements
from services.jobs.queries.subsidies import SubsidyTerms, list_unclaimed, sum_unclaimed
from services.jobs.rules.months import month_of
from services.jobs.rules.subsidies import Worker, due
from services.jobs.rules.training import allowance_due
from shared.areas import Scope
from shared.clock import utc_now
from shared.contracts.jobs_placement_policies import LabourSubsidies
from shared.contracts.jobs_posts_policies import TrainingRules
from shared.ids import new_id
from tests.jobs.conftest import BRIDGE, COUNTY, PINE, STONE, Jobs
from tests.jobs.placements import ago, code, today
from tests.jobs.test_trips import lines
from tests.shipped import DEFAULTS

LONG = ago(100)


async def at_work(service: Jobs, person: UUID, **more: Any) -> None:
    """A row of the ledger: out in Dongguan since a hundred days, for 5,200 yuan, skilled."""
    values = {
        "person_id": person,
        "month": month_of(today()),
        "status": "out",
        "work_area": "441900",
        "trade": "61804",
        "work_kind": "skilled",
        "wage": 5200,
        "started_on": date.fromisoformat(LONG),
        "wants_change": False,
        "source": "hand",
        **more,
    }
    names = ", ".join(values)
    await service.sql(
        f"INSERT INTO labour_row ({names}, area_code, changed_at)"
        f" SELECT {', '.join(f':{name}' for name in values)}, area_code, now() FROM person WHERE id = :person_id",
        **values,
    )


async def trained(service: Jobs, person: UUID, days: int, completed: date, allowance: int = 80) -> None:
    """A course that was completed, with so many days attended of one more."""
    course, enrolment = new_id(), new_id()
    await service.sql(
        "INSERT INTO course (id, county, kind, trade, title, place, venue, seats, seated, waiting, starts_on, ends_on,"
        " allowance, policy_id, state, version, recorded_by, recorded_at, changed_at) VALUES (:id, :county, 'training',"
        " '61804', '班', '539921', 'village', 30, 1, 0, :day, :day, :allowance, :id, 'ended', 1, :id, now(), now())",
        id=course,
        county=COUNTY,
        day=completed,
        allowance=allowance,
    )
    await service.sql(
        "INSERT INTO enrolment (id, course_id, person_id, area_code, state, completed_on, version, enrolled_by, enrolled_at,"
        " changed_at) SELECT :id, :course, id, area_code, 'completed', :day, 1, :id, now(), now() FROM person"
        " WHERE id = :person",
        id=enrolment,
        course=course,
        person=person,
        day=completed,
    )
    for day in range(days + 1):
        await service.sql(
            "INSERT INTO attendance SELECT :id, CAST(:day AS date), area_code, :present, :id, now() FROM person"
            " WHERE id = :person",
            id=enrolment,
            day=completed - timedelta(days=day),
            present=day < days,
            person=person,
        )


async def claim(service: Jobs, person: UUID, **more: Any) -> httpx.Response:
    """A claim for the transport to another province."""
    body = {"person_id": str(person), "rule": "outside-province", "amount": "1000", "wage_proof": True, **more}
    return await service.post("/subsidies/claims", body, "village", PINE)


async def unclaimed(
    service: Jobs, role: str = "county", area: str = COUNTY, query: str = ""
) -> list[tuple[str, str, str]]:
    """Person, rule and yuan of each."""
    items = (await service.get(f"/subsidies/unclaimed{query}", role, area))["items"]
    return [(one["person"]["id"], one["rule"], one["most"]) for one in items]


async def test_who_could_claim_and_how_much(service: Jobs) -> None:
    far, near, home, new, learner, gone = await service.people(*range(1, 7))
    [elsewhere] = await service.people(7, area_code=BRIDGE)
    await at_work(service, far)
    await at_work(service, near, work_area="539922")
    await at_work(service, home, work_area="539921101200")
    await at_work(service, new, started_on=today() - timedelta(days=30))
    await trained(service, learner, 5, today())
    await at_work(service, gone)
    await at_work(service, elsewhere, work_area="abroad")
    await service.sql("UPDATE person SET active = false WHERE id = :id", id=gone)
    assert sorted(await unclaimed(service)) == sorted(
        [
            (str(far), "outside-province", "1000.00"),
            (str(near), "outside-county", "500.00"),
            (str(learner), "course", "400.00"),
            (str(elsewhere), "outside-province", "1000.00"),
        ]
    )
    assert [one[0] for one in await unclaimed(service, "village", BRIDGE)] == [str(elsewhere)]
    assert [one[0] for one in await unclaimed(service, query="?kind=training")] == [str(learner)]
    sums = await service.get("/subsidies/unclaimed/sums")
    assert (sums["people"], sums["most"]) == (4, "2900.00")
    assert [(one["area"]["code"], one["kind"]["code"], one["people"], one["most"]) for one in sums["items"]] == [
        (STONE, "training", 1, "400.00"),
        (STONE, "transport", 2, "1500.00"),
        ("539921101000", "transport", 1, "1000.00"),
    ]
    by_county = await service.get("/subsidies/unclaimed/sums?by=county&kind=transport")
    assert [(one["area"]["code"], one["most"]) for one in by_county["items"]] == [(COUNTY, "2500.00")]


async def test_who_stays_half_a_year_may_claim_for_that_as_well(service: Jobs) -> None:
    """Six whole months outside the province, 181 to 184 days; less, or a post within it, is the transport alone."""
    stayed, short, near = await service.people(1, 2, 3)
    since = today() - timedelta(days=183)
    await at_work(service, stayed, started_on=since)
    await at_work(service, short, started_on=today() - timedelta(days=179))
    await at_work(service, near, started_on=since, work_area="539922")
    assert await unclaimed(service, query="?kind=stay") == [(str(stayed), "half-year", "600.00")]
    assert [one[1] for one in await unclaimed(service) if one[0] == str(stayed)] == ["half-year", "outside-province"]
    assert code(await claim(service, short, rule="half-year", amount="600")) == (409, "subsidy-not-due")
    assert (await claim(service, stayed, rule="half-year", amount="600")).status_code == 201
    assert (await claim(service, stayed)).status_code == 201  # one of each kind


async def test_a_course_pays_for_so_many_days_and_no_more(service: Jobs) -> None:
    """As the result of the course has it: at most `most_days` of the policy `training-rules`."""
    most = DEFAULTS["training-rules"]["most_days"]
    [person] = await service.people(1)
    await trained(service, person, most + 2, today(), allowance=10)
    assert await unclaimed(service) == [(str(person), "course", f"{10 * most}.00")]
    body = {"rule": "course", "wage_proof": False}
    assert code(await claim(service, person, amount=str(10 * most + 1), **body)) == (422, "subsidy-too-high")
    assert (await claim(service, person, amount=str(10 * most), **body)).status_code == 201


async def test_a_claim_takes_somebody_off_the_list_for_the_year(service: Jobs) -> None:
    [person] = await service.people(1)
    await at_work(service, person)
    made = await claim(service, person, note="工资流水已核")
    assert made.status_code == 201
    assert await unclaimed(service) == []
    assert code(await claim(service, person)) == (409, "subsidy-claimed")
    path = f"/subsidies/claims/{made.json()['id']}"
    assert (await service.get(path, "village", PINE))["note"] == "工资流水已核"
    assert (await service.get(path, "supervisor"))["note"] is None

    refuse = {"state": "refused", "on": today().isoformat(), "reason": "no_proof"}
    decide = f"{path}/decision"
    assert code(await service.post(decide, refuse)) == (428, "if-match-required")
    version = {"If-Match": made.headers["etag"]}
    early = {**refuse, "on": ago(1)}
    assert code(await service.post(decide, early, headers=version)) == (422, "subsidy-claim-day")
    assert (await service.post(decide, refuse, headers=version)).json()["state"]["code"] == "refused"
    assert code(await service.post(decide, refuse, headers={"If-Match": "*"})) == (409, "subsidy-claim-decided")
    assert len(await unclaimed(service)) == 1

    again = await claim(service, person, amount="900")
    pay = {"state": "paid", "on": today().isoformat()}
    path = f"/subsidies/claims/{again.json()['id']}/decision"
    high = await service.post(path, {**pay, "amount": "901"}, headers={"If-Match": "*"})
    assert code(high) == (422, "subsidy-too-high")
    paid = (await service.post(path, pay, headers={"If-Match": "*"})).json()
    assert (paid["state"]["code"], paid["paid"], paid["decided_on"]) == ("paid", "900.00", today().isoformat())
    listed = (await service.get("/subsidies/claims?state=paid"))["items"]
    assert [one["id"] for one in listed] == [paid["id"]]
    assert (await service.get("/subsidies/claims", "village", BRIDGE))["items"] == []
    await service.sql("UPDATE subsidy_claim SET year = year - 1")
    assert len(await unclaimed(service)) == 1  # a new year


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"rule": "outside-county"}, (409, "subsidy-not-due")),
        ({"rule": "course"}, (409, "subsidy-not-due")),
        ({"amount": "1000.01"}, (422, "subsidy-too-high")),
        ({"wage_proof": False}, (422, "subsidy-wage-proof-missing")),
        ({"amount": "0"}, (422, "invalid-input")),
    ],
)
async def test_claims_that_are_refused(service: Jobs, more: dict[str, Any], wrong: tuple[int, str]) -> None:
    [person] = await service.people(1)
    await at_work(service, person)
    assert code(await claim(service, person, **more)) == wrong
    assert await service.sql("SELECT count(*) FROM subsidy_claim") == [(0,)]


async def test_claimed_by_many_at_once(service: Jobs) -> None:
    [person] = await service.people(1)
    await at_work(service, person)
    answers = await asyncio.gather(*(claim(service, person) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]


async def test_refusals_need_a_reason_and_payments_none(service: Jobs) -> None:
    [person] = await service.people(1)
    await at_work(service, person)
    made = (await claim(service, person)).json()["id"]
    for body in ({"state": "refused"}, {"state": "paid", "reason": "other"}, {"state": "refused", "reason": "nothing"}):
        told = {**body, "on": today().isoformat()}
        answer = await service.post(f"/subsidies/claims/{made}/decision", told, headers={"If-Match": "*"})
        assert answer.status_code == 422


async def test_the_workbook_has_the_sum_and_is_on_record(service: Jobs) -> None:
    for person in await service.people(1, 2):
        await at_work(service, person)
    taken = await service.call("GET", f"/subsidies/unclaimed.xlsx?area={STONE}")
    rows = lines(taken)
    assert [row[-1] for row in rows] == ["最高金额（元）", "1000.00", "1000.00", "2000.00", ""]
    assert "*" in rows[1][2]
    [(detail,)] = await service.sql("SELECT detail FROM audit_entry WHERE action = 'subsidy:export'")
    assert detail["count"] == 2
    assert (await service.call("GET", "/subsidies/unclaimed.xlsx", "supervisor")).status_code == 403


async def test_finder_and_rule_say_the_same(service: Jobs) -> None:
    """Random people: the statement for all of them finds what the rule says of each."""
    chance = random.Random(5)
    policy = LabourSubsidies.model_validate(
        {
            "rules": [
                {
                    "code": "poor",
                    "kind": "stay",
                    "distance": "outside",
                    "months": 6,
                    "classes": ["monitored"],
                    "most": 600,
                },
                {"code": "any", "kind": "stay", "distance": "outside", "months": 9, "most": 300},
                {"code": "near", "kind": "transport", "distance": "province", "months": 1, "most": 500},
                {"code": "far", "kind": "transport", "distance": "outside", "months": 3, "most": 1000},
                {"code": "here", "kind": "transport", "distance": "county", "months": 0, "most": 100},
                {"code": "course", "kind": "training", "most": 200, "wage_proof": False},
            ]
        }
    )
    rules = TrainingRules.model_validate({**DEFAULTS["training-rules"], "most_days": 5})
    terms = SubsidyTerms(policy, rules.most_days, today())
    expected = []
    for number in range(1, 41):
        kind = chance.choice(["ordinary", "lifted_out", "monitored"])
        [person] = await service.people(number, household_class=kind)
        place = chance.choice(["441900", "539922", "539921", "abroad"])
        start = today() - timedelta(days=chance.randrange(500))
        days = chance.choice([0, 0, 1, 4, 6])
        await at_work(service, person, work_area=place, started_on=start)
        if days:
            await trained(service, person, days, today(), allowance=30)
            await trained(service, person, 1, today() - timedelta(days=10), allowance=20)
        paid = sum((allowance_due(*one, rules) for one in [(days, Decimal(30)), (days > 0, Decimal(20))]), Decimal(0))
        worker = Worker(PINE, kind, place, start, paid)
        expected += [(person, one.rule.code, one.most) for one in due(policy.rules, worker, today())]
    async with service.database.read(Scope.everywhere()) as session:
        rows = await list_unclaimed(session, Scope.everywhere(), terms, None, 1000)
        pages, after = [], None
        while page := await list_unclaimed(session, Scope.everywhere(), terms, after, 7):
            pages += page
            after = (page[-1].area_code, page[-1].person_id, page[-1].kind)
        sums = await sum_unclaimed(session, Scope.everywhere(), terms, 12)
    assert sorted((row.person_id, row.rule, row.yuan) for row in rows) == sorted(expected)
    assert pages == rows
    assert sum(one.yuan for one in sums) == sum(yuan for _, _, yuan in expected)
    assert {one[1] for one in expected} == {"poor", "any", "near", "far", "here", "course"}


async def queue(
    service: Jobs, role: str = "county", area: str = COUNTY, query: str = ""
) -> list[tuple[str, int, list[str]]]:
    """Person, urgency and reasons of each."""
    items = (await service.get(f"/move-up{query}", role, area))["items"]
    return [(one["person"]["id"], one["urgency"], [reason["code"] for reason in one["reasons"]]) for one in items]


async def test_who_should_move_up_and_in_which_order(service: Jobs) -> None:
    fine, odd, poor, wants, below = await service.people(*range(1, 6))
    others = await service.people(*range(10, 20))
    await at_work(service, fine, wage=9000)
    await at_work(service, odd, work_kind="odd", wage=1750, trade="62901")
    await at_work(service, poor, wage=3499, trade="62901")
    await at_work(service, wants, wants_change=True, wage=9000)
    await at_work(service, below, wage=4000, trade="61804")
    for one in others:
        await at_work(service, one, wage=6000)
    await sweep_placements(service.database, service.vault, utc_now())
    assert await queue(service) == [
        (str(odd), 50, ["odd", "below_line"]),
        (str(wants), 25, ["wants_change"]),
        (str(below), 4, ["below_median"]),
        (str(poor), 1, ["below_line"]),
    ]
    page = await service.get("/move-up?limit=3")
    rest = await queue(service, query=f"?limit=3&after={page['next']}")
    assert rest == [(str(poor), 1, ["below_line"])]
    assert await queue(service, "village", BRIDGE) == []
    [median] = await service.sql("SELECT county, wage, people FROM trade_median WHERE trade = '61804'")
    assert median == ("539921", 6000, 13)


async def test_a_need_is_opened_in_one_call(service: Jobs) -> None:
    [person] = await service.people(1)
    path = f"/move-up/{person}/need"
    assert code(await service.post(path, {}, "village", PINE)) == (409, "move-up-not-out")
    await at_work(service, person, work_kind="odd", wage=1900)
    made = await service.post(path, {"trades": ["61804"]}, "village", PINE)
    need = made.json()
    assert made.status_code == 201
    assert (need["wants_change"], need["wage_floor"], need["source"]["code"]) == (True, "1900.00", "move_up")
    again = (await service.post(path, {"trades": ["62901"]}, "village", PINE)).json()
    assert (again["id"], [one["code"] for one in again["wanted_trades"]]) == (need["id"], ["61804", "62901"])
    assert await service.sql("SELECT count(*) FROM work_need") == [(1,)]
    assert code(await service.post(path, {}, "village", BRIDGE)) == (404, "person-not-found")
