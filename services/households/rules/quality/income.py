"""The twelve months' sums, against themselves and against who lives there."""

from services.households.rules.case_snapshot import Snapshot
from services.households.rules.income_year import Income
from services.households.rules.months import months_between
from services.households.rules.quality.record import Case, HouseholdRecord
from services.households.rules.quality.rule import FOUND, Params, of_identification, of_income
from shared.contracts.quality_policies import QualityRules


@of_income("income-not-the-sum", "fatal", "income.net_income")
def income_not_the_sum(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Income: 纯收入 = 工资性 + 生产经营性 + 财产性 + 转移性 − 生产经营性支出."""
    sums = income.wages + income.business + income.property_income + income.transfers - income.business_costs
    return {"amount": income.net_income, "sum": sums} if abs(sums - income.net_income) > 1 else None


@of_income("income-negative", "plausible", "income.net_income")
def income_negative(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from plausibility "人均纯收入": costs of farming above everything that came in."""
    return {"amount": income.net_income} if income.net_income < 0 else None


@of_identification("income-too-high", "plausible", "case.identified_on", "case.monitoring_class")
def income_too_high(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Plausibility: 人均纯收入 at identification > 20,000."""
    per_head = seen.income.net_per_head if seen.income else None
    high = per_head is not None and per_head > numbers.income_most
    return {"amount": per_head, "most": numbers.income_most} if high else None


@of_income("income-of-other-people", "plausible", "income.people")
def income_of_other_people(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Income: divided by 家庭人口; more are told than live there, or fewer."""
    lives = len(home.members)
    return {"people": income.people, "count": lives} if income.people != lives else None


@of_income("income-stale", "plausible", "income.period_last")
def income_stale(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Income: rolling 12 months; a monitored household's were not computed for long."""
    months = months_between(income.period_last, home.on)
    return {"months": months} if home.watched and months > numbers.income_months_most else None


@of_income("wages-nobody-works", "logic", "income.wages", "member.work_area", "member.public_post")
def wages_nobody_works(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "nobody works": wages (务工, 公益岗) are counted, and no work is recorded."""
    return FOUND if income.wages > 0 and home.members and not any(one.works for one in home.members) else None


@of_income("work-without-wages", "logic", "income.wages", "member.work_income")
def work_without_wages(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "nobody works", the reverse: somebody earns away, and no wages are counted."""
    count = sum(bool(one.work_income) and bool(one.work_months) for one in home.members)
    return {"count": count} if income.wages == 0 and count else None


@of_income("aid-without-transfers", "logic", "income.transfers", "member.minimum_living_allowance")
def aid_without_transfers(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Income: 低保金, 特困金 are transfers; somebody has one, and none are counted."""
    aided = any(one.minimum_living_allowance or one.extreme_poverty_support for one in home.members)
    return FOUND if aided and income.transfers == 0 else None


@of_income("schooling-costs-nobody-studies", "logic", "income.rigid_education", "member.school_stage")
def schooling_costs_nobody_studies(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Risks, 因学 "no student": costs of schooling, and nobody is at school."""
    return FOUND if income.rigid_education > 0 and not any(one.studies for one in home.members) else None


@of_income("medical-costs-nobody-ill", "plausible", "income.rigid_medical", "member.health")
def medical_costs_nobody_ill(income: Income, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Risks, 因病 "nobody with 大病/慢病": a great deal paid at hospitals, and all are healthy."""
    known = [one.health for one in home.members if one.health]
    healthy = bool(known) and all(health == ("healthy",) for health in known)
    much = income.rigid_medical > numbers.medical_costs_most
    return {"amount": income.rigid_medical, "most": numbers.medical_costs_most} if healthy and much else None


RULES = (
    income_not_the_sum,
    income_negative,
    income_too_high,
    income_of_other_people,
    income_stale,
    wages_nobody_works,
    work_without_wages,
    aid_without_transfers,
    schooling_costs_nobody_studies,
    medical_costs_nobody_ill,
)
