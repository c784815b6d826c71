"""How to reach Kafka, and what topics look like that we create."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

SEGMENT_DAYS = 1
"""Kafka deletes whole segments, so an event stays up to this much longer than the retention (its default is a week)."""


class KafkaSettings(BaseModel):
    """How to reach Kafka. Times are seconds unless the name says otherwise."""

    # Others use the prefix KAFKA_ in the environment too (Kubernetes does for a service named kafka).
    model_config = ConfigDict(frozen=True, extra="ignore")

    bootstrap_servers: str = Field(description="host:port, several separated by commas")
    client_id: str = Field("shouwang", description="the name brokers show in their logs and quotas")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="SASL_SSL wherever the network is shared"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="used with a SASL protocol"
    )
    sasl_username: str | None = Field(None, description="used with a SASL protocol")
    sasl_password: SecretStr | None = Field(None, description="used with a SASL protocol")
    ssl_ca_file: Path | None = Field(None, description="PEM file to check brokers with; default: the system's")
    partitions: int = Field(6, ge=1, description="of a topic we create; consumers scale up to this number")
    replication_factor: int = Field(1, ge=1, description="of a topic we create; 3 in production")
    retention_days: int = Field(14, ge=1, description="of a topic we create, unless it is compacted")
    max_message_bytes: int = Field(2 * 1024 * 1024, ge=1024, description="largest event, here and on topics")
    linger_ms: int = Field(0, ge=0, le=100, description="wait for more messages before sending")
    poll_ms: int = Field(250, ge=10, description="longest wait of one poll")
    max_batch: int = Field(500, ge=1, description="most messages handed to a receiver at once")
    request_timeout: float = Field(10.0, gt=0, description="of one request, and of one publish as a whole")
    session_timeout: float = Field(10.0, gt=0, description="until a dead consumer's partitions go to others")

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(f"{self.security_protocol} needs sasl_username and sasl_password")
        return self
