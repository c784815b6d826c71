"""Personal data on their way into the register: sealed to be read back, indexed to be found."""

from collections.abc import Iterable
from typing import Any

from services.households.models import Household, Member
from services.households.rules.register import HouseholdFacts, MemberFacts
from services.households.rules.register_fields import HOUSEHOLD_FIELDS, MEMBER_FIELDS
from shared.idnumber import IdNumber
from shared.security.vault import Vault

ID_NUMBER, PERSON_PHONE, HOUSEHOLD_PHONE = "person.id_number", "person.phone", "household.phone"
"""Purposes: what is sealed for one cannot be passed off as another."""


def phone_index(vault: Vault, phone: str | None) -> str | None:
    """One index for all phones, whoever's they are: they are searched together."""
    return vault.index(phone, "phone") if phone else None


def sealed_phone(vault: Vault, phone: str | None, purpose: str) -> bytes | None:
    """The phone, for its purpose."""
    return vault.seal(phone.encode(), purpose) if phone else None


def sealed_id_number(vault: Vault, id_number: IdNumber) -> bytes:
    """The ID number."""
    return vault.seal(id_number.encode(), ID_NUMBER)


def open_text(vault: Vault, sealed: bytes | None, purpose: str) -> str | None:
    """What was sealed."""
    return vault.open(sealed, purpose).decode() if sealed else None


def household_values(vault: Vault, facts: HouseholdFacts) -> dict[str, Any]:
    """Columns of a household."""
    code = facts.national_code
    return {
        "national_code": code,
        "household_key": vault.household_key(code) if code else None,
        "area_code": facts.area_code,
        "address": facts.address,
        "natural_village": facts.natural_village,
        "household_class": facts.household_class,
        "phone_sealed": sealed_phone(vault, facts.phone, HOUSEHOLD_PHONE),
        "phone_index": phone_index(vault, facts.phone),
        **dict.fromkeys(HOUSEHOLD_FIELDS),
        **facts.further,
    }


def member_values(vault: Vault, facts: MemberFacts) -> dict[str, Any]:
    """Columns of a person."""
    return {
        "name": facts.name,
        "id_number_sealed": sealed_id_number(vault, facts.id_number),
        "person_key": vault.person_key(facts.id_number),
        "relation": facts.relation,
        "sex": facts.sex,
        "birth_on": facts.birth_on,
        "phone_sealed": sealed_phone(vault, facts.phone, PERSON_PHONE),
        "phone_index": phone_index(vault, facts.phone),
        "pupil": facts.pupil,
        "school_stage": facts.school_stage,
        "labour_skill": facts.labour_skill,
        "health": list(facts.health),
        **dict.fromkeys(MEMBER_FIELDS),
        **facts.further,
    }


def household_changes(vault: Vault, changes: dict[str, Any]) -> dict[str, Any]:
    """Columns for changed fields of a household."""
    values = dict(changes)
    if "phone" in values:
        phone = values.pop("phone")
        values |= {
            "phone_sealed": sealed_phone(vault, phone, HOUSEHOLD_PHONE),
            "phone_index": phone_index(vault, phone),
        }
    if "national_code" in values:
        code = values["national_code"]
        values["household_key"] = vault.household_key(code) if code else None
    return values


def member_changes(vault: Vault, changes: dict[str, Any]) -> dict[str, Any]:
    """Columns for changed fields of a person."""
    values = dict(changes)
    if "phone" in values:
        phone = values.pop("phone")
        values |= {"phone_sealed": sealed_phone(vault, phone, PERSON_PHONE), "phone_index": phone_index(vault, phone)}
    if "id_number" in values:
        number = values.pop("id_number")
        values |= {"id_number_sealed": sealed_id_number(vault, number), "person_key": vault.person_key(number)}
    return values


def registered(vault: Vault, of: Household | Member, fields: Iterable[str]) -> dict[str, Any]:
    """What is registered of `fields`, in clear, by the names that people enter them by."""
    return {name: _in_clear(vault, of, name) for name in fields}


def _in_clear(vault: Vault, of: Household | Member, field: str) -> Any:
    match field:
        case "phone":
            return open_text(vault, of.phone_sealed, PERSON_PHONE if isinstance(of, Member) else HOUSEHOLD_PHONE)
        case "id_number":
            assert isinstance(of, Member)
            return open_text(vault, of.id_number_sealed, ID_NUMBER)
    return getattr(of, field)
