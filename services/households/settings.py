"""Settings of the households service, beside those every service has."""

from pydantic import BaseModel, Field

from shared.files import FilesSettings
from shared.settings import ServiceSettings

MOST_PHOTO_BYTES = 20_000_000
"""What no setting can go beyond: the gateway in front says the same."""


class PhotosSettings(BaseModel):
    """Where photos of visits lie, how large one may be, and how long it is kept."""

    url: str = Field(
        "file:///var/lib/shouwang/photos",
        description="A folder (file:///...), or a bucket (s3://bucket/prefix; its keys and endpoint from AWS_*)",
    )
    max_bytes: int = Field(5_000_000, ge=1, le=MOST_PHOTO_BYTES, description="Bytes of the largest photo that is taken")
    max_pixels: int = Field(
        64_000_000, ge=1, le=200_000_000, description="Pixels of the largest; 50 MP phones are common"
    )
    max_side: int = Field(2048, ge=64, le=8192, description="Pixels of the longer side as kept")
    kept_days: int = Field(1095, ge=1, description="Days a photo is kept")


class HouseholdsSettings(ServiceSettings):
    """How often and when the work beside the requests runs, where photos lie, and what `ServiceSettings` takes."""

    sweep_seconds: float = Field(30, gt=0, description="How often deadlines are looked at, in seconds")
    files: FilesSettings = FilesSettings()
    grade_seconds: float = Field(5, gt=0, description="How often households that wait are graded, in seconds")
    income_sweep_seconds: float = Field(
        60, gt=0, description="How often sums of income are looked after: the turn of a month, policies, late people"
    )
    quality_hour: int = Field(1, ge=0, le=23, description="Hour in China from which the county is audited each day")
    photos: PhotosSettings = PhotosSettings()
    list_process: bool = Field(
        True,
        description="Whether list workbooks are compared and written in a process of their own, not beside requests",
    )
