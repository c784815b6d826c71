"""How people are related to the head (与户主关系), against their sex and age."""

from services.households.rules.quality import kinship
from services.households.rules.quality.record import HouseholdRecord, Person
from services.households.rules.quality.rule import FOUND, Params, of_household, of_person
from shared.clock import age_on
from shared.contracts.quality_policies import QualityRules


@of_household("head-missing", "fatal", "member.relation")
def head_missing(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 户主 missing or >1."""
    return FOUND if home.members and not home.heads else None


@of_household("head-twice", "fatal", "member.relation")
def head_twice(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 户主 missing or >1."""
    return {"count": len(home.heads)} if len(home.heads) > 1 else None


@of_person("spouse-of-same-sex", "fatal", "member.sex", "member.relation", "member.id_number")
def spouse_of_same_sex(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 户主 and 配偶 same sex."""
    return FOUND if one.relation in kinship.SPOUSES and home.head and home.head.sex == one.sex else None


@of_person("relation-not-as-sex", "fatal", "member.relation", "member.sex")
def relation_not_as_sex(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Fatal: 关系–sex mismatch."""
    wrong = kinship.FEMALE if one.sex == "1" else kinship.MALE
    return FOUND if one.relation in wrong else None


@of_household("spouse-twice", "logic", "member.relation")
def spouse_twice(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "户主 and 配偶": a head has one spouse."""
    count = sum(one.relation in kinship.SPOUSES for one in home.members)
    return {"count": count} if count > 1 else None


@of_person("self-beside-head", "logic", "member.relation")
def self_beside_head(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "户主 >1": somebody is 本人 to the head, who is somebody else."""
    return FOUND if one.relation == "01" and home.head else None


@of_household("parent-twice", "logic", "member.relation")
def parent_twice(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: a head has one father and one mother by birth."""
    entered = [one.relation for one in home.members if one.relation in kinship.BORN_PARENTS]
    return {"count": len(entered)} if len(entered) > len(set(entered)) else None


@of_household("birth-order-twice", "logic", "member.relation")
def birth_order_twice(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: two eldest sons, two second daughters."""
    entered = [one.relation for one in home.members if one.relation in kinship.NUMBERED_CHILDREN]
    return FOUND if len(entered) > len(set(entered)) else None


@of_person("in-laws-of-the-wrong-side", "logic", "member.relation")
def in_laws_of_the_wrong_side(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系–sex mismatch: a man has no 公婆, a woman no 岳父母."""
    if home.head is None:
        return None
    wrong = kinship.HUSBANDS_PARENTS if home.head.sex == "1" else kinship.WIFES_PARENTS
    return FOUND if one.relation in wrong else None


def _too_near(elder: Person, younger: Person, gap: int) -> Params | None:
    """`years`: how old the elder was when the younger was born, so that it is the same on every day."""
    years = age_on(elder.birth_on, younger.birth_on)
    return {"years": years, "least": gap} if years < gap else None


@of_person("child-too-near-in-age", "logic", "member.birth_on", "member.relation")
def child_too_near_in_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: parents are older than their children by birth."""
    if one.relation not in kinship.BORN_CHILDREN or not home.head:
        return None
    return _too_near(home.head, one, numbers.parent_gap_years)


@of_person("parent-too-near-in-age", "logic", "member.birth_on", "member.relation")
def parent_too_near_in_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: the head's father or mother is older than the head."""
    if one.relation not in kinship.BORN_PARENTS or not home.head:
        return None
    return _too_near(one, home.head, numbers.parent_gap_years)


@of_person("grandchild-too-near-in-age", "logic", "member.birth_on", "member.relation")
def grandchild_too_near_in_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: two generations lie between."""
    if one.relation not in kinship.GRANDCHILDREN or not home.head:
        return None
    return _too_near(home.head, one, numbers.grandparent_gap_years)


@of_person("grandparent-too-near-in-age", "logic", "member.birth_on", "member.relation")
def grandparent_too_near_in_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: two generations lie between."""
    if one.relation not in kinship.GRANDPARENTS or not home.head:
        return None
    return _too_near(one, home.head, numbers.grandparent_gap_years)


@of_person("child-too-far-in-age", "plausible", "member.relation", "member.birth_on")
def child_too_far_in_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: more years between than a parent has, so rather a grandchild."""
    if one.relation not in kinship.BORN_CHILDREN or not home.head:
        return None
    years = age_on(home.head.birth_on, one.birth_on)
    return {"years": years, "most": numbers.parent_gap_most} if years > numbers.parent_gap_most else None


@of_person("spouse-too-young", "logic", "member.birth_on", "member.relation")
def spouse_too_young(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: a spouse who is a child."""
    too_young = one.relation in kinship.SPOUSES and one.age < numbers.spouse_age_least
    return {"age": one.age, "least": numbers.spouse_age_least} if too_young else None


@of_person("spouses-far-in-age", "plausible", "member.birth_on", "member.relation")
def spouses_far_in_age(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: rather a parent or a child of the head."""
    if one.relation not in kinship.SPOUSES or not home.head:
        return None
    first, second = sorted((home.head.birth_on, one.birth_on))
    years = age_on(first, second)
    return {"years": years, "most": numbers.spouse_gap_most} if years > numbers.spouse_gap_most else None


@of_person("sibling-order", "logic", "member.relation", "member.birth_on")
def sibling_order(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 关系: an elder brother who is younger than the head, or the reverse."""
    if home.head is None:
        return None
    younger = one.birth_on > home.head.birth_on
    wrong = kinship.ELDER_SIBLINGS if younger else kinship.YOUNGER_SIBLINGS
    return FOUND if one.birth_on != home.head.birth_on and one.relation in wrong else None


@of_household("head-is-a-child", "plausible", "member.relation", "member.birth_on")
def head_is_a_child(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 户主: a minor is head while grown-ups live there."""
    if home.head is None or home.head.age >= numbers.adult_age:
        return None
    grown = sum(one.age >= numbers.adult_age for one in home.members)
    return {"age": home.head.age, "count": grown} if grown else None


@of_household("children-alone", "plausible", "member.left_on", "household.monitoring_state")
def children_alone(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from 失学/监护: only minors are left, and no case is open."""
    alone = bool(home.members) and all(one.age < numbers.adult_age for one in home.members)
    return {"count": len(home.members)} if alone and not home.watched else None


RULES = (
    head_missing,
    head_twice,
    spouse_of_same_sex,
    relation_not_as_sex,
    spouse_twice,
    self_beside_head,
    parent_twice,
    birth_order_twice,
    in_laws_of_the_wrong_side,
    child_too_near_in_age,
    parent_too_near_in_age,
    grandchild_too_near_in_age,
    grandparent_too_near_in_age,
    child_too_far_in_age,
    spouse_too_young,
    spouses_far_in_age,
    sibling_order,
    head_is_a_child,
    children_alone,
)
