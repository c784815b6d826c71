"""Which columns hold sealed values, for `services.cli reseal`."""

from services.jobs.models import (
    LabourChange,
    LabourRow,
    LabourTask,
    LedgerImport,
    Person,
    Reconciliation,
    ReconciliationRow,
    SampledRow,
)
from services.jobs.usecases.ledger_import import NAME as LEDGER_FILE
from services.jobs.usecases.ledger_lines import EMPLOYER
from services.jobs.usecases.ledger_statements import ROW
from services.jobs.usecases.reconciliation import NAMES
from services.jobs.usecases.samples import ANSWER, LEDGER
from services.jobs.usecases.sealing import ID_NUMBER, NAME, PHONE, TASK_NOTE
from shared.security.reseal import Sealed

SEALED = (
    Sealed(Person.name_sealed, NAME),
    Sealed(Person.id_number_sealed, ID_NUMBER),
    Sealed(Person.phone_sealed, PHONE),
    Sealed(LabourTask.note_sealed, TASK_NOTE),
    Sealed(Reconciliation.files_sealed, NAMES),
    Sealed(ReconciliationRow.sealed, ROW),
    Sealed(SampledRow.ledger_sealed, LEDGER),
    Sealed(SampledRow.answer_sealed, ANSWER),
    Sealed(LedgerImport.name_sealed, LEDGER_FILE),
    Sealed(LabourRow.employer_name_sealed, EMPLOYER),
    Sealed(LabourChange.employer_from_sealed, EMPLOYER),
    Sealed(LabourChange.employer_to_sealed, EMPLOYER),
)
