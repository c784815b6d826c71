"""Settings of the alerts service."""

from pydantic import Field

from shared.settings import ServiceSettings


class AlertsSettings(ServiceSettings):
    """What the service has beyond the settings of all. Feeds, severities and deadlines are data, not settings."""

    batch_processes: int = Field(
        2, ge=0, le=16, description="Processes that work off batches; 0 = this process does, at the cost of requests"
    )
    reminder_seconds: float = Field(600, gt=0, description="How often reports that are due are looked at, in seconds")
    contradiction_seconds: float = Field(60, gt=0, description="How often zero reports are compared, in seconds")
    live_rows: int = Field(
        50,
        ge=0,
        le=1000,
        description="Rows up to which a batch travels with single alerts; larger ones never hold up such",
    )
