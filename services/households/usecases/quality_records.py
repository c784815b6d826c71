"""Rows → the records that the audit rules look at. Sealed numbers and phones are opened and forgotten here."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from services.households.queries.case_snapshots import FACTS
from services.households.queries.quality_facts import QualityFacts
from services.households.rules.case_snapshot import Snapshot
from services.households.rules.income_year import Income
from services.households.rules.monitoring.states import CLOSED, IDENTIFIED
from services.households.rules.quality.record import Case, HouseholdRecord, Measure, Person
from services.households.usecases.sealing import HOUSEHOLD_PHONE, ID_NUMBER, PERSON_PHONE
from shared import idnumber
from shared.clock import age_on, local_date
from shared.idnumber import InvalidIdNumber
from shared.security.vault import CannotOpen, Vault

UNREADABLE = "id-number-characters"
"""What is said of a number that the vault cannot open: nobody can read it."""


def records(facts: QualityFacts, vault: Vault, on: date) -> list[HouseholdRecord]:
    """One record for each household, on the day `on`. Runs in a thread: a village takes a second."""
    elsewhere: dict[tuple[UUID, UUID | None], set[str]] = defaultdict(set)
    for row in facts.elsewhere:
        elsewhere[row["household_id"], row["member_id"]].add(row["what"])
    people: dict[UUID, list[Person]] = defaultdict(list)
    for row in facts.members:
        household_id = row["household_id"]
        people[household_id].append(_person(row, elsewhere.get((household_id, row["id"]), frozenset()), vault, on))
    incomes = {row["household_id"]: _income(row) for row in facts.incomes}
    helped: dict[UUID, list[Measure]] = defaultdict(list)
    for row in facts.measures:
        helped[row["household_id"]].append(Measure(*row[1:]))
    seen = {(row["household_id"], row["state"]): FACTS.validate_json(row["facts"]) for row in facts.snapshots}
    cases = {row["household_id"]: _case(row, helped.get(row["household_id"], ()), seen) for row in facts.cases}
    made = []
    for row in facts.households:
        id_ = row["id"]
        shared = (id_, None) in elsewhere
        made.append(_household(row, tuple(people.get(id_, ())), incomes.get(id_), cases.get(id_), shared, vault, on))
    return made


def _household(
    row: Any,
    members: tuple[Person, ...],
    income: Income | None,
    case: Case | None,
    phone_shared: bool,
    vault: Vault,
    on: date,
) -> HouseholdRecord:
    same = (
        *("id", "area_code", "national_code", "natural_village", "relocated", "relocation_site", "dwelling_level"),
        *("only_home", "safe_housing", "safe_water", "schooling_met", "medical_met", "land_mu", "road_km"),
        *("no_labour_covered", "poverty_cause", "monitoring_state"),
    )
    return HouseholdRecord(
        on=on,
        household_class=row["class"],
        phone_key=row["phone_index"],
        phone_length=_length(vault, row["phone_sealed"], HOUSEHOLD_PHONE),
        phone_shared=phone_shared,
        members=members,
        income=income,
        case=case,
        **{name: row[name] for name in same},
    )


_SAME = (
    *("id", "name", "relation", "sex", "birth_on", "person_key", "pupil", "school_stage", "labour_skill"),
    *("education", "disability_class", "disability_level", "work_area", "work_months", "work_income", "public_post"),
    *("medical_insurance", "serious_illness_insurance", "pension", "minimum_living_allowance"),
    *("extreme_poverty_support", "relocated"),
)


def _person(row: Any, seen: set[str] | frozenset[str], vault: Vault, on: date) -> Person:
    fault, sex, birth_on = _read_number(row["id_number_sealed"], vault, on)
    return Person(
        age=age_on(row["birth_on"], on),
        id_fault=fault,
        id_sex=sex,
        id_birth_on=birth_on,
        in_another_household="claimed" in seen,
        recorded_dead="dead" in seen,
        phone_key=row["phone_index"],
        phone_length=_length(vault, row["phone_sealed"], PERSON_PHONE),
        phone_shared="phone" in seen,
        health=tuple(row["health"]),
        **{name: row[name] for name in _SAME},
    )


def _read_number(sealed: bytes, vault: Vault, on: date) -> tuple[str | None, str | None, date | None]:
    """Fault, sex and birthday; the number goes no further."""
    try:
        number = idnumber.normalise(vault.open(sealed, ID_NUMBER).decode(), on)
    except CannotOpen:
        return UNREADABLE, None, None
    except InvalidIdNumber as fault:
        return fault.code.value, None, None
    return None, idnumber.sex(number), idnumber.birth_on(number)


def _length(vault: Vault, sealed: bytes | None, purpose: str) -> int | None:
    try:
        return len(vault.open(sealed, purpose)) if sealed else None
    except CannotOpen:
        return 0


def _income(row: Any) -> Income:
    values = dict(row)
    del values["household_id"]
    return Income(property_income=values.pop("property"), **values)


def _case(row: Any, measures: Sequence[Measure], seen: Mapping[tuple[UUID, str], Snapshot]) -> Case:
    household_id, state = row["household_id"], row["state"]
    stage: Literal["opening", "monitored", "eliminated"] = (
        "monitored" if state in IDENTIFIED else "eliminated" if state in CLOSED else "opening"
    )
    return Case(
        stage=stage,
        monitoring_class=row["class"],
        main_risk=row["main_risk"],
        risks=tuple(row["risks"]),
        opened_on=local_date(row["opened_at"]),
        identified_on=row["identified_on"],
        eliminated_on=row["eliminated_on"],
        natural=row["elimination_way"] == "natural",
        has_contact=row["has_contact"],
        measures=tuple(measures),
        at_identification=seen.get((household_id, "monitored")),
        at_elimination=seen.get((household_id, "eliminated")),
    )
