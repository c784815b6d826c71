"""What the audit rules look at: one household with its people, income, case and measures, on one day.

Light on purpose: a county has 420,000 of them in a night. Nothing here is a number or a phone in clear: of those the
record holds what follows from them (`id_birth_on`, `phone_length`) and the blind index that tells equals.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, Self
from uuid import UUID

from services.households.rules.case_snapshot import Snapshot
from services.households.rules.income_year import Income
from services.households.rules.quality.kinship import HEAD

Yuan = Decimal | None
YesNo = bool | None

ABLE = frozenset({"ordinary", "skilled"})
"""Labour skills (劳动技能) of people who can do a full day's work."""
SOME_LABOUR = ABLE | {"weak"}
UNSAFE_LEVELS = frozenset({"C", "D"})
"""Of a dwelling (危房)."""


@dataclass(frozen=True, slots=True)
class Person:
    """One who lives there now. `age` in whole years on the record's day; wages in yuan a month."""

    id: UUID
    name: str
    relation: str  # GB/T 4761
    sex: str  # GB/T 2261.1
    birth_on: date
    age: int
    person_key: str
    id_fault: str | None = None  # code of `shared.idnumber`; None when the number is sound
    id_sex: str | None = None  # as the number says
    id_birth_on: date | None = None
    in_another_household: bool = False
    recorded_dead: bool = False  # somebody with this number left a household by death
    phone_key: str | None = None
    phone_length: int | None = None  # digits
    phone_shared: bool = False  # another household has it, too
    pupil: bool = False
    school_stage: str | None = None
    labour_skill: str | None = None
    health: tuple[str, ...] = ()
    education: str | None = None  # GB/T 4658
    disability_class: int | None = None  # GB/T 26341, 1-7
    disability_level: int | None = None  # 1 (gravest) to 4
    work_area: str | None = None  # 6 or 12 digits, or the word for abroad
    work_months: int | None = None
    work_income: Yuan = None
    public_post: YesNo = None
    medical_insurance: str | None = None  # resident | employee | none
    serious_illness_insurance: YesNo = None
    pension: str | None = None  # resident | employee | none
    minimum_living_allowance: YesNo = None
    extreme_poverty_support: YesNo = None
    relocated: YesNo = None

    @property
    def studies(self) -> bool:
        """Whether they are at a school, whichever."""
        return self.school_stage is not None or self.pupil

    @property
    def disabled(self) -> bool:
        """Whether any field says so."""
        return "disabled" in self.health or self.disability_class is not None

    @property
    def works_away(self) -> bool:
        """Whether they are recorded as working somewhere (务工)."""
        return self.work_area is not None or bool(self.work_months)

    @property
    def works(self) -> bool:
        """Away, or on a public post (公益岗位)."""
        return self.works_away or self.public_post is True

    @property
    def able(self) -> bool:
        """Whether they can do a full day's work."""
        return self.labour_skill in ABLE


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure that is planned or delivered. `fits`: it counts for its risk by the policy `measure-fit`."""

    kind: str
    sub_kind: str | None
    risk: str | None
    fits: bool
    planned_on: date
    delivered_on: date | None

    @property
    def code(self) -> str:
        """Kind and sub-kind: `employment.training`."""
        return f"{self.kind}.{self.sub_kind}" if self.sub_kind else self.kind

    def is_one_of(self, *codes: str) -> bool:
        """Whether its kind, or its kind with its sub-kind, is among them."""
        return self.kind in codes or self.code in codes


@dataclass(frozen=True, slots=True)
class Case:
    """The national case (监测个案) the household is or was monitored by; cases that are over are none."""

    stage: Literal["opening", "monitored", "eliminated"]
    monitoring_class: str | None
    main_risk: str | None
    risks: tuple[str, ...]
    opened_on: date
    identified_on: date | None = None
    eliminated_on: date | None = None
    natural: bool = False  # the risk went by itself (自然消除)
    has_contact: YesNo = None  # somebody keeps in touch after the end (监测联系人)
    measures: tuple[Measure, ...] = ()
    at_identification: Snapshot | None = None  # of this round; None: not kept
    at_elimination: Snapshot | None = None  # the last one of this round; it may have been withdrawn

    def has(self, *codes: str) -> bool:
        """Whether one of those measures is recorded."""
        return any(one.is_one_of(*codes) for one in self.measures)


@dataclass(frozen=True, slots=True)
class AfterValues:
    """What has to stand in a case whose risk is gone (消除后情况): of that day, or of today where that was not kept."""

    helped: bool
    assurances: tuple[YesNo, ...]
    reference_per_head: Yuan

    @classmethod
    def of(cls, home: "HouseholdRecord", case: Case) -> Self:
        """Those of the case's end."""
        kept = case.at_elimination
        income = kept.income if kept else home.income
        reference = income.reference_per_head if income else None
        if kept:
            return cls(any(one.state == "delivered" for one in kept.measures), kept.assurances, reference)
        return cls(any(one.delivered_on for one in case.measures), home.assurances, reference)


@dataclass(frozen=True, slots=True)
class HouseholdRecord:
    """One household on the day `on`. `members`: those who live there, whoever has left is gone."""

    id: UUID
    area_code: str
    on: date
    household_class: str = "ordinary"
    national_code: str | None = None
    natural_village: str | None = None
    phone_key: str | None = None
    phone_length: int | None = None
    phone_shared: bool = False
    relocated: YesNo = None
    relocation_site: str | None = None
    dwelling_level: str | None = None
    only_home: YesNo = None
    safe_housing: YesNo = None
    safe_water: YesNo = None
    schooling_met: YesNo = None
    medical_met: YesNo = None
    land_mu: Yuan = None
    road_km: Yuan = None
    no_labour_covered: YesNo = None
    poverty_cause: str | None = None
    monitoring_state: str | None = None
    members: tuple[Person, ...] = ()
    income: Income | None = None
    case: Case | None = None
    heads: tuple[Person, ...] = field(init=False)
    """Who is entered as head (户主)."""
    head: Person | None = field(init=False)
    """The head, where there is just one."""

    def __post_init__(self) -> None:
        """Many rules ask for the head."""
        heads = tuple(one for one in self.members if one.relation == HEAD)
        object.__setattr__(self, "heads", heads)
        object.__setattr__(self, "head", heads[0] if len(heads) == 1 else None)

    @property
    def registered(self) -> bool:
        """Whether the national system has it: lifted out of poverty, or monitored once."""
        return self.household_class != "ordinary" or self.case is not None

    @property
    def watched(self) -> bool:
        """Whether a case is open. One that is being opened counts: somebody is at it."""
        return self.case is not None and self.case.stage != "eliminated"

    @property
    def uninsured(self) -> int:
        """People known to have no medical insurance; a new-born child has some months to be insured in."""
        return sum(one.medical_insurance == "none" and one.age >= 1 for one in self.members)

    @property
    def assurances(self) -> tuple[YesNo, ...]:
        """Schooling, medical, housing, water (三保障和饮水)."""
        return (self.schooling_met, self.medical_met, self.safe_housing, self.safe_water)

    @property
    def dangerous_home(self) -> bool:
        """Level C or D, and no other home is known."""
        return self.dwelling_level in UNSAFE_LEVELS and self.only_home is not False
