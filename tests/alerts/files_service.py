"""What the tests of files share: a service with named areas and a folder for originals, and exports of two bureaus."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from shared.clock import utc_now
from shared.contracts.households import MemberRecord, MembersChanged
from shared.idnumber import IdNumber
from shared.ids import new_id
from tests.alerts.conftest import EDUCATION, MEDICAL, VILLAGE, Service, days_ago, id_number, until

FILES = "/alerts/v1/files"
ABSENCES = ["学生身份证号", "学生姓名", "监护人电话", "所在村", "上报日期", "连续缺课天数", "学校"]
COSTS = ["身份证号", "姓名", "所在村", "结算日期", "结算单号", "个人自付金额", "就诊医院"]


def absent(number: int, days: Any = 5, village: str = "龙泉村") -> list[Any]:
    """A row of the education bureau: from 3 days on it triggers, whoever it is."""
    return [id_number(number), f"学生{number}", "15400000017", village, days_ago(3), days, "云岭中学"]


def bill(number: int, self_pay: Any, ref: str = "") -> list[Any]:
    """A row of the medical insurance: 5,000 yuan are much for the registered poor, 20,000 for anybody."""
    return [id_number(number), f"患者{number}", "龙泉村", days_ago(3), ref, self_pay, "云岫县人民医院"]


def table(rows: Sequence[Sequence[Any]], headings: Sequence[str] = ABSENCES) -> bytes:
    """As CSV."""
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue().encode()


async def send(service: Service, content: bytes, name: str = "export.csv", **changed: Any) -> httpx.Response:
    """Upload as the education bureau's system, unless told otherwise."""
    form = {"feed": "education.absence", "period": days_ago(1), **changed.pop("form", {})}
    form = {field: value for field, value in form.items() if value is not None}
    more = {"headers": EDUCATION, **changed}
    return await service.http.post(FILES, data=form, files={"file": (name, content)}, **more)


async def send_costs(service: Service, rows: Sequence[Sequence[Any]], **changed: Any) -> httpx.Response:
    """Upload as the medical insurance's."""
    form = {"feed": "medical.cost", "period": days_ago(1)[:7]}
    return await send(service, table(rows, COSTS), form=form, headers=MEDICAL, **changed)


async def finished(service: Service, answer: httpx.Response, headers: Any = EDUCATION) -> dict[str, Any]:
    """The file, once it is worked off."""
    assert answer.status_code in (200, 202), answer.text
    view: dict[str, Any] = {}

    async def is_finished() -> bool:
        nonlocal view
        view = (await service.http.get(answer.headers["location"], headers=headers)).json()
        return view["finished_at"] is not None

    await until(is_finished, seconds=60)
    return view


def counts(view: dict[str, Any], *names: str) -> tuple[int, ...]:
    """Some of a file's counts, after those that always hold were checked."""
    outcomes = ("stored", "repeated", "merged", "worsened", "snoozed", "unmatched")
    refused_late = view["rejected"] - (view["rows_read"] - view["screened"])
    became = sum(view[name] for name in outcomes)
    assert view["triggered"] <= became + refused_late
    assert became + view["rejected"] <= view["rows_read"]
    return tuple(view[name] for name in names)


def objects(folder: Path) -> list[Path]:
    """What lies in the store of originals."""
    return [path for path in (folder / "originals").rglob("*") if path.is_file()]


def members(service: Service, *numbers: int, household_class: str = "lifted_out") -> MembersChanged:
    """The register tells of people, each in a household of one."""
    return MembersChanged(
        members=[
            MemberRecord(
                person_key=service.vault.person_key(IdNumber(id_number(number))),
                household_id=new_id(),
                household_key=None,
                area_code=VILLAGE,
                household_class=household_class,
                active=True,
                changed_at=utc_now(),
            )
            for number in numbers
        ]
    )
