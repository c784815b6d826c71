"""Which columns hold sealed values, for `services.cli reseal`."""

from services.jobs.models import LabourChange, LabourRow, LabourTask, Person
from services.jobs.usecases.ledger_lines import EMPLOYER
from services.jobs.usecases.sealing import ID_NUMBER, NAME, PHONE, TASK_NOTE
from shared.security.reseal import Sealed

SEALED = (
    Sealed(Person.name_sealed, NAME),
    Sealed(Person.id_number_sealed, ID_NUMBER),
    Sealed(Person.phone_sealed, PHONE),
    Sealed(LabourTask.note_sealed, TASK_NOTE),
    Sealed(LabourRow.employer_name_sealed, EMPLOYER),
    Sealed(LabourChange.employer_from_sealed, EMPLOYER),
    Sealed(LabourChange.employer_to_sealed, EMPLOYER),
)
