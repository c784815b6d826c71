"""For each audit rule a household that breaks it, and a near miss that does not."""

from datetime import date
from decimal import Decimal
from typing import Any

from services.households.rules.case_snapshot import Snapshot
from services.households.rules.quality.record import HouseholdRecord
from tests.households.quality_households import (
    aid,
    born,
    daughter,
    eliminated,
    head,
    home,
    income,
    lifted_out,
    measure,
    monitored,
    person,
    seen,
    son,
    wife,
    worker,
)

D = Decimal
GUANGZHOU, SHENZHEN, HERE = "440100", "440306", "539921"


def working(**more: Any) -> HouseholdRecord:
    """Three people, one at work, with an income; `more` goes into the income, but for what is of the household."""
    own = {name: more.pop(name) for name in ("case", "household_class", "poverty_cause", "members") if name in more}
    members = own.pop("members", (worker(), wife(), son()))
    return home(*members, income=income(**more), **own)


def two(relation: str, sex: str, age: int, of: int = 40, head_sex: str = "1", **more: Any) -> HouseholdRecord:
    """A head of `of` years, and somebody."""
    return home(head(of, head_sex), person("林某某", relation, sex, age, **more))


Pair = tuple[str, HouseholdRecord, HouseholdRecord]

IDENTITY: list[Pair] = [
    ("household-empty", HouseholdRecord(id=home().id, area_code=home().area_code, on=home().on), home(head())),
    ("id-number-invalid", home(head(id_fault="id-number-checksum")), home(head(id_fault=None))),
    ("person-in-two-households", home(head(in_another_household=True)), home(head())),
    ("person-entered-twice", home(head(), son(), son(relation="99")), home(head(), son(), son(11, relation="99"))),
    ("sex-not-as-id", home(head(id_sex="2")), home(head(id_sex="1"))),
    ("birth-not-as-id", home(head(id_birth_on=date(1986, 6, 2))), home(head(id_birth_on=born(40)))),
    ("recorded-dead", home(head(recorded_dead=True)), home(head())),
    ("age-implausible", home(head(106)), home(head(105))),
    ("name-unreadable", home(person("张*三", "02", "1")), home(person("阿西·木呷", "02", "1"))),
]
RELATIONS: list[Pair] = [
    ("head-missing", home(wife(), son()), home(wife(relation="02"), son())),
    ("head-twice", home(head(), wife(relation="02")), home(head(), wife())),
    ("spouse-of-same-sex", two("10", "1", 38), two("10", "2", 38)),
    ("relation-not-as-sex", two("30", "1", 10), two("28", "1", 30)),
    ("spouse-twice", home(head(), wife(), daughter(39, "10")), home(head(), wife(), daughter(39, "77"))),
    ("self-beside-head", two("01", "2", 38), home(person("林某某", "01", "2"))),
    (
        "parent-twice",
        home(head(), son(70, "51"), son(66, "51", name="石老二")),
        home(head(), son(70, "51"), daughter(66, "52")),
    ),
    (
        "birth-order-twice",
        home(head(), son(12, "22"), son(10, "22", name="石二")),
        home(head(), son(12, "22"), daughter(10, "32")),
    ),
    ("in-laws-of-the-wrong-side", two("53", "1", 66), two("53", "1", 66, head_sex="2")),
    ("child-too-near-in-age", two("20", "1", 27), two("27", "1", 27)),
    ("parent-too-near-in-age", two("51", "1", 53), two("51", "1", 54)),
    ("grandchild-too-near-in-age", two("41", "1", 12, of=41), two("41", "1", 11, of=41)),
    ("grandparent-too-near-in-age", two("61", "1", 69), two("61", "1", 70)),
    ("child-too-far-in-age", two("20", "1", 9, of=65), two("20", "1", 10, of=65)),
    ("spouse-too-young", two("12", "2", 17), two("12", "2", 18)),
    ("spouses-far-in-age", two("12", "2", 31, of=62), two("12", "2", 32, of=62)),
    ("sibling-order", two("71", "1", 38), two("73", "1", 38)),
    ("head-is-a-child", home(head(15), wife(66, relation="62")), home(head(15), daughter(10, "77"))),
    ("children-alone", home(head(15), daughter(10, "77")), home(head(16), daughter(10, "77"))),
]
MEMBERS: list[Pair] = [
    ("school-not-as-age", two("20", "1", 16, school_stage="primary"), two("20", "1", 15, school_stage="primary")),
    (
        "child-at-no-school",
        two("20", "1", 10, school_stage=None, pupil=False),
        two(
            "20", "1", 10, school_stage=None, pupil=False, disability_class=4, disability_level=2, health=("disabled",)
        ),
    ),
    (
        "pupil-not-as-stage",
        two("20", "1", 15, school_stage="senior", pupil=True),
        two("20", "1", 15, school_stage="senior", pupil=False),
    ),
    ("education-not-as-age", two("20", "1", 16, education="30"), two("20", "1", 17, education="30")),
    (
        "education-above-school",
        two("20", "1", 12, school_stage="primary", education="70"),
        two("20", "1", 13, school_stage="junior", education="80"),
    ),
    ("health-missing", lifted_out(head(health=())), home(head(health=()))),
    ("health-contradicts-itself", home(head(health=("healthy", "chronic"))), home(head(health=("chronic", "serious")))),
    (
        "disability-without-card",
        home(head(health=("disabled",), disability_class=4)),
        home(head(health=("disabled",), disability_class=4, disability_level=3)),
    ),
    (
        "card-without-disability",
        home(head(health=("chronic",), disability_level=3)),
        home(head(health=("chronic", "disabled"), disability_level=3)),
    ),
]
LABOUR: list[Pair] = [
    ("child-with-labour", two("20", "1", 15, labour_skill="weak"), two("20", "1", 16, labour_skill="weak")),
    (
        "healthy-adult-without-labour",
        home(head(59, labour_skill="weak")),
        home(head(59, labour_skill="weak", health=("chronic",))),
    ),
    ("labour-missing", lifted_out(head(labour_skill=None)), home(head(labour_skill=None))),
    ("old-with-full-labour", home(head(76, labour_skill="ordinary")), home(head(75, labour_skill="ordinary"))),
    ("severely-disabled-with-full-labour", home(head(disability_level=1)), home(head(disability_level=2))),
    ("child-working", home(worker(15)), home(worker(16))),
    ("pupil-working", home(worker(17, school_stage="senior")), home(worker(19, school_stage="college"))),
    ("working-without-labour", home(worker(labour_skill="lost")), home(worker(labour_skill="weak"))),
    ("work-without-place", home(head(work_months=3)), home(head(work_months=3, public_post=True))),
    ("work-place-vague", home(worker(work_area=GUANGZHOU)), home(worker(work_area=SHENZHEN))),
    ("work-without-months", home(worker(work_months=0)), home(worker(work_months=1))),
    ("work-months-out-of-range", home(worker(work_months=13)), home(worker(work_months=12))),
    ("work-without-wage", home(worker(work_income=None)), home(worker(work_income=D(0)))),
    ("wage-too-low", home(worker(work_income=D(99))), home(worker(work_income=D(100)))),
    ("wage-low", home(worker(work_income=D(399))), home(worker(work_income=D(400)))),
    ("wage-too-high", home(worker(work_income=D(30001))), home(worker(work_income=D(30000)))),
    ("public-post-age", home(head(70, public_post=True)), home(head(69, public_post=True))),
    (
        "public-posts-too-many",
        home(head(public_post=True), wife(public_post=True), son(20, public_post=True)),
        home(head(public_post=True), wife(public_post=True)),
    ),
    ("public-post-elsewhere", home(worker(public_post=True)), home(worker(public_post=True, work_area=HERE))),
    (
        "public-post-without-labour",
        home(head(public_post=True, labour_skill="lost")),
        home(head(public_post=True, labour_skill="weak")),
    ),
    (
        "one-phone-in-two-counties",
        home(worker(phone_key="a"), wife(phone_key="a", work_area="330106")),
        home(worker(phone_key="a"), wife(phone_key="a", work_area="440306001002")),
    ),
]
INSURANCE_AND_AID: list[Pair] = [
    ("medical-insurance-unknown", lifted_out(head(medical_insurance=None)), home(head(medical_insurance=None))),
    (
        "medical-insurance-none",
        lifted_out(head(), son(1, medical_insurance="none")),
        lifted_out(head(), son(0, medical_insurance="none")),
    ),
    (
        "illness-insurance-alone",
        home(head(medical_insurance="none", serious_illness_insurance=True)),
        home(head(serious_illness_insurance=True)),
    ),
    (
        "child-insured-as-employee",
        two("20", "1", 15, medical_insurance="employee"),
        two("20", "1", 16, medical_insurance="employee"),
    ),
    ("child-with-pension-insurance", two("20", "1", 15, pension="resident"), two("20", "1", 16, pension="resident")),
    (
        "two-kinds-of-aid",
        home(head(minimum_living_allowance=True, extreme_poverty_support=True)),
        home(head(minimum_living_allowance=True, extreme_poverty_support=False)),
    ),
    ("supported-and-working", home(worker(extreme_poverty_support=True)), home(head(extreme_poverty_support=True))),
    (
        "supported-and-able",
        home(head(66, extreme_poverty_support=True)),
        home(head(66, extreme_poverty_support=True, labour_skill="weak")),
    ),
]
HOME_AND_CONTACT: list[Pair] = [
    (
        "dangerous-home-called-safe",
        home(dwelling_level="C", safe_housing=True),
        home(dwelling_level="C", safe_housing=True, only_home=False),
    ),
    (
        "sound-home-called-unsafe",
        home(dwelling_level="B", safe_housing=False),
        home(dwelling_level="C", safe_housing=False),
    ),
    (
        "relocated-to-danger",
        home(relocated=True, dwelling_level="D"),
        home(relocated=True, dwelling_level="D", only_home=False),
    ),
    ("relocated-without-site", home(relocated=True), home(relocated=True, relocation_site="龙泉安置区")),
    ("site-without-relocation", home(relocation_site="龙泉安置区"), home(relocation_site="龙泉安置区", relocated=True)),
    (
        "relocated-nobody",
        home(head(relocated=False), wife(), relocated=True),
        home(head(relocated=False), wife(relocated=True), relocated=True),
    ),
    ("land-negative", home(land_mu=D("-0.5")), home(land_mu=D(0))),
    ("land-much", home(land_mu=D("100.5")), home(land_mu=D(100))),
    ("land-too-much", home(land_mu=D("200.5")), home(land_mu=D(200))),
    ("road-too-far", home(road_km=D("5.1")), home(road_km=D(5))),
    (
        "phone-missing",
        lifted_out(phone_key=None, phone_length=None),
        lifted_out(head(phone_key="a"), phone_key=None, phone_length=None),
    ),
    ("phone-not-11-digits", home(phone_key="a", phone_length=12), home(phone_key="a", phone_length=11)),
    (
        "member-phone-not-11-digits",
        home(head(phone_key="a", phone_length=10)),
        home(head(phone_key="a", phone_length=11)),
    ),
    (
        "phone-in-two-households",
        home(phone_key="a", phone_length=11, phone_shared=True),
        home(phone_key="a", phone_length=11),
    ),
    (
        "member-phone-in-two-households",
        home(head(phone_key="b", phone_shared=True), phone_key="a"),
        home(head(phone_key="a", phone_shared=True), phone_key="a"),
    ),
    ("national-code-missing", lifted_out(national_code=None), home(national_code=None)),
]


def rich(per_head: int) -> Snapshot:
    """Identified with so many yuan a head."""
    return seen(income=income(net_per_head=per_head))


INCOME: list[Pair] = [
    ("income-not-the-sum", working(net_income=42_002), working(net_income=42_001)),
    ("income-negative", working(net_income=-1), working(net_income=0)),
    ("income-too-high", monitored(at_identification=rich(20_001)), monitored(at_identification=rich(20_000))),
    ("income-of-other-people", working(people=4), working(people=3)),
    (
        "income-stale",
        monitored(income=income(period_last=date(2026, 2, 28))),
        monitored(income=income(period_last=date(2026, 3, 31))),
    ),
    (
        "wages-nobody-works",
        working(members=(head(), wife(), son())),
        working(members=(head(), wife(public_post=True), son())),
    ),
    ("work-without-wages", working(wages=0), working(wages=1)),
    (
        "aid-without-transfers",
        working(members=(worker(), wife(minimum_living_allowance=True), son()), transfers=0),
        working(members=(worker(), wife(minimum_living_allowance=True), son())),
    ),
    (
        "schooling-costs-nobody-studies",
        working(members=(worker(), wife(), son(4)), rigid_education=1),
        working(rigid_education=1),
    ),
    (
        "medical-costs-nobody-ill",
        working(rigid_medical=5_001),
        working(members=(worker(), wife(health=("serious",)), son()), rigid_medical=5_001),
    ),
]
UNWATCHED: list[Pair] = [
    (
        "lifted-out-under-line",
        lifted_out(worker(), wife(), son(), income=income(net_per_head=8_699)),
        monitored(income=income(net_per_head=8_699)),
    ),
    ("ordinary-under-line", working(net_per_head=8_699), working(net_per_head=8_700)),
    ("reference-under-line", working(reference_per_head=8_699), working(reference_per_head=8_699, net_per_head=8_699)),
    ("spending-swallows-income", working(rigid_medical=21_001), working(rigid_medical=31_000, claims=10_000)),
    ("unsafe-home-unwatched", eliminated(dwelling_level="C"), monitored(dwelling_level="C")),
    ("unsafe-water-unwatched", eliminated(safe_water=False), monitored(safe_water=False)),
    ("dropout-unwatched", home(schooling_met=False), monitored(schooling_met=False)),
    ("medical-gap-unwatched", lifted_out(head(medical_insurance="none")), home(head(medical_insurance="none"))),
    ("monitored-without-case", lifted_out(household_class="monitored"), monitored(household_class="monitored")),
    (
        "no-labour-not-covered",
        home(head(70, labour_skill="lost"), no_labour_covered=True),
        home(head(70, labour_skill="lost", extreme_poverty_support=True), no_labour_covered=True),
    ),
    (
        "covered-with-labour",
        home(head(labour_skill="ordinary"), no_labour_covered=True),
        home(head(70, labour_skill="weak"), no_labour_covered=True),
    ),
    ("cause-missing", lifted_out(poverty_cause=None), lifted_out(poverty_cause="skill")),
    (
        "disability-cause-nobody-disabled",
        lifted_out(poverty_cause="disability"),
        lifted_out(head(health=("disabled",)), poverty_cause="disability"),
    ),
]
ILL, GRAVE = (
    ("chronic",),
    {"health": ("disabled",), "disability_class": 4, "disability_level": 1, "labour_skill": "lost"},
)
NO_LABOUR = {"labour_skill": "lost", "health": ("disabled",), "disability_class": 4, "disability_level": 2}


def at_risk(*risks: str, members: Any = (), **more: Any) -> HouseholdRecord:
    """Monitored for those risks."""
    return monitored(*members, main_risk=risks[0], risks=risks, **more)


CASE: list[Pair] = [
    ("main-risk-missing", monitored(main_risk=None, risks=()), monitored(stage="opening", main_risk=None, risks=())),
    ("main-risk-not-among-risks", monitored(main_risk="01"), monitored(main_risk="07")),
    ("risks-too-many", at_risk("07", "01", "03", "04", "05", "09"), at_risk("07", "01", "03", "04", "05")),
    ("disaster-unsaid", at_risk("0299"), at_risk("0201")),
    (
        "class-of-lifted-out",
        monitored(household_class="ordinary"),
        monitored(household_class="ordinary", monitoring_class="edge"),
    ),
    ("class-missing", monitored(monitoring_class=None), monitored(stage="opening", monitoring_class=None)),
    ("illness-risk-nobody-ill", at_risk("01"), eliminated(main_risk="01", risks=("01",))),
    (
        "illness-risk-nothing-paid",
        at_risk("01", at_identification=seen(risks=("01",)), income=income(rigid_medical=1)),
        at_risk("01", at_identification=seen(risks=("01",), income=income(rigid_medical=1)), income=income()),
    ),
    ("schooling-risk-no-student", at_risk("09", members=(worker(), wife(), son(4))), at_risk("09")),
    (
        "disability-risk-nobody-disabled",
        at_risk("03"),
        at_risk("03", members=(worker(), wife(disability_class=2), son())),
    ),
    (
        "labour-risk-all-able",
        at_risk("04", members=(worker(), wife())),
        at_risk("04", members=(worker(), wife(labour_skill="weak"))),
    ),
    (
        "labour-risk-half-able",
        at_risk("04", members=(worker(), wife(), son(20), daughter(8))),
        at_risk("04", members=(worker(), wife(), son(10), daughter(8))),
    ),
    (
        "labour-risk-many-able",
        at_risk("04", members=(worker(), wife(), son(10), daughter(8))),
        at_risk("04", members=(worker(), wife(labour_skill="weak"), son(10), daughter(8))),
    ),
    (
        "employment-risk-nobody-able",
        at_risk("07", members=(head(**NO_LABOUR), son())),
        at_risk("07", members=(head(labour_skill="weak", health=ILL), son())),
    ),
    (
        "employment-risk-nobody-works",
        at_risk("07", members=(head(), wife(), son())),
        at_risk("07", members=(head(work_months=0), wife(), son())),
    ),
    ("case-days-out-of-order", monitored(identified_on=date(2025, 2, 15)), monitored(identified_on=date(2025, 2, 16))),
    ("eliminated-too-soon", eliminated(eliminated_on=date(2025, 8, 31)), eliminated(eliminated_on=date(2025, 9, 1))),
    ("eliminated-without-contact", eliminated(has_contact=False), eliminated(has_contact=None)),
    ("state-not-as-case", monitored(monitoring_state="eliminated"), monitored(monitoring_state="monitored")),
]


def gone(**more: Any) -> HouseholdRecord:
    """Its risk was called gone on a day on which this was so; today all is in order."""
    return eliminated(at_elimination=seen(**more))


ELIMINATION: list[Pair] = [
    (
        "eliminated-by-no-help",
        gone(measures=(aid("planned"),)),
        eliminated(at_elimination=seen(measures=()), natural=True),
    ),
    (
        "eliminated-under-line",
        gone(income=income(reference_per_head=8_699)),
        gone(income=income(reference_per_head=8_700)),
    ),
    ("eliminated-without-labour", gone(able=0), gone(able=0, weak=1)),
    ("after-assurances-missing", gone(water=None), eliminated(safe_water=None)),
    ("after-income-missing", gone(income=None), eliminated(income=None)),
    ("eliminated-unsafe-home", gone(dwelling_level="D"), gone(dwelling_level="D", only_home=False)),
    ("eliminated-unsafe-water", gone(water=False), eliminated(safe_water=False)),
    ("eliminated-with-dropout", gone(out_of_school=1), eliminated(schooling_met=False)),
    ("eliminated-without-insurance", gone(uninsured=1), eliminated(worker(medical_insurance="none"), son())),
]
TRAINING, LIVING = measure("employment.training"), measure("security.minimum_living")
ALLOWED, SUPPORTED = (
    wife(minimum_living_allowance=True),
    wife(extreme_poverty_support=True, labour_skill="lost", health=ILL),
)
SUPPORT, POST, GRANT = measure("security.extreme_poverty"), measure("public_post"), measure("education.dew")
PREMIUM, HEALTH = measure("health.premium"), measure("health.aid", "01")


def helped(*measures: Any, members: Any = (), **more: Any) -> HouseholdRecord:
    """Monitored, with these measures beside the one that gives work."""
    return monitored(*members, measures=(measure("employment.export"), *measures), **more)


def fitting(code: str, risk: str, kind: str) -> Pair:
    """A risk without a measure that fits it, and with one."""
    return code, at_risk(risk, "07"), at_risk(risk, "07", measures=(measure(kind, risk),))


MEASURES: list[Pair] = [
    (
        "measure-missing",
        monitored(measures=(), identified_on=date(2026, 5, 30)),
        monitored(measures=(), identified_on=date(2026, 6, 1)),
    ),
    (
        "measure-late",
        monitored(measures=(measure("employment.export", planned_on=date(2025, 4, 1)),)),
        monitored(measures=(measure("employment.export", planned_on=date(2025, 3, 31)),)),
    ),
    (
        "measure-in-the-future",
        helped(measure("industry", delivered_on=date(2026, 7, 1))),
        helped(measure("industry", delivered_on=date(2026, 6, 30))),
    ),
    fitting("illness-without-measure", "01", "health"),
    fitting("schooling-without-measure", "09", "education.grant"),
    fitting("disaster-without-measure", "0203", "industry.planting"),
    fitting("disability-without-measure", "03", "security.disability"),
    fitting("housing-without-measure", "housing", "housing.rebuild"),
    fitting("water-without-measure", "water", "water"),
    (
        "employment-without-measure",
        monitored(measures=(measure("employment.export", fits=False),)),
        monitored(measures=(measure("employment.export"),)),
    ),
    (
        "dropout-without-measure",
        monitored(schooling_met=False),
        helped(measure("compulsory_education", "09"), schooling_met=False),
    ),
    (
        "uninsured-without-measure",
        monitored(worker(medical_insurance="none")),
        helped(HEALTH, members=(worker(medical_insurance="none"),)),
    ),
    (
        "severely-disabled-without-subsidy",
        at_risk("03", "07", members=(worker(), wife(**GRAVE))),
        at_risk(
            "03",
            "07",
            members=(worker(), wife(**GRAVE)),
            measures=(measure("security.disability", "03"), measure("industry")),
        ),
    ),
    ("nothing-to-earn-by", monitored(measures=(TRAINING, HEALTH)), monitored(measures=(TRAINING, measure("industry")))),
    ("allowances-alone", monitored(measures=(LIVING,)), monitored(measures=(LIVING, measure("industry")))),
    ("allowance-measure-nobody", helped(LIVING), eliminated(measures=(measure("employment.export"), LIVING))),
    ("allowance-without-measure", helped(members=(worker(), ALLOWED)), helped(LIVING, members=(worker(), ALLOWED))),
    ("support-measure-nobody", helped(SUPPORT), helped(SUPPORT, members=(worker(), SUPPORTED))),
    ("support-without-measure", helped(members=(worker(), SUPPORTED)), helped(SUPPORT, members=(worker(), SUPPORTED))),
    (
        "work-measure-nobody-works",
        monitored(head(), wife(), son()),
        monitored(head(), wife(), son(), measures=(TRAINING, measure("industry"))),
    ),
    ("post-measure-nobody", helped(POST), helped(POST, members=(worker(), wife(public_post=True)))),
    (
        "post-without-measure",
        helped(members=(worker(), wife(public_post=True))),
        helped(measure("employment.public_post"), members=(worker(), wife(public_post=True))),
    ),
    ("grant-no-student", helped(GRANT), helped(GRANT, members=(worker(), wife(), son(17, school_stage="vocational")))),
    (
        "premium-for-employees",
        helped(PREMIUM, members=(worker(medical_insurance="employee"),)),
        helped(PREMIUM, members=(worker(medical_insurance="employee"), wife())),
    ),
]
PAIRS: list[Pair] = [
    *IDENTITY,
    *RELATIONS,
    *MEMBERS,
    *LABOUR,
    *INSURANCE_AND_AID,
    *HOME_AND_CONTACT,
    *INCOME,
    *UNWATCHED,
    *CASE,
    *ELIMINATION,
    *MEASURES,
]
