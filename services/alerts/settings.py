"""Settings of the alerts service."""

from pydantic import BaseModel, Field

from shared.files import FilesSettings
from shared.settings import ServiceSettings


class WebhookSettings(BaseModel):
    """How bureaus' systems are called."""

    timeout: float = Field(15, gt=0, le=120, description="Seconds a receiver has for its answer")
    backoff: list[float] = Field(
        [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
        description="Seconds before each further try, as Standard Webhooks has it; after the last one it is given up",
    )
    local: bool = Field(
        False, description="Let webhooks lead to this machine, and without TLS: for a run at home, never in production"
    )


class AlertsSettings(ServiceSettings):
    """What the service has beyond the settings of all. Feeds, severities and deadlines are data, not settings."""

    webhooks: WebhookSettings = WebhookSettings()
    batch_processes: int = Field(
        2, ge=0, le=16, description="Processes that work off batches; 0 = this process does, at the cost of requests"
    )
    files: FilesSettings = FilesSettings()
    reminder_seconds: float = Field(600, gt=0, description="How often reports that are due are looked at, in seconds")
    contradiction_seconds: float = Field(60, gt=0, description="How often zero reports are compared, in seconds")
    live_rows: int = Field(
        50,
        ge=0,
        le=1000,
        description="Rows up to which a batch travels with single alerts; larger ones never hold up such",
    )
