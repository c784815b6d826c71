"""The fields of the national lists: entered in words or codes, changed, imported without losing what a file leaves out."""

from typing import Any

from tests.households.conftest import BRIDGE, PINE, Households, household, id_number, person
from tests.households.test_imports import CSV, counts, imported, mistakes
from tests.households.test_register import codes

HOUSE = {
    "relocated": True,
    "relocation_site": "幸福社区",
    "dwelling_level": "C级危房",
    "only_home": True,
    "safe_housing": False,
    "safe_water": True,
    "schooling_met": True,
    "medical_met": True,
    "land_mu": 3.5,
    "road_km": 1.25,
    "no_labour_covered": False,
    "poverty_cause": "因病",
}
PERSON = {
    "national_member_code": "53992110020000011",
    "ethnic_group": "苗族",
    "political_status": "群众",
    "education": "初中",
    "disability_class": "肢体",
    "disability_level": 2,
    "work_area": "国外",
    "work_months": 8,
    "work_income": 4500,
    "public_post": False,
    "medical_insurance": "城乡居民医保",
    "serious_illness_insurance": True,
    "pension": "none",
    "minimum_living_allowance": False,
    "extreme_poverty_support": False,
    "relocated": True,
}
AS_CODES = {
    **HOUSE,
    "dwelling_level": "C",
    "poverty_cause": "illness",
}
PERSON_AS_CODES = {
    **PERSON,
    "ethnic_group": "06",
    "political_status": "13",
    "education": "70",
    "disability_class": 4,
    "work_area": "境外",
    "medical_insurance": "resident",
}


def part(shown: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Those fields of an answer."""
    return {name: shown[name] for name in names}


async def test_fields_are_entered_in_words_and_shown_as_codes(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1, health=["healthy"], **PERSON)], **HOUSE))
    shown = await service.get(f"/households/{id_}", "village", PINE)
    assert part(shown, HOUSE) == AS_CODES
    assert part(shown["members"][0], PERSON) == PERSON_AS_CODES
    assert (shown["grade"], shown["risks"], shown["dissolved_on"]) == ("red", [], None), "a dangerous house"
    assert shown["texts"] == {
        "class": "一般农户",
        "dwelling_level": "C级",
        "poverty_cause": "因病",
        "grade": "红色重点帮扶",
    }
    texts = shown["members"][0]["texts"]
    assert (texts["ethnic_group"], texts["disability_class"]) == ("苗族", "肢体残疾")
    assert texts["health"] == "健康"
    [listed] = (await service.get("/households", "village", PINE))["items"]
    assert listed["texts"] == {"class": "一般农户", "grade": "红色重点帮扶"}
    masked = await service.get(f"/households/{id_}", "supervisor")
    hidden = ("ethnic_group", "political_status", "disability_class", "disability_level", "work_area", "work_income")
    assert part(masked["members"][0], PERSON) == {**PERSON_AS_CODES, **dict.fromkeys(hidden)}
    assert not set(hidden) & set(masked["members"][0]["texts"])


async def test_what_is_not_told_is_not_no(service: Households) -> None:
    [id_] = await service.register(household(1, PINE))
    shown = await service.get(f"/households/{id_}")
    assert set(part(shown, HOUSE).values()) == {None}
    assert set(part(shown["members"][0], PERSON).values()) == {None}


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"dwelling_level": "E"}, "dwelling_level", "choice-invalid"),
    ({"land_mu": -1}, "land_mu", "number-out-of-range"),
    ({"risks": ["01"]}, "risks", "field-unknown"),
    ({"monitoring_state": "monitored"}, "monitoring_state", "field-unknown"),
    ({"merged_into": PINE}, "merged_into", "field-unknown"),
    ({"members": [person(1, ethnic_group="57")]}, "members.0.ethnic_group", "choice-invalid"),
    ({"members": [person(1, disability_level=5)]}, "members.0.disability_level", "choice-invalid"),
    ({"members": [person(1, work_area="12345")]}, "members.0.work_area", "choice-invalid"),
    ({"members": [person(1, work_months=13)]}, "members.0.work_months", "number-out-of-range"),
]


async def test_wrong_values_of_the_lists(service: Households) -> None:
    for change, field, code in BAD:
        answer = await service.post("/households", {**household(1, PINE), **change})
        assert (answer.status_code, codes(answer).get(field)) == (422, code), (change, answer.text)


async def test_fields_change_and_are_emptied(service: Households) -> None:
    [id_] = await service.register(household(1, PINE, [person(1, **PERSON)], **HOUSE))
    path = f"/households/{id_}"
    changed = await service.call("PATCH", path, json={"land_mu": 4, "road_km": None}, headers={"If-Match": '"1"'})
    assert part(changed.json(), HOUSE) == {**AS_CODES, "land_mu": 4, "road_km": None}
    member = changed.json()["members"][0]["id"]
    body = {"work_area": "440300000000", "disability_class": None}
    answer = await service.call("PATCH", f"/members/{member}", json=body, headers={"If-Match": '"1"'})
    assert part(answer.json(), PERSON) == {**PERSON_AS_CODES, "work_area": "440300000000", "disability_class": None}


async def test_an_import_without_a_column_leaves_what_is_there(service: Households) -> None:
    full = household(1, PINE, [person(1, **PERSON)], **HOUSE)
    assert counts(await imported(service, [full])) == ((1, 0, 0), (1, 0, 0), 0)
    assert counts(await imported(service, [full])) == ((0, 0, 1), (0, 0, 1), 0)
    assert counts(await imported(service, [household(1, PINE)])) == ((0, 0, 1), (0, 0, 1), 0)
    other = household(1, PINE, [person(1, work_months=9)], dwelling_level="D")
    assert counts(await imported(service, [other])) == ((0, 1, 0), (0, 1, 0), 0)
    [(id_,)] = await service.sql("SELECT id FROM household")
    shown = await service.get(f"/households/{id_}")
    assert part(shown, HOUSE) == {**AS_CODES, "dwelling_level": "D"}
    assert part(shown["members"][0], PERSON) == {**PERSON_AS_CODES, "work_months": 9}


async def test_a_csv_of_the_national_list(service: Households) -> None:
    table = (
        "户编号,村代码,姓名,证件号码,与户主关系,民族,文化程度,务工时间,是否享受低保,致贫原因,是否易地搬迁户,联系电话\n"
        f"H0001,{PINE},张三,{id_number(1)},户主,彝族,小学,6,是,缺劳力,否,\n"
        f"H0002,{PINE},李四,{id_number(2)},户主,火星族,小学,,否,,是,\n"
    )
    report = await imported(service, table.encode("gb18030"), CSV)
    assert mistakes(report) == [(3, "ethnic_group", "choice-invalid")]
    rows = await service.sql(
        "SELECT h.poverty_cause, h.relocated, m.ethnic_group, m.education, m.work_months, m.minimum_living_allowance"
        " FROM household h JOIN member m ON m.household_id = h.id"
    )
    assert rows == [("labour", False, "07", "80", 6, True)]


async def test_lists_by_each_filter(service: Households) -> None:
    first, second, third = await service.register(
        household(1, PINE, natural_village="王家湾"),
        household(2, PINE, [person(2)], natural_village="李家湾"),
        household(3, BRIDGE, [person(3)], natural_village="王家湾", **{"class": "lifted_out"}),
    )
    await service.sql(
        "UPDATE household SET grade = 'red', risks = '{01,09}', main_risk = '01' WHERE id = :id", id=first
    )
    await service.sql("UPDATE household SET grade = 'green', monitoring_state = 'monitored' WHERE id = :id", id=second)
    await service.sql("UPDATE household SET risks = '{09}', dissolved_on = NULL WHERE id = :id", id=third)
    cases = {
        "grade=red": [first],
        "grade=红色": [first],
        "risk=09": [first, third],
        "risk=因病": [first],
        "risk=09&class=lifted_out": [third],
        "monitoring_state=monitored": [second],
        "natural_village=王家湾": [first, third],
        f"natural_village=王家湾&area={BRIDGE}": [third],
        "grade=red&monitoring_state=monitored": [],
        "dissolved=true": [],
    }
    for query, ids in cases.items():
        assert [one["id"] for one in (await service.get(f"/households?{query}"))["items"]] == ids, query
    assert (await service.get("/households?risk=09", "village", BRIDGE))["items"][0]["id"] == third
    for wrong in ("grade=blue", "risk=08", "natural_village="):
        assert (await service.call("GET", f"/households?{wrong}")).status_code == 422, wrong
    await service.sql("UPDATE household SET dissolved_on = '2026-01-01' WHERE id = :id", id=first)
    assert [one["id"] for one in (await service.get("/households?risk=09"))["items"]] == [third]
    assert [one["id"] for one in (await service.get("/households?dissolved=true"))["items"]] == [first]
