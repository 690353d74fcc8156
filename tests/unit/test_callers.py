"""Who is calling, from which page, in which language: pure functions over untrusted headers."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from handlers.addresses import address_group, client_address, is_loopback
from handlers.envelope import request_id_of
from handlers.language import wanted_languages
from handlers.origins import allowed_origin

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # a stranger may claim anything
        ("10.0.0.2", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.2", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # the left part is the client's invention
        ("10.0.0.2", ["1.1.1.1", "198.51.100.1, 10.0.0.3"], "198.51.100.1"),
        ("10.0.0.2", ["10.0.0.9"], "10.0.0.9"),
        ("10.0.0.2", ["not an address"], "10.0.0.2"),
        ("10.0.0.2", [""], "10.0.0.2"),
        ("::ffff:10.0.0.2", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["[2001:DB8:0::1]"], "2001:db8::1"),
        (None, ["198.51.100.1"], None),
        ("", ["198.51.100.1"], None),
    ],
)
def test_only_what_a_trusted_proxy_reports_is_believed(
    peer: str | None, forwarded: list[str], address: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


def test_an_ipv6_household_is_one_caller() -> None:
    assert address_group("2001:db8:1:2:aaaa::1") == address_group("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert address_group("2001:db8:1:3::1") != address_group("2001:db8:1:2::1")
    assert address_group("203.0.113.9") == "203.0.113.9"


def test_loopback_is_known_in_every_spelling() -> None:
    assert all(is_loopback(address) for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"))
    assert not any(is_loopback(address) for address in ("10.0.0.1", "", None, "localhost.evil.test"))


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        (None, ()),
        ("", ()),
        ("es", ("es",)),
        ("es-MX,es;q=0.9,en;q=0.8", ("es-MX", "es", "en")),
        ("en;q=0.2, ru;q=0.75 , *;q=0.1", ("ru", "en")),
        ("de;q=0, en", ("en",)),
        ("en;q=abc, es;q=²", ()),
        ("en;q=7", ()),
    ],
)
def test_languages_come_in_the_order_of_the_wish(header: str | None, languages: tuple[str, ...]) -> None:
    assert wanted_languages(header) == languages


@pytest.mark.parametrize(
    ("origin", "granted"),
    [
        ("https://shop.test", True),
        ("https://shop.test:8443", False),
        ("http://shop.test", False),
        ("https://shop.test.evil.test", False),
        ("https://evil-shop.test", False),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_an_origin_is_granted_only_to_the_letter(origin: str | None, granted: bool) -> None:
    assert allowed_origin(origin, ["https://shop.test", "null", ""]) == (origin if granted else None)


def test_a_sane_request_id_is_kept_and_any_other_replaced() -> None:
    assert request_id_of("trace-0123456789") == "trace-0123456789"
    for odd in (None, "", "short", "x" * 37, "line\nbreak12", "sk_live_0123456789abcdef", "4242424242424242"):
        assert request_id_of(odd).startswith("req_")
