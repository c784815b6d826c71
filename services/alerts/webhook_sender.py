"""Calls the bureaus' systems. Beside the requests, and outside any transaction: a slow receiver holds up nobody."""

import asyncio
import logging
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import httpx

from services.alerts.queries import webhooks as queries
from services.alerts.queries.webhooks import Outgoing
from services.alerts.rules.webhooks import may_call
from services.alerts.settings import WebhookSettings
from services.alerts.usecases.deliveries import Answer, headers, note_answer
from services.alerts.usecases.webhooks import address_of
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database
from shared.security.vault import Vault

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Messages on their way at a time, and of these `OF_ONE` to the same webhook."""
OF_ONE = 4
IDLE_SECONDS = 1.0
_EVERYWHERE = Scope.everywhere()


@dataclass(slots=True)
class WebhookSender:
    """Sends what is due. Any number of processes may: a message is leased while it is on its way."""

    database: Database
    vault: Vault
    settings: WebhookSettings
    transport: httpx.AsyncBaseTransport | None = None
    _under_way: dict[asyncio.Task[None], UUID] = field(default_factory=dict)
    _done: asyncio.Event = field(default_factory=asyncio.Event)  # one is, since we looked: what is next goes at once

    async def run(self) -> None:
        """Send until cancelled. What is on its way then goes again when its lease is over."""
        limits = httpx.Timeout(self.settings.timeout)
        async with httpx.AsyncClient(timeout=limits, follow_redirects=False, transport=self.transport) as client:
            try:
                while True:
                    if not await self._send_due(client):
                        with suppress(TimeoutError):
                            await asyncio.wait_for(self._done.wait(), IDLE_SECONDS)
            finally:
                for task in self._under_way:
                    task.cancel()

    async def _send_due(self, client: httpx.AsyncClient) -> int:
        """Start as many as there is room for; how many."""
        self._done.clear()
        room = AT_ONCE - len(self._under_way)
        if not room:
            return 0
        try:
            async with self.database.write(_EVERYWHERE) as session:
                # One that does not answer must not take every place: it gets no more while some are on their way.
                busy = set(self._under_way.values())
                lease = timedelta(seconds=self.settings.timeout) + queries.LEASE
                messages = await queries.take_due(session, utc_now(), lease, list(busy), OF_ONE, room)
        except Exception as error:
            log.warning("webhooks wait", extra={"error": type(error).__name__})
            return 0
        for message in messages:
            task = asyncio.create_task(self._send(client, message))
            self._under_way[task] = message.webhook_id
            task.add_done_callback(self._end)
        return len(messages)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._done.set()

    async def _send(self, client: httpx.AsyncClient, message: Outgoing) -> None:
        answer = await self._call(client, message) if message.active else Answer(error="webhook-closed")
        try:
            async with self.database.write(_EVERYWHERE) as session:
                await note_answer(session, message, answer, self.settings.backoff, utc_now())
        except Exception as error:  # the lease runs out and it goes again, under the same id
            log.warning("webhook outcome not noted", extra={"error": type(error).__name__})

    async def _call(self, client: httpx.AsyncClient, message: Outgoing) -> Answer:
        try:
            async with asyncio.timeout(self.settings.timeout):
                target = address_of(message, self.vault)
                address = await self._address(target)
                if address is None:
                    return Answer(error="webhook-url-forbidden")
                url, host = _pinned(target, address)
                request = client.build_request(
                    "POST",
                    url,
                    content=message.body.encode(),
                    headers={**headers(message, self.vault, utc_now()), "host": host},
                    extensions={"sni_hostname": urlsplit(target).hostname},
                )
                response = await client.send(request, stream=True)  # its body is nobody's business
                await response.aclose()
                return Answer(status=response.status_code)
        except TimeoutError:
            return Answer(error="webhook-timeout")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Answer(error="webhook-certificate" if _distrusts(error) else "webhook-unreachable")
        except Exception as error:  # else it would go again for ever, whenever its lease is over
            log.error("webhook failed", extra={"delivery": str(message.id), "error": type(error).__name__})
            return Answer(error="webhook-failed")

    async def _address(self, url: str) -> str | None:
        """An address of the host that may be called; None when one of them may not.

        The connection goes to this very address: a name that answers differently a moment later gains nothing.
        """
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        addresses = [str(place[4][0]) for place in found]
        allowed = addresses and all(may_call(address, local=self.settings.local) for address in addresses)
        return addresses[0] if allowed else None


def _distrusts(error: BaseException | None) -> bool:
    """Whether the receiver's certificate is the reason: no authority known here has signed it, or it is for another name."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _pinned(url: str, address: str) -> tuple[str, str]:
    """The URL with the address in place of the name, and the `Host` header that goes with it."""
    parts = urlsplit(url)
    shown = f"[{address}]" if ":" in address else address
    place = f"{shown}:{parts.port}" if parts.port else shown
    return urlunsplit(parts._replace(netloc=place)), parts.netloc
