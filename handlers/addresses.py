"""Who is calling: the client's address behind proxies that we trust, and the group that a limit counts it in."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from litestar import Request

from plugin.settings import Settings

Network = IPv4Network | IPv6Network


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str | None:
    """The nearest address that is no proxy of ours, in canonical form; ``None`` when there is none (a unix socket).

    ``forwarded_for`` are the values of ``X-Forwarded-For`` in the order received. They are read from the right and only
    as long as the hop that reported them is trusted: whatever stands further left may be invented.
    """
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    address = _canonical(peer)
    while address is not None and hops and _is_trusted(address, trusted):
        reported = _canonical(hops.pop())
        if reported is None:
            break
        address = reported
    return address


def caller_address(request: Request[Any, Any, Any]) -> str | None:
    """The client's address of a request to our application, behind the proxies that its settings trust."""
    settings: Settings = request.app.state.settings
    peer = request.client.host if request.client else None
    return client_address(peer, request.headers.getall("x-forwarded-for", []), settings.proxy_networks)


def address_group(address: str) -> str:
    """What a rate limit counts: an IPv4 address as it is, an IPv6 one by its /64, which one household owns."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def caller_group(request: Request[Any, Any, Any]) -> str:
    """Whom a limit counts for this request; callers without an address (a unix socket) are one caller."""
    address = caller_address(request)
    return address_group(address) if address else "unknown"


def is_loopback(address: str | None) -> bool:
    """Whether ``address`` is this machine itself."""
    canonical = _canonical(address)
    return canonical is not None and ip_address(canonical).is_loopback


def _canonical(text: str | None) -> str | None:
    try:
        parsed = ip_address((text or "").strip("[]"))
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    parsed = ip_address(address)
    return any(parsed in network for network in trusted)
