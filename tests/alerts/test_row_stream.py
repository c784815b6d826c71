"""A body arrives in pieces of any size: the same rows come out, and what is no body of rows is refused in time."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.api.row_stream import MAX_ROW, ROWS_A_CHUNK, json_chunks, ndjson_chunks
from services.alerts.rules.batches import MAX_ROWS, BatchTooLong, BodyMalformed, RowTooLong

Cut = Callable[[AsyncIterator[bytes]], AsyncIterator[Sequence[bytes]]]

_SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_VALUES = st.recursive(
    _SCALARS | st.text(alphabet=st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


async def pieces(body: bytes, sizes: Sequence[int] = ()) -> AsyncIterator[bytes]:
    """The body in pieces of those sizes, the last one with all that is left."""
    for size in sizes:
        yield body[:size]
        body = body[size:]
    yield body


async def rows(cut: Cut, body: bytes, sizes: Sequence[int] = ()) -> list[bytes]:
    """All rows; no chunk is larger than it may be."""
    chunks = [list(chunk) async for chunk in cut(pieces(body, sizes))]
    assert all(0 < len(chunk) <= ROWS_A_CHUNK for chunk in chunks)
    return [row for chunk in chunks for row in chunk]


@given(st.lists(_VALUES, max_size=6), st.lists(st.integers(0, 40), max_size=12), st.sampled_from([None, 1]))
async def test_a_json_array_in_any_pieces(items: list[Any], sizes: list[int], indent: int | None) -> None:
    body = json.dumps(items, ensure_ascii=False, indent=indent).encode()
    assert [orjson.loads(row) for row in await rows(json_chunks, body, sizes)] == items


@given(st.lists(_VALUES, max_size=6), st.lists(st.integers(0, 40), max_size=12), st.booleans())
async def test_ndjson_in_any_pieces(items: list[Any], sizes: list[int], last_newline: bool) -> None:
    lines = [json.dumps(item, ensure_ascii=False).encode() for item in items]
    body = b"\n".join(lines) + b"\n" * (last_newline and bool(lines))
    assert await rows(ndjson_chunks, body, sizes) == lines


@pytest.mark.parametrize("number", ["0.5", "-12.75e-3", "1E5", "true", "null"])
async def test_a_number_or_word_may_be_cut_anywhere(number: str) -> None:
    body = f"[{number},{number} , {number}]".encode()
    for size in range(len(body)):
        assert [orjson.loads(row) for row in await rows(json_chunks, body, [size])] == [json.loads(number)] * 3


async def test_blank_lines_keep_their_numbers() -> None:
    assert await rows(ndjson_chunks, b"1\n\n2\r\n\n \n") == [b"1", b"", b"2\r", b"", b" "]


@pytest.mark.parametrize("sizes", [(), (1,), (2,), (3,), (4,)])
async def test_a_byte_order_mark_is_no_row(sizes: Sequence[int]) -> None:
    assert await rows(ndjson_chunks, b"\xef\xbb\xbf1\n2", sizes) == [b"1", b"2"]
    assert await rows(ndjson_chunks, b"\xef\xbb\xbf1", sizes) == [b"1"]
    assert await rows(json_chunks, b"\xef\xbb\xbf[1, 2]", sizes) == [b"1", b"2"]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"{}", b'{"a": []}', b'"x"', b"1", b"[1", b"[1,", b"[1 2]", b"[1,]", b"[,1]", b"[1]]", b"[1] 2"),
        *(
            b"[1x]",
            b"[1.]",
            b"[0. , 1]",
            b"[NaN]",
            b"[Infinity]",
            b"[tru]",
            b'["\xff"]',
            b'[{"a":}]',
            b"[1" + b"0" * 10_000 + b"]",
            b"[" * 100_000,
            b'[{"a":' * 100_000,
        ),
        b'[{"a": 1 "b": 2}' + b" " * 2 * MAX_ROW,
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_no_json_array_is_refused(body: bytes) -> None:
    for sizes in ((), [1] * min(len(body), 30), [65_536]):
        with pytest.raises(BodyMalformed):
            await rows(json_chunks, body, sizes)


@pytest.mark.parametrize("item", ["1" + "0" * 30, '"\\ud800"'])
async def test_what_cannot_be_kept_is_a_bad_row_and_no_more(item: str) -> None:
    first, bad, last = await rows(json_chunks, f"[1, {item}, 2]".encode())
    assert (first, last) == (b"1", b"2")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(bad)


@pytest.mark.parametrize(
    ("cut", "row", "between", "around"), [(ndjson_chunks, b"{}", b"\n", b""), (json_chunks, b"{}", b",", b"[]")]
)
async def test_one_row_too_many(cut: Cut, row: bytes, between: bytes, around: bytes) -> None:
    def body(count: int) -> bytes:
        return around[:1] + between.join([row] * count) + around[1:]

    assert len(await rows(cut, body(MAX_ROWS), [100_000])) == MAX_ROWS
    with pytest.raises(BatchTooLong):
        await rows(cut, body(MAX_ROWS + 1), [100_000])


async def test_a_row_without_end() -> None:
    """It is given up long before it fills the memory."""
    read = 0

    async def endless(start: bytes) -> AsyncIterator[bytes]:
        nonlocal read
        yield start
        while True:
            read += 10_000
            yield b"x" * 10_000

    with pytest.raises(RowTooLong) as told:
        _ = [chunk async for chunk in ndjson_chunks(endless(b"{}\n{}\n"))]
    assert told.value.params == {"row": 3}
    with pytest.raises((RowTooLong, BodyMalformed)):
        _ = [chunk async for chunk in json_chunks(endless(b'[1, 2, "'))]
    assert read <= 4 * MAX_ROW
