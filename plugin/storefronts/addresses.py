"""Where an outgoing call may go: https to public addresses, and to the very address that was checked.

A shop types the address of its store, so it could point us at our own network (SSRF, SECURITY.md). The host is
resolved once, each of its addresses must be globally routable, and the connection is made to the checked number
while TLS still proves the name: a second answer of the DNS changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from plugin.core.tls import trusted

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC_EITHER = tuple(  # what Python 3.11 takes for global
    ip_network(network)
    for network in (
        "192.88.99.0/24",  # relays to 6to4, withdrawn (RFC 7526)
        "fec0::/10",  # site-local, withdrawn (RFC 3879) and still routed within some sites
        "3fff::/20",  # documentation (RFC 9637)
    )
)


class AddressRefused(Exception):
    """This address is never called; the reason is for the shop's staff."""


class AddressUnresolved(Exception):
    """The host's name has no address at the moment."""


@dataclass(frozen=True)
class CheckedAddress:
    """One address that may be called: send to ``url`` with these ``headers`` and ``extensions``."""

    url: httpx.URL
    headers: dict[str, str]
    extensions: dict[str, str]


def outgoing_client() -> httpx.AsyncClient:
    """A client that follows no redirect, asks no proxy of the environment and keeps no connection.

    Kept connections are known by their number only, so that one of them could be used for another host's name.
    """
    return httpx.AsyncClient(
        verify=trusted(),
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=0),
    )


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """All numeric addresses of ``host``, as the system's resolver gives them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


async def checked_addresses(
    address: str, *, allow_private: bool = False, resolve: Resolve = resolve_by_system
) -> list[CheckedAddress]:
    """The checked numbers behind ``address``, in the order to try them.

    ``allow_private`` lets private addresses pass, and http to those (embedded defaults only): a key goes over no other
    wire in the clear. Link-local ones never pass: clouds hand out their machines' credentials there.

    Raises ``AddressRefused`` if the URL or only one of its numbers may not be called, and ``AddressUnresolved``.
    """
    url = _checked_url(address, allow_private)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        numbers = await resolve(url.raw_host.decode("ascii"), port)
    except (OSError, UnicodeError) as error:
        raise AddressUnresolved(f"{url.host} could not be resolved.") from error
    if not numbers:
        raise AddressUnresolved(f"{url.host} has no address.")
    for number in numbers:
        if is_link_local(number) or not (allow_private or is_public(number)):
            raise AddressRefused(f"{url.host} is at {number}, which is not a public address.")
        if url.scheme != "https" and is_public(number):
            raise AddressRefused("The address must begin with https://.")
    return [_pinned(url, number) for number in numbers]


def is_public(number: str) -> bool:
    """Whether a numeric address, and any IPv4 address inside it, is globally routable and not multicast."""
    try:
        address = ip_address(number)
    except ValueError:
        return False
    inner = _inside(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    if any(address in network for network in _NOT_PUBLIC_EITHER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_link_local(number: str) -> bool:
    """Whether a numeric address, or an IPv4 address inside it, is link-local (169.254.0.0/16 and fe80::/10)."""
    try:
        address = ip_address(number)
    except ValueError:
        return False
    inner = _inside(address) if isinstance(address, IPv6Address) else None
    return address.is_link_local or (inner is not None and inner.is_link_local)


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one carries: mapped, 6to4, Teredo or NAT64."""
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _checked_url(address: str, allow_private: bool) -> httpx.URL:
    if not address.isprintable() or " " in address or "\\" in address:
        raise AddressRefused("The address holds a space, a backslash or an unprintable character.")
    try:
        url = httpx.URL(address)
        names_host = bool(url.host)  # a name in broken punycode is found out only when it is read
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused("The address is not a URL.") from error
    if url.scheme not in (("https", "http") if allow_private else ("https",)):
        raise AddressRefused("The address must begin with https://.")
    if url.userinfo:
        raise AddressRefused("The address must hold no user name and no password.")
    if not names_host:
        raise AddressRefused("The address names no host.")
    if url.port is not None and not 0 < url.port < 65536:
        raise AddressRefused("The address names a port that does not exist.")
    return url


def _pinned(url: httpx.URL, number: str) -> CheckedAddress:
    extensions = {"sni_hostname": url.raw_host.decode("ascii")} if url.scheme == "https" else {}
    return CheckedAddress(
        url=url.copy_with(host=number, fragment=None),
        headers={"host": url.netloc.decode("ascii")},
        extensions=extensions,
    )
