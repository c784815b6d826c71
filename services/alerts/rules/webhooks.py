"""Where a webhook may lead, and when a message is tried again."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from shared.errors import Conflict, Invalid, NotFound

DeliveryState = Literal["waiting", "delivered", "dead"]
"""待发送, 已送达, 多次失败已停止."""
DeliveryError = Literal[
    "webhook-timeout",
    "webhook-unreachable",
    "webhook-certificate",
    "webhook-url-forbidden",
    "webhook-failed",
    "webhook-closed",
    "webhook-owner-gone",
]
"""Why a message had no answer, or was given up without one."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages are to go, and on which feeds; None: all of the asker's."""

    url: str
    feeds: Sequence[str] | None


_NOBODYS = [
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8",  # "this" network
        "100.64.0.0/10",  # carriers' and clouds' own services
        "168.63.129.16/32",  # a cloud's own services
        "192.0.0.0/24",  # a cloud's own services
        "2001::/32",  # Teredo: carries any IPv4 address
        "2002::/16",  # 6to4: carries any IPv4 address, this machine's too
        "fd00:ec2::/32",  # a cloud's own services
    )
]
GONE = 410
"""By Standard Webhooks: the receiver wants no more messages."""
LONGEST_URL = 500
MOST_OF_A_FEED = 20
"""Open webhooks that hear of one feed. Each verdict on it writes a message for each of them: a bureau has a system or two,
and as many more while it moves from one to the next."""


class WebhookNotFound(NotFound):
    """No such webhook of the asker's bureau."""

    code = "webhook-not-found"


class DeliveryNotFound(NotFound):
    """No such delivery of this webhook."""

    code = "delivery-not-found"


class DeliveryUnderWay(Conflict):
    """It is waiting already."""

    code = "delivery-under-way"


class WebhookClosed(Conflict):
    """The webhook was closed."""

    code = "webhook-closed"


class WebhooksTooMany(Conflict):
    """As many webhooks hear of the feed as may."""

    code = "webhooks-too-many"


class UrlInvalid(Invalid):
    """No address that a message can be sent to."""

    code = "webhook-url-invalid"


class UrlForbidden(Invalid):
    """The address lies where no bureau's system can be: this machine, its network's own services, nowhere."""

    code = "webhook-url-forbidden"


class FeedsMissing(Invalid):
    """Neither feeds were given nor does the asker have any."""

    code = "webhook-feeds-missing"


def check_url(url: str, *, local: bool) -> None:
    """Raise unless messages may be sent to `url`. `local`: this machine, and without TLS, for a run at home.

    Signs that nobody sees are refused: some are left out where the address is read, and another host would be called
    than the one that is shown.
    """
    if not url.isprintable():
        raise UrlInvalid(field="url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlInvalid(field="url") from None
    schemes = ("https", "http") if local else ("https",)
    if parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc or parts.fragment or port == 0:
        raise UrlInvalid(field="url")
    try:
        parts.netloc.encode("ascii")
        parts.hostname.encode("idna")  # what looking it up does
    except UnicodeError:
        raise UrlInvalid(field="url") from None
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return  # a name: looked up, and held against `may_call`, each time a message goes
    if not may_call(str(address), local=local):
        raise UrlForbidden(field="url")


def may_call(address: str, *, local: bool) -> bool:
    """Whether a message may go to an IP address. A county's own networks may be private ones."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_loopback:
        return local
    if any(ip in network for network in _NOBODYS):
        return False
    return not (ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved)


def next_try(backoff: Sequence[float], attempts: int, now: datetime) -> datetime | None:
    """When a message that has failed `attempts` times goes again; None when it has failed for the last time."""
    if attempts > len(backoff):
        return None
    return now + timedelta(seconds=backoff[attempts - 1])
