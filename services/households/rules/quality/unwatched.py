"""Should be monitored and is not (应纳未纳): gaps of today in a household that nobody watches.

Whose risk is gone is watched no more. Whether it was called gone rightly is another question (`elimination.py`).
"""

from services.households.rules.quality.record import HouseholdRecord, Yuan
from services.households.rules.quality.rule import FOUND, Params, of_household
from shared.contracts.quality_policies import QualityRules

CASE = "household.monitoring_state"


def _under(amount: Yuan, line: int | None) -> Params | None:
    under = amount is not None and line is not None and amount < line
    return {"amount": amount, "line": line} if under else None


@of_household("lifted-out-under-line", "fatal", CASE, "income.net_per_head")
def lifted_out_under_line(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 脱贫户 under the line not monitored."""
    income = home.income
    if home.watched or home.household_class == "ordinary" or income is None:
        return None
    return _under(income.net_per_head, income.line)


@of_household("ordinary-under-line", "fatal", CASE, "income.net_per_head")
def ordinary_under_line(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: under the line not monitored; Classes, 边缘易致贫户 are ordinary households inside the 监测范围."""
    income = home.income
    if home.watched or home.household_class != "ordinary" or income is None:
        return None
    return _under(income.net_per_head, income.line)


@of_household("reference-under-line", "fatal", CASE, "income.reference_per_head")
def reference_under_line(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: under the line not monitored; Income, the reference income after 合规自付 is what counts."""
    income = home.income
    if home.watched or income is None or _under(income.net_per_head, income.line):
        return None
    return _under(income.reference_per_head, income.line)


@of_household("spending-swallows-income", "logic", CASE, "income.rigid_medical")
def spending_swallows_income(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Classes, 突发严重困难户: rigid spending takes most of an income above the line, and no case is open."""
    income = home.income
    if home.watched or income is None or income.net_income <= 0:
        return None
    share = (income.rigid - income.claims) / income.net_income
    if share <= numbers.rigid_share_most:
        return None
    return {"percent": round(share * 100), "most": round(numbers.rigid_share_most * 100)}


@of_household("unsafe-home-unwatched", "fatal", CASE, "household.safe_housing", "household.dwelling_level")
def unsafe_home_unwatched(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 危房 in a non-monitored household."""
    return FOUND if not home.watched and (home.safe_housing is False or home.dangerous_home) else None


@of_household("unsafe-water-unwatched", "fatal", CASE, "household.safe_water")
def unsafe_water_unwatched(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 饮水 gap in a non-monitored household."""
    return FOUND if not home.watched and home.safe_water is False else None


@of_household("dropout-unwatched", "fatal", CASE, "household.schooling_met")
def dropout_unwatched(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 辍学 in a non-monitored household."""
    return FOUND if not home.watched and home.schooling_met is False else None


@of_household("medical-gap-unwatched", "fatal", CASE, "household.medical_met", "member.medical_insurance")
def medical_gap_unwatched(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 医保 gap in a non-monitored household: it says so itself, or somebody in a registered one is uninsured."""
    if home.watched:
        return None
    uninsured = home.registered and home.uninsured > 0
    return FOUND if home.medical_met is False or uninsured else None


@of_household("monitored-without-case", "fatal", "household.class", CASE)
def monitored_without_case(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Local terms, 体外循环: called monitored (监测对象), and there is no case."""
    called = home.household_class == "monitored" or home.monitoring_state is not None
    return FOUND if called and home.case is None else None


@of_household("no-labour-not-covered", "logic", "household.no_labour_covered", "member.minimum_living_allowance")
def no_labour_not_covered(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 整户无劳动能力兜底: marked as covered, and nobody has 低保 or 特困."""
    covered = any(one.minimum_living_allowance or one.extreme_poverty_support for one in home.members)
    return FOUND if home.no_labour_covered is True and not covered else None


@of_household("covered-with-labour", "logic", "household.no_labour_covered", "member.labour_skill")
def covered_with_labour(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 整户无劳动能力兜底: marked as a household without labour, and somebody is able."""
    count = sum(one.able for one in home.members)
    return {"count": count} if home.no_labour_covered is True and count else None


@of_household("cause-missing", "logic", "household.poverty_cause")
def cause_missing(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 致贫原因 stands in the 32 columns of every 脱贫户."""
    return FOUND if home.household_class == "lifted_out" and home.poverty_cause is None else None


@of_household("disability-cause-nobody-disabled", "logic", "household.poverty_cause", "member.health")
def disability_cause_nobody_disabled(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Risks, 因残 and 致贫原因: poor by disability, and nobody is disabled."""
    disabled = any(one.disabled for one in home.members)
    return FOUND if home.poverty_cause == "disability" and home.members and not disabled else None


RULES = (
    lifted_out_under_line,
    ordinary_under_line,
    reference_under_line,
    spending_swallows_income,
    unsafe_home_unwatched,
    unsafe_water_unwatched,
    dropout_unwatched,
    medical_gap_unwatched,
    monitored_without_case,
    no_labour_not_covered,
    covered_with_labour,
    cause_missing,
    disability_cause_nobody_disabled,
)
