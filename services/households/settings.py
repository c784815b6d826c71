"""Settings of the households service, beside those every service has."""

from pydantic import BaseModel, Field

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
    """`SWEEP_SECONDS` and `PHOTOS_*` in the environment, and what `ServiceSettings` takes."""

    sweep_seconds: float = Field(30, gt=0, description="How often deadlines are looked at, in seconds")
    photos: PhotosSettings = PhotosSettings()
