"""Which columns and files hold sealed values, for `services.cli reseal`."""

from services.alerts.models import (
    Alert,
    AlertEvidence,
    AreaCheck,
    BatchChunk,
    File,
    UnmatchedRow,
    Webhook,
    ZeroReport,
)
from services.alerts.settings import AlertsSettings
from services.alerts.usecases import batches, files, waiting, webhooks, withdrawals, zero_reports
from shared.files import FileStore, Shelf
from shared.security.reseal import Sealed
from shared.security.vault import Vault

SEALED = (
    Sealed(Alert.sealed, "alert"),
    Sealed(Alert.verdict_reason_sealed, "verdict-reason"),
    Sealed(Alert.withdrawal_reason_sealed, withdrawals.PURPOSE),
    Sealed(AreaCheck.reason_sealed, "verdict-reason"),
    Sealed(AlertEvidence.sealed, "alert"),
    Sealed(AlertEvidence.withdrawal_reason_sealed, withdrawals.PURPOSE),
    Sealed(BatchChunk.sealed, batches.PURPOSE),
    Sealed(File.name_sealed, files.NAME),
    Sealed(File.skipped_sealed, files.NAME),
    Sealed(UnmatchedRow.sealed, waiting.UNMATCHED),
    Sealed(Webhook.url_sealed, webhooks.URL),
    Sealed(Webhook.secret_sealed, webhooks.PURPOSE),
    Sealed(Webhook.old_secret_sealed, webhooks.PURPOSE),
    Sealed(ZeroReport.note_sealed, zero_reports.NOTE),
    Sealed(ZeroReport.withdrawal_reason_sealed, zero_reports.REASON),
)


def shelves(settings: AlertsSettings, vault: Vault) -> list[Shelf]:
    """Where sealed files lie."""
    return [files.originals(FileStore(settings.files), vault)]
