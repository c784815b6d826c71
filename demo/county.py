"""A synthetic county: areas, organisations and accounts. Nobody in it exists; see `demo.places` for why.

Passwords are not made here: whoever loads the county sets them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Literal

from demo import names
from demo.feeds import COMPARISONS, feeds_of
from demo.places import COUNTY, COUNTY_NAME, TOWNSHIPS, villages
from shared.areas import AreaCode, Level, normalise
from shared.idnumber import IdNumber, Sex

OrganisationKind = Literal["bureau", "county_centre", "township", "village"]
Role = Literal["bureau", "village", "township", "county", "supervisor", "admin"]
SchoolStage = Literal["primary", "junior", "senior", "vocational", "college"]
LabourSkill = Literal["ordinary", "skilled", "weak", "lost", "none"]
"""Labour (劳动技能): 普通, 技能, 弱或半, 丧失, 无劳动力."""
Health = Literal["healthy", "chronic", "serious", "disabled"]
"""Health (健康状况): 健康, 长期慢性病, 患有大病, 残疾."""
HouseholdClass = Literal["ordinary", "lifted_out", "monitored"]
"""Household class (户类型): 一般户, 脱贫户, 监测户."""

CENTRE = "warning-centre"
SUPERVISION = "supervision-office"
BUREAUS = (
    ("education", "教育体育局"),
    ("medical-insurance", "医疗保障局"),
    ("civil-affairs", "民政局"),
    ("housing", "住房和城乡建设局"),
    ("water", "水务局"),
    ("human-resources", "人力资源和社会保障局"),
    ("health", "卫生健康局"),
    ("disabled-persons", "残疾人联合会"),
    ("public-security", "公安局"),
    ("emergency", "应急管理局"),
    ("agriculture", "农业农村局"),
    ("rural-revitalisation", "乡村振兴局"),
    ("finance", "地方金融服务中心"),
    ("court", "人民法院"),
    ("insurance", "保险协作中心"),
)
"""They report."""
REGISTRIES = (
    ("natural-resources", "自然资源局"),
    ("market-regulation", "市场监督管理局"),
    ("treasury", "财政局"),
)
"""They report nothing, and answer yes or no when a household is compared."""


@dataclass(frozen=True, slots=True)
class Area:
    """A county, township or village. `parent_code` is None for the county, the root of the demo's tree."""

    code: AreaCode
    name: str
    level: Level
    parent_code: AreaCode | None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A bureau, the county's offices, a township's government or a village's committee."""

    code: str
    name: str
    kind: OrganisationKind
    area_code: AreaCode
    feeds: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    """Of the feeds those under which it reports, as against those under which it is asked."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who works with the system, within `area_code` and, for bureaus, the `feeds`."""

    username: str
    name: str
    role: Role
    organisation: str
    area_code: AreaCode
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a household. `relation` to the head is GB/T 4761, `ethnic_group` GB/T 3304."""

    name: str
    id_number: IdNumber
    sex: Sex
    born_on: date
    relation: str
    ethnic_group: str
    phone: str | None
    school_stage: SchoolStage | None
    labour_skill: LabourSkill
    health: tuple[Health, ...]

    @property
    def is_pupil(self) -> bool:
        """In compulsory education (义务教育)."""
        return self.school_stage in ("primary", "junior")


@dataclass(frozen=True, slots=True)
class Household:
    """A household (户). `national_code` (户编号) is its village's code and a number; the head comes first."""

    national_code: str
    area_code: AreaCode
    natural_village: str
    household_class: HouseholdClass
    members: tuple[Member, ...]

    @property
    def head(self) -> Member:
        """The head of the household (户主)."""
        return self.members[0]


def areas() -> Iterator[Area]:
    """The county, its 30 townships and 260 villages; every parent before its children."""
    yield Area(COUNTY, COUNTY_NAME, Level.COUNTY, None)
    for township, name, *_ in TOWNSHIPS:
        yield Area(_township(township), name, Level.TOWNSHIP, COUNTY)
    for village in villages():
        yield Area(village.code, village.name, Level.VILLAGE, _township(village.code[6:9]))


def organisations() -> Iterator[Organisation]:
    """The centre, the supervision office, 18 bureaus with their feeds, and one for each township and village."""
    yield Organisation(CENTRE, f"{COUNTY_NAME}防返贫监测预警中心", "county_centre", COUNTY)
    yield Organisation(SUPERVISION, f"{COUNTY_NAME}督查室", "county_centre", COUNTY)
    for code, name in (*BUREAUS, *REGISTRIES):
        yield Organisation(code, COUNTY_NAME + name, "bureau", COUNTY, _feeds(code), feeds_of(code))
    for township, name, *_ in TOWNSHIPS:
        office = "办事处" if name.endswith("街道") else "人民政府"
        yield Organisation(_township(township), name + office, "township", _township(township))
    for village in villages():
        committee = "居民委员会" if village.name.endswith("社区") else "民委员会"
        yield Organisation(village.code, village.name + committee, "village", village.code)


def accounts(seed: int) -> Iterator[Account]:
    """Who works there: `admin`, `centre-a`, `supervisor`, `education`, `t539921100a`, `v539921100200a` and so on."""
    rng = Random(seed)
    yield Account("admin", _somebody(rng), "admin", CENTRE, COUNTY)
    for letter in "ab":
        yield Account(f"centre-{letter}", _somebody(rng), "county", CENTRE, COUNTY)
    yield Account("supervisor", _somebody(rng), "supervisor", SUPERVISION, COUNTY)
    for code, _ in BUREAUS:
        yield Account(code, _somebody(rng), "bureau", code, COUNTY, _feeds(code))
    for township, *_ in TOWNSHIPS:
        area = _township(township)
        for letter in _one_or_two(rng):
            yield Account(f"t{area[:9]}{letter}", _somebody(rng), "township", area, area)
    for village in villages():
        for letter in _one_or_two(rng):
            yield Account(f"v{village.code}{letter}", _somebody(rng), "village", village.code, village.code)
    for code, _ in REGISTRIES:
        yield Account(code, _somebody(rng), "bureau", code, COUNTY, _feeds(code))


def _feeds(bureau: str) -> tuple[str, ...]:
    return feeds_of(bureau) + COMPARISONS.get(bureau, ())


def _township(number: str) -> AreaCode:
    return normalise(COUNTY[:6] + number)


def _one_or_two(rng: Random) -> str:
    return "ab" if rng.random() < 0.4 else "a"


def _somebody(rng: Random) -> str:
    sex: Sex = "1" if rng.random() < 0.6 else "2"
    return names.surname(rng) + names.given_name(rng, sex, rng.randint(1966, 2003))
