"""Which columns hold sealed values, for `services.cli reseal`."""

from services.alerts.models import Alert, BatchChunk, Webhook
from services.alerts.usecases import batches, webhooks, withdrawal
from shared.security.reseal import Sealed

SEALED = (
    Sealed(Alert.sealed, "alert"),
    Sealed(Alert.verdict_reason_sealed, "verdict-reason"),
    Sealed(Alert.withdrawal_reason_sealed, withdrawal.PURPOSE),
    Sealed(BatchChunk.sealed, batches.PURPOSE),
    Sealed(Webhook.secret_sealed, webhooks.PURPOSE),
    Sealed(Webhook.old_secret_sealed, webhooks.PURPOSE),
)
