"""Settings of the households service, beside those every service has."""

from pydantic import Field

from shared.settings import ServiceSettings


class HouseholdsSettings(ServiceSettings):
    """`SWEEP_SECONDS` and `GRADE_SECONDS` in the environment, and what `ServiceSettings` takes."""

    sweep_seconds: float = Field(30, gt=0, description="How often deadlines are looked at, in seconds")
    grade_seconds: float = Field(5, gt=0, description="How often households that wait are graded, in seconds")
