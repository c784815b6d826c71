"""Settings of the jobs service, beside those every service has."""

from pydantic import Field

from shared.files import FilesSettings
from shared.settings import ServiceSettings


class JobsSettings(ServiceSettings):
    """How often the work beside the requests runs, where files lie, and what `ServiceSettings` takes."""

    sweep_seconds: float = Field(30, gt=0, description="How often days that have come are looked at, in seconds")
    matching_days: int = Field(365, gt=0, description="How long the sealed inputs of matching runs are kept, in days")
    count_seconds: float = Field(
        2, gt=0, description="How often indicators of changed villages are counted anew, seconds"
    )
    files: FilesSettings = FilesSettings()
    file_process: bool = Field(
        True, description="Whether exports and files of the ledger have a process of their own, not beside requests"
    )
