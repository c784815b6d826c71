"""Photos of visits through the API: whole or not at all, without EXIF, seen only where they belong, forgotten in time."""

import asyncio
import hashlib
import io
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from services.households.background import forget_photos
from services.households.rules.visits import MOST_PHOTOS
from services.households.sealed import SEALED
from services.households.usecases.photos import write_photo
from shared.clock import utc_now
from shared.files import Shelf
from shared.security.vault import CannotOpen
from tests import signing
from tests.households.conftest import BAMBOO, COUNTY, PINE, STONE, Households, account_id
from tests.households.test_tasks import visit
from tests.households.test_visits import one_household, publish
from tests.shared.test_photos import camera, picture, png_that_says, written

JPEG = written(picture(), exif=camera())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the photos of the test lie."""
    return tmp_path / "photos"


def lying(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def one_visit(service: Households, area: str = PINE, number: int = 1) -> str:
    id_, _ = await one_household(service, area, number)
    body = visit()
    assert (await service.post(f"/households/{id_}/visits", body, "village", area)).status_code == 201
    return str(body["id"])


async def send(
    service: Households, visit_id: str, sent: bytes = JPEG, photo_id: str | None = None, area: str = PINE, **more: Any
) -> Any:
    form = {"id": photo_id or str(uuid4()), "visit_id": visit_id, **more}
    return await service.call("POST", "/photos", "village", area, data=form, files={"file": ("IMG_1.jpg", sent)})


async def test_a_photo_there_and_back(service: Households, folder: Path) -> None:
    visit_id, photo_id = await one_visit(service), str(uuid4())
    sent = await send(service, visit_id, photo_id=photo_id)
    assert sent.status_code == 201, sent.text
    view = sent.json()
    assert (view["id"], view["visit_id"], view["width"], view["height"]) == (photo_id, visit_id, 800, 600)
    assert view["sha256"] == hashlib.sha256(JPEG).hexdigest()
    assert view["taken_at"] == "2026-03-04T02:30:00Z"
    assert (await service.get(f"/visits/{visit_id}", "village", PINE))["photos"] == [view]

    shown = await service.call("GET", f"/photos/{photo_id}", "village", PINE)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["cache-control"] == "no-store"
    assert len(shown.content) == view["size"]
    image = Image.open(io.BytesIO(shown.content))
    assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (800, 600), {})
    assert b"HUAWEI" not in shown.content

    [stored] = lying(folder)
    assert stored.name != photo_id
    assert b"\xff\xd8" not in stored.read_bytes()[:64], "what lies there is sealed"
    trail = await service.sql("SELECT action, principal FROM audit_entry WHERE subject = :id ORDER BY id", id=photo_id)
    village = account_id("village", PINE)
    assert trail == [("photo:add", village), ("photo:view", village)]


async def test_where_the_camera_was_is_kept_sealed(service: Households) -> None:
    await send(service, await one_visit(service))
    [(origin,)] = await service.sql("SELECT origin_sealed FROM visit_photo")
    assert b"104" not in origin
    opened = service.vault.open_json(origin, "photo-origin")
    assert opened["position"] == pytest.approx([27.441667, 104.875], abs=1e-5)
    with pytest.raises(CannotOpen):
        service.vault.open(origin, "visit")
    assert "origin_sealed" in {one.column.key for one in SEALED}


async def test_the_same_photo_again_is_harmless(service: Households, folder: Path) -> None:
    visit_id, photo_id = await one_visit(service), str(uuid4())
    answers = await asyncio.gather(*(send(service, visit_id, photo_id=photo_id) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    assert (await send(service, visit_id, photo_id=photo_id)).status_code == 200
    assert len(lying(folder)) == 1
    assert (await service.call("GET", f"/photos/{photo_id}", "village", PINE)).status_code == 200
    other = await send(service, visit_id, written(picture(2)), photo_id)
    assert (other.status_code, other.json()["code"]) == (409, "photo-id-reused")
    elsewhere = await one_visit(service, BAMBOO, 2)
    taken = await send(service, elsewhere, photo_id=photo_id, area=BAMBOO)
    assert (taken.status_code, taken.json()["code"]) == (409, "photo-id-reused")
    assert len(lying(folder)) == 1


@pytest.mark.parametrize(
    "sent",
    [b"", b"plain", JPEG[:4000], written(picture(), "GIF"), png_that_says(40_000, 40_000)],
    ids=["empty", "text", "cut off", "GIF", "bomb"],
)
async def test_what_is_no_photo_leaves_nothing(service: Households, folder: Path, sent: bytes) -> None:
    refused = await send(service, await one_visit(service), sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "photo-unreadable")
    assert lying(folder) == []
    assert await service.sql("SELECT count(*) FROM visit_photo") == [(0,)]


async def test_too_many_bytes(service: Households, folder: Path) -> None:
    visit_id = await one_visit(service)
    service.app.state.photos_settings = service.app.state.photos_settings.model_copy(update={"max_bytes": len(JPEG)})
    assert (await send(service, visit_id)).status_code == 201
    for more in (1, 1000, 2_000_000):
        refused = await send(service, visit_id, JPEG + bytes(more))
        assert (refused.status_code, refused.json()["code"]) == (413, "photo-too-large"), more
        assert refused.json()["title"].startswith(f"照片超过 {len(JPEG) / 1_000_000:g} MB")
        assert refused.headers["connection"] == "close"
    assert len(lying(folder)) == 1


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"id": "none"}, 422, "form-field-invalid"),
        ({"visit_id": "none"}, 422, "form-field-invalid"),
        ({"visit_id": str(uuid4())}, 404, "visit-not-found"),
        ({"id": "x" * 3000}, 400, "form-invalid"),
    ],
)
async def test_a_form_that_says_nothing(
    service: Households, folder: Path, form: dict[str, str], status: int, code: str
) -> None:
    visit_id = await one_visit(service)
    answer = await send(service, **{"visit_id": visit_id, **form}, photo_id=form.pop("id", None))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    for body, media in ((b"{}", "application/json"), (b"--x--\r\n", "multipart/form-data; boundary=x")):
        bare = await service.call("POST", "/photos", content=body, headers={"Content-Type": media})
        assert bare.status_code in (400, 422)
    assert lying(folder) == []


async def test_only_those_in_whose_areas_it_was_made_see_it(service: Households, folder: Path) -> None:
    visit_id, photo_id = await one_visit(service), str(uuid4())
    await send(service, visit_id, photo_id=photo_id)
    for role, area, status in (
        ("village", BAMBOO, 404),
        ("township", STONE, 200),
        ("county", COUNTY, 200),
        ("supervisor", COUNTY, 403),
        ("admin", COUNTY, 403),
        ("bureau", COUNTY, 403),
    ):
        answer = await service.call("GET", f"/photos/{photo_id}", role, area)
        assert answer.status_code == status, (role, area)
    looks = "SELECT count(*) FROM audit_entry WHERE subject = :id AND role <> 'village'"
    assert await service.sql(looks, id=photo_id) == [(2,)]
    elsewhere = await send(service, visit_id, area=BAMBOO)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "visit-not-found")
    seen = (await service.get(f"/visits/{visit_id}", "supervisor"))["photos"]
    assert [(one["id"], one["taken_at"]) for one in seen] == [(photo_id, None)]
    assert len(lying(folder)) == 1


async def test_a_visit_takes_so_many_and_no_more(service: Households, folder: Path) -> None:
    visit_id = await one_visit(service)
    small = [written(picture(n, (40, 30))) for n in range(MOST_PHOTOS + 1)]
    answers = [await send(service, visit_id, one) for one in small]
    assert [one.status_code for one in answers] == [201] * MOST_PHOTOS + [409]
    assert answers[-1].json()["code"] == "photos-too-many"
    assert len(lying(folder)) == MOST_PHOTOS


def form_of(visit_id: str, sent: bytes) -> bytes:
    """A form as it travels, whole."""
    parts = [("id", str(uuid4())), ("visit_id", visit_id)]
    texts = "".join(f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in parts)
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    return texts.encode() + head.encode() + sent + b"\r\n--x--\r\n"


async def call_in_pieces(service: Households, messages: Sequence[dict[str, Any]]) -> list[int]:
    """The photo route as a server calls it; the statuses it answers."""
    waiting, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def answer(message: Any) -> None:
        sent.append(dict(message))

    signed = signing.token("village", [PINE], sub=account_id("village", PINE))
    headers = [(b"authorization", f"Bearer {signed}".encode()), (b"content-type", b"multipart/form-data; boundary=x")]
    path = "/households/v1/photos"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    await service.app({**scope, "headers": headers, "state": {}, "client": None}, receive, answer)  # raises nothing
    return [message["status"] for message in sent if message["type"] == "http.response.start"]


async def test_a_hang_up_in_the_middle_leaves_nothing(
    service: Households, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = form_of(await one_visit(service), JPEG)
    with caplog.at_level(logging.ERROR):
        for length in (10, 300, len(whole) // 2, len(whole) - 3):
            begun = {"type": "http.request", "body": whole[:length], "more_body": True}
            assert await call_in_pieces(service, [begun, {"type": "http.disconnect"}]) == [400]
        cut = {"type": "http.request", "body": whole[: len(whole) // 2], "more_body": False}
        assert await call_in_pieces(service, [cut]) == [400]
    assert not caplog.records
    assert lying(folder) == []
    assert await service.sql("SELECT count(*) FROM visit_photo") == [(0,)]
    in_bits = [
        {"type": "http.request", "body": whole[n : n + 999], "more_body": True} for n in range(0, len(whole), 999)
    ]
    assert await call_in_pieces(service, [*in_bits, {"type": "http.request", "body": b"", "more_body": False}]) == [201]
    assert len(lying(folder)) == 1


async def test_a_failing_database_leaves_nothing(service: Households, folder: Path) -> None:
    visit_id = await one_visit(service)
    await publish(service, "pretence-detectors", {"echo": 1})
    with pytest.raises(ValueError, match="PretenceDetectors"):  # a policy nobody can read
        await send(service, visit_id)
    assert lying(folder) == []
    assert await service.sql("SELECT count(*) FROM visit_photo") == [(0,)]


async def test_photos_are_forgotten_when_their_time_is_over(service: Households, folder: Path) -> None:
    visit_id, old, young = await one_visit(service), str(uuid4()), str(uuid4())
    await send(service, visit_id, photo_id=old)
    await send(service, visit_id, written(picture(2)), young)
    await service.sql("UPDATE visit_photo SET uploaded_at = now() - interval '31 days' WHERE id = :id", id=old)
    shelf: Shelf = service.app.state.photos
    await forget_photos(service.database, shelf, 30, utc_now())
    gone = await service.call("GET", f"/photos/{old}", "village", PINE)
    assert (gone.status_code, gone.json()["code"]) == (410, "photo-gone")
    assert (await service.call("GET", f"/photos/{young}", "village", PINE)).status_code == 200
    assert len(lying(folder)) == 1
    first, _ = (await service.get(f"/visits/{visit_id}", "village", PINE))["photos"]
    assert (first["id"], first["taken_at"], first["deleted_at"] is not None) == (old, None, True)
    assert first["sha256"] == hashlib.sha256(JPEG).hexdigest(), "a copy is still known for one"
    again = await send(service, visit_id, photo_id=old)
    assert again.status_code == 200
    assert len(lying(folder)) == 1


async def test_what_a_dead_process_left_is_swept(service: Households, folder: Path) -> None:
    visit_id = await one_visit(service)
    await send(service, visit_id)
    shelf: Shelf = service.app.state.photos
    await write_photo(shelf, uuid4(), JPEG)
    await forget_photos(service.database, shelf, 30, utc_now())
    assert len(lying(folder)) == 2, "it may still be arriving"
    await forget_photos(service.database, shelf, 30, utc_now() + timedelta(days=1, minutes=1))
    assert len(lying(folder)) == 1
    [(stored_as,)] = await service.sql("SELECT stored_as FROM visit_photo")
    assert lying(folder)[0].name == str(stored_as)


async def test_a_file_that_was_lost_or_changed_is_told(service: Households, folder: Path) -> None:
    visit_id, photo_id = await one_visit(service), str(uuid4())
    await send(service, visit_id, photo_id=photo_id)
    [path] = lying(folder)
    path.unlink()
    gone = await service.call("GET", f"/photos/{photo_id}", "village", PINE)
    assert (gone.status_code, gone.json()["code"]) == (410, "photo-gone")
