"""Messages as CloudEvents 1.0 in Kafka's binary mode: attributes as `ce_` headers, the data as the value.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from shared.bus.port import Message

SPEC_VERSION = "1.0"
LAST_SECOND = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def to_headers(message: Message) -> list[tuple[str, bytes]]:
    headers = [
        ("ce_specversion", SPEC_VERSION),
        ("ce_id", message.id),
        ("ce_source", message.source),
        ("ce_type", message.type),
        ("ce_time", message.time),
        ("content-type", "application/json"),
    ]
    if message.traceparent is not None:
        headers.append(("traceparent", message.traceparent))
    return [(name, value.encode()) for name, value in headers]


def from_record(
    *,
    topic: str,
    partition: int,
    offset: int,
    timestamp_ms: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
) -> Message:
    """The message in a Kafka record, whatever the record is.

    One that is no CloudEvent is passed on with what is there, so that the inbox can put it aside instead of
    the partition standing still: its `type` is empty, and its `id`, when missing, is always the same for the
    same place in the log, so that a second delivery is seen as one.
    """
    given = {name: _text(content) for name, content in headers}
    understood = given.get("ce_specversion") == SPEC_VERSION
    return Message(
        topic=topic,
        key=_text(key),
        id=given.get("ce_id") or str(uuid5(NAMESPACE_URL, f"kafka:{topic}/{partition}/{offset}")),
        type=given.get("ce_type", "") if understood else "",
        source=given.get("ce_source", ""),
        time=given.get("ce_time") or _rfc3339(timestamp_ms),
        value=value or b"",
        traceparent=given.get("traceparent"),
    )


def _rfc3339(timestamp_ms: int) -> str:
    """The producer chose the timestamp; one outside the calendar must not make the record unreadable."""
    return datetime.fromtimestamp(min(max(timestamp_ms // 1000, 0), LAST_SECOND), UTC).isoformat()


def _text(content: bytes | None) -> str:
    """Readable whatever it was; PostgreSQL, where a dead letter goes, knows no NUL."""
    return (content or b"").decode(errors="replace").replace("\0", "\ufffd")
