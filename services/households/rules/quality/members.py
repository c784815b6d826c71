"""School, health and disability of each person."""

from services.households.rules.quality.record import HouseholdRecord, Person
from services.households.rules.quality.rule import FOUND, Params, of_person
from shared.contracts.quality_policies import QualityRules

COMPULSORY = frozenset({"primary", "junior"})
_FINISHED = {"10": 6, "20": 5, "30": 4, "40": 3, "60": 3, "70": 2, "80": 1}
"""GB/T 4658: how far somebody has come who has finished it; 90, none or other, says nothing."""
_ATTENDS = {"preschool": 0, "primary": 1, "junior": 2, "senior": 3, "vocational": 3, "college": 6}
"""What somebody who is still there can at most have finished, as above."""


@of_person("school-not-as-age", "logic", "member.school_stage", "member.birth_on")
def school_not_as_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "ages": a stage of school at an age at which nobody attends it."""
    years = numbers.school_ages.get(one.school_stage or "")
    if years is None or years.first <= one.age <= years.last:
        return None
    return {"age": one.age, "first": years.first, "last": years.last}


@of_person("child-at-no-school", "logic", "member.school_stage", "member.pupil")
def child_at_no_school(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "辍学" and Local terms, 控辍保学: of school age, at no school, not gravely disabled."""
    of_age = numbers.compulsory_age_first <= one.age <= numbers.compulsory_age_last
    excused = one.disability_level in (1, 2)
    return {"age": one.age} if of_age and not one.studies and not excused else None


@of_person("pupil-not-as-stage", "logic", "member.pupil", "member.school_stage")
def pupil_not_as_stage(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Register, 在校生状况: marked as pupil of compulsory education, and the stage says otherwise."""
    if one.school_stage is None:
        return None
    return FOUND if one.pupil != (one.school_stage in COMPULSORY) else None


@of_person("education-not-as-age", "logic", "member.education", "member.birth_on")
def education_not_as_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Register, 文化程度 and logic "ages": a degree that nobody has so young."""
    least = numbers.education_ages.get(one.education or "")
    return {"age": one.age, "least": least} if least is not None and one.age < least else None


@of_person("education-above-school", "logic", "member.education", "member.school_stage")
def education_above_school(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Register, 文化程度 and 在校生状况: at primary school with the degree of a junior one."""
    finished, attends = _FINISHED.get(one.education or ""), _ATTENDS.get(one.school_stage or "")
    return FOUND if finished is not None and attends is not None and finished > attends else None


@of_person("health-missing", "logic", "member.health")
def health_missing(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Register, 健康状况: everybody in a registered household has one."""
    return FOUND if home.registered and not one.health else None


@of_person("health-contradicts-itself", "logic", "member.health")
def health_contradicts_itself(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 健康: 健康, 长期慢性病, 患有大病, 残疾 are combinable, the first with none of the others."""
    return FOUND if "healthy" in one.health and len(one.health) > 1 else None


@of_person("disability-without-card", "logic", "member.disability_class", "member.disability_level", "member.health")
def disability_without_card(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 残疾人证: who is disabled has a class and a level on the card."""
    without = one.disability_class is None or one.disability_level is None
    return FOUND if "disabled" in one.health and without else None


@of_person("card-without-disability", "logic", "member.health", "member.disability_class", "member.disability_level")
def card_without_disability(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 残疾人证: who has a class or a level is disabled."""
    card = one.disability_class is not None or one.disability_level is not None
    return FOUND if card and one.health and "disabled" not in one.health else None


RULES = (
    school_not_as_age,
    child_at_no_school,
    pupil_not_as_stage,
    education_not_as_age,
    education_above_school,
    health_missing,
    health_contradicts_itself,
    disability_without_card,
    card_without_disability,
)
