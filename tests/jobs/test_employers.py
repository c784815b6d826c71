"""Employers and the blacklist."""

import asyncio

from tests import signing
from tests.jobs.conftest import COUNTY, PINE, STONE, V1, Jobs
from tests.jobs.posts import CODE, EMPLOYER, OTHER_CODE, codes, employer, post


async def test_an_employer_is_entered_changed_and_found(service: Jobs) -> None:
    facts = {**EMPLOYER, "contact": "李四", "phone": "154 0000 0099"}
    made = await service.post("/employers", facts)
    assert made.status_code == 201
    view = made.json()
    assert (view["credit_code"], view["phone"], view["contact"]) == (CODE, "15400000099", "李四")
    assert view["kind"] == {"code": "company", "text": "企业"}
    path = f"/employers/{view['id']}"
    changed = await service.call(
        "PUT", path, json={**facts, "name": "新名五金"}, headers={"If-Match": made.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    stale = await service.call("PUT", path, json=facts, headers={"If-Match": made.headers["etag"]})
    assert codes(stale) == ["stale-version"]
    listed = await service.get("/employers", params={"name": "新名"}, role="village", area=PINE)
    assert [one["id"] for one in listed["items"]] == [view["id"]]
    assert await service.get("/employers", params={"credit_code": OTHER_CODE}) == {"items": [], "next": None}


async def test_a_supervisor_sees_no_contact(service: Jobs) -> None:
    made = await employer(service, contact="李四", phone="15400000099")
    view = await service.get(f"/employers/{made}", "supervisor")
    assert (view["contact"], view["phone"]) == (None, "154****0099")
    [stored] = await service.sql("SELECT contact_sealed, phone_sealed FROM employer")
    assert b"15400000099" not in stored[1]
    assert "李四".encode() not in stored[0]


async def test_of_the_bureaus_those_that_keep_posts_see_contacts(service: Jobs) -> None:
    made = await employer(service, contact="李四", phone="15400000099")
    await service.post(f"/employers/{made}/blacklisting", {"reason": "unpaid_wages", "detail": "拖欠三个月"})
    for feeds, contact, phone, detail in (
        (["education.absence"], None, "154****0099", None),
        (["hr.jobless-return"], "李四", "15400000099", "拖欠三个月"),
    ):
        bearer = {"Authorization": f"Bearer {signing.token('bureau', [COUNTY], feeds)}"}
        one, all_, held = [
            (await service.http.get(f"{V1}/employers{path}", headers=bearer)).json()
            for path in (f"/{made}", "", f"/{made}/blacklistings")
        ]
        for view in (one, all_["items"][0]):
            assert (view["contact"], view["phone"]) == (contact, phone), feeds
        assert held[0]["detail"] == detail


async def test_one_employer_for_a_code_and_one_for_a_name_without(service: Jobs) -> None:
    await employer(service)
    for again in ({"name": "别名"}, {"credit_code": None}):
        answer = await service.post("/employers", {**EMPLOYER, **again})
        assert (answer.status_code, codes(answer)) == (409, ["employer-known"])
    await employer(service, name="采摘队", credit_code=None)
    for code in (None, OTHER_CODE):
        answer = await service.post("/employers", {**EMPLOYER, "name": "采摘队", "credit_code": code})
        assert codes(answer) == ["employer-known"], code
    await employer(service, credit_code=OTHER_CODE)  # two companies of one name have two codes
    wrong = await service.post("/employers", {**EMPLOYER, "credit_code": CODE[:-1] + "X"})
    assert (wrong.status_code, codes(wrong)) == (422, ["credit-code-checksum"])


async def test_nobody_leaves_the_blacklist_under_another_name_or_code(service: Jobs) -> None:
    held = await employer(service)
    await service.post(f"/employers/{held}/blacklisting", {"reason": "unpaid_wages", "detail": "拖欠三个月"})
    for other in ({"name": "新名"}, {"credit_code": OTHER_CODE}, {"credit_code": None}):
        changed = await service.call(
            "PUT", f"/employers/{held}", "township", STONE, json={**EMPLOYER, **other}, headers={"If-Match": "*"}
        )
        assert (changed.status_code, codes(changed)) == (409, ["employer-is-blacklisted"]), other
    contact = await service.call(
        "PUT", f"/employers/{held}", json={**EMPLOYER, "contact": "李四"}, headers={"If-Match": "*"}
    )
    assert (contact.status_code, contact.json()["blacklisted"]) == (200, True)


async def test_one_employer_entered_by_many_at_once_is_one(service: Jobs) -> None:
    drafts = [{**EMPLOYER, "credit_code": code} for code in (CODE, None) * 5]
    answers = await asyncio.gather(*(service.post("/employers", one) for one in drafts))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 9


async def test_who_may_enter_one(service: Jobs) -> None:
    for role, area, status in (("village", PINE, 403), ("supervisor", COUNTY, 403), ("township", STONE, 201)):
        answer = await service.post("/employers", {**EMPLOYER, "credit_code": None, "name": role}, role, area)
        assert answer.status_code == status, role
    for feeds, status in ((["medical.cost"], 403), (["hr.jobless-return"], 201)):
        token = signing.token("bureau", [COUNTY], feeds)
        answer = await service.http.post(f"{V1}/employers", json=EMPLOYER, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, answer.text


async def test_the_blacklist_closes_posts_and_keeps_them_closed(service: Jobs) -> None:
    made = await employer(service)
    offered = await post(service, made)
    path = f"/employers/{made}"
    listed = await service.post(f"{path}/blacklisting", {"reason": "unpaid_wages", "detail": "拖欠两个月"})
    assert listed.status_code == 200, listed.text
    assert listed.json()["blacklisted_reason"]["code"] == "unpaid_wages"
    shown = await service.get(f"/posts/{offered['id']}")
    assert (shown["state"], shown["closed_reason"]["code"]) == ("closed", "blacklisted")
    assert shown["employer"]["blacklisted"] is True

    twice = await service.post(f"{path}/blacklisting", {"reason": "other", "detail": "又一次"})
    assert codes(twice) == ["employer-is-blacklisted"]
    another = await service.post("/posts", {**offered_draft(), "employer_id": str(made)})
    assert (another.status_code, codes(another)) == (409, ["employer-is-blacklisted"])
    reopened = await service.post(f"/posts/{offered['id']}/reopening", headers={"If-Match": "*"})
    assert codes(reopened) == ["employer-is-blacklisted"]
    taught = {
        "trade": "61804",
        "title": "订单班",
        "place": "539921",
        "venue": "factory",
        "seats": 5,
        "starts_on": "2027-01-04",
        "ends_on": "2027-01-29",
        "employer_id": str(made),
    }
    assert codes(await service.post("/courses", taught)) == ["employer-is-blacklisted"]

    cleared = await service.post(f"{path}/clearance", {"detail": "已足额支付"})
    assert cleared.json()["blacklisted"] is False
    assert (await service.get(f"/posts/{offered['id']}"))["state"] == "closed"
    reopened = await service.post(f"/posts/{offered['id']}/reopening", headers={"If-Match": "*"})
    assert reopened.json()["state"] == "open"
    [held] = await service.get(f"{path}/blacklistings")
    assert (held["closed_posts"], held["detail"], held["end_detail"]) == (1, "拖欠两个月", "已足额支付")
    [masked] = await service.get(f"{path}/blacklistings", "supervisor")
    assert (masked["detail"], masked["end_detail"]) == (None, None)
    assert codes(await service.post(f"{path}/clearance", {"detail": "再次"})) == ["employer-not-blacklisted"]


async def test_the_blacklist_is_on_record_without_what_was_said(service: Jobs) -> None:
    made = await employer(service)
    await post(service, made)
    await service.post(f"/employers/{made}/blacklisting", {"reason": "unsafe", "detail": "脚手架倒塌"})
    [entry] = await service.sql("SELECT subject, detail FROM audit_entry WHERE action = 'employer:blacklist'")
    assert entry[0] == str(made)
    assert entry[1]["reason"] == "unsafe"
    assert len(entry[1]["closed_posts"]) == 1
    assert "脚手架" not in str(entry)


async def test_no_township_blacklists(service: Jobs) -> None:
    made = await employer(service)
    answer = await service.post(
        f"/employers/{made}/blacklisting", {"reason": "other", "detail": "不详"}, "township", STONE
    )
    assert (answer.status_code, codes(answer)) == (403, ["role-not-permitted"])


def offered_draft() -> dict[str, object]:
    """A post, as it is entered."""
    return {"trade": "62901", "title": "钢筋工", "place": "440106", "openings": 1, "pay_low": 5000, "pay_high": 7000}
