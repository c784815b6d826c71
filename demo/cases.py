"""The list of the demo's monitored households, as the national system would export it: each has a national case."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from demo.county import Household, areas
from demo.places import COUNTY, COUNTY_NAME

KIND = "household-list"
HEADINGS = (
    *("县（市、区、旗）", "乡（镇、街道）", "行政村（社区）", "户编号", "户类型", "监测对象类型"),
    *("致贫（返贫）风险", "识别时间", "风险是否消除"),
)
_DAYS = (20, 500)
"""So many days ago a household was identified: some may soon be called out of risk, some have just come."""


def case_list(households: Iterable[Household], today: date) -> bytes | None:
    """A CSV file of those of them who are monitored; None where nobody is. The same for the same arguments."""
    monitored = [one for one in households if one.household_class == "monitored"]
    if not monitored:
        return None
    names = {area.code: area.name for area in areas()}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for one in monitored:
        rng = Random(f"case{one.national_code}")
        township = f"{COUNTY[:6]}{one.area_code[6:9]}000"
        identified_on = today - timedelta(days=rng.randint(*_DAYS))
        writer.writerow(
            (
                *(COUNTY_NAME, names[township], names[one.area_code], one.national_code, "监测对象", "边缘易致贫户"),  # type: ignore[index]
                *("、".join(_risks(one)), identified_on.isoformat(), "否"),
            )
        )
    return text.getvalue().encode()


def _risks(household: Household) -> list[str]:
    """The main one first."""
    health = {state for member in household.members for state in member.health}
    found = [name for state, name in (("serious", "因病"), ("disabled", "因残")) if state in health]
    if not any(member.labour_skill in ("ordinary", "skilled", "weak") for member in household.members):
        found.append("缺劳动力")
    return found or ["务工就业不稳"]
