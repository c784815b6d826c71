"""Files that are no registers: nested deep, cut off, or of endless rows. Each is refused before it fills the memory."""

import tracemalloc

import pytest

from services.households.api import import_reading
from services.households.api.import_reading import JsonBroken
from shared.errors import ImportTooLong
from tests.households.conftest import Households

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"


async def test_deep_nesting_is_refused_without_filling_the_memory(service: Households) -> None:
    content = b"[" * 9_000_000
    tracemalloc.start()
    try:
        answer = await service.call(
            "POST", "/households/imports", "county", content=content, headers={"Content-Type": JSON}
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (answer.status_code, answer.json()["code"]) == (400, "json-invalid")
    assert peak < 12 * len(content)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[", "[1", "[1,", "[1,]", "[1 2]", "[1]x", "[1][2]", "[,1]", "[NaN]", '["', "[" * 5000 + "]" * 5000],
)
def test_what_is_no_array_is_told(text: str) -> None:
    with pytest.raises(JsonBroken):
        list(import_reading.read(text.encode(), JSON))


@pytest.mark.parametrize("text", ["[]", " [ ] ", '[1,{"a":"]"} , [2]]', "\ufeff[0]"])
def test_an_array_is_read_item_by_item(text: str) -> None:
    expected = {"[]": [], " [ ] ": [], "\ufeff[0]": [0]}.get(text, [1, {"a": "]"}, [2]])
    assert [one.content for one in import_reading.read(text.encode(), JSON)] == expected


def test_items_may_lie_across_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_reading, "MOST_CHARACTERS", 16)
    items = [{"n": number} for number in range(100)] + list(range(1000, 1100))
    text = str(items).replace("'", '"')
    assert [one.content for one in import_reading.read(text.encode(), JSON)] == items
    with pytest.raises(JsonBroken):
        list(import_reading.read(b'["more than sixteen characters"]', JSON))


@pytest.mark.parametrize(
    ("kind", "content"),
    [(JSON, b"[1,1,1,1]"), (NDJSON, b"\n\n\n\n"), (CSV, b"national_code,id_number\n" + b",\n" * 4)],
)
def test_endless_rows_are_refused(monkeypatch: pytest.MonkeyPatch, kind: str, content: bytes) -> None:
    monkeypatch.setattr(import_reading, "MOST_ROWS", 3)
    with pytest.raises(ImportTooLong):
        list(import_reading.read(content, kind))
