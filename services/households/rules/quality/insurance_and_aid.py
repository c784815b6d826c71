"""Insurance (医保, 养老), and the two kinds of standing aid: 低保 and 特困."""

from services.households.rules.quality.record import HouseholdRecord, Person
from services.households.rules.quality.rule import FOUND, Params, of_person
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


@of_person("child-with-pension-insurance", "logic", "member.pension", "member.birth_on")
def child_with_pension_insurance(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Register, 养老险 and logic "ages": residents join at 16, students not at all."""
    young = one.age < numbers.labour_age_first and one.pension == "resident"
    return {"age": one.age} if young else None


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


RULES = (
    medical_insurance_unknown,
    medical_insurance_none,
    illness_insurance_alone,
    child_insured_as_employee,
    child_with_pension_insurance,
    two_kinds_of_aid,
    supported_and_working,
    supported_and_able,
)
