"""Measures (帮扶措施) against the risks they answer, and against the people who get them (docs/field.md, Risks)."""

from services.households.rules.months import months_between
from services.households.rules.quality import case as risks
from services.households.rules.quality.record import Case, HouseholdRecord, Measure
from services.households.rules.quality.rule import FOUND, Params, Rule, of_case, of_monitored
from shared.contracts.quality_policies import QualityRules

MEASURES = "case.measures"
EARNING = frozenset({"developmental", "industry", "employment", "finance", "public_post"})
"""Kinds by which somebody earns (开发式帮扶)."""
NOT_ALONE = frozenset({"employment.training", "employment.other"})
LIVING_ALLOWANCE, EXTREME_POVERTY, DISABILITY_SUBSIDY = (
    "security.minimum_living",
    "security.extreme_poverty",
    "security.disability",
)


def _earns(one: Measure) -> bool:
    return one.kind in EARNING and one.code not in NOT_ALONE


def _labour(case: Case, home: HouseholdRecord) -> int:
    """How many can work while it is monitored; once its risk is gone, could on that day, and 0 where that was not kept."""
    if case.stage == "monitored":
        return sum(one.able for one in home.members)
    return case.at_elimination.able if case.at_elimination else 0


def _time_is_up(case: Case, home: HouseholdRecord, numbers: QualityRules) -> bool:
    """Whether the month has passed within which measures are found."""
    since = case.identified_on
    return since is not None and months_between(since, home.on) >= numbers.measure_within_months


@of_monitored("measure-missing", "fatal", MEASURES)
def measure_missing(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Steps: a measure must exist within 1 month of identification."""
    none = not case.measures and _time_is_up(case, home, numbers)
    return {"months": numbers.measure_within_months} if none else None


@of_case("measure-late", "logic", MEASURES, "case.identified_on")
def measure_late(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Steps: a measure must exist within 1 month of identification; the first came later. Help before is welcome."""
    if case.identified_on is None or not case.measures:
        return None
    first = min(one.planned_on for one in case.measures)
    months = months_between(case.identified_on, first) if first > case.identified_on else 0
    return {"months": months} if months >= numbers.measure_within_months else None


@of_case("measure-in-the-future", "logic", MEASURES)
def measure_in_the_future(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Steps, days: delivered on a day that has not come."""
    count = sum(one.delivered_on is not None and one.delivered_on > home.on for one in case.measures)
    return {"count": count} if count else None


def _fitting(code: str, risk: str, source: str) -> Rule:
    """A rule: after the month, no measure is recorded that fits this risk. Whether one fits, `measure-fit` says."""

    def check(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
        if not case.measures or not any(one.startswith(risk) for one in case.risks):
            return None
        fits = any(one.fits and (one.risk or "").startswith(risk) for one in case.measures)
        return FOUND if not fits and _time_is_up(case, home, numbers) else None

    check.__doc__ = source
    return of_case(code, "logic", MEASURES, "case.risks")(check)


FITTING = (
    _fitting("illness-without-measure", risks.ILLNESS, "Risks, risk 01: a health measure, or one by society."),
    _fitting(
        "schooling-without-measure",
        risks.SCHOOLING,
        "Risks, risk 09: compulsory schooling, other help with schooling, or help by society.",
    ),
    _fitting("disaster-without-measure", risks.DISASTER, "Risks, risk 02: production, or help by society."),
    _fitting("disability-without-measure", risks.DISABILITY, "Risks, risk 03: allowances, or help by society."),
    _fitting("housing-without-measure", risks.HOUSING, "Risks, unsafe housing: safe housing, or relocation."),
    _fitting("water-without-measure", risks.WATER, "Risks, unsafe water: safe drinking water."),
    _fitting("employment-without-measure", risks.EMPLOYMENT, "Risks, risk 07: help with work."),
)


@of_monitored("dropout-without-measure", "logic", MEASURES, "household.schooling_met")
def dropout_without_measure(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 失学辍学 present: 义务教育保障."""
    return FOUND if home.schooling_met is False and not case.has("compulsory_education") else None


@of_monitored("uninsured-without-measure", "logic", MEASURES, "member.medical_insurance")
def uninsured_without_measure(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 未参医保 present: 健康帮扶 or 社会帮扶."""
    return FOUND if home.uninsured > 0 and not case.has("health", "social") else None


@of_monitored("severely-disabled-without-subsidy", "logic", MEASURES, "member.disability_level")
def severely_disabled_without_subsidy(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 因残: 一二级残疾 without 残疾人补贴."""
    severe = any(one.disability_level in (1, 2) for one in home.members)
    risk = risks.DISABILITY in case.risks
    return FOUND if risk and severe and case.measures and not case.has(DISABILITY_SUBSIDY) else None


@of_case("nothing-to-earn-by", "logic", MEASURES)
def nothing_to_earn_by(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks: with labour → ≥ 1 开发式 measure, not 技能培训/其他 alone. One 兜底 alone is told by another rule."""
    count = _labour(case, home)
    if not count or not case.measures or all(one.kind == "security" for one in case.measures):
        return None
    return {"count": count} if not any(_earns(one) for one in case.measures) else None


@of_case("allowances-alone", "logic", MEASURES)
def allowances_alone(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks: 综合保障 alone for a household with labour is flagged (一兜了之)."""
    count = _labour(case, home)
    alone = bool(case.measures) and all(one.kind == "security" for one in case.measures)
    return {"count": count} if count and alone else None


@of_monitored("allowance-measure-nobody", "logic", MEASURES, "member.minimum_living_allowance")
def allowance_measure_nobody(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: measure says 低保 but nobody has it."""
    somebody = any(one.minimum_living_allowance is True for one in home.members)
    return FOUND if case.has(LIVING_ALLOWANCE) and not somebody else None


@of_monitored("allowance-without-measure", "logic", MEASURES, "member.minimum_living_allowance")
def allowance_without_measure(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: measure says 低保 but nobody has it, and the reverse."""
    count = sum(one.minimum_living_allowance is True for one in home.members)
    return {"count": count} if count and case.measures and not case.has(LIVING_ALLOWANCE) else None


@of_monitored("support-measure-nobody", "logic", MEASURES, "member.extreme_poverty_support")
def support_measure_nobody(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: measure says 特困 but nobody has it."""
    somebody = any(one.extreme_poverty_support is True for one in home.members)
    return FOUND if case.has(EXTREME_POVERTY) and not somebody else None


@of_monitored("support-without-measure", "logic", MEASURES, "member.extreme_poverty_support")
def support_without_measure(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: measure says 特困 but nobody has it, and the reverse."""
    count = sum(one.extreme_poverty_support is True for one in home.members)
    return {"count": count} if count and case.measures and not case.has(EXTREME_POVERTY) else None


@of_monitored("work-measure-nobody-works", "logic", MEASURES, "member.work_area", "member.public_post")
def work_measure_nobody_works(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: measure says 就业 but nobody works. Training comes before work, it says nothing."""
    at_work = any(one.kind == "employment" and one.delivered_on and one.code not in NOT_ALONE for one in case.measures)
    return FOUND if at_work and home.members and not any(one.works for one in home.members) else None


@of_monitored("post-measure-nobody", "logic", MEASURES, "member.public_post")
def post_measure_nobody(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: measure says 公益岗 but nobody works."""
    posted = any(one.delivered_on for one in case.measures if one.is_one_of("public_post", "employment.public_post"))
    return FOUND if posted and not any(one.public_post is True for one in home.members) else None


@of_monitored("post-without-measure", "logic", MEASURES, "member.public_post")
def post_without_measure(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: measure says 公益岗 but nobody works, and the reverse."""
    count = sum(one.public_post is True for one in home.members)
    missing = case.measures and not case.has("public_post", "employment.public_post")
    return {"count": count} if count and missing else None


@of_monitored("grant-no-student", "logic", MEASURES, "member.school_stage")
def grant_no_student(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: 雨露 recorded, no 中高职 student."""
    student = any(one.school_stage in ("vocational", "college") for one in home.members)
    return FOUND if case.has("education.dew") and not student else None


@of_monitored("premium-for-employees", "logic", MEASURES, "member.medical_insurance")
def premium_for_employees(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "both medical insurances": 居民医保个人缴费补贴, and nobody is insured as a resident."""
    known = [one.medical_insurance for one in home.members if one.medical_insurance is not None]
    return FOUND if case.has("health.premium") and known and "resident" not in known else None


RULES = (
    measure_missing,
    measure_late,
    measure_in_the_future,
    *FITTING,
    dropout_without_measure,
    uninsured_without_measure,
    severely_disabled_without_subsidy,
    nothing_to_earn_by,
    allowances_alone,
    allowance_measure_nobody,
    allowance_without_measure,
    support_measure_nobody,
    support_without_measure,
    work_measure_nobody_works,
    post_measure_nobody,
    post_without_measure,
    grant_no_student,
    premium_for_employees,
)
