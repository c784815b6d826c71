"""The demo's labour ledger of a month, and what human resources has of the same people: almost the same. Nobody is real.

Both are files as offices send them, of the same arguments always the same.
"""

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TypeAlias

import xlsxwriter

from demo.conditions import of_member, wage, works
from demo.county import Household, Member, areas
from demo.places import COUNTY, COUNTY_NAME
from shared.areas import AreaCode, normalise
from shared.clock import age_on
from shared.idnumber import complete

WORK: dict[str, list[dict[str, str]]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
"""What there is to do, by county."""
LEDGER = (
    *("id_number", "status", "work_area", "employer", "industry", "trade", "work_kind", "wage", "channel"),
    *("point_to_point", "started_on", "stability", "compared", "wants_change"),
    *("able", "willing", "reason", "possible_on"),
)
EXPORT = (
    *("姓名", "身份证号码", "乡镇（街道）", "村（社区）", "就业状态", "就业地", "就业单位", "月收入（元）"),
    *("就业渠道", "就业时间"),
)
_CHANNELS = ("relatives",) * 9 + ("self",) * 5 + ("government",) * 4 + ("labour_company", "cooperation")
_CHANNEL_WORDS = {
    "relatives": "亲友介绍",
    "self": "自主外出",
    "government": "政府组织",
    "labour_company": "人力资源公司组织",
    "cooperation": "东西部协作组织",
    "workshop": "帮扶车间",
}
_EVERY = 200
"""Of so many people at work one is paid otherwise, one works for others, one is missing."""
_STRANGERS = (("路人甲", "53993019830415001"), ("路人乙", "53993019911020002"))
"""Whom no register here knows: of a county next door that has no one else."""

Row: TypeAlias = dict[str, str]


def labour(household: Household, today: date) -> list[Member]:
    """Those of 17 to 60 who can work: who was 16 when work began this year may have been 15."""
    able = ("ordinary", "skilled", "weak")
    return [one for one in household.members if one.labour_skill in able and 17 <= age_on(one.born_on, today) <= 60]


def ledger_file(households: Iterable[Household], today: date, without: Collection[str]) -> bytes:
    """A CSV file of all who can work, as they do this month; `without`: ID numbers of whom the village has yet to tell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, LEDGER)
    writer.writeheader()
    for one in households:
        writer.writerows(_row(member, today) for member in labour(one, today) if member.id_number not in without)
    return text.getvalue().encode()


def export_file(households: Iterable[Household], today: date, without: Collection[str]) -> bytes:
    """The workbook of human resources on those at work. Some are paid otherwise or by others than the ledger says, some
    are missing, some are at work who are at home by the ledger or not in it, and some live elsewhere."""
    names = {area.code: area.name for area in areas()}
    lines: list[Row] = []
    seen = Counter[str]()
    for one in households:
        where = {"乡镇（街道）": names[_township(one)], "村（社区）": names[one.area_code]}
        for member in labour(one, today):
            row = _row(member, today)
            kind = "untold" if member.id_number in without else row["status"]
            seen[kind] += 1
            if (told := _elsewhere(member, row, kind, seen[kind], today)) is not None:
                lines.append(where | told)
    lines += [{"姓名": name, "身份证号码": str(complete(number))} for name, number in _STRANGERS]
    return _workbook(lines)


def _row(member: Member, today: date) -> Row:
    rng = Random(f"ledger{member.id_number}")
    number = {"id_number": str(member.id_number)}
    if not works(member):
        return number | _at_home(member, rng, today)
    area = str(of_member(member)["work_area"])
    work = rng.choice(WORK[area])
    channel = rng.choice(_CHANNELS)
    started_on = date(today.year, 2, 20) if today.month > 2 else today.replace(day=1)  # after the Spring Festival
    return number | {
        "status": "out",
        "work_area": area,
        "wage": f"{wage(member)}.00",
        "channel": channel,
        "point_to_point": "是" if channel == "government" and area != COUNTY[:6] else "否",
        "started_on": started_on.isoformat(),
        "stability": "unstable" if work["work_kind"] == "odd" else "stable",
        "compared": rng.choice(("better", "same", "same", "worse")),
        "wants_change": "是" if work["work_kind"] == "odd" and rng.random() < 0.3 else "否",
        **work,
    }


def _at_home(member: Member, rng: Random, today: date) -> Row:
    """Of those who can, half would go."""
    if member.labour_skill == "weak":
        return {"status": "not_out", "able": "否", "willing": "否", "reason": "illness"}
    if rng.random() < 0.5:
        return {"status": "not_out", "able": "是", "willing": "否", "reason": rng.choice(("care", "farming"))}
    reason = rng.choice(("no_way", "no_skill"))
    possible_on = (today + timedelta(days=rng.randint(10, 60))).isoformat()
    return {"status": "not_out", "able": "是", "willing": "是", "reason": reason, "possible_on": possible_on}


def _elsewhere(member: Member, row: Row, kind: str, n: int, today: date) -> Row | None:
    """What human resources says of the `n`-th of a kind; None where it has nobody of that number."""
    told = {
        "姓名": member.name,
        "身份证号码": str(member.id_number),
        "就业状态": "在岗",
        "就业地": row.get("work_area", COUNTY[:6]),
        "就业单位": row.get("employer", "云岫县某建筑工程队"),
        "月收入（元）": row.get("wage", "3000.00"),
        "就业渠道": _CHANNEL_WORDS[row.get("channel", "self")],
        "就业时间": row.get("started_on", today.replace(day=1).isoformat()),
    }
    if kind != "out":
        return told if n % 10 == 1 else None
    match n % _EVERY:
        case 5:
            return told | {"月收入（元）": f"{wage(member) + 1800}.00"}
        case 10:
            return told | {"就业单位": "宏达人力资源服务部"}
        case 15:
            return None
    return told


def _workbook(lines: Iterable[Row]) -> bytes:
    """With a title over the headings, as it comes from the other system."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("就业人员")
        sheet.write(0, 0, f"{COUNTY_NAME}城乡劳动者就业信息")
        sheet.write_row(1, 0, EXPORT)
        for at, line in enumerate(lines, 2):
            sheet.write_row(at, 0, [line.get(heading, "") for heading in EXPORT])
    return buffer.getvalue()


def _township(household: Household) -> AreaCode:
    return normalise(household.area_code[:9])
