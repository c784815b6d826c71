"""Which columns and files hold sealed values, for `services.cli reseal`."""

from services.households.models import (
    Authorisation,
    CaseMove,
    DoubleEntry,
    DropoutEntry,
    DropoutMove,
    EliminationCheck,
    Evidence,
    GradeOverride,
    Household,
    IncomeEntry,
    LegalStep,
    Measure,
    Member,
    MonitoringCase,
    Objection,
    PretenceFinding,
    PublicNotice,
    QualityFinding,
    RegisterChange,
    RegisterImport,
    StayCheck,
    TaskHousehold,
    Verdict,
    Visit,
    VisitPhoto,
)
from services.households.settings import HouseholdsSettings
from services.households.usecases import comparisons, elimination_checks, grade_overrides, measures, notices, objections
from services.households.usecases.area_answers import NOTE
from services.households.usecases.case_clocks import FAST_LANE
from services.households.usecases.claims import CLAIM
from services.households.usecases.dropout_entries import ENTRY
from services.households.usecases.dropout_states import NOTE as DROPOUT_NOTE
from services.households.usecases.history import CHANGE
from services.households.usecases.income_entries import NOTE as INCOME_NOTE
from services.households.usecases.legal_steps import PROOF as DROPOUT_PROOF
from services.households.usecases.monitoring import REMARK
from services.households.usecases.moves import MINUTES
from services.households.usecases.moves import NOTE as MOVE_NOTE
from services.households.usecases.photos import photo_shelf
from services.households.usecases.pretence import ANSWER, ORIGIN
from services.households.usecases.quality import EXPLANATION
from services.households.usecases.register_imports import NAMES, workbooks
from services.households.usecases.sealing import HOUSEHOLD_PHONE, ID_NUMBER, PERSON_PHONE
from services.households.usecases.verdicts import CONTACT, REASON
from services.households.usecases.visits import VISIT
from shared.files import FilesSettings, FileStore, Shelf
from shared.security.reseal import Sealed
from shared.security.vault import Vault

SEALED = (
    Sealed(Household.phone_sealed, HOUSEHOLD_PHONE),
    Sealed(Member.id_number_sealed, ID_NUMBER),
    Sealed(Member.phone_sealed, PERSON_PHONE),
    Sealed(Evidence.sealed, "alert"),
    Sealed(Visit.sealed, VISIT),
    Sealed(Verdict.reason_sealed, REASON),
    Sealed(Verdict.contact_sealed, CONTACT),
    Sealed(TaskHousehold.note_sealed, NOTE),
    Sealed(GradeOverride.reason_sealed, grade_overrides.REASON),
    Sealed(IncomeEntry.note_sealed, INCOME_NOTE),
    Sealed(DropoutMove.note_sealed, DROPOUT_NOTE),
    Sealed(DropoutEntry.sealed, ENTRY),
    Sealed(LegalStep.proof_sealed, DROPOUT_PROOF),
    Sealed(StayCheck.note_sealed, DROPOUT_NOTE),
    Sealed(QualityFinding.explanation_sealed, EXPLANATION),
    Sealed(RegisterChange.sealed, CHANGE),
    Sealed(DoubleEntry.claim_sealed, CLAIM),
    Sealed(Measure.content_sealed, measures.CONTENT),
    Sealed(Measure.proof_sealed, measures.PROOF),
    Sealed(Measure.reason_sealed, measures.REASON),
    Sealed(EliminationCheck.sealed, elimination_checks.CHECK),
    Sealed(PublicNotice.text_sealed, notices.TEXT),
    Sealed(PublicNotice.proof_sealed, notices.PROOF),
    Sealed(Objection.sealed, objections.OBJECTION),
    Sealed(Objection.reason_sealed, objections.REASON),
    Sealed(Authorisation.signer_sealed, comparisons.SIGNER),
    Sealed(VisitPhoto.origin_sealed, ORIGIN),
    Sealed(PretenceFinding.answer_sealed, ANSWER),
    Sealed(MonitoringCase.remark_sealed, REMARK),
    Sealed(MonitoringCase.fast_lane_sealed, FAST_LANE),
    Sealed(CaseMove.note_sealed, MOVE_NOTE),
    Sealed(CaseMove.minutes_sealed, MINUTES),
    Sealed(RegisterImport.files_sealed, NAMES),
)


def shelves(settings: HouseholdsSettings, vault: Vault) -> list[Shelf]:
    """Where sealed files lie."""
    photos = FileStore(FilesSettings(url=settings.photos.url))
    return [workbooks(FileStore(settings.files), vault), photo_shelf(photos, vault)]
