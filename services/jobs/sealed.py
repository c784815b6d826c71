"""Which columns hold sealed values, for `services.cli reseal`."""

from services.jobs.models import (
    Blacklisting,
    Employer,
    LabourChange,
    LabourRow,
    LabourTask,
    LedgerImport,
    MatchingRun,
    Person,
    PlacementMove,
    Reconciliation,
    ReconciliationRow,
    SampledRow,
    StayCheck,
    SubsidyClaim,
    Trip,
)
from services.jobs.settings import JobsSettings
from services.jobs.usecases.employers import BLACKLIST_DETAIL, CONTACT
from services.jobs.usecases.employers import PHONE as EMPLOYER_PHONE
from services.jobs.usecases.ledger_imports import NAME as LEDGER_FILE
from services.jobs.usecases.ledger_imports import ledger_files
from services.jobs.usecases.ledger_lines import EMPLOYER
from services.jobs.usecases.ledger_statements import ROW
from services.jobs.usecases.matching_runs import INPUT
from services.jobs.usecases.placement_history import NOTE as PLACEMENT_NOTE
from services.jobs.usecases.reconciliation import NAMES, exports
from services.jobs.usecases.samples import ANSWER, LEDGER
from services.jobs.usecases.sealing import ID_NUMBER, NAME, PHONE, TASK_NOTE
from services.jobs.usecases.subsidies import NOTE as SUBSIDY_NOTE
from services.jobs.usecases.trips import CONTACT as TRIP_CONTACT
from shared.files import FileStore, Shelf
from shared.security.reseal import Sealed
from shared.security.vault import Vault

SEALED = (
    Sealed(Person.name_sealed, NAME),
    Sealed(Person.id_number_sealed, ID_NUMBER),
    Sealed(Person.phone_sealed, PHONE),
    Sealed(LabourTask.note_sealed, TASK_NOTE),
    Sealed(MatchingRun.input_sealed, INPUT),
    Sealed(PlacementMove.note_sealed, PLACEMENT_NOTE),
    Sealed(StayCheck.note_sealed, PLACEMENT_NOTE),
    Sealed(SubsidyClaim.note_sealed, SUBSIDY_NOTE),
    Sealed(Trip.contact_sealed, TRIP_CONTACT),
    Sealed(Reconciliation.files_sealed, NAMES),
    Sealed(ReconciliationRow.sealed, ROW),
    Sealed(SampledRow.ledger_sealed, LEDGER),
    Sealed(SampledRow.answer_sealed, ANSWER),
    Sealed(LedgerImport.name_sealed, LEDGER_FILE),
    Sealed(LabourRow.employer_name_sealed, EMPLOYER),
    Sealed(LabourChange.employer_from_sealed, EMPLOYER),
    Sealed(LabourChange.employer_to_sealed, EMPLOYER),
    Sealed(Employer.contact_sealed, CONTACT),
    Sealed(Employer.phone_sealed, EMPLOYER_PHONE),
    Sealed(Blacklisting.detail_sealed, BLACKLIST_DETAIL),
    Sealed(Blacklisting.end_detail_sealed, BLACKLIST_DETAIL),
)


def shelves(settings: JobsSettings, vault: Vault) -> list[Shelf]:
    """Where sealed files lie."""
    store = FileStore(settings.files)
    return [ledger_files(store, vault), exports(store, vault)]
