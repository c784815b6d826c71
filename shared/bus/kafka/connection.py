"""What all clients of Kafka share: how they connect, wait between tries, and close."""

import asyncio
import logging
import random
import ssl
from collections.abc import Coroutine
from typing import Any

from shared.bus.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0  # seconds
RECONNECT_PAUSE = 5.0  # the longest before asking again for a broker that was away


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """What producer, consumer and admin client have in common."""
    password = settings.sasl_password
    encrypted = settings.security_protocol.endswith("SSL")
    return {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": settings.client_id,
        "request_timeout_ms": ms(settings.request_timeout),
        "retry_backoff_ms": 500,  # aiokafka logs every try: at its 100 ms, an outage fills the logs
        "security_protocol": settings.security_protocol,
        "ssl_context": ssl.create_default_context(cafile=settings.ssl_ca_file) if encrypted else None,
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": password.get_secret_value() if password else None,
    }


async def closed(closing: Coroutine[Any, Any, None], settings: KafkaSettings) -> None:
    """Close a client; a dead broker must not make that endless.

    In a task of its own, because aiokafka lets the cancellation of its inner tasks out, and that must not look
    like a cancellation of ours.
    """
    task = asyncio.create_task(closing)
    await asyncio.wait([task], timeout=settings.request_timeout + settings.session_timeout)
    if not task.done():
        task.cancel()
        log.warning("connection not closed in time")
    elif not task.cancelled() and (error := task.exception()):
        log.warning("connection not closed in order: %r", error)


def pause_before(attempt: int, longest: float = LONGEST_PAUSE) -> float:
    """Seconds before the next try: doubling, with jitter so that many do not come back at once."""
    return min(longest, FIRST_PAUSE * 2.0 ** min(attempt, 20)) * random.uniform(0.5, 1)  # noqa: S311


def ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
