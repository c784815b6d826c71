"""A form is read while it arrives, however it is cut into pieces, and a broken one is refused."""

from collections.abc import AsyncIterator

import pytest

from shared.errors import DomainError
from shared.http.form_stream import FormStream

TYPE = 'multipart/form-data; boundary="xyz"'
CONTENT = b"a,b\r\n1,2\r\n--xy not the boundary\r\n\r\n--xyzz\n"


def part(disposition: str, content: bytes) -> bytes:
    return f"--xyz\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"


FEED = part('name="feed"', "医保".encode())
FILE = part('name="file"; filename="C:\\\\tmp\\\\表.csv"', CONTENT)
PERIOD = part('name="period"', b" 2026-03 ")
END = b"--xyz--\r\n"
KNOWN = {"feed", "period", "file", *(f"f{number}" for number in range(30))}


async def read(body: bytes, length: int = 7, content_type: str = TYPE) -> tuple[bytes, dict[str, str], str]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), length):
            yield body[start : start + length]

    form = FormStream(pieces(), content_type, KNOWN)
    await form.until_file()
    content = b"".join([piece async for piece in form.file()])
    await form.rest()
    return content, dict(form.fields), form.file_name


@pytest.mark.parametrize("length", [1, 2, 3, 7, 50, 10_000])
@pytest.mark.parametrize("parts", [(FEED, PERIOD, FILE), (FILE, FEED, PERIOD), (FEED, FILE, PERIOD)])
async def test_fields_and_file_in_any_order(parts: tuple[bytes, ...], length: int) -> None:
    content, fields, name = await read(b"".join(parts) + END, length)
    assert content == CONTENT
    assert fields == {"feed": "医保", "period": "2026-03"}
    assert name == "表.csv"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (FEED + END, "form-files-invalid"),
        (FILE + FILE + END, "form-files-invalid"),
        (FEED + FEED + FILE + END, "form-field-invalid"),
        (part('name="other"; filename="a"', b"") + FILE + END, "form-files-invalid"),
        (part('name="perod"', b"2026-03") + FILE + END, "invalid-input"),
        (FILE, "form-invalid"),
        (FILE[:-10], "form-invalid"),
        (b"no form at all", "form-invalid"),
        (part('name="feed"', b"x" * 3000) + FILE + END, "form-invalid"),
        (b"".join(part(f'name="f{n}"', b"") for n in range(30)) + FILE + END, "form-invalid"),
        (b"--xyz\r\nContent-Type: text/csv\r\n\r\n1\r\n" + END, "form-invalid"),
    ],
)
async def test_what_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        await read(body, 100)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "application/json", "multipart/form-data", "text/plain; boundary=xyz"),
        "multipart/form-data; boundary=" + "x" * 5000,
    ],
)
async def test_another_type_is_refused(content_type: str) -> None:
    with pytest.raises(DomainError) as refused:
        await read(FILE + END, 100, content_type)
    assert refused.value.code == "form-invalid"
