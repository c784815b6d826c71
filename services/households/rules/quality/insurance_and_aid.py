"""Insurance (医保, 养老), and the two kinds of standing aid: 低保 and 特困."""

from services.households.rules.quality.record import HouseholdRecord, Person
from services.households.rules.quality.rule import FOUND, Params, of_household, of_person
from shared.contracts.quality_policies import QualityRules


@of_person("medical-insurance-unknown", "logic", "member.medical_insurance")
def medical_insurance_unknown(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: both or neither medical insurance. The register has one field, so both cannot be entered."""
    return FOUND if home.registered and one.medical_insurance is None else None


@of_person("medical-insurance-none", "logic", "member.medical_insurance")
def medical_insurance_none(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: both or neither medical insurance. A new-born child has some months to be insured in."""
    return FOUND if home.registered and one.medical_insurance == "none" and one.age >= 1 else None


@of_person("illness-insurance-alone", "logic", "member.serious_illness_insurance", "member.medical_insurance")
def illness_insurance_alone(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "medical insurance": 大病险 comes with the basic one, never without."""
    return FOUND if one.serious_illness_insurance is True and one.medical_insurance == "none" else None


@of_person("child-insured-as-employee", "logic", "member.medical_insurance", "member.birth_on")
def child_insured_as_employee(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "medical insurance": nobody under 16 is employed."""
    young = one.age < numbers.labour_age_first and "employee" in (one.medical_insurance, one.pension)
    return {"age": one.age} if young else None


@of_person("employee-without-work", "plausible", "member.medical_insurance", "member.work_area")
def employee_without_work(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "medical insurance": insured as an employee at working age, and no work is known."""
    at_work_age = numbers.labour_age_first <= one.age <= numbers.labour_age_last
    return FOUND if at_work_age and one.medical_insurance == "employee" and not one.works else None


@of_person("child-with-pension-insurance", "logic", "member.pension", "member.birth_on")
def child_with_pension_insurance(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from §1.6 养老险 and logic "ages": residents join at 16, students not at all."""
    young = one.age < numbers.labour_age_first and one.pension == "resident"
    return {"age": one.age} if young else None


@of_person("old-without-pension", "plausible", "member.pension")
def old_without_pension(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from §1.6 养老险: from 60 on everybody may have the residents' pension."""
    return {"age": one.age} if one.age >= numbers.pension_age and one.pension == "none" else None


@of_person("two-kinds-of-aid", "logic", "member.minimum_living_allowance", "member.extreme_poverty_support")
def two_kinds_of_aid(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "低保/特困": who is supported as 特困 gets no 低保."""
    return FOUND if one.minimum_living_allowance is True and one.extreme_poverty_support is True else None


@of_person("supported-and-working", "logic", "member.extreme_poverty_support", "member.work_area")
def supported_and_working(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: 特困 person migrating."""
    return FOUND if one.extreme_poverty_support is True and one.works_away else None


@of_person("supported-and-able", "logic", "member.extreme_poverty_support", "member.labour_skill")
def supported_and_able(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "特困": it is for people without labour."""
    return FOUND if one.extreme_poverty_support is True and one.able else None


@of_person("supported-beside-supporters", "plausible", "member.extreme_poverty_support", "member.relation")
def supported_beside_supporters(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "特困": it is for people whom nobody has to and can support."""
    if one.extreme_poverty_support is not True:
        return None
    count = sum(other.able and other.works_away for other in home.members if other is not one)
    return {"count": count} if count else None


@of_household("allowance-beside-wages", "plausible", "member.minimum_living_allowance", "member.work_income")
def allowance_beside_wages(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "低保": the household gets 低保, and its wages a head are far above any line."""
    if not any(one.minimum_living_allowance is True for one in home.members):
        return None
    wages = sum((one.work_income or 0) * (one.work_months or 0) for one in home.members)
    a_head = wages / len(home.members)
    return {"amount": round(a_head), "most": numbers.income_most} if a_head > numbers.income_most else None


@of_person("severely-disabled-aid-unknown", "plausible", "member.minimum_living_allowance", "member.disability_level")
def severely_disabled_aid_unknown(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from §1.5 因残: level 1 or 2 in a registered household, and neither 低保 nor 特困 is recorded as asked."""
    asked = one.minimum_living_allowance is not None or one.extreme_poverty_support is not None
    return FOUND if home.registered and one.disability_level in (1, 2) and not asked else None


RULES = (
    medical_insurance_unknown,
    medical_insurance_none,
    illness_insurance_alone,
    child_insured_as_employee,
    employee_without_work,
    child_with_pension_insurance,
    old_without_pension,
    two_kinds_of_aid,
    supported_and_working,
    supported_and_able,
    supported_beside_supporters,
    allowance_beside_wages,
    severely_disabled_aid_unknown,
)
