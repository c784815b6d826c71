"""Which columns hold sealed values, for `services.cli reseal`."""

from services.alerts.models import Alert, AlertEvidence, BatchChunk, ZeroReport
from services.alerts.usecases import batches, withdrawal, zero_reports
from shared.security.reseal import Sealed

SEALED = (
    Sealed(Alert.sealed, "alert"),
    Sealed(Alert.verdict_reason_sealed, "verdict-reason"),
    Sealed(Alert.withdrawal_reason_sealed, withdrawal.PURPOSE),
    Sealed(AlertEvidence.sealed, "alert"),
    Sealed(AlertEvidence.withdrawal_reason_sealed, withdrawal.PURPOSE),
    Sealed(BatchChunk.sealed, batches.PURPOSE),
    Sealed(ZeroReport.note_sealed, zero_reports.NOTE),
    Sealed(ZeroReport.withdrawal_reason_sealed, zero_reports.REASON),
)
