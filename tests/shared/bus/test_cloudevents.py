"""Every record becomes a message: a CloudEvent the same as it was sent, anything else one to put aside."""

from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.cloudevents import from_record, to_headers
from shared.bus.port import Message

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
sent = st.builds(
    Message,
    topic=text,
    key=text,
    id=text,
    type=text,
    source=text,
    time=text,
    value=st.binary(),
    traceparent=st.none() | text,
)


def received(topic: str, offset: int = 7, **record: Any) -> Message:
    blank = {"key": None, "value": None, "headers": (), "timestamp_ms": 1_772_352_000_000}
    return from_record(topic=topic, partition=3, offset=offset, **(blank | record))


@given(sent)
def test_event_comes_back_as_it_was_sent(message: Message) -> None:
    record: dict[str, Any] = {"key": message.key.encode(), "value": message.value, "headers": to_headers(message)}
    assert received(message.topic, **record) == message


def test_headers_are_those_of_the_binary_mode() -> None:
    message = Message("t", "k", "1", "a.b", "/a", "2026-03-01T08:00:00Z", b"{}")
    assert dict(to_headers(message)) == {
        "ce_specversion": b"1.0",
        "ce_id": b"1",
        "ce_source": b"/a",
        "ce_type": b"a.b",
        "ce_time": b"2026-03-01T08:00:00Z",
        "content-type": b"application/json",
    }


@given(
    headers=st.lists(
        st.tuples(st.text() | st.sampled_from(["ce_id", "ce_type"]), st.none() | st.binary()),
    ),
    key=st.none() | st.binary(),
    value=st.none() | st.binary(),
    timestamp_ms=st.integers(-(2**63), 2**63 - 1),
)
def test_anything_else_becomes_a_message_without_type(**record: Any) -> None:
    message = received("alerts.alert", **record)
    assert message.type == ""
    assert message.id
    assert "\0" not in message.key + message.id + message.source + message.time


def test_missing_id_is_the_same_at_every_delivery_and_nowhere_else() -> None:
    first = received("alerts.alert").id
    assert UUID(first)
    assert received("alerts.alert").id == first
    assert received("alerts.alert", offset=8).id != first
    assert received("jobs.placement").id != first


def test_other_version_of_the_standard_is_not_understood() -> None:
    headers = [("ce_specversion", b"2.0"), ("ce_id", b"9"), ("ce_type", b"a.b")]
    message = received("alerts.alert", headers=headers)
    assert (message.type, message.id) == ("", "9")
