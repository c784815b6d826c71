"""Settings of the households service, beside those every service has."""

from pydantic import Field

from shared.settings import ServiceSettings


class HouseholdsSettings(ServiceSettings):
    """How often and when the jobs beside the requests run, and what `ServiceSettings` takes."""

    sweep_seconds: float = Field(30, gt=0, description="How often deadlines are looked at, in seconds")
    grade_seconds: float = Field(5, gt=0, description="How often households that wait are graded, in seconds")
    income_sweep_seconds: float = Field(
        60, gt=0, description="How often sums of income are looked after: the turn of a month, policies, late people"
    )
    quality_hour: int = Field(1, ge=0, le=23, description="Hour in China from which the county is audited each day")
