"""Exports against the ledger, through the routes."""

import asyncio
import io
import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from services.jobs.background import forget_reconciliations
from services.jobs.queries import reconciliation_work as queries
from services.jobs.usecases import export_reading, reconciliation_work
from services.jobs.usecases.export_parts import LETTERS, groups_of_letters
from shared.areas import Scope, normalise
from shared.clock import utc_now
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests import signing
from tests.jobs.checks import NATIONAL, compared, hr, people_out, rows, send, table, work, workbook, worker
from tests.jobs.conftest import BAMBOO, BRIDGE, COUNTY, PINE, RIVER, STONE, V1, Jobs, account_id, id_number
from tests.jobs.test_ledger import HOME, LAST, OUT, THIS, put
from tests.processes import Died


async def test_same_differs_only_here_only_there(service: Jobs) -> None:
    await people_out(service, 1, 2, 3)
    [at_home] = await service.people(4)
    await put(service, at_home, HOME)
    [no_row] = await service.people(5, area_code=BAMBOO)
    lines = [hr(1), hr(2, **{"月收入（元）": "3800", "就业单位": "宏达电子厂"}), hr(4), hr(5), hr(6, 姓名="李四")]
    run = await compared(service, table(lines))
    assert run["counts"] == {"same": 1, "differs": 2, "only_here": 1, "only_there": 2, "unsettled": 5}
    assert {one["field"]: one["people"] for one in run["fields"]} == {"status": 1, "employer": 1, "wage": 1}
    assert (run["rows_read"], run["people_compared"], run["people_estimate"]) == (5, 4, 4)

    differing = {one["person"]["id_number"][-4:]: one for one in await rows(service, run, outcome="differs")}
    assert len(differing) == 2
    two = next(one for one in differing.values() if one["row"] == 3)
    told = {one["field"]: (one["ours"], one["theirs"]) for one in two["differences"] if one["differs"]}
    assert told == {"wage": ("5200.00", "3800.0"), "employer": ("某五金厂", "宏达电子厂")}
    home = next(one for one in differing.values() if one["row"] == 4)
    assert [(one["field"], one["ours"], one["theirs"]) for one in home["differences"] if one["differs"]] == [
        ("status", "否", "是")
    ]

    only_there = await rows(service, run, outcome="only_there")
    known = next(one for one in only_there if one["person"])
    assert (known["person"]["id"], known["area"]["code"]) == (str(no_row), BAMBOO)
    unknown = next(one for one in only_there if one["unknown"])
    assert unknown["unknown"]["name"] == "李四"
    assert unknown["area"]["code"] == PINE  # by the name of the village
    assert str(id_number(6)) not in str(unknown)


async def test_counts_by_village_and_township(service: Jobs) -> None:
    await people_out(service, 1, 2)
    await service.people(3, area_code=BRIDGE)
    run = await compared(service, table([hr(1), hr(3)]))
    villages = await service.get(f"/reconciliations/{run['id']}/areas")
    assert {(one["area"]["code"], one["same"], one["only_here"], one["only_there"]) for one in villages} == {
        (PINE, 1, 1, 0),
        (BRIDGE, 0, 0, 1),
    }
    townships = await service.get(f"/reconciliations/{run['id']}/areas", params={"level": "township"})
    assert [one["area"]["code"] for one in townships] == [STONE, RIVER]


async def test_a_village_reads_its_own_part(service: Jobs) -> None:
    await people_out(service, 1)
    await service.people(2, area_code=BRIDGE)
    run = await compared(service, table([hr(1), hr(2)]))
    own = await service.get(f"/reconciliations/{run['id']}", "village", PINE)
    assert (own["counts"]["same"], own["counts"]["only_there"]) == (1, 0)
    assert await rows(service, run, "village", PINE, outcome="only_there") == []
    [theirs] = await rows(service, run, "village", BRIDGE, outcome="only_there")
    assert theirs["area"]["code"] == BRIDGE
    listed = await service.get("/reconciliations", "village", PINE)
    assert [one["id"] for one in listed["items"]] == [run["id"]]
    assert listed["items"][0]["counts"] is None


async def test_a_township_compares_what_is_its_own(service: Jobs) -> None:
    await people_out(service, 1)
    await service.people(2, area_code=BRIDGE)
    run = await compared(service, table([hr(1), hr(2)]), role="township", area=STONE)
    assert run["area"]["code"] == STONE
    [stranger] = await rows(service, run, outcome="only_there")
    assert stranger["person"] is None  # who lives elsewhere is nobody's business here
    answer = await service.call("GET", f"/reconciliations/{run['id']}", "village", BRIDGE)
    assert answer.status_code == 404


async def test_the_bureau_whose_export_it_is_sends_it_and_sees_numbers_alone(service: Jobs) -> None:
    await people_out(service, 1)
    form = {
        "data": {"source": "human_resources", "month": THIS},
        "files": [("file", ("hr.csv", table([hr(1), hr(2)])))],
    }

    def bureau(*feeds: str) -> dict[str, str]:
        token = signing.token("bureau", [COUNTY], feeds, sub=account_id("bureau", "".join(feeds)))
        return {"Authorization": f"Bearer {token}"}

    place, mine, other = f"{V1}/reconciliations", bureau("hr.jobless-return"), bureau("hr.wage-drop")
    refused = await service.http.post(place, headers=bureau("medical.cost"), **form)
    assert (refused.status_code, refused.json()["code"]) == (403, "bureau-keeps-no-posts")
    sent = await service.http.post(place, headers=mine, **form)
    assert sent.status_code == 202, sent.text
    await work(service)
    seen = await service.http.get(sent.headers["Location"], headers=mine)
    assert (seen.status_code, seen.json()["counts"]["same"], seen.json()["counts"]["only_there"]) == (200, 1, 1)
    assert (await service.http.get(sent.headers["Location"], headers=other)).status_code == 404
    assert (await service.http.get(f"{sent.headers['Location']}/rows", headers=mine)).status_code == 403


async def test_supervisors_see_masks_and_no_values(service: Jobs) -> None:
    await people_out(service, 1)
    run = await compared(service, table([hr(1, **{"月收入（元）": "9000"}), hr(2, 姓名="李四")]))
    [differs] = await rows(service, run, "supervisor", outcome="differs")
    assert differs["person"]["name"] == "张*"
    assert differs["differences"] == [
        {"field": "wage", "title": "月工资", "differs": True, "ours": None, "theirs": None}
    ]
    [there] = await rows(service, run, "supervisor", outcome="only_there")
    assert there["unknown"]["name"] == "李*"


async def test_filters_and_pages(service: Jobs) -> None:
    await people_out(service, *range(1, 8))
    wages = {"月收入（元）": "9000"}
    run = await compared(service, table([*(hr(n, **wages) for n in range(1, 6)), hr(6, 就业地="330106"), hr(7)]))
    assert len(await rows(service, run, outcome="differs", field="wage")) == 5
    assert len(await rows(service, run, outcome="differs", field="work_area")) == 1
    assert len(await rows(service, run, unsettled=True)) == 6
    seen, after = set[str](), None
    for _ in range(4):
        params = {"limit": 2, **({"after": after} if after else {})}
        page = await service.get(f"/reconciliations/{run['id']}/rows", params=params)
        seen |= {one["id"] for one in page["items"]}
        after = page["next"]
    assert len(seen) == 7
    assert after is None


async def test_the_national_list_holds_its_classes_alone(service: Jobs) -> None:
    """Whoever is out, planned or at home of a lifted-out household is expected; an ordinary one is not missed."""
    await people_out(service, 1, household_class="lifted_out")
    await people_out(service, 2)
    [home] = await service.people(3, household_class="monitored")
    await put(service, home, HOME)
    line = {
        "姓名": "张三",
        "证件号码": str(id_number(1)),
        "是否已务工": "是",
        "务工所在省（区、市）": "广东省",
        "务工所在县": "宝安区",
        "务工月收入": 5000,
        "就业渠道": "亲友介绍",
        "是否点对点输送": "否",
    }
    content = workbook([line], NATIONAL, "云岫县脱贫人口务工监测")
    run = await compared(service, content, source="national", name="全国系统.xlsx")
    assert run["counts"] == {"same": 1, "differs": 0, "only_here": 1, "only_there": 0, "unsettled": 1}
    [missed] = await rows(service, run, outcome="only_here")
    assert missed["person"]["id"] == str(home)
    assert run["passed_over"] == ["务工所在县"]  # 宝安区 alone is no code; the province was compared


async def test_several_lines_on_one_person(service: Jobs) -> None:
    await people_out(service, 1)
    run = await compared(service, table([hr(1, 就业状态="失业"), hr(1)]), table([hr(1, 就业单位="别家电子厂")]))
    assert run["counts"]["same"] == 1
    assert len(run["files"]) == 2


async def test_unreadable_rows_are_counted_and_left_out(service: Jobs) -> None:
    await people_out(service, 1)
    wrong = str(id_number(2))[:-1] + ("0" if str(id_number(2))[-1] != "0" else "1")
    run = await compared(service, table([hr(1, 就业渠道="神仙介绍"), hr(2, 身份证号码=wrong)]))
    assert run["counts"]["same"] == 1
    assert [(one["code"], one["rows"]) for one in run["unread"]] == [("id-number-checksum", 1)]
    assert run["passed_over"] == ["就业渠道"]


async def test_a_county_adds_a_heading_by_policy(service: Jobs) -> None:
    await people_out(service, 1)
    lines = [{("到手工资" if name == "月收入（元）" else name): cell for name, cell in hr(1).items()}]
    lines[0]["到手工资"] = "9000"
    content = table(lines, list(lines[0]))
    assert (await compared(service, content))["counts"]["same"] == 1  # no such column: nothing is said of wages
    await service.sql(
        "UPDATE policy SET body = jsonb_set(body, '{sources,human_resources,headings}', :headings ::jsonb)"
        " WHERE kind = 'ledger-comparison'",
        headings='{"wage": ["到手工资"]}',
    )
    assert (await compared(service, content))["counts"]["differs"] == 1


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"source": "hearsay"}, 422, "export-source-invalid"),
        ({"month": "2026-13"}, 422, "month-invalid"),
        ({"month": "2099-01"}, 422, "month-invalid"),
        ({"covers": "539922000000"}, 422, "reconciliation-area"),
        ({"covers": "nonsense"}, 422, "reconciliation-area"),
    ],
)
async def test_what_is_refused_at_once(service: Jobs, form: dict[str, str], status: int, code: str) -> None:
    answer = await send(service, table([hr(1)]), **form)
    assert answer.status_code == status, answer.text
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert await service.sql("SELECT count(*) FROM reconciliation") == [(0,)]
    assert list(service.app.state.files.folder.rglob("*/[0-9]")) == []


async def test_a_file_without_its_headings_is_refused(service: Jobs) -> None:
    answer = await send(service, table([{"姓名": "张三"}], ["姓名"]))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "header-missing"


async def test_the_file_lies_sealed_and_goes(service: Jobs) -> None:
    await people_out(service, 1)
    answer = await send(service, table([hr(1)]), name="张三的名单.csv")
    folder = service.app.state.files.folder
    [stored] = [path for path in folder.rglob("*") if path.is_file()]
    assert str(id_number(1)).encode() not in stored.read_bytes()
    [(names,)] = await service.sql("SELECT files_sealed FROM reconciliation")
    assert "张三".encode() not in bytes(names)
    assert answer.json()["files"][0]["name"] == "张三的名单.csv"
    await work(service)
    await forget_reconciliations(service.database, worker(service).shelf, utc_now())
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_where_no_policy_says_how_long_a_comparison_is_kept_and_goes_elsewhere(service: Jobs) -> None:
    await people_out(service, 1)
    for covers in (COUNTY, STONE):
        await compared(service, table([hr(1)]), covers=covers)
    await service.sql("UPDATE reconciliation SET received_at = received_at - interval '4000 days'")
    await service.sql("UPDATE policy SET area_prefix = :one WHERE kind = 'ledger-comparison'", one=STONE[:9])
    await forget_reconciliations(service.database, worker(service).shelf, utc_now())
    kept = await service.sql("SELECT area_code FROM reconciliation WHERE deleted_at IS NULL")
    assert kept == [(COUNTY,)]


async def test_a_run_that_is_not_done_shows_nothing(service: Jobs) -> None:
    answer = await send(service, table([hr(1)]))
    place = f"/reconciliations/{answer.json()['id']}"
    for path in (f"{place}/rows", f"{place}/areas", f"{place}/workbook"):
        refused = await service.call("GET", path)
        assert (refused.status_code, refused.json()["code"]) == (409, "reconciliation-not-done")
    assert (await service.post(f"{place}/tasks", {})).status_code == 409


async def test_a_county_is_compared_group_by_group(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is the same, however few people are looked at together; nothing of the export stays."""
    await people_out(service, *range(1, 41))
    lines = [hr(n, **({"月收入（元）": "9000"} if n % 4 == 0 else {})) for n in range(11, 61)]
    halves = table(lines[:20]), table([*lines[20:], hr(12)])  # of two rows the better counts
    whole = (await compared(service, *halves))["counts"]
    assert whole == {"same": 23, "differs": 7, "only_here": 10, "only_there": 20, "unsettled": 37}
    monkeypatch.setattr(reconciliation_work, "PART", 1)
    monkeypatch.setattr(export_reading, "FRAME_ROWS", 7)
    monkeypatch.setattr(queries, "PAGE", 3)
    dropped = []
    real = queries.drop_parts

    async def drop(connection: Any) -> None:
        there = await connection.fetchval("SELECT to_regclass('pg_temp.export_part') IS NOT NULL")
        dropped.append(await connection.fetch("SELECT letter, rows FROM pg_temp.export_part") if there else [])
        await real(connection)

    monkeypatch.setattr(queries, "drop_parts", drop)
    assert (await compared(service, *halves))["counts"] == whole
    assert len(dropped[-1]) > 8
    assert not any(str(id_number(12)).encode() in row["rows"] for row in dropped[-1]), "it lies sealed"


def test_groups_hold_every_letter_once_in_their_order() -> None:
    for people in (0, 1, 19, 20, 21, 639, 10_000):
        groups = groups_of_letters(people, 10)
        assert "".join(groups) == LETTERS
        assert all(groups)
    assert (len(LETTERS), len(groups_of_letters(25, 10)), len(groups_of_letters(10**6, 10))) == (64, 3, 64)


async def test_a_failure_begins_anew_and_ends(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an attempt laid down is gone when the next one begins; after the last one nothing is left."""
    await people_out(service, 1, 2)
    answer = await send(service, table([hr(1), hr(3)]))
    real, counts = queries.overtake, []

    async def fails(*told: Any) -> Any:
        counts.append((await service.sql("SELECT count(*) FROM reconciliation_row"))[0][0])
        if len(counts) < 3:
            raise RuntimeError
        return await real(*told)

    monkeypatch.setattr(queries, "overtake", fails)
    await work(service)
    assert counts == [3, 3, 3]
    view = await service.get(f"/reconciliations/{answer.json()['id']}")
    assert (view["state"], view["counts"]["only_here"], view["counts"]["only_there"]) == ("done", 1, 1)


async def test_a_killed_worker_is_begun_anew(
    service: Jobs, cluster: Cluster, database_name: str, vault_settings: VaultSettings, tmp_path: Path
) -> None:
    """SIGKILL when all is compared and nothing is done: nobody sees anything of it, and the next worker does it whole."""
    await people_out(service, 1, 2, 3)
    sent = await send(service, table([hr(1), hr(2, **{"月收入（元）": "9000"}), hr(9)]))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.jobs.killed_worker",
        cluster.dsn("jobs", database_name),
        (tmp_path / "files").as_uri(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(pickle.dumps(vault_settings))
    process.stdin.write_eof()
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"laid down, not done\n"
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    assert await service.sql("SELECT count(*) FROM reconciliation_row") == [(4,)]
    place = f"/reconciliations/{sent.json()['id']}"
    assert (await service.call("GET", f"{place}/rows")).status_code == 409
    view: dict[str, Any] = {}
    for _ in range(100):  # until the server has seen that the connection is gone
        await work(service)
        if (view := await service.get(place))["state"] == "done":
            break
        await asyncio.sleep(0.1)
    assert view["counts"] == {"same": 1, "differs": 1, "only_here": 1, "only_there": 1, "unsettled": 3}


async def test_given_up_after_the_last_attempt(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await people_out(service, 1)

    async def fails(self: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(reconciliation_work.Comparison, "_finish", fails)
    answer = await send(service, table([hr(1)]))
    await work(service)
    view = await service.get(f"/reconciliations/{answer.json()['id']}")
    assert (view["state"], view["failure"]["code"]) == ("failed", "reconciliation-broken")
    assert await service.sql("SELECT count(*) FROM reconciliation_row") == [(0,)]


async def test_an_export_that_ends_its_process_is_given_up(service: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await people_out(service, 1)

    async def ends(self: Any) -> None:
        raise Died

    monkeypatch.setattr(reconciliation_work.Comparison, "_finish", ends)
    answer = await send(service, table([hr(1)]))
    for _ in range(3):
        with pytest.raises(Died):
            await work(service)
    await work(service)
    view = await service.get(f"/reconciliations/{answer.json()['id']}")
    assert (view["state"], view["failure"]["code"]) == ("failed", "reconciliation-broken")
    assert await service.sql("SELECT count(*) FROM reconciliation_row") == [(0,)]


def read_book(content: bytes) -> dict[str, list[list[Any]]]:
    """Sheets by name."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def test_the_workbook(service: Jobs) -> None:
    await people_out(service, 1, 2)
    run = await compared(service, table([hr(1, **{"月收入（元）": "9000"}), hr(3, 姓名="李四")]))
    answer = await service.call("GET", f"/reconciliations/{run['id']}/workbook")
    book = read_book(answer.content)
    assert list(book) == ["分村汇总", "字段不一致", "仅台账有", "仅对方有"]
    summary = book["分村汇总"]
    assert str(run["id"]) in summary[0][0]
    assert summary[2] == ["区划", "一致", "字段不一致", "仅台账有", "仅对方有", "未消除"]
    assert summary[3] == ["云岫县/青石镇/松林村", "0", "1", "1", "1", "3"]
    [heading, line] = book["字段不一致"]
    assert heading[:6] == ["区划", "姓名", "证件号码", "不一致字段", "台账", "对方"]
    assert line[1:6] == ["张三", str(id_number(1)), "月工资", "5200.00", "9000.0"]
    assert book["仅对方有"][1][1:3] == ["李四", str(id_number(3))]
    assert "月工资: 5200.00" in book["仅台账有"][1][3]
    audited = await service.sql("SELECT detail FROM audit_entry WHERE action = 'reconciliation:export'")
    assert [(one["people"], one["in_clear"]) for (one,) in audited] == [(3, True)]


async def test_the_workbook_in_english_and_masked(service: Jobs) -> None:
    await people_out(service, 1)
    run = await compared(service, table([hr(1, **{"月收入（元）": "9000"}), hr(3, 姓名="李四")]))
    headers = {"Accept-Language": "en"}
    answer = await service.call("GET", f"/reconciliations/{run['id']}/workbook", "supervisor", headers=headers)
    book = read_book(answer.content)
    assert list(book) == ["By village", "differs", "only in the ledger", "only in the export"]
    shown = str(book)
    for hidden in (str(id_number(1)), str(id_number(3)), "9000", "李四", "张三"):
        assert hidden not in shown
    assert f"5399**********{str(id_number(1))[-4:]}" in shown


async def test_another_month_is_another_ledger(service: Jobs) -> None:
    [one] = await service.people(1)
    await put(service, one, OUT, LAST)
    run = await compared(service, table([hr(1)]), month=LAST)
    assert run["counts"]["same"] == 1
    assert run["month"] == LAST != THIS


async def test_nothing_personal_leaves_in_the_trail(service: Jobs) -> None:
    await people_out(service, 1)
    await compared(service, table([hr(1), hr(2, 姓名="李四")]))
    trail = str(await service.sql("SELECT action, subject, detail FROM audit_entry"))
    assert "reconciliation:send" in trail
    assert str(id_number(2)) not in trail
    assert "李四" not in trail


async def test_row_security_hides_other_villages(service: Jobs) -> None:
    await people_out(service, 1)
    await compared(service, table([hr(1)]))
    for area, seen in ((PINE, 1), (BRIDGE, 0), (COUNTY, 1)):
        async with service.database.read(Scope.of(normalise(area))) as session:
            assert await session.scalar(text("SELECT count(*) FROM reconciliation_row")) == seen
