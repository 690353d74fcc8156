"""Nasty addresses that a shop could type as its store's: none of them is ever connected to."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import httpx
import pytest

from plugin.ports.storefronts import CancelRequest, CancelStatus, StoreConnection
from plugin.storefronts.addresses import (
    AddressRefused,
    checked_addresses,
    is_public,
    outgoing_client,
    resolve_by_system,
)
from plugin.storefronts.standard.adapter import StandardStorefront

NAMES = {
    "localtest.me": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "rebind.example": ["93.184.215.14", "127.0.0.1"],
    "six.example": ["2606:2800:21f:cb07::1", "::1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "intranet.example": ["10.1.2.3"],
    "database": ["172.18.0.2"],
    "intranet.example.": ["10.1.2.3"],
    "site-local.example": ["fec0::1"],
    "sixtofour.example": ["2002:7f00:1::"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "xn--intranet-.example": ["127.0.0.1"],
    "nothing.example": [],
    "good.example": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
}

NASTY = [
    "http://93.184.215.14/", "http://good.example/", "ftp://good.example/", "file:///etc/passwd", "gopher://good.example/",
    "//good.example/", "good.example", "", " ", "https://", "https:///x", "javascript:alert(1)", "data:text/plain,x",
    "https://user:pass@good.example/", "https://user@good.example/", "https://good.example@127.0.0.1/",
    "https://127.0.0.1/", "https://127.0.0.1:8443/", "https://127.1/", "https://127.0.1/", "https://2130706433/",
    "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://0x7f.1/",
    "https://127.255.255.254/", "https://0.0.0.0/", "https://0/", "https://localhost/", "https://localtest.me/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://2852039166/", "https://0xa9fea9fe/", "https://0251.0376.0251.0376/",
    "https://metadata.google.internal/", "https://192.0.2.1/", "https://198.18.0.1/", "https://203.0.113.9/",
    "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/", "https://[::1]/", "https://[::]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[fe80::1]/", "https://[fc00::1]/",
    "https://[fd12:3456::1]/", "https://[ff02::1]/", "https://[2002:7f00:1::]/", "https://[64:ff9b::7f00:1]/",
    "https://[2001:0:0:0:0:0:80ff:fffe]/", "https://rebind.example/", "https://six.example/", "https://mapped.example/",
    "https://intranet.example/", "https://database/", "https://nothing.example/", "https://good.example\\@127.0.0.1/",
    "https://good.example\r\nHost: x/", "https://localhost./", "https://LOCALHOST/", "https://127.0.0.1./",
    "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://%31%32%37.0.0.1/", "https://127.0.0.1%23.good.example/",
    "https://127.0.0.1#@good.example/", "https://127.0.0.1?.good.example/",
    "https://[::127.0.0.1]/", "https://[::ffff:0:127.0.0.1]/", "https://[fe80::1%25lo]/", "https://[fec0::1]/",
    "https://[64:ff9b:1::7f00:1]/", "https://[2001:db8::1]/", "https://[3fff::1]/", "https://[100::1]/",
    "https://192.88.99.1/", "https://192.0.0.170/", "https://169.254.170.2/v2/credentials", "https://100.100.100.200/",
    "https://[fd00:ec2::254]/latest/meta-data/", "https://127.0.0.1:22/", "https://127.0.0.1:6379/", "https://1.1.1.1:0/",
    "https://site-local.example/", "https://sixtofour.example/", "https://nat64.example/", "https://xn--intranet-.example/",
    "https://intranet.example./", "HTTPS://INTRANET.EXAMPLE/", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/",
    "https:127.0.0.1/", "https:\\\\127.0.0.1/", "https://good.example\t/", "https://\u202e1.0.0.721/",
    "https://xn--/", "https://xn--a/", "https://good.example:99999/", "https://[::1", "https://１２７.0.0.1/",
]  # fmt: skip

LINK_LOCAL = [
    "http://169.254.169.254/latest/meta-data/", "https://169.254.170.2/v2/credentials", "https://2852039166/",
    "http://[fe80::1]/", "http://[febf::1]/", "https://[::ffff:a9fe:a9fe]/",
    "https://[2002:a9fe:a9fe::]/", "https://nat64.example/", "http://metadata.google.internal/",
]  # fmt: skip

REQUEST = CancelRequest(key="case_1", order_id="o", order_number="1", whole_order=True, lines=())
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="


async def resolve(host: str, port: int) -> Sequence[str]:
    return NAMES[host] if host in NAMES else await resolve_by_system(host, port)


class Connections:
    """Every connection that this process begins, as the interpreter itself reports it while ``watching``."""

    def __init__(self) -> None:
        self.to: list[object] = []
        self.is_watching = False
        sys.addaudithook(self._hear)  # for good: the interpreter knows no way to take one back

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_watching and event == "socket.connect":
            self.to.append(arguments[1])


class Changing:
    """A name server that answers with a public number first and with our own network ever after."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return ["93.184.215.14"] if self.asked == 1 else ["127.0.0.1"]


class Recording(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(302, headers={"location": "https://127.0.0.1/"}, content=b"")


async def test_no_nasty_address_is_ever_connected_to() -> None:
    assert len(set(NASTY)) >= 100
    recording = Recording()
    adapter = StandardStorefront(httpx.AsyncClient(transport=recording), resolve=resolve)
    for address in NASTY:
        answer = await adapter.cancel(StoreConnection(shop_id="s", address=address, secret=SECRET), REQUEST)
        assert answer.status in (CancelStatus.UNSUPPORTED, CancelStatus.UNKNOWN), address
        assert answer.reason
    assert recording.requests == []


async def test_the_client_of_production_begins_no_connection_to_any_of_them() -> None:
    """With the real client behind it; an address that is allowed shows that its connections are seen."""
    seen = Connections()
    async with outgoing_client() as http:
        adapter = StandardStorefront(http, resolve=resolve)
        seen.is_watching = True
        allowed = StoreConnection(shop_id="s", address="http://127.0.0.1:9/", secret=SECRET, allow_private_address=True)
        await adapter.cancel(allowed, REQUEST)
        assert seen.to == [("127.0.0.1", 9)]
        for address in NASTY:
            await adapter.cancel(StoreConnection(shop_id="s", address=address, secret=SECRET), REQUEST)
        seen.is_watching = False
    assert seen.to == [("127.0.0.1", 9)]


async def test_a_name_that_changes_its_number_is_asked_once_and_called_at_the_checked_one() -> None:
    recording, names = Recording(), Changing()
    adapter = StandardStorefront(httpx.AsyncClient(transport=recording), resolve=names)
    store = StoreConnection(shop_id="s", address="https://rebinding.example/", secret=SECRET)
    await adapter.cancel(store, REQUEST)
    assert (names.asked, [request.url.host for request in recording.requests]) == (1, ["93.184.215.14"])
    answer = await adapter.cancel(store, REQUEST)
    assert answer.status is CancelStatus.UNSUPPORTED
    assert len(recording.requests) == 1


async def test_a_public_store_is_called_at_the_checked_number_under_its_own_name_and_no_redirect_is_followed() -> None:
    recording = Recording()
    adapter = StandardStorefront(httpx.AsyncClient(transport=recording, follow_redirects=True), resolve=resolve)
    store = StoreConnection(shop_id="s", address="https://good.example:8443/calls?shop=1#top", secret=SECRET)
    answer = await adapter.cancel(store, REQUEST)
    assert answer.status is CancelStatus.UNKNOWN
    assert answer.reason == "The store answered 302."
    (request,) = recording.requests
    assert str(request.url) == "https://93.184.215.14:8443/calls?shop=1"
    assert request.headers["host"] == "good.example:8443"
    assert request.headers["connection"] == "close"
    assert request.extensions["sni_hostname"] == "good.example"


async def test_a_private_address_is_called_only_where_that_is_allowed() -> None:
    (target,) = await checked_addresses("http://127.0.0.1:8000/x", allow_private=True)
    assert str(target.url) == "http://127.0.0.1:8000/x"
    assert target.extensions == {}


@pytest.mark.parametrize("address", LINK_LOCAL)
async def test_a_link_local_address_is_refused_also_where_private_ones_are_allowed(address: str) -> None:
    with pytest.raises(AddressRefused):
        await checked_addresses(address, allow_private=True, resolve=resolve)


async def test_a_public_address_is_never_called_in_the_clear() -> None:
    with pytest.raises(AddressRefused, match="https"):
        await checked_addresses("http://good.example/", allow_private=True, resolve=resolve)
    assert await checked_addresses("https://good.example/", allow_private=True, resolve=resolve)


async def test_an_ipv6_store_is_called_in_brackets() -> None:
    targets = await checked_addresses("https://good.example/", resolve=resolve)
    assert str(targets[1].url) == "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/"


@pytest.mark.parametrize("number", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_numbers_are_public(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize("address", [None, ""])
async def test_a_shop_without_an_address_or_with_a_bad_secret_cannot_be_asked(address: str | None) -> None:
    adapter = StandardStorefront(httpx.AsyncClient(transport=Recording()), resolve=resolve)
    without = await adapter.cancel(StoreConnection(shop_id="s", address=address, secret=SECRET), REQUEST)
    mistyped = await adapter.read_cancel(
        StoreConnection(shop_id="s", address="https://good.example/", secret="whsec_%%"), REQUEST
    )
    assert without.status is mistyped.status is CancelStatus.UNSUPPORTED
