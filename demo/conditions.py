"""What else the register says of the demo's people and homes; of one household always the same."""

from random import Random
from typing import Any

from demo.county import Household, Member
from demo.places import COUNTY, COUNTY_NAME

_CAUSES = ("illness", "disability", "schooling", "skill", "labour", "money")
_ELSEWHERE = ("440306", "440605", "330110", "350203", "530111")
"""Counties of Shenzhen, Foshan, Hangzhou, Xiamen and Kunming: where people of such counties work."""
_SITE = f"{COUNTY_NAME}城北安置区"


def of_member(member: Member) -> dict[str, Any]:
    """Insurance, disability and work, as the API takes them."""
    rng = Random(str(member.id_number))
    insured = rng.random() > 0.004
    found: dict[str, Any] = {
        "medical_insurance": "resident" if insured else "none",
        "serious_illness_insurance": insured,
    }
    if "disabled" in member.health:
        found |= {"disability_class": rng.randint(1, 6), "disability_level": rng.choice((2, 3, 3, 4))}
    if works(member):
        place = COUNTY[:6] if works_here(member) else rng.choice(_ELSEWHERE)
        found |= {"work_area": place, "work_months": work_months(member), "work_income": wage(member)}
    return found


def works(member: Member) -> bool:
    """Whether somebody works for wages: most who are able."""
    return member.labour_skill in ("ordinary", "skilled") and Random(f"work{member.id_number}").random() < 0.9


def works_here(member: Member) -> bool:
    """In the county; two of three go away."""
    return Random(f"place{member.id_number}").random() < 0.33


def wage(member: Member) -> int:
    """Yuan a month."""
    return Random(f"wage{member.id_number}").randint(24, 58) * 100


def work_months(member: Member) -> int:
    """Months of the year."""
    return Random(f"months{member.id_number}").randint(8, 12)


def of_household(household: Household) -> dict[str, Any]:
    """The home, the three assurances with drinking water, and the cause of poverty, as the API takes them."""
    rng = Random(household.national_code)
    dwelling = "C" if rng.random() < 0.004 else rng.choice("AAAB")
    found: dict[str, Any] = {
        "dwelling_level": dwelling,
        "only_home": True,
        "safe_housing": dwelling != "C",
        "safe_water": rng.random() > 0.003,
        "schooling_met": True,
        "medical_met": True,
        "land_mu": round(rng.uniform(0.5, 8), 1),
        "road_km": round(rng.uniform(0.1, 3), 1),
    }
    if household.household_class != "ordinary":
        found["poverty_cause"] = _cause(household, rng)
    if household.household_class == "lifted_out" and dwelling != "C" and rng.random() < 0.3:
        found |= {"relocated": True, "relocation_site": _SITE}
    return found


def _cause(household: Household, rng: Random) -> str:
    health = {state for member in household.members for state in member.health}
    fitting = [cause for cause in _CAUSES if cause not in ("illness", "disability", "schooling")]
    if health & {"serious", "chronic"}:
        fitting.append("illness")
    if "disabled" in health:
        fitting.append("disability")
    if any(member.school_stage for member in household.members):
        fitting.append("schooling")
    return rng.choice(fitting)
