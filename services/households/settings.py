"""Settings of the households service, beside those every service has."""

from pydantic import Field

from shared.settings import ServiceSettings


class HouseholdsSettings(ServiceSettings):
    """`SWEEP_SECONDS`, `QUALITY_HOUR` in the environment, and what `ServiceSettings` takes."""

    sweep_seconds: float = Field(30, gt=0, description="How often deadlines are looked at, in seconds")
    quality_hour: int = Field(1, ge=0, le=23, description="Hour in China from which the county is audited each day")
