"""Dwelling, relocation, land, road, and how the household is reached."""

from services.households.rules.quality.record import HouseholdRecord, Person
from services.households.rules.quality.rule import FOUND, Params, of_household, of_person
from shared.contracts.quality_policies import QualityRules

MOBILE_DIGITS = 11


@of_household("dangerous-home-called-safe", "logic", "household.safe_housing", "household.dwelling_level")
def dangerous_home_called_safe(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "危房": level C or D as the only home, and housing is marked safe."""
    return {"level": home.dwelling_level} if home.dangerous_home and home.safe_housing is True else None


@of_household("sound-home-called-unsafe", "logic", "household.safe_housing", "household.dwelling_level")
def sound_home_called_unsafe(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "危房": level A or B, and housing is marked unsafe."""
    sound = home.dwelling_level in ("A", "B")
    return {"level": home.dwelling_level} if sound and home.safe_housing is False else None


@of_household("relocated-to-danger", "logic", "household.dwelling_level", "household.relocated")
def relocated_to_danger(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Derived from fatal "危房": a relocated household lives in a new house, the old one is not its only home."""
    return {"level": home.dwelling_level} if home.relocated is True and home.dangerous_home else None


@of_household("relocated-without-site", "logic", "household.relocation_site")
def relocated_without_site(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 是否集中安置区+地址: in a collective site or not; marked as relocated, no site is given."""
    return FOUND if home.relocated is True and not home.relocation_site else None


@of_household("site-without-relocation", "logic", "household.relocated", "household.relocation_site")
def site_without_relocation(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 是否集中安置区+地址: a site is given, and the household is not marked as relocated."""
    return FOUND if home.relocation_site and home.relocated is not True else None


@of_household("relocated-nobody", "logic", "household.relocated", "member.relocated")
def relocated_nobody(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 易迁人口: household and members contradict each other."""
    told = [one.relocated for one in home.members if one.relocated is not None]
    if home.relocated is None or not told:
        return None
    return FOUND if home.relocated is not any(told) else None


@of_household("land-negative", "logic", "household.land_mu")
def land_negative(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: land < 0."""
    return {"mu": home.land_mu} if home.land_mu is not None and home.land_mu < 0 else None


@of_household("land-much", "plausible", "household.land_mu")
def land_much(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: land > 100/200 亩, the lower of the two. What `land-too-much` tells is not told again."""
    much = home.land_mu is not None and numbers.land_mu_much < home.land_mu <= numbers.land_mu_most
    return {"mu": home.land_mu, "most": numbers.land_mu_much} if much else None


@of_household("land-too-much", "logic", "household.land_mu")
def land_too_much(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: land > 100/200 亩, the higher of the two: rather square metres than 亩."""
    much = home.land_mu is not None and home.land_mu > numbers.land_mu_most
    return {"mu": home.land_mu, "most": numbers.land_mu_most} if much else None


@of_household("road-too-far", "plausible", "household.road_km")
def road_too_far(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: road > 5 km. Rather metres than kilometres."""
    far = home.road_km is not None and home.road_km > numbers.road_km_most
    return {"km": home.road_km, "most": numbers.road_km_most} if far else None


@of_household("phone-missing", "logic", "household.phone", "member.phone")
def phone_missing(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 电话: a registered household that nobody can call."""
    reached = home.phone_key is not None or any(one.phone_key for one in home.members)
    return FOUND if home.registered and home.members and not reached else None


@of_household("phone-not-11-digits", "plausible", "household.phone")
def phone_not_11_digits(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: phone not 11 digits."""
    wrong = home.phone_length is not None and home.phone_length != MOBILE_DIGITS
    return {"digits": home.phone_length} if wrong else None


@of_person("member-phone-not-11-digits", "plausible", "member.phone")
def member_phone_not_11_digits(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: phone not 11 digits."""
    wrong = one.phone_length is not None and one.phone_length != MOBILE_DIGITS
    return {"digits": one.phone_length} if wrong else None


@of_household("phone-in-two-households", "plausible", "household.phone")
def phone_in_two_households(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: same phone in two households."""
    return FOUND if home.phone_shared else None


@of_person("member-phone-in-two-households", "plausible", "member.phone")
def member_phone_in_two_households(one: Person, home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Plausibility: same phone in two households."""
    return FOUND if one.phone_shared and one.phone_key != home.phone_key else None


@of_household("national-code-missing", "logic", "household.national_code")
def national_code_missing(home: HouseholdRecord, numbers: QualityRules) -> Params | None:
    """Register, 户编号(national): a registered household has one."""
    return FOUND if home.registered and home.national_code is None else None


RULES = (
    dangerous_home_called_safe,
    sound_home_called_unsafe,
    relocated_to_danger,
    relocated_without_site,
    site_without_relocation,
    relocated_nobody,
    land_negative,
    land_much,
    land_too_much,
    road_too_far,
    phone_missing,
    phone_not_11_digits,
    member_phone_not_11_digits,
    phone_in_two_households,
    member_phone_in_two_households,
    national_code_missing,
)
