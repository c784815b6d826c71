"""A file is given back with what became of each row and why not, in a workbook, for as long as it is kept."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook

from services.alerts.api import file_upload
from services.alerts.models import File
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.files import FileNotFound
from services.alerts.usecases.file_look import keys_of
from services.alerts.usecases.file_originals import frames_of
from services.alerts.usecases.files import forget_old_files, originals
from shared.areas import Scope
from shared.clock import utc_now
from shared.errors import Fault
from shared.files import FilesSettings, FileStore, Shelf
from shared.files.orphans import forget_orphans
from shared.idnumber import IdNumber
from shared.security.principals import Principal, Role
from shared.tables import TableInvalid, spreadsheet
from shared.tables.in_turn import in_turn
from tests.alerts.conftest import EDUCATION, MEDICAL, VILLAGE, Service, bearer, days_ago, id_number, until
from tests.alerts.files_service import (
    ABSENCES,
    FILES,
    absent,
    bill,
    finished,
    members,
    objects,
    send,
    send_costs,
    table,
)
from tests.shared.tables.making import xlsx_bytes

pytestmark = pytest.mark.usefixtures("originals")


@pytest.fixture
def shelf(county: Service, tmp_path: Path) -> Shelf:
    """The service's originals."""
    return originals(FileStore(FilesSettings(url=(tmp_path / "originals").as_uri())), county.vault)


async def result(
    service: Service, file_id: str, language: str = "zh", headers: dict[str, str] = EDUCATION
) -> list[list[Any]]:
    answer = await service.get(f"{FILES}/{file_id}/result", headers={**headers, "Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    assert answer.headers["cache-control"] == "no-store"
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert len(book.sheet_names) == 1
    return book.get_sheet_by_index(0).to_python()


async def test_every_row_says_what_became_of_it(county: Service) -> None:
    formula = ["=1+1", "<张&三>", "", "龙泉村", days_ago(3), "5", "校"]
    rows = [absent(1), absent(2, days=1), absent(3, village="没有这个村"), formula, absent(1)]
    view = await finished(county, await send(county, table(rows)))
    headings, *told = await result(county, view["id"])

    assert headings == [*ABSENCES, "预警编号", "筛查规则版本", "处理结果", "原因"]
    assert [row[-2] for row in told] == ["已生成预警", "未达到预警条件", "退回", "退回", "重复，此前已报送"]
    assert [bool(row[-1]) for row in told] == [False, True, True, True, False]
    assert told[1][-1] == "连续缺课天数为 1，低于 3（参数 days）"
    assert [row[-3] for row in told] == ["1", "1", "", "", "1"]
    ((alert,),) = await county.sql("SELECT id FROM alert")
    assert [row[-4] for row in told] == [str(alert), "", "", "", str(alert)]
    assert told[3][:3] == ["=1+1", "<张&三>", ""]
    assert told[3][-1].startswith("学生身份证号：")
    assert told[0][0] == id_number(1)
    assert (await result(county, view["id"], "en"))[0][-2:] == ["What became of it", "Why"]
    audited = await county.sql("SELECT subject FROM audit_entry WHERE action = 'file:result'")
    assert {row[0] for row in audited} == {view["id"]}


async def alert_ids(service: Service) -> dict[str, str]:
    """By the bureau's own number."""
    return {ref: str(id_) for ref, id_ in await service.sql("SELECT source_ref, id FROM alert")}


async def test_why_not_says_nothing_of_the_register(county: Service) -> None:
    """5,000 yuan are much for the registered poor: who of those between the lines is poor is not told."""
    await county.tell(members(county, 2, 3, household_class="ordinary"), members(county, 4))
    rows = [bill(1, 3200, "A"), bill(2, 6000, "B"), bill(3, 4999.5, "C"), bill(4, 6000, "D"), bill(5, 6000, "E")]
    view = await finished(county, await send_costs(county, rows), MEDICAL)
    told = (await result(county, view["id"], headers=MEDICAL))[1:]
    assert [row[-2] for row in told] == [
        *("未达到预警条件", "未达到预警条件", "未达到预警条件", "已生成预警", "暂未匹配到户，留存待比对"),
    ]
    assert told[0][-1] == "个人自付金额（元）为 3200，低于 5000（参数 line_poor）"
    assert told[1][-1] == "是否预警还取决于登记信息；按规则未触发"
    assert told[2][-1] == "个人自付金额（元）为 4999.5，低于 5000（参数 line_poor）"
    assert [row[-1] for row in told[3:]] == ["", ""]
    english = (await result(county, view["id"], "en", MEDICAL))[1:]
    assert english[0][-1] == "self-paid amount in yuan is 3200, below 5000 (parameter line_poor)"
    assert "脱贫" not in str(told)
    assert "poverty" not in str(english)


async def test_each_row_names_the_alert_that_it_belongs_to(county: Service) -> None:
    rows = [bill(1, 30000, "A"), bill(2, 30000, "B"), bill(1, 30000, "C"), bill(3, 1, "D"), bill(2, 90000, "E")]
    view = await finished(county, await send_costs(county, rows), MEDICAL)
    ids = await alert_ids(county)
    told = (await result(county, view["id"], headers=MEDICAL))[1:]
    assert [row[-4] for row in told] == [ids["A"], ids["B"], ids["A"], "", ids["B"]]
    assert {row[-3] for row in told} == {"1"}

    again = await finished(county, await send_costs(county, [bill(9, 6000), *rows[:3], bill(9, 6000)]), MEDICAL)
    told = (await result(county, again["id"], headers=MEDICAL))[1:]
    assert [row[-2] for row in told] == ["暂未匹配到户，留存待比对", *["重复，此前已报送"] * 4]
    assert [row[-4] for row in told] == ["", ids["A"], ids["B"], ids["A"], ""]


async def test_a_row_that_waited_names_the_alert_that_it_became(county: Service) -> None:
    """Among rows with alerts of their own, and in the part that it stands in."""
    rows = [bill(1, 30000, "A"), bill(2, 6000, "B"), bill(3, 6000, "C"), bill(4, 30000, "D"), bill(2, 6100, "B2")]
    view = await finished(county, await send_costs(county, rows), MEDICAL)
    before = await result(county, view["id"], headers=MEDICAL)
    assert [bool(row[-4]) for row in before[1:]] == [True, False, False, True, False]
    await county.tell(members(county, 2))

    async def one_waits() -> bool:
        return await county.count("unmatched_row") == 1

    await until(one_waits)
    ids = await alert_ids(county)
    told = [(row[-4], row[-2]) for row in (await result(county, view["id"], headers=MEDICAL))[1:]]
    (further,) = await county.sql("SELECT alert_id FROM alert_evidence")
    assert {ids.get("B"), ids.get("B2")} == {None, str(further[0])}
    became = {told[1], told[4]}
    assert became == {(str(further[0]), "已生成预警"), (str(further[0]), "已并入该户已有预警")}
    assert told[0] == (ids["A"], "已生成预警")
    assert told[2] == ("", "暂未匹配到户，留存待比对")
    assert told[3] == (ids["D"], "已生成预警")


async def publish(service: Service, area: str, days: int) -> int:
    """Another version of the rule on absences; its number."""
    levels = [{"severity": "low", "when": "days_absent >= :days"}]
    draft = {"feed": "education.absence", "area": area, "valid_from": days_ago(0), "levels": levels}
    county = bearer("county")
    answer = await service.post("/alerts/v1/rules", {**draft, "parameters": {"days": days}}, headers=county)
    assert answer.status_code == 201, answer.text
    service.app.state.reference._known_at = float("-inf")  # read it anew: a second is not waited for
    return int(answer.json()["version"])


async def test_the_version_is_the_one_of_that_moment(county: Service) -> None:
    """However the rule was changed since. Who cannot be judged as then is told nothing."""
    view = await finished(county, await send(county, table([absent(1, days=1)])))
    newer = await publish(county, "539921", 1)
    nothing = "未达到预警条件"
    assert (await result(county, view["id"]))[1][-3:] == ["1", nothing, "连续缺课天数为 1，低于 3（参数 days）"]
    later = await finished(county, await send(county, table([absent(2, days=1)])))
    assert (await result(county, later["id"]))[1][-3:] == [str(newer), "已生成预警", ""]

    levels = '[{"severity": "low", "when": "gone > 1"}]'
    await county.sql(f"UPDATE rule SET levels = '{levels}', parameters = '{{}}' WHERE feed = 'education.absence'")
    assert (await result(county, view["id"]))[1][-3:] == ["", nothing, ""], "it does not fit the feed"
    await county.sql("UPDATE file_part SET rules = NULL, judged_on = NULL, alerts = NULL")
    assert (await result(county, later["id"]))[1][-4:] == ["", "", "已生成预警", ""], "as before these were kept"


async def test_a_rule_of_a_village_is_told_where_the_row_says_so(county: Service) -> None:
    """Of a row without a place it might tell where the register has somebody."""
    await publish(county, "539921100002", 8)
    rows = [absent(1, days=1), absent(2, days=5, village="石桥村"), absent(3, days=1, village="")]
    view = await finished(county, await send(county, table(rows)))
    told = (await result(county, view["id"]))[1:]
    assert [row[-2] for row in told] == ["未达到预警条件"] * 3
    assert [row[-1] for row in told] == [
        *("连续缺课天数为 1，低于 3（参数 days）", "连续缺课天数为 5，低于 8（参数 days）", ""),
    ]
    assert [bool(row[-3]) for row in told] == [True, True, False]


async def test_a_result_of_many_parts(county: Service) -> None:
    rows = [absent(n % 19_000, days=5 if n % 20 == 0 else 1) for n in range(51_500)]
    view = await finished(county, await send(county, table(rows)))
    told = (await result(county, view["id"]))[1:]
    assert [row[0] for row in told] == [row[0] for row in rows]
    assert [row[-2] == "未达到预警条件" for row in told] == [row[5] == 1 for row in rows]


async def test_a_result_is_the_same_in_other_frames(county: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that reads in other frames gives back what the one before has worked off."""
    view = await finished(county, await send(county, table([absent(n, days=n % 3 * 2) for n in range(1, 12)])))
    whole = await result(county, view["id"])
    assert len({row[-2] for row in whole}) == 4, "the heading, an alert, one that does not trigger, one refused"
    for rows in (4, 1):
        monkeypatch.setattr("services.alerts.usecases.file_result.FRAME_ROWS", rows)
        assert await result(county, view["id"]) == whole


async def test_originals_are_kept_for_a_while(county: Service, shelf: Shelf, tmp_path: Path) -> None:
    view = await finished(county, await send(county, table([absent(1), absent(2, village="无")])))
    now, kept = utc_now(), timedelta(days=30)
    assert await forget_old_files(county.database, shelf, kept, now + timedelta(days=29)) == 0
    assert len(objects(tmp_path)) == 1
    assert await forget_old_files(county.database, shelf, kept, now + timedelta(days=31)) == 1

    assert objects(tmp_path) == []
    gone = await county.get(f"{FILES}/{view['id']}/result")
    assert (gone.status_code, gone.json()["code"]) == (410, "file-gone")
    after = (await county.get(f"{FILES}/{view['id']}")).json()
    assert (after["stored"], after["errors"], after["result_kept"]) == (1, 1, False)
    assert (await county.get(f"{FILES}/{view['id']}/errors")).json()["items"] == []
    assert (await county.count("file_part"), await county.count("file_fault")) == (0, 0)
    assert await forget_old_files(county.database, shelf, kept, now + timedelta(days=31)) == 0


async def test_an_original_that_is_lost_is_gone(county: Service, tmp_path: Path) -> None:
    view = await finished(county, await send(county, table([absent(1)])))
    objects(tmp_path)[0].unlink()
    assert (await county.get(f"{FILES}/{view['id']}/result")).status_code == 410


async def test_what_belongs_to_no_file_goes(county: Service, shelf: Shelf, tmp_path: Path) -> None:
    await finished(county, await send(county, table([absent(1)])))
    stray = tmp_path / "originals" / "files" / "0190d3a0-0000-7000-8000-000000000000"
    stray.write_bytes(b"half an upload")
    assert await forget_orphans(county.database, shelf, utc_now(), File.id) == 0
    assert await forget_orphans(county.database, shelf, utc_now() + timedelta(days=2), File.id) == 1
    assert stray not in objects(tmp_path)
    assert len(objects(tmp_path)) == 1


async def change_feed(service: Service, change: Callable[[dict[str, Any]], None]) -> None:
    """The county corrects the education bureau's feed."""
    place, who = "/alerts/v1/feeds/education.absence", bearer("county")
    feed = await service.get(place, headers=who)
    content = feed.json()["content"]
    change(content)
    answer = await service.http.put(place, json=content, headers={**who, "If-Match": feed.headers["etag"]})
    assert answer.status_code == 200, answer.text


def rename(content: dict[str, Any]) -> None:
    """Every heading is another one."""
    for column in content["columns"]:
        column["headers"] = [f"新{heading}" for heading in column["headers"]]


def school_as_number(content: dict[str, Any]) -> None:
    """Schools are numbered, and pupils have an age."""
    rename(content)
    properties = content["evidence_schema"]["properties"]
    properties["school"] = {"title": "学校 · school", "type": "integer"}
    properties["age"] = {"title": "年龄 · age", "type": "integer"}
    for column in content["columns"]:
        column.pop("type", None)


async def test_a_file_is_given_back_as_it_was_read_whatever_its_feed_asks_for_since(county: Service) -> None:
    view = await finished(county, await send(county, table([absent(1), absent(2, days=1)])))
    before = await result(county, view["id"])
    await change_feed(county, rename)
    assert await result(county, view["id"]) == before


@pytest.mark.parametrize("change", [rename, school_as_number])
async def test_a_rule_is_tried_over_a_file_as_it_was_read(
    county: Service, change: Callable[[dict[str, Any]], None]
) -> None:
    """What was another field then is blank to a rule of today."""
    view = await finished(county, await send(county, table([absent(1), absent(2, days=1), absent(3, days=2)])))
    await change_feed(county, change)
    county.app.state.reference._known_at = float("-inf")  # read it anew: a second is not waited for
    when = "days_absent >= :days" + (" AND school IS NULL AND age IS NULL" if change is school_as_number else "")
    body = {
        "feed": "education.absence",
        "area": "539921",
        "levels": [{"severity": "high", "when": when}],
        "parameters": {"days": 2},
        "file_id": view["id"],
    }
    answer = await county.post("/alerts/v1/rules/trial", body, headers=bearer("county"))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["rows"], told["both"], told["only_tried"], told["open"]) == (3, 1, 1, 0)


def no_sums_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it once was: what calls itself sums is passed over, though it fits."""
    find = spreadsheet.find_layout

    def find_layout(head: list[list[str]], columns: Any) -> Any:
        if head[0][0] == "汇总":
            raise TableInvalid([Fault("", "header-missing")])
        return find(head, columns)

    monkeypatch.setattr(spreadsheet, "find_layout", find_layout)
    monkeypatch.setattr(spreadsheet, "holds_sums", lambda *_: True)
    monkeypatch.setattr(file_upload, "beside", in_turn)  # another process would read it as it is read today


async def test_sheets_that_were_passed_over_when_a_file_was_read_are_so_in_its_result(
    county: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = [["汇总"], ABSENCES, absent(1), absent(2)]
    with monkeypatch.context() as then:
        no_sums_are_read(then)
        then.setattr(file_upload, "beside", in_turn)  # in this process, where it is so
        book = xlsx_bytes(sums, [ABSENCES, absent(3), absent(4, days=1)])
        view = await finished(county, await send(county, book, "三月.xlsx"))
    assert (view["rows_read"], [one["code"] for one in view["skipped"]]) == (2, ["sheet-of-sums"])

    answer = await county.get(f"{FILES}/{view['id']}/result")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    read, skipped = (book.get_sheet_by_index(n).to_python() for n in range(2))
    assert [(row[0], row[-2]) for row in read[1:]] == [
        (id_number(3), "已生成预警"),
        (id_number(4), "未达到预警条件"),
    ]
    assert [row[0] for row in skipped[1:]] == ["1"]


async def test_rows_of_a_past_file_to_try_a_rule_on(county: Service, shelf: Shelf) -> None:
    rows = [absent(1), absent(2, days=1), absent(3, days="many"), absent(4, village="石桥村")]
    view = await finished(county, await send(county, table(rows)))
    reference = await ReferenceData(county.database).get()
    who = Principal(UUID(int=1), "account", Role.COUNTY, Scope.parse(["539921"]))
    async with county.database.read(who.scope) as session:
        frames = list(await frames_of(session, who, UUID(view["id"]), shelf, reference))
    (frame,) = frames
    assert frame["row"].to_list() == [2, 3, 5]
    assert frame["days_absent"].to_list() == [5, 1, 5]
    assert frame["area_code"].to_list() == [VILLAGE, VILLAGE, "539921100002"]
    assert keys_of(frame, county.vault)[0] == county.vault.person_key(IdNumber(id_number(1)))

    elsewhere = Principal(UUID(int=1), "account", Role.COUNTY, Scope.parse(["539922"]))
    async with county.database.read(elsewhere.scope) as session:
        with pytest.raises(FileNotFound):
            await frames_of(session, elsewhere, UUID(view["id"]), shelf, reference)
