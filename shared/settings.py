"""Settings common to all services, read from the environment: `DATABASE_URL`, `KAFKA_BOOTSTRAP_SERVERS`, `VAULT_KEYS`...

A service's own settings class adds its own fields. Nothing secret has a default.
"""

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.bus.kafka import KafkaSettings
from shared.bus.kafka.settings import SEGMENT_DAYS
from shared.db.engine import DatabaseSettings
from shared.housekeeping import INBOX_KEPT
from shared.security.tokens import TokenSettings
from shared.security.vault import VaultSettings
from shared.telemetry import TelemetrySettings
from shared.time_limit import DEFAULT_SECONDS


class ServiceSettings(BaseSettings):
    """`GROUP_FIELD` in the environment fills `group.field`, e.g. `DATABASE_POOL_SIZE`."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="ignore",
        hide_input_in_errors=True,  # one setting missing must not print the keys that were given
    )

    database: DatabaseSettings
    vault: VaultSettings
    token: TokenSettings = TokenSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    kafka: KafkaSettings | None = Field(None, description="None only in the embedded process, which needs no broker")
    step_seconds: float = Field(
        DEFAULT_SECONDS, gt=0, description="Seconds one step of a file, a list or a matching run may take"
    )
    inbox_attempts: int = Field(5, ge=1, description="How often a failing event is tried before it is a dead letter")

    @model_validator(mode="after")
    def _inbox_outlives_topics(self) -> Self:
        """An event that Kafka still holds when the inbox has forgotten its id would be handled twice."""
        limit = INBOX_KEPT.days - SEGMENT_DAYS
        if self.kafka is not None and self.kafka.retention_days >= limit:
            raise ValueError(
                f"KAFKA_RETENTION_DAYS must stay below {limit}: the inbox knows ids for {INBOX_KEPT.days} days"
            )
        return self
