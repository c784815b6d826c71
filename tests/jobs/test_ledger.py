"""Rows of the ledger through the routes: recorded, confirmed, listed, and what others hear of them."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.jobs.rules.months import last_day, month_of, month_text, move
from shared.clock import local_date, utc_now
from shared.contracts.jobs import MinorWorking, WageReported
from tests.jobs.conftest import BAMBOO, BRIDGE, COUNTY, PINE, STONE, Jobs, policy_id

TODAY = local_date(utc_now())
MONTH = month_of(TODAY)
THIS = month_text(MONTH)
LAST = month_text(move(MONTH, -1))
OUT: dict[str, Any] = {
    "status": "out",
    "work_area": "441900",
    "employer": "某五金厂",
    "industry": "C",
    "trade": "61804",
    "work_kind": "skilled",
    "wage": "5200",
    "channel": "relatives",
    "point_to_point": False,
    "started_on": move(MONTH, -5).isoformat(),
    "stability": "stable",
    "compared": "better",
    "wants_change": False,
    "services": ["training"],
}
HOME: dict[str, Any] = {"status": "not_out", "able": True, "willing": False, "reason": "unwilling"}


def place(person: UUID, month: str = THIS) -> str:
    """The route of a row."""
    return f"/ledger/months/{month}/people/{person}"


async def put(service: Jobs, person: UUID, body: dict[str, Any], month: str = THIS, **request: Any) -> Any:
    """A row that must be taken; the answer's JSON."""
    answer = await service.call("PUT", place(person, month), "village", PINE, json=body, **request)
    assert answer.status_code == 200, answer.text
    return answer.json()


def changed(**more: Any) -> dict[str, Any]:
    """A row of somebody out, with something else."""
    return {**OUT, **more}


async def test_a_row_is_recorded_and_read(service: Jobs) -> None:
    [person] = await service.people(1)
    written = await put(service, person, OUT)
    assert written["outcome"] == {"person_id": str(person), "outcome": "made", "problems": [], "warnings": []}
    row = await service.get(place(person), "village", PINE)
    assert row["row"] == written["row"]
    assert row["row"]["employer"] == "某五金厂"
    assert row["row"]["trade"] == {"code": "61804", "text": "五金制品和工装工具制造人员"}
    assert row["row"]["confirmed_on"] == TODAY.isoformat()
    assert row["row"]["organised"] is False
    assert row["person"]["name"] == "张三"


async def test_words_are_read_as_codes(service: Jobs) -> None:
    [person] = await service.people(1)
    words = changed(
        status="已务工", channel="东西部协作", trade="五金工", work_area="441900000000", services=["技能培训"]
    )
    row = (await put(service, person, words))["row"]
    assert (row["channel"]["code"], row["organised"], row["work_area"]) == ("cooperation", True, "441900")


async def test_all_that_is_wrong_is_told_at_once(service: Jobs) -> None:
    [person] = await service.people(1)
    body = changed(work_area="440000", channel="public_post", employer=None)
    answer = await service.call("PUT", place(person), "village", PINE, json=body)
    assert answer.status_code == 422
    told = {(one["field"], one["code"]) for one in answer.json()["errors"]}
    assert told == {
        ("work_area", "ledger-place-too-wide"),
        ("channel", "ledger-channel-out-of-county"),
        ("employer", "field-missing"),
    }
    assert await service.sql("SELECT count(*) FROM labour_row") == [(0,)]


async def test_a_change_names_the_version_it_changes(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    without = await service.call("PUT", place(person), "village", PINE, json=OUT)
    assert without.status_code == 428
    stale = await service.call("PUT", place(person), "village", PINE, json=OUT, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    again = await put(service, person, OUT, headers={"If-Match": '"1"'})
    assert (again["outcome"]["outcome"], again["row"]["version"]) == ("unchanged", 1)
    other = await put(service, person, changed(wage="6000"), headers={"If-Match": '"1"'})
    assert (other["outcome"]["outcome"], other["row"]["version"]) == ("changed", 2)


async def test_history_has_who_when_field_from_and_to(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    await put(service, person, changed(wage="6000", employer="另一厂"), headers={"If-Match": '"1"'})
    made, change = await service.get(f"{place(person)}/history", "village", PINE)
    assert (made["what"]["code"], made["changes"]) == ("made", [])
    assert change["what"]["code"] == "changed"
    assert change["changes"] == [
        {"field": "wage", "before": "5200.00", "after": "6000.00"},
        {"field": "employer", "before": "某五金厂", "after": "另一厂"},
    ]
    assert change["by"] is not None
    masked = await service.get(f"{place(person)}/history", "supervisor")
    assert masked[1]["changes"][1] == {"field": "employer", "before": None, "after": None}


async def test_the_employers_name_is_nowhere_in_clear(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    for table in ("labour_row", "labour_change", "outbox", "audit_entry"):
        assert await service.sql(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%五金厂%'") == [(0,)]
    assert (await service.get(place(person), "supervisor"))["row"]["employer"] is None


async def test_wages_are_told_with_revisions(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    await put(service, person, changed(stability="unstable"), headers={"If-Match": '"1"'})  # no news of the wage
    await put(service, person, changed(wage="6000", stability="unstable"), headers={"If-Match": '"2"'})
    await put(service, person, HOME, headers={"If-Match": '"3"'})
    told = await service.told(WageReported)
    assert [(one.revision, str(one.wage), one.withdrawn) for one in told] == [
        (1, "5200", False),
        (3, "6000", False),
        (4, "6000.00", True),
    ]
    assert {(one.report_id, one.month, one.kind, one.employer_area) for one in told} == {
        (f"{person}.{THIS}", THIS, "work", "441900")
    }


async def test_who_comes_home_keeps_what_was_earned_until_then(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    await put(service, person, {**HOME, "ended_on": MONTH.isoformat()}, headers={"If-Match": '"1"'})
    assert [one.withdrawn for one in await service.told(WageReported)] == [False]


async def test_a_working_minor_is_refused_and_told(service: Jobs) -> None:
    young = date(MONTH.year - 15, MONTH.month, 1)
    [person] = await service.people(1, birth_on=young)
    answer = await service.call("PUT", place(person), "village", PINE, json=OUT)
    assert (answer.status_code, answer.json()["code"]) == (409, "ledger-minor-working")
    assert await service.sql("SELECT count(*) FROM labour_row") == [(0,)]
    [told] = await service.told(MinorWorking)
    assert (told.found_in, told.age, told.seen_on) == ("ledger", 15, MONTH)
    assert await service.told(WageReported) == []


@pytest.mark.parametrize(("months", "status"), [(1, 409), (0, 200), (-12, 200), (-13, 422), (-25, 409)])
async def test_months_that_may_be_written(service: Jobs, months: int, status: int) -> None:
    [person] = await service.people(1)
    answer = await service.call("PUT", place(person, month_text(move(MONTH, months))), "village", PINE, json=HOME)
    assert answer.status_code == status, answer.text


async def test_the_quick_form_answers_nine_questions(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    told = {
        "wage": "4100",
        "stability": "unstable",
        "compared": "worse",
        "wants_change": True,
        "services": ["referral"],
    }
    answer = await service.call("PATCH", place(person), "village", PINE, json=told, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    row = answer.json()["row"]
    assert (row["wage"], row["employer"], row["wants_change"]) == ("4100.00", "某五金厂", True)
    moved = await service.call(
        "PATCH", place(person), "village", PINE, json={"work_area": "330106"}, headers={"If-Match": '"2"'}
    )
    assert {one["field"] for one in moved.json()["errors"]} == {"employer", "started_on"}


async def test_no_change_for_a_list(service: Jobs) -> None:
    """Last month's rows are carried for whoever has none, and confirmed; who came home has to be asked."""
    stays, ended, nobody, elsewhere = await service.people(1, 2, 3, 4)
    await put(service, stays, OUT, LAST)
    await put(service, ended, changed(ended_on=last_day(move(MONTH, -1)).isoformat()), LAST)
    people = [str(one) for one in (stays, ended, nobody, stays)]
    answer = await service.post(f"/ledger/months/{THIS}/confirmations", {"people": people}, "village", PINE)
    assert answer.status_code == 200, answer.text
    outcomes = {one["person_id"]: one for one in answer.json()}
    assert outcomes[str(stays)]["outcome"] == "confirmed"
    assert outcomes[str(ended)]["outcome"] == "refused"
    assert {one["field"] for one in outcomes[str(ended)]["problems"]} == {"able", "willing", "reason"}
    assert [one["code"] for one in outcomes[str(nobody)]["problems"]] == ["ledger-row-not-found"]
    row = (await service.get(place(stays), "village", PINE))["row"]
    assert (row["confirmed_on"], row["source"]["code"]) == (TODAY.isoformat(), "hand")
    again = await service.post(f"/ledger/months/{THIS}/confirmations", {"people": [str(stays)]}, "village", PINE)
    assert [one["outcome"] for one in again.json()] == ["unchanged"]
    months = {one.month for one in await service.told(WageReported)}
    assert months == {LAST, THIS}
    assert str(elsewhere) not in outcomes


async def test_no_change_since_somebody_said_so_tells_the_wages_between(service: Jobs) -> None:
    """A month that nobody confirmed tells no wage; whoever says that nothing has changed since speaks of it as well."""
    first = month_text(move(MONTH, -3))
    stays, changes = await service.people(1, 2)
    await put(service, stays, OUT, first)
    await put(service, changes, OUT, first)
    await put(service, changes, changed(wage="6000"), LAST, headers={"If-Match": '"1"'})
    told = {(one.report_id, one.month) for one in await service.told(WageReported)}
    assert told == {(f"{stays}.{first}", first), (f"{changes}.{first}", first), (f"{changes}.{LAST}", LAST)}
    body = {"people": [str(stays), str(changes)], "since_said": True}
    answer = await service.post(f"/ledger/months/{THIS}/confirmations", body, "village", PINE)
    assert [one["outcome"] for one in answer.json()] == ["confirmed", "confirmed"]
    more = {(one.report_id, one.month) for one in await service.told(WageReported)} - told
    assert more == {(f"{stays}.{month}", month) for month in (month_text(move(MONTH, -2)), LAST, THIS)} | {
        (f"{changes}.{THIS}", THIS)
    }
    [made] = await service.get(f"{place(stays, LAST)}/history", "village", PINE)
    assert (made["what"]["code"], made["by"] is not None) == ("confirmed", True)


async def test_a_late_correction_is_carried_on_until_somebody_said_otherwise(service: Jobs) -> None:
    carried_on, said = await service.people(1, 2)
    for person in (carried_on, said):
        await put(service, person, OUT, LAST)
    await service.post(f"/ledger/months/{THIS}/confirmations", {"people": [str(said)]}, "village", PINE)
    for person in (carried_on, said):
        await put(service, person, changed(wage="6100"), LAST, headers={"If-Match": '"1"'})
    rows = await service.sql("SELECT person_id, wage, source FROM labour_row WHERE month = :month", month=MONTH)
    assert {(person, int(wage), source) for person, wage, source in rows} == {
        (carried_on, 6100, "carried"),
        (said, 5200, "hand"),
    }
    [change] = [
        one
        for one in await service.get(f"{place(carried_on)}/history", "village", PINE)
        if one["what"]["code"] == "carried"
    ]
    assert change["changes"] == [{"field": "wage", "before": "5200.00", "after": "6100.00"}]
    assert change["by"] is None


async def test_a_row_made_late_goes_on_into_this_month(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT, month_text(move(MONTH, -3)))
    rows = await service.sql("SELECT month, source FROM labour_row ORDER BY month")
    assert rows == [(move(MONTH, -3), "hand"), *((move(MONTH, -by), "carried") for by in (2, 1, 0))]


async def test_nothing_is_written_without_the_rules_and_each_change_names_them(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT, LAST)
    [made] = await service.get(f"{place(person, LAST)}/history", "village", PINE)
    assert made["policy_id"] == str(policy_id("ledger-rules"))
    await service.sql("DELETE FROM policy WHERE kind = 'ledger-rules'")
    answer = await service.call("PUT", place(person), "village", PINE, json=OUT, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-missing")
    answer = await service.post(f"/ledger/months/{THIS}/confirmations", {"people": [str(person)]}, "village", PINE)
    [outcome] = answer.json()
    assert (outcome["outcome"], [one["code"] for one in outcome["problems"]]) == ("refused", ["policy-missing"])
    row = (await service.get(place(person), "village", PINE))["row"]
    assert (row["confirmed_on"], [one["code"] for one in row["problems"]]) == (None, ["policy-missing"])
    listed = (await service.get(f"/ledger/months/{THIS}/people", "village", PINE))["items"]
    assert [one["code"] for one in listed[0]["row"]["problems"]] == ["policy-missing"]


async def test_a_persons_months(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT, month_text(move(MONTH, -3)))
    first = await service.get(f"/ledger/people/{person}/months?limit=3", "village", PINE)
    rest = await service.get(f"/ledger/people/{person}/months?limit=3&after={first['next']}", "village", PINE)
    months = [one["month"] for one in first["items"] + rest["items"]]
    assert months == [month_text(move(MONTH, -by)) for by in range(4)]
    assert rest["next"] is None


async def test_the_list_of_a_village(service: Jobs) -> None:
    out, home, absent = await service.people(1, 2, 3)
    await service.people(4, labour_skill="lost")
    await service.people(8, birth_on=date(TODAY.year - 70, 1, 1))  # labour is until 60, by the policy
    await service.people(5, pupil=True)
    await service.people(6, active=False)
    [elsewhere] = await service.people(7, area_code=BAMBOO)
    await put(service, out, changed(wants_change=True))
    await put(service, home, HOME)

    async def listed(query: str = "", role: str = "village", area: str = PINE) -> set[str]:
        page = await service.get(f"/ledger/months/{THIS}/people?{query}", role, area)
        return {one["person"]["id"] for one in page["items"]}

    def ids(*people: UUID) -> set[str]:
        return {str(one) for one in people}

    assert await listed() == ids(out, home, absent)
    assert await listed("status=out") == ids(out)
    assert await listed("status=none") == ids(absent)
    assert await listed("unconfirmed=true") == ids(absent)
    assert await listed("unconfirmed=false") == ids(out, home)
    assert await listed("wants_change=true") == ids(out)
    assert await listed("", "township", STONE) == ids(out, home, absent, elsewhere)
    assert await listed(f"area={BAMBOO}", "township", STONE) == ids(elsewhere)
    assert await listed(f"area={PINE}", "village", BRIDGE) == set()
    page = await service.get(f"/ledger/months/{THIS}/people?limit=2", "village", PINE)
    rest = await service.get(f"/ledger/months/{THIS}/people?limit=2&after={page['next']}", "village", PINE)
    assert {one["person"]["id"] for one in page["items"] + rest["items"]} == ids(out, home, absent)
    assert (len(page["items"]), rest["next"]) == (2, None)


async def test_who_is_absent_is_said_by_the_definition_of_labour(service: Jobs) -> None:
    """Counts, list and the indicator of coverage stand on one definition; without it nobody guesses."""
    await service.people(*range(1, 5))
    await service.people(5, birth_on=date(TODAY.year - 63, 1, 1))

    async def absent() -> tuple[int | None, int]:
        listed = (await service.get(f"/ledger/months/{THIS}/people?status=none&limit=2"))["items"]
        return (await service.get("/ledger/counts"))["absent"], len(listed)

    assert await absent() == (4, 2)
    await service.sql(
        "UPDATE policy SET body = jsonb_set(body, '{parameters,age_to}', '65'), id = gen_random_uuid()"
        " WHERE kind = 'labour-indicators'"
    )
    assert await absent() == (5, 2)
    await service.sql("DELETE FROM policy WHERE kind = 'labour-indicators'")
    assert (await service.get("/ledger/counts"))["absent"] is None
    answer = await service.call("GET", f"/ledger/months/{THIS}/people")
    assert (answer.status_code, answer.json()["code"]) == (409, "labour-indicators-missing")


async def test_nobody_writes_in_another_village(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    for call in (
        service.call("PUT", place(person), "village", BAMBOO, json=OUT),
        service.call("GET", place(person), "village", BAMBOO),
        service.call("GET", f"/ledger/people/{person}/months", "village", BAMBOO),
        service.call("GET", f"{place(person)}/history", "village", BAMBOO),
    ):
        assert (await call).status_code == 404
    answer = await service.post(f"/ledger/months/{THIS}/confirmations", {"people": [str(person)]}, "village", BAMBOO)
    assert [one["outcome"] for one in answer.json()] == ["refused"]


async def test_counts_are_counted_from_rows_as_of_a_day(service: Jobs) -> None:
    people = await service.people(1, 2, 3, 4)
    start, middle = move(MONTH, -1), move(MONTH, -1) + timedelta(days=9)
    await put(service, people[0], changed(started_on=middle.isoformat()), LAST)
    await put(service, people[1], changed(started_on=start.isoformat(), ended_on=middle.isoformat()), LAST)
    await put(service, people[2], {**HOME, "ended_on": middle.isoformat()}, LAST)

    async def counted(day: date) -> tuple[int, int, int, int]:
        told = await service.get(f"/ledger/counts?as_of={day}", "village", PINE)
        return told["out"], told["planned"], told["not_out"], told["absent"]

    assert await counted(middle - timedelta(days=1)) == (2, 0, 1, 0)  # who is registered since was not absent then
    assert await counted(middle) == (3, 0, 0, 0)
    assert await counted(middle + timedelta(days=1)) == (1, 0, 2, 0)
    assert (await service.get(f"/ledger/counts?as_of={middle}", "village", BAMBOO))["out"] == 0


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31"])
@pytest.mark.parametrize("asked", ["as_of", "known_on"])
async def test_a_day_no_ledger_can_have_is_refused(service: Jobs, asked: str, day: str) -> None:
    answer = await service.call("GET", f"/ledger/counts?{asked}={day}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "number-out-of-range")


async def test_a_status_is_not_taken_back(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, OUT)
    answer = await service.call(
        "PATCH", place(person), "village", PINE, json={"status": None, "wage": "5300"}, headers={"If-Match": "*"}
    )
    assert (answer.status_code, answer.json()["row"]["status"]["code"]) == (200, "out")
    assert answer.json()["row"]["wage"] == "5300.00"


async def test_counts_as_they_were_known_on_a_day(service: Jobs) -> None:
    first, second = await service.people(1, 2)
    await put(service, first, OUT)
    await put(service, first, HOME, headers={"If-Match": '"1"'})
    await put(service, second, OUT)
    before = TODAY - timedelta(days=1)

    async def counted(known: date | None) -> tuple[int, int]:
        query = f"&known_on={known}" if known else ""
        told = await service.get(f"/ledger/counts?as_of={TODAY}{query}", area=COUNTY)
        return told["out"], told["not_out"]

    # The first person's row was made two days ago, and changed today; the second's was made today.
    await service.sql(
        "UPDATE labour_change SET at = at - interval '2 days' WHERE what = 'made' AND person_id = :id", id=first
    )
    assert await counted(None) == (1, 1)
    assert await counted(before) == (1, 0)
    assert await counted(TODAY) == (1, 1)


async def needs(service: Jobs) -> list[Any]:
    """Needs for work, by person."""
    return await service.sql("SELECT person_id, state, wants_change, services FROM work_need ORDER BY person_id")


async def test_who_wants_work_has_a_need(service: Jobs) -> None:
    content, changes, plans = await service.people(1, 2, 3)
    await put(service, content, OUT)
    await put(service, changes, changed(wants_change=True))
    await put(service, plans, {"status": "planned", "plan_area": "44", "plan_on": last_day(MONTH).isoformat()})
    assert await needs(service) == [
        (changes, "open", True, ["training"]),
        (plans, "open", False, ["referral"]),
    ]
    await put(service, changes, OUT, headers={"If-Match": '"1"'})
    assert [one[1] for one in await needs(service)] == ["withdrawn", "open"]
    await put(service, changes, changed(wants_change=True, services=[]), headers={"If-Match": '"2"'})
    assert (await needs(service))[0] == (changes, "open", True, ["referral"])


async def test_an_older_month_opens_no_need(service: Jobs) -> None:
    [person] = await service.people(1)
    await put(service, person, changed(wants_change=True), LAST)
    assert await needs(service) == []


async def test_a_need_from_elsewhere_is_enough(service: Jobs) -> None:
    [person] = await service.people(1)
    answer = await service.post("/needs", {"person_id": str(person)}, "village", PINE)
    assert answer.status_code == 201, answer.text
    await put(service, person, changed(wants_change=True))
    await put(service, person, OUT, headers={"If-Match": '"1"'})
    assert [one[1] for one in await needs(service)] == ["open"]
