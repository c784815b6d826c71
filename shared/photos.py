"""Photos as they come from phones: checked, read for when and where they were taken, and encoded anew without EXIF.

CPU work: call it in a thread. JPEG, PNG and WebP are what Pillow reads by itself; HEIC needs a plugin with codecs of
its own, and phones make JPEG when they are asked for a photo.
"""

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timezone
from typing import Any

from PIL import ExifTags, Image, ImageOps

from shared.clock import CHINA

FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
MOST_SCANS = 100
"""Passes in which a JPEG may draw its picture; cameras and programs take ten or so."""
_HASH_COLUMNS, _HASH_ROWS = 8, 8
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # but for those that have nothing behind them
_START_OF_SCAN, _END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"


class NoPhoto(ValueError):
    """Not of those formats, broken or cut off, or of too many pixels. Says nothing of what was sent."""

    def __init__(self) -> None:
        super().__init__("no readable photo")


@dataclass(frozen=True, slots=True)
class Photo:
    """What is kept. `taken_at` and `position` (degrees, WGS 84) are what the camera says, which may be nothing."""

    jpeg: bytes
    width: int
    height: int
    digest: bytes  # SHA-256 of the bytes that came
    likeness: int  # difference hash, as a signed 64-bit number
    taken_at: datetime | None
    position: tuple[float, float] | None


def read_photo(sent: bytes, *, max_pixels: int, max_side: int) -> Photo:
    """Read a photo of at most `max_pixels` and encode it anew, at most `max_side` pixels long. Raises `NoPhoto`.

    Its size is looked at before any pixel is unpacked: a small file can hold a picture that fills the memory, or one that
    is drawn thousands of times over.
    """
    if _has_many_scans(sent):
        raise NoPhoto
    try:
        with Image.open(io.BytesIO(sent), formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise NoPhoto
            taken_at, position = _origin(image.getexif())
            image.draft("RGB", (max_side, max_side))  # a JPEG is unpacked no larger than it is needed
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((max_side, max_side))
            plain = _opaque(upright)
    except Exception:  # on broken files decoders raise whatever comes
        plain = None  # raised below, outside this block: their error may carry what was sent
    if plain is None:
        raise NoPhoto
    written = io.BytesIO()
    plain.save(written, "JPEG", quality=QUALITY, optimize=True)  # without exif=, icc_profile= and comment=
    return Photo(
        jpeg=written.getvalue(),
        width=plain.width,
        height=plain.height,
        digest=hashlib.sha256(sent).digest(),
        likeness=difference_hash(plain),
        taken_at=taken_at,
        position=position,
    )


def _has_many_scans(sent: bytes) -> bool:
    """Whether a JPEG is drawn in more than `MOST_SCANS` passes: each takes as long as the picture is large, and 65 bytes.

    What is no JPEG is read as if it were one, and has none or few.
    """
    place = scans = 0
    while (found := _MARKER.search(sent, place)) and found[0] != _END_OF_IMAGE:
        scans += found[0] == _START_OF_SCAN
        if scans > MOST_SCANS:
            return True
        place = found.end() + int.from_bytes(sent[found.end() : found.end() + 2])
    return False


def difference_hash(image: Image.Image) -> int:
    """dHash (Krawetz 2013): of 9 × 8 grey dots, whether each is brighter than its right neighbour; 64 bits, signed.

    Pictures that look alike differ in few bits, whatever their size, quality and light.
    """
    grey = image.convert("L").resize((_HASH_COLUMNS + 1, _HASH_ROWS), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(_HASH_ROWS):
        start = row * (_HASH_COLUMNS + 1)
        for column in range(start, start + _HASH_COLUMNS):
            bits = bits << 1 | (grey[column] > grey[column + 1])
    return bits - (1 << 64) if bits >> 63 else bits


def _opaque(image: Image.Image) -> Image.Image:
    """New pixels on white, with nothing of the file's own data beside them."""
    image = image.convert("RGBA") if image.mode in ("P", "LA", "PA", "RGBA") else image.convert("RGB")
    plain = Image.new("RGB", image.size, "white")
    plain.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return plain


def _origin(exif: Image.Exif) -> tuple[datetime | None, tuple[float, float] | None]:
    try:
        details, position = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # of a photo that says nothing of itself the picture may be whole
        return None, None
    return _taken_at(details), _position(position)


def _taken_at(details: dict[int, Any]) -> datetime | None:
    """`DateTimeOriginal` with its offset; without one it is the clock on the wall in China."""
    try:
        moment = datetime.strptime(str(details[ExifTags.Base.DateTimeOriginal])[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        offset = str(details.get(ExifTags.Base.OffsetTimeOriginal, ""))
        zone: timezone = CHINA
        if offset:
            told = datetime.strptime(offset.strip("\0 "), "%z").utcoffset()
            zone = timezone(told) if told is not None else CHINA
        return moment.replace(tzinfo=zone).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _position(gps: dict[int, Any]) -> tuple[float, float] | None:
    try:
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], str(gps[ExifTags.GPS.GPSLatitudeRef]))
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], str(gps[ExifTags.GPS.GPSLongitudeRef]))
    except (KeyError, ValueError, TypeError, IndexError, ZeroDivisionError):
        return None
    inside = abs(latitude) <= 90 and abs(longitude) <= 180  # of "not a number" neither holds
    return (latitude, longitude) if inside and (latitude, longitude) != (0.0, 0.0) else None


def _degrees(parts: Any, side: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if side[:1].upper() in ("S", "W") else value
