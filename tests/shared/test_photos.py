"""Photos with real bytes: what is taken, what is refused, and that nothing of the camera's own comes along."""

import io
import random
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image, ImageEnhance
from PIL.PngImagePlugin import PngInfo

from shared.photos import MOST_SCANS, NoPhoto, Photo, difference_hash, read_photo

LIMITS = {"max_pixels": 2_000_000, "max_side": 512}


def picture(seed: int = 1, size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Rectangles at random: as different from another seed's as two scenes are."""
    dice = random.Random(seed)
    coarse = Image.new("RGB", (12, 9))
    coarse.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range(12 * 9)])
    return coarse.resize(size, Image.Resampling.BICUBIC)


def written(image: Image.Image, kind: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def camera(latitude: Any = (27.0, 26.0, 30.0), offset: str | None = "+08:00", orientation: int = 1) -> Image.Exif:
    """EXIF as phones write it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "HUAWEI", orientation
    exif[0x8769] = {0x9003: "2026:03:04 10:30:00"} | ({0x9011: offset} if offset else {})
    exif[0x8825] = {1: "N", 2: latitude, 3: "E", 4: (104.0, 52.0, 30.0)}
    return exif


def bits(one: int, other: int) -> int:
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def read(sent: bytes, **more: int) -> Photo:
    return read_photo(sent, **{**LIMITS, **more})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_is_read_and_does_not_come_along(kind: str) -> None:
    sent = written(picture(), kind, exif=camera().tobytes())
    photo = read(sent)
    assert photo.taken_at == datetime(2026, 3, 4, 2, 30, tzinfo=UTC)
    assert photo.position == pytest.approx((27.441667, 104.875), abs=1e-5)
    kept = Image.open(io.BytesIO(photo.jpeg))
    assert (kept.format, kept.size, (photo.width, photo.height)) == ("JPEG", (512, 384), (512, 384))
    assert not dict(kept.getexif())
    assert kept.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"HUAWEI" in sent
    assert b"HUAWEI" not in photo.jpeg
    assert b"Exif" not in photo.jpeg


def test_comments_and_profiles_do_not_come_along() -> None:
    info = PngInfo()
    info.add_text("Comment", "张三 539921199001010010")
    for sent in (written(picture(), "PNG", pnginfo=info), written(picture(), comment=b"539921199001010010")):
        assert b"539921199001010010" in sent
        assert b"539921199001010010" not in read(sent).jpeg


def test_a_clock_without_an_offset_is_the_one_on_the_wall() -> None:
    assert read(written(picture(), exif=camera(offset=None))).taken_at == datetime(2026, 3, 4, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("latitude", [(0.0, 0.0, 0.0), (91.0, 0.0, 0.0)])
def test_a_position_that_is_none(latitude: Any) -> None:
    exif = camera(latitude)
    if latitude[0] == 0:
        exif[0x8825] = {1: "N", 2: latitude, 3: "E", 4: (0.0, 0.0, 0.0)}
    assert read(written(picture(), exif=exif)).position is None


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_broken_exif_is_no_reason_to_refuse_a_photo() -> None:
    sent = written(picture(), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(20))
    assert (read(sent).taken_at, read(sent).position) == (None, None)
    assert read(written(picture())).taken_at is None


def test_a_photo_stands_upright() -> None:
    photo = read(written(picture(), exif=camera(orientation=6)))
    assert (photo.width, photo.height) == (384, 512)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "LA", "CMYK", "I;16", "1"])
def test_every_kind_of_pixel(mode: str) -> None:
    image = (
        picture(size=(64, 48)).convert("L").convert("I").convert(mode) if mode == "I;16" else picture().convert(mode)
    )
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert Image.open(io.BytesIO(read(written(image, kind)).jpeg)).mode == "RGB"


def png_that_says(width: int, height: int) -> bytes:
    """A file of some hundred bytes whose header promises a picture of that size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"not a photo",
        b"\xff\xd8\xff\xe0" + bytes(100),
        written(picture())[:5000],
        written(picture(), "PNG")[:5000],
        written(picture(), "WEBP")[:2000],
        written(picture(), "GIF"),
        written(picture(), "BMP"),
        written(picture(), "TIFF"),
        b"%PDF-1.7\n" + bytes(200),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        png_that_says(50_000, 50_000),
        png_that_says(4_000, 3_000),
        png_that_says(2**31 - 1, 2**31 - 1),
        png_that_says(0, 10),
    ],
    ids=lambda sent: f"{len(sent)} bytes",
)
def test_what_is_no_whole_photo_is_refused(sent: bytes) -> None:
    with pytest.raises(NoPhoto) as refused:
        read(sent)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_too_many_pixels() -> None:
    assert read(written(picture()), max_pixels=800 * 600).width == 512
    with pytest.raises(NoPhoto):
        read(written(picture()), max_pixels=800 * 600 - 1)


def drawn_again(times: int) -> bytes:
    """A progressive JPEG whose last pass comes so often."""
    sent = written(picture(), progressive=True)
    last = sent.rindex(b"\xff\xda")
    return sent[:last] + sent[last:-2] * times + sent[-2:]


def test_a_picture_that_is_drawn_over_and_over() -> None:
    assert read(drawn_again(MOST_SCANS - 20)).width == 512
    with pytest.raises(NoPhoto):  # 65 bytes more, and a large picture takes 30 ms more
        read(drawn_again(MOST_SCANS + 1))


def test_what_looks_like_passes_within_the_camera_s_own_data() -> None:
    assert read(written(picture(), comment=b"\xff\xda" * 1000)).width == 512
    assert read(written(picture()) + b"\xff\xda" * 1000).width == 512  # as of phones that put a film behind it


def test_a_cut_off_photo_anywhere_never_gives_half_a_picture() -> None:
    whole = written(picture(size=(160, 120)))
    for length in range(0, len(whole) - 2, 97):
        with pytest.raises(NoPhoto):
            read(whole[:length])


@pytest.mark.parametrize("seed", range(10))
def test_the_hash_knows_a_photo_again(seed: int) -> None:
    original = picture(seed)
    likeness = difference_hash(original)
    changed = [
        original.resize((400, 300)),
        Image.open(io.BytesIO(written(original, quality=30))),
        ImageEnhance.Brightness(original).enhance(0.8),
    ]
    assert max(bits(likeness, difference_hash(one)) for one in changed) <= 4
    others = [bits(likeness, difference_hash(picture(other))) for other in range(100, 120)]
    assert min(others) > 10
    assert -(2**63) <= likeness < 2**63


def test_the_hash_of_a_wall() -> None:
    assert difference_hash(Image.new("RGB", (100, 100), "grey")) == 0


@pytest.mark.filterwarnings("ignore::UserWarning")  # of the decoders, about broken EXIF
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_whatever_the_bytes_there_is_one_error(kind: str) -> None:
    """Files with some bytes changed are photos or none; nothing else comes out of a decoder."""
    dice = random.Random(7)
    whole = written(picture(size=(120, 90)), kind, exif=camera().tobytes())
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(dice.randrange(1, 8)):
            broken[dice.randrange(min(len(broken), dice.choice((60, 400, 100_000))))] = dice.randrange(256)
        try:
            photo = read(bytes(broken))
        except NoPhoto:
            continue
        assert 0 < photo.width <= 512
