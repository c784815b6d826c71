"""Messages to webhooks: taken when due, sent outside any transaction, and what became of each written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook as Signer

from services.alerts.queries import webhooks as queries
from services.alerts.queries.webhooks import Outgoing
from services.alerts.rules.webhooks import GONE, DeliveryError, next_try
from services.alerts.usecases.webhooks import PURPOSE
from shared.db.engine import WriteSession
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try: the status of the receiver's answer, or the code of why there was none."""

    status: int | None = None
    error: DeliveryError | None = None

    @property
    def good(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


def headers(message: Outgoing, vault: Vault, now: datetime) -> dict[str, str]:
    """Id, time and signature by Standard Webhooks; the old secret signs too while it is good."""
    name = f"msg_{message.id}"
    secrets = [message.secret_sealed]
    if message.old_secret_sealed and message.old_secret_until and now < message.old_secret_until:
        secrets.append(message.old_secret_sealed)
    signatures = [Signer(vault.open(one, PURPOSE).decode()).sign(name, now, message.body) for one in secrets]
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
    }


async def note_answer(
    session: WriteSession, message: Outgoing, answer: Answer, backoff: Sequence[float], now: datetime
) -> None:
    """Delivered, to be tried again, or given up. 410 closes the webhook, as Standard Webhooks has it."""
    told: dict[str, Any] = {"last_status": answer.status, "last_error": answer.error}
    again = None if answer.good or not message.active else next_try(backoff, message.attempts, now)
    if again is not None and answer.status != GONE:
        outcome = {**told, "next_at": again}
    else:
        outcome = {**told, "state": "delivered" if answer.good else "dead", "finished_at": now}
    await queries.note_outcome(session, message.id, message.attempts, outcome)
    if answer.status == GONE:
        await queries.close_webhook(session, message.webhook_id, now)
