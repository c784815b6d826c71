"""Which columns hold sealed values, for `services.cli reseal`."""

from services.households.models import (
    DoubleEntry,
    Evidence,
    Household,
    Member,
    QualityFinding,
    RegisterChange,
    TaskHousehold,
    Verdict,
    Visit,
)
from services.households.usecases.area_checks import NOTE
from services.households.usecases.claims import CLAIM
from services.households.usecases.history import CHANGE
from services.households.usecases.quality import EXPLANATION
from services.households.usecases.sealing import HOUSEHOLD_PHONE, ID_NUMBER, PERSON_PHONE
from services.households.usecases.verdicts import CONTACT, REASON
from services.households.usecases.visits import VISIT
from shared.security.reseal import Sealed

SEALED = (
    Sealed(Household.phone_sealed, HOUSEHOLD_PHONE),
    Sealed(Member.id_number_sealed, ID_NUMBER),
    Sealed(Member.phone_sealed, PERSON_PHONE),
    Sealed(Evidence.sealed, "alert"),
    Sealed(Visit.sealed, VISIT),
    Sealed(Verdict.reason_sealed, REASON),
    Sealed(Verdict.contact_sealed, CONTACT),
    Sealed(TaskHousehold.note_sealed, NOTE),
    Sealed(QualityFinding.explanation_sealed, EXPLANATION),
    Sealed(RegisterChange.sealed, CHANGE),
    Sealed(DoubleEntry.claim_sealed, CLAIM),
)
