"""Which columns hold sealed values, for `services.cli reseal`."""

from services.households.models import Evidence, Household, Member, Verdict, Visit
from services.households.usecases.sealing import HOUSEHOLD_PHONE, ID_NUMBER, PERSON_PHONE
from services.households.usecases.visits import REASON, VISIT
from shared.security.reseal import Sealed

SEALED = (
    Sealed(Household.phone_sealed, HOUSEHOLD_PHONE),
    Sealed(Member.id_number_sealed, ID_NUMBER),
    Sealed(Member.phone_sealed, PERSON_PHONE),
    Sealed(Evidence.sealed, "alert"),
    Sealed(Visit.sealed, VISIT),
    Sealed(Verdict.reason_sealed, REASON),
)
