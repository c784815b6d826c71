"""What people can do, and what work (务工) they are recorded with."""

from itertools import combinations

from services.households.rules.quality.record import SOME_LABOUR, HouseholdRecord, Person
from services.households.rules.quality.rule import FOUND, Params, of_household, of_person
from shared.contracts.quality_policies import QualityRules

COUNTY_DIGITS = 6


@of_person("child-with-labour", "logic", "member.labour_skill", "member.birth_on")
def child_with_labour(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: under-16 not 无劳动力."""
    young = one.age < numbers.labour_age_first and one.labour_skill not in (None, "none")
    return {"age": one.age, "least": numbers.labour_age_first} if young else None


@of_person("healthy-adult-without-labour", "logic", "member.labour_skill", "member.health", "member.school_stage")
def healthy_adult_without_labour(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: 16–59 healthy non-student marked weak."""
    if not numbers.labour_age_first <= one.age <= numbers.labour_age_last or one.studies:
        return None
    healthy = one.health == ("healthy",) and one.disability_class is None
    return {"age": one.age} if healthy and one.labour_skill in ("weak", "lost", "none") else None


@of_person("labour-missing", "logic", "member.labour_skill")
def labour_missing(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "劳动技能": everybody in a registered household has one (Register)."""
    return FOUND if home.registered and one.labour_skill is None else None


@of_person("old-with-full-labour", "plausible", "member.labour_skill", "member.birth_on")
def old_with_full_labour(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "ages": a full day's work at an age at which nobody does one."""
    return (
        {"age": one.age, "most": numbers.full_labour_age_last}
        if one.age > numbers.full_labour_age_last and one.able
        else None
    )


@of_person("severely-disabled-with-full-labour", "logic", "member.labour_skill", "member.disability_level")
def severely_disabled_with_full_labour(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from Risks, 因残: disabled of level 1 with a full day's work."""
    return FOUND if one.disability_level == 1 and one.able else None


@of_person("child-working", "fatal", "member.work_area", "member.work_months", "member.birth_on")
def child_working(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Local terms: HR must not introduce under-16s to work; nobody under 16 works."""
    young = one.age < numbers.labour_age_first and one.works_away
    return {"age": one.age, "least": numbers.labour_age_first} if young else None


@of_person("pupil-working", "logic", "member.school_stage", "member.work_area", "member.work_months")
def pupil_working(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "non-student": at school and away at work at once; older students work in the holidays."""
    at_school = one.pupil or one.school_stage in ("primary", "junior", "senior")
    return FOUND if at_school and one.works and one.age >= numbers.labour_age_first else None


@of_person("working-without-labour", "logic", "member.labour_skill", "member.work_area", "member.work_months")
def working_without_labour(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "劳动技能": works away, and is marked as lost or without labour."""
    return FOUND if one.works_away and one.labour_skill in ("lost", "none") else None


@of_person("work-without-place", "logic", "member.work_area")
def work_without_place(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Work: place, wage all present. Months or a wage, and no place."""
    earns = bool(one.work_months) or bool(one.work_income)
    return FOUND if earns and one.work_area is None and one.public_post is not True else None


@of_person("work-place-vague", "logic", "member.work_area")
def work_place_vague(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Work: place to county level."""
    place = one.work_area
    vague = place is not None and place.isdigit() and place[4:COUNTY_DIGITS] == "00"
    return FOUND if vague else None


@of_person("work-without-months", "logic", "member.work_months")
def work_without_months(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 务工时长(月): a place and no months."""
    return FOUND if one.work_area is not None and not one.work_months else None


@of_person("work-months-out-of-range", "logic", "member.work_months")
def work_months_out_of_range(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 务工时长(月): a year has twelve."""
    wrong = one.work_months is not None and not 0 <= one.work_months <= 12
    return {"months": one.work_months} if wrong else None


@of_person("work-without-wage", "logic", "member.work_income")
def work_without_wage(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Work: wage present. A place and months, and no wage."""
    return FOUND if one.work_area is not None and one.work_months and one.work_income is None else None


@of_person("wage-too-low", "plausible", "member.work_income")
def wage_too_low(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: 务工月收入 < 100."""
    low = one.work_income is not None and one.work_income < numbers.wage_least
    return {"wage": one.work_income, "least": numbers.wage_least} if low and one.works else None


@of_person("wage-low", "plausible", "member.work_income")
def wage_low(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: 务工月收入, a second rule: < 400. What `wage-too-low` tells is not told again."""
    low = one.work_income is not None and numbers.wage_least <= one.work_income < numbers.wage_low
    return {"wage": one.work_income, "least": numbers.wage_low} if low and one.works_away else None


@of_person("wage-too-high", "plausible", "member.work_income")
def wage_too_high(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: 务工月收入 > 30,000."""
    high = one.work_income is not None and one.work_income > numbers.wage_most
    return {"wage": one.work_income, "most": numbers.wage_most} if high else None


@of_person("public-post-age", "logic", "member.public_post", "member.birth_on")
def public_post_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: under-16 or 70+ in 公益岗."""
    fits = numbers.public_post_age_first <= one.age <= numbers.public_post_age_last
    return {"age": one.age} if one.public_post is True and not fits else None


@of_household("public-posts-too-many", "logic", "member.public_post")
def public_posts_too_many(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Logic: ≥ 3 公益岗."""
    count = sum(one.public_post is True for one in home.members)
    return {"count": count, "most": numbers.public_posts_most} if count > numbers.public_posts_most else None


@of_person("public-post-elsewhere", "logic", "member.public_post", "member.work_area")
def public_post_elsewhere(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Work: no 公益岗/帮扶车间 for out-of-county."""
    away = one.work_area is not None and one.work_area[:COUNTY_DIGITS] != home.area_code[:COUNTY_DIGITS]
    return FOUND if one.public_post is True and away else None


@of_person("public-post-without-labour", "logic", "member.public_post", "member.labour_skill")
def public_post_without_labour(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from logic "measure says 公益岗": a post for somebody who can do no work at all."""
    unable = one.labour_skill is not None and one.labour_skill not in SOME_LABOUR
    return FOUND if one.public_post is True and unable else None


@of_household("one-phone-in-two-counties", "plausible", "member.phone", "member.work_area")
def one_phone_in_two_counties(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: same phone for members working in two counties."""
    away = [one for one in home.members if one.phone_key and one.work_area]
    for one, other in combinations(away, 2):
        places = (one.work_area or "")[:COUNTY_DIGITS], (other.work_area or "")[:COUNTY_DIGITS]
        if one.phone_key == other.phone_key and places[0] != places[1]:
            return FOUND
    return None


RULES = (
    child_with_labour,
    healthy_adult_without_labour,
    labour_missing,
    old_with_full_labour,
    severely_disabled_with_full_labour,
    child_working,
    pupil_working,
    working_without_labour,
    work_without_place,
    work_place_vague,
    work_without_months,
    work_months_out_of_range,
    work_without_wage,
    wage_too_low,
    wage_low,
    wage_too_high,
    public_post_age,
    public_posts_too_many,
    public_post_elsewhere,
    public_post_without_labour,
    one_phone_in_two_counties,
)
