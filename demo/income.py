"""What the demo's households earn and must spend: plausible, and nobody's. The form is that of a file for the import."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from random import Random

from demo.conditions import wage, work_months, works, works_here
from demo.county import Household, Member

LINE = 9_000
"""Yuan per head and year: the demo county's own income line (监测收入线)."""
HEADINGS = ("证件号码", "户编号", "收支项目", "金额", "日期", "起始月份", "截止月份")
_PENSION = 148
"""Yuan a month."""

Row = tuple[str, str, str, str, str, str, str]


def income_file(households: Iterable[Household], seed: int, today: date) -> bytes:
    """A CSV file of their lines in the twelve months before `today`. The same for the same arguments."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    rng = Random(seed)
    for one in households:
        writer.writerows(_lines(one, rng, today))
    return text.getvalue().encode()


def _lines(household: Household, rng: Random, today: date) -> Iterator[Row]:
    first, last = _months(today)
    earning = any(works(member) for member in household.members)

    def year(who: Member | None, item: str, amount: float) -> Row:
        code = "" if who else household.national_code
        return (str(who.id_number) if who else "", code, item, f"{amount:.2f}", "", first, last)

    for member in household.members:
        yield from (year(member, item, amount) for item, amount in _of_person(member, rng, today, alone=not earning))
    yield year(None, "种植业收入", rng.randint(40, 130) * 100)
    yield year(None, "种植业支出", rng.randint(8, 25) * 100)
    if rng.random() < 0.6:
        yield year(None, "养殖业收入", rng.randint(20, 160) * 100)
    yield year(None, "耕地地力保护补贴", rng.randint(10, 45) * 10.4)
    if household.household_class == "monitored":
        yield ("", household.national_code, "一次性慰问金", "500.00", f"{last}-15", "", "")


def _of_person(member: Member, rng: Random, today: date, *, alone: bool) -> Iterator[tuple[str, float]]:
    """`alone`: nobody in the household earns, so that the old live by what their children send."""
    if today.year - member.born_on.year > 60:
        yield "养老金", _PENSION * 12
        if alone:
            yield "赡养费", rng.randint(48, 150) * 100
    elif works(member):
        yield "县内务工收入" if works_here(member) else "省外务工收入", wage(member) * work_months(member)
    if "serious" in member.health:
        yield "住院合规自付", rng.randint(3, 60) * 1000.5
    if member.school_stage in ("senior", "vocational", "college"):
        yield "就学必要支出", rng.randint(3, 9) * 1000


def _months(today: date) -> tuple[str, str]:
    """The first and the last month of the twelve before this one."""
    this = today.year * 12 + today.month - 1
    return _month(this - 12), _month(this - 1)


def _month(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02}"
