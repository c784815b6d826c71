"""Rows are read one by one or all at once, with the same result."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.rules.batches import RowMalformed
from services.alerts.schemas.alerts import AlertDraft
from services.alerts.usecases.reading import read, read_many
from shared.errors import DomainError
from tests.alerts.conftest import absence

SOUND = orjson.dumps(absence())
MALFORMED = [
    b"",
    b"[]",
    b"7",
    b"null",
    b"{",
    SOUND + b" x",
    SOUND + b"," + SOUND,
    SOUND.replace(b"4", b"NaN"),
    SOUND.replace(b"4", b"1e999"),
    SOUND.replace("云岭".encode(), b"\\ud800"),
    SOUND.replace("云岭".encode(), b"\xff"),
    b"\xef\xbb\xbf" + SOUND,
]
FAULTY = [orjson.dumps(absence(**changed)) for changed in ({"feed": 7}, {"occurred_on": 7}, {"more": 1})]


def told(found: AlertDraft | DomainError) -> Any:
    return found if isinstance(found, AlertDraft) else [(f.field, f.code, dict(f.params)) for f in found.faults]


def one(text: bytes) -> Any:
    try:
        return told(read(AlertDraft, text, RowMalformed))
    except DomainError as refused:
        return told(refused)


@pytest.mark.parametrize("text", [text for text in MALFORMED if b"NaN" not in text and b"1e999" not in text])
def test_what_is_no_json_object_is_malformed(text: bytes) -> None:
    with pytest.raises(RowMalformed):
        read(AlertDraft, text, RowMalformed)


@pytest.mark.parametrize("text", FAULTY)
def test_what_is_wrong_in_an_object_is_told_by_field(text: bytes) -> None:
    assert [code for _, code, _ in one(text)] != ["row-malformed"]


@given(st.lists(st.sampled_from([SOUND, SOUND.replace(b"JY-1", b"JY-2"), *FAULTY, *MALFORMED]), max_size=6))
def test_many_are_read_as_each_would_be(texts: list[bytes]) -> None:
    assert [repr(told(found)) for found in read_many(AlertDraft, texts, RowMalformed)] == [repr(one(t)) for t in texts]
