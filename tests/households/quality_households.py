"""Households for the audit rules: a sound one, and the pieces to build others from."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from services.households.rules.case_snapshot import Snapshot
from services.households.rules.gate_facts import HelpMeasure
from services.households.rules.income_year import Income
from services.households.rules.quality.record import Case, HouseholdRecord, Measure, Person
from shared.clock import age_on
from shared.contracts.quality_policies import QualityRules
from tests.shipped import DEFAULTS

ON = date(2026, 6, 30)
VILLAGE = "539921100200"
NAMESPACE = UUID("018f0000-0000-7000-8000-000000000000")
BODY: dict[str, Any] = DEFAULTS["quality-rules"]
NUMBERS = QualityRules.model_validate(BODY)


def born(age: int, months: int = 0) -> date:
    """A birthday of somebody who is that old on `ON`, since so many months."""
    month = ON.month - months
    return date(ON.year - age + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def person(name: str, relation: str, sex: str, age: int = 40, **more: Any) -> Person:
    """One person; sound as long as age and relation are."""
    birth_on = more.pop("birth_on", born(age))
    values: dict[str, Any] = {
        "health": ("healthy",),
        "labour_skill": "none" if age < 16 or age > 75 else "ordinary",
        "school_stage": "primary" if 7 <= age <= 12 else "junior" if 13 <= age <= 15 else None,
        "pupil": 7 <= age <= 15,
        "medical_insurance": "resident",
        **more,
    }
    return Person(
        id=uuid5(NAMESPACE, name + relation + str(birth_on)),
        name=name,
        relation=relation,
        sex=sex,
        birth_on=birth_on,
        age=age_on(birth_on, ON),
        person_key=f"key of {name}",
        **values,
    )


def head(age: int = 40, sex: str = "1", **more: Any) -> Person:
    """The head (户主)."""
    return person("石大山", "02", sex, age, **more)


def wife(age: int = 38, **more: Any) -> Person:
    """His wife."""
    return person("林小溪", more.pop("relation", "12"), more.pop("sex", "2"), age, **more)


def son(age: int = 10, relation: str = "20", **more: Any) -> Person:
    """A son, or another man of the household."""
    return person(more.pop("name", "石一鸣"), relation, more.pop("sex", "1"), age, **more)


def daughter(age: int = 8, relation: str = "30", **more: Any) -> Person:
    """A daughter, or another woman of the household."""
    return person(more.pop("name", "石一朵"), relation, more.pop("sex", "2"), age, **more)


def worker(age: int = 40, **more: Any) -> Person:
    """The head, who works in Guangdong."""
    work = {"work_area": "440306", "work_months": 10, "work_income": Decimal(4500)}
    return head(age, **{**work, **more})


def home(*members: Person, **more: Any) -> HouseholdRecord:
    """A household of these; a couple with a son when none are given."""
    return HouseholdRecord(
        id=NAMESPACE,
        area_code=VILLAGE,
        on=ON,
        members=members or (head(), wife(), son()),
        **{"national_code": "5399211002000001", "natural_village": "王家湾", **more},
    )


def lifted_out(*members: Person, **more: Any) -> HouseholdRecord:
    """A household that was lifted out of poverty (脱贫户), and has what the lists ask for."""
    listed = {"household_class": "lifted_out", "poverty_cause": "skill", "phone_key": "phone", "phone_length": 11}
    return home(*members, **{**listed, **more})


def income(**more: Any) -> Income:
    """An income whose parts add up: 42,000 for three."""
    sums = {"wages": 45_000, "business": 2_000, "property_income": 0, "transfers": 1_000, "business_costs": 6_000}
    rigid = {"claims": 0, "rigid_medical": 0, "rigid_education": 0, "rigid_disaster": 0, "rigid_accident": 0}
    told = {"net_income": 42_000, "net_per_head": 14_000, "reference_per_head": 14_000}
    amounts = {**sums, **rigid, **told, **{name: value for name, value in more.items() if name in sums | rigid | told}}
    rest = {name: value for name, value in more.items() if name not in amounts}
    return Income(
        **{
            "period_first": date(2025, 6, 1),
            "period_last": date(2026, 5, 31),
            "people": 3,
            "line": 8_700,
            **rest,
            **{name: None if value is None else Decimal(value) for name, value in amounts.items()},
        }
    )


def measure(code: str, risk: str = "07", fits: bool = True, **more: Any) -> Measure:
    """A measure that was planned ten days after the identification and delivered a month later."""
    kind, _, sub_kind = code.partition(".")
    days = {"planned_on": date(2025, 3, 11), "delivered_on": date(2025, 4, 10), **more}
    return Measure(kind=kind, sub_kind=sub_kind or None, risk=risk, fits=fits, **days)


def aid(state: str = "delivered") -> HelpMeasure:
    """That measure as a gate sees it."""
    return HelpMeasure(
        "07", "employment", "employment.export", state, date(2025, 4, 10) if state == "delivered" else None
    )


def seen(**more: Any) -> Snapshot:
    """What a sound household was decided on: three people, two of whom can work."""
    return Snapshot(
        **{
            "monitoring_class": "unstable",
            "main_risk": "07",
            "risks": ("07",),
            "people": 3,
            "able": 2,
            "weak": 0,
            "no_labour_covered": None,
            **dict.fromkeys(("schooling", "medical", "housing", "water"), True),
            "dwelling_level": "B",
            "only_home": True,
            "uninsured": 0,
            "out_of_school": 0,
            "income": income(),
            "line_policy_id": NAMESPACE,
            "measures": (aid(),),
            **more,
        }
    )


def monitored(*members: Person, **more: Any) -> HouseholdRecord:
    """A lifted-out household that is monitored for unstable work since a year and more, and gets help."""
    case: dict[str, Any] = {
        "stage": "monitored",
        "monitoring_class": "unstable",
        "main_risk": "07",
        "risks": ("07",),
        "opened_on": date(2025, 2, 16),
        "identified_on": date(2025, 3, 1),
        "measures": (measure("employment.export"),),
        "at_identification": seen(),
    }
    own = {name: more.pop(name) for name in (*Case.__slots__,) if name in more}
    case |= own
    state = {"monitoring_state": case["stage"] if case["stage"] != "opening" else None}
    return lifted_out(*(members or (worker(), wife(), son())), **{"case": Case(**case), **state, **more})


def eliminated(*members: Person, **more: Any) -> HouseholdRecord:
    """The same after the risk was gone, with everything that belongs to that."""
    assured = dict.fromkeys(("schooling_met", "medical_met", "safe_housing", "safe_water"), True)
    ended = {"stage": "eliminated", "eliminated_on": date(2026, 3, 1), "has_contact": True, "at_elimination": seen()}
    return monitored(*members, **{"income": income(), **assured, **ended, **more})
