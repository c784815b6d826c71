"""Settings of the households service, beside those every service has."""

from pydantic import Field

from shared.files import FilesSettings
from shared.settings import ServiceSettings


class HouseholdsSettings(ServiceSettings):
    """`SWEEP_SECONDS` and `INCOME_SWEEP_SECONDS` in the environment, and what `ServiceSettings` takes."""

    sweep_seconds: float = Field(30, gt=0, description="How often deadlines are looked at, in seconds")
    files: FilesSettings = FilesSettings()
    income_sweep_seconds: float = Field(
        60, gt=0, description="How often sums of income are looked after: the turn of a month, policies, late people"
    )
