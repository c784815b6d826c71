"""What a later release ships of a feed is shown and taken over; what the county changed or threw away stays so."""

import copy
from typing import Any

import orjson
import pytest

from services.alerts.rules.shipped_feeds import changes, take_over
from services.alerts.usecases.shipped_feeds import shipped
from tests.alerts.conftest import EDUCATION, Service, bearer
from tests.alerts.test_feeds import COUNTY, FEEDS, if_match

SHIPPED = "/alerts/v1/shipped-feeds"
FEED = "disability.certificate"

BEFORE: dict[str, Any] = {
    "name": {"zh": "残疾", "en": "Disability"},
    "due_day": 5,
    "source": None,
    "columns": [
        {"field": "self_pay", "headers": ["自付", "自费"], "required": True, "type": "number", "values": {}},
        {"field": "subsidy", "headers": ["补贴"], "required": False, "type": "boolean", "values": {"有": "是"}},
    ],
    "evidence_schema": {
        "required": ["self_pay"],
        "properties": {
            "self_pay": {"title": "自付 · self-paid", "type": "number"},
            "subsidy": {"title": "补贴 · subsidy", "type": "boolean"},
            "level": {"title": "等级 · level", "type": "string", "enum": ["一级"]},
        },
    },
}


def changed(content: dict[str, Any], **paths: Any) -> dict[str, Any]:
    """The content with other values; `__` leads inwards, a number to an element."""
    new = copy.deepcopy(content)
    for path, value in paths.items():
        *way, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        place: Any = new
        for step in way:
            place = place[step]
        place[last] = value
    return new


def taken(ours: dict[str, Any], theirs: dict[str, Any], before: dict[str, Any] | None = BEFORE) -> dict[str, Any]:
    """Path and new value of all that would be taken over."""
    return {change.path: change.after for change in changes(ours, take_over(before, ours, theirs))}


@pytest.mark.parametrize(
    ("theirs", "news"),
    [
        ({"columns__0__headers": ["自付", "个人自付"]}, {"columns.self_pay.headers": ["自付", "自费", "个人自付"]}),
        ({"columns__1__values": {"有": "是", "Y": "是"}}, {"columns.subsidy.values.Y": "是"}),
        (
            {"evidence_schema__properties__level__enum": ["一级", "二级"]},
            {"evidence_schema.properties.level.enum": ["一级", "二级"]},
        ),
        ({"name__zh": "残疾人新增"}, {"name.zh": "残疾人新增"}),
        ({"due_day": 10}, {}),
        ({"evidence_schema__required": ["self_pay", "level"], "columns__1__required": True}, {}),
        ({}, {}),
    ],
)
def test_what_is_new_is_taken_over(theirs: dict[str, Any], news: dict[str, Any]) -> None:
    assert taken(BEFORE, changed(BEFORE, **theirs)) == news


def test_what_the_county_changed_stays() -> None:
    ours = changed(BEFORE, name__zh="本县残疾", columns__0__headers=["自付金额"], columns__1__values={})
    theirs = changed(
        BEFORE, name__zh="残疾人", columns__0__headers=["自付", "自费", "个人自付"], columns__1__values={"有": "是"}
    )
    assert taken(ours, theirs) == {"columns.self_pay.headers": ["自付金额", "个人自付"]}, "自费 was thrown away"
    without = changed(BEFORE, columns=BEFORE["columns"][:1])
    assert taken(without, BEFORE) == {}, "a column that was thrown away does not come back"


def test_a_new_column_never_requires_and_never_takes_a_heading_away() -> None:
    ours = changed(BEFORE, columns__0__headers=["自付", "等　级"])
    level = {"field": "level", "headers": ["等级", "残疾等级"], "required": True, "type": "text", "values": {}}
    [*_, column] = take_over(BEFORE, ours, changed(BEFORE, columns=[*BEFORE["columns"], level]))["columns"]
    assert (column["headers"], column["required"]) == (["残疾等级"], False)
    nowhere = {**level, "field": "grade"}
    assert taken(ours, changed(BEFORE, columns=[*BEFORE["columns"], nowhere])) == {}, "a field the county has not"


def test_where_nobody_knows_what_was_shipped_only_what_is_missing_comes() -> None:
    theirs = changed(BEFORE, name__zh="残疾人", source="示例", columns__0__headers=["个人自付"])
    assert taken(BEFORE, theirs, None) == {"columns.self_pay.headers": ["自付", "自费", "个人自付"]}


async def older(service: Service) -> None:
    """The installation is of a release that had one heading less, and another name for the feed."""
    content = copy.deepcopy(shipped()[FEED])
    content["name"]["zh"] = "旧名"
    content["columns"][0]["headers"].pop()
    columns, kept = (orjson.dumps(one).decode().replace("'", "''") for one in (content["columns"], content))
    await service.sql(f"UPDATE feed SET name_zh = '旧名', columns = '{columns}' WHERE code = '{FEED}'")
    await service.sql(f"UPDATE feed_version SET content = '{kept}' WHERE feed = '{FEED}'")


async def news(service: Service) -> list[dict[str, Any]]:
    answer = await service.get(SHIPPED, headers=COUNTY)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_release_is_shown_and_taken_over_as_a_version(service: Service) -> None:
    assert await news(service) == [], "an installation of today has all there is"
    await older(service)
    [one] = await news(service)
    column = shipped()[FEED]["columns"][0]
    assert (one["code"], one["version"]) == (FEED, 1)
    assert [change["path"] for change in one["changes"]] == ["name.zh", f"columns.{column['field']}.headers"]

    path = f"{SHIPPED}/{FEED}/adoption"
    assert (await service.post(path, None, headers=COUNTY)).status_code == 428
    done = await service.post(path, None, headers=if_match(1))
    assert (done.status_code, done.headers["etag"]) == (200, '"2"'), done.text
    assert done.json()["content"]["name"]["zh"] == shipped()[FEED]["name"]["zh"]
    assert await news(service) == []
    again = await service.post(path, None, headers=if_match(2))
    assert again.headers["etag"] == '"2"', "nothing new makes no version"
    [(deed,)] = await service.sql("SELECT detail->>'deed' FROM audit_entry WHERE action = 'feed:write'")
    assert deed == "taken over"
    versions = (await service.get(f"{FEEDS}/{FEED}/versions", headers=COUNTY)).json()["items"]
    assert [one["version"] for one in versions] == [2, 1]


async def test_what_the_county_throws_away_after_that_does_not_come_back(service: Service) -> None:
    await older(service)
    await service.post(f"{SHIPPED}/{FEED}/adoption", None, headers=if_match(1))
    body = (await service.get(f"{FEEDS}/{FEED}", headers=COUNTY)).json()["content"]
    body["columns"][0]["headers"].pop()
    body["name"]["zh"] = "本县叫法"
    answer = await service.http.put(f"{FEEDS}/{FEED}", json=body, headers=if_match(2))
    assert answer.status_code == 200, answer.text
    assert await news(service) == []


async def test_who_may_and_what_is_none_of_ours(service: Service) -> None:
    for headers in (EDUCATION, bearer("supervisor")):
        assert (await service.get(SHIPPED, headers=headers)).status_code == 403
    other = await service.post(f"{SHIPPED}/women.violence/adoption", None, headers=if_match(1))
    assert (other.status_code, other.json()["code"]) == (404, "feed-not-found")
