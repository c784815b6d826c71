"""Whose address a request comes from, for limits that count by it."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request


def subscriber(address: str) -> str:
    """Whom an address stands for: of IPv6 the first 64 bits, for a single line has all addresses behind them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((int(found), 64), strict=False))
    return address


async def _address(request: Request) -> str:
    return subscriber(request.client.host) if request.client else ""


ClientAddress = Annotated[str, Depends(_address)]
"""Empty where it is not known."""
