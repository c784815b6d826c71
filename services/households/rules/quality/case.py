"""The national case: its risks against the people, and its days.

Sources: docs/field.md, Steps and Risks.
"""

from services.households.rules.case_snapshot import Snapshot
from services.households.rules.months import months_between
from services.households.rules.quality.record import SOME_LABOUR, Case, HouseholdRecord
from services.households.rules.quality.rule import FOUND, Params, of_case, of_identification, of_monitored
from shared.contracts.quality_policies import QualityRules

RISKS_MOST = 5
ILLNESS, DISASTER, DISABILITY, LABOUR, EMPLOYMENT, SCHOOLING = "01", "02", "03", "04", "07", "09"
UNSAID_DISASTER = "0299"
HOUSING, WATER = "housing", "water"


@of_case("main-risk-missing", "fatal", "case.main_risk")
def main_risk_missing(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 风险1 empty."""
    return FOUND if case.main_risk is None else None


@of_case("main-risk-not-among-risks", "logic", "case.main_risk", "case.risks")
def main_risk_not_among_risks(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks: up to 5 per household, one main, which is one of them."""
    return FOUND if case.main_risk is not None and case.main_risk not in case.risks else None


@of_case("risks-too-many", "logic", "case.risks")
def risks_too_many(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks: up to 5 per household, each once."""
    wrong = len(case.risks) > RISKS_MOST or len(set(case.risks)) < len(case.risks)
    return {"count": len(case.risks)} if wrong else None


@of_case("disaster-unsaid", "logic", "case.risks")
def disaster_unsaid(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 因自然灾害: disaster sub-type empty. A list that says only 因自然灾害 comes in as 其他."""
    return FOUND if UNSAID_DISASTER in case.risks or DISASTER in case.risks else None


@of_case("class-of-lifted-out", "logic", "household.class", "case.monitoring_class")
def class_of_lifted_out(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Classes: 脱贫不稳定户 were lifted out, 边缘易致贫户 are ordinary households: when it was identified, as far as that
    was kept, and still, so that either can be mended. A list that brings a case says both itself."""
    wrong = {("unstable", "ordinary"), ("edge", "lifted_out")}
    then = case.at_identification.household_class if case.at_identification else None
    classes = {home.household_class, then or home.household_class}
    return FOUND if all((case.monitoring_class, one) in wrong for one in classes) else None


@of_case("class-missing", "fatal", "case.monitoring_class")
def class_missing(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Classes: a monitored household is of one of three classes (监测对象类型)."""
    return FOUND if case.monitoring_class is None else None


@of_monitored("illness-risk-nobody-ill", "logic", "case.risks", "member.health")
def illness_risk_nobody_ill(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 因病: nobody with 大病/慢病."""
    ill = any(state in ("chronic", "serious") for one in home.members for state in one.health)
    return FOUND if ILLNESS in case.risks and home.members and not ill else None


@of_identification("illness-risk-nothing-paid", "logic", "case.risks", "case.identified_on")
def illness_risk_nothing_paid(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Risks, 因病: 合规自付支出 = 0 when it was identified for that: a year after the illness nothing needs to be paid."""
    income = seen.income
    if income is None or income.net_per_head is None:  # nothing told is not nothing paid
        return None
    return FOUND if ILLNESS in seen.risks and ILLNESS in case.risks and income.rigid_medical == 0 else None


@of_monitored("schooling-risk-no-student", "logic", "case.risks", "member.school_stage")
def schooling_risk_no_student(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 因学: no student."""
    student = any(one.studies for one in home.members)
    return FOUND if SCHOOLING in case.risks and home.members and not student else None


@of_monitored("disability-risk-nobody-disabled", "logic", "case.risks", "member.health", "member.disability_class")
def disability_risk_nobody_disabled(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 因残: no disabled member."""
    disabled = any(one.disabled for one in home.members)
    return FOUND if DISABILITY in case.risks and home.members and not disabled else None


@of_monitored("labour-risk-all-able", "logic", "case.risks", "member.labour_skill")
def labour_risk_all_able(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 缺劳动力: all members able."""
    all_able = bool(home.members) and all(one.able for one in home.members)
    return FOUND if LABOUR in case.risks and all_able else None


@of_monitored("labour-risk-half-able", "logic", "case.risks", "member.labour_skill")
def labour_risk_half_able(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 缺劳动力: 4+ person family with over half able. What `labour-risk-all-able` tells is not told again."""
    people, able = len(home.members), sum(one.able for one in home.members)
    over = people >= numbers.large_family and people / 2 < able < people
    return {"count": able, "people": people} if LABOUR in case.risks and over else None


@of_monitored("labour-risk-many-able", "plausible", "case.risks", "member.labour_skill")
def labour_risk_many_able(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 缺劳动力: able share > 1/4. What the two rules before it tell is not told again."""
    people, able = len(home.members), sum(one.able for one in home.members)
    if LABOUR not in case.risks or not people or able == people:
        return None
    told = people >= numbers.large_family and able > people / 2
    return {"count": able, "people": people} if able / people > numbers.able_share_most and not told else None


@of_monitored("employment-risk-nobody-able", "logic", "case.risks", "member.labour_skill")
def employment_risk_nobody_able(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 务工就业不稳: nobody able to work."""
    able = any(one.labour_skill in SOME_LABOUR for one in home.members)
    return FOUND if EMPLOYMENT in case.risks and home.members and not able else None


@of_monitored("employment-risk-nobody-works", "logic", "case.risks", "member.work_area")
def employment_risk_nobody_works(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Risks, 务工就业不稳: nobody in the labour monitor."""
    works = any(one.works or one.work_months is not None for one in home.members)
    return FOUND if EMPLOYMENT in case.risks and home.members and not works else None


@of_case("case-days-out-of-order", "fatal", "case.identified_on", "case.eliminated_on")
def case_days_out_of_order(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Steps: a clue first, identified then, eliminated last, and nothing of it in the future."""
    told = [day for day in (case.opened_on, case.identified_on, case.eliminated_on, home.on) if day is not None]
    return FOUND if told != sorted(told) else None


@of_case("eliminated-too-soon", "fatal", "case.eliminated_on")
def eliminated_too_soon(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: closed in < 6 months (since Apr 2022): of those identified from that month on."""
    first, last = case.identified_on, case.eliminated_on
    if case.stage != "eliminated" or first is None or last is None or first < numbers.months_monitored_since:
        return None
    months = months_between(first, last)
    return {"months": months, "least": numbers.months_monitored} if months < numbers.months_monitored else None


@of_case("eliminated-without-contact", "logic", "case.has_contact", "household.phone")
def eliminated_without_contact(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Steps, after: 监测联系人+电话 needed."""
    return FOUND if case.stage == "eliminated" and case.has_contact is False else None


@of_case("state-not-as-case", "logic", "household.monitoring_state")
def state_not_as_case(case: Case, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Local terms, 账账相符: the register says monitored, the case says eliminated, or the reverse."""
    state = home.monitoring_state
    return FOUND if state in ("monitored", "eliminated") and state != case.stage else None


RULES = (
    main_risk_missing,
    main_risk_not_among_risks,
    risks_too_many,
    disaster_unsaid,
    class_of_lifted_out,
    class_missing,
    illness_risk_nobody_ill,
    illness_risk_nothing_paid,
    schooling_risk_no_student,
    disability_risk_nobody_disabled,
    labour_risk_all_able,
    labour_risk_half_able,
    labour_risk_many_able,
    employment_risk_nobody_able,
    employment_risk_nobody_works,
    case_days_out_of_order,
    eliminated_too_soon,
    eliminated_without_contact,
    state_not_as_case,
)
